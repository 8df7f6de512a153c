"""`domo-async datasets`: tables for people, JSON for programs."""

from __future__ import annotations

import json
import re

import pytest


def test_a_listing_shows_every_dataset_with_its_whole_id(domo_async, emulator):
    outcome = domo_async("datasets", "list")
    assert outcome.code == 0
    for name, dataset_id in emulator.dataset_ids.items():
        assert name in outcome.out, "markup in a name is text like any other"
        assert dataset_id in outcome.out


@pytest.mark.parametrize("columns", ["1", "20", "40", "80", "200"])
def test_any_width_of_the_terminal_will_do(domo_async, emulator, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    for arguments in (["list"], ["show", emulator.dataset_ids["Stock"]], ["--help"]):
        assert domo_async("datasets", *arguments).code == 0


def test_a_pipe_cuts_nothing_off(spawn, environment, emulator):
    long = "x" * 300
    emulator.add_dataset(long, emulator.table("Stock"))
    outcome = spawn("datasets", "list", environment={**environment, "COLUMNS": ""}).end()
    assert long in outcome.out


def test_a_listing_as_json_is_one_array_with_the_names_of_the_models(domo_async, emulator):
    outcome = domo_async("datasets", "list", "--sort", "name", "--json")
    listing = json.loads(outcome.out)
    assert [entry["name"] for entry in listing] == sorted(emulator.dataset_ids, key=str.lower)
    assert {"id", "rows", "columns", "created_at", "pdp_enabled"} <= listing[0].keys()


def test_a_listing_can_be_narrowed_and_cut(domo_async):
    names = [
        entry["name"] for entry in json.loads(domo_async("datasets", "list", "--name-like", "sales", "--json").out)
    ]
    assert names
    assert all("Sales" in name for name in names)
    assert len(json.loads(domo_async("datasets", "list", "--limit", 1, "--json").out)) == 1


def test_an_empty_listing_says_so_aside(domo_async):
    outcome = domo_async("datasets", "list", "--name-like", "nothing like it")
    assert (outcome.code, outcome.out) == (0, "")
    assert "No DataSets" in outcome.err
    assert json.loads(domo_async("datasets", "list", "--name-like", "nothing like it", "--json").out) == []


def test_show_lists_the_columns_and_their_types(domo_async, emulator):
    outcome = domo_async("datasets", "show", emulator.dataset_ids["Stock"])
    assert outcome.code == 0
    assert re.search(r"^price +DOUBLE$", outcome.out, flags=re.MULTILINE)
    document = json.loads(domo_async("datasets", "show", emulator.dataset_ids["Stock"], "--json").out)
    assert document["schema"]["columns"][1] == {"name": "price", "type": "DOUBLE"}


def test_a_query_keeps_null_apart_from_empty_text(domo_async, emulator):
    dataset_id = emulator.dataset_ids["Sales [red]West[/red]"]
    sql = "SELECT customer, amount AS a, amount AS a FROM table"
    assert json.loads(domo_async("datasets", "query", dataset_id, sql, "--json").out) == {
        "columns": ["customer", "a", "a"],
        "rows": [["Ana", 1, 1], [None, 2, 2], ["", None, None], ["NA", 4, 4]],
    }
    table = domo_async("datasets", "query", dataset_id, sql).out.splitlines()[1:]
    assert [line.split() for line in table] == [["Ana", "1", "1"], ["null", "2", "2"], ["null"] * 2, ["NA", "4", "4"]]


def test_text_of_a_dataset_cannot_steer_the_terminal(domo_async, emulator):
    dataset_id = emulator.add_dataset("Evil\x1b[2J", emulator.table("Stock"))
    assert "\x1b" not in domo_async("datasets", "show", dataset_id).out
    assert "Evil\\x1b[2J" in domo_async("datasets", "show", dataset_id).out


def test_refused_sql_is_one_sentence(domo_async, emulator):
    outcome = domo_async("datasets", "query", emulator.dataset_ids["Stock"], "SELEC 1")
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    assert "Unable to parse SQL" in outcome.err


def test_an_unknown_dataset_is_one_sentence(domo_async):
    outcome = domo_async("datasets", "show", "4405ff58-1957-45f0-82bd-914d989a3ea3")
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    assert "404" in outcome.err


def test_an_unknown_order_is_wrong_usage(domo_async):
    outcome = domo_async("datasets", "list", "--sort", "colour")
    assert outcome.code == 2
    assert "nameDescending" in outcome.err
