"""Work ahead of its use: it is waited for, cancelled or forgotten, and leaves nothing behind in any case."""

import asyncio
import contextvars
import gc
import threading

import anyio
import pytest
from anyio import wait_all_tasks_blocked
from anyio.lowlevel import checkpoint

from domo_async.http.prefetch import Ahead

pytestmark = pytest.mark.anyio


async def settled():
    """Wait until nothing moves; on asyncio a cancellation takes some turns of the loop to arrive."""
    for _ in range(5):
        await checkpoint()
    await wait_all_tasks_blocked()


who = contextvars.ContextVar("who", default="nobody")


class Work:
    def __init__(self, outcome=None):
        self.gate = anyio.Event()
        self.outcome = outcome
        self.cancelled = False
        self.running = False

    async def __call__(self):
        self.running = True
        try:
            await self.gate.wait()
        except BaseException:
            self.cancelled = True
            raise
        finally:
            self.running = False
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


async def test_the_result_is_waited_for():
    work = Work("done")
    ahead = Ahead(work)
    await settled()
    work.gate.set()
    assert await ahead.result() == "done"


async def test_an_error_is_raised_by_whoever_asks_for_the_result():
    work = Work(ValueError("no"))
    work.gate.set()
    ahead = Ahead(work)
    await settled()
    with pytest.raises(ValueError, match="no"):
        await ahead.result()


async def test_an_error_that_nobody_asks_for_makes_no_noise(caplog):
    work = Work(ValueError("no"))
    work.gate.set()
    ahead = Ahead(work)
    await settled()
    del ahead
    gc.collect()
    await checkpoint()
    assert caplog.records == []


@pytest.mark.parametrize("started", [True, False], ids=["running", "not yet running"])
async def test_cancelling_ends_the_work_and_whoever_waits_for_it_learns(started):
    work = Work()
    ahead = Ahead(work)
    if started:
        await settled()
    ahead.cancel()
    ahead.cancel()
    await settled()
    assert not work.running
    with pytest.raises(anyio.ClosedResourceError):
        await ahead.result()


async def test_losing_the_object_ends_the_work():
    work = Work()
    ahead = Ahead(work)
    await settled()
    assert work.running
    del ahead
    gc.collect()
    await settled()
    assert work.cancelled


async def test_losing_it_in_another_thread_ends_the_work_too():
    work = Work()
    holder = [Ahead(work)]
    await settled()
    thread = threading.Thread(target=holder.clear)
    thread.start()
    await anyio.to_thread.run_sync(thread.join)
    await settled()
    assert work.cancelled


async def test_a_cancelled_waiter_does_not_cancel_the_work():
    work = Work("done")
    ahead = Ahead(work)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ahead.result)
        await settled()
        tasks.cancel_scope.cancel()
    assert work.running
    work.gate.set()
    assert await ahead.result() == "done"


async def test_context_variables_are_those_of_the_one_who_started_it():
    async def look():
        return who.get()

    who.set("me")
    ahead = Ahead(look)
    who.set("somebody else")
    assert await ahead.result() == "me"


def test_it_survives_the_end_of_its_event_loop(anyio_backend, caplog):
    left = []

    async def main():
        left.append(Ahead(Work()))
        await settled()

    anyio.run(main, backend=anyio_backend)
    left[0].cancel()
    left.clear()
    gc.collect()
    assert caplog.records == []
    assert threading.active_count() >= 1
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
