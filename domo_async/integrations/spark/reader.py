# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""Spark's readers: a plan on the driver, and a stream of Arrow batches in each task."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from pyspark.sql.datasource import DataSourceReader, InputPartition

from domo_async.integrations.spark.reading import Share, plan, rows_of
from domo_async.integrations.spark.sql import condition
from domo_async.integrations.spark.worker import worker_for

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql.datasource import Filter

    from domo_async.integrations.spark.connection import Connection
    from domo_async.integrations.spark.options import ReadOptions
    from domo_async.models import Schema

__all__ = ["DomoReader", "FilteringReader"]


class _Partition(InputPartition):
    def __init__(self, shares: Sequence[Share]) -> None:
        super().__init__(shares)
        self.shares = shares


class DomoReader(DataSourceReader):
    """Reads rows of one DataSet, or of several with the same columns.

    Args:
        connection: How workers make their client.
        options: The options of the read.
        schema: Columns of the DataSet.
        columns: Names of those to read, in this order.
    """

    def __init__(self, connection: Connection, options: ReadOptions, schema: Schema, columns: Sequence[str]) -> None:
        self._connection = connection
        self._options = options
        self._schema = schema
        self._columns = tuple(columns)
        self._conditions: list[str] = []

    def partitions(self) -> Sequence[InputPartition]:
        """One per task, and no more of them than calls are allowed at once."""
        shares = worker_for(self._connection).run(lambda domo: plan(domo, self._options, tuple(self._conditions)))
        tasks = min(len(shares), self._options.partitions)
        return [_Partition(shares[number::tasks]) for number in range(tasks)]

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """The rows of one task, in constant memory."""
        if not isinstance(partition, _Partition):
            raise TypeError(f"{partition!r} is not a partition of this reader")
        worker = worker_for(self._connection)
        for share in partition.shares:
            stream = partial(rows_of, share=share, columns=self._columns, schema=self._schema, options=self._options)
            with worker.items(stream) as batches:
                yield from batches


class FilteringReader(DomoReader):
    """The same, where Spark lets data sources have its filters."""

    def pushFilters(self, filters: list[Filter]) -> Iterable[Filter]:  # noqa: N802 - Spark's name
        """Keep what Domo can do; all filters go back, so that Spark applies them again."""
        types = {column.name: column.type for column in self._schema.columns}
        for one in filters:
            path: tuple[str, ...] = getattr(one, "attribute", ())
            if len(path) != 1 or path[0] not in types:
                continue
            text = condition(type(one).__name__, path[0], types[path[0]], getattr(one, "value", None))
            if text is not None:
                self._conditions.append(text)
        return filters
