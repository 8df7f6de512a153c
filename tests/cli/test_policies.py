"""`domo-async policies`: who sees which rows, one policy at a time and from a file."""

from __future__ import annotations

import json

import pytest

from domo_async.cli.exit_codes import ExitCode

DATASET = "4405ff58-1957-45f0-82bd-914d989a3ea3"


@pytest.fixture
def stock(emulator):
    return emulator.dataset_ids["Stock"]


@pytest.fixture
def north(json_of, stock):
    return json_of("policies", "create", stock, "--name", "North", "--where", "item=bolt", "--user", 27)


def names(policies):
    return [policy["name"] for policy in policies]


def test_a_policy_from_its_beginning_to_its_end(domo_async, json_of, stock, north):
    assert north["users"] == [27]
    assert names(json_of("policies", "list", stock)) == ["All Rows", "North"]
    changed = json_of("policies", "update", stock, north["id"], "--name", "South")
    assert (changed["name"], changed["filters"]) == ("South", north["filters"])
    assert "South" in domo_async("policies", "show", stock, north["id"]).out
    assert json_of("policies", "delete", stock, north["id"], "--yes")["deleted"]
    assert names(json_of("policies", "list", stock)) == ["All Rows"]


def test_conditions_widen_within_a_column_and_narrow_across(json_of, stock):
    where = ("--where", "item=bolt", "--where", "price=0.25", "--where", "item=a=b")
    filters = json_of("policies", "create", stock, "--name", "North", *where)["filters"]
    assert [(each["column"], each["operator"], each["values"]) for each in filters] == [
        ("item", "EQUALS", ["bolt", "a=b"]),
        ("price", "EQUALS", ["0.25"]),
    ]


@pytest.mark.parametrize("condition", ["item", "=bolt", "item=", " =x"])
def test_half_a_condition_never_reaches_domo(offline, condition):
    outcome = offline("policies", "create", DATASET, "--name", "N", "--where", condition)
    assert outcome.code == ExitCode.USAGE
    assert "no condition such as region=north" in outcome.err


def test_no_condition_would_show_every_row(offline):
    outcome = offline("policies", "create", DATASET, "--name", "N", "--user", 27)
    assert outcome.code == ExitCode.USAGE
    assert "every row" in outcome.err


def test_a_file_is_applied_after_a_dry_run(domo_async, json_of, stock, north):
    wanted = json_of("policies", "list", stock)
    wanted[1]["filters"][0]["operator"] = "CONTAINS"
    wanted.append({"name": "South", "filters": [{"column": "item", "values": ["nut"], "not": True}], "users": [27]})
    document = json.dumps(wanted)
    for flags in (["--dry-run"], []):
        outcome = domo_async("policies", "apply", stock, "-", *flags, stdin=document)
        assert outcome.out.splitlines() == ["created  South", "updated  North", "unchanged  All Rows"]
    south = json_of("policies", "list", stock)[2]
    assert south["filters"][0]["negated"] is True
    assert json_of("policies", "apply", stock, "-", stdin=document)["updated"] == []


def test_a_policy_that_nobody_wants_goes_with_a_yes_only(domo_async, json_of, stock, north):
    outcome = domo_async("policies", "apply", stock, "-", stdin="[]")
    assert outcome.code == ExitCode.USAGE
    assert "add --yes" in outcome.err
    assert names(json_of("policies", "list", stock)) == ["All Rows", "North"]
    assert names(json_of("policies", "apply", stock, "-", "--yes", stdin="[]")["deleted"]) == ["North"]


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ("{}", "expected a JSON array"),
        ('[{"name": "N", "filters": [{"column": "item", "operater": "LIKE"}]}]', "did you mean 'operator'?"),
        ('[{"name": "N", "filters": [{"column": "item", "operator": "SOUNDS_LIKE", "values": ["x"]}]}]', "none of"),
        ('[{"name": "N", "filters": 5}]', "0.filters"),
    ],
)
def test_a_file_that_makes_no_sense_changes_nothing(domo_async, emulator, stock, document, problem):
    outcome = domo_async("policies", "apply", stock, "-", "--yes", stdin=document)
    assert (outcome.code, outcome.err.count("\n")) == (ExitCode.USAGE, 1)
    assert problem in outcome.err
    assert {request.method for request in emulator.requests} <= {"GET"}
