"""A night's work over real connections: tokens die, connections break, Domo is away, and the lake is right."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from domo_async import AsyncDomo
from domo_async.emulator import Emulator
from domo_async.errors import MaintenanceError, NotFoundError, PullError, ServerError, TargetError
from domo_async.jobs import (
    DataSetOptions,
    PullFinished,
    PullStarted,
    Selection,
    SelectionRead,
    TransferFailed,
    TransferFinished,
    TransferProgress,
    TransferQueued,
    TransferReceived,
    TransferReceiving,
    TransferRetried,
    TransferSkipped,
    TransferStarted,
    TransferWriting,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.anyio

NUMBERS = range(24)


def table(number: int) -> pa.Table:
    rows = 500 + 100 * number
    return pa.table({"n": range(rows), "t": [f"row {row}" if row % 3 else None for row in range(rows)]})


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(datasets={f"D{number:02}": table(number) for number in NUMBERS}, seed=11) as emulator:
        yield emulator


@pytest.fixture
async def domo(emulator: Emulator):
    async with AsyncDomo(**emulator.connection, timeout=5, concurrency=8) as domo:
        yield domo


def tree(lake: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in lake.glob("*.parquet")}


async def test_a_bad_night(emulator: Emulator, domo: AsyncDomo, tmp_path: Path) -> None:
    """The tree is that of a calm night, byte for byte; then nothing is fetched again."""
    calm, lake = tmp_path / "calm", tmp_path / "lake"
    (await domo.pull(Selection.everything(), to=calm)).raise_for_failures()
    emulator.token_lifetime = 3.0
    emulator.revoke_tokens()
    add = emulator.faults.add
    exports = "/v1/datasets/*/data"
    add("status", path="/v1/*", status=503, retry_after="0.05", probability=0.05)
    add("status", path="/v1/*", status=429, retry_after=0.1, probability=0.02)
    add("reset", path="/v1/*", probability=0.03)
    add("reset_after", path=exports, bytes=1000, probability=0.2)
    add("truncate", path=exports, bytes=3000, probability=0.2)
    add("maintenance", path="/v1/*", status=200, probability=0.02)
    add("token_outage", seconds=0.5)
    report = await domo.pull(Selection.everything(), to=lake, concurrency=8)
    report.raise_for_failures()
    assert sum(fault.hits for fault in emulator.faults.active()) > 10
    emulator.faults.clear()
    assert tree(lake) == tree(calm)
    for number in NUMBERS:
        assert pq.read_table(lake / f"D{number:02}.parquet").equals(table(number).cast(table(number).schema))
    emulator.clear_requests()
    again = await domo.pull(Selection.everything(), to=lake)
    assert len(again.unchanged) == len(NUMBERS)
    assert {request.path for request in emulator.requests} <= {"/v1/datasets", "/oauth/token"}


async def test_a_maintenance_window_is_outlasted(emulator: Emulator, domo: AsyncDomo, tmp_path: Path) -> None:
    """Which is longer than any single call waits."""
    ids = [emulator.dataset_ids["D01"], emulator.dataset_ids["D02"]]
    window = emulator.faults.add("maintenance", path="/v1/*")
    retried: list[TransferRetried] = []

    def listen(event: object) -> None:
        if isinstance(event, TransferRetried):
            retried.append(event)
            if len(retried) == 5:
                window.remove()

    hasty = domo.with_options(retries=0)
    report = await hasty.pull(ids, to=tmp_path, retries=1, patience=60.0, on_event=listen)
    assert report.ok
    assert {type(event.error) for event in retried} == {MaintenanceError}
    window = emulator.faults.add("maintenance", path="/v1/*")
    report = await hasty.pull(ids, to=tmp_path, retries=0, patience=0)
    assert {type(transfer.error) for transfer in report.failed} == {MaintenanceError}


async def test_failures_may_stop_the_job(emulator: Emulator, domo: AsyncDomo, tmp_path: Path) -> None:
    """With the first, or with one too many. What is finished stays, and the report is there."""
    ids = [emulator.dataset_ids[f"D{number:02}"] for number in range(6)]
    wanted = [ids[0], "4405ff58-1957-45f0-82bd-914d989a3ea3", ids[1], "4405ff58-1957-45f0-82bd-914d989a3ea4", ids[2]]
    for options, done in (({"fail_fast": True}, 2), ({"max_failures": 1}, 4)):
        with pytest.raises(PullError, match="The job was stopped, since ") as caught:
            await domo.pull(wanted, to=tmp_path, concurrency=1, **options)
        assert len(caught.value.report.transfers) == done
        assert isinstance(caught.value.__cause__, NotFoundError)
    assert sorted(tree(tmp_path)) == ["D00.parquet", "D01.parquet"]
    report = await domo.pull(wanted, to=tmp_path, max_failures=2)
    assert (len(report.failed), len(report.unchanged), len(report.fetched)) == (2, 2, 1)


async def test_events_tell_a_timeline(emulator: Emulator, domo: AsyncDomo, tmp_path: Path) -> None:
    """Each life in its order, on one clock; bytes come before the turn to be decoded if that has to be waited for."""
    emulator.faults.add("status", path=f"/v1/datasets/{emulator.dataset_ids['D03']}/data", status=400, times=1)
    events: list[object] = []
    await domo.pull(Selection.names("D0?"), to=tmp_path, concurrency=4, on_event=events.append)
    lives: dict[str, list[str]] = {}
    for event in events:
        transfer = getattr(event, "transfer", event)
        if (dataset_id := getattr(transfer, "dataset_id", None)) is not None:
            lives.setdefault(dataset_id, []).append(type(event).__name__)
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert isinstance(events[0], PullStarted)
    assert events[0].target == str(tmp_path)
    assert isinstance(events[-1], PullFinished)
    read = [event for event in events if isinstance(event, SelectionRead)]
    assert [(event.total, event.skipped, event.rows) for event in read] == [(10, 0, 500 * 10 + 100 * 45)]
    coming = [TransferQueued, TransferStarted, TransferReceiving, TransferReceived]
    whole = {kind.__name__ for kind in (*coming, TransferWriting, TransferProgress, TransferFinished)}
    failed = lives.pop(emulator.dataset_ids["D03"])
    assert failed[:2] == ["TransferQueued", "TransferStarted"]
    assert failed[-1] == TransferFailed.__name__
    assert len(lives) == 9
    for life in lives.values():
        assert set(life) == whole
        assert (life[0], life[1], life[-1]) == ("TransferQueued", "TransferStarted", "TransferFinished")
        assert life.index("TransferWriting") < life.index("TransferFinished")
        assert life.index("TransferReceiving") < life.index("TransferReceived") < life.index("TransferFinished")
    skipped: list[object] = []
    await domo.pull(Selection.names("D0?"), to=tmp_path, on_event=skipped.append)
    assert sum(isinstance(event, TransferSkipped) for event in skipped) == 9


async def test_queries_instead_of_exports(emulator: Emulator, domo: AsyncDomo, tmp_path: Path) -> None:
    """For some DataSets; in any format, with types, and skipped when nothing has changed."""
    sql = "SELECT t, COUNT(*) AS c, MAX(n) AS m FROM table WHERE n < 6 GROUP BY t ORDER BY t"
    options = {"D00": DataSetOptions(sql=sql), "D01": DataSetOptions(sql=sql, format="csv", rows_per_file=2)}
    selection = Selection.names("D00", "D01", "D02")
    report = await domo.pull(selection, to=tmp_path, options=options)
    report.raise_for_failures()
    found = pq.read_table(tmp_path / "D00.parquet")
    assert sorted(found.to_pylist(), key=lambda row: row["m"]) == [
        {"t": "row 1", "c": 1, "m": 1},
        {"t": "row 2", "c": 1, "m": 2},
        {"t": None, "c": 2, "m": 3},
        {"t": "row 4", "c": 1, "m": 4},
        {"t": "row 5", "c": 1, "m": 5},
    ]
    parts = [path.read_text() for path in sorted((tmp_path / "D01").iterdir())]
    assert [len(part.splitlines()) for part in parts] == [3, 3, 2]
    assert "".join(part.split("\n", 1)[1] for part in parts).count("row 4,1,4\n") == 1
    assert report.transfers[2].rows == 700
    assert len((await domo.pull(selection, to=tmp_path, options=options)).unchanged) == 3
    options["D00"] = DataSetOptions(sql="SELECT n FROM table")
    report = await domo.pull(selection, to=tmp_path, options=options)
    assert [transfer.name for transfer in report.fetched] == ["D00"]
    options["D00"] = DataSetOptions(sql="SELECT nothing FROM nowhere")
    assert not (await domo.pull(selection, to=tmp_path, options=options)).ok


async def test_a_target_that_refuses_stops_before_any_row(emulator: Emulator, domo: AsyncDomo, tmp_path: Path) -> None:
    """And nothing is left locked."""
    (tmp_path / "file").write_text("")
    with pytest.raises(TargetError):
        await domo.pull(Selection.everything(), to=tmp_path / "file")
    assert not [request for request in emulator.requests if request.path.startswith("/v1")]


async def test_cancelled_from_outside(emulator: Emulator, domo: AsyncDomo, tmp_path: Path) -> None:
    """Connections are given back, and the next job begins where this one ended."""
    stalled = emulator.faults.add("stall", path=f"/v1/datasets/{emulator.dataset_ids['D05']}/data", bytes=10)
    finished: list[object] = []
    with anyio.CancelScope() as scope:

        def listen(event: object) -> None:
            finished.append(event)
            if sum(isinstance(one, TransferFinished) for one in finished) == 9:
                scope.cancel()

        await domo.pull(Selection.names("D0?"), to=tmp_path, concurrency=4, on_event=listen)
    assert scope.cancelled_caught
    assert isinstance(finished[-1], PullFinished)
    assert domo.stats.in_flight == 0
    stalled.remove()
    plan = await domo.plan_pull(Selection.names("D0?"), to=tmp_path)
    assert [planned.name for planned in plan.to_fetch] == ["D05"]
    report = await domo.pull(Selection.names("D0?"), to=tmp_path)
    assert [(transfer.name, transfer.action) for transfer in report.fetched] == [("D05", "resume")]


async def test_server_errors_of_the_listing(emulator: Emulator, domo: AsyncDomo, tmp_path: Path) -> None:
    """They end the job as themselves."""
    emulator.faults.add("status", path="/v1/datasets", status=500)
    with pytest.raises(ServerError):
        await domo.with_options(retries=0).pull(Selection.everything(), to=tmp_path)
