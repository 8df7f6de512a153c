"""`domo-async push`: rows in DataSets, a report, and an exit code that can be relied on."""

from __future__ import annotations

import json

import pytest
from pyarrow import parquet

from domo_async.cli.exit_codes import ExitCode
from domo_async.jobs import read_chronicle
from tests.cli.conftest import TABLES


@pytest.fixture
def lake(tmp_path):
    folder = tmp_path / "lake"
    folder.mkdir()
    for name in ("Stock", "New"):
        parquet.write_table(TABLES["Stock"], folder / f"{name}.parquet")
    return folder


def test_files_become_datasets_and_the_report_says_so(domo_async, emulator, lake):
    outcome = domo_async("push", lake)
    assert outcome.code == ExitCode.OK
    assert "2 of 2 DataSets" in outcome.out
    assert "2 rows" in outcome.out
    assert emulator.table("New").to_pylist() == TABLES["Stock"].to_pylist()
    assert "[2/2]" in outcome.err
    outcome = domo_async("push", lake)
    assert "2 DataSets had not changed" in outcome.out


def test_a_plan_sends_nothing(domo_async, emulator, lake):
    outcome = domo_async("push", lake, "--plan")
    assert outcome.code == ExitCode.OK
    assert "create" in outcome.out
    assert "2 of 2 DataSets to push" in outcome.out
    plan = json.loads(domo_async("push", lake, "--dry-run", "--json").out)
    assert [one["action"] for one in plan["uploads"]] == ["create", "new"]
    assert {one.method for one in emulator.requests if one.path != "/oauth/token"} == {"GET"}
    assert not (lake / ".domo-async").exists()


def test_one_that_fails_does_not_stop_the_others(domo_async, emulator, lake):
    (lake / "Broken.csv").write_text("a,b\n1\n")
    outcome = domo_async("push", lake, "--json")
    report = json.loads(outcome.out)
    assert outcome.code == ExitCode.FAILURE
    assert [upload["ok"] for upload in report["uploads"]] == [False, True, True]
    outcome = domo_async("push", lake, "--quiet")
    assert (outcome.code, outcome.err) == (ExitCode.FAILURE, "")
    assert "Broken.csv" in outcome.out


def test_quiet_is_silent_when_all_is_well(domo_async, lake):
    outcome = domo_async("push", lake, "--quiet")
    assert (outcome.code, outcome.out, outcome.err) == (ExitCode.OK, "", "")


def test_append_into_one_dataset(domo_async, emulator, lake):
    arguments = ("push", lake, "--into", "All", "--method", "append", "-q")
    assert domo_async(*arguments).code == ExitCode.OK
    assert domo_async(*arguments).code == ExitCode.OK
    assert emulator.table("All").num_rows == 2


def test_upserts_by_key(domo_async, emulator, lake):
    for price in (1.0, 2.0):
        (lake / "Prices.csv").write_text(f"item,price\nbolt,{price}\n")
        assert domo_async("push", lake / "Prices.csv", "--method", "upsert", "--key", "item", "-q").code == ExitCode.OK
    assert emulator.table("Prices").to_pylist() == [{"item": "bolt", "price": 2.0}]


@pytest.mark.parametrize(
    "arguments",
    [["nothing-there"], ["{lake}", "--name", "same"], ["{lake}", "--key", "item"], ["{lake}", "--memory", "1"]],
)
def test_what_makes_no_sense(domo_async, emulator, lake, arguments):
    outcome = domo_async("push", *(argument.format(lake=lake) for argument in arguments))
    assert (outcome.code, outcome.out) == (ExitCode.USAGE, "")
    assert [one for one in emulator.requests if one.path != "/oauth/token"] == []


def test_what_happened_is_written_down(domo_async, lake, tmp_path):
    (lake / "Broken.csv").write_text("a,b\n1\n")
    page, document = tmp_path / "r.html", tmp_path / "r.json"
    outcome = domo_async("push", lake, "--report", page, "--report", document)
    assert outcome.code == ExitCode.FAILURE
    assert f"Report: {document}" in outcome.err
    told = read_chronicle(document)
    assert (told.job, told.outcome) == ("push", "failures")
    assert "Report of a push" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("option", ["--report", "--events"])
def test_a_plan_has_nothing_to_report(domo_async, lake, tmp_path, option):
    outcome = domo_async("push", lake, "--plan", option, tmp_path / "r.html")
    assert outcome.code == ExitCode.USAGE
    assert option in outcome.err
    assert not (tmp_path / "r.html").exists()


def test_events_are_lines(domo_async, lake, tmp_path):
    (lake / "Broken.csv").write_text("a,b\n1\n")
    events = tmp_path / "events.jsonl"
    outcome = domo_async("push", lake, "--events", events)
    assert outcome.code == ExitCode.FAILURE
    told = [json.loads(line) for line in events.read_text().splitlines()]
    kinds = [line["event"] for line in told]
    assert (kinds[0], kinds[-2:]) == ("push_started", ["push_finished", "job_ended"])
    assert {"upload_started", "upload_progress", "upload_committing", "upload_finished", "upload_failed"} <= set(kinds)
    assert told[-1]["exit_code"] == ExitCode.FAILURE
    [failed] = [line for line in told if line["event"] == "upload_failed"]
    assert failed["upload"]["error"]["type"] == "InvalidDataError"


def test_events_on_standard_error_are_alone_there(domo_async, lake):
    outcome = domo_async("push", lake, "--events", "-", "--json")
    assert outcome.code == ExitCode.OK
    assert json.loads(outcome.err.splitlines()[-1])["event"] == "job_ended"
    assert all(json.loads(line) for line in outcome.err.splitlines())
    assert json.loads(outcome.out)["ok"]
