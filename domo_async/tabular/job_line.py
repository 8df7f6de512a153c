"""Jobs for threads, whose results are taken in the order in which the jobs were given."""

from __future__ import annotations

import _thread
import asyncio
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

import anyio
import sniffio

from domo_async.tabular.computing import computing_limiter

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["JobLine"]

T = TypeVar("T")


class JobLine(Generic[T]):
    """Runs jobs in threads, and hands out their results in order.

    It has no task and no cancel scope, so an async generator can hold it over a ``yield``. Each job has a thread of its
    own, and holds a place of the limiter of `compute`: however many lines there are, no more threads compute than there
    are cores, and none idles. Starting one takes a hundredth of the time of a job.

    Args:
        jobs: How many run at a time, at most; None for as many as the limiter lets.
    """

    def __init__(self, jobs: int | None = None) -> None:
        self._line: deque[_Job[T]] = deque()
        self._limiters = [computing_limiter()]
        if jobs is not None:
            self._limiters.insert(0, anyio.CapacityLimiter(jobs))
        self._post = _poster()

    def __len__(self) -> int:
        """Jobs whose results were not taken yet."""
        return len(self._line)

    async def give(self, work: Callable[[], T]) -> None:
        """Start a job as soon as there is a place for it."""
        job = _Job(work, self._post)
        try:
            for limiter in self._limiters:
                await limiter.acquire_on_behalf_of(job)
                job.limiters.append(limiter)
            # Not Thread.start(), which waits until the thread runs: on a busy machine the event loop stood still for
            # up to 80 ms in that.
            _thread.start_new_thread(job.run, ())
        except BaseException:
            job.leave()
            raise
        self._line.append(job)

    async def take(self) -> T:
        """The result of the oldest job, or what it raised."""
        await self._line[0].done.wait()
        return self._line.popleft().outcome()

    async def aclose(self) -> None:
        """Wait for the end of the jobs that run, also in a cancelled task. They are short."""
        with anyio.CancelScope(shield=True):
            while self._line:
                await self._line[0].done.wait()
                self._line.popleft()


class _Job(Generic[T]):
    def __init__(self, work: Callable[[], T], post: Callable[[Callable[[], object]], object]) -> None:
        self.done = anyio.Event()
        self.limiters: list[anyio.CapacityLimiter] = []
        self._work = work
        self._post = post
        self._results: list[T] = []
        self._error: BaseException | None = None

    def leave(self) -> None:
        while self.limiters:
            self.limiters.pop().release_on_behalf_of(self)

    def outcome(self) -> T:
        if self._error is not None:
            raise self._error
        return self._results[0]

    def run(self) -> None:
        try:
            self._results.append(self._work())
        except BaseException as error:  # noqa: BLE001 - raised again where the result is taken
            self._error = error
        try:
            self._post(self._end)
        except RuntimeError:
            return  # the event loop is gone (trio.RunFinishedError is a RuntimeError)

    def _end(self) -> None:
        self.leave()
        self.done.set()


def _poster() -> Callable[[Callable[[], object]], object]:
    """Calls a function in this event loop, from any thread, without waiting for it."""
    if sniffio.current_async_library() == "trio":
        import trio

        return trio.lowlevel.current_trio_token().run_sync_soon
    return asyncio.get_running_loop().call_soon_threadsafe
