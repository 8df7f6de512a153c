"""Rows into DataSets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from domo_async.api.arguments import (
    SchemaLike,
    StreamUpdateMethod,
    check_name,
    check_schema,
    check_update_method,
)
from domo_async.api.dataset_records import DataSetRecords
from domo_async.api.part_cutting import Cutting, NanosecondsRule, NotFiniteRule, TimestampsRule, one_of
from domo_async.api.part_upload import check_concurrency
from domo_async.errors import InvalidArgumentError
from domo_async.http.options import UNSET, Seconds, Unset, seconds
from domo_async.models import UpdateMethod
from domo_async.tabular.parts import DEFAULT_PART_SIZE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from domo_async.api.part_upload import UploadProgressCallback
    from domo_async.api.row_fitting import MissingColumns
    from domo_async.models import WriteResult, WriteStep
    from domo_async.tabular.row_source import RowSource

__all__ = ["DataSetWrites"]


class DataSetWrites(DataSetRecords):
    """The DataSet API, and the way of rows into DataSets."""

    async def write(
        self,
        dataset: str,
        rows: RowSource,
        *,
        update_method: StreamUpdateMethod = "REPLACE",
        key_columns: Sequence[str] = (),
        schema: SchemaLike | None = None,
        evolve: bool = False,
        missing_columns: MissingColumns = "refuse",
        description: str | Unset = UNSET,
        timestamps: TimestampsRule = "utc",
        nanoseconds: NanosecondsRule = "refuse",
        not_finite: NotFiniteRule = "refuse",
        part_size: int = DEFAULT_PART_SIZE,
        concurrency: int = 4,
        take_over: bool = False,
        wait: bool = True,
        wait_timeout: Seconds | None = None,
        abort_timeout: Seconds = 15.0,
        on_progress: UploadProgressCallback | None = None,
        on_step: Callable[[WriteStep], Awaitable[None]] | None = None,
    ) -> WriteResult:
        """Write rows into a DataSet: all of them, or none. A name that there is not yet becomes a DataSet.

        The rows are cut into compressed parts, which go up several at a time through the Stream API while the next
        ones are being cut, in constant memory. Whatever fails or is cancelled before the commit, the execution is
        aborted, and the DataSet keeps the rows that it had. After a commit whose answer was lost Domo is asked how it
        ended; it is never committed twice.

        Columns are matched by name, without regard to case. Each value is written in the type that the DataSet has,
        exactly, or the write fails and says which value does not fit. A DataSet that was made with a stream, as this
        method does, gets its rows through it; one without takes them by an import in one piece, uncompressed, and
        there is no upsert then.

        The method is that of this write. Where the stream is set to another one, the execution is begun with the
        method that was asked for, and the setting stays; only if Domo does not confirm that is the stream changed,
        which is logged. For upserts it is always changed.

        A creation whose answer was lost is not repeated before the DataSet has been looked for by its name. A DataSet
        that was made for a write that failed stays, without rows.

        Args:
            dataset: Id of the DataSet, or its exact name.
            rows: Arrow tables, batches and readers, frames of pandas and polars, DuckDB relations, whatever else has
                Arrow's C interface, iterators of batches, async ones too, and paths of ``.parquet``, ``.arrow``,
                ``.csv``, ``.csv.gz`` and ``.jsonl`` files.
            update_method: ``REPLACE`` removes the rows that are there, ``APPEND`` keeps them, ``UPSERT`` replaces
                those with the same keys and adds the others. (Domo's public API knows no partitions.)
            key_columns: Columns that make two rows the same, for ``UPSERT``. A stream that has keys keeps them.
            schema: Columns and types of the rows, where these do not say or say otherwise.
            evolve: Give the DataSet columns that it does not have, and widen LONG to DECIMAL and DATE to DATETIME.
                Otherwise, and for all changes that would lose something, other columns are an error.
            missing_columns: ``refuse`` makes it an error if the DataSet has columns that do not come, ``null`` writes
                nulls.
            description: Description of the DataSet, if it is made.
            timestamps: ``utc`` writes moments with a zone as what clocks in UTC show, ``refuse`` makes them an error.
            nanoseconds: ``refuse`` makes fractions finer than a microsecond an error, ``truncate`` drops them.
            not_finite: ``refuse`` makes NaN and infinities an error, ``null`` writes them as null.
            part_size: Bytes of CSV per part, before compression. Domo advises 50 MB.
            concurrency: Parts on their way at a time. Memory is that of as many compressed parts, and two more.
            take_over: Begin although an execution of the stream is active, which makes Domo abort that one.
            wait: Return when Domo has indexed the rows, not when it has taken the commit.
            wait_timeout: Seconds to wait for that, None for as long as it takes.
            abort_timeout: Seconds to spend on aborting, also while this task is being cancelled.
            on_progress: Called with the rows and the bytes sent of each part that has arrived; must not block.
            on_step: Awaited before an execution is begun, when it is, and before its commit. Whoever writes these
                steps down can ask Domo after a crash whether the rows went in. If it raises, the execution is aborted.

        Returns:
            Ids, counts, and whether the DataSet was made.

        Raises:
            AmbiguousNameError: Several DataSets have this name; it carries their ids.
            NotFoundError: There is no DataSet of this id.
            SchemaMismatchError: The rows have other columns than the DataSet; it says which.
            InvalidDataError: A value has no exact form in its column; it says in which row.
            StreamBusyError: Another execution of the stream is active, so none was begun.
            ExecutionTakenOverError: Another writer began an execution meanwhile, so that Domo aborted this one.
            CommitTooSoonError: The last commit was too short a time ago; by default Domo takes one in 15 minutes.
            ExecutionError: The execution ended without its rows.
            CallTimeoutError: The commit is done, and the time to wait is up.
            InvalidArgumentError: An argument breaks a rule; nothing was sent.
            MissingExtraError: pyarrow is not installed.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                done = await domo.datasets.write("Sales 2026", frame, update_method="APPEND")
                print(done.dataset_id, done.rows)

        Source: Stream API; DataSet API for DataSets without a stream.
        """
        # Arrow and what it takes to write with it are imported for this and not before.
        from domo_async.api.row_write import RowWrite, WriteOrder

        order = WriteOrder(
            dataset=check_name("dataset", dataset),
            update_method=check_update_method(update_method),
            key_columns=_checked_keys(key_columns, update_method),
            schema=None if schema is None else check_schema(schema),
            evolve=evolve,
            missing_columns=one_of("missing_columns", missing_columns, "refuse", "null"),
            description=description,
            cutting=Cutting(part_size, timestamps, nanoseconds, not_finite),
            concurrency=check_concurrency(concurrency),
            take_over=take_over,
            wait=wait,
            wait_timeout=None if wait_timeout is None else seconds("wait_timeout", wait_timeout),
            abort_timeout=seconds("abort_timeout", abort_timeout),
            on_progress=on_progress,
            on_step=on_step,
        )
        return await RowWrite(self, self._session, order).run(rows)


def _checked_keys(keys: Sequence[str], method: str) -> tuple[str, ...]:
    if isinstance(keys, str):
        raise InvalidArgumentError(f"key_columns: {keys!r} is one text, and a list of names is needed")
    if keys and method != UpdateMethod.UPSERT:
        raise InvalidArgumentError(f"key_columns: {method} knows no keys", hint="Domo upserts where a stream has keys")
    return tuple(keys)
