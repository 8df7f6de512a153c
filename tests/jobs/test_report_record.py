"""What is remembered of a job: true, in order, within bounds, and the same when it is read again."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domo_async import AsyncDomo
from domo_async.emulator import Emulator
from domo_async.errors import ConnectionLostError, InvalidArgumentError, PullError, TargetError
from domo_async.jobs import (
    Chronicle,
    PullFinished,
    PullReport,
    StatsRead,
    Transfer,
    TransferFailed,
    TransferFinished,
    TransferProgress,
    TransferRetried,
    TransferSkipped,
    TransferStarted,
    read_chronicle,
)
from domo_async.jobs.chronicle import Chronicler, PushListener, StepsRecorder
from domo_async.jobs.chronicle.findings import findings_of
from domo_async.jobs.chronicle.traffic import Amounts
from domo_async.jobs.event_json import event_to_dict
from domo_async.jobs.push_events import PushFinished, PushStarted, UploadFailed, UploadProgress, UploadStarted
from domo_async.jobs.push_report import PushReport, Upload
from tests.jobs.nights import BEGAN, HOSTILE, Night, night, stats

MISSING = "4405ff58-1957-45f0-82bd-914d989a3ea3"


def phases(chronicle: Chronicle, dataset_id: str) -> list[tuple[str, float]]:
    [life] = [life for life in chronicle.lives if life.dataset_id == dataset_id]
    return [(phase.phase, phase.seconds) for phase in life.phases]


@pytest.mark.anyio
async def test_a_real_pull_is_remembered(tmp_path: Path) -> None:
    """Every phase begins where the last one ended, and the sums are those of the report."""
    import pyarrow as pa

    tables = {f"D{number}": pa.table({"n": list(range(500))}) for number in range(6)}
    with Emulator(datasets=tables) as emulator:
        ids = emulator.dataset_ids
        emulator.faults.add("truncate", path=f"/v1/datasets/{ids['D3']}/data", bytes=10, times=1)
        async with AsyncDomo(**emulator.connection, retries=0) as domo:
            report = await domo.pull([*ids.values(), MISSING], to=tmp_path / "lake", concurrency=2)
            again = await domo.pull(list(ids.values()), to=tmp_path / "lake")
    told = report.chronicle
    assert told is not None
    assert (told.outcome, told.target) == ("failures", str(tmp_path / "lake"))
    assert (told.totals.fetched, told.totals.failed, told.totals.rows) == (6, 1, 3_000)
    assert told.totals.grants == 1
    assert told.totals.received >= report.received == sum(life.received for life in told.lives)
    assert sum(told.traffic.received) == told.totals.received
    assert sum(told.traffic.rows) >= 3_000
    for life in told.lives:
        assert life.phases, life
        for before, after in zip(life.phases, life.phases[1:], strict=False):
            assert after.at == pytest.approx(before.at + before.seconds, abs=0.01)
        assert life.phases[-1].at + life.phases[-1].seconds <= told.seconds + 0.01
    [broken] = [life for life in told.lives if life.name == "D3"]
    assert (broken.attempts, len(broken.retries)) == (2, 1)
    assert "retrying" in dict(phases(told, ids["D3"]))
    [lost] = [life for life in told.lives if life.dataset_id == MISSING]
    assert lost.failure is not None
    assert (lost.failure.type, lost.failure.status) == ("NotFoundError", 404)
    assert "deleted" in (lost.failure.cure or "")
    assert told.settings["concurrency"] == 2
    assert again.chronicle is not None
    assert again.chronicle.totals.grants == 0, "the second job went on with the token of the first"
    assert (again.chronicle.outcome, again.chronicle.totals.unchanged) == ("complete", 6)
    assert pickle.loads(pickle.dumps(report)).chronicle == told
    assert report == PullReport(report.transfers, report.seconds), "two reports are equal by what was done"


@pytest.mark.anyio
async def test_a_job_that_is_cancelled_has_a_chronicle(tmp_path: Path) -> None:
    import pyarrow as pa

    reports: list[PullReport] = []
    with Emulator(datasets={"A": pa.table({"n": [1]}), "B": pa.table({"n": [2]})}) as emulator:
        emulator.faults.add("stall", path=f"/v1/datasets/{emulator.dataset_ids['B']}/data", bytes=1)
        async with AsyncDomo(**emulator.connection) as domo:
            with anyio.CancelScope() as scope:

                def listen(event: object) -> None:
                    if isinstance(event, TransferFinished):
                        scope.cancel()
                    if isinstance(event, PullFinished):
                        reports.append(event.report)

                await domo.pull(list(emulator.dataset_ids.values()), to=tmp_path, on_event=listen)
    [report] = reports
    assert report.chronicle is not None
    assert report.chronicle.outcome == "interrupted"
    assert {life.fate for life in report.chronicle.lives} == {"fetched", "unfinished"}


@pytest.mark.anyio
async def test_what_stopped_a_job_is_in_its_chronicle(tmp_path: Path) -> None:
    with Emulator() as emulator:
        async with AsyncDomo(**emulator.connection) as domo:
            with pytest.raises(PullError) as caught:
                await domo.pull([MISSING], to=tmp_path, fail_fast=True)
    told = caught.value.report.chronicle
    assert told is not None
    assert told.outcome == "stopped"
    assert told.stopped_by is not None
    assert told.stopped_by.type == "NotFoundError"


def test_phases_are_told_apart() -> None:
    told = night(20).chronicler.chronicle()
    assert [phase for phase, _ in phases(told, "id-0009")] == [
        "queued",
        "waiting",
        "downloading",
        "waiting_for_writer",
        "writing",
    ]
    assert dict(phases(told, "id-0009"))["waiting_for_writer"] == pytest.approx(0.3)
    again = phases(told, "id-0016")
    assert [phase for phase, _ in again][-3:] == ["retrying", "asking", "waiting"]
    assert dict(again)["retrying"] == pytest.approx(2.0), "the wait that was announced; what follows is a call"
    assert told.totals.paused == pytest.approx(3.0)
    assert [pause.seconds for pause in told.pauses] == [pytest.approx(3.0)]
    assert len(told.grants) == 1, "the one that was there at the beginning was granted before"
    assert told.totals.unchanged == 1


def test_tokens_of_one_second_are_counted_each_and_those_before_the_job_not_at_all() -> None:
    told = Night()
    for grants in (7, 7, 10):
        told.tell(StatsRead, stats(grants=grants), after=1.0)
    chronicle = told.chronicler.chronicle()
    assert chronicle.totals.grants == len(chronicle.grants) == 3


def test_steps_stand_one_after_the_other_whatever_the_clock_says() -> None:
    """The clock is set back by an hour during the first step, and the second one is interrupted."""
    moments = iter([1_000.0, 1_010.0, -2_500.0, -2_490.0, -2_480.0])
    recorder = StepsRecorder(clock=lambda: next(moments))

    def one(seconds: float) -> Chronicler:
        chronicler = Chronicler(clock=lambda: 0.0)
        chronicler.start("1", "A", at=1.0)
        chronicler.retry("1", 1, 0.5, ConnectionLostError("gone"), at=2.0)
        chronicler.start("1", at=3.0)
        chronicler.progress("1", 5, 100, at=3.5)
        chronicler.finished(seconds)
        return chronicler

    with recorder.step("first", one(20.0)), pytest.raises(ConnectionLostError):
        raise ConnectionLostError("gone")
    recorder.leave_out("second", "push", "first did not go well")
    with pytest.raises(KeyboardInterrupt), recorder.step("third", one(5.0)):
        raise KeyboardInterrupt
    told = recorder.chronicle(interrupted=True)
    assert told.outcome == "interrupted"
    assert [(step.name, step.outcome, step.at) for step in told.steps] == [
        ("first", "complete", 10.0),
        ("second", None, 30.0),
        ("third", "interrupted", 30.0),
    ]
    assert [(life.step, life.phases[0].at, life.retries[0].at) for life in told.lives] == [
        ("first", 11.0, 12.0),
        ("third", 31.0, 32.0),
    ]
    assert (told.totals.datasets, told.totals.received, told.totals.calls) == (2, 200, None)
    assert sum(told.traffic.received) == 200
    assert told.seconds == 35.0


def test_an_error_that_leaves_a_step_has_stopped_it() -> None:
    recorder = StepsRecorder()
    with pytest.raises(TargetError), recorder.step("fetch", Chronicler()):
        raise TargetError("no space left")
    told = recorder.chronicle()
    assert (told.outcome, told.stopped_by) == ("failures", None), "the others went on"
    [step] = told.steps
    assert step.outcome == "stopped"
    assert step.stopped_by is not None
    assert step.stopped_by.type == "TargetError"


def test_a_clock_that_is_set_back_makes_nothing_negative() -> None:
    told = Night()
    told.tell(TransferStarted, "1", "A", 5)
    told.tell(TransferProgress, "1", 2, 100, after=5.0)
    told.tell(TransferFinished, Transfer("1", "A", rows=5, received=200, seconds=6.0), after=-3600.0)
    chronicle = told.chronicler.chronicle()
    assert all(phase.seconds >= 0 for life in chronicle.lives for phase in life.phases)
    assert chronicle.seconds >= 5.0


def test_what_was_before_the_job_belongs_to_it() -> None:
    """A look for a token, or an import that takes its time: no phase is later than the end."""
    moments = iter([100.0])
    chronicler = Chronicler(clock=lambda: next(moments))
    chronicler.started(at=103.0)
    chronicler.start("1", at=103.5)
    chronicler.end("1", "fetched", seconds=1.0, at=104.5)
    chronicler.finished(2.0)
    told = chronicler.chronicle()
    assert told.seconds == 5.0
    assert [phase.at for phase in told.lives[0].phases] == [3.5]


def test_memory_is_bounded() -> None:
    """Hours of progress and a thousand attempts make no larger document than minutes and a few."""
    told = Night()
    for attempt in range(1, 1_000):
        told.tell(TransferStarted, "1", "A", 5, attempt)
        told.tell(TransferProgress, "1", 1, attempt, after=1.0)
        told.tell(TransferRetried, "1", attempt, ConnectionLostError("x" * 10_000), 1.0, after=60.0)
        told.tell(StatsRead, stats(grants=attempt, paused_for=attempt % 2))
    chronicle = told.chronicler.chronicle()
    [life] = chronicle.lives
    assert len(life.phases) <= 65
    assert len(life.retries) <= 20
    assert life.retries[-1].attempt == 999, "the last ones are kept"
    assert len(chronicle.traffic.received) <= 240
    assert sum(chronicle.traffic.received) == sum(range(1, 1_000))
    assert len(chronicle.to_json()) < 50_000
    assert chronicle.totals.attempts_again == 999


@given(st.lists(st.tuples(st.floats(0, 1e6), st.integers(0, 2**40), st.integers(0, 1000)), max_size=50))
def test_no_amount_is_lost(amounts: list[tuple[float, int, int]]) -> None:
    sums = Amounts()
    for at, received, rows in sorted(amounts):
        sums.add(at, received, rows)
    assert sum(sums.received) == sum(received for _, received, _ in amounts)
    assert sum(sums.rows) == sum(rows for *_, rows in amounts)
    assert len(sums.received) <= 240


def test_json_is_read_again_as_it_was(tmp_path: Path) -> None:
    told = night(20, names=HOSTILE).chronicler.chronicle()
    path = told.save(tmp_path / "night.json")
    assert read_chronicle(path) == told
    document = json.loads(path.read_bytes())
    assert (document["chronicle"], document["version"]) == ("domo-async", 1)
    path.write_text(json.dumps(document | {"added_later": 1}))
    assert read_chronicle(path).totals == told.totals, "what a newer version adds does no harm"
    assert "Timeline" in read_chronicle(path).to_html()
    assert [file.name for file in tmp_path.iterdir()] == ["night.json"], "nothing is left beside it"


@pytest.mark.parametrize("content", ["", "{}", '{"chronicle":"domo-async"', "[1]", '{"manifest":"domo-async"}'])
def test_something_else_is_no_report(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(TargetError, match="is no report of a job"):
        read_chronicle(tmp_path / "x.json")


def test_a_newer_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"chronicle": "domo-async", "version": 99}')
    with pytest.raises(TargetError, match=r"has version 99.*Upgrade"):
        read_chronicle(tmp_path / "x.json")
    with pytest.raises(TargetError, match="cannot be read"):
        read_chronicle(tmp_path / "nothing.json")


def test_places_that_make_no_sense(tmp_path: Path) -> None:
    told = night(8).chronicler.chronicle()
    with pytest.raises(InvalidArgumentError, match=r"\.html or \.json"):
        told.save(tmp_path / "report.txt")
    with pytest.raises(TargetError, match="cannot be written"):
        told.save(tmp_path / "nowhere" / "report.html")
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(TargetError, match="a folder has that name"):
        told.save(tmp_path / "folder.html")
    with pytest.raises(InvalidArgumentError, match="no job made it"):
        PullReport((), 1.0).save(tmp_path / "report.html")


def test_a_cause_is_told_without_the_key_of_a_store() -> None:
    """The text of an error of somebody else may hold the address that it was given."""
    told = Night()
    for number, cause in enumerate((OSError(13, "Permission denied", "s3://key:hidden@lake"), ValueError("hidden"))):
        error = TargetError("s3://lake cannot be written")
        error.__cause__ = cause
        told.tell(TransferFailed, Transfer(str(number), error=error))
    chronicle = told.chronicler.chronicle()
    assert [life.failure.because for life in chronicle.lives if life.failure] == [
        "PermissionError: Permission denied",
        None,
    ]
    assert b"hidden" not in chronicle.to_json()


def test_thousands_of_names_are_counted() -> None:
    told = Night()
    for number in range(1_500):
        told.tell(TransferSkipped, Transfer(str(number), f"Same {number}", action="unchanged"))
    page = told.chronicler.chronicle().to_html()
    assert "1,500 DataSets had not changed" in page
    assert "and 500 more" in page
    assert "Same 1400" not in page


def test_findings_say_why_it_took_so_long() -> None:
    told = Night()
    for number in range(6):
        told.tell(TransferStarted, str(number), f"Small {number}", 5)
        told.tell(TransferFinished, Transfer(str(number), rows=5, received=1_000, seconds=1.0), after=1.0)
    told.tell(TransferStarted, "large", "Large", 5)
    told.tell(TransferFinished, Transfer("large", "Large", rows=5, received=10**9, seconds=60.0), after=60.0)
    words = [what for what, _ in findings_of(told.chronicler.chronicle())]
    assert any("“Large” took 1 min" in sentence for sentence in words), words
    assert any("waiting for Domo's first byte" in sentence for sentence in words), words
    told.tell(StatsRead, stats(), after=100.0)
    words = [what for what, _ in findings_of(told.chronicler.chronicle())]
    assert any("little else was on its way than “Large”" in sentence for sentence in words), words
    assert findings_of(Night().chronicler.chronicle()) == []


def test_findings_of_a_night() -> None:
    words = [what for what, _ in findings_of(night(40).chronicler.chronicle())]
    assert any("Domo made all requests wait once, for 3.0 s" in sentence for sentence in words), words
    assert any("3 transfers had to be begun again" in sentence for sentence in words), words


def test_a_push_is_remembered_as_well() -> None:
    told = Night()
    told.chronicler.job = "push"
    listen = PushListener(told.chronicler)
    listen(PushStarted(1, "https://api.domo.com", at=BEGAN))
    listen(UploadStarted("a.csv", "A", None, 1, "new", 100, at=BEGAN + 1))
    listen(UploadProgress("a.csv", 5, 50, at=BEGAN + 2))
    told.now = BEGAN + 4
    upload = Upload("a.csv", "A", error=ConnectionLostError("broke"), seconds=3.0)
    listen(UploadFailed(upload, at=told.now))
    listen(PushFinished(PushReport((upload,), 4.0), at=told.now))
    chronicle = told.chronicler.chronicle()
    assert (chronicle.outcome, chronicle.job, chronicle.seconds) == ("failures", "push", 4.0)
    assert phases(chronicle, "a.csv") == [("uploading", 3.0)]
    assert "Report of a push" in chronicle.to_html()


def test_the_name_of_a_file_may_hold_half_characters(tmp_path: Path) -> None:
    told = night(1, names=("half \ud83c",)).chronicler.chronicle()
    assert read_chronicle(told.save(tmp_path / "x.json")).lives[0].name == "half ?"
    assert "half" in told.save(tmp_path / "x.html").read_text(encoding="utf-8")


def test_events_are_json() -> None:
    """Every kind that a job tells, with its errors and transfers, in types that JSON has."""
    seen: list[dict[str, object]] = []
    error = ConnectionLostError("broke", operation="datasets.export")
    for event in (
        TransferRetried("1", 1, error, 0.5, at=BEGAN),
        TransferFinished(Transfer("1", "A", Path("A.csv"), error=error), at=BEGAN),
        StatsRead(stats(), at=BEGAN),
        PullFinished(PullReport((Transfer("1"),), 1.0), at=BEGAN),
    ):
        seen.append(json.loads(json.dumps(event_to_dict(event))))
    retried, finished, read, ended = seen
    assert retried["event"] == "transfer_retried"
    assert retried["at"] == "2026-09-21T14:13:20.000+00:00"
    assert retried["error"]["type"] == finished["transfer"]["error"]["type"] == "ConnectionLostError"
    assert read["stats"]["limit"] == 8
    assert (ended["report"]["datasets"], "transfers" in ended["report"]) == (1, False)
