# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""What readers ask Domo: a plan on the driver, and the rows of one partition in a task. Nothing of Spark in here."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from domo_async.errors import IncompleteDataError, InvalidArgumentError, InvalidResponseError
from domo_async.models import DataSet, Schema
from domo_async.tabular.ranges import Scale
from domo_async.tabular.sql import column_name, select
from domo_async.tabular.types import arrow_schema

if TYPE_CHECKING:
    import pyarrow as pa

    from domo_async.client import AsyncDomo
    from domo_async.integrations.spark.options import ReadOptions

__all__ = ["Share", "common_schema", "plan", "rows_of"]

_MOST_QUERIES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Share:
    """What one task reads.

    Attributes:
        dataset_id: Id of the DataSet.
        state: What its metadata said when the read was planned.
        conditions: Conditions of SQL for each of its queries, one after the other; None for an export of everything.
        rows: How many rows the export has, None if that is not known.
    """

    dataset_id: str
    state: str
    conditions: tuple[str, ...] | None = None
    rows: int | None = None


async def common_schema(domo: AsyncDomo, dataset_ids: Sequence[str]) -> Schema:
    """The columns of all these DataSets.

    Raises:
        InvalidArgumentError: They differ.
    """
    first = await domo.datasets.schema(dataset_ids[0])
    expected = [(column.name, column.type) for column in first.columns]
    for dataset_id in dataset_ids[1:]:
        schema = await domo.datasets.schema(dataset_id)
        if [(column.name, column.type) for column in schema.columns] != expected:
            raise InvalidArgumentError(f"datasets: {dataset_id} has other columns than {dataset_ids[0]}")
    return first


async def plan(domo: AsyncDomo, options: ReadOptions, conditions: Sequence[str]) -> list[Share]:
    """Divide a read among tasks, no more of them than calls are allowed at once.

    Args:
        domo: The client.
        options: The options of the read.
        conditions: Conditions that Spark's filters come to.
    """
    datasets = [await domo.datasets.get(dataset_id) for dataset_id in options.datasets]
    if len(datasets) > 1:
        return [_export(dataset) for dataset in datasets]
    [dataset] = datasets
    if options.partition_column is None:
        return await _one_share(domo, dataset, options, conditions)
    return await _ranges(domo, dataset, options.partition_column, options, conditions)


async def _ranges(
    domo: AsyncDomo, dataset: DataSet, column: str, options: ReadOptions, conditions: Sequence[str]
) -> list[Share]:
    types = {column.name: column.type for column in (dataset.schema or Schema()).columns}
    scale = Scale.of(column, types.get(column), option="partitionColumn")
    state, quoted = _state_of(dataset), column_name(column)
    found = await domo.datasets.query(
        dataset.id, select(f"MIN({quoted}) AS low, MAX({quoted}) AS high, COUNT(*) AS n", conditions)
    )
    lowest, highest, counted = found.rows[0]
    rows = int(counted or 0)
    low = _bound(scale, options.lower_bound, lowest)
    high = _bound(scale, options.upper_bound, highest)
    if low is None or high is None:  # no rows at all, or none with a value
        return [Share(dataset.id, state, (_joined(conditions),) if rows else ())]
    if high < low:
        raise InvalidArgumentError("lowerBound: it is above the upper bound")
    # Rows are taken to be spread evenly; where they are not, some queries bring more than planned.
    queries = min(_MOST_QUERIES, max(1, math.ceil(rows / options.partitions / options.rows_per_query)))
    return [
        Share(
            dataset.id,
            state,
            tuple(
                _joined([*conditions, *filter(None, [scale.condition(piece)])])
                for piece in scale.within(part, low, high, queries)
            ),
        )
        for part in scale.cut(low, high, options.partitions)
    ]


def _bound(scale: Scale, chosen: str | None, found: object) -> Decimal | None:
    value = found if chosen is None else chosen
    return None if value is None else scale.position(value)


async def _one_share(domo: AsyncDomo, dataset: DataSet, options: ReadOptions, conditions: Sequence[str]) -> list[Share]:
    if not conditions:
        return [_export(dataset)]
    # A query comes in one piece, an export row by row: what does not fit into memory is filtered by Spark alone.
    counted = await domo.datasets.query(dataset.id, select("COUNT(*) AS n", conditions))
    if int(counted.rows[0][0] or 0) > options.rows_per_query:
        return [_export(dataset)]
    return [Share(dataset.id, _state_of(dataset), (_joined(conditions),))]


async def rows_of(
    domo: AsyncDomo, share: Share, columns: Sequence[str], schema: Schema, options: ReadOptions
) -> AsyncGenerator[pa.RecordBatch]:
    """The rows of one task.

    Raises:
        IncompleteDataError: The DataSet changed after the read was planned.
        InvalidResponseError: An answer does not have the DataSet's columns and types.
        CallError: Anything that can happen to a call.
    """
    rows = 0
    if share.conditions is None:
        async with domo.datasets.read_batches(share.dataset_id, columns=columns, decimal=options.decimal) as batches:
            async for batch in batches:
                rows += batch.num_rows
                yield batch
    else:
        target = _target(schema, columns, options)
        names = ", ".join(map(column_name, columns))
        for condition in share.conditions:
            found = await domo.datasets.query(share.dataset_id, select(names, [condition]))
            for batch in _cast(found.to_arrow(decimal=options.decimal), target, share.dataset_id).to_batches():
                yield batch
    if options.snapshot_check:
        after = await domo.datasets.get(share.dataset_id)
        if _state_of(after) != share.state:
            raise IncompleteDataError(
                f"DataSet {share.dataset_id} changed while it was read",
                hint="Read it again, or allow mixed states with the option snapshotCheck=false",
            )
        if share.rows is not None and rows != share.rows:
            raise IncompleteDataError(f"DataSet {share.dataset_id}: {rows} rows arrived, and it has {share.rows}")


def _export(dataset: DataSet) -> Share:
    return Share(dataset.id, _state_of(dataset), rows=None if dataset.pdp_enabled else dataset.rows)


def _state_of(dataset: DataSet) -> str:
    return f"{dataset.data_current_at or dataset.updated_at} {dataset.rows}"


def _target(schema: Schema, columns: Sequence[str], options: ReadOptions) -> pa.Schema:
    import pyarrow as pa

    whole = arrow_schema(schema, decimal=options.decimal)
    return pa.schema([whole.field(name) for name in columns])


def _cast(table: pa.Table, target: pa.Schema, dataset_id: str) -> pa.Table:
    import pyarrow as pa

    if table.num_columns != len(target):
        raise InvalidResponseError(f"DataSet {dataset_id}: {table.num_columns} columns came for {len(target)}")
    try:
        return table.rename_columns(target.names).cast(target)
    except pa.ArrowInvalid as error:
        raise InvalidResponseError(f"DataSet {dataset_id}: a value does not fit its column: {error}") from None


def _joined(conditions: Sequence[str]) -> str:
    return " AND ".join(conditions)
