"""An execution that takes parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from anyio.lowlevel import checkpoint_if_cancelled

from domo_async.api.part_numbers import PartNumbers
from domo_async.api.undisturbed import undisturbed
from domo_async.models import Execution

if TYPE_CHECKING:
    from domo_async.api.executions import Executions
    from domo_async.api.uploads import UploadSource
    from domo_async.http.options import Seconds

__all__ = ["OpenExecution"]

_GRACE: Final = 15.0


class OpenExecution:
    """What ``streams.execution`` yields.

    It takes parts until `commit`, which happens at the end of the block at the latest. An error or a cancellation
    before that aborts it; one after that changes nothing.

    Attributes:
        stream_id: Id of the stream.
        execution: What Domo said last of it.
    """

    def __init__(
        self, executions: Executions, stream_id: int | str, execution: Execution, *, grace: float = _GRACE
    ) -> None:
        self.stream_id = stream_id
        self.execution = execution
        self._executions = executions
        self._grace = grace
        self._numbers = PartNumbers()
        self._committing = False
        self._committed = False

    @property
    def id(self) -> int | str:
        """Number of the execution within its stream."""
        return self.execution.id

    @property
    def committing(self) -> bool:
        """Whether a commit was sent."""
        return self._committing

    @property
    def committed(self) -> bool:
        """Whether Domo has taken the commit."""
        return self._committed

    async def upload_part(self, part: int, data: UploadSource, *, compress: bool = False) -> None:
        """Upload a part, see ``streams.upload_part``.

        Args:
            part: Number of the part, from 1 without a gap, in any order.
            data: CSV without a header: bytes, text, the path of a file, or a function that returns an iterator.
            compress: Whether to send it as gzip.

        Raises:
            BadRequestError: The CSV does not fit the schema.
            CallError: Anything else that can happen to a call.
        """
        self._numbers.note(part)
        answered = await self._executions.upload_part(self.stream_id, self.id, part, data, compress=compress)
        if answered is not None:
            self.execution = answered

    async def commit(self) -> None:
        """Commit now and not at the end of the block. A second time does nothing.

        Raises:
            BadRequestError: Part numbers have a gap, or the last commit of this stream was too short a time ago.
            CallError: Anything else that can happen to a call.
        """
        if not self._committed:
            await checkpoint_if_cancelled()
            self._committing = True
            # A cancelled commit would be one of which nobody knows whether Domo is carrying it out.
            await undisturbed(self._commit, grace=self._grace)

    async def _commit(self) -> None:
        self.note_committed(await self._executions.commit(self.stream_id, self.id))

    def note_committed(self, execution: Execution) -> None:
        """Domo has taken the commit."""
        self.execution = execution
        self._committed = True

    async def wait(self, *, timeout: Seconds | None = None) -> Execution:
        """Wait until the rows are in the DataSet.

        Args:
            timeout: Seconds to wait at most, None for as long as it takes.

        Raises:
            ExecutionError: It ended without its rows.
            CallTimeoutError: The time is up. The execution goes on.
            CallError: Anything else that can happen to a call.
            RuntimeError: It is not committed, so it would never end.
        """
        if not self._committed:
            raise RuntimeError("The execution is not committed: wait after the block, or call commit() first")
        if not self.execution.succeeded:
            self.execution = await self._executions.wait(self.stream_id, self.id, timeout=timeout)
        return self.execution

    def __repr__(self) -> str:
        state = "committed" if self._committed else "open"
        return f"<OpenExecution {self.id} of stream {self.stream_id}, {state}>"
