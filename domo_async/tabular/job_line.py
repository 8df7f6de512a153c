"""Jobs for a few threads, whose results are taken in the order in which the jobs were given."""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Generic, TypeVar

import anyio
import sniffio

from domo_async.tabular.computing import compute, computing_limiter

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["JobLine"]

T = TypeVar("T")


class JobLine(Generic[T]):
    """Runs jobs in threads of its own, and hands out their results in order.

    It has no task and no cancel scope, so an async generator can hold it over a ``yield``. Jobs count for the limiter
    of `compute`, so that many lines at a time do not compute on more threads than there are cores.

    Args:
        threads: How many jobs run at a time, at most.
    """

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, "domo-async-encoder")
        self._jobs: deque[_Job[T]] = deque()
        self._post = _poster()

    def __len__(self) -> int:
        """Jobs whose results were not taken yet."""
        return len(self._jobs)

    async def give(self, work: Callable[[], T]) -> None:
        """Start a job as soon as a core is free."""
        job: _Job[T] = _Job()
        limiter = computing_limiter()
        await limiter.acquire_on_behalf_of(job)

        def done() -> None:
            limiter.release_on_behalf_of(job)
            job.done.set()

        def tell(_: Future[T]) -> None:
            try:
                self._post(done)
            except RuntimeError:
                return  # the event loop is gone (trio.RunFinishedError is a RuntimeError)

        job.future = self._pool.submit(work)
        job.future.add_done_callback(tell)
        self._jobs.append(job)

    async def take(self) -> T:
        """The result of the oldest job, or what it raised."""
        job = self._jobs[0]
        await job.done.wait()
        self._jobs.popleft()
        return job.future.result()

    async def aclose(self) -> None:
        """Drop the jobs that wait, and wait for the end of those that run. They are short."""
        with anyio.CancelScope(shield=True):
            for job in self._jobs:
                job.future.cancel()
            for job in self._jobs:
                await job.done.wait()
            self._jobs.clear()
            await compute(self._pool.shutdown)


class _Job(Generic[T]):
    def __init__(self) -> None:
        self.done = anyio.Event()
        self.future: Future[T]


def _poster() -> Callable[[Callable[[], object]], object]:
    """Calls a function in this event loop, from any thread, without waiting for it."""
    if sniffio.current_async_library() == "trio":
        import trio

        return trio.lowlevel.current_trio_token().run_sync_soon
    return asyncio.get_running_loop().call_soon_threadsafe
