"""An execution that takes parts."""

from __future__ import annotations

from collections.abc import AsyncIterable
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from anyio.lowlevel import checkpoint_if_cancelled

from domo_async.api.arguments import SchemaLike, check_schema
from domo_async.api.part_cutting import Cutting, NanosecondsRule, NotFiniteRule, TimestampsRule
from domo_async.api.part_numbers import PartNumbers
from domo_async.api.part_upload import UploadProgressCallback, check_concurrency, upload_parts
from domo_async.api.row_fitting import MissingColumns, fit, incoming_columns
from domo_async.api.undisturbed import undisturbed
from domo_async.errors import ExecutionError
from domo_async.models import Execution, UploadedRows
from domo_async.tabular.parts import DEFAULT_PART_SIZE
from domo_async.tabular.row_source import open_rows

if TYPE_CHECKING:
    from domo_async.api.executions import Executions
    from domo_async.api.uploads import UploadSource
    from domo_async.http.options import Seconds
    from domo_async.tabular.parts import Part
    from domo_async.tabular.row_source import RowSource

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
        self.execution: Execution = execution
        self._executions = executions
        self._grace = grace
        self._numbers = PartNumbers()
        self._unfinished = 0
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
        await self._send(part, data, compress=compress)

    async def upload(
        self,
        rows: RowSource,
        *,
        schema: SchemaLike | None = None,
        missing_columns: MissingColumns = "refuse",
        timestamps: TimestampsRule = "utc",
        nanoseconds: NanosecondsRule = "refuse",
        not_finite: NotFiniteRule = "refuse",
        part_size: int = DEFAULT_PART_SIZE,
        concurrency: int = 4,
        on_progress: UploadProgressCallback | None = None,
    ) -> UploadedRows:
        """Upload rows of any kind: cut into compressed parts, of which several are on their way at a time.

        The parts get numbers that follow the highest one so far, of `upload_part` and of other uploads, and 1 if there
        is none; so the rows of several uploads stand in the order in which these were made, and uploads at the same
        time mix. Numbers that an upload has taken cannot be used with `upload_part`.

        If it fails, some of its rows are there and some are not: the execution can be aborted only.

        Args:
            rows: See ``datasets.write``, as of all that follows.
            schema: Columns and types of the rows, where these do not say or say otherwise.
            missing_columns: ``refuse`` or ``null``.
            timestamps: ``utc`` or ``refuse``.
            nanoseconds: ``refuse`` or ``truncate``.
            not_finite: ``refuse`` or ``null``.
            part_size: Bytes of CSV per part, before compression.
            concurrency: Parts on their way at a time.
            on_progress: Called with the rows and the bytes sent of each part that has arrived; must not block.

        Returns:
            What was sent.

        Raises:
            SchemaMismatchError: The rows have other columns than the DataSet.
            InvalidDataError: A value has no exact form in its column; it says in which row.
            InvalidArgumentError: An argument breaks a rule.
            MissingExtraError: pyarrow is not installed.
            CallError: What can happen to a call.

        Example:
            ::

                async with domo.streams.execution(stream_id) as execution:
                    for path in sorted(Path("parts").glob("*.parquet")):
                        await execution.upload(path)
        """
        cutting = Cutting(part_size, timestamps, nanoseconds, not_finite)
        declared = None if schema is None else check_schema(schema)
        check_concurrency(concurrency)
        existing = await self._executions.schema(self.stream_id)
        name = f"the DataSet of stream {self.stream_id}"
        async with await open_rows(rows, schema=declared or existing) as opened:
            incoming = incoming_columns(opened.schema, declared, existing)
            fitting = fit(existing, incoming, dataset=name, evolve=False, missing=missing_columns)
            async with aclosing(cutting.parts(opened, fitting.columns, name=f"rows for {name}")) as parts:
                return await self.upload_cut(parts, concurrency=concurrency, on_progress=on_progress)

    async def upload_cut(
        self,
        parts: AsyncIterable[Part],
        *,
        concurrency: int = 4,
        on_progress: UploadProgressCallback | None = None,
    ) -> UploadedRows:
        """Upload parts that somebody else cuts, see `upload`. Their own numbers do not count."""

        async def send(number: int, part: Part) -> None:
            await self._send(number, part.content)

        self._unfinished += 1
        arrived = await upload_parts(
            parts, send, number=self._numbers.next, concurrency=concurrency, on_progress=on_progress
        )
        self._unfinished -= 1
        return arrived

    async def _send(self, number: int, data: UploadSource, *, compress: bool = False) -> None:
        answered = await self._executions.upload_part(self.stream_id, self.id, number, data, compress=compress)
        if answered is not None:
            self.execution = answered

    async def commit(self) -> None:
        """Commit now and not at the end of the block. A second time does nothing.

        Raises:
            BadRequestError: Part numbers have a gap, or the last commit of this stream was too short a time ago. The
                block around it makes `CommitTooSoonError` of the latter.
            ExecutionError: An `upload` failed, or still goes on.
            CallError: Anything else that can happen to a call.
        """
        if not self._committed:
            if self._unfinished:
                raise ExecutionError(
                    f"Execution {self.id} of stream {self.stream_id} lacks rows: an upload failed, or still goes on",
                    execution=self.execution,
                )
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
