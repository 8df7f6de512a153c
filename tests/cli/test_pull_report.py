"""`--report` and `--events`: what is left for people and programs when a pull is over, however it ends."""

from __future__ import annotations

import json
import signal

import pytest

from domo_async.cli.event_log import EventLog
from domo_async.cli.exit_codes import ExitCode
from domo_async.cli.job_report import written_down
from domo_async.cli.terminal import Terminal
from domo_async.errors import ServerError, TargetError
from domo_async.jobs import Chronicler, FilesRemoved, StatsRead, TransferProgress, read_chronicle
from tests.jobs.nights import stats

MISSING = "4405ff58-1957-45f0-82bd-914d989a3ea3"


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_page_and_a_document(domo_async, emulator, tmp_path):
    page, document = tmp_path / "r.html", tmp_path / "r.JSON"
    stock = emulator.dataset_ids["Stock"]
    outcome = domo_async("pull", stock, MISSING, "--to", tmp_path / "lake", "--report", page, "--report", document)
    assert outcome.code == ExitCode.FAILURE
    assert f"Report: {page}" in outcome.err
    told = read_chronicle(document)
    assert (told.outcome, told.totals.fetched, told.totals.failed) == ("failures", 1, 1)
    assert told.target == str(tmp_path / "lake")
    assert told.settings["concurrency"] == 16
    assert "1 of 2 DataSets failed" in page.read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lake", "r.JSON", "r.html"]


def test_quiet_writes_it_and_says_nothing(domo_async, emulator, tmp_path):
    report = tmp_path / "r.json"
    outcome = domo_async("pull", "--all", "--to", tmp_path / "lake", "--quiet", "--report", report)
    assert (outcome.code, outcome.out, outcome.err) == (ExitCode.OK, "", "")
    assert read_chronicle(report).outcome == "complete"


@pytest.mark.parametrize("name", ["report.txt", "report", "nowhere/report.html", "folder.html"])
def test_places_for_a_report_are_checked_before_the_job(domo_async, emulator, tmp_path, name):
    (tmp_path / "folder.html").mkdir()
    outcome = domo_async("pull", "--all", "--to", tmp_path / "lake", "--report", tmp_path / name)
    assert outcome.code == ExitCode.USAGE
    assert "--report" in outcome.err
    assert emulator.grant_requests == 0


def test_a_plan_has_no_report(domo_async, tmp_path):
    outcome = domo_async("pull", "--all", "--to", tmp_path / "lake", "--plan", "--report", tmp_path / "r.html")
    assert outcome.code == ExitCode.USAGE
    assert not (tmp_path / "r.html").exists()


def test_a_job_that_could_not_begin_is_reported_too(domo_async, tmp_path, monkeypatch):
    monkeypatch.setenv("DOMO_CLIENT_SECRET", "wrong-secret-of-mine")
    page, document, events = tmp_path / "r.html", tmp_path / "r.json", tmp_path / "events.jsonl"
    outcome = domo_async(
        *("pull", "--all", "--to", tmp_path / "lake"), "--report", page, "--report", document, "--events", events
    )
    assert outcome.code == ExitCode.DENIED
    told = read_chronicle(document)
    assert (told.outcome, told.stopped_by.type) == ("stopped", "InvalidCredentialsError")
    [ended] = lines_of(events)
    assert (ended["event"], ended["exit_code"]) == ("job_ended", ExitCode.DENIED)
    for path in (page, document, events):
        assert "wrong-secret-of-mine" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_job_is_reported(stop, spawn, emulator, environment, tmp_path):
    stock, east = emulator.dataset_ids["Stock"], emulator.dataset_ids["Sales East"]
    emulator.faults.add("stall", path=f"/v1/datasets/{east}/data", bytes=1)
    report, events = tmp_path / "r.json", tmp_path / "events.jsonl"
    process = spawn(
        *("pull", stock, east, "--to", tmp_path / "lake", "--report", report, "--report", tmp_path / "r.html"),
        *("--events", events),
        environment=environment,
    )
    process.wait_for(r"\[1/2\] Stock", stream="stderr")
    process.signal(stop)
    outcome = process.end()
    assert outcome.code == ExitCode.INTERRUPTED
    told = read_chronicle(report)
    assert (told.outcome, told.totals.fetched, told.totals.unfinished) == ("interrupted", 1, 1)
    assert "Interrupted: 1 of 2 DataSets are there" in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert lines_of(events)[-1]["exit_code"] == ExitCode.INTERRUPTED


def test_events_are_lines(domo_async, emulator, tmp_path):
    events = tmp_path / "events.jsonl"
    stock = emulator.dataset_ids["Stock"]
    outcome = domo_async("pull", stock, MISSING, "--to", tmp_path / "lake", "--events", events)
    assert outcome.code == ExitCode.FAILURE
    told = lines_of(events)
    kinds = [line["event"] for line in told]
    assert (kinds[0], kinds[-2:]) == ("pull_started", ["pull_finished", "job_ended"])
    assert {"transfer_queued", "transfer_received", "transfer_finished", "transfer_failed", "stats_read"} <= set(kinds)
    assert told[-1]["exit_code"] == ExitCode.FAILURE
    [failed] = [line for line in told if line["event"] == "transfer_failed"]
    assert failed["transfer"]["error"]["status"] == 404
    assert [line["at"] for line in told[:-1]] == sorted(line["at"] for line in told[:-1])


def test_events_on_standard_error_are_alone_there(domo_async, emulator, tmp_path):
    outcome = domo_async("pull", "--all", "--to", tmp_path / "lake", "--events", "-", "--json")
    assert outcome.code == ExitCode.OK
    assert json.loads(outcome.err.splitlines()[-1])["event"] == "job_ended"
    assert all(json.loads(line) for line in outcome.err.splitlines())
    assert json.loads(outcome.out)["ok"]


def test_a_log_of_events_that_cannot_be_begun(domo_async, emulator, tmp_path):
    outcome = domo_async("pull", "--all", "--to", tmp_path / "lake", "--events", tmp_path / "nowhere" / "events")
    assert outcome.code == ExitCode.USAGE
    assert emulator.grant_requests == 0


class Full:
    """A disk without space."""

    def write(self, text):
        raise OSError(28, "No space left on device")

    def flush(self):
        pass


def test_a_log_that_breaks_does_not_stop_the_job(capsys):
    log = EventLog(Terminal(), Full())
    log(FilesRemoved((), "x"))
    log(FilesRemoved((), "x"))
    assert capsys.readouterr().err.count("No space left on device") == 1


def test_a_log_leaves_out_what_only_grows(tmp_path):
    now = 0.0
    with (tmp_path / "events").open("w") as stream:
        log = EventLog(Terminal(), stream, clock=lambda: now)
        for step in range(100):
            now = step / 10
            log(TransferProgress("1", step, step))
            log(TransferProgress("2", step, step))
            log(StatsRead(stats(paused_for=1.0 if 30 <= step < 50 else 0.0)))
    kinds = [(line["event"], line.get("dataset_id")) for line in lines_of(tmp_path / "events")]
    assert kinds.count(("transfer_progress", "1")) == kinds.count(("transfer_progress", "2")) == 10
    assert kinds.count(("stats_read", None)) == 3, "the first, and where a pause begins and ends"


def test_a_report_that_cannot_be_written_is_an_error(tmp_path):
    path = tmp_path / "gone" / "r.json"
    with pytest.raises(TargetError, match="cannot be written"):
        with written_down(Chronicler(), [path, tmp_path / "other.json"], Terminal(), quiet=False):
            pass
    assert (tmp_path / "other.json").exists(), "each file is tried"


def test_what_ended_the_job_is_more_important_than_its_report(tmp_path, capsys):
    with pytest.raises(ServerError):
        with written_down(Chronicler(), [tmp_path / "gone" / "r.json"], Terminal(), quiet=False):
            raise ServerError("busy", status=503)
    assert "The report could not be written" in capsys.readouterr().err
