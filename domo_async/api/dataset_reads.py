# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""Rows out of DataSets with their types: as batches, as one table, and as frames."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from domo_async.api.batch_stream import BatchStream
from domo_async.api.dataset_exports import DataSetExports
from domo_async.models import DataSet, Schema
from domo_async.tabular.batches import collected, read_batches
from domo_async.tabular.frames import to_duckdb, to_pandas, to_polars
from domo_async.tabular.row_count import check_count, expected_rows
from domo_async.tabular.types import DEFAULT_DECIMAL, DecimalType

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

__all__ = ["DataSetReads"]


class DataSetReads(DataSetExports):
    """The DataSet API, and the ways of rows out of DataSets as tables."""

    def read_batches(
        self,
        dataset_id: str,
        *,
        columns: Sequence[str] | None = None,
        decimal: DecimalType = DEFAULT_DECIMAL,
    ) -> BatchStream:
        """Read a DataSet as Arrow record batches while it arrives, in constant memory.

        Download, parsing and the body of the loop run at the same time. Rows are counted: if their number is neither
        the one that the DataSet had before nor the one that it has afterwards, the iteration ends with an error.

        Args:
            dataset_id: Id of the DataSet (UUID text).
            columns: Names of the columns to read, in this order; None for all.
            decimal: Precision and scale for DECIMAL columns.

        Returns:
            An iterator over batches of n >= 1 rows x k columns, in the order of the export.

        Raises:
            UnreadableRowError: A row is not what the DataSet's schema says; names row, column and value.
            IncompleteDataError: Other rows arrived than the DataSet has.
            InvalidArgumentError: An unknown column.
            MissingExtraError: pyarrow is not installed.
            CallError: Anything else that can happen to a call. All are raised by the iteration.

        Example:
            ::

                async for batch in domo.datasets.read_batches(dataset_id):
                    print(batch.num_rows)
        """
        return BatchStream(partial(self._checked, dataset_id, columns, decimal))

    async def read(
        self,
        dataset_id: str,
        *,
        columns: Sequence[str] | None = None,
        decimal: DecimalType = DEFAULT_DECIMAL,
    ) -> pa.Table:
        """Read a whole DataSet into memory as an Arrow table.

        When the DataSet changes on the way, its rows or its columns, the reading starts over, twice at most.

        Args:
            dataset_id: Id of the DataSet (UUID text).
            columns: Names of the columns to read, in this order; None for all.
            decimal: Precision and scale for DECIMAL columns.

        Returns:
            A table of n rows x k columns, in the order of the export.

        Raises:
            IncompleteDataError: Other rows arrived than the DataSet has.
            UnreadableRowError: A row is not what the DataSet's schema says; names row, column and value.
            InvalidArgumentError: An unknown column.
            MissingExtraError: pyarrow is not installed.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                table = await domo.datasets.read(dataset_id)
        """

        async def collect(dataset: DataSet) -> pa.Table:
            async with self._decoded(dataset, columns, decimal, kept=True) as batches:
                table = await collected(batches, dataset, columns=columns, decimal=decimal)
            await self._check_count(dataset, table.num_rows)
            return table

        return await self._while_unchanged(dataset_id, collect)

    async def read_pandas(
        self,
        dataset_id: str,
        *,
        columns: Sequence[str] | None = None,
        decimal: DecimalType = DEFAULT_DECIMAL,
    ) -> pd.DataFrame:
        """Read a whole DataSet as a pandas frame with Arrow-backed columns: nothing is rounded, "NA" stays text.

        Its arguments are those of `read`. Needs the extra ``pandas``.

        Raises:
            MissingExtraError: pandas is not installed.
            DomoError: All that `read` raises.

        Example:
            ::

                frame = await domo.datasets.read_pandas(dataset_id, columns=["amount"])
        """
        return to_pandas(await self.read(dataset_id, columns=columns, decimal=decimal))

    async def read_polars(
        self,
        dataset_id: str,
        *,
        columns: Sequence[str] | None = None,
        decimal: DecimalType = DEFAULT_DECIMAL,
    ) -> pl.DataFrame:
        """Read a whole DataSet as a polars frame.

        Its arguments are those of `read`. Needs the extra ``polars``.

        Raises:
            MissingExtraError: polars is not installed.
            DomoError: All that `read` raises.

        Example:
            ::

                frame = await domo.datasets.read_polars(dataset_id, columns=["amount"])
        """
        return to_polars(await self.read(dataset_id, columns=columns, decimal=decimal))

    async def read_duckdb(
        self,
        dataset_id: str,
        *,
        connection: DuckDBPyConnection | None = None,
        columns: Sequence[str] | None = None,
        decimal: DecimalType = DEFAULT_DECIMAL,
    ) -> DuckDBPyRelation:
        """Read a whole DataSet as a relation of DuckDB, to go on with SQL.

        DuckDB reads the rows where they are, in memory, and the relation keeps them. Names of columns that differ only
        by case get a number: ``x``, ``X_1``.

        Args:
            dataset_id: Id of the DataSet (UUID text).
            connection: The connection that the relation belongs to; None for DuckDB's default connection, which
                ``duckdb.sql`` uses too.
            columns: Names of the columns to read, in this order; None for all.
            decimal: Precision and scale for DECIMAL columns.

        Returns:
            A relation of n rows x k columns, in the order of the export.

        Raises:
            InvalidArgumentError: An unknown column, or the connection is closed.
            MissingExtraError: duckdb or pyarrow is not installed; both come with the extra ``duckdb``.
            CallError: As for `read`.

        Example:
            ::

                flights = await domo.datasets.read_duckdb(dataset_id)
                print(duckdb.sql("SELECT carrier, AVG(dep_delay) FROM flights GROUP BY ALL"))
        """
        return to_duckdb(await self.read(dataset_id, columns=columns, decimal=decimal), connection)

    @asynccontextmanager
    async def _decoded(
        self, dataset: DataSet, columns: Sequence[str] | None, decimal: DecimalType, *, kept: bool = False
    ) -> AsyncGenerator[AsyncIterator[pa.RecordBatch]]:
        schema, name = dataset.schema or Schema(), dataset.name or dataset.id
        async with (
            self.export(dataset.id) as body,
            read_batches(body, schema, columns=columns, decimal=decimal, kept=kept, dataset=name) as batches,
        ):
            yield batches

    @asynccontextmanager
    async def _checked(
        self, dataset_id: str, columns: Sequence[str] | None, decimal: DecimalType
    ) -> AsyncGenerator[AsyncIterator[pa.RecordBatch]]:
        dataset = await self.get(dataset_id)
        async with (
            self._decoded(dataset, columns, decimal) as batches,
            aclosing(self._counted(batches, dataset)) as counted,
        ):
            yield counted

    async def _counted(
        self, batches: AsyncIterator[pa.RecordBatch], dataset: DataSet
    ) -> AsyncGenerator[pa.RecordBatch]:
        rows = 0
        async for batch in batches:
            rows += batch.num_rows
            yield batch
        await self._check_count(dataset, rows)

    async def _check_count(self, dataset: DataSet, rows: int) -> None:
        name = dataset.name or dataset.id
        await check_count(rows, expected_rows(dataset), partial(self._count, dataset.id), dataset=name)
