"""What is written down of the push of one DataSet, each step before it is taken."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from domo_async.api.execution_ending import may_have_acted
from domo_async.jobs.push_state import PendingWrite, PushRecord
from domo_async.tabular.threads import to_its_end

if TYPE_CHECKING:
    from domo_async.errors import DomoError
    from domo_async.jobs.push_options import Writing
    from domo_async.jobs.push_state import PushedFile, PushState
    from domo_async.models import WriteResult, WriteStep

__all__ = ["PushBook"]

_LONGEST_WORDS: Final = 500


class PushBook:
    """Writes into the state of a push what becomes of one DataSet.

    A note that was begun is written to its end, also if the push is cancelled meanwhile.

    Attributes:
        dataset_id: The id of the DataSet, None as long as it has none; what has none has no record.
        pending: What was noted of the last step, None before the first one of this attempt.

    Args:
        state: The state.
        name: Name of the DataSet.
        writing: How its rows are written.
        dataset_id: Its id, if it has one.
    """

    def __init__(self, state: PushState, name: str, writing: Writing, dataset_id: str | None) -> None:
        self._state = state
        self._name = name
        self._writing = writing
        self.dataset_id = dataset_id
        self.pending: PendingWrite | None = None

    @property
    def record(self) -> PushRecord | None:
        """What is written down."""
        return None if self.dataset_id is None else self._state.records.get(self.dataset_id)

    def begin(self) -> None:
        """An attempt begins: none of its steps has been taken yet."""
        self.pending = None

    async def note_step(self, step: WriteStep, files: tuple[PushedFile, ...]) -> None:
        """A step is about to be taken."""
        self.dataset_id = step.dataset_id
        self.pending = PendingWrite(
            stage=step.kind,
            update_method=self._writing.update_method.value,
            files=list(files),
            options=self._writing.to_dict(),
            stream_id=step.stream_id,
            execution_id=step.execution_id,
            newest=step.newest,
            at=datetime.now(UTC),
        )
        record = self.record or PushRecord()
        await self._put(record.model_copy(update={"name": self._name, "pending": self.pending}))

    async def note_success(self, result: WriteResult, files: tuple[PushedFile, ...]) -> None:
        """The rows of these files are in the DataSet."""
        self.dataset_id = result.dataset_id
        pending = self.pending
        if pending is None:  # an empty file, for which nothing had to be sent
            pending = PendingWrite(
                stage="import",
                update_method=self._writing.update_method.value,
                files=list(files),
                options=self._writing.to_dict(),
                stream_id=result.stream_id,
            )
        record = (self.record or PushRecord()).model_copy(update={"name": self._name, "pending": pending})
        done = record.with_pending_done(rows=result.rows, at=datetime.now(UTC))
        await self._put(done.model_copy(update={"execution_id": result.execution_id, "stream_id": result.stream_id}))

    async def note_settled(self, record: PushRecord, *, went_in: bool, rows: int | None) -> None:
        """It is known how the write ended that was pending.

        Args:
            record: What was written down of it.
            went_in: Whether its rows are in the DataSet.
            rows: How many those are, None if nobody knows.
        """
        if went_in:
            await self._put(record.with_pending_done(rows=rows, at=datetime.now(UTC)))
        else:
            words = record.error or "it was cut off"
            await self._put(record.model_copy(update={"pending": None, "error": words}))

    async def note_times(self, record: PushRecord, files: tuple[PushedFile, ...]) -> None:
        """Files that were copied or restored have other times and the same bytes: they need not be read again."""
        now = {file.name: file for file in files}
        known = [now.get(file.name, file) for file in record.files]
        if known != record.files:
            await self._put(record.model_copy(update={"files": known}))

    async def note_failed_import(self, error: DomoError) -> None:
        """An import that cannot have been carried out leaves nothing to be asked about."""
        record = self.record
        is_import = record is not None and record.pending is not None and record.pending.stage == "import"
        if record is not None and is_import and not may_have_acted(error):
            await self._put(record.model_copy(update={"pending": None, "error": _words(error)}))

    async def note_error(self, error: DomoError) -> None:
        """Write down why the DataSet failed, if it was begun."""
        record = self.record
        if record is not None and (record.pending is not None or record.error is not None):
            await self._put(record.model_copy(update={"error": _words(error)}))

    async def _put(self, record: PushRecord) -> None:
        if self.dataset_id is None:
            raise AssertionError("what has no id has no record")
        await to_its_end(partial(self._state.put, self.dataset_id, record))


def _words(error: DomoError) -> str:
    return f"{type(error).__name__}: {error}"[:_LONGEST_WORDS]
