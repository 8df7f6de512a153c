"""Work in worker threads under cancellations of all kinds, several of them at that."""

from __future__ import annotations

import asyncio
import threading

import anyio
import pytest

from domo_async.tabular.replacement import Replacement, replacing
from domo_async.tabular.threads import in_thread, to_its_end


class Errand:
    """Work that says when it begins, and goes on until it is let go."""

    def __init__(self, outcome="done"):
        self.outcome = outcome
        self.begun = threading.Event()
        self.go = threading.Event()
        self.ended = False

    def __call__(self):
        self.begun.set()
        self.go.wait(10)
        self.ended = True
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    async def has_begun(self):
        await anyio.to_thread.run_sync(self.begun.wait, 10)


async def a_few_turns():
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.mark.parametrize("run", [in_thread, to_its_end])
@pytest.mark.parametrize("outcome", ["done", ValueError("no")], ids=["result", "error"])
@pytest.mark.asyncio
async def test_a_cancelled_task_waits_for_what_has_begun(run, outcome):
    errand = Errand(outcome)
    task = asyncio.create_task(run(errand))
    await errand.has_begun()
    for _ in range(3):
        task.cancel()
        await a_few_turns()
        assert not task.done()
    errand.go.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert errand.ended


@pytest.mark.anyio
@pytest.mark.parametrize("run", [in_thread, to_its_end])
async def test_results_and_errors(run):
    errand = Errand()
    errand.go.set()
    assert await run(errand) == "done"
    errand.outcome = ValueError("no")
    with pytest.raises(ValueError, match="no"):
        await run(errand)


@pytest.mark.asyncio
async def test_what_has_not_begun_does_not_begin():
    limiter, first, second = anyio.CapacityLimiter(1), Errand(), Errand()
    busy = asyncio.create_task(in_thread(first, limiter=limiter))
    await first.has_begun()
    waiting = asyncio.create_task(in_thread(second, limiter=limiter))
    await a_few_turns()
    waiting.cancel()
    await asyncio.wait([waiting])
    first.go.set()
    await busy
    assert not second.begun.is_set()


@pytest.mark.asyncio
async def test_what_has_to_be_done_is_done_by_a_task_that_was_cancelled_before():
    limiter, first, second = anyio.CapacityLimiter(1), Errand(), Errand()
    busy = asyncio.create_task(in_thread(first, limiter=limiter))
    await first.has_begun()
    waiting = asyncio.create_task(to_its_end(second, limiter=limiter))
    for _ in range(3):
        await a_few_turns()
        waiting.cancel()
    second.go.set()
    await a_few_turns()
    assert not second.begun.is_set()
    first.go.set()
    await busy
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert second.ended


@pytest.mark.asyncio
async def test_a_time_out_while_a_file_is_made_leaves_no_file(tmp_path, monkeypatch):
    """Otherwise the file would be removed first and made then."""
    errand = Errand()
    create = Replacement.create

    def slowly(self):
        errand()
        create(self)

    monkeypatch.setattr(Replacement, "create", slowly)

    async def write():
        async with replacing(tmp_path / "rows.csv"):
            raise AssertionError("too early")

    task = asyncio.create_task(write())
    await errand.has_begun()
    task.cancel()
    await a_few_turns()
    task.cancel()
    await a_few_turns()
    errand.go.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list(tmp_path.iterdir()) == []
