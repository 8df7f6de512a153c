"""`AsyncDomo.push` against an emulator behind a real socket."""

from __future__ import annotations

import json
import os
from pathlib import Path

import anyio
import pyarrow as pa
import pytest
from pyarrow import parquet

from domo_async import AsyncDomo
from domo_async.emulator import Emulator
from domo_async.errors import (
    AmbiguousNameError,
    CommitTooSoonError,
    InvalidArgumentError,
    InvalidDataError,
    NotFoundError,
    PushError,
    SchemaMismatchError,
    StreamBusyError,
    TargetError,
    UnsettledWriteError,
)
from domo_async.jobs import (
    PendingWrite,
    PushFinished,
    PushOptions,
    PushRecord,
    Selection,
    UploadCommitting,
    UploadProgress,
    UploadRetried,
    push,
)
from domo_async.jobs.push_state import PushState

pytestmark = pytest.mark.anyio

SALES = pa.table({"customer": ["Ana", None, ""], "amount": [1, 2, None]})
MORE = pa.table({"customer": ["Bo"], "amount": [7]})


@pytest.fixture
def emulator():
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
async def domo(emulator):
    async with AsyncDomo(**emulator.connection, retries=0) as domo:
        yield domo


@pytest.fixture
def lake(tmp_path):
    folder = tmp_path / "lake"
    folder.mkdir()
    return folder


def put(path: Path, table: pa.Table = SALES) -> Path:
    path.parent.mkdir(exist_ok=True)
    new = path.with_name("new.tmp")
    parquet.write_table(table, new)
    new.replace(path)
    return path


def changes(emulator, since=0):
    found = [f"{one.method} {one.path}" for one in emulator.requests[since:] if one.path != "/oauth/token"]
    return [call for call in found if not call.startswith("GET")]


async def states(domo):
    found = []
    async for stream in domo.streams.list():
        found += [str(one.current_state) async for one in domo.streams.list_executions(stream.id)]
    return found


async def test_every_kind_of_file_becomes_a_dataset(domo, emulator, lake):
    put(lake / "Parquet.parquet")
    (lake / "Csv.csv").write_text("customer,amount\nAna,1\n")
    (lake / "Lines.jsonl").write_text('{"customer": "Ana", "amount": 1}\n')
    (lake / "notes.txt").write_text("no data")
    (lake / "_hidden.csv").write_text("a\n1\n")
    put(lake / "Parts" / "one.parquet")
    put(lake / "Parts" / "two.parquet", MORE)
    report = await domo.push(lake)
    report.raise_for_failures()
    assert [upload.name for upload in report.uploads] == ["Csv", "Lines", "Parquet", "Parts"]
    assert {upload.action for upload in report.uploads} == {"create"}
    assert emulator.table("Parquet").to_pylist() == SALES.to_pylist()
    assert emulator.table("Csv").to_pylist() == [{"customer": "Ana", "amount": 1}]
    assert emulator.table("Parts").to_pylist() == [*SALES.to_pylist(), *MORE.to_pylist()]
    assert report.rows == 3 + 1 + 1 + 4


async def test_a_second_push_writes_only_what_has_changed(domo, emulator, lake):
    for name in ("A", "B", "C"):
        put(lake / f"{name}.parquet")
    await domo.push(lake)
    since = len(emulator.requests)
    report = await domo.push(lake)
    assert [upload.action for upload in report.uploads] == ["unchanged"] * 3
    assert changes(emulator, since) == []
    put(lake / "B.parquet", MORE)
    os.utime(lake / "A.parquet", (1, 1))
    plan = await domo.plan_push(lake)
    assert [(one.name, one.action, one.reason) for one in plan.to_write] == [("B", "changed", "B.parquet has changed")]
    report = await domo.push(lake)
    assert [upload.name for upload in report.written] == ["B"]
    assert emulator.table("B").to_pylist() == MORE.to_pylist()
    # The other time of A is written down: its bytes need not be read again.
    document = json.loads((lake / ".domo-async" / "push.json").read_text())
    [records] = document["targets"].values()
    [record] = [one for one in records.values() if one["name"] == "A"]
    assert record["files"][0]["modified"] == 10**9


async def test_what_a_pull_made_goes_back_where_it_came_from(domo, emulator, lake):
    first, second = emulator.add_dataset("The same", SALES), emulator.add_dataset("The same", MORE)
    await domo.pull(Selection.everything(), to=lake)
    report = await domo.push(lake)
    assert {upload.dataset_id for upload in report.uploads} == {first, second}
    assert report.ok
    assert emulator.table(first).to_pylist() == SALES.to_pylist()
    assert emulator.table(second).to_pylist() == MORE.to_pylist()


async def test_a_pulled_folder_pushed_to_another_instance_goes_by_names(emulator, lake):
    emulator.add_dataset("Sales", SALES)
    async with AsyncDomo(**emulator.connection) as domo:
        await domo.pull(Selection.everything(), to=lake)
    with Emulator(datasets={"Other": MORE}) as other:
        async with AsyncDomo(**other.connection) as domo:
            [upload] = (await domo.push(lake)).uploads
        assert upload.created
        assert other.table("Sales").to_pylist() == SALES.to_pylist()


async def test_appended_files_are_appended_once(domo, emulator, lake):
    put(lake / "2026-01.parquet")
    put(lake / "2026-02.parquet", MORE)
    await domo.push(lake, into="Sales", update_method="APPEND")
    put(lake / "2026-03.parquet", MORE)
    [upload] = (await domo.push(lake, into="Sales", update_method="APPEND")).uploads
    assert (upload.action, upload.files, upload.rows) == ("changed", ("2026-03.parquet",), 1)
    [upload] = (await domo.push(lake, into="Sales", update_method="APPEND")).uploads
    assert upload.action == "unchanged"
    assert emulator.table("Sales").num_rows == 5


async def test_a_file_that_changed_after_it_was_appended_is_refused(domo, emulator, lake):
    put(lake / "one.parquet")
    await domo.push(lake, into="Sales", update_method="APPEND")
    put(lake / "one.parquet", MORE)
    [upload] = (await domo.push(lake, into="Sales", update_method="APPEND")).failed
    assert isinstance(upload.error, InvalidDataError)
    assert "one.parquet" in str(upload.error)
    assert emulator.table("Sales").num_rows == 3
    with pytest.raises(InvalidArgumentError, match="second time"):
        await domo.push(lake, into="Sales", update_method="APPEND", refresh=True)


@pytest.mark.parametrize("method", ["REPLACE", "APPEND"])
async def test_a_commit_without_an_answer_is_settled(domo, emulator, lake, method):
    put(lake / "Sales.parquet")
    fault = emulator.faults.add("lost_answer", method="PUT", path="*/commit", times=1)
    report = await domo.push(lake, update_method=method)
    report.raise_for_failures()
    assert fault.hits == 1
    assert emulator.table("Sales").to_pylist() == SALES.to_pylist()
    assert "ACTIVE" not in await states(domo)


async def test_an_append_whose_commit_is_not_heard_of_for_long_is_settled_by_the_next_push(domo, emulator, lake):
    """The commit goes through, and from then on Domo answers nothing at all."""
    put(lake / "one.parquet")

    def go_silent(event):
        if isinstance(event, UploadCommitting):
            emulator.faults.add("lost_answer", method="PUT", path="*/commit")
            emulator.faults.add("reset", method="GET", path="*/executions/*")
            emulator.faults.add("reset", method="PUT", path="*/abort")

    report = await domo.push(lake, into="Sales", update_method="APPEND", retries=0, patience=0, on_event=go_silent)
    assert not report.ok
    emulator.faults.clear()
    [planned] = (await domo.plan_push(lake, into="Sales", update_method="APPEND")).uploads
    assert planned.action == "resume"
    [upload] = (await domo.push(lake, into="Sales", update_method="APPEND")).uploads
    assert upload.ok
    assert emulator.table("Sales").num_rows == 3
    assert "ACTIVE" not in await states(domo)


async def test_an_append_to_a_dataset_without_a_stream_is_not_repeated_in_doubt(domo, emulator, lake):
    emulator.add_dataset("Sales", SALES)
    put(lake / "more.parquet", MORE)
    emulator.faults.add("lost_answer", method="PUT", path="*/data", times=1)
    options = {"into": "Sales", "update_method": "APPEND"}
    [upload] = (await domo.push(lake, retries=3, **options)).failed
    assert isinstance(upload.error, UnsettledWriteError)
    [upload] = (await domo.push(lake, **options)).failed
    assert isinstance(upload.error, UnsettledWriteError)
    assert emulator.table("Sales").num_rows == 4, "the rows had gone in"
    [upload] = (await domo.push(lake, unsettled="done", **options)).uploads
    assert upload.action == "settled"
    assert emulator.table("Sales").num_rows == 4


async def test_a_name_that_two_datasets_have_is_an_error_of_that_dataset(domo, emulator, lake):
    ids = {emulator.add_dataset("Sales", SALES), emulator.add_dataset("Sales", SALES)}
    put(lake / "Sales.parquet")
    put(lake / "Stock.parquet")
    report = await domo.push(lake)
    [upload] = report.failed
    assert isinstance(upload.error, AmbiguousNameError)
    assert set(upload.error.ids) == ids
    assert [one.name for one in report.succeeded] == ["Stock"]
    report = await domo.push(lake, options={"Sales": PushOptions(into=max(ids))})
    assert report.ok


async def test_two_files_for_one_dataset_are_refused_before_anything_is_sent(domo, emulator, lake):
    put(lake / "Sales.parquet")
    (lake / "Sales.csv").write_text("a\n1\n")
    with pytest.raises(InvalidArgumentError, match="both"):
        await domo.push(lake)
    (lake / "Sales.csv").rename(lake / "Other.csv")
    with pytest.raises(InvalidArgumentError, match="both meant"):
        await domo.push(lake, options={"Other": PushOptions(into="Sales")})
    assert changes(emulator) == []


async def test_an_id_that_does_not_exist(domo, lake):
    put(lake / "Sales.parquet")
    [upload] = (await domo.push(lake, into="4405ff58-1957-45f0-82bd-914d989a3ea3")).failed
    assert isinstance(upload.error, NotFoundError)


async def test_names_by_a_template(domo, emulator, lake):
    put(lake / "Sales.parquet")
    await domo.push(str(lake / "*.parquet"), name="{folder} / {name}")
    assert list(emulator.dataset_ids) == ["lake / Sales"]
    for wrong in ("{nam}", "all the same", "{"):
        with pytest.raises(InvalidArgumentError, match="name"):
            await domo.push(lake, name=wrong)


async def test_parts_with_other_types_and_columns(domo, emulator, lake):
    folder = lake / "Parts"
    folder.mkdir()
    (folder / "1.csv").write_text("code,n\n007,1\n")
    (folder / "2.csv").write_text("n,code\n2.5,1.50\n")
    assert (await domo.push(lake)).ok
    assert emulator.table("Parts").to_pylist() == [{"code": "007", "n": 1.0}, {"code": "1.50", "n": 2.5}]
    (folder / "3.csv").write_text("n\n3\n")
    [upload] = (await domo.push(lake)).failed
    assert isinstance(upload.error, SchemaMismatchError)
    assert (await domo.push(lake, missing_columns="null")).ok
    assert emulator.table("Parts")["code"].to_pylist() == ["007", "1.50", None]


async def test_a_file_that_changes_while_it_is_pushed_is_not_committed(domo, emulator, lake):
    path = put(lake / "Sales.parquet")

    def change(event):
        if isinstance(event, UploadProgress):
            put(path, MORE)

    [upload] = (await domo.push(lake, on_event=change)).failed
    assert isinstance(upload.error, InvalidDataError)
    assert "while it was pushed" in str(upload.error)
    assert await states(domo) == ["ERROR"], "as the emulator calls an aborted one"


async def test_maintenance_is_waited_for(domo, emulator, lake):
    put(lake / "Sales.parquet")
    fault = emulator.faults.add("maintenance", path="/v1/streams*", times=6)
    waits = []

    async def sleep(seconds):
        waits.append(seconds)

    report = await push(domo.datasets, domo.streams, lake, api_url=domo.api_url, retries=0, patience=600, sleep=sleep)
    assert report.ok
    assert fault.hits == 6
    assert report.uploads[0].retries == len(waits) > 0
    assert emulator.table("Sales").num_rows == 3


async def test_failures_stop_the_push_if_they_shall(domo, emulator, lake):
    for number in range(5):
        (lake / f"{number}.csv").write_text("a,b\n1\n")
    events = []
    with pytest.raises(PushError, match="stopped") as caught:
        await domo.push(lake, fail_fast=True, concurrency=1, on_event=events.append)
    assert len(caught.value.report.uploads) == 1
    assert isinstance(events[-1], PushFinished)
    report = await domo.push(lake)
    assert len(report.failed) == 5
    with pytest.raises(PushError, match="5 of 5"):
        report.raise_for_failures()
    json.dumps(report.to_dict())


async def test_two_pushes_on_one_state_exclude_each_other(domo, emulator, lake):
    put(lake / "Sales.parquet")
    refused = []

    async def second():
        with pytest.raises(TargetError, match="Another job") as caught:
            await domo.push(lake)
        refused.append(caught.value)

    async with anyio.create_task_group() as tasks:
        report = await domo.push(
            lake, on_event=lambda event: tasks.start_soon(second) if isinstance(event, UploadCommitting) else None
        )
        assert report.ok
    # It may have come when the first one was over; then it found nothing to do, which fails above.
    assert len(refused) == 1


async def test_a_cancelled_push_leaves_nothing_open(domo, emulator, lake):
    for number in range(3):
        put(lake / f"{number}.parquet")
    with anyio.CancelScope() as scope:
        await domo.push(lake, on_event=lambda event: scope.cancel() if isinstance(event, UploadProgress) else None)
    assert scope.cancelled_caught
    assert "ACTIVE" not in await states(domo)
    assert (await domo.push(lake)).ok
    assert {emulator.table(str(number)).num_rows for number in range(3)} == {3}


async def test_verify_finds_what_others_have_written(domo, emulator, lake):
    put(lake / "Sales.parquet")
    await domo.push(lake)
    await domo.datasets.write("Sales", MORE)
    assert [one.action for one in (await domo.push(lake)).uploads] == ["unchanged"]
    assert [one.action for one in (await domo.push(lake, verify=True)).uploads] == ["repair"]
    assert emulator.table("Sales").num_rows == 3


async def test_a_state_that_is_damaged_or_too_new_is_nothing_to_go_on_without(domo, emulator, lake, tmp_path):
    put(lake / "Sales.parquet")
    state = tmp_path / "state.json"
    state.write_text('{"push": "domo-async", "version": 1, "targets"')
    with pytest.raises(TargetError, match="does not say"):
        await domo.push(lake, state=state)
    state.write_text('{"push": "domo-async", "version": 99}')
    with pytest.raises(TargetError, match="version 99"):
        await domo.push(lake, state=state)
    assert changes(emulator) == []


async def test_several_folders_need_a_place_for_the_state(domo, lake, tmp_path):
    one, other = put(lake / "a.parquet"), put(tmp_path / "other" / "b.parquet")
    with pytest.raises(InvalidArgumentError, match="state="):
        await domo.push([one, other])
    assert (await domo.push([one, other], state=tmp_path / "state.json")).ok


@pytest.mark.parametrize(
    "wrong",
    [
        {"concurrency": 0},
        {"memory": 1},
        {"retries": -1},
        {"patience": -1},
        {"max_failures": -1},
        {"unsettled": "maybe"},
        {"update_method": "append"},
        {"key_columns": ["a"]},
        {"options": {"a": "REPLACE"}},
    ],
)
async def test_arguments_that_make_no_sense(domo, emulator, lake, wrong):
    put(lake / "Sales.parquet")
    with pytest.raises(InvalidArgumentError):
        await domo.push(lake, **wrong)
    assert list(emulator.requests) == []


@pytest.mark.parametrize("source", ["nothing here", "*.parquet", [], "a.txt", [5]])
async def test_sources_that_are_none(domo, tmp_path, monkeypatch, source):
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("")
    with pytest.raises(InvalidArgumentError, match="source"):
        await domo.push(source)


async def test_a_folder_of_hive_partitions_is_refused(domo, lake):
    (lake / "Sales").mkdir()
    put(lake / "Sales" / "year=2026" / "a.parquet")
    with pytest.raises(InvalidArgumentError, match="lost"):
        await domo.push(lake)


async def test_a_retry_is_told(domo, emulator, lake):
    put(lake / "Sales.parquet")
    emulator.faults.add("status", method="POST", path="*/executions", status=503, times=2)
    events = []
    report = await domo.push(lake, on_event=events.append)
    assert report.ok
    assert report.uploads[0].retries == sum(isinstance(event, UploadRetried) for event in events) > 0


def test_a_line_of_the_journal_that_was_cut_off_is_none(tmp_path):
    path = tmp_path / "push.json"
    state = PushState(path, "here")
    state.open()
    state.put("a", PushRecord(name="A"))
    state.put("b", PushRecord(name="B"))
    journal = tmp_path / "push.json.journal"
    kept = journal.read_bytes()[:-20]
    state.close()
    (tmp_path / "push.json").unlink()
    journal.write_bytes(kept)
    again = PushState(path, "here")
    assert set(again.open()) == {"a"}
    again.close()
    assert set(PushState(path, "here").peek()) == {"a"}
    assert dict(PushState(path, "elsewhere").peek()) == {}


async def test_an_execution_that_was_begun_and_not_heard_of_is_aborted(domo, emulator, lake):
    """As a kill leaves it between the beginning of an execution and the moment in which its number is written down."""
    put(lake / "Sales.parquet")
    [upload] = (await domo.push(lake)).uploads
    [stream] = await domo.streams.search(dataset_id=upload.dataset_id)
    await domo.streams.create_execution(stream.id)
    state = PushState(lake / ".domo-async" / "push.json", domo.api_url)
    record = state.open()[upload.dataset_id]
    pending = PendingWrite(stage="begin", update_method="APPEND", files=[], stream_id=stream.id, newest=1)
    state.put(upload.dataset_id, record.model_copy(update={"pending": pending}))
    state.close()
    [upload] = (await domo.push(lake)).uploads
    assert upload.action == "resume"
    assert await states(domo) == ["SUCCESS", "ERROR", "SUCCESS"]


async def test_an_execution_of_another_writer_is_left_alone(domo, emulator, lake):
    put(lake / "Sales.parquet")
    [upload] = (await domo.push(lake)).uploads
    [stream] = await domo.streams.search(dataset_id=upload.dataset_id)
    other = await domo.streams.create_execution(stream.id)
    await domo.streams.upload_part(stream.id, other.id, 1, "Bo,1\n")
    state = PushState(lake / ".domo-async" / "push.json", domo.api_url)
    record = state.open()[upload.dataset_id]
    pending = PendingWrite(stage="begin", update_method="APPEND", files=[], stream_id=stream.id, newest=1)
    state.put(upload.dataset_id, record.model_copy(update={"pending": pending}))
    state.close()
    [upload] = (await domo.push(lake, retries=0, patience=0)).failed
    assert isinstance(upload.error, StreamBusyError)
    assert await states(domo) == ["SUCCESS", "ACTIVE"]


async def test_a_commit_that_comes_too_soon_is_not_tried_over_and_over(domo, emulator, lake):
    emulator.commit_interval = 900
    put(lake / "Sales.parquet")
    await domo.push(lake)
    put(lake / "Sales.parquet", MORE)
    [upload] = (await domo.push(lake, patience=60)).failed
    assert isinstance(upload.error, CommitTooSoonError)
    assert upload.retries == 0
    assert await states(domo) == ["SUCCESS", "ERROR"]
    waits = []

    async def sleep(seconds):
        waits.append(seconds)
        emulator.commit_interval = None

    report = await push(domo.datasets, domo.streams, lake, api_url=domo.api_url, patience=1000, sleep=sleep)
    assert report.ok
    assert 800 < waits[0] <= 900


async def test_a_push_that_is_cancelled_at_once_leaves_no_lock(domo, lake):
    put(lake / "Sales.parquet")
    with anyio.CancelScope() as scope:
        scope.cancel()
        await domo.push(lake)
    assert (await domo.push(lake)).ok
