"""Pulling to where something was pulled before: what is fetched, what is left alone, what is removed."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pyarrow.parquet as pq
import pytest

from domo_async.errors import ConnectionLostError, NotFoundError, TargetError
from domo_async.jobs import (
    DataSetOptions,
    FilesRemoved,
    PullStarted,
    Selection,
    SelectionRead,
    TransferQueued,
    TransferSkipped,
    TransferStarted,
    plan_pull,
    pull,
    read_manifest,
)
from domo_async.models import Column, ColumnType, Owner, Schema
from tests.jobs.shelf import SCHEMA, Naps, Shelf, files

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio

MOMENT = datetime(2026, 7, 8, 1, 2, 3, 456000, tzinfo=UTC)
LATER = MOMENT + timedelta(hours=1)
EVERYTHING = Selection.everything()


@pytest.fixture
def anyio_backend() -> str:
    """One event loop: what is tested here happens in threads and in files. The other one has `test_pull`."""
    return "asyncio"


@pytest.fixture
def shelf() -> Shelf:
    shelf = Shelf()
    for number, name in enumerate("abcd", 1):
        shelf.put(name, 10 * number, updated_at=MOMENT, data_current_at=MOMENT.replace(microsecond=0), columns=2)
    return shelf


@pytest.fixture
async def lake(shelf: Shelf, tmp_path: Path) -> Path:
    """A folder that everything was pulled to."""
    await pull(shelf, EVERYTHING, to=tmp_path / "lake")
    forget(shelf)
    return tmp_path / "lake"


def forget(shelf: Shelf) -> None:
    for calls in (shelf.gets, shelf.exports, shelf.listings):
        calls.clear()


def facts(lake: Path) -> dict[str, tuple[int, int]]:
    """Everything in a folder, by what a change would change."""
    return {str(path): (path.stat().st_ino, path.stat().st_mtime_ns) for path in lake.rglob("*") if path.is_file()}


def records(lake: Path):
    manifest = read_manifest((lake / ".domo-async" / "manifest.json").read_bytes(), place="here")
    assert manifest is not None
    return manifest.datasets


async def test_what_has_not_changed_is_not_fetched(shelf: Shelf, lake: Path) -> None:
    """The listing is all that is asked for, and nothing is written."""
    before = facts(lake)
    events: list[object] = []
    report = await pull(shelf, EVERYTHING, to=lake, on_event=events.append)
    assert (shelf.listings, shelf.gets, shelf.exports) == ([None], [], [])
    assert report.ok
    assert [t.action for t in report.transfers] == ["unchanged"] * 4
    assert len(report.unchanged) == 4
    assert (report.fetched, report.received) == ((), 0)
    assert report.rows == 100
    assert [t.path for t in report.transfers] == [lake / f"Name {name}.parquet" for name in "abcd"]
    assert "4 of them unchanged" in str(report)
    del before[str(lake / ".domo-async" / "lock")]
    assert {path: seen for path, seen in facts(lake).items() if path in before} == before
    assert sum(isinstance(event, TransferSkipped) for event in events) == 4
    assert [event for event in events if isinstance(event, SelectionRead)] == [SelectionRead(4, 4, 0)]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"rows": 5}, "it had 10 rows"),
        ({"data_current_at": LATER}, "its rows were changed"),
        ({"name": "Other"}, "its name was 'Name a'"),
        ({"pdp_enabled": True}, "its row policies were switched on or off"),
    ],
    ids=str,
)
async def test_what_has_changed_is_fetched(shelf: Shelf, lake: Path, change: dict[str, object], why: str) -> None:
    """That, and nothing else."""
    if "rows" in change:
        shelf.put("a", 5, updated_at=MOMENT, data_current_at=MOMENT.replace(microsecond=0))
    shelf.change("a", **change)
    events: list[object] = []
    report = await pull(shelf, EVERYTHING, to=lake, on_event=events.append)
    assert [t.action for t in report.transfers] == ["changed", "unchanged", "unchanged", "unchanged"]
    assert shelf.exports == ["a"]
    assert [e.reason for e in events if isinstance(e, TransferQueued)] == [why]
    assert (await pull(shelf, EVERYTHING, to=lake)).unchanged == (await pull(shelf, EVERYTHING, to=lake)).transfers


async def test_a_new_description_fetches_nothing(shelf: Shelf, lake: Path) -> None:
    """The schema is looked at, once; then the manifest knows."""
    shelf.change("a", updated_at=LATER, owner=Owner(id=7))
    report = await pull(shelf, EVERYTHING, to=lake)
    assert [t.action for t in report.transfers] == ["unchanged"] * 4
    assert (shelf.gets, shelf.exports) == (["a"], [])
    await pull(shelf, EVERYTHING, to=lake)
    assert shelf.gets == ["a"]
    assert records(lake)["a"].updated_at == LATER


async def test_other_columns_are_a_change(shelf: Shelf, lake: Path) -> None:
    """Though the rows are as old as they were."""
    shelf.change(
        "a", updated_at=LATER, schema=Schema(columns=[Column(name="Id", type=ColumnType.LONG), Column(name="T")])
    )
    report = await pull(shelf, EVERYTHING, to=lake)
    assert shelf.exports == ["a"]
    assert pq.read_schema(report.transfers[0].path).names == ["Id", "T"]


async def test_moments_may_lack_their_milliseconds(shelf: Shelf, lake: Path) -> None:
    """Some of Domo's answers do; that is no change."""
    shelf.change("a", updated_at=MOMENT.replace(microsecond=0))
    await pull(shelf, EVERYTHING, to=lake)
    assert shelf.gets == []


async def test_without_moments_nothing_is_certain(shelf: Shelf, tmp_path: Path) -> None:
    """What Domo does not date is fetched every time."""
    shelf.change("a", updated_at=None, data_current_at=None)
    for _ in range(2):
        await pull(shelf, EVERYTHING, to=tmp_path)
    assert shelf.exports.count("a") == 2
    assert shelf.exports.count("b") == 1


async def test_plain_ids_are_looked_up(shelf: Shelf, lake: Path) -> None:
    """Few of them one by one, many of them in the listing."""
    report = await pull(shelf, ["b", "a"], to=lake)
    assert [t.dataset_id for t in report.unchanged] == ["b", "a"]
    assert (sorted(shelf.gets), shelf.listings, shelf.exports) == (["a", "b"], [], [])
    for number in range(30):
        shelf.put(f"n{number}", 1, updated_at=MOMENT, data_current_at=MOMENT)
    ids = [f"n{number}" for number in range(30)]
    await pull(shelf, ids, to=lake)
    forget(shelf)
    report = await pull(shelf, ids, to=lake)
    assert (shelf.gets, shelf.listings, shelf.exports) == ([], [None], [])
    assert len(report.unchanged) == 30


async def test_options_are_remembered(shelf: Shelf, lake: Path) -> None:
    """Other columns, or another format, are another file; the old one goes."""
    options = {"b": DataSetOptions(columns=["Text"]), "name C": DataSetOptions(format="csv.gz")}
    for expected in (["b", "c"], []):
        forget(shelf)
        report = await pull(shelf, EVERYTHING, to=lake, options=options)
        assert sorted(shelf.exports) == expected
    assert files(lake) == ["Name a.parquet", "Name b.parquet", "Name c.csv.gz", "Name d.parquet"]
    assert pq.read_schema(lake / "Name b.parquet").names == ["Text"]
    report = await pull(shelf, EVERYTHING, to=lake, options={"Z*": DataSetOptions(format="csv")})
    assert sorted(t.dataset_id for t in report.fetched) == ["b", "c"]
    assert report.warnings == ("options: 'Z*' fits no DataSet of this job",)
    await pull(shelf, EVERYTHING, to=lake, names="id")
    assert files(lake) == ["a.parquet", "b.parquet", "c.parquet", "d.parquet"]


async def test_everything_anew(shelf: Shelf, lake: Path) -> None:
    """When that is asked for."""
    report = await pull(shelf, EVERYTHING, to=lake, refresh=True)
    assert sorted(shelf.exports) == list("abcd")
    assert len(report.fetched) == 4


@pytest.mark.parametrize("harm", ["gone", "longer", "other"])
async def test_files_that_somebody_changed_are_repaired(shelf: Shelf, lake: Path, harm: str) -> None:
    """Gone, of another size, or touched and not the same."""
    path = lake / "Name b.parquet"
    right = path.read_bytes()
    match harm:
        case "gone":
            path.unlink()
        case "longer":
            path.write_bytes(right + b"!")
        case _:
            path.write_bytes(right[:-1] + b"!")
            os.utime(path, (1, 1))
    report = await pull(shelf, EVERYTHING, to=lake)
    assert [t.action for t in report.transfers] == ["unchanged", "repair", "unchanged", "unchanged"]
    assert path.read_bytes() == right


async def test_what_keeps_size_and_time_is_found_when_asked_to_verify(shelf: Shelf, lake: Path) -> None:
    """Which reads every file."""
    path = lake / "Name b.parquet"
    right, times = path.read_bytes(), path.stat()
    path.write_bytes(right[:50] + b"?" + right[51:])
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert (await pull(shelf, EVERYTHING, to=lake)).fetched == ()
    report = await pull(shelf, EVERYTHING, to=lake, verify=True)
    assert [t.dataset_id for t in report.fetched] == ["b"]
    assert path.read_bytes() == right


async def test_a_lake_that_was_copied_is_the_same_lake(shelf: Shelf, lake: Path, tmp_path: Path) -> None:
    """Times of modification change by that; bytes do not. They are read once, and not again."""
    copy = tmp_path / "copy"
    shutil.copytree(lake, copy, copy_function=shutil.copyfile)
    assert (await pull(shelf, EVERYTHING, to=copy)).fetched == ()
    seen = {file.name: (copy / file.name).stat().st_mtime_ns for r in records(copy).values() for file in r.files}
    assert {name: at for r in records(copy).values() for name, at in r.run.modified.items()} == seen


async def test_a_renamed_dataset_moves(shelf: Shelf, lake: Path) -> None:
    """The new file is there before the old one goes; its metadata has the new name."""
    shelf.change("b", name="Better")
    report = await pull(shelf, EVERYTHING, to=lake)
    assert files(lake) == ["Better.parquet", "Name a.parquet", "Name c.parquet", "Name d.parquet"]
    assert pq.read_schema(report.transfers[1].path).metadata[b"domo.dataset.name"] == b"Better"


async def test_names_are_kept_when_others_come(shelf: Shelf, lake: Path) -> None:
    """A second DataSet of a name does not take the file of the first, wherever it stands in the listing."""
    shelf.put("0-new", 1, name="Name c", updated_at=MOMENT, data_current_at=MOMENT)
    shelf.datasets = dict(sorted(shelf.datasets.items()))
    report = await pull(shelf, EVERYTHING, to=lake)
    assert [t.files for t in report.fetched] == [("Name c-0-new.parquet",)]
    assert records(lake)["c"].files[0].name == "Name c.parquet"


@pytest.mark.parametrize("by_id", [False, True], ids=["listed", "by id"])
async def test_a_dataset_that_was_made_anew_keeps_its_file_name(shelf: Shelf, lake: Path, by_id: bool) -> None:
    """If the old one is pruned. Otherwise nobody knows whether the old file is still wanted."""
    del shelf.datasets["b"]
    shelf.put("B2", 25, name="Name b", updated_at=LATER, data_current_at=LATER)
    shelf.datasets = dict(sorted(shelf.datasets.items()))
    selection = ["a", "B2", "c", "d"] if by_id else EVERYTHING
    plan = await plan_pull(shelf, selection, to=lake, prune=True)
    report = await pull(shelf, selection, to=lake, prune=True)
    assert files(lake) == [f"Name {name}.parquet" for name in "abcd"]
    assert [t.files for t in report.fetched] == [("Name b.parquet",)]
    assert report.removed == ("Name b.parquet",)
    if not by_id:
        assert [planned.files for planned in plan.to_fetch] == [("Name b.parquet",)]
    assert pq.read_table(lake / "Name b.parquet").num_rows == 25
    assert (await pull(shelf, selection, to=lake, prune=True)).fetched == ()


async def test_equal_names_are_no_reason_to_prune(shelf: Shelf, lake: Path) -> None:
    """As long as both are there, wherever they stand in the listing."""
    shelf.put("0", 25, name="Name b", updated_at=LATER, data_current_at=LATER)
    shelf.datasets = dict(sorted(shelf.datasets.items()))
    report = await pull(shelf, EVERYTHING, to=lake, prune=True)
    assert report.removed == ()
    assert [t.files for t in report.fetched] == [("Name b-0.parquet",)]
    assert pq.read_table(lake / "Name b.parquet").num_rows == 20


async def test_datasets_that_do_not_belong_to_the_job_any_more_are_kept_or_pruned(shelf: Shelf, lake: Path) -> None:
    """Deleted, or not selected: both are a choice of the caller."""
    (lake / "mine.txt").write_text("mine")
    del shelf.datasets["b"]
    selection = EVERYTHING - Selection.ids("c")
    report = await pull(shelf, selection, to=lake)
    assert report.removed == ()
    assert len(files(lake)) == 5
    events: list[object] = []
    report = await pull(shelf, selection, to=lake, prune=True, on_event=events.append)
    assert sorted(report.removed) == ["Name b.parquet", "Name c.parquet"]
    assert files(lake) == ["Name a.parquet", "Name d.parquet", "mine.txt"]
    assert sorted(records(lake)) == ["a", "d"]
    assert sum(isinstance(event, FilesRemoved) for event in events) == 2


async def test_a_dataset_that_is_asked_for_and_gone(shelf: Shelf, lake: Path) -> None:
    """By id, it is a failure; the file stays, unless it is to be pruned."""
    shelf.change("b", deleted=True)
    report = await pull(shelf, ["a", "b"], to=lake)
    assert [type(t.error) for t in report.failed] == [NotFoundError]
    assert "Name b.parquet" in files(lake)
    report = await pull(shelf, ["a", "b", "c", "d"], to=lake, prune=True)
    assert report.ok
    assert report.removed == ("Name b.parquet",)


async def test_an_empty_selection_prunes_nothing(shelf: Shelf, lake: Path) -> None:
    """A listing that is empty for an hour must not cost a lake."""
    report = await pull(shelf, Selection.names("no such name"), to=lake, prune=True)
    assert len(files(lake)) == 4
    assert "selection is empty" in report.warnings[0]


async def test_a_stopped_job_prunes_nothing(shelf: Shelf, lake: Path) -> None:
    """Only who has seen everything knows what is too much."""
    shelf.put("0", 10)
    shelf.failures["0"] = [TargetError("no space")]
    with pytest.raises(TargetError):
        await pull(shelf, ["0"], to=lake, prune=True)
    assert len(files(lake)) == 4


async def test_what_a_dead_job_left_is_cleared_away(shelf: Shelf, lake: Path) -> None:
    """Its own, and nothing else, whatever that looks like."""
    staging = lake / ".domo-async" / "staging" / "tmpdead"
    staging.mkdir(parents=True)
    (staging / "Name a.parquet").write_bytes(b"half")
    (lake / ".Name a.parquet.part-0123456789ab").write_bytes(b"somebody else's")
    events: list[object] = []
    await pull(shelf, EVERYTHING, to=lake, on_event=events.append)
    [removed] = [event for event in events if isinstance(event, FilesRemoved)]
    assert removed.files == (".domo-async/staging/tmpdead/Name a.parquet",)
    assert not staging.exists()
    assert ".Name a.parquet.part-0123456789ab" in files(lake)


async def test_a_journal_is_taken_over_up_to_where_it_was_cut_off(shelf: Shelf, lake: Path) -> None:
    """A job that is killed leaves the manifest of the job before, and a line for each DataSet it finished."""
    home = lake / ".domo-async"
    document = json.loads((home / "manifest.json").read_text())
    lines = [json.dumps({"id": key, "record": document["datasets"].pop(key)}) for key in "ab"]
    lines.append(json.dumps({"id": "c", "record": None}))
    (home / "manifest.json").write_text(json.dumps(document))
    (home / "journal.jsonl").write_text("\n".join([*lines, lines[0][:100]]))
    report = await pull(shelf, EVERYTHING, to=lake)
    assert [t.action for t in report.transfers] == ["unchanged", "unchanged", "new", "unchanged"]
    assert not (home / "journal.jsonl").exists()
    assert sorted(records(lake)) == list("abcd")


async def test_what_was_not_finished_is_resumed(shelf: Shelf, lake: Path) -> None:
    """The manifest says that it was begun, and why it failed; the old file stays until the new one is there."""
    shelf.put("b", 25, updated_at=LATER, data_current_at=LATER)
    shelf.failures["b"] = [ConnectionLostError("reset")]
    report = await pull(shelf, EVERYTHING, to=lake, retries=0, patience=0)
    assert not report.ok
    assert pq.read_table(lake / "Name b.parquet").num_rows == 20
    assert records(lake)["b"].state == "unfinished"
    assert "reset" in (records(lake)["b"].run.error or "")
    events: list[object] = []
    report = await pull(shelf, EVERYTHING, to=lake, on_event=events.append)
    assert [t.action for t in report.transfers] == ["unchanged", "resume", "unchanged", "unchanged"]
    assert pq.read_table(lake / "Name b.parquet").num_rows == 25
    [queued] = [event for event in events if isinstance(event, TransferQueued)]
    assert "reset" in queued.reason


async def test_a_cancelled_job_is_resumed(shelf: Shelf, tmp_path: Path) -> None:
    """What it had finished is in the manifest, and the lock is free."""
    shelf.hold.add("d")
    async with anyio.create_task_group() as tasks:

        def listen(event: object) -> None:
            if isinstance(event, TransferStarted) and event.dataset_id == "d":
                tasks.cancel_scope.cancel()

        tasks.start_soon(lambda: pull(shelf, list("abcd"), to=tmp_path, concurrency=1, on_event=listen))
    assert {key: record.state for key, record in records(tmp_path).items()} == {
        "a": "complete",
        "b": "complete",
        "c": "complete",
        "d": "unfinished",
    }
    shelf.hold.clear()
    report = await pull(shelf, EVERYTHING, to=tmp_path)
    assert [t.action for t in report.transfers] == ["unchanged", "unchanged", "unchanged", "resume"]


async def test_two_jobs_exclude_each_other(shelf: Shelf, lake: Path) -> None:
    """The second one hears who has the target; the first one does not notice."""
    shelf.put("e", 10)
    shelf.hold.add("e")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: pull(shelf, ["e"], to=lake))
        while not shelf.open:
            await anyio.wait_all_tasks_blocked()
        with pytest.raises(TargetError, match=rf"Another job is writing to .*lake: process {os.getpid()} on .*, since"):
            await pull(shelf, EVERYTHING, to=lake)
        shelf.hold.clear()
        tasks.cancel_scope.cancel()
    assert (await pull(shelf, EVERYTHING, to=lake)).ok


async def test_a_manifest_of_a_newer_version_is_left_alone(shelf: Shelf, lake: Path) -> None:
    """Whatever it says."""
    path = lake / ".domo-async" / "manifest.json"
    path.write_text('{"manifest": "domo-async", "version": 2, "datasets": [1, 2, 3]}')
    with pytest.raises(TargetError, match=r"has version 2.*Upgrade domo_async"):
        await pull(shelf, EVERYTHING, to=lake)
    assert "version" in path.read_text()
    assert shelf.exports == []


@pytest.mark.parametrize(
    "document", [b"", b"\xff\xfe", b"{}", b'{"manifest": "domo-async", "version": 1, "datasets": 7}']
)
async def test_garbage_is_set_aside(shelf: Shelf, lake: Path, document: bytes) -> None:
    """Everything is pulled anew, and nothing is lost by that."""
    home = lake / ".domo-async"
    (home / "manifest.json").write_bytes(document)
    events: list[object] = []
    report = await pull(shelf, EVERYTHING, to=lake, on_event=events.append)
    assert len(report.fetched) == 4
    assert "is no manifest" in report.warnings[0]
    assert isinstance(events[0], PullStarted)
    assert events[0].warnings == report.warnings
    assert (home / "manifest.unreadable.json").read_bytes() == document
    assert (await pull(shelf, EVERYTHING, to=lake)).fetched == ()


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "a/../../b", ".domo-async/lock", "C:\\x", "", "a//b"])
async def test_names_that_lead_elsewhere_are_garbage(shelf: Shelf, lake: Path, name: str) -> None:
    """Files are removed by these names."""
    path = lake / ".domo-async" / "manifest.json"
    path.write_text(
        path.read_text()
        .replace('"name":"Name a.parquet"', f'"name":{json.dumps(name)}')
        .replace('"name": "Name a.parquet"', f'"name": {json.dumps(name)}')
    )
    assert name in json.loads(path.read_text())["datasets"]["a"]["files"][0]["name"]
    report = await pull(shelf, Selection.names("Name b"), to=lake, prune=True)
    assert "is no manifest" in report.warnings[0]


async def test_a_dataset_in_several_files(shelf: Shelf, tmp_path: Path) -> None:
    """So many rows in each; when there are fewer, the files that are too many go, and so does the folder."""
    report = await pull(shelf, ["d"], to=tmp_path, rows_per_file=15)
    folder = tmp_path / "Name d"
    assert report.transfers[0].path == folder
    assert [pq.read_metadata(folder / f"part-0000{n}.parquet").num_rows for n in (1, 2, 3)] == [15, 15, 10]
    assert [file.rows for file in records(tmp_path)["d"].files] == [15, 15, 10]
    assert (await pull(shelf, ["d"], to=tmp_path, rows_per_file=15)).fetched == ()
    shelf.put("d", 16, updated_at=LATER, data_current_at=LATER)
    await pull(shelf, ["d"], to=tmp_path, rows_per_file=15)
    assert files(folder) == ["part-00001.parquet", "part-00002.parquet"]
    await pull(shelf, ["d"], to=tmp_path)
    assert files(tmp_path) == ["Name d.parquet"]
    assert SCHEMA.names == pq.read_schema(tmp_path / "Name d.parquet").names


async def test_a_listing_that_breaks_keeps_what_was_done(shelf: Shelf, tmp_path: Path) -> None:
    """And the next job goes on from there."""

    class Breaking(Shelf):
        async def list(self, **_: object):
            async with contextlib.aclosing(shelf.list()) as listing:
                async for dataset in listing:
                    if dataset.id == "c":
                        while len(shelf.exports) < 2 or shelf.open:
                            await anyio.lowlevel.checkpoint()
                        raise ConnectionLostError("reset")
                    yield dataset

        get = shelf.get
        export = shelf.export

    with pytest.raises(ConnectionLostError):
        await pull(Breaking(), EVERYTHING, to=tmp_path, sleep=Naps())
    forget(shelf)
    await pull(shelf, EVERYTHING, to=tmp_path)
    assert set(shelf.exports) >= {"c", "d"}
    assert files(tmp_path) == [f"Name {name}.parquet" for name in "abcd"]
