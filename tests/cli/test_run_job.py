"""`domo-async run`: the steps of a job file, in order."""

from __future__ import annotations

import json
import signal
from itertools import pairwise

import anyio
import pyarrow as pa
import pytest
from pyarrow import parquet

from domo_async import AsyncDomo
from domo_async.cli.exit_codes import ExitCode
from domo_async.emulator import Emulator
from domo_async.jobs import read_chronicle

JOB = """\
[[step]]
name = "fetch"
action = "pull"
datasets = ["Sales*"]
to = "lake"

[[step]]
name = "back"
action = "push"
needs = ["fetch"]
source = "lake/*.parquet"
called = "Copy of {name}"

[[step]]
name = "other"
action = "push"
source = "${OTHER}/*.csv"
"""


@pytest.fixture
def job(tmp_path, monkeypatch):
    other = tmp_path / "other"
    other.mkdir()
    (other / "Extra.csv").write_text("a\n1\n")
    monkeypatch.setenv("OTHER", str(other))
    path = tmp_path / "job.toml"
    path.write_text(JOB)
    return path


def test_all_steps_in_one_report(domo_async, emulator, job):
    outcome = domo_async("run", job, "--json")
    assert outcome.code == ExitCode.OK, outcome.err
    report = json.loads(outcome.out)
    assert [(step["name"], step["ok"]) for step in report["steps"]] == [
        ("fetch", True),
        ("back", True),
        ("other", True),
    ]
    assert emulator.table("Copy of Sales East").num_rows == 1
    assert emulator.table("Extra").num_rows == 1
    outcome = domo_async("run", job)
    assert "3 of 3 steps went well" in outcome.out
    assert "Step back: push" in outcome.err
    outcome = domo_async("run", job, "--quiet")
    assert (outcome.code, outcome.out, outcome.err) == (ExitCode.OK, "", "")


def test_a_step_that_fails_leaves_out_what_needs_it(domo_async, emulator, job):
    emulator.faults.add("status", path="*/data", status=403)
    outcome = domo_async("run", job, "--json")
    report = json.loads(outcome.out)
    assert outcome.code == ExitCode.FAILURE
    assert [step["ok"] for step in report["steps"]] == [False, False, True]
    assert report["steps"][1]["left_out"] == "fetch did not go well"
    outcome = domo_async("run", job)
    assert "1 of 3 steps went well" in outcome.out
    assert "left out, since fetch did not go well" in outcome.out


def test_the_exit_code_of_an_error_that_ends_a_step(domo_async, emulator, job, monkeypatch):
    monkeypatch.setenv("DOMO_CLIENT_SECRET", "wrong")
    outcome = domo_async("run", job)
    assert outcome.code == ExitCode.DENIED


def test_only_some_steps(domo_async, emulator, job):
    assert domo_async("run", job, "--only", "other", "-q").code == ExitCode.OK
    assert set(emulator.dataset_ids) == {"Extra", "Sales East", "Sales [red]West[/red]", "Stock"}
    outcome = domo_async("run", job, "--only", "othr")
    assert outcome.code == ExitCode.USAGE
    assert "did you mean 'other'?" in " ".join(outcome.err.split())


def test_check_reaches_nobody(offline, job):
    outcome = offline("run", job, "--check")
    assert outcome.code == ExitCode.OK
    assert "back: push" in outcome.out
    assert json.loads(offline("run", job, "--check", "--json").out)["steps"][0]["name"] == "fetch"
    job.write_text(JOB.replace("called", "caled").replace("datasets", "dataset"))
    outcome = offline("run", job, "--check")
    assert outcome.code == ExitCode.USAGE
    assert "job.toml:12: step[2].caled: there is no such key. Did you mean called?" in outcome.err
    assert "job.toml:4: step[1].dataset: there is no such key. Did you mean datasets?" in outcome.err


def test_a_profile_of_the_file_says_who(offline, emulator, job, monkeypatch, tmp_path):
    """The environment names nobody; the profile does."""
    job.write_text(f'profile = "nobody"\n{JOB}')
    outcome = offline("run", job, "--only", "other")
    assert outcome.code == ExitCode.USAGE
    assert "nobody" in outcome.out


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_all_steps_are_written_down_as_one(domo_async, emulator, job, tmp_path):
    emulator.faults.add("status", method="PUT", path="*/part/*", status=403, times=2)
    page, document = tmp_path / "r.html", tmp_path / "r.json"
    outcome = domo_async("run", job, "--report", page, "--report", document)
    assert outcome.code == ExitCode.FAILURE
    assert f"Report: {document}" in outcome.err
    told = read_chronicle(document)
    assert (told.job, told.outcome) == ("run", "failures")
    assert [(step.name, step.job, step.outcome) for step in told.steps] == [
        ("fetch", "pull", "complete"),
        ("back", "push", "failures"),
        ("other", "push", "complete"),
    ]
    assert [(life.step, life.fate) for life in told.lives] == [
        *[("fetch", "fetched")] * 2,
        *[("back", "failed")] * 2,
        ("other", "fetched"),
    ]
    assert {life.name for life in told.lives} >= {"Sales East", "Copy of Sales East", "Extra"}
    assert (told.totals.datasets, told.totals.fetched, told.totals.failed) == (5, 3, 2)
    assert told.settings["fetch: concurrency"] == 16
    steps = told.steps
    rounding = 0.002  # each of the three numbers has three digits
    assert all(first.at + first.seconds <= second.at + rounding for first, second in pairwise(steps))
    for life in told.lives:
        [step] = [one for one in steps if one.name == life.step]
        for phase in life.phases:
            assert step.at - 0.01 <= phase.at <= phase.at + phase.seconds <= step.at + step.seconds + 0.01
    assert sum(told.traffic.received) == told.totals.received
    html = page.read_text(encoding="utf-8")
    assert "2 of 3 steps went well" in html
    assert "Report of a run" in html


def test_a_step_that_is_left_out_is_written_down(domo_async, emulator, job, tmp_path):
    emulator.faults.add("status", path="*/data", status=403)
    document = tmp_path / "r.json"
    domo_async("run", job, "--quiet", "--report", document, "--report", tmp_path / "r.html")
    steps = read_chronicle(document).steps
    assert [step.outcome for step in steps] == ["failures", None, "complete"]
    assert steps[1].left_out == "fetch did not go well"
    assert "left out, since fetch did not go well" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_a_step_that_could_not_begin_is_written_down(domo_async, job, tmp_path, monkeypatch):
    monkeypatch.setenv("DOMO_CLIENT_SECRET", "wrong-secret-of-mine")
    page, document, events = tmp_path / "r.html", tmp_path / "r.json", tmp_path / "events.jsonl"
    outcome = domo_async("run", job, "--report", page, "--report", document, "--events", events)
    assert outcome.code == ExitCode.DENIED
    told = read_chronicle(document)
    assert (told.outcome, [step.outcome for step in told.steps]) == ("failures", ["stopped", None, "stopped"])
    assert told.steps[0].stopped_by.type == "InvalidCredentialsError"
    assert "This stopped the step fetch" in page.read_text(encoding="utf-8")
    lines = lines_of(events)
    assert [(line["event"], line.get("step")) for line in lines] == [
        ("step_ended", "fetch"),
        ("step_ended", "back"),
        ("step_ended", "other"),
        ("job_ended", None),
    ]
    assert lines[1]["left_out"] == "fetch did not go well"
    assert lines[-1]["exit_code"] == ExitCode.DENIED
    for path in (page, document, events):
        assert "wrong-secret-of-mine" not in path.read_text(encoding="utf-8")


def test_the_events_of_all_steps_are_lines_with_the_name_of_their_step(domo_async, emulator, job):
    outcome = domo_async("run", job, "--events", "-", "--json")
    assert outcome.code == ExitCode.OK
    lines = [json.loads(line) for line in outcome.err.splitlines()]
    kinds = [(line.get("step"), line["event"]) for line in lines]
    for step, kind in (("fetch", "pull"), ("back", "push"), ("other", "push")):
        mine = [event for name, event in kinds if name == step]
        assert (mine[0], mine[-2:]) == (f"{kind}_started", [f"{kind}_finished", "step_ended"])
    assert kinds[-1] == (None, "job_ended")
    assert lines[-1]["exit_code"] == ExitCode.OK
    assert json.loads(outcome.out)["ok"]


@pytest.mark.parametrize(
    "more", [["--report", "r.txt"], ["--check", "--report", "r.html"], ["--check", "--events", "e"]]
)
def test_what_cannot_be_reported_is_said_before_anything_is_done(domo_async, emulator, job, more):
    outcome = domo_async("run", job, *more)
    assert outcome.code == ExitCode.USAGE
    assert more[-2] in outcome.err
    assert emulator.grant_requests == 0


def test_ctrl_c_says_what_is_done(spawn, emulator, environment, job, tmp_path):
    emulator.faults.add("stall", method="PUT", path="*/part/*", bytes=0)
    report, events = tmp_path / "r.json", tmp_path / "events.jsonl"
    process = spawn(
        *("run", job, "--report", report, "--events", events),
        environment={**environment, "OTHER": str(job.parent / "other")},
    )
    process.wait_for("Step back", stream="stderr")
    process.wait_for("2 DataSets", stream="stderr")
    process.signal(signal.SIGINT)
    outcome = process.end()
    assert outcome.code == ExitCode.INTERRUPTED
    assert "Done: 1 of 3 steps" in outcome.err
    told = read_chronicle(report)
    assert (told.outcome, [step.outcome for step in told.steps]) == ("interrupted", ["complete", "interrupted"])
    assert lines_of(events)[-1]["exit_code"] == ExitCode.INTERRUPTED
    assert "step" not in lines_of(events)[-1]
    assert "Traceback" not in outcome.err


async def _states(emulator: Emulator) -> list[str]:
    async with AsyncDomo(**emulator.connection) as domo:
        newest = [stream.last_execution async for stream in domo.streams.list(fields="all")]
    return [str(one.current_state) for one in newest if one is not None]


def test_a_push_that_is_interrupted_aborts_what_is_open(spawn, emulator, environment, tmp_path):
    for name in ("a", "b"):
        parquet.write_table(pa.table({"n": [1]}), tmp_path / f"{name}.parquet")
    emulator.faults.add("stall", method="PUT", path="*/part/*", after=1, bytes=0)
    process = spawn("push", tmp_path, "--concurrency", 1, environment=environment)
    process.wait_for(r"\[1/2\] a", stream="stderr")
    process.signal(signal.SIGTERM)
    outcome = process.end()
    assert outcome.code == ExitCode.INTERRUPTED
    assert "appends nothing twice" in outcome.err
    assert "Traceback" not in outcome.err
    assert "ACTIVE" not in anyio.run(_states, emulator)
