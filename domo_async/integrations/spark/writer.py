# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""Spark's writer: one execution for all tasks, committed with every row or aborted.

Each partition of the frame is one part, under the number of the partition. A task that is repeated, or run twice
because the first copy is slow, sends the same part again, which replaces what was there; so no row comes twice. Domo
refuses gaps between the numbers, and with one part per partition there are none: an empty partition sends an empty
part. A part is as large as its partition, and it waits on the disk of its executor until it is complete.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from pyspark import TaskContext
from pyspark.sql.datasource import DataSourceArrowWriter, WriterCommitMessage

from domo_async.errors import DomoError, ExecutionError
from domo_async.integrations.spark.loading import Load, begin
from domo_async.integrations.spark.part_file import write_part
from domo_async.integrations.spark.spark_types import domo_schema
from domo_async.integrations.spark.worker import worker_for

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql.types import StructType

    from domo_async.integrations.spark.connection import Connection
    from domo_async.integrations.spark.options import WriteOptions

__all__ = ["DomoWriter", "SentPart"]

logger: logging.Logger = logging.getLogger(__name__)

_ABORT_SECONDS: Final = 30.0


@dataclass(frozen=True)
class SentPart(WriterCommitMessage):
    """What a task tells the driver.

    Attributes:
        number: Number of the part, from 1.
        rows: Rows in it.
    """

    number: int
    rows: int


class DomoWriter(DataSourceArrowWriter):
    """Writes one frame into one DataSet.

    Args:
        connection: How workers make their client.
        options: The options of the write.
        load: The execution that the parts belong to.
    """

    def __init__(self, connection: Connection, options: WriteOptions, load: Load) -> None:
        self._connection = connection
        self._options = options
        self._load = load

    @classmethod
    def begin(cls, connection: Connection, options: WriteOptions, schema: StructType) -> Self:
        """Find or make the DataSet, check its columns, and begin an execution.

        Raises:
            SchemaMismatchError: The frame has other columns than the DataSet.
            StreamBusyError: Another execution is active.
            InvalidArgumentError: An option makes no sense, or Domo lacks a type of the frame.
            CallError: Anything that can happen to a call.
        """
        columns = domo_schema(schema)
        return cls(connection, options, worker_for(connection).run(lambda domo: begin(domo, options, columns)))

    def write(self, iterator: Iterator[pa.RecordBatch]) -> WriterCommitMessage:
        """Send the rows of one task as one part."""
        context = TaskContext.get()
        number = (context.partitionId() if context is not None else 0) + 1
        load = self._load
        with tempfile.TemporaryDirectory(prefix="domo-part-") as folder:
            path = Path(folder) / "part.csv.gz"
            rows = write_part(path, iterator, load.columns, self._options.rules, source=f"partition {number - 1}")
            worker_for(self._connection).run(
                lambda domo: domo.streams.upload_part(load.stream_id, load.execution_id, number, path if rows else b"")
            )
        return SentPart(number, rows)

    def commit(self, messages: Sequence[WriterCommitMessage | None]) -> None:
        """Commit when every task has sent its part, and wait until Domo has indexed the rows.

        Raises:
            ExecutionError: A part is missing, or the execution ended without its rows.
            CallError: Anything that can happen to a call.
        """
        parts = [message for message in messages if isinstance(message, SentPart)]
        numbers = sorted(part.number for part in parts)
        load, timeout = self._load, self._options.wait_timeout
        run = worker_for(self._connection).run
        if len(parts) != len(messages) or numbers != list(range(1, len(numbers) + 1)):
            raise ExecutionError(
                f"{len(messages)} tasks sent the parts {numbers}: some are missing, so nothing was committed",
                execution=run(lambda domo: domo.streams.get_execution(load.stream_id, load.execution_id)),
            )
        if not parts:
            run(lambda domo: domo.streams.upload_part(load.stream_id, load.execution_id, 1, b""))
        run(lambda domo: domo.streams.commit(load.stream_id, load.execution_id))
        run(lambda domo: domo.streams.wait(load.stream_id, load.execution_id, timeout=timeout))
        logger.info(
            "%d rows in %d parts are in DataSet %s", sum(part.rows for part in parts), len(parts), load.dataset_id
        )

    def abort(self, messages: Sequence[WriterCommitMessage | None]) -> None:
        """Abort the execution; the DataSet keeps the rows that it had."""
        load = self._load
        try:
            worker_for(self._connection).run(
                lambda domo: domo.with_options(deadline=_ABORT_SECONDS).streams.abort(load.stream_id, load.execution_id)
            )
        except DomoError as error:
            # Refused after a commit that went through; otherwise the next write has to say takeOver.
            logger.warning("Execution %s of stream %s was not aborted: %s", load.execution_id, load.stream_id, error)
