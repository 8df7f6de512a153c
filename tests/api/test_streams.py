"""Streams and executions: the wire of each operation, loads from beginning to end, and what may go wrong with them."""

from __future__ import annotations

import gzip
import json

import anyio
import pytest
import respx

from domo_async.errors import (
    BadRequestError,
    CallError,
    CallTimeoutError,
    ConnectionLostError,
    ExecutionError,
    ExecutionTakenOverError,
    InvalidArgumentError,
    NotFoundError,
    ServerError,
)
from domo_async.models import ExecutionState, UpdateMethod

pytestmark = pytest.mark.anyio

DATASET_ID = "7c0d2a16-52a4-4f0f-8d7a-8f3f9b1f0c21"
SCHEMA = {"who": "STRING", "n": "LONG"}
EXECUTION = {"id": 10, "startedAt": "2025-03-03T06:09:40Z", "currentState": "ACTIVE", "updateMethod": "APPEND"}
SUCCESS = EXECUTION | {"currentState": "SUCCESS", "endedAt": "2025-03-03T06:12:00Z"}
STREAM = {
    "id": 318,
    "dataSet": {"id": DATASET_ID, "name": "Harbour Tides"},
    "updateMethod": "APPEND",
    "keyColumnNames": ["gauge"],
    "lastExecution": SUCCESS,
}
ROOT = "/v1/streams"
RUNS = "/v1/streams/318/executions"


def raw(request):
    return f"{request.method} {request.url.raw_path.decode()}"


# The wire of streams


async def test_list(wire, domo, sent):
    wire.get(ROOT).respond(json=[STREAM])
    [stream] = await domo.streams.list(fields=["id", "dataset"]).collect()
    assert raw(sent()) == "GET /v1/streams?fields=id%2Cdataset&limit=500&offset=0"
    assert (stream.id, stream.dataset.name, stream.update_method) == (318, "Harbour Tides", UpdateMethod.APPEND)


async def test_get_asks_for_all_fields(wire, domo, sent):
    wire.get(ROOT + "/318").respond(json=STREAM)
    stream = await domo.streams.get(318)
    assert raw(sent()) == "GET /v1/streams/318?fields=all"
    assert stream.last_execution.succeeded
    assert stream.key_column_names == ["gauge"]


@pytest.mark.parametrize(
    ("wanted", "q"),
    [
        ({"dataset_id": DATASET_ID}, f"dataSource.id%3A{DATASET_ID}"),
        ({"owner_id": 27}, "dataSource.owner.id%3A27"),
        ({"name": "a b"}, "dataSource.name%3Aa%20b"),
    ],
)
async def test_search(wire, domo, sent, wanted, q):
    wire.get(ROOT + "/search").respond(json=[])
    assert await domo.streams.search(**wanted).collect() == []
    assert raw(sent()) == f"GET /v1/streams/search?q={q}&fields=all"


@pytest.mark.parametrize("wanted", [{}, {"name": "a", "owner_id": 1}, {"name": ""}])
async def test_search_wants_one_property(wire, domo, wanted):
    with pytest.raises(InvalidArgumentError, match="exactly one of"):
        await domo.streams.search(**wanted)
    assert not wire.calls


@pytest.mark.parametrize(
    ("method", "keys"), [("REPLACE", ()), ("APPEND", ()), ("APPEND", ("who",)), ("UPSERT", ["who", "n"])]
)
async def test_create_sends_what_was_named(wire, domo, sent, method, keys):
    """The sources know two ways to ask for upserts; each goes out as it was named."""
    wire.post(ROOT).respond(201, json=STREAM, headers={"location": "https://api.local.domo.com/v1/streams/318"})

    stream = await domo.streams.create(name="Tides", schema=SCHEMA, update_method=method, key_columns=keys)

    columns = [{"type": "STRING", "name": "who"}, {"type": "LONG", "name": "n"}]
    body = {"dataSet": {"name": "Tides", "schema": {"columns": columns}}, "updateMethod": method}
    assert json.loads(sent().content) == (body | {"keyColumnNames": list(keys)} if keys else body)
    assert stream.id == 318


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"update_method": "append"}, "update_method: 'append' is none of"),
        ({"update_method": "UPSERT"}, "key_columns: UPSERT needs"),
        ({"update_method": "REPLACE", "key_columns": ["who"]}, "key_columns: REPLACE removes"),
        ({"update_method": "APPEND", "key_columns": ["Who"]}, "key_columns: 'Who' is not a column"),
        ({"update_method": "APPEND", "key_columns": "who"}, "key_columns: 'who' is one text"),
        ({"update_method": "APPEND", "schema": {}}, "schema: "),
        ({"update_method": "APPEND", "name": ""}, "name: "),
    ],
)
async def test_a_stream_that_cannot_work_is_not_created(wire, domo, arguments, words):
    with pytest.raises(InvalidArgumentError) as caught:
        await domo.streams.create(**({"name": "x", "schema": SCHEMA} | arguments))
    assert words in str(caught.value)
    assert not wire.calls


async def test_update(wire, domo, sent):
    wire.patch(ROOT + "/318").respond(json=STREAM)
    await domo.streams.update(318, update_method="REPLACE")
    assert json.loads(sent().content) == {"updateMethod": "REPLACE"}


@pytest.mark.parametrize("answer", [{"status_code": 204}, {"status_code": 200, "json": STREAM}])
async def test_delete_takes_either_documented_answer(wire, domo, sent, answer):
    wire.delete(ROOT + "/318").respond(**answer)
    await domo.streams.delete(318)
    assert raw(sent()) == "DELETE /v1/streams/318"


# The wire of executions


async def test_create_execution(wire, domo, sent):
    wire.post(RUNS).respond(json=EXECUTION)
    execution = await domo.streams.create_execution(318)
    assert (execution.id, execution.current_state, execution.ended) == (10, ExecutionState.ACTIVE, False)
    assert sent().content == b""


async def test_create_execution_with_a_method_of_its_own(wire, domo, sent):
    wire.post(RUNS).respond(json=EXECUTION)
    await domo.streams.create_execution(318, update_method=UpdateMethod.REPLACE)
    assert json.loads(sent().content) == {"updateMethod": "REPLACE"}
    with pytest.raises(InvalidArgumentError, match="update_method: 'UPSERT' is none of REPLACE, APPEND"):
        await domo.streams.create_execution(318, update_method="UPSERT")


async def test_list_and_get_executions(wire, domo):
    wire.get(RUNS, params={"limit": "500", "offset": "0"}).respond(json=[EXECUTION, SUCCESS | {"id": 11}])
    wire.get(RUNS + "/11").respond(json=SUCCESS | {"id": 11})
    executions = await domo.streams.list_executions(318).collect()
    assert [execution.ended for execution in executions] == [False, True]
    assert (await domo.streams.get_execution(318, 11)).succeeded


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("in_memory", [False, True])
async def test_upload_part(wire, domo, sent, tmp_path, compress, in_memory):
    """CSV goes out as it is or as gzip, from memory and from a file."""
    file = tmp_path / "part.csv"
    file.write_text("north,5\n" * 1000)
    wire.put(RUNS + "/10/part/3").respond(json=EXECUTION)

    await domo.streams.upload_part(318, 10, 3, file.read_bytes() if in_memory else file, compress=compress)

    assert sent().headers["content-type"] == "text/csv"
    assert sent().headers.get("content-encoding") == ("gzip" if compress else None)
    assert (gzip.decompress(sent().content) if compress else sent().content) == file.read_bytes()


async def test_what_is_gzip_already_is_not_compressed_again(wire, domo, sent):
    packed = gzip.compress(b"north,5\n")
    wire.put(RUNS + "/10/part/0").respond(200)
    assert await domo.streams.upload_part(318, 10, 0, packed, compress=True) is None
    assert (sent().headers["content-encoding"], sent().content) == ("gzip", packed)


async def test_a_function_of_chunks_is_compressed_on_the_way(wire, domo, sent):
    async def chunks():
        for _ in range(3):
            yield b"north,5\n"

    wire.put(RUNS + "/10/part/1").respond(json=EXECUTION)
    await domo.streams.upload_part(318, 10, 1, chunks, compress=True)
    assert gzip.decompress(sent().content) == b"north,5\n" * 3


@pytest.mark.parametrize("part", [-1, True, "1", 1.0])
async def test_part_numbers_are_numbers(wire, domo, part):
    with pytest.raises(InvalidArgumentError, match=r"^part: "):
        await domo.streams.upload_part(318, 10, part, b"x")
    assert not wire.calls


async def test_commit_abort_and_abort_current(wire, domo):
    commit = wire.put(RUNS + "/10/commit").respond(json=EXECUTION)
    abort = wire.put(RUNS + "/10/abort").respond(200)
    current = wire.put(RUNS + "/abort").respond(204)
    assert (await domo.streams.commit(318, 10)).current_state == "ACTIVE"
    assert await domo.streams.abort(318, 10) is None
    await domo.streams.abort_current(318)
    assert [route.calls.last.request.content for route in (commit, abort, current)] == [b""] * 3


async def test_a_commit_is_never_repeated(wire, domo):
    """A lost answer is followed by a look at the execution, which ended with success."""
    commit = wire.put(RUNS + "/10/commit").mock(side_effect=[respx.MockResponse(502), respx.MockResponse(409)])
    wire.get(RUNS + "/10").mock(side_effect=[respx.MockResponse(json=EXECUTION), respx.MockResponse(json=SUCCESS)])
    assert (await domo.with_options(retries=3).streams.commit(318, 10)).succeeded
    assert commit.call_count == 1


async def test_a_commit_that_domo_refuses_is_an_error_at_once(wire, domo):
    wire.put(RUNS + "/10/commit").respond(400, json={"message": "Too many non-consecutive part ids."})
    look = wire.get(RUNS + "/10").respond(json=SUCCESS)
    with pytest.raises(BadRequestError, match="non-consecutive"):
        await domo.streams.commit(318, 10)
    assert look.call_count == 0


async def test_a_commit_of_what_has_failed_is_the_error_of_the_commit(wire, domo):
    wire.put(RUNS + "/10/commit").respond(500, json={"message": "odd"})
    wire.get(RUNS + "/10").respond(json=SUCCESS | {"currentState": "ERROR"})
    with pytest.raises(ServerError, match="odd"):
        await domo.streams.commit(318, 10)


@pytest.mark.parametrize("state", ["ERROR", "ABORTED", "INVALID", "SOMETHING_NEW"])
async def test_wait_raises_what_went_wrong(wire, domo, state):
    """The states are an open set, and only one of them means that the rows are there."""
    wire.get(RUNS + "/10").respond(json=SUCCESS | {"currentState": state})
    wire.get(ROOT + "/318").respond(json=STREAM)
    with pytest.raises(ExecutionError, match=f"ended as {state}$") as caught:
        await domo.streams.wait(318, 10)
    assert caught.value.execution.id == 10


@pytest.mark.parametrize(
    ("begun", "words"), [("2025-03-03T06:12:01Z", "when execution 11 was begun"), ("2025-03-03T07:00:00Z", "as ERROR")]
)
async def test_wait_names_the_execution_that_took_over_if_it_can_have_done_so(wire, domo, begun, words):
    """One that was begun an hour later is not why this one ended."""
    wire.get(RUNS + "/10").respond(json=SUCCESS | {"currentState": "ERROR"})
    wire.get(ROOT + "/318").respond(json=STREAM | {"lastExecution": {"id": 11, "startedAt": begun}})
    with pytest.raises(ExecutionError) as caught:
        await domo.streams.wait(318, 10)
    assert words in str(caught.value)
    assert isinstance(caught.value, ExecutionTakenOverError) == ("11" in words)


async def test_wait_ends_in_time(wire, domo):
    wire.get(RUNS + "/10").respond(json=EXECUTION)
    with pytest.raises(CallTimeoutError, match=r"not ended within 0\.05 s"):
        await domo.streams.wait(318, 10, timeout=0.05)


# Loads, against the emulator


@pytest.fixture
async def stream(live):
    return await live.streams.create(name="Load", schema=SCHEMA, update_method="APPEND")


def rows(emulator):
    return [tuple(row.values()) for row in emulator.table("Load").to_pylist()]


def calls_of(emulator, end):
    return [record.status for record in emulator.requests if record.path.endswith(end)]


async def test_parts_in_any_order_and_at_once_become_rows_in_their_order(live, emulator, stream):
    async with live.streams.execution(stream.id) as execution, anyio.create_task_group() as tasks:
        for part in (3, 1, 2):
            tasks.start_soon(execution.upload_part, part, f"p{part},{part}\n,\n")

    execution = await execution.wait()
    assert (execution.succeeded, execution.rows) == (True, 6)
    async with live.datasets.export(stream.dataset.id) as body:
        assert b"".join([chunk async for chunk in body]) == b"p1,1\n,\np2,2\n,\np3,3\n,\n"
    assert (await live.streams.get(stream.id)).last_successful_execution.id == 1


async def test_appends_replacements_and_upserts(live, emulator):
    stream = await live.streams.create(
        name="Load", schema=SCHEMA, update_method=UpdateMethod.UPSERT, key_columns=["who"]
    )
    for csv in ("a,1\nb,2\n", "b,3\nc,4\nc,5\n"):
        async with live.streams.execution(stream.id) as execution:
            await execution.upload_part(1, csv)
    assert sorted(rows(emulator)) == [("a", 1), ("b", 3), ("c", 5)]

    async with live.streams.execution(stream.id, update_method="REPLACE") as execution:
        await execution.upload_part(1, "z,0\n")
    assert rows(emulator) == [("z", 0)]


async def test_an_error_in_the_block_aborts(live, emulator, stream):
    async def load():
        async with live.streams.execution(stream.id) as execution:
            await execution.upload_part(1, "a,1\n")
            raise KeyError

    with pytest.raises(KeyError):
        await load()
    assert (await live.streams.get_execution(stream.id, 1)).failed
    assert rows(emulator) == []


async def test_a_cancelled_block_aborts(live, emulator, stream):
    """The abort goes through although the task is being cancelled."""
    uploaded = anyio.Event()

    async def load():
        async with live.streams.execution(stream.id) as execution:
            await execution.upload_part(1, "a,1\n")
            uploaded.set()
            await anyio.sleep_forever()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(load)
        await uploaded.wait()
        tasks.cancel_scope.cancel()
    assert calls_of(emulator, "/1/abort") == [200]
    assert (await live.streams.get_execution(stream.id, 1)).failed


async def test_an_abort_does_not_hold_up_a_cancellation_for_long(live, emulator, stream):
    emulator.faults.add("stall", path="*/abort")
    with anyio.fail_after(20), anyio.CancelScope() as scope:
        async with live.streams.execution(stream.id, abort_timeout=0.2):
            scope.cancel()
            await anyio.lowlevel.checkpoint()
    assert scope.cancelled_caught


async def test_a_failed_abort_does_not_hide_the_error(live, emulator, stream):
    emulator.faults.add("status", status=400, path="*/abort")
    with pytest.raises(KeyError):
        async with live.streams.execution(stream.id):
            raise KeyError


async def test_a_part_that_does_not_fit_aborts(live, emulator, stream):
    with pytest.raises(BadRequestError, match="too many columns"):
        async with live.streams.execution(stream.id) as execution:
            await execution.upload_part(1, "a,1,2\n")
    assert calls_of(emulator, "/abort") == [200]


@pytest.mark.parametrize("kind", ["lost_answer", "reset", "status"])
async def test_a_part_is_sent_again(live, emulator, stream, kind):
    """Refused, never read, or stored without an answer: in the end it is there once."""
    emulator.faults.add(kind, path="*/part/1", times=2)
    async with live.streams.execution(stream.id) as execution:
        await execution.upload_part(1, "a,1\n")
        await execution.upload_part(2, "b,2\n")
    await execution.wait()
    assert rows(emulator) == [("a", 1), ("b", 2)]


async def test_a_part_from_a_spent_iterator_is_not(live, emulator, stream):
    async def chunks():
        yield b"a,1\n"

    emulator.faults.add("reset", path="*/part/1", times=1)
    with pytest.raises(CallError):
        async with live.streams.execution(stream.id) as execution:
            await execution.upload_part(1, chunks())
    assert calls_of(emulator, "/abort") == [200]


async def test_a_commit_whose_answer_was_lost_is_done_once(live, emulator, stream):
    emulator.faults.add("lost_answer", path="*/commit")
    async with live.streams.execution(stream.id) as execution:
        await execution.upload_part(1, "a,1\n")
    assert execution.committed
    assert (await execution.wait()).succeeded
    assert rows(emulator) == [("a", 1)]
    assert len(calls_of(emulator, "/commit")) == 1
    assert calls_of(emulator, "/abort") == []


async def test_a_commit_that_is_found_out_by_the_abort(live, emulator, stream):
    """Nothing but errors comes back until the abort is refused, because the execution has succeeded."""
    emulator.faults.add("lost_answer", path="*/commit")
    emulator.faults.add("status", status=400, method="GET", path="*/executions/1", times=1)
    async with live.streams.execution(stream.id) as execution:
        await execution.upload_part(1, "a,1\n")
        emulator.indexing_time = 0.0
    assert (await execution.wait()).succeeded
    assert calls_of(emulator, "/abort") == [409]


async def test_a_commit_with_a_gap_aborts(live, emulator, stream):
    async def load():
        async with live.streams.execution(stream.id) as execution:
            await execution.upload_part(1, "a,1\n")
            await execution.upload_part(3, "c,3\n")

    with pytest.raises(BadRequestError, match="non-consecutive part ids"):
        await load()
    assert (await live.streams.get_execution(stream.id, 1)).failed


async def test_an_early_commit_stays_when_the_block_fails(live, emulator, stream):
    async def load():
        async with live.streams.execution(stream.id) as execution:
            with pytest.raises(RuntimeError, match="not committed"):
                await execution.wait()
            await execution.upload_part(1, "a,1\n")
            await execution.commit()
            await execution.wait(timeout=10)
            raise KeyError

    with pytest.raises(KeyError):
        await load()
    assert rows(emulator) == [("a", 1)]
    assert len(calls_of(emulator, "/commit")) == 1


async def test_a_lost_stream_is_not_created_twice(live, emulator):
    """The error says that it may be there, and how to look."""
    emulator.faults.add("lost_answer", method="POST", path="/v1/streams", times=1)
    with pytest.raises(ConnectionLostError, match=r"look with streams.search\(name=\.\.\.\) first"):
        await live.streams.create(name="Load", schema=SCHEMA, update_method="APPEND")
    [stream] = await live.streams.search(name="Load")
    assert stream.dataset.name == "Load"


async def test_a_stream_outlives_its_dataset_and_a_dataset_its_stream(live, emulator):
    first = await live.streams.create(name="A", schema=SCHEMA, update_method="APPEND")
    second = await live.streams.create(name="B", schema=SCHEMA, update_method="APPEND")
    await live.datasets.delete(first.dataset.id)
    assert (await live.streams.get(first.id)).deleted
    await live.streams.delete(second.id)
    assert list(emulator.dataset_ids) == ["B"]
    with pytest.raises(NotFoundError):
        await live.streams.get(second.id)


async def test_finding_a_stream(live, stream):
    """By DataSet, by owner and by name; listings name the DataSet by its id only."""
    for wanted in ({"dataset_id": stream.dataset.id}, {"owner_id": 27}, {"name": "Load"}):
        assert [found.id for found in await live.streams.search(**wanted)] == [stream.id]
    [listed] = await live.streams.list()
    assert (listed.dataset.id, listed.dataset.name) == (stream.dataset.id, None)
    assert (await live.streams.update(stream.id, update_method="REPLACE")).update_method == "REPLACE"
