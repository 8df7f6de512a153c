"""`domo-async datasets create`, `update`, `rename`, `delete`."""

from __future__ import annotations

import json

import pytest

from domo_async.cli.exit_codes import ExitCode
from domo_async.models import ColumnType

COLUMNS = [{"name": "customer", "type": "STRING"}, {"name": "amount", "type": "LONG"}]
MISSING = "4405ff58-1957-45f0-82bd-914d989a3ea3"


@pytest.fixture
def stock(emulator):
    return emulator.dataset_ids["Stock"]


@pytest.mark.parametrize(
    "options",
    [["--schema", "customer:STRING,amount:LONG"], ["--schema", "customer: string", "--schema", "amount:Long"]],
)
def test_columns_as_they_are_typed(json_of, options):
    assert json_of("datasets", "create", "--name", "Sales", *options)["schema"]["columns"] == COLUMNS


@pytest.mark.parametrize("option", ["--schema-file", "--from-json"])
@pytest.mark.parametrize(
    "schema",
    [
        {"columns": COLUMNS},
        COLUMNS,
        {"customer": "string", "amount": "LONG"},
        {"id": MISSING, "schema": {"columns": COLUMNS}},
    ],
    ids=["columns", "array", "mapping", "dataset"],
)
def test_columns_as_they_stand_in_files(json_of, schema, option):
    document = json.dumps(schema if option == "--schema-file" else {"schema": schema})
    made = json_of("datasets", "create", "--name", "Sales", option, "-", stdin=document)
    assert made["schema"]["columns"] == COLUMNS


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--schema", "amount"], "'amount' is no column such as amount:LONG"),
        (["--schema", ":LONG"], "no column"),
        (["--schema", "amount:MONEY"], "none of STRING"),
        (["--schema", "a:LONG", "--schema", "A:LONG"], "differ only by case"),
        (["--schema", "a:LONG", "--schema-file", "x.json"], "give one of them"),
        (["--schema-file", "-"], "expected the columns"),
        ([], "--schema is missing"),
    ],
)
def test_columns_that_make_no_sense_never_reach_domo(offline, options, problem):
    outcome = offline("datasets", "create", "--name", "Sales", *options, stdin="5")
    assert (outcome.code, outcome.out) == (ExitCode.USAGE, "")
    assert problem in outcome.err


def test_the_help_names_every_type_of_columns(offline):
    words = offline("datasets", "create", "--help").out
    assert all(kind in words for kind in ColumnType)


def test_what_show_writes_create_takes_back(domo_async, json_of, stock, tmp_path):
    document = json_of("datasets", "show", stock)
    (tmp_path / "stock.json").write_text(json.dumps(document))
    outcome = domo_async("datasets", "create", "--from-json", tmp_path / "stock.json", "--name", "Twin", "--json")
    twin = json.loads(outcome.out)
    assert (twin["name"], twin["schema"]) == ("Twin", document["schema"])
    assert "Not set, since it cannot be: id" in outcome.err


def test_a_change_leaves_the_rest_as_it_was(json_of, stock):
    changed = json_of("datasets", "update", stock, "--description", "bolts", "--pdp", "--owner", 27)
    assert (changed["name"], changed["description"], changed["pdp_enabled"]) == ("Stock", "bolts", True)
    assert json_of("datasets", "update", stock, "--no-pdp")["pdp_enabled"] is False
    assert json_of("datasets", "rename", stock, "Store")["description"] == "bolts"
    assert json_of("datasets", "update", stock, "--schema", "item:STRING")["schema"]["columns"][0]["name"] == "item"


def test_deleting_needs_a_yes(domo_async, json_of, emulator, stock):
    assert domo_async("datasets", "delete", stock).code == ExitCode.USAGE
    assert "Stock" in emulator.dataset_ids
    assert json_of("datasets", "delete", stock, "--yes") == {"deleted": True, "id": stock}
    assert "Stock" not in emulator.dataset_ids


def test_the_exact_name_does_wherever_the_id_does(json_of, emulator, stock, tmp_path):
    rows = tmp_path / "rows.csv"
    rows.write_text("bolt,3\n")
    assert json_of("datasets", "show", "Stock")["id"] == stock
    assert json_of("datasets", "import", "Stock", rows, "--replace")["dataset_id"] == stock
    assert json_of("datasets", "query", "Stock", "SELECT COUNT(*) AS n FROM table")["rows"] == [[1]]
    assert json_of("datasets", "export", "Stock", "--to", tmp_path / "stock.csv")["rows"] == 1
    assert json_of("policies", "list", "Stock") == json_of("policies", "list", stock)
    assert json_of("datasets", "update", "Stock", "--description", "bolts")["id"] == stock
    assert json_of("datasets", "rename", "Stock", "Store")["id"] == stock
    assert json_of("datasets", "delete", "Store", "--yes") == {"deleted": True, "id": stock}
    assert stock not in emulator.dataset_ids.values()


def test_a_name_of_several_is_not_guessed(domo_async, json_of, stock):
    twin = json_of("datasets", "create", "--name", "Stock", "--schema", "item:STRING")["id"]
    for command in (["show"], ["delete", "--yes"]):
        outcome = domo_async("datasets", command[0], "Stock", *command[1:])
        assert (outcome.code, outcome.out) == (ExitCode.USAGE, "")
        assert stock in outcome.err
        assert twin in outcome.err
    assert {json_of("datasets", "show", one)["name"] for one in (stock, twin)} == {"Stock"}


@pytest.mark.parametrize("wrong", ["stock", "Stoc", "4405ff58", f"{MISSING}x", f"../{MISSING}"])
def test_what_is_neither_an_id_nor_a_name_is_not_taken_for_another(domo_async, stock, wrong):
    for command in (["show"], ["export"], ["rename", "x"], ["query", "x"], ["delete", "--yes"]):
        outcome = domo_async("datasets", command[0], wrong, *command[1:])
        assert (outcome.code, outcome.out) == (ExitCode.USAGE, "")
        assert "domo-async datasets list --name-like TEXT" in outcome.err


def test_an_empty_name_never_reaches_domo(offline):
    assert offline("datasets", "show", " ").code == ExitCode.USAGE
