"""Many DataSets by many executors: the same files, the same manifest, the same promises as on one machine."""

import os
import pickle
import signal
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path

import anyio
import anyio.lowlevel
import pyarrow.fs
import pytest
from fsspec.implementations.local import LocalFileSystem
from pyspark import TaskContext, cloudpickle

from domo_async.errors import (
    ClientClosedError,
    ConfigurationError,
    ExecutorError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
    PullError,
    TargetError,
)
from domo_async.integrations.spark import pull
from domo_async.integrations.spark.connection import Connection
from domo_async.integrations.spark.fleet.carrying import Order, carry_out
from domo_async.integrations.spark.fleet.place import Place
from domo_async.integrations.spark.fleet.tasks import _told
from domo_async.integrations.spark.shipped import Shipped
from domo_async.integrations.spark.worker import Worker
from domo_async.jobs import DataSetOptions, Selection, TransferFinished, TransferRetried, TransferStarted, read_manifest
from domo_async.jobs.recipe import Recipe
from domo_async.jobs.targets.folder import FolderTarget
from tests.integrations.spark.data import SECRET, table

pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")

FLEET = Selection.names("Fleet *")
OPTIONS = {"Fleet 1": DataSetOptions(format="csv.gz"), "Fleet 2": DataSetOptions(rows_per_file=40)}


class Bucket(LocalFileSystem):
    """Behaves like an object store: whole objects or none, and no rename."""

    protocol = ("s3",)

    def put_file(self, lpath, rpath, *args, **kwargs):
        self.makedirs(self._parent(rpath), exist_ok=True)
        super().put_file(lpath, rpath, *args, **kwargs)

    def pipe_file(self, path, *args, **kwargs):
        self.makedirs(self._parent(path), exist_ok=True)
        super().pipe_file(path, *args, **kwargs)

    def cp_file(self, path1, path2, **kwargs):
        self.makedirs(self._parent(path2), exist_ok=True)
        super().cp_file(path1, path2, **kwargs)

    def mv(self, *args, **kwargs):
        raise AssertionError("an object store has no rename")


def subtree(root):
    return pyarrow.fs.SubTreeFileSystem(root, pyarrow.fs.LocalFileSystem())


@pytest.fixture(scope="module", autouse=True)
def fleet(emulator):
    """Six DataSets, two of them with the same name."""
    ids = {}
    for number in range(5):
        name = f"Fleet {number}"
        ids[name] = emulator.add_dataset(name, table(100 + number))
    ids["again"] = emulator.add_dataset("Fleet 0", table(7))
    return ids


@pytest.fixture
def lake(tmp_path):
    return tmp_path / "lake"


def files(lake):
    found = (path for path in lake.rglob("*") if path.is_file())
    return {path.relative_to(lake).as_posix(): path.read_bytes() for path in found if ".domo-async" not in path.parts}


def home(lake):
    return sorted(path.relative_to(lake).as_posix() for path in (lake / ".domo-async").rglob("*") if path.is_file())


def manifest(lake):
    return read_manifest((lake / ".domo-async/manifest.json").read_bytes(), place="here").without_run()


@pytest.fixture
def by_one_machine(asked, tmp_path):
    """What `domo.pull` makes of the same."""
    calm = tmp_path / "calm"
    report = asked(lambda domo: domo.pull(FLEET, to=calm, options=OPTIONS))
    assert report.ok
    return calm


@pytest.mark.parametrize("kind", ["folder", "store", "bucket"])
def test_it_is_what_one_machine_makes_of_it(spark, asked, lake, by_one_machine, kind):
    lake.mkdir()
    how = {
        "folder": {"to": lake},
        "store": {"to": "lake", "filesystem": partial(subtree, str(lake.parent))},
        "bucket": {"to": str(lake), "filesystem": Bucket},
    }[kind]
    finished = []
    report = pull(spark, FLEET, **how, options=OPTIONS, concurrency=3, on_event=finished.append)
    assert report.ok
    assert len(report.fetched) == 6
    assert files(lake) == files(by_one_machine)
    assert manifest(lake) == manifest(by_one_machine)
    assert home(lake) == [".domo-async/lock"] * (kind == "folder") + [".domo-async/manifest.json"]
    assert sum(isinstance(event, TransferFinished) for event in finished) == 6
    assert {transfer.name: transfer.received > 0 for transfer in report.transfers}["Fleet 4"]

    def open_here(domo):
        there = how | ({"filesystem": how["filesystem"]()} if "filesystem" in how else {})
        return domo.pull(FLEET, **there, options=OPTIONS)

    again = asked(open_here)
    assert (len(again.unchanged), again.received) == (6, 0)
    assert pull(spark, FLEET, **how, options=OPTIONS, verify=True).fetched == ()


def grandparent():
    return int(Path(f"/proc/{os.getppid()}/stat").read_text().rsplit(")", 1)[1].split()[1])


def look_up_and_kill(marker, victim, client_id):
    """Credentials; and a death, the first time that an executor asks for them."""
    if TaskContext.get() is not None and not marker.exists():
        marker.touch()
        os.kill(grandparent() if victim == "executor" else os.getpid(), signal.SIGKILL)
    return client_id, SECRET


@pytest.mark.parametrize("victim", ["executor", "worker"])
def test_whoever_dies_the_files_arrive(spark, emulator, lake, by_one_machine, tmp_path, victim):
    marker = tmp_path / "killed"
    secrets = partial(look_up_and_kill, marker, victim, emulator.connection["client_id"])
    report = pull(spark, FLEET, to=lake, secrets=secrets, options=OPTIONS, concurrency=2)
    assert marker.exists()
    assert report.ok
    assert files(lake) == files(by_one_machine)
    assert home(lake) == [".domo-async/lock", ".domo-async/manifest.json"]


def test_one_that_fails_does_not_stop_the_others(spark, emulator, fleet, lake):
    path = f"/v1/datasets/{fleet['Fleet 3']}/data"
    fault = emulator.faults.add("status", status=403, path=path)
    events = []
    report = pull(
        spark,
        [fleet["Fleet 3"], "00000000-0000-0000-0000-000000000000", fleet["Fleet 4"]],
        to=lake,
        retries=0,
        patience=0,
        on_event=events.append,
    )
    fault.remove()
    assert [type(transfer.error) for transfer in report.transfers] == [PermissionDeniedError, NotFoundError, type(None)]
    assert sorted(files(lake)) == ["Fleet 4.parquet"]
    with pytest.raises(PullError) as caught:
        pull(spark, ["no-such-id"], to=lake, fail_fast=True)
    assert len(caught.value.report.failed) == 1


def test_a_job_that_is_stopped_stops_its_tasks(spark, emulator, fleet, lake):
    fault = emulator.faults.add("stall", path=f"/v1/datasets/{fleet['Fleet 3']}/data", bytes=100)

    def stop(event):
        if isinstance(event, TransferFinished):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        pull(spark, [fleet["Fleet 3"], fleet["Fleet 4"]], to=lake, concurrency=2, on_event=stop)
    fault.remove()
    assert spark.sparkContext.statusTracker().getActiveJobsIds() == []
    report = pull(spark, [fleet["Fleet 3"], fleet["Fleet 4"]], to=lake)
    assert [transfer.action for transfer in report.transfers] == ["resume", "unchanged"]


def test_another_job_is_turned_away(spark, fleet, lake):
    turned_away = []

    def look(event):
        if isinstance(event, TransferStarted):
            with pytest.raises(TargetError) as caught:
                FolderTarget(lake).open()
            turned_away.append(caught.value)

    pull(spark, [fleet["Fleet 4"]], to=lake, on_event=look).raise_for_failures()
    assert "Another job" in str(turned_away[0])


def most_at_once(records, seconds):
    """What the server does after an answer is not counted: by then, its client may have sent the next call."""
    edges = [(r.started, 1) for r in records] + [(r.started + seconds, -1) for r in records]
    now = most = 0
    for _, step in sorted(edges):
        now += step
        most = max(most, now)
    return most


def test_no_more_calls_at_once_than_said(spark, emulator, lake):
    emulator.latency = 0.05
    emulator.clear_requests()
    try:
        pull(spark, FLEET, to=lake, concurrency=2).raise_for_failures()
    finally:
        emulator.latency = 0.0
    calls = [record for record in emulator.requests if record.path.startswith("/v1/datasets/")]
    assert len(calls) >= 12
    assert most_at_once(calls, 0.04) == 2


def order_for(asked, place, emulator, dataset_id, staging):
    dataset = asked(lambda domo: domo.datasets.get(dataset_id))
    connection = Connection(**emulator.connection)
    return Order(connection, place, str(staging), None, dataset, Recipe(), "Fleet")


def test_the_same_task_twice_is_two_places(asked, emulator, fleet, lake, tmp_path):
    """And a third copy, for which nobody waits any more, cannot write anywhere."""
    staging = lake / ".domo-async/staging/one"
    staging.mkdir(parents=True)
    place = Place.of(lake, None, shared=True)
    order = order_for(asked, place, emulator, fleet["Fleet 4"], staging)
    first, second = (pickle.loads(carry_out(order)) for _ in range(2))
    assert first.parts[0].sha256 == second.parts[0].sha256
    assert first.parts[0].path != second.parts[0].path
    for path in staging.rglob("*.parquet"):
        path.unlink()
    for path in staging.iterdir():
        path.rmdir()
    staging.rmdir()
    late = pickle.loads(carry_out(order))
    assert isinstance(late.error, TargetError)
    assert "must have the folder" in str(late.error)
    assert files(lake) == {}


def test_no_secret_is_shipped(spark, emulator, fleet, lake, monkeypatch):
    orders = []

    async def run(self, order):
        orders.append(order)
        raise TargetError("enough")

    monkeypatch.setattr("domo_async.integrations.spark.fleet.tasks.Tasks.run", run)
    with pytest.raises(TargetError, match="enough"):
        pull(spark, [fleet["Fleet 4"]], to=lake)
    assert SECRET.encode() not in pickle.dumps(orders)
    assert SECRET not in repr(orders)


def test_executors_without_credentials_stop_the_job(spark, emulator, fleet, lake):
    client_id = emulator.connection["client_id"]

    def nothing():
        return None if TaskContext.get() is not None else (client_id, SECRET)

    with pytest.raises(ConfigurationError):
        pull(spark, [fleet["Fleet 4"]], to=lake, secrets=nothing)


def test_an_executor_without_a_secret_says_what_to_do(asked, emulator, fleet, lake, monkeypatch):
    monkeypatch.delenv("DOMO_CLIENT_SECRET", raising=False)
    staging = lake / "staging"
    staging.mkdir(parents=True)
    order = order_for(asked, Place.of(lake, None, shared=True), emulator, fleet["Fleet 4"], staging)
    order = replace(order, connection=order.connection.without_secret())
    error = pickle.loads(carry_out(order)).error
    assert isinstance(error, ConfigurationError)
    assert "Pass secrets=" in str(error)
    assert list(staging.iterdir()) == []


def test_ctrl_c_waits_until_everything_is_given_back(emulator):
    began, ended = threading.Event(), []

    async def work(domo):
        try:
            began.set()
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.lowlevel.checkpoint()
                ended.append(True)

    def press():
        began.wait()
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    worker = Worker(Connection(**emulator.connection))
    pressing = threading.Thread(target=press)
    pressing.start()
    with pytest.raises(KeyboardInterrupt):
        worker.run(work)
    assert ended == [True]
    pressing.join()
    worker.close()


def test_a_function_is_the_same_one_wherever_it_arrives():
    def look_up():
        return "id", SECRET

    twins = [Shipped(pickle.loads(cloudpickle.dumps(look_up)), name="secrets") for _ in range(2)]
    assert twins[0] == twins[1]
    assert len({Connection(secrets=twin) for twin in twins}) == 1
    assert twins[0] != Shipped(lambda: ("other", SECRET), name="secrets")
    assert SECRET not in repr(twins)


def test_a_session_that_was_stopped_stops_the_job():
    words = "Cannot call methods on a stopped SparkContext.\nThis stopped SparkContext was created at:"
    assert isinstance(_told(RuntimeError(words)), ClientClosedError)
    assert isinstance(_told(RuntimeError("something else")), ExecutorError)


def test_a_task_that_breaks_is_a_failure_of_its_dataset(spark, fleet, lake):
    def broken():
        if TaskContext.get() is not None:
            raise RuntimeError("no such region")
        return subtree(str(lake.parent))

    lake.mkdir()
    events = []
    report = pull(
        spark, [fleet["Fleet 4"]], to="lake", filesystem=broken, retries=0, patience=0, on_event=events.append
    )
    [transfer] = report.transfers
    assert str(transfer.error) == "Spark gave up a task: RuntimeError: no such region"
    assert not any(isinstance(event, TransferRetried) for event in events)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"to": "lake", "shared": False}, "say shared=True"),
        ({"to": "file:///lake", "shared": False}, "say shared=True"),
        ({"to": "lake.duckdb"}, "DuckDB"),
        ({"to": "memory://lake"}, "memory of its own"),
        ({"to": FolderTarget(Path("lake"))}, "need an address"),
        ({"to": "s3://key:hush@bucket/lake"}, "maybe a secret"),
        ({"to": "s3://bucket/lake?access_key=hush"}, "maybe a secret"),
        ({"to": "lake", "filesystem": pyarrow.fs.LocalFileSystem()}, "expected a function"),
        ({"to": "lake", "concurrency": 0}, "is not 1 or more"),
        ({"to": "lake", "columns": "n"}, "not a list of names"),
        ({"to": "lake", "patience": -1}, "is not 0 or more"),
        ({"to": "lake", "secrets": partial(print, (n for n in ()))}, "cannot be sent to executors"),
    ],
)
def test_what_cannot_work_is_refused_at_once(spark, arguments, words):
    with pytest.raises(InvalidArgumentError, match=words) as caught:
        pull(spark, ["some-id"], **arguments)
    assert "hush" not in str(caught.value)
