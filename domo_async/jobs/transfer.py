"""One DataSet into one file, again and again until it is whole."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from domo_async.errors import DomoError, NotFoundError
from domo_async.jobs.events import TransferProgress, TransferRetried, TransferStarted
from domo_async.jobs.report import Transfer
from domo_async.tabular.export_file import write_export

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from domo_async.jobs.events import PullEvent
    from domo_async.jobs.source import DatasetSource
    from domo_async.models import DataSet
    from domo_async.tabular.export_file import WrittenFile
    from domo_async.tabular.file_format import FileFormat
    from domo_async.tabular.types import DecimalType

__all__ = ["Plan", "Transferring"]

_FIRST_WAIT = 1.0
_LONGEST_WAIT = 60.0
_MOST_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """What is the same for all DataSets of a job.

    Attributes:
        format: Kind of the files.
        include_header: Whether CSV files begin with a line of names.
        columns: Columns to keep, None for all.
        decimal: Precision and scale for DECIMAL columns.
        retries: How often a transfer is begun again after an error that waiting can cure.
        emit: Takes the events.
        sleep: Waits some seconds.
    """

    format: FileFormat
    include_header: bool
    columns: Sequence[str] | None
    decimal: DecimalType
    retries: int
    emit: Callable[[PullEvent], None]
    sleep: Callable[[float], Awaitable[None]]


class Transferring:
    """The transfer of one DataSet, with its retries.

    Each attempt reads the metadata, streams the export into a file and counts. When the count differs, the metadata is
    read once more: the DataSet may have got other rows since. Then the file stands if it has the new number of rows;
    otherwise the attempt has failed and is repeated. With PDP switched on, an export shows the rows that the user
    may see, and the count says nothing.

    Args:
        source: Where the DataSet comes from.
        dataset_id: Its id.
        plan: How to bring it.
        place: Answers where its file goes, once its metadata is known.
    """

    def __init__(
        self, source: DatasetSource, dataset_id: str, plan: Plan, place: Callable[[DataSet], Awaitable[Path]]
    ) -> None:
        self._source = source
        self._id = dataset_id
        self._plan = plan
        self._place = place
        self._path: Path | None = None
        self._dataset: DataSet | None = None
        self._rows = 0
        self._received = 0

    async def run(self) -> Transfer:
        """Bring the DataSet.

        Returns:
            What became of it: an error of Domo or of this library is a part of the answer.
        """
        started = time.monotonic()
        attempt = 1
        while True:
            try:
                written = await self._attempt()
            except DomoError as error:
                if not error.retryable or attempt > self._plan.retries:
                    return self._result(started, attempt, None, error)
                wait = _wait_before_retry(attempt, error)
                self._plan.emit(TransferRetried(self._id, attempt, error, wait))
                await self._plan.sleep(wait)
                attempt += 1
            else:
                return self._result(started, attempt, written, None)

    async def _attempt(self) -> WrittenFile:
        self._rows = self._received = 0
        dataset = self._dataset = await self._source.get(self._id)
        if dataset.deleted:
            raise NotFoundError("the DataSet is deleted", status=404, operation="datasets.get")
        if self._path is None:
            self._path = await self._place(dataset)
        expected = None if dataset.pdp_enabled else dataset.rows
        self._plan.emit(TransferStarted(self._id, dataset.name, expected))
        async with self._source.export(self._id, include_header=False) as body:
            return await write_export(
                body,
                self._path,
                dataset=dataset,
                format=self._plan.format,
                expected_rows=expected,
                recount=self._recount,
                include_header=self._plan.include_header,
                columns=self._plan.columns,
                decimal=self._plan.decimal,
                on_progress=self._progress,
            )

    async def _recount(self) -> int | None:
        return (await self._source.get(self._id)).rows

    def _progress(self, rows: int, received: int) -> None:
        self._rows += rows
        self._received += received
        self._plan.emit(TransferProgress(self._id, self._rows, self._received))

    def _result(self, started: float, attempt: int, written: WrittenFile | None, error: DomoError | None) -> Transfer:
        dataset = self._dataset
        return Transfer(
            dataset_id=self._id,
            name=dataset.name if dataset else None,
            path=written.path if written else None,
            rows=written.rows if written else 0,
            received=written.received if written else self._received,
            file_bytes=written.bytes if written else 0,
            seconds=time.monotonic() - started,
            retries=attempt - 1,
            data_current_at=dataset.data_current_at if dataset else None,
            error=error,
        )


def _wait_before_retry(attempt: int, error: DomoError) -> float:
    """Full jitter over a doubling bound, and never less than Domo asked for."""
    bound = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(attempt - 1, _MOST_DOUBLINGS))
    asked = getattr(error, "retry_after", None)
    return max(random.uniform(0, bound), asked or 0.0)  # noqa: S311 - waits are no secret
