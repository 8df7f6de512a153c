"""Work in worker threads that is not left behind, however often who waits for it is cancelled."""

from __future__ import annotations

import asyncio
import concurrent.futures
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import anyio
import anyio.to_thread

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["in_thread", "to_its_end"]

ResultT = TypeVar("ResultT")


async def in_thread(work: Callable[[], ResultT], *, limiter: anyio.CapacityLimiter | None = None) -> ResultT:
    """Run something in a worker thread. Once it has begun it is waited for, also when this task is cancelled.

    anyio waits too, but behind a shield that ``asyncio.Task.cancel`` does not know, and with it neither
    ``asyncio.timeout`` nor ``asyncio.wait_for``. Whoever cleaned up then would do it beside work that still goes on: a
    file would be removed before it is made.

    Args:
        work: What to run.
        limiter: How many run at once; None for anyio's own limit.
    """
    state = concurrent.futures.Future[None]()
    try:
        return await anyio.to_thread.run_sync(partial(_run, work, state), limiter=limiter)
    except BaseException:
        # If it has not begun, it does not begin any more.
        if not state.cancel():
            await _end_of(state)
        raise


async def to_its_end(work: Callable[[], ResultT], *, limiter: anyio.CapacityLimiter | None = None) -> ResultT:
    """Run something in a worker thread that has to be done, also in a task that is cancelled, and cancelled again.

    Args:
        work: What to run, once.
        limiter: How many run at once; None for anyio's own limit.
    """
    begun = concurrent.futures.Future[None]()

    def noted() -> ResultT:
        begun.set_result(None)
        return work()

    cancelled: asyncio.CancelledError | None = None
    with anyio.CancelScope(shield=True):
        while not begun.done():
            try:
                result = await in_thread(noted, limiter=limiter)
            except asyncio.CancelledError as error:
                cancelled = error
            else:
                if cancelled is None:
                    return result
    try:
        raise cancelled or AssertionError("nobody cancels this scope")
    finally:
        cancelled = None  # its traceback refers to this frame


def _run(work: Callable[[], ResultT], state: concurrent.futures.Future[None]) -> ResultT:
    if not state.set_running_or_notify_cancel():
        raise concurrent.futures.CancelledError  # nobody waits for it
    try:
        return work()
    finally:
        state.set_result(None)


async def _end_of(state: concurrent.futures.Future[None]) -> None:
    """Wait until the work is over. Returns at once in the usual case, where it is the work that has failed."""
    if state.done():
        return
    over = asyncio.wrap_future(state)
    with anyio.CancelScope(shield=True):
        while not over.done():
            try:
                await asyncio.wait({over})
            except asyncio.CancelledError:
                continue  # the one that led here is raised again
