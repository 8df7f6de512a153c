"""Many DataSets into a folder."""

from __future__ import annotations

import errno
import time
from collections.abc import AsyncIterable, Iterable, Sized
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import anyio

from domo_async.errors import (
    ClientClosedError,
    ConfigurationError,
    DomoError,
    InvalidArgumentError,
    InvalidCredentialsError,
    InvalidScopeError,
    TargetError,
)
from domo_async.jobs.events import PullFinished, PullStarted, TransferFailed, TransferFinished
from domo_async.jobs.file_names import FileNames
from domo_async.jobs.report import PullReport, Transfer
from domo_async.jobs.transfer import Plan, Transferring
from domo_async.jobs.turns import Turns
from domo_async.models import DataSetSummary
from domo_async.tabular.computing import compute
from domo_async.tabular.file_format import check_format, suffix_of
from domo_async.tabular.read_ahead import close_iterator
from domo_async.tabular.types import DEFAULT_DECIMAL, DecimalType

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence

    from domo_async.jobs.events import PullEvent
    from domo_async.jobs.source import DatasetSource
    from domo_async.models import DataSet
from domo_async.tabular.file_format import FileFormat

__all__ = ["pull"]

# These concern one file name; any other refusal will meet the next file as well.
_OF_ONE_NAME = {errno.EISDIR, errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL, errno.ELOOP}


async def pull(
    datasets: DatasetSource,
    ids: Iterable[str | DataSetSummary] | AsyncIterable[str | DataSetSummary],
    *,
    to: str | os.PathLike[str],
    format: FileFormat = "parquet",
    concurrency: int = 16,
    retries: int = 3,
    names: Literal["name", "id"] = "name",
    include_header: bool = True,
    columns: Sequence[str] | None = None,
    decimal: DecimalType = DEFAULT_DECIMAL,
    on_event: Callable[[PullEvent], None] | None = None,
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
) -> PullReport:
    """Bring DataSets into a folder, one file each, many at a time and in constant memory.

    Each file is written under a temporary name, counted against the metadata, and renamed when it is whole; there is
    never a torn file under a final name. A DataSet that fails does not stop the others: the report says so, and
    `PullReport.raise_for_failures` turns that into an exception. What would fail for every other DataSet too (a full
    disk, a missing package, refused credentials) stops the job at once, and what is finished stays.

    Cancelling the job removes the temporary files before it returns.

    Args:
        datasets: Where they come from: ``domo.datasets``.
        ids: Ids, or DataSets of a listing; read as the job goes on, so a listing of thousands may be passed as it is.
            An id that comes again is skipped.
        to: The folder, created when missing. Existing files of the same names are replaced.
        format: Kind of the files.
        concurrency: How many DataSets are on their way at a time. Each takes up to 40 MB of
            memory, small ones less.
        retries: How often a transfer is begun again after an error that waiting can cure, 0 or more.
        names: What the files are called after. With ``name``, the second of two equal names gets a part of its id;
            ``id`` is the choice when names repeat or change and the files should not.
        include_header: Whether CSV files begin with a line of names.
        columns: Names of the columns to keep, None for all. All DataSets must have them.
        decimal: Precision and scale for DECIMAL columns.
        on_event: Called in the event loop with each event; must not block. If it raises, the job stops with that.
        sleep: Waits between retries, in seconds.

    Returns:
        What became of each DataSet, in the order of `ids`.

    Raises:
        InvalidArgumentError: An argument makes no sense; nothing was sent.
        TargetError: The folder cannot be made or written to, or the disk is full.
        ConfigurationError: A setting or a package is missing.
        AuthenticationError: The credentials or the scope were refused.
        ClientClosedError: The client was closed meanwhile.

    Example:
        ::

            report = await pull(domo.datasets, domo.datasets.list(name_like="sales"), to="lake", concurrency=8)
            report.raise_for_failures()
    """
    kind = check_format(format)
    if concurrency < 1:
        raise InvalidArgumentError(f"concurrency={concurrency} is not 1 or more")
    if retries < 0:
        raise InvalidArgumentError(f"retries={retries} is not 0 or more")
    if isinstance(ids, str | bytes):
        raise InvalidArgumentError("ids is one text and not a list of ids")
    if names not in ("name", "id"):
        raise InvalidArgumentError(f"names={names!r} is neither 'name' nor 'id'")
    plan = Plan(kind, include_header, columns, decimal, retries, on_event or _ignore, sleep)
    folder = Path(to)
    await compute(partial(_make_folder, folder))
    job = _Pull(datasets, folder, plan, FileNames(suffix_of(kind)), by_name=names == "name")
    return await job.run(ids, concurrency)


class _Pull:
    """A job while it runs.

    Workers take ids from one iterator. File names are given in the order of the ids, whatever order the metadata comes
    in: which of two equal names gets the id appended must not depend on the network.
    """

    def __init__(self, source: DatasetSource, folder: Path, plan: Plan, names: FileNames, *, by_name: bool) -> None:
        self._source = source
        self._folder = folder
        self._plan = plan
        self._names = names
        self._by_name = by_name
        self._turns = Turns()
        self._done: dict[int, Transfer] = {}
        self._stopped_by: Exception | None = None

    async def run(
        self, ids: Iterable[str | DataSetSummary] | AsyncIterable[str | DataSetSummary], concurrency: int
    ) -> PullReport:
        started = time.monotonic()
        total = len(ids) if isinstance(ids, Sized) else None
        self._plan.emit(PullStarted(total))
        numbered = _numbered(ids)
        taking = anyio.Lock()
        try:
            async with anyio.create_task_group() as tasks:
                for _ in range(concurrency if total is None else min(concurrency, total)):
                    tasks.start_soon(self._work, numbered, taking, tasks.cancel_scope)
        finally:
            await close_iterator(numbered)
        report = PullReport(
            tuple(self._done[number] for number in sorted(self._done)), seconds=time.monotonic() - started
        )
        self._plan.emit(PullFinished(report))
        if self._stopped_by is not None:
            raise self._stopped_by
        return report

    async def _work(
        self, numbered: AsyncIterator[tuple[int, str]], taking: anyio.Lock, scope: anyio.CancelScope
    ) -> None:
        try:
            while True:
                async with taking:  # a generator may not be resumed by two tasks at a time
                    item = await anext(numbered, None)
                if item is None:
                    return
                await self._bring(*item)
        except Exception as error:  # noqa: BLE001 - raised again by run, as itself and not in a group
            self._stopped_by = self._stopped_by or error
            scope.cancel()

    async def _bring(self, number: int, dataset_id: str) -> None:
        async def place(dataset: DataSet) -> Path:
            await self._turns.wait(number)
            name = self._names.take(dataset.name if self._by_name else None, dataset_id)
            self._turns.passed(number)
            return self._folder / name

        transfer = await Transferring(self._source, dataset_id, self._plan, place).run()
        self._turns.passed(number)
        self._done[number] = transfer
        if transfer.error is None:
            self._plan.emit(TransferFinished(transfer))
            return
        self._plan.emit(TransferFailed(transfer))
        if _stops_the_job(transfer.error):
            raise transfer.error


async def _numbered(
    ids: Iterable[str | DataSetSummary] | AsyncIterable[str | DataSetSummary],
) -> AsyncGenerator[tuple[int, str]]:
    seen: set[str] = set()
    iterator = aiter(ids if isinstance(ids, AsyncIterable) else _as_async(ids))
    try:
        async for item in iterator:
            dataset_id = item.id if isinstance(item, DataSetSummary) else item
            if not isinstance(dataset_id, str) or not dataset_id:
                raise InvalidArgumentError(f"{dataset_id!r} is no DataSet id")
            if dataset_id not in seen:
                seen.add(dataset_id)
                yield len(seen) - 1, dataset_id
    finally:
        await close_iterator(iterator)


async def _as_async(ids: Iterable[str | DataSetSummary]) -> AsyncIterator[str | DataSetSummary]:
    for item in ids:
        yield item


def _stops_the_job(error: DomoError) -> bool:
    if isinstance(error, TargetError):
        return not (isinstance(error.__cause__, OSError) and error.__cause__.errno in _OF_ONE_NAME)
    return isinstance(error, ConfigurationError | ClientClosedError | InvalidCredentialsError | InvalidScopeError)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        words = "is a file, and a folder should be there" if folder.is_file() else f"cannot be made: {error.strerror}"
        raise TargetError(f"{folder} {words}") from error


def _ignore(event: PullEvent) -> None:
    pass
