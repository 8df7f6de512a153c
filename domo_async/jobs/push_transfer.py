"""One DataSet to Domo, again and again until its rows are there; but never twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from domo_async.errors import CommitTooSoonError, DomoError, NotFoundError, UnsettledWriteError
from domo_async.http.options import UNSET
from domo_async.jobs.push_bookkeeping import PushBook
from domo_async.jobs.push_decision import Decision, check_as_seen, decide, look_at
from domo_async.jobs.push_events import UploadCommitting, UploadProgress, UploadRetried, UploadStarted
from domo_async.jobs.push_report import Upload
from domo_async.jobs.push_settling import settle
from domo_async.jobs.push_state import PushedFile, PushRecord, PushState
from domo_async.models import UpdateMethod
from domo_async.tabular.computing import compute

if TYPE_CHECKING:
    from domo_async.api.datasets import DataSets
    from domo_async.api.streams import Streams
    from domo_async.jobs.patience import Patience
    from domo_async.jobs.push_events import PushEvent
    from domo_async.jobs.push_finding import Destination
    from domo_async.jobs.push_options import Unsettled
    from domo_async.models import Execution, Schema, WriteResult, WriteStep
    from domo_async.tabular.row_source import RowSource

__all__ = ["PushSurroundings", "Pushing"]

_LONGEST_WORDS: Final = 500
_COMMIT_INTERVAL: Final = timedelta(minutes=15)
_SETTLING: Final = 60.0
"""Seconds to wait for rows that are being indexed before the attempt counts as failed."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PushSurroundings:
    """What all DataSets of a push share.

    Attributes:
        datasets: The DataSet API.
        streams: The Stream API.
        state: What is written down.
        base: Folder that the names of files begin at.
        patience: How long one is tried for.
        emit: Takes the events.
        sleep: Waits some seconds.
        refresh: Whether to write what has not changed, too.
        verify: Whether to read all files, and ask Domo whether others have written.
        unsettled: What to do about rows of which nobody can tell.
        part_size: Bytes of CSV per part.
        parts: Parts of a DataSet on their way at a time.
    """

    datasets: DataSets
    streams: Streams
    state: PushState
    base: Path
    patience: Patience
    emit: Callable[[PushEvent], None]
    sleep: Callable[[float], Awaitable[None]]
    refresh: bool
    verify: bool
    unsettled: Unsettled
    part_size: int
    parts: int


class Pushing:
    """The push of one DataSet, with its retries.

    Each attempt begins with what is written down: a write of which nobody knows how it ended is settled before anything
    else, whether it was cut off by a kill, by a cancellation, or by an answer that was lost a second ago.

    Args:
        destination: The files, and the DataSet that they are meant for.
        around: What DataSets share.
    """

    def __init__(self, destination: Destination, around: PushSurroundings) -> None:
        self._item = destination.item
        self._name = destination.name
        self._writing = destination.writing
        self._book = PushBook(around.state, destination.name, destination.writing, destination.dataset_id)
        self._around = around
        self._tries = around.patience.tries()
        self._decision: Decision | None = None
        self._upload = Upload(self._item.source, self._name, self._book.dataset_id)
        self._settled: Execution | None = None
        self._seen: tuple[PushedFile, ...] = ()
        self._rows = self._sent = 0

    async def run(self) -> Upload:
        """Push it.

        Returns:
            What became of it: an error of Domo or of this library is a part of the answer.
        """
        clock = self._around.patience.clock
        started = clock()
        while True:
            try:
                await self._attempt()
            except DomoError as error:
                attempt = self._tries.attempt
                wait = self._wait_after(error)
                if wait is None:
                    await self._book.note_error(error)
                    return self._result(clock() - started, error)
                self._around.emit(UploadRetried(self._item.source, attempt, error, wait))
                await self._around.sleep(wait)
            else:
                return self._result(clock() - started, None)

    def _wait_after(self, error: DomoError) -> float | None:
        rest = 0.0
        if isinstance(error, CommitTooSoonError) and error.last_commit is not None:
            # Before that moment Domo refuses again, after all rows were sent again.
            rest = (error.last_commit + _COMMIT_INTERVAL - datetime.now(UTC)).total_seconds()
            if rest > self._around.patience.seconds:
                return None
        wait = self._tries.wait_after(error)
        return None if wait is None else max(wait, rest)

    def _result(self, seconds: float, error: DomoError | None) -> Upload:
        decision = self._decision
        return replace(
            self._upload,
            dataset_id=self._book.dataset_id,
            action=decision.action if decision is not None else None,
            reason=decision.reason if decision is not None else "",
            seconds=seconds,
            retries=self._tries.attempt - 1,
            error=error,
        )

    async def _attempt(self) -> None:
        self._rows = self._sent = 0
        if self._book.dataset_id is not None and self._book.record is None:
            # A wrong id is found out before files are read.
            await self._around.datasets.get(self._book.dataset_id)
        await self._settle()
        decision = await self._decide()
        if self._decision is None or decision.files:
            self._decision = decision
        if decision.files:
            await self._write(decision)

    async def _settle(self) -> None:
        """End a write of which it is not written down how it ended."""
        record = self._book.record
        if record is None or record.pending is None:
            return
        around = self._around
        pending = record.pending
        try:
            self._settled = await settle(around.streams, pending, name=self._name, timeout=_SETTLING)
            went_in = self._settled is not None
        except UnsettledWriteError:
            if around.unsettled == "refuse":
                raise
            went_in = around.unsettled == "done"
        rows = self._settled.rows if self._settled is not None else None
        await self._book.note_settled(record, went_in=went_in, rows=rows)
        if went_in:
            self._decision = Decision("settled", "the last push was cut off, and its rows had gone in")

    async def _decide(self) -> Decision:
        around, record = self._around, self._book.record
        files = self._seen = await compute(
            partial(look_at, self._item.files, around.base, record, verify=around.verify)
        )
        refresh = around.refresh and self._settled is None
        decision = decide(files, record, self._writing, exists=self._book.dataset_id is not None, refresh=refresh)
        if decision.action == "unchanged" and around.verify and await self._others_wrote(record):
            return Decision("repair", "somebody else has written to it since", files)
        if decision.action == "unchanged" and record is not None:
            await self._book.note_times(record, files)
        return decision

    async def _others_wrote(self, record: PushRecord | None) -> bool:
        """Whether the last execution that succeeded is another one than ours, where that means other rows."""
        if record is None or record.stream_id is None or self._writing.update_method is not UpdateMethod.REPLACE:
            return False
        try:
            last = (await self._around.streams.get(record.stream_id)).last_successful_execution
        except NotFoundError:
            return True
        return last is None or str(last.id) != str(record.execution_id)

    async def _write(self, decision: Decision) -> None:
        around, writing = self._around, self._writing
        dataset_id = self._book.dataset_id
        size = sum(file.bytes for file in decision.files)
        around.emit(
            UploadStarted(self._item.source, self._name, dataset_id, self._tries.attempt, decision.action, size)
        )
        paths = [path for path, file in zip(self._item.files, self._seen, strict=True) if file in decision.files]
        self._book.begin()
        try:
            result = await around.datasets.write(
                dataset_id or self._name,
                await self._rows_of(paths),
                update_method=writing.update_method,
                key_columns=writing.key_columns,
                schema=writing.schema,
                evolve=writing.evolve,
                missing_columns=writing.missing_columns,
                description=UNSET if writing.description is None else writing.description,
                timestamps=writing.timestamps,
                nanoseconds=writing.nanoseconds,
                not_finite=writing.not_finite,
                part_size=around.part_size,
                concurrency=around.parts,
                on_progress=self._on_progress,
                on_step=self._note_step(paths, decision.files),
            )
        except DomoError as error:
            await self._book.note_failed_import(error)
            raise
        await self._note_success(result, decision.files)

    async def _rows_of(self, paths: list[Path]) -> RowSource:
        if len(paths) == 1:
            return paths[0]
        known: Schema | None = self._writing.schema
        if known is None and self._book.dataset_id is not None:
            known = (await self._around.datasets.get(self._book.dataset_id)).schema
        missing_is_null = self._writing.missing_columns == "null"

        def open_parts() -> RowSource:
            from domo_async.jobs.push_rows import PartFiles

            return PartFiles(paths, known, missing_is_null=missing_is_null)

        return await compute(open_parts)

    def _on_progress(self, rows: int, sent: int) -> None:
        self._rows += rows
        self._sent += sent
        self._around.emit(UploadProgress(self._item.source, self._rows, self._sent))

    async def _note_success(self, result: WriteResult, files: tuple[PushedFile, ...]) -> None:
        await self._book.note_success(result, files)
        self._upload = replace(
            self._upload,
            rows=result.rows,
            sent=result.sent_bytes,
            files=tuple(file.name for file in files),
            created=result.created,
            added_columns=result.added_columns,
            execution_id=result.execution_id,
        )

    def _note_step(self, paths: list[Path], files: tuple[PushedFile, ...]) -> Callable[[WriteStep], Awaitable[None]]:
        async def take(step: WriteStep) -> None:
            if step.kind in ("commit", "import"):
                await compute(partial(check_as_seen, paths, files))
            await self._book.note_step(step, files)
            if step.kind in ("commit", "import"):
                self._around.emit(UploadCommitting(self._item.source, step.dataset_id))

        return take
