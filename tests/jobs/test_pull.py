"""Pulling many DataSets: completeness, retries, names, and how it stops."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pyarrow.parquet as pq
import pytest

from domo_async.errors import (
    ConnectionLostError,
    IncompleteDataError,
    InvalidArgumentError,
    InvalidCredentialsError,
    NotFoundError,
    PullError,
    RateLimitError,
    TargetError,
)
from domo_async.jobs import (
    DataSetOptions,
    PullFinished,
    PullStarted,
    TransferFailed,
    TransferFinished,
    TransferProgress,
    TransferRetried,
    TransferStarted,
    TransferWriting,
    pull,
)
from domo_async.jobs.budget import DECODER, DOWNLOAD
from domo_async.models import DataSet, DataSetSummary
from tests.jobs.shelf import Naps, Shelf, files

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from domo_async.tabular import FileFormat

pytestmark = pytest.mark.anyio


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


async def test_every_dataset_becomes_a_file(shelf: Shelf, tmp_path: Path) -> None:
    """Rows, names, order of the report and events all fit together."""
    for number in range(20):
        shelf.put(str(number), number * 100)
    events: list[object] = []
    report = await pull(
        shelf, map(str, range(20)), to=tmp_path / "lake" / "deep", concurrency=4, on_event=events.append
    )

    assert report.ok
    assert [t.dataset_id for t in report.transfers] == [str(n) for n in range(20)]
    assert [t.rows for t in report.transfers] == [n * 100 for n in range(20)]
    assert report.rows == sum(n * 100 for n in range(20))
    assert shelf.most_open <= 4
    assert files(tmp_path / "lake" / "deep") == sorted(f"Name {n}.parquet" for n in range(20))
    table = pq.read_table(report.transfers[3].path)
    assert table.num_rows == 300
    assert table.schema.metadata[b"domo.dataset.id"] == b"3"
    assert isinstance(events[0], PullStarted)
    assert events[0].total is None
    assert isinstance(events[-1], PullFinished)
    assert events[-1].report == report
    assert sum(isinstance(e, TransferStarted) for e in events) == 20
    assert sum(isinstance(e, TransferFinished) for e in events) == 20
    last = [e for e in events if isinstance(e, TransferProgress) and e.dataset_id == "7"][-1]
    assert (last.rows, last.received) == (700, len(shelf.bodies["7"]))
    assert "20 of 20 DataSets" in str(report)
    assert report.to_dict()["rows"] == report.rows
    report.raise_for_failures()


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "arrow", "jsonl"])
async def test_other_formats(shelf: Shelf, tmp_path: Path, kind: FileFormat) -> None:
    """The suffix follows the format."""
    shelf.put("a", 10)
    report = await pull(shelf, ["a"], to=tmp_path, format=kind)
    assert files(tmp_path) == [f"Name a.{kind}"]
    assert report.rows == 10


async def test_ids_from_a_listing_come_once(shelf: Shelf, tmp_path: Path) -> None:
    """An async listing of DataSets will do, and an id that comes again is skipped."""
    for name in "abc":
        shelf.put(name, 1)

    async def listing() -> AsyncIterator[DataSetSummary]:
        for name in "abcab":
            yield DataSetSummary(id=name)

    report = await pull(shelf, listing(), to=tmp_path)
    assert [t.dataset_id for t in report.transfers] == ["a", "b", "c"]
    assert sorted(shelf.exports) == ["a", "b", "c"]


async def test_a_listing_that_fails_stops_the_job(shelf: Shelf, tmp_path: Path) -> None:
    """Its error comes as itself."""
    shelf.put("a", 1)
    shelf.hold.add("a")

    async def listing() -> AsyncIterator[str]:
        yield "a"
        raise RateLimitError("slow down", status=429)

    with pytest.raises(RateLimitError):
        await pull(shelf, listing(), to=tmp_path, concurrency=2)
    assert files(tmp_path) == []
    assert shelf.open == 0


async def test_one_failure_does_not_stop_the_others(shelf: Shelf, tmp_path: Path) -> None:
    """The report names it, and raising is a choice."""
    for name in "abc":
        shelf.put(name, 5)
    del shelf.datasets["b"]
    events: list[object] = []
    report = await pull(shelf, ["abc", "a", "b", "c"], to=tmp_path, on_event=events.append)
    assert not report.ok
    assert {t.dataset_id for t in report.failed} == {"abc", "b"}
    assert files(tmp_path) == ["Name a.parquet", "Name c.parquet"]
    assert sum(isinstance(e, TransferFailed) for e in events) == 2
    with pytest.raises(PullError) as caught:
        report.raise_for_failures()
    assert caught.value.report is report
    assert isinstance(caught.value.__cause__, NotFoundError)
    assert "failed: b: " in str(report)


async def test_a_broken_transfer_is_repeated(shelf: Shelf, tmp_path: Path) -> None:
    """Twice broken, once whole; waits grow, and Domo's own wait is respected."""
    shelf.put("a", 5000)
    shelf.failures["a"] = [ConnectionLostError("reset"), RateLimitError("slow", status=429, retry_after=30.0)]
    naps = Naps()
    events: list[object] = []
    report = await pull(shelf, ["a"], to=tmp_path, sleep=naps, on_event=events.append)
    assert report.ok
    assert report.transfers[0].retries == 2
    assert report.transfers[0].rows == 5000
    assert len(naps.seconds) == 2
    assert 0 <= naps.seconds[0] <= 1
    assert naps.seconds[1] >= 30
    assert [e.attempt for e in events if isinstance(e, TransferRetried)] == [1, 2]
    assert files(tmp_path) == ["Name a.parquet"]


async def test_retries_end(shelf: Shelf, tmp_path: Path) -> None:
    """The last error is reported, and nothing is left in the folder."""
    shelf.put("a", 5000)
    shelf.failures["a"] = [ConnectionLostError(f"reset {n}") for n in range(9)]
    report = await pull(shelf, ["a"], to=tmp_path, retries=2, patience=0, sleep=Naps())
    assert report.failed[0].retries == 2
    assert "reset 2" in str(report.failed[0].error)
    assert files(tmp_path) == []


async def test_missing_rows_are_noticed(shelf: Shelf, tmp_path: Path) -> None:
    """An export with fewer rows than the DataSet has is no file, however often it comes."""
    shelf.put("a", 10)
    shelf.datasets["a"] = shelf.datasets["a"].model_copy(update={"rows": 11})
    report = await pull(shelf, ["a"], to=tmp_path, retries=1, sleep=Naps())
    assert isinstance(report.failed[0].error, IncompleteDataError)
    assert "10 rows arrived, and it has 11" in str(report.failed[0].error)
    assert shelf.exports == ["a", "a"]
    assert files(tmp_path) == []


@pytest.mark.parametrize("rows_per_file", [None, 4])
async def test_rows_that_end_with_a_lone_cr_are_not_fetched_again(
    shelf: Shelf, tmp_path: Path, rows_per_file: int | None
) -> None:
    """They would come in the same way."""
    shelf.put("a", 10)
    shelf.bodies["a"] = shelf.bodies["a"].replace(b"\n", b"\r")
    options = {"a": DataSetOptions(rows_per_file=rows_per_file)}
    report = await pull(shelf, ["a"], to=tmp_path, format="csv", options=options, retries=1, sleep=Naps())
    assert "1 rows arrived, and it has 10: rows end with a lone CR" in str(report.failed[0].error)
    assert shelf.exports == ["a"]
    assert files(tmp_path) == []


async def test_a_dataset_that_grew_meanwhile_is_whole(shelf: Shelf, tmp_path: Path) -> None:
    """Metadata read again after the export decides."""
    shelf.put("a", 10)
    grown = shelf.datasets["a"]
    shelf.datasets["a"] = grown.model_copy(update={"rows": 8})

    class Growing(Shelf):
        async def get(self, dataset_id: str) -> DataSet:
            found = await shelf.get(dataset_id)
            shelf.datasets["a"] = grown
            return found

        export = shelf.export

    report = await pull(Growing(), ["a"], to=tmp_path)
    assert report.ok
    assert report.rows == 10
    assert shelf.gets == ["a", "a"]
    assert shelf.exports == ["a"]


async def test_rows_that_pdp_hides_are_not_missing(shelf: Shelf, tmp_path: Path) -> None:
    """With PDP switched on the export holds what the user may see."""
    shelf.put("a", 10)
    shelf.datasets["a"] = shelf.datasets["a"].model_copy(update={"rows": 99, "pdp_enabled": True})
    report = await pull(shelf, ["a"], to=tmp_path)
    assert report.rows == 10


async def test_deleted_datasets_fail(shelf: Shelf, tmp_path: Path) -> None:
    """The stub of a deleted DataSet is no DataSet."""
    shelf.datasets["a"] = DataSet(id="a", deleted=True)
    report = await pull(shelf, ["a"], to=tmp_path)
    assert isinstance(report.failed[0].error, NotFoundError)


async def test_equal_names_are_told_apart_in_the_order_of_the_ids(shelf: Shelf, tmp_path: Path) -> None:
    """Whichever metadata comes first, the first id gets the plain name."""
    first = anyio.Event()
    shelf.put("11111111-aaaa", 1, name="Sales/EU")
    shelf.put("22222222-bbbb", 2, name="SALES:eu")

    class LateFirst(Shelf):
        async def get(self, dataset_id: str) -> DataSet:
            if dataset_id.startswith("1"):
                await first.wait()
            else:
                first.set()
            return await shelf.get(dataset_id)

        export = shelf.export

    report = await pull(LateFirst(), ["11111111-aaaa", "22222222-bbbb"], to=tmp_path)
    assert [t.path.name for t in report.transfers if t.path] == ["Sales_EU.parquet", "SALES_eu-22222222.parquet"]


async def test_names_by_id(shelf: Shelf, tmp_path: Path) -> None:
    """Ids make stable names."""
    shelf.put("11-aa", 1)
    await pull(shelf, ["11-aa"], to=tmp_path, names="id")
    assert files(tmp_path) == ["11-aa.parquet"]


async def test_a_file_in_place_of_the_folder(shelf: Shelf, tmp_path: Path) -> None:
    """It is refused before any call."""
    (tmp_path / "lake").write_text("")
    for place in (tmp_path / "lake", tmp_path / "lake" / "deeper"):
        with pytest.raises(TargetError):
            await pull(shelf, ["a"], to=place)
    assert shelf.gets == []


async def test_a_folder_in_place_of_a_file_fails_that_dataset(shelf: Shelf, tmp_path: Path) -> None:
    """One name that cannot be used is no reason to stop."""
    shelf.put("a", 1)
    shelf.put("b", 1)
    (tmp_path / "Name a.parquet").mkdir()
    report = await pull(shelf, ["a", "b"], to=tmp_path)
    assert isinstance(report.failed[0].error, TargetError)
    assert [t.dataset_id for t in report.succeeded] == ["b"]


class InUseError(PermissionError):
    """What Windows says of a file that is open in another program."""

    winerror = 32


async def test_files_that_somebody_reads_are_replaced_when_he_is_done(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where the file of a DataSet, the manifest and its journal may be open in another program."""
    shelf.put("a", 1)
    await pull(shelf, ["a"], to=tmp_path)
    shelf.put("a", 2)
    refused: Counter[str] = Counter()
    replace, unlink = Path.replace, Path.unlink

    def in_use(path: Path) -> None:
        refused[path.name] += 1
        if refused[path.name] <= 2:
            raise InUseError(13, "The process cannot access the file")

    def guarded_replace(self: Path, target: Path) -> Path:
        in_use(target)
        return replace(self, target)

    def guarded_unlink(self: Path, missing_ok: bool = False) -> None:
        in_use(self)
        unlink(self, missing_ok)

    monkeypatch.setattr(Path, "replace", guarded_replace)
    monkeypatch.setattr(Path, "unlink", guarded_unlink)
    report = await pull(shelf, ["a"], to=tmp_path, refresh=True)
    assert report.ok
    assert pq.read_table(tmp_path / "Name a.parquet").num_rows == 2
    assert {"Name a.parquet", "manifest.json", "journal.jsonl"} <= refused.keys()
    assert min(refused.values()) > 2


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files with setrlimit")
async def test_a_full_disk_stops_the_job_and_keeps_what_is_finished(shelf: Shelf, tmp_path: Path) -> None:
    """The refusal of a write is a TargetError with its cause; finished files stay, temporary ones go."""
    import resource

    shelf.put("small", 10)
    shelf.put("large", 200_000)
    shelf.put("later", 10)
    events: list[object] = []
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(TargetError) as caught:
            await pull(shelf, ["small", "large", "later"], to=tmp_path, concurrency=1, on_event=events.append)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert isinstance(caught.value.__cause__, OSError)
    assert files(tmp_path) == ["Name small.parquet"]
    assert shelf.exports == ["small", "large"]
    assert shelf.open == 0
    assert isinstance(events[-1], PullFinished)
    assert [t.ok for t in events[-1].report.transfers] == [True, False]


async def test_refused_credentials_stop_the_job(shelf: Shelf, tmp_path: Path) -> None:
    """They would be refused for every other DataSet too."""
    for name in "abcdef":
        shelf.put(name, 5)
        shelf.failures[name] = [InvalidCredentialsError("wrong", status=401)]
    with pytest.raises(InvalidCredentialsError):
        await pull(shelf, list("abcdef"), to=tmp_path, concurrency=1)
    assert shelf.exports == ["a"]


async def test_cancellation_leaves_nothing(shelf: Shelf, tmp_path: Path) -> None:
    """Temporary files go, connections are given back."""
    for number in range(6):
        shelf.put(str(number), 50_000)
        shelf.hold.add(str(number))

    async with anyio.create_task_group() as tasks:

        async def job() -> None:
            await pull(shelf, map(str, range(6)), to=tmp_path, format="csv", concurrency=3)

        tasks.start_soon(job)
        while shelf.open < 3:
            await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    assert shelf.open == 0
    assert files(tmp_path) == []


async def test_a_listener_that_raises_stops_the_job(shelf: Shelf, tmp_path: Path) -> None:
    """Its own exception comes out, not a group."""
    shelf.put("a", 5)

    def listen(event: object) -> None:
        if isinstance(event, TransferStarted):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await pull(shelf, ["a"], to=tmp_path, on_event=listen)
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    "wrong", [{"format": "xlsx"}, {"concurrency": 0}, {"retries": -1}, {"names": "title"}, {"selection": "abc"}]
)
async def test_senseless_arguments(shelf: Shelf, tmp_path: Path, wrong: dict[str, object]) -> None:
    """They are refused before any call."""
    arguments = {"selection": ["a"], "to": tmp_path} | wrong
    with pytest.raises(InvalidArgumentError):
        await pull(shelf, **arguments)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError):
        await pull(shelf, [""], to=tmp_path)
    assert shelf.gets == []


async def test_the_moment_of_the_data_is_kept(shelf: Shelf, tmp_path: Path) -> None:
    """Report and file both know how current the data is."""
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    shelf.put("a", 1, data_current_at=moment)
    report = await pull(shelf, ["a"], to=tmp_path)
    assert report.transfers[0].data_current_at == moment
    assert (
        pq.read_schema(report.transfers[0].path).metadata[b"domo.dataset.data_current_at"]
        == b"2026-01-02T03:04:05+00:00"
    )


async def test_downloads_go_on_while_few_are_decoded(shelf: Shelf, tmp_path: Path) -> None:
    """Memory for one decoder makes the others wait with their bytes on the disk, and nobody's rows get lost."""
    for name in "abcd":
        shelf.put(name, 100_000)
        shelf.hold.add(name)
    writing: set[str] = set()
    received: dict[str, int] = {}

    def listen(event: object) -> None:
        if isinstance(event, TransferWriting):
            writing.add(event.dataset_id)
        elif isinstance(event, TransferProgress):
            received[event.dataset_id] = event.received

    async with anyio.create_task_group() as tasks:

        async def job() -> None:
            await pull(shelf, list("abcd"), to=tmp_path, concurrency=4, memory=DECODER + 4 * DOWNLOAD, on_event=listen)

        tasks.start_soon(job)
        while len(received) < 4 or min(received.values()) < 1_000_000:
            await anyio.lowlevel.checkpoint()
        assert (shelf.open, len(writing)) == (4, 1)
        spools = list((tmp_path / ".domo-async" / "staging").glob("*/.spool"))
        assert len(spools) == 3
        tasks.cancel_scope.cancel()
    assert files(tmp_path) == []
    shelf.hold.clear()
    report = await pull(shelf, list("abcd"), to=tmp_path, memory=DECODER + 4 * DOWNLOAD)
    assert report.rows == 400_000
