"""A push while it runs."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import anyio

from domo_async.errors import (
    ClientClosedError,
    ConfigurationError,
    DomoError,
    InvalidCredentialsError,
    InvalidScopeError,
    PushError,
    TargetError,
)
from domo_async.jobs.push_events import PushFinished, PushStarted, UploadFailed, UploadFinished, UploadSkipped
from domo_async.jobs.push_finding import find_destinations
from domo_async.jobs.push_report import PushReport, Upload
from domo_async.jobs.push_transfer import Pushing, PushSurroundings
from domo_async.tabular.computing import compute, finish

if TYPE_CHECKING:
    from anyio.streams.memory import MemoryObjectReceiveStream

    from domo_async.jobs.push_events import PushEvent
    from domo_async.jobs.push_finding import Destination
    from domo_async.jobs.push_options import Writings
    from domo_async.jobs.push_sources import PushItem

__all__ = ["PushJob"]

logger: logging.Logger = logging.getLogger(__name__)


class PushJob:
    """A push while it runs. Runs once.

    Whatever ends it, what is done is written down, and the state is unlocked.

    Args:
        around: What DataSets share.
        writings: How they are written.
        concurrency: DataSets at a time.
        max_failures: DataSets that may fail before the push is stopped, None for any number.
        target: URL of the API, for messages.
    """

    def __init__(
        self,
        around: PushSurroundings,
        writings: Writings,
        *,
        concurrency: int,
        max_failures: int | None,
        target: str,
    ) -> None:
        self._around = around
        self._writings = writings
        self._concurrency = concurrency
        self._max_failures = max_failures
        self._target = target
        self._done: dict[int, Upload] = {}
        self._failed = 0
        self._warnings: list[str] = []
        self._listening = False
        self._stopped_by: Exception | None = None

    async def run(self, items: Sequence[PushItem]) -> PushReport:
        """Do it.

        Raises:
            DomoError: What stopped it.
        """
        started = time.monotonic()
        state = self._around.state
        try:
            await compute(state.open)
            destinations = await find_destinations(self._around.datasets, items, self._writings)
            self._begin(len(items))
            await self._push(destinations)
        except Exception as error:  # noqa: BLE001 - raised again below, when the state is given back
            self._stopped_by = self._stopped_by or error
        finally:
            await self._close()
            uploads = tuple(self._done[number] for number in sorted(self._done))
            report = PushReport(uploads, seconds=time.monotonic() - started, warnings=tuple(self._warnings))
            if self._listening:
                self.tell(PushFinished(report))
        if isinstance(self._stopped_by, _TooManyFailuresError):
            failed = f"{self._failed} DataSet{'s' if self._failed > 1 else ''} failed"
            raise PushError(
                f"The push was stopped, since {failed}: {self._stopped_by}", report=report
            ) from self._stopped_by.__cause__
        if self._stopped_by is not None:
            raise self._stopped_by
        return report

    def _begin(self, total: int) -> None:
        for key in self._writings.unused:
            self._warnings.append(f"options: {key!r} fits no DataSet of this push")
        for words in self._warnings:
            logger.warning("%s", words)
        self._listening = True
        self.tell(PushStarted(total, self._target, tuple(self._warnings)))

    async def _push(self, destinations: Sequence[Destination]) -> None:
        send, receive = anyio.create_memory_object_stream[tuple[int, "Destination"]](math.inf)
        with send:
            for numbered in enumerate(destinations):
                send.send_nowait(numbered)
        with receive:
            async with anyio.create_task_group() as tasks:
                for _ in range(min(self._concurrency, len(destinations))):
                    tasks.start_soon(self._guarded, tasks.cancel_scope, partial(self._work, receive.clone()))

    async def _guarded(self, scope: anyio.CancelScope, work: Callable[[], Awaitable[None]]) -> None:
        """Let the first error of a task stop all of them, and come out as itself and not in a group."""
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - raised again by run
            self._stopped_by = self._stopped_by or error
            scope.cancel()

    async def _work(self, queue: MemoryObjectReceiveStream[tuple[int, Destination]]) -> None:
        async with queue:
            async for number, one in queue:
                if one.error is not None:
                    upload = Upload(one.item.source, one.name, error=one.error)
                else:
                    upload = await Pushing(one, self._around).run()
                self._take_down(number, upload)

    def _take_down(self, number: int, upload: Upload) -> None:
        self._done[number] = upload
        error = upload.error
        if error is None:
            self.tell(UploadFinished(upload) if upload.written else UploadSkipped(upload))
            return
        self._failed += 1
        self.tell(UploadFailed(upload))
        if isinstance(
            error, TargetError | ConfigurationError | ClientClosedError | InvalidCredentialsError | InvalidScopeError
        ):
            raise error  # it would be the same for every other DataSet
        if self._max_failures is not None and self._failed > self._max_failures:
            raise _TooManyFailuresError(str(error)) from error

    async def _close(self) -> None:
        try:
            await finish(self._around.state.close)
        except DomoError as error:
            logger.warning("What was pushed could not be written down in order: %s", error)
            self._stopped_by = self._stopped_by or error

    def tell(self, event: PushEvent) -> None:
        """Hand an event to the listener."""
        try:
            self._around.emit(event)
        except BaseException:
            self._listening = False
            raise


class _TooManyFailuresError(Exception):
    """More DataSets failed than may; the cause is the failure of the last one."""
