"""Work for worker threads: parsing, encoding, compressing, writing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

import anyio
from anyio.lowlevel import RunVar

from domo_async.tabular.threads import in_thread, to_its_end

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["compute", "computing_limiter", "finish"]

ResultT = TypeVar("ResultT")

_limiter: RunVar[anyio.CapacityLimiter] = RunVar("domo_async.computing")


async def compute(work: Callable[[], ResultT]) -> ResultT:
    """Run some milliseconds of work in a worker thread, and wait for its end even when cancelled.

    At most one thread per core computes, and one more waits for a disk. More would finish no sooner, and each holds
    memory of its own: with sixteen exports at a time that is the larger part.
    """
    return await in_thread(work, limiter=computing_limiter())


async def finish(work: Callable[[], ResultT]) -> ResultT:
    """The same for what cleans up: it is done also in a task that is cancelled, and cancelled again meanwhile."""
    return await to_its_end(work, limiter=computing_limiter())


def computing_limiter() -> anyio.CapacityLimiter:
    """The limiter of this event loop."""
    try:
        return _limiter.get()
    except LookupError:
        limiter = anyio.CapacityLimiter((os.cpu_count() or 1) + 1)
        _limiter.set(limiter)
        return limiter
