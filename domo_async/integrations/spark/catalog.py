# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""Lists of what there is, as frames: DataSets, and the activity log."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from pyspark.sql.datasource import DataSourceReader, InputPartition
from pyspark.sql.types import BooleanType, DataType, LongType, StringType, StructField, StructType, TimestampType

from domo_async.errors import InvalidArgumentError
from domo_async.integrations.spark.worker import worker_for
from domo_async.models import Owner

if TYPE_CHECKING:
    import pyarrow as pa

    from domo_async.client import AsyncDomo
    from domo_async.integrations.spark.connection import Connection
    from domo_async.integrations.spark.options import ReadOptions
    from domo_async.models import ActivityEntry, DataSetSummary

__all__ = ["CatalogReader", "catalog_schema"]

_DATASETS: Final = StructType(
    [
        StructField("id", StringType()),
        StructField("name", StringType()),
        StructField("description", StringType()),
        StructField("rows", LongType()),
        StructField("columns", LongType()),
        StructField("owner", StringType()),
        StructField("pdp_enabled", BooleanType()),
        StructField("created_at", TimestampType()),
        StructField("updated_at", TimestampType()),
        StructField("data_current_at", TimestampType()),
    ]
)
_ACTIVITY: Final = StructType(
    [
        StructField("time", TimestampType()),
        *(
            StructField(name, StringType())
            for name in (
                "action_type",
                "event_text",
                "user_id",
                "user_name",
                "actor_id",
                "object_id",
                "object_type",
                "object_name",
                "additional_comment",
                "device",
                "ip_address",
            )
        ),
    ]
)
_BATCH: Final = 1_000


def catalog_schema(catalog: str) -> StructType:
    """The columns of a list."""
    return _DATASETS if catalog == "datasets" else _ACTIVITY


class _Span(InputPartition):
    """A piece of time, or everything."""

    def __init__(self, since: datetime | None = None, until: datetime | None = None) -> None:
        super().__init__((since, until))
        self.since = since
        self.until = until


class CatalogReader(DataSourceReader):
    """Reads a list.

    Args:
        connection: How workers make their client.
        options: The options of the read.
        schema: Columns of the list.

    Raises:
        InvalidArgumentError: The list has other columns.
    """

    def __init__(self, connection: Connection, options: ReadOptions, schema: StructType) -> None:
        if schema != catalog_schema(options.catalog or ""):
            raise InvalidArgumentError("schema: a list has the columns that it has", hint="Leave the schema out")
        self._connection = connection
        self._options = options

    def partitions(self) -> Sequence[InputPartition]:
        """DataSets come in one piece, the activity log in pieces of equal time."""
        if self._options.catalog == "datasets":
            return [_Span()]
        until = _moment("until", self._options.until) or datetime.now(UTC)
        since = _moment("since", self._options.since)
        if since is None or since >= until:
            raise InvalidArgumentError(
                "since: say from when on the activity log is to be read, such as 2026-01-31T00:00Z"
            )
        step = (until - since) / self._options.partitions
        edges = [since + step * number for number in range(self._options.partitions)] + [until]
        return [_Span(first, after) for first, after in pairwise(edges)]

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """The lines of one piece."""
        if not isinstance(partition, _Span):
            raise TypeError(f"{partition!r} is not a partition of this reader")
        if self._options.catalog == "datasets":
            lines = partial(_datasets, options=self._options)
        else:
            lines = partial(_activity, span=partition)
        with worker_for(self._connection).items(lines) as batches:
            yield from batches


async def _datasets(domo: AsyncDomo, options: ReadOptions) -> AsyncGenerator[pa.RecordBatch]:
    async for batch in _batches(domo.datasets.list(name_like=options.name_like), _DATASETS):
        yield batch


async def _activity(domo: AsyncDomo, span: _Span) -> AsyncGenerator[pa.RecordBatch]:
    if span.since is not None:
        async for batch in _batches(domo.activity_log.since(span.since, until=span.until), _ACTIVITY):
            yield batch


async def _batches(
    listing: AsyncIterable[DataSetSummary] | AsyncIterable[ActivityEntry], schema: StructType
) -> AsyncGenerator[pa.RecordBatch]:
    lines: list[list[object]] = []
    async for one in listing:
        lines.append([_value(getattr(one, field.name), field) for field in schema])
        if len(lines) == _BATCH:
            yield _batch(lines, schema)
            lines = []
    if lines:
        yield _batch(lines, schema)


def _value(value: object, field: StructField) -> object:
    if isinstance(value, Owner):
        return value.name
    return str(value) if value is not None and isinstance(field.dataType, StringType) else value


def _batch(lines: Sequence[Sequence[object]], schema: StructType) -> pa.RecordBatch:
    import pyarrow as pa

    types: dict[type[DataType], pa.DataType] = {
        StringType: pa.string(),
        LongType: pa.int64(),
        BooleanType: pa.bool_(),
        TimestampType: pa.timestamp("us", tz="UTC"),
    }
    columns = zip(*lines, strict=True)
    arrays = [pa.array(values, types[type(field.dataType)]) for values, field in zip(columns, schema, strict=True)]
    return pa.record_batch(arrays, names=schema.fieldNames())


def _moment(name: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidArgumentError(f"{name}: {text!r} is no moment such as 2026-01-31T00:00Z") from None
    if moment.tzinfo is None:
        raise InvalidArgumentError(f"{name}: {text!r} has no time zone", hint="Append Z for UTC")
    return moment
