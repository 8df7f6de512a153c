"""One DataSet into its target, again and again until it is whole."""

from __future__ import annotations

import shutil
import traceback
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from domo_async.errors import DomoError, NotFoundError, TargetError
from domo_async.jobs.events import (
    TransferProgress,
    TransferReceived,
    TransferReceiving,
    TransferRetried,
    TransferStarted,
    TransferWriting,
)
from domo_async.jobs.fetch import Watch
from domo_async.jobs.manifest import DataSetRecord, schema_digest
from domo_async.jobs.report import Transfer
from domo_async.jobs.targets import StagedFile
from domo_async.tabular.computing import finish

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from domo_async.jobs.decision import Action
    from domo_async.jobs.events import PullEvent
    from domo_async.jobs.fetch import Fetcher
    from domo_async.jobs.patience import Patience
    from domo_async.jobs.source import DatasetSource
    from domo_async.jobs.survey import Finding
    from domo_async.jobs.targets.calls import TargetCalls
    from domo_async.models import DataSet, DataSetSummary

__all__ = ["Surroundings", "Transferring", "transfer_of"]

_TELLING = 256 * 2**10
"""Bytes received between two events at least."""

_LONGEST_WORDS = 500


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is the same for all transfers of a job.

    Attributes:
        source: Where DataSets come from.
        fetch: Brings rows into files.
        target: Where files go.
        folder: The target as a folder of this computer, None if it is none.
        patience: How long one is tried for.
        emit: Takes the events.
        sleep: Waits some seconds.
    """

    source: DatasetSource
    fetch: Fetcher
    target: TargetCalls
    folder: Path | None
    patience: Patience
    emit: Callable[[PullEvent], None]
    sleep: Callable[[float], Awaitable[None]]


class Transferring:
    """The transfer of one DataSet, with its retries.

    Each attempt reads the metadata, fetches the rows into files beside the target, and counts them. What is complete is
    put into the target together with its record; that is not interrupted any more, not even by cancellation.

    Args:
        dataset_id: Id of the DataSet.
        around: What transfers share.
        look_at: Decides about the DataSet once its metadata is known.
        give_way: Called when an attempt fails: nobody should wait any longer for this DataSet to be looked at.
    """

    def __init__(
        self,
        dataset_id: str,
        around: Surroundings,
        look_at: Callable[[DataSet], Awaitable[Finding]],
        give_way: Callable[[], None],
    ) -> None:
        self._id = dataset_id
        self._around = around
        self._look_at = look_at
        self._give_way = give_way
        self._clock = around.patience.clock
        self._tries = around.patience.tries()
        self._dataset: DataSet | None = None
        self._finding: Finding | None = None
        self._rows = 0
        self._received = 0
        self._told = 0
        self._attempt_began = 0.0

    async def run(self) -> Transfer:
        """Bring the DataSet.

        Returns:
            What became of it: an error of Domo or of this library is a part of the answer.
        """
        started = self._clock()
        while True:
            try:
                record = await self._attempt()
            except DomoError as error:
                self._give_way()
                attempt = self._tries.attempt
                wait = self._tries.wait_after(error)
                _let_go(error)
                if wait is None:
                    await self._note_end(error)
                    return self._result(started, None, error)
                self._around.emit(TransferRetried(self._id, attempt, error, wait))
                await self._around.sleep(wait)
            else:
                return self._result(started, record, None)

    async def _attempt(self) -> DataSetRecord:
        self._rows = self._received = self._told = 0
        dataset = self._dataset = await self._around.source.get(self._id)
        if dataset.deleted:
            raise NotFoundError("the DataSet is deleted", status=404, operation="datasets.get")
        if self._finding is None:
            self._finding = await self._look_at(dataset)
        finding = self._finding
        if finding.decision.action == "unchanged" and finding.record is not None:
            return await self._still_good(dataset, finding.record)
        await self._note_begin(dataset, finding)
        expected = None if dataset.pdp_enabled or finding.recipe.sql is not None else dataset.rows
        self._attempt_began = self._clock()
        action = finding.decision.action
        self._around.emit(TransferStarted(self._id, dataset.name, expected, self._tries.attempt, action))
        return await self._fetch(dataset, finding)

    async def _still_good(self, dataset: DataSet, record: DataSetRecord) -> DataSetRecord:
        """Keep the files, and remember what Domo says of them now."""
        now = _described(record, dataset)
        if now != record:
            await self._around.target.note(self._id, now)
        return now

    async def _note_begin(self, dataset: DataSet, finding: Finding) -> None:
        """If the process is killed from now on, the next job knows that something was not finished."""
        old = finding.record or DataSetRecord(name=dataset.name)
        if old.state == "complete" or finding.record is None:
            record = old.model_copy(update={"state": "unfinished", "run": old.run.model_copy(update={"error": None})})
            finding.record = record
            await self._around.target.note(self._id, record)

    async def _note_end(self, error: DomoError) -> None:
        """Write down why it failed, if it was begun and the target still takes anything."""
        record = self._finding.record if self._finding is not None else None
        if record is not None and record.state == "unfinished" and not isinstance(error, TargetError):
            run = record.run.model_copy(update={"error": f"{type(error).__name__}: {error}"[:_LONGEST_WORDS]})
            await self._around.target.note(self._id, record.model_copy(update={"run": run}))

    async def _fetch(self, dataset: DataSet, finding: Finding) -> DataSetRecord:
        target = self._around.target
        folder = await target.staging()
        try:
            watch = Watch(self._on_received, self._on_arrived, self._on_writing, self._on_written)
            parts = await self._around.fetch(dataset, finding.recipe, finding.stem, folder, watch)
            names = target.target.file_names(finding.stem, finding.recipe, len(parts))
            files = [
                StagedFile(part.path, name, part.rows, part.bytes, part.sha256)
                for part, name in zip(parts, names, strict=True)
            ]
            record = DataSetRecord(options=finding.recipe.to_dict())
            obsolete = [file.name for file in finding.record.files] if finding.record else []
            return await target.commit(self._id, _described(record, dataset), files, obsolete)
        finally:
            await finish(partial(shutil.rmtree, folder, ignore_errors=True))

    def _on_received(self, size: int) -> None:
        if not self._received:
            self._around.emit(TransferReceiving(self._id))
        self._received += size
        if self._received - self._told >= _TELLING:
            self._tell()

    def _on_arrived(self) -> None:
        self._around.emit(TransferReceived(self._id, self._received))

    def _on_writing(self) -> None:
        self._around.emit(TransferWriting(self._id, self._clock() - self._attempt_began))

    def _on_written(self, rows: int) -> None:
        self._rows += rows
        self._tell()

    def _tell(self) -> None:
        self._told = self._received
        self._around.emit(TransferProgress(self._id, self._rows, self._received))

    def _result(self, started: float, record: DataSetRecord | None, error: DomoError | None) -> Transfer:
        finding = self._finding
        return transfer_of(
            self._id,
            self._dataset,
            record,
            folder=self._around.folder,
            action=finding.decision.action if finding else None,
            error=error,
            received=self._received,
            seconds=self._clock() - started,
            retries=self._tries.attempt - 1,
        )


def _let_go(error: BaseException | None) -> None:
    """Empty the frames of a traceback: the report keeps the error, and they keep whatever was on its way."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


def transfer_of(
    dataset_id: str,
    dataset: DataSetSummary | None,
    record: DataSetRecord | None,
    *,
    folder: Path | None,
    action: Action | None,
    error: DomoError | None = None,
    received: int = 0,
    seconds: float = 0.0,
    retries: int = 0,
) -> Transfer:
    """What became of a DataSet, with the files of its record."""
    files = [file.name for file in record.files] if record is not None else []
    path = None
    if folder is not None and files:
        path = folder / (files[0].partition("/")[0] if len(files) > 1 else files[0])
    return Transfer(
        dataset_id=dataset_id,
        name=dataset.name if dataset else record.name if record else None,
        path=path,
        rows=record.rows if record else 0,
        received=received,
        file_bytes=record.bytes if record else 0,
        seconds=seconds,
        retries=retries,
        data_current_at=dataset.data_current_at if dataset else None,
        error=error,
        action=action,
        files=tuple(files),
    )


def _described(record: DataSetRecord, dataset: DataSet) -> DataSetRecord:
    """A complete record with what Domo says of the DataSet."""
    return record.model_copy(
        update={
            "state": "complete",
            "name": dataset.name,
            "dataset_rows": dataset.rows,
            "updated_at": dataset.updated_at,
            "data_current_at": dataset.data_current_at,
            "pdp_enabled": dataset.pdp_enabled,
            "schema_digest": schema_digest(dataset),
        }
    )
