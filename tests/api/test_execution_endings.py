"""How loads end that do not end well: what is aborted, what was committed after all, and what the error says."""

from __future__ import annotations

import asyncio
import logging

import anyio
import pytest

from domo_async.api.undisturbed import undisturbed
from domo_async.errors import (
    BadRequestError,
    CallError,
    CommitTooSoonError,
    ConnectionLostError,
    ExecutionTakenOverError,
    InvalidArgumentError,
    ServerError,
)
from tests.hooked import hooked

pytestmark = pytest.mark.anyio

SCHEMA = {"who": "STRING", "n": "LONG"}


@pytest.fixture
async def stream(live):
    return await live.streams.create(name="Load", schema=SCHEMA, update_method="APPEND")


def rows(emulator):
    return [tuple(row.values()) for row in emulator.table("Load").to_pylist()]


def calls_of(emulator, end):
    return [record.status for record in emulator.requests if record.path.endswith(end)]


async def states(domo, stream):
    return [str(execution.current_state) for execution in await domo.streams.list_executions(stream.id).collect()]


class Cancelling:
    """Cancels something when a certain request is answered, before anybody has seen the answer."""

    def __init__(self, method, end):
        self.wanted = (method, end)
        self.cancel = None

    async def after(self, request, response):
        method, end = self.wanted
        if self.cancel is not None and request.method == method and request.url.path.endswith(end):
            cancel, self.cancel = self.cancel, None
            cancel()
        return response


@pytest.mark.parametrize(("method", "end"), [("POST", "/executions"), ("PUT", "/part/1"), ("PUT", "/commit")])
async def test_a_cancelled_load_leaves_no_execution_open(emulator, method, end):
    """Wherever it is cancelled: the answer to the request that was on its way is waited for."""
    emulator.indexing_time = 0.0
    cancelling = Cancelling(method, end)
    async with hooked(emulator, after=cancelling.after) as domo:
        stream = await domo.streams.create(name="Load", schema=SCHEMA, update_method="REPLACE")
        with anyio.CancelScope() as scope:
            cancelling.cancel = scope.cancel
            async with domo.streams.execution(stream.id) as execution:
                await execution.upload_part(1, "a,1\n")
            await anyio.sleep_forever()
        assert scope.cancelled_caught
        assert await states(domo, stream) == ["SUCCESS" if end == "/commit" else "ERROR"]


@pytest.mark.parametrize(("method", "end"), [("POST", "/executions"), ("PUT", "/commit")])
async def test_a_cancellation_of_asyncio_tears_nothing_apart_either(emulator, anyio_backend, method, end):
    """``Task.cancel`` knows no shields; ``asyncio.timeout`` and ``asyncio.wait_for`` are made of it."""
    if anyio_backend == "trio":
        pytest.skip("asyncio only")
    emulator.indexing_time = 0.0
    cancelling = Cancelling(method, end)
    async with hooked(emulator, after=cancelling.after) as domo:
        stream = await domo.streams.create(name="Load", schema=SCHEMA, update_method="REPLACE")

        async def load():
            async with domo.streams.execution(stream.id) as execution:
                await execution.upload_part(1, "a,1\n")

        task = asyncio.create_task(load())
        cancelling.cancel = task.cancel
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await states(domo, stream) == ["SUCCESS" if end == "/commit" else "ERROR"]


async def test_a_call_goes_on_for_a_while_only_when_its_task_is_cancelled():
    started = anyio.current_time()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await undisturbed(anyio.sleep_forever, grace=0.05)
    assert scope.cancelled_caught
    assert 0.05 <= anyio.current_time() - started < 5


async def test_a_begin_whose_answer_was_lost_begins_anew(live, emulator, stream):
    """Which aborts the execution that nobody knows of."""
    emulator.faults.add("lost_answer", method="POST", path="*/executions", times=1)
    async with live.streams.execution(stream.id) as execution:
        await execution.upload_part(1, "a,1\n")
    await execution.wait()
    assert await states(live, stream) == ["ERROR", "SUCCESS"]
    assert rows(emulator) == [("a", 1)]


async def test_a_begin_that_is_lost_for_good_says_that_something_may_be_open(live, stream, emulator):
    emulator.faults.add("lost_answer", method="POST", path="*/executions")
    with pytest.raises(ConnectionLostError) as caught:
        async with live.with_options(retries=0).streams.execution(stream.id):
            pytest.fail("it has not begun")
    [note] = caught.value.__notes__
    assert note == (
        "An execution may have been begun all the same: execution 1 is active, and it may be another writer's"
    )


async def test_an_abort_that_fails_is_noted_on_the_error_and_logged(live, emulator, stream, caplog):
    emulator.faults.add("status", status=400, path="*/abort", message="No")
    with caplog.at_level(logging.WARNING, "domo_async"), pytest.raises(KeyError) as caught:
        async with live.streams.execution(stream.id):
            raise KeyError
    [note] = caught.value.__notes__
    assert note.startswith(
        f"Execution 1 of stream {stream.id} could not be aborted and may still be open: streams.abort"
    )
    assert [record.getMessage() for record in caplog.records] == [note]


async def test_an_abort_without_an_answer_is_noted_too(live, emulator, stream):
    emulator.faults.add("stall", path="*/abort")
    with pytest.raises(KeyError) as caught:
        async with live.streams.execution(stream.id, abort_timeout=0.1):
            raise KeyError
    assert caught.value.__notes__[0].endswith("may still be open: no answer within 0.1 s")


async def test_an_abort_without_an_answer_is_logged_of_a_cancelled_load_too(live, emulator, stream, caplog):
    emulator.faults.add("stall", path="*/abort")
    with anyio.fail_after(10), anyio.CancelScope() as scope:
        async with live.streams.execution(stream.id, abort_timeout=0.1):
            scope.cancel()
            await anyio.sleep_forever()
    assert "may still be open: no answer within 0.1 s" in caplog.text


async def test_an_abort_that_is_no_longer_needed_is_no_trouble(live, emulator, stream):
    """The answer to the first attempt was lost, and the second finds it ended."""
    emulator.faults.add("lost_answer", path="*/abort", times=1)
    with pytest.raises(KeyError) as caught:
        async with live.streams.execution(stream.id):
            raise KeyError
    assert not hasattr(caught.value, "__notes__")


async def test_a_load_that_another_writer_ended_says_so(live, emulator, stream):
    with pytest.raises(ExecutionTakenOverError, match="ended as ERROR when execution 2 was begun") as caught:
        async with live.streams.execution(stream.id) as first:
            await first.upload_part(1, "a,1\n")
            async with live.streams.execution(stream.id) as second:
                await second.upload_part(1, "b,2\n")
            await first.upload_part(2, "c,3\n")
    assert (caught.value.execution.id, caught.value.successor.id) == (1, 2)
    assert isinstance(caught.value.__cause__, CallError)
    assert rows(emulator) == [("b", 2)]


async def test_a_commit_of_what_another_writer_ended_says_so(live, emulator, stream):
    with pytest.raises(ExecutionTakenOverError):
        async with live.streams.execution(stream.id) as first:
            await first.upload_part(1, "a,1\n")
            await live.streams.create_execution(stream.id)
    assert calls_of(emulator, "/1/abort") == []


async def test_a_commit_too_soon_after_the_last_says_when_to_come_back(live, emulator, stream):
    emulator.commit_interval = 900.0
    async with live.streams.execution(stream.id) as execution:
        await execution.upload_part(1, "a,1\n")
    await execution.wait()
    with pytest.raises(CommitTooSoonError, match="one commit per stream every 15 minutes: load again after") as caught:
        async with live.streams.execution(stream.id) as execution:
            await execution.upload_part(1, "b,2\n")
    assert isinstance(caught.value.__cause__, BadRequestError)
    assert caught.value.last_commit is not None
    assert await states(live, stream) == ["SUCCESS", "ERROR"]
    assert rows(emulator) == [("a", 1)]


async def test_a_commit_refused_for_another_reason_is_not_taken_for_one_too_soon(live, emulator, stream):
    async with live.streams.execution(stream.id) as execution:
        await execution.upload_part(1, "a,1\n")
    await execution.wait()
    with pytest.raises(BadRequestError, match="non-consecutive"):
        async with live.streams.execution(stream.id) as execution:
            await execution.upload_part(7, "b,2\n")


async def test_a_commit_that_never_arrived_is_known_not_to_have(live, emulator, stream):
    """After its abort that is certain, and the error says so."""
    emulator.faults.add("reset", path="*/commit")
    with pytest.raises(ConnectionLostError, match="The execution has ended without its rows"):
        async with live.with_options(deadline=0.5).streams.execution(stream.id) as execution:
            await execution.upload_part(1, "a,1\n")
    assert await states(live, stream) == ["ERROR"]


async def test_a_commit_that_is_being_indexed_is_no_failure(live, emulator, stream):
    """Its answer was lost, it is ACTIVE for long, and the abort is refused: so it must be committed."""
    emulator.indexing_time = 2.0
    emulator.faults.add("lost_answer", path="*/commit")
    async with live.with_options(deadline=0.3).streams.execution(stream.id) as execution:
        await execution.upload_part(1, "a,1\n")
    assert execution.committed
    assert not execution.execution.ended
    assert (await live.streams.wait(stream.id, execution.id)).succeeded
    assert rows(emulator) == [("a", 1)]


async def test_an_execution_that_fails_while_it_is_indexed_is_an_error(live, emulator, stream):
    emulator.faults.add("status", status=500, path="*/commit")
    with pytest.raises(ServerError):
        async with live.with_options(deadline=0.3).streams.execution(stream.id) as execution:
            await execution.upload_part(1, "a,1\n")
    assert await states(live, stream) == ["ERROR"]


async def test_part_numbers_that_are_none_are_refused_before_they_are_noted(live, stream):
    async with live.streams.execution(stream.id) as execution:
        for part in ("1", True, -1, None):
            with pytest.raises(InvalidArgumentError, match=r"^part: "):
                await execution.upload_part(part, "a,1\n")
