"""Places other than folders: object stores and databases keep the same promises."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import duckdb
import fsspec
import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from domo_async.errors import ConnectionLostError, InvalidArgumentError, MissingExtraError, TargetError
from domo_async.http.stats import Stats
from domo_async.jobs import (
    DataSetOptions,
    FilesRemoved,
    Selection,
    StatsRead,
    TransferStarted,
    plan_pull,
    pull,
    read_manifest,
)
from domo_async.jobs.targets import target_for, without_secrets
from domo_async.jobs.targets.arrow_store import ArrowStore
from domo_async.jobs.targets.folder import FolderTarget
from domo_async.jobs.targets.fsspec_store import FsspecStore
from domo_async.jobs.targets.lease import Lease
from domo_async.jobs.targets.objects import ObjectTarget
from tests.jobs.shelf import Shelf

if TYPE_CHECKING:
    from domo_async.jobs.targets.stores import ObjectStore

pytestmark = pytest.mark.anyio

MOMENT = datetime(2026, 7, 8, 1, 2, 3, 456000, tzinfo=UTC)
LATER = MOMENT + timedelta(hours=1)
EVERYTHING = Selection.everything()
MANIFEST = ".domo-async/manifest.json"


class BucketFileSystem(MemoryFileSystem):
    """Behaves like an object store: whole objects or none, no folders."""

    protocol = "s3"
    store: dict[str, object] = {}  # noqa: RUF012 - as its base does
    puts: list[str] = []  # noqa: RUF012
    fail_next: list[Exception] = []  # noqa: RUF012

    def put_file(self, lpath, rpath, callback=None, mode="overwrite", **kwargs):
        if self.fail_next:
            raise self.fail_next.pop(0)
        self.puts.append(rpath)
        self.pipe_file(rpath, Path(lpath).read_bytes())

    def mv(self, *args, **kwargs):
        raise AssertionError("an object store has no rename")


@pytest.fixture
def anyio_backend() -> str:
    """One event loop: what is tested here happens in threads and in files. The other one has `test_pull`."""
    return "asyncio"


@pytest.fixture(params=["mock", "subtree", "memory", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    match request.param:
        case "mock":
            return ArrowStore(pyarrow.fs._MockFileSystem(), "lakes/one", place="mock://lakes/one")
        case "subtree":
            (tmp_path / "bucket").mkdir()
            inner = pyarrow.fs.SubTreeFileSystem(str(tmp_path / "bucket"), pyarrow.fs.LocalFileSystem())
            return ArrowStore(inner, "lake", place="sub://lake")
        case "memory":
            filesystem = MemoryFileSystem(skip_instance_cache=True)
            filesystem.store = {}
            filesystem.pseudo_dirs = [""]
            return FsspecStore(filesystem, "/lakes/one", place="memory://lakes/one")
        case _:
            filesystem = BucketFileSystem(skip_instance_cache=True)
            filesystem.store, filesystem.puts, filesystem.fail_next = {}, [], []
            return FsspecStore(filesystem, "/lakes/one", place="s3://lakes/one")


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


@pytest.fixture
def shelf() -> Shelf:
    shelf = Shelf()
    for number, name in enumerate("abcd", 1):
        shelf.put(name, 10 * number, updated_at=MOMENT, data_current_at=MOMENT)
    return shelf


@pytest.fixture
def target(store: ObjectStore, scratch: Path):
    """Makes a target for each job, as two processes would."""
    return lambda: ObjectTarget(store, scratch=scratch, lease=Lease(store, settle=0.0))


def table_in(store: ObjectStore, name: str) -> pa.Table:
    data = store.get_bytes(name)
    assert data is not None
    return pq.read_table(pa.BufferReader(data))


def data_in(store: ObjectStore) -> list[str]:
    return sorted(name for name in store.list() if not name.startswith(".domo-async"))


def records(store: ObjectStore):
    manifest = read_manifest(store.get_bytes(MANIFEST) or b"", place="here")
    assert manifest is not None
    return manifest.datasets


async def test_an_object_store_is_a_lake(shelf: Shelf, store: ObjectStore, target, scratch: Path) -> None:
    """All of it: whole objects, a manifest, skipping, repairing, renaming, pruning, and no traces."""
    report = await pull(shelf, EVERYTHING, to=target(), options={"Name d": DataSetOptions(rows_per_file=25)})
    assert report.ok
    assert [t.path for t in report.transfers] == [None] * 4
    names = [f"Name {name}.parquet" for name in "abc"]
    assert data_in(store) == sorted([*names, "Name d/part-00001.parquet", "Name d/part-00002.parquet"])
    assert table_in(store, "Name b.parquet").num_rows == 20
    assert [name for name in store.list() if name.startswith(".domo-async")] == [MANIFEST]
    assert list(scratch.iterdir()) == []

    shelf.exports.clear()
    options = {"Name d": DataSetOptions(rows_per_file=25)}
    plan = await plan_pull(shelf, EVERYTHING, to=target(), options=options)
    assert [planned.action for planned in plan.transfers] == ["unchanged"] * 4
    report = await pull(shelf, EVERYTHING, to=target(), options=options, verify=True)
    assert (report.fetched, shelf.exports) == ((), [])

    store.delete("Name a.parquet")
    store.put_bytes("Name b.parquet", b"x")
    shelf.change("c", name="Better c")
    del shelf.datasets["d"]
    report = await pull(shelf, EVERYTHING, to=target(), prune=True)
    assert [t.action for t in report.transfers] == ["repair", "repair", "changed"]
    assert report.removed == ("Name d/part-00001.parquet", "Name d/part-00002.parquet")
    assert data_in(store) == ["Better c.parquet", "Name a.parquet", "Name b.parquet"]
    assert sorted(records(store)) == ["a", "b", "c"]


async def test_what_was_finished_before_a_kill_is_known(
    shelf: Shelf, store: ObjectStore, target, scratch: Path
) -> None:
    """The journal of a job that never came to its manifest counts, and so does what it had begun."""

    dying = target()
    dying.close = lambda: None  # nothing that a killed process would not do
    shelf.failures["c"] = [ConnectionLostError("reset")]

    def listen(event: object) -> None:
        if isinstance(event, TransferStarted) and event.dataset_id == "d":
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await pull(shelf, list("abcd"), to=dying, concurrency=1, retries=0, patience=0, on_event=listen)
    dying._scratch.close()
    store.put_bytes(".domo-async/lease.json", b'{"token":"t","host":"gone","process":1,"until":1}')
    store.put_bytes(".domo-async/staging/0123", b"half")
    assert store.get_bytes(MANIFEST) is None
    events: list[object] = []
    report = await pull(shelf, list("abcd"), to=target(), on_event=events.append)
    assert {t.dataset_id: t.action for t in report.transfers} == {
        "a": "unchanged",
        "b": "unchanged",
        "c": "resume",
        "d": "resume",
    }
    assert [event.files for event in events if isinstance(event, FilesRemoved)] == [(".domo-async/staging/0123",)]
    assert [name for name in store.list() if name.startswith(".domo-async")] == [MANIFEST]


async def test_readers_of_a_store_never_see_half_an_object(shelf: Shelf, store: ObjectStore, target) -> None:
    """While everything is replaced, twice."""
    await pull(shelf, EVERYTHING, to=target())
    over, wrong, looks = threading.Event(), [], []

    def look() -> None:
        while not over.is_set():
            for name in data_in(store):
                try:
                    looks.append(table_in(store, name).num_rows)
                except Exception as error:
                    wrong.append(f"{name}: {error!r}")

    thread = threading.Thread(target=look)
    thread.start()
    try:
        for version in (1, 2):
            for number, name in enumerate("abcd", 1):
                shelf.put(name, 3000 * number + version, updated_at=LATER, data_current_at=LATER)
            await pull(shelf, EVERYTHING, to=target())
    finally:
        over.set()
        await anyio.to_thread.run_sync(thread.join)
    assert wrong == []
    assert looks


async def test_garbage_and_newer_manifests(shelf: Shelf, store: ObjectStore, target) -> None:
    """As in a folder."""
    store.put_bytes(MANIFEST, b"garbage")
    report = await pull(shelf, EVERYTHING, to=target())
    assert "is no manifest" in report.warnings[0]
    assert store.get_bytes(".domo-async/manifest.unreadable.json") == b"garbage"
    assert (await pull(shelf, EVERYTHING, to=target())).fetched == ()
    store.put_bytes(MANIFEST, b'{"manifest":"domo-async","version":99}')
    with pytest.raises(TargetError, match="has version 99"):
        await pull(shelf, EVERYTHING, to=target())
    assert store.get_bytes(".domo-async/lease.json") is None


class TestLease:
    """Who may write to a place without locks."""

    async def test_a_second_job_is_turned_away(self, shelf: Shelf, store: ObjectStore, target) -> None:
        lease = Lease(store, settle=0.0)
        lease.acquire()
        with pytest.raises(TargetError, match=rf"Another job is writing .* process {os.getpid()} on .*delete \.domo"):
            await pull(shelf, EVERYTHING, to=target())
        lease.release()
        assert (await pull(shelf, EVERYTHING, to=target())).ok

    @pytest.mark.parametrize("end", ["expired", "dead", "reborn", "garbage"])
    def test_a_dead_owner_is_not_waited_for(self, store: ObjectStore, end: str) -> None:
        host, until = socket.gethostname(), time.time() + 1000
        process = subprocess.Popen([sys.executable, "-c", ""])
        process.wait()
        claim = {
            "expired": f'{{"token":"t","host":"elsewhere","process":1,"until":{time.time() - 1}}}',
            "dead": f'{{"token":"t","host":"{host}","process":{process.pid},"until":{until}}}',
            "reborn": f'{{"token":"t","host":"{host}","process":{os.getpid()},"until":{until}}}',
            "garbage": "?",
        }[end]
        store.put_bytes(".domo-async/lease.json", claim.encode())
        lease = Lease(store, settle=0.0)
        lease.acquire()
        lease.release()
        assert store.get_bytes(".domo-async/lease.json") is None

    @pytest.mark.skipif(sys.platform == "win32", reason="asks the system for another process")
    def test_a_living_owner_is(self, store: ObjectStore) -> None:
        for host, process in (("elsewhere", 1), (socket.gethostname(), os.getppid())):
            claim = f'{{"token":"t","host":"{host}","process":{process},"until":{time.time() + 1000}}}'
            store.put_bytes(".domo-async/lease.json", claim.encode())
            with pytest.raises(TargetError, match="Another job"):
                Lease(store, settle=0.0).acquire()

    def test_of_two_that_come_at_once_one_stays(self, store: ObjectStore) -> None:
        """The later claim stands; the earlier one sees it."""
        first, second = Lease(store, settle=0.0), Lease(store, settle=0.0)
        first._write()
        second.acquire()
        with pytest.raises(TargetError):
            first._refuse_others()

    async def test_who_lost_his_lease_stops(self, shelf: Shelf, store: ObjectStore, scratch: Path) -> None:
        lease = Lease(store, seconds=0.04, settle=0.0)
        shelf.hold.add("a")

        def listen(event: object) -> None:
            if isinstance(event, TransferStarted):
                claim = f'{{"token":"t","host":"elsewhere","process":1,"until":{time.time() + 1000}}}'
                store.put_bytes(".domo-async/lease.json", claim.encode())

        with pytest.raises(TargetError, match="on elsewhere"):
            await pull(shelf, ["a"], to=ObjectTarget(store, scratch=scratch, lease=lease), on_event=listen)
        assert b"elsewhere" in (store.get_bytes(".domo-async/lease.json") or b"")


async def test_numbers_of_the_client_are_read_while_the_lease_is_renewed(
    shelf: Shelf, store: ObjectStore, scratch: Path
) -> None:
    """Both go on beside the work, and both end with it."""
    renewed: list[bytes | None] = []

    class Restless(Lease):
        renew_every = 0.001

        def renew(self) -> None:
            super().renew()
            renewed.append(store.get_bytes(".domo-async/lease.json"))

    numbers = Stats(1, 0, 0, 0, 0, 0, 4, 0.0)
    target = ObjectTarget(store, scratch=scratch, lease=Restless(store, settle=0.0))
    told: list[object] = []
    assert (await pull(shelf, EVERYTHING, to=target, stats=lambda: numbers, on_event=told.append)).ok
    assert any(isinstance(event, StatsRead) and event.stats == numbers for event in told)
    assert renewed
    assert store.get_bytes(".domo-async/lease.json") is None


def test_an_object_gets_another_name(store: ObjectStore) -> None:
    """Whatever had that name before is gone, and so is the old name."""
    store.put_bytes("old/one.csv", b"new rows")
    store.put_bytes("place/two.csv", b"old rows")
    for name in ("place/two.csv", "elsewhere/three.csv"):
        store.move("old/one.csv", name)
        assert store.get_bytes(name) == b"new rows"
        assert store.get_bytes("old/one.csv") is None
        store.put_bytes("old/one.csv", b"new rows")
    with pytest.raises(TargetError):
        store.move("never/there.csv", "place/two.csv")
    assert store.get_bytes("place/two.csv") == b"new rows"


async def test_a_put_that_fails_is_repeated(shelf: Shelf, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the job stops, with a sentence, and keeps what was done."""
    monkeypatch.setattr("domo_async.jobs.targets.stores._WAITS", (0.0, 0.0))
    filesystem = BucketFileSystem(skip_instance_cache=True)
    filesystem.store, filesystem.puts = {}, []
    store = FsspecStore(filesystem, "lake", place="s3://lake")
    filesystem.fail_next = [OSError("slow down"), RuntimeError("strange")]
    lease = Lease(store, settle=0.0)
    assert (await pull(shelf, ["a"], to=ObjectTarget(store, scratch=scratch, lease=lease))).ok
    filesystem.fail_next = [PermissionError(f"denied\n{'story ' * 1000}")] * 3
    with pytest.raises(TargetError, match=r"^s3://lake cannot be written: denied$"):
        await pull(shelf, ["a", "b"], to=ObjectTarget(store, scratch=scratch, lease=Lease(store, settle=0.0)))
    assert records(store)["a"].state == "complete"
    assert list(scratch.iterdir()) == []


async def test_scratch_folders_of_the_dead_are_removed(shelf: Shelf, store: ObjectStore, target, scratch: Path) -> None:
    """Those of the living are not, nor is what somebody else has there."""
    dead, living = scratch / "domo-async-pull-dead", scratch / "domo-async-pull-alive"
    for folder in (dead, living):
        folder.mkdir()
        (folder / "lock").write_bytes(b"")
    (scratch / "other").mkdir()
    from domo_async.jobs.targets.lock import FileLock

    lock = FileLock(living / "lock", place="it")
    lock.acquire()
    await pull(shelf, ["a"], to=target())
    assert sorted(path.name for path in scratch.iterdir()) == ["domo-async-pull-alive", "other"]
    lock.release()


class TestDuckDB:
    """A table for each DataSet."""

    def query(self, path: Path, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(path), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    async def test_a_database_is_a_lake(self, shelf: Shelf, tmp_path: Path) -> None:
        lake = tmp_path / "lake.duckdb"
        report = await pull(shelf, EVERYTHING, to=lake)
        assert report.ok
        assert [t.files for t in report.transfers] == [(f"Name {name}",) for name in "abcd"]
        assert self.query(lake, 'SELECT count(*), sum("Id"), min("Text") FROM "Name c"') == [(30, 435, "row 0")]
        shelf.exports.clear()
        assert [p.action for p in (await plan_pull(shelf, EVERYTHING, to=lake)).transfers] == ["unchanged"] * 4
        assert (await pull(shelf, EVERYTHING, to=lake)).fetched == ()
        assert shelf.exports == []

        with duckdb.connect(str(lake)) as connection:
            connection.execute('DROP TABLE "Name a"; DELETE FROM "Name b" WHERE "Id" = 3; CREATE TABLE mine (x INT)')
        shelf.change("c", name="Better c")
        del shelf.datasets["d"]
        report = await pull(shelf, EVERYTHING, to=lake, prune=True)
        assert [t.action for t in report.transfers] == ["repair", "repair", "changed"]
        tables = self.query(lake, "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main' ORDER BY 1")
        assert tables == [("Better c",), ("Name a",), ("Name b",), ("mine",)]
        assert self.query(lake, 'SELECT count(*) FROM "Name b"') == [(20,)]
        assert sorted(path.name for path in (tmp_path / ".lake.duckdb.domo-async").iterdir()) == ["lock"]

    async def test_what_fails_leaves_the_old_table(self, shelf: Shelf, tmp_path: Path) -> None:
        lake = tmp_path / "lake.duckdb"
        await pull(shelf, EVERYTHING, to=lake)
        shelf.put("b", 99, updated_at=LATER, data_current_at=LATER)
        shelf.failures["b"] = [ConnectionLostError("reset")]
        assert not (await pull(shelf, EVERYTHING, to=lake, retries=0, patience=0)).ok
        assert self.query(lake, 'SELECT count(*) FROM "Name b"') == [(20,)]
        report = await pull(shelf, EVERYTHING, to=lake)
        assert [t.action for t in report.transfers] == ["unchanged", "resume", "unchanged", "unchanged"]
        assert self.query(lake, 'SELECT count(*) FROM "Name b"') == [(99,)]

    async def test_a_view_in_its_place_fails_one_dataset(self, shelf: Shelf, tmp_path: Path) -> None:
        lake = tmp_path / "lake.duckdb"
        with duckdb.connect(str(lake)) as connection:
            connection.execute('CREATE VIEW "Name b" AS SELECT 1')
        report = await pull(shelf, EVERYTHING, to=lake)
        assert [t.dataset_id for t in report.failed] == ["b"]
        assert isinstance(report.failed[0].error, TargetError)

    async def test_two_jobs_and_other_programs(self, shelf: Shelf, tmp_path: Path) -> None:
        lake = tmp_path / "lake.duckdb"
        shelf.hold.add("a")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: pull(shelf, ["a"], to=lake))
            while not shelf.open:
                await anyio.wait_all_tasks_blocked()
            with pytest.raises(TargetError, match="Another job is writing to"):
                await pull(shelf, ["b"], to=lake)
            tasks.cancel_scope.cancel()
        holder = f"import duckdb; c = duckdb.connect({str(lake)!r}); print(1, flush=True); input()"
        async with await anyio.open_process([sys.executable, "-c", holder], stderr=None) as process:
            await process.stdout.receive()
            with pytest.raises(TargetError, match="lock"):
                await pull(shelf, ["b"], to=lake)
            await process.stdin.send(b"\n")
        assert (await pull(shelf, ["b"], to=lake)).ok

    async def test_a_file_that_is_no_database(self, shelf: Shelf, tmp_path: Path) -> None:
        lake = tmp_path / "lake.duckdb"
        lake.write_bytes(b"hello" * 1000)
        with pytest.raises(TargetError, match="not a valid DuckDB"):
            await pull(shelf, ["b"], to=lake)
        assert lake.read_bytes() == b"hello" * 1000

    @pytest.mark.parametrize(
        "options", [{"format": "csv"}, {"rows_per_file": 5}, {"options": {"a": DataSetOptions(format="jsonl")}}]
    )
    async def test_what_has_no_meaning_there(self, shelf: Shelf, tmp_path: Path, options: dict[str, object]) -> None:
        with pytest.raises(InvalidArgumentError, match="DuckDB"):
            await pull(shelf, ["b"], to=tmp_path / "lake.duckdb", **options)  # type: ignore[arg-type]
        assert list(tmp_path.iterdir()) == []


class TestAddresses:
    """What `to` may be."""

    async def test_uris_of_this_computer_are_folders(self, shelf: Shelf, tmp_path: Path) -> None:
        for number, to in enumerate((tmp_path / "0", (tmp_path / "1").as_uri())):
            report = await pull(shelf, ["a"], to=to)
            assert report.transfers[0].path == tmp_path / str(number) / "Name a.parquet"
        for filesystem in (pyarrow.fs.LocalFileSystem(), fsspec.filesystem("file")):
            assert isinstance(target_for(str(tmp_path), filesystem=filesystem), FolderTarget)

    async def test_fsspec_knows_what_pyarrow_does_not(self, shelf: Shelf) -> None:
        await pull(shelf, ["a"], to="memory://test-fsspec-knows/lake")
        assert fsspec.filesystem("memory").exists("/test-fsspec-knows/lake/Name a.parquet")

    def test_a_filesystem_of_ones_own(self, tmp_path: Path) -> None:
        inner = pyarrow.fs.SubTreeFileSystem(str(tmp_path), pyarrow.fs.LocalFileSystem())
        assert isinstance(target_for("lake", filesystem=inner), ObjectTarget)
        assert isinstance(target_for("lake", filesystem=MemoryFileSystem()), ObjectTarget)
        with pytest.raises(InvalidArgumentError, match="neither one of pyarrow nor of fsspec"):
            target_for("lake", filesystem=object())

    @pytest.mark.parametrize("to", ["a\0b", "a\0b.duckdb", "\ud800"], ids=ascii)
    def test_names_that_nothing_can_have(self, to: str) -> None:
        with pytest.raises(InvalidArgumentError, match="cannot be the name"):
            target_for(to)

    @pytest.mark.parametrize("to", ["", b"bytes", "nosuch://x/y", "s3://", "file://host/path"])
    def test_addresses_that_mean_nothing(self, to: str) -> None:
        with pytest.raises(InvalidArgumentError):
            target_for(to)

    @pytest.mark.parametrize(
        ("address", "shown"),
        [
            ("s3://AKIA:secret@bucket/lake?region=x&secret_key=y", "s3://bucket/lake"),
            (
                "abfs://container@account.dfs.core.windows.net/lake",
                "abfs://container@account.dfs.core.windows.net/lake",
            ),
            ("/plain/path?x", "/plain/path?x"),
        ],
    )
    def test_secrets_are_not_shown(self, address: str, shown: str) -> None:
        assert without_secrets(address) == shown

    def test_missing_packages_are_named(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setitem(sys.modules, "fsspec.core", None)
        with pytest.raises(MissingExtraError, match=r"domo-async\[fsspec\]"):
            target_for("memory://x")
        (tmp_path / "lake.duckdb").write_bytes(b"")
        monkeypatch.setitem(sys.modules, "duckdb", None)
        with pytest.raises(MissingExtraError, match=r"domo-async\[duckdb\]"):
            target_for(tmp_path / "lake.duckdb").peek()
