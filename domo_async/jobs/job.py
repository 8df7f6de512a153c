"""A pull while it runs."""

from __future__ import annotations

import logging
import math
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from domo_async.errors import (
    ClientClosedError,
    ConfigurationError,
    DomoError,
    InvalidCredentialsError,
    InvalidScopeError,
    NotFoundError,
    PullError,
    TargetError,
)
from domo_async.jobs.chronicle.chronicler import Chronicler
from domo_async.jobs.events import (
    FilesRemoved,
    PullFinished,
    PullStarted,
    SelectionRead,
    StatsRead,
    TransferFailed,
    TransferFinished,
    TransferQueued,
    TransferSkipped,
)
from domo_async.jobs.fetch import Means, fetch_here
from domo_async.jobs.listing import length_of, wanted
from domo_async.jobs.pruning import Pruning
from domo_async.jobs.report import PullReport, Transfer
from domo_async.jobs.selection import Selection
from domo_async.jobs.spool import Room
from domo_async.jobs.survey import Survey
from domo_async.jobs.targets import NameRefusedError
from domo_async.jobs.targets.calls import TargetCalls
from domo_async.jobs.targets.folder import FolderTarget
from domo_async.jobs.transfer import Surroundings, Transferring, transfer_of
from domo_async.jobs.turns import Turns
from domo_async.tabular.read_ahead import close_iterator

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

    from domo_async.http.stats import Stats
    from domo_async.jobs.chronicle.document import Chronicle
    from domo_async.jobs.events import PullEvent
    from domo_async.jobs.fetch import Fetcher
    from domo_async.jobs.listing import Selectable
    from domo_async.jobs.settings import JobSettings
    from domo_async.jobs.source import DatasetSource
    from domo_async.jobs.survey import Finding
    from domo_async.jobs.targets import Contents, Target
    from domo_async.models import DataSet, DataSetSummary

__all__ = ["Job"]

logger: logging.Logger = logging.getLogger(__name__)

_SPILL = 2 * 2**30
"""Bytes of CSV that may wait on the disk; more of them wait at Domo."""

_SHARE_OF_DISK = 4

_BETWEEN_STATS = 1.0
"""Seconds between two looks at the numbers of the client."""


class Job:
    """A pull while it runs. Runs once.

    One task reads the selection to its end and compares each DataSet with the manifest; what has to be done goes to the
    workers through a queue. Names are given in the order of the selection, whatever order the metadata comes in: which
    of two equal names gets the id appended must not depend on the network.

    Whatever ends the job, what is finished is in the manifest, and the target is given back.

    Args:
        source: Where DataSets come from.
        target: Where they go.
        settings: How.
        listener: Takes the events.
        sleep: Waits some seconds.
        fetch: Brings rows into files, None for this computer to do it.
        stats: Reads the numbers of the client, None if there is no such thing.
    """

    def __init__(
        self,
        source: DatasetSource,
        target: Target,
        settings: JobSettings,
        listener: Callable[[PullEvent], None],
        sleep: Callable[[float], Awaitable[None]],
        stats: Callable[[], Stats] | None = None,
        *,
        fetch: Fetcher | None = None,
    ) -> None:
        self._stats = stats
        self._chronicler = Chronicler()
        self._source = source
        self._target = TargetCalls(target)
        self._folder = Path(target.place) if isinstance(target, FolderTarget) else None
        self._settings = settings
        self._listener = listener
        self._listening = False
        self._fetch = fetch
        self._sleep = sleep
        self._turns = Turns()
        self._wanted: dict[str, int] = {}
        self._done: dict[int, Transfer] = {}
        self._failed = 0
        self._removed: list[str] = []
        self._warnings: list[str] = []
        self._stopped_by: Exception | None = None
        self._ended = False
        self._survey: Survey
        self._pruning: Pruning
        self._around: Surroundings

    async def run(self, items: Selectable) -> PullReport:
        """Do it.

        Raises:
            DomoError: What stopped it.
        """
        started = time.monotonic()
        try:
            contents = await self._target.open()
            await self._begin(contents, items)
            await self._pull(items, contents)
            await self._tidy_up(contents)
            self._ended = True
        except Exception as error:  # noqa: BLE001 - raised again below, when the target is given back
            self._stopped_by = error
        finally:
            await self._close()
            report = PullReport(
                tuple(self._done[number] for number in sorted(self._done)),
                seconds=time.monotonic() - started,
                removed=tuple(self._removed),
                warnings=tuple(self._warnings),
                chronicle=self._written_down(),
            )
            if self._listening:
                self._tell(PullFinished(report))
        if isinstance(self._stopped_by, _TooManyFailuresError):
            failed = f"{self._failed} DataSet{'s' if self._failed > 1 else ''} failed"
            raise PullError(
                f"The job was stopped, since {failed}: {self._stopped_by}", report=report
            ) from self._stopped_by.__cause__
        if self._stopped_by is not None:
            raise self._stopped_by
        return report

    async def _begin(self, contents: Contents, items: Selectable) -> None:
        settings = self._settings
        self._warnings += contents.warnings
        for warning in contents.warnings:
            logger.warning("%s", warning)
        self._survey = Survey(
            self._target,
            contents.records,
            settings.recipes,
            by_name=settings.names == "name",
            refresh=settings.refresh,
            verify=settings.verify,
        )
        self._pruning = Pruning(
            self._target, self._survey, self._wanted, self._removed, self._tell, allowed=settings.prune
        )
        room = Room(min(_SPILL, await self._target.free_space() // _SHARE_OF_DISK))
        means = Means(self._source, anyio.CapacityLimiter(settings.budget.decoders), room)
        self._around = Surroundings(
            source=self._source,
            fetch=self._fetch or partial(fetch_here, means),
            target=self._target,
            folder=self._folder,
            patience=settings.patience,
            emit=self._tell,
            sleep=self._sleep,
        )
        self._listening = True
        selection = items.words if isinstance(items, Selection) else None
        place = self._target.target.place
        self._tell(PullStarted(length_of(items), place, contents.warnings, settings=settings.described(selection)))
        if self._stats is not None:
            self._tell(StatsRead(self._stats()))  # before the first call, so that what follows counts in full
        if contents.leftovers:
            self._tell(FilesRemoved(contents.leftovers, "a job that was cut off had begun to write them"))

    async def _pull(self, items: Selectable, contents: Contents) -> None:
        """Everything that happens at the same time."""
        send, receive = anyio.create_memory_object_stream[tuple[int, str]](math.inf)
        total = length_of(items)
        workers = self._settings.budget.downloads
        async with anyio.create_task_group() as tasks, send, receive, anyio.create_task_group() as meanwhile:
            scope = tasks.cancel_scope
            if (seconds := self._target.target.renew_every) is not None:
                meanwhile.start_soon(self._guarded, scope, partial(self._renew, seconds))
            if self._stats is not None:
                meanwhile.start_soon(self._guarded, scope, partial(self._count, self._stats))
            async with anyio.create_task_group() as working:
                working.start_soon(self._guarded, scope, partial(self._read, items, contents, send.clone()))
                for _ in range(workers if total is None else min(workers, total)):
                    working.start_soon(self._guarded, scope, partial(self._work, receive.clone()))
                send.close()
            meanwhile.cancel_scope.cancel()
        if self._stopped_by is not None:
            raise self._stopped_by

    async def _guarded(self, scope: anyio.CancelScope, work: Callable[[], Awaitable[None]]) -> None:
        """Let the first error of a task stop all of them, and come out as itself and not in a group."""
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - raised again by _pull
            self._stopped_by = self._stopped_by or error
            scope.cancel()

    async def _renew(self, seconds: float) -> None:
        while True:
            await anyio.sleep(seconds)
            await self._target.renew()

    async def _count(self, stats: Callable[[], Stats]) -> None:
        while True:
            await anyio.sleep(_BETWEEN_STATS)
            self._tell(StatsRead(stats()))

    async def _read(
        self, items: Selectable, contents: Contents, queue: MemoryObjectSendStream[tuple[int, str]]
    ) -> None:
        """Read the selection; what has not changed is done with that."""
        rows = 0
        iterator = wanted(items, self._source, contents.records)
        async with queue:
            try:
                async for dataset_id, summary in iterator:
                    number = self._wanted[dataset_id] = len(self._wanted)
                    finding = None
                    if summary is not None and not self._pruning.has_rival(summary):
                        finding = await self._look_at(number, summary)
                    if finding is not None and finding.is_settled:
                        await self._skip(number, dataset_id, summary, finding)
                    else:
                        rows += (summary.rows or 0) if summary is not None else 0
                        self._tell(_queued(dataset_id, summary, finding))
                        queue.send_nowait((number, dataset_id))
            finally:
                await close_iterator(iterator)
        self._pruning.all_read.set()
        self._tell(SelectionRead(len(self._wanted), len(self._done), rows))

    async def _look_at(self, number: int, dataset: DataSetSummary) -> Finding:
        stem = self._survey.stem_for(dataset)
        self._turns.passed(number)
        return await self._survey.look_at(dataset, stem)

    async def _look_in_turn(self, number: int, dataset: DataSet) -> Finding:
        await self._turns.wait(number)
        if self._pruning.has_rival(dataset):
            await self._pruning.make_way(dataset)
        return await self._look_at(number, dataset)

    async def _skip(self, number: int, dataset_id: str, summary: DataSetSummary | None, finding: Finding) -> None:
        record = finding.record
        if record is not None and record is not self._survey.record_of(dataset_id):
            await self._target.note(dataset_id, record)
        transfer = transfer_of(dataset_id, summary, record, folder=self._folder, action="unchanged")
        self._done[number] = transfer
        self._tell(TransferSkipped(transfer))

    async def _work(self, queue: MemoryObjectReceiveStream[tuple[int, str]]) -> None:
        async with queue:
            async for number, dataset_id in queue:
                look_at = partial(self._look_in_turn, number)
                give_way = partial(self._turns.passed, number)
                transfer = await Transferring(dataset_id, self._around, look_at, give_way).run()
                await self._take_down(number, transfer)

    async def _take_down(self, number: int, transfer: Transfer) -> None:
        error = transfer.error
        if isinstance(error, NotFoundError) and await self._pruning.forget_gone(transfer.dataset_id):
            return
        self._done[number] = transfer
        if error is None:
            self._tell(TransferFinished(transfer) if transfer.fetched else TransferSkipped(transfer))
            return
        self._failed += 1
        self._tell(TransferFailed(transfer))
        if _stops_the_job(error):
            raise error
        if self._settings.max_failures is not None and self._failed > self._settings.max_failures:
            raise _TooManyFailuresError(str(error)) from error

    async def _tidy_up(self, contents: Contents) -> None:
        """What can be done only when the selection was read to its end, and nothing stopped the job."""
        for key in self._settings.recipes.unused:
            self._warn(f"options: {key!r} fits no DataSet of this job")
        others = self._pruning.left(contents.records)
        if others and not self._wanted:
            self._warn("The selection is empty: nothing is removed, since that is more likely a mistake than a wish")
        else:
            await self._pruning.forget_all(others)

    async def _close(self) -> None:
        try:
            await self._target.close()
        except DomoError as error:
            logger.warning("The target could not be given back in order: %s", error)
            self._stopped_by = self._stopped_by or error

    def _warn(self, words: str) -> None:
        self._warnings.append(words)
        logger.warning("%s", words)

    def _written_down(self) -> Chronicle:
        """What happened, for the report. The last numbers of the client belong to it."""
        if self._stats is not None:
            self._chronicler(StatsRead(self._stats()))
        error = self._stopped_by
        if isinstance(error, _TooManyFailuresError) and isinstance(error.__cause__, DomoError):
            error = error.__cause__
        self._chronicler.warnings = list(self._warnings)
        return self._chronicler.chronicle(error=error, interrupted=error is None and not self._ended)

    def _tell(self, event: PullEvent) -> None:
        self._chronicler(event)
        try:
            self._listener(event)
        except BaseException:
            self._listening = False
            raise


class _TooManyFailuresError(Exception):
    """More DataSets failed than may; the cause is the failure of the last one."""


def _queued(dataset_id: str, summary: DataSetSummary | None, finding: Finding | None) -> TransferQueued:
    decision = finding.decision if finding is not None and finding.decision.certain else None
    return TransferQueued(
        dataset_id,
        summary.name if summary is not None else None,
        decision.action if decision is not None else None,
        decision.reason if decision is not None else "its metadata has to be seen first",
        summary.rows if summary is not None else None,
    )


def _stops_the_job(error: DomoError) -> bool:
    """Whether it would be the same for every other DataSet."""
    if isinstance(error, TargetError):
        return not isinstance(error, NameRefusedError)
    return isinstance(error, ConfigurationError | ClientClosedError | InvalidCredentialsError | InvalidScopeError)
