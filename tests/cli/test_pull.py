"""`domo-async pull`: files, a report, and an exit code that can be relied on."""

from __future__ import annotations

import json
import signal

import pytest
from pyarrow import parquet

from domo_async.cli.exit_codes import ExitCode
from domo_async.tabular.file_format import FILE_FORMATS

MISSING = "4405ff58-1957-45f0-82bd-914d989a3ea3"


def files_in(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != ".domo-async")


def test_everything_arrives_and_the_report_says_so(domo_async, emulator, tmp_path):
    outcome = domo_async("pull", "--all", "--to", tmp_path / "lake")
    assert outcome.code == ExitCode.OK
    assert files_in(tmp_path / "lake") == ["Sales East.parquet", "Sales [red]West[_red].parquet", "Stock.parquet"]
    assert "3 of 3 DataSets" in outcome.out
    assert "6 rows" in outcome.out
    assert "Sales [red]West[/red]" in outcome.out, "markup in a name is text like any other"
    west = parquet.read_table(tmp_path / "lake" / "Sales [red]West[_red].parquet")
    assert west["customer"].to_pylist() == ["Ana", None, "", "NA"]


@pytest.mark.parametrize("form", FILE_FORMATS)
def test_every_format(domo_async, emulator, tmp_path, form):
    assert domo_async("pull", emulator.dataset_ids["Stock"], "--to", tmp_path / "lake", "--format", form).code == 0
    assert files_in(tmp_path / "lake") == [f"Stock.{form}"]


def test_names_select_datasets(domo_async, tmp_path):
    assert domo_async("pull", "--name-like", "sales", "--to", tmp_path / "lake").code == ExitCode.OK
    assert len(files_in(tmp_path / "lake")) == 2


def test_no_name_matches(domo_async, tmp_path):
    outcome = domo_async("pull", "--name-like", "nothing like it", "--to", tmp_path / "lake")
    assert (outcome.code, outcome.out) == (ExitCode.OK, "")
    assert "No DataSets." in outcome.err


def test_one_that_fails_does_not_stop_the_others(domo_async, emulator, tmp_path):
    outcome = domo_async("pull", MISSING, emulator.dataset_ids["Stock"], "--to", tmp_path / "lake")
    assert outcome.code == ExitCode.FAILURE
    assert files_in(tmp_path / "lake") == ["Stock.parquet"]
    assert "1 of 2 DataSets" in outcome.out
    [sentence] = [line for line in outcome.out.splitlines() if "404" in line]
    assert sentence.startswith(MISSING)


def test_the_report_as_json(domo_async, emulator, tmp_path):
    outcome = domo_async("pull", MISSING, emulator.dataset_ids["Stock"], "--to", tmp_path / "lake", "--json")
    report = json.loads(outcome.out)
    assert outcome.code == ExitCode.FAILURE
    assert (report["ok"], report["rows"]) == (False, 1)
    assert [transfer["ok"] for transfer in report["transfers"]] == [False, True]
    assert "Stock" in outcome.err, "progress stays apart from the report"


def test_quiet_is_silent_when_all_is_well_and_not_when_it_is_not(domo_async, emulator, tmp_path):
    stock = emulator.dataset_ids["Stock"]
    outcome = domo_async("pull", stock, "--to", tmp_path / "lake", "--quiet")
    assert (outcome.code, outcome.out, outcome.err) == (ExitCode.OK, "", "")
    outcome = domo_async("pull", stock, MISSING, "--to", tmp_path / "lake", "--quiet")
    assert (outcome.code, outcome.err) == (ExitCode.FAILURE, "")
    assert MISSING in outcome.out


@pytest.mark.parametrize(
    "selection", [[], ["--all", "--name-like", "a"], [MISSING, "--all"], [MISSING, "--name-like", "a"]]
)
def test_what_to_pull_must_be_said_once(domo_async, tmp_path, selection):
    outcome = domo_async("pull", *selection, "--to", tmp_path / "lake")
    assert (outcome.code, outcome.out) == (ExitCode.USAGE, "")
    assert "--name-like" in outcome.err
    assert not (tmp_path / "lake").exists()


def test_a_target_that_is_a_file(domo_async, tmp_path):
    (tmp_path / "lake").write_text("")
    outcome = domo_async("pull", "--all", "--to", tmp_path / "lake")
    assert (outcome.code, outcome.out) == (ExitCode.USAGE, "")
    assert str(tmp_path / "lake") in outcome.err.splitlines()[-1]


def test_refused_credentials_are_told_once(domo_async, emulator, tmp_path, monkeypatch):
    monkeypatch.setenv("DOMO_CLIENT_SECRET", "wrong")
    outcome = domo_async("pull", "--all", "--to", tmp_path / "lake")
    assert (outcome.code, outcome.out, outcome.err.count("Error: ")) == (ExitCode.DENIED, "", 1)
    assert emulator.grant_requests == 1


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_leaves_nothing_half_written(stop, spawn, emulator, environment, tmp_path):
    """The first DataSet is complete, the second one is on its way for as long as anybody waits."""
    stock, east = emulator.dataset_ids["Stock"], emulator.dataset_ids["Sales East"]
    emulator.faults.add("stall", path=f"/v1/datasets/{east}/data", bytes=1)
    lake = tmp_path / "lake"
    process = spawn("pull", stock, east, "--to", lake, environment=environment)
    process.wait_for(r"\[1/2\] Stock", stream="stderr")
    process.signal(stop)
    outcome = process.end()
    assert outcome.code == ExitCode.INTERRUPTED
    assert outcome.err.endswith("Interrupted.\n")
    assert "1 DataSet. Nothing half-written" in outcome.err
    assert "Traceback" not in outcome.err
    assert files_in(lake) == ["Stock.parquet"]


def test_a_job_that_ends_early_says_what_is_there(domo_async, emulator, tmp_path):
    """Credentials that are refused on the way end the whole job, and what arrived before stays."""
    stock, east = emulator.dataset_ids["Stock"], emulator.dataset_ids["Sales East"]
    emulator.faults.add("status", path="/oauth/token", status=401, after=1)
    emulator.faults.add("status", path=f"/v1/datasets/{east}", status=401)
    outcome = domo_async("pull", stock, east, "--to", tmp_path / "lake", "--concurrency", 1)
    assert (outcome.code, outcome.out) == (ExitCode.DENIED, "")
    assert "1 DataSet. Nothing half-written" in outcome.err.splitlines()[-2]
    assert outcome.err.splitlines()[-1].startswith("Error: ")


@pytest.mark.parametrize("columns", ["8", "40", "80", "120"])
def test_bars_on_a_terminal_of_any_width(domo_async, tmp_path, monkeypatch, columns):
    """The live display goes to standard error and does not mix with the report."""
    for name, value in {"FORCE_COLOR": "1", "TTY_INTERACTIVE": "1", "TERM": "xterm", "COLUMNS": columns}.items():
        monkeypatch.setenv(name, value)
    outcome = domo_async("pull", "--all", "--json", "--to", tmp_path / "lake")
    assert outcome.code == ExitCode.OK
    assert "\x1b[" in outcome.err
    assert json.loads(outcome.out)["ok"]


def test_the_second_time_only_what_has_changed(domo_async, emulator, tmp_path):
    """And a plan says so before."""
    lake = tmp_path / "lake"
    plan = domo_async("pull", "--all", "--to", lake, "--plan")
    assert plan.code == ExitCode.OK
    assert "3 of 3 DataSets to fetch, 6 rows; 0 have not changed" in plan.out
    assert not lake.exists()
    assert domo_async("pull", "--all", "--to", lake).code == ExitCode.OK
    (lake / "Stock.parquet").unlink()
    plan = domo_async("pull", "--all", "--to", lake, "--plan", "--json")
    assert [one["action"] for one in json.loads(plan.out)["transfers"]].count("repair") == 1
    outcome = domo_async("pull", "--all", "--to", lake)
    assert "2 DataSets had not changed" in outcome.out
    assert "Sales East" not in outcome.out
    outcome = domo_async("pull", "--name", "s*east", "--to", lake, "--prune", "--json")
    assert len(json.loads(outcome.out)["removed"]) == 2
    assert files_in(lake) == ["Sales East.parquet"]


def test_a_database(domo_async, tmp_path):
    outcome = domo_async("pull", "--name", "Sales*", "--name", "stock", "--to", tmp_path / "lake.duckdb", "--json")
    assert json.loads(outcome.out)["rows"] == 6
    assert domo_async("pull", "--all", "--to", tmp_path / "lake.duckdb", "--format", "csv").code == ExitCode.USAGE


def test_owners_select_datasets(domo_async, emulator, tmp_path):
    listed = domo_async("pull", "--all", "--owner", "nobody", "--to", tmp_path / "lake")
    assert (listed.code, "No DataSets." in listed.err) == (ExitCode.OK, True)


def test_one_failure_too_many(domo_async, emulator, tmp_path):
    outcome = domo_async("pull", MISSING, emulator.dataset_ids["Stock"], "--to", tmp_path / "lake", "--fail-fast")
    assert (outcome.code, outcome.out) == (ExitCode.FAILURE, "")
    assert "The job was stopped, since 1 DataSet failed" in outcome.err
