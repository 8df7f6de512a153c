# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""DataSets: find them, read them, ask them."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

from domo_async.api.batch_stream import BatchStream
from domo_async.api.dataset_records import DataSetSort
from domo_async.api.dataset_writes import DataSetWrites
from domo_async.errors import AuthenticationError, IncompleteDataError, InvalidArgumentError, QueryError
from domo_async.http.download import Download
from domo_async.http.operations import Operation, Safety, encode_query
from domo_async.http.request import Request
from domo_async.models import Schema
from domo_async.tabular.batches import collected, read_batches
from domo_async.tabular.export_file import WrittenFile, write_export
from domo_async.tabular.file_format import FileFormat
from domo_async.tabular.frames import to_duckdb, to_pandas, to_polars
from domo_async.tabular.query_result import QueryResult
from domo_async.tabular.types import DEFAULT_DECIMAL, DecimalType

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

    from domo_async.tabular.export_file import ProgressCallback

__all__ = ["DataSetSort", "DataSets"]

EXPORT: Final = Operation(
    "datasets.export",
    "GET",
    "/v1/datasets/{dataset_id}/data",
    Safety.SAFE,
    scope="data",
    accept="text/csv",
    refusals={406: AuthenticationError},  # Domo's word for a refused token where CSV was asked for
)
# A POST that only reads.
QUERY: Final = Operation(
    "datasets.query",
    "POST",
    "/v1/datasets/query/execute/{dataset_id}",
    Safety.SAFE,
    scope="data",
    refusals={400: QueryError},
)

_RESTARTS: Final = 2


class DataSets(DataSetWrites):
    """The DataSet API.

    Source: https://developer.domo.com/portal (DataSet API)
    """

    async def query(self, dataset_id: str, sql: str) -> QueryResult:
        """Run a SQL query over one DataSet.

        The whole result is held in memory; read large DataSets with `export` instead.

        Args:
            dataset_id: Id of the DataSet (UUID text).
            sql: A SELECT in Domo's dialect of MySQL. The DataSet is called ``table``.

        Returns:
            Rows with their columns; ``to_arrow``, ``to_pandas``, ``to_polars`` and ``to_duckdb`` make tables of them.

        Raises:
            QueryError: Domo refused the SQL; the message is its own.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                result = await domo.datasets.query(dataset_id, "SELECT carrier, COUNT(*) AS n FROM table GROUP BY 1")

        Source: DataSet API, ``POST /v1/datasets/query/execute/{id}``.
        """
        if not isinstance(sql, str) or not sql.strip():
            # Domo answers anything but a string with a Java exception.
            raise InvalidArgumentError("sql: expected the text of a query")
        return await self._call(QUERY, QueryResult.from_json, ids={"dataset_id": dataset_id}, fields={"sql": sql})

    @asynccontextmanager
    async def export(
        self,
        dataset_id: str,
        *,
        include_header: bool = False,
        file_name: str | None = None,
        disable_formula_interpretation: bool | None = None,
        resumable: bool = True,
    ) -> AsyncGenerator[Download]:
        """Stream the rows of a DataSet as CSV, in constant memory.

        Unquoted nothing between two commas is null, ``""`` is empty text. Rows end with a line feed.

        Args:
            dataset_id: Id of the DataSet (UUID text).
            include_header: Begin with a row of column names.
            file_name: Name that Domo puts into Content-Disposition.
            disable_formula_interpretation: Passed on when set; influences how Domo escapes text that a spreadsheet
                would take for a formula.
            resumable: Go on after a broken connection by asking again and skipping what was delivered.

        Yields:
            A `Download`, an asynchronous iterator of bytes.

        Raises:
            NotFoundError: There is no such DataSet.
            IncompleteDataError: The connection broke, and the DataSet changed before the export could go on.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                async with domo.datasets.export(dataset_id, include_header=True) as body:
                    async for chunk in body:
                        file.write(chunk)

        Source: DataSet API, ``GET /v1/datasets/{id}/data``.
        """
        request = Request(
            EXPORT,
            EXPORT.fill({"dataset_id": dataset_id}),
            encode_query(
                {
                    "includeHeader": include_header,
                    "fileName": file_name,
                    "disableFormulaInterpretation": disable_formula_interpretation,
                }
            ),
        )
        async with self._session.download(request, resumable=resumable) as body:
            yield body

    async def export_to(
        self,
        dataset_id: str,
        target: str | os.PathLike[str],
        *,
        format: FileFormat | None = None,
        columns: Sequence[str] | None = None,
        include_header: bool = True,
        decimal: DecimalType = DEFAULT_DECIMAL,
        on_progress: ProgressCallback | None = None,
    ) -> WrittenFile:
        """Bring the rows of a DataSet into a file, in constant memory.

        The file appears under its name when it is complete and its rows are counted; until then, and after an error or
        cancellation, whatever was there before stays. A transfer that broke and could not go on, because the DataSet
        changed, starts over.

        Args:
            dataset_id: Id of the DataSet (UUID text).
            target: Path of the file, in a folder that exists.
            format: ``parquet``, ``arrow``, ``csv``, ``csv.gz`` or ``jsonl``; None reads it from the suffix.
            columns: Names of the columns to keep, in this order; None for all.
            include_header: Whether a CSV file begins with a row of column names.
            decimal: Precision and scale for DECIMAL columns.
            on_progress: Called with the rows written and the bytes received since the last call.

        Returns:
            Path, format, rows, and sizes.

        Raises:
            TargetError: The folder is missing, the disk is full, or writing is not permitted.
            IncompleteDataError: Other rows arrived than the DataSet has.
            InvalidResponseError: The bytes are not the CSV of the DataSet's schema.
            InvalidArgumentError: No format, or an unknown column.
            MissingExtraError: The format needs pyarrow, and it is not installed.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                written = await domo.datasets.export_to(dataset_id, "sales.parquet")
                print(written.rows, written.bytes)
        """
        restarts = 0
        while True:
            dataset = await self.get(dataset_id)
            try:
                async with self.export(dataset_id) as body:
                    return await write_export(
                        body,
                        target,
                        dataset=dataset,
                        format=format,
                        # Under PDP the export holds the rows of this user only, and the metadata counts all.
                        expected_rows=None if dataset.pdp_enabled else dataset.rows,
                        recount=partial(self._count, dataset_id),
                        include_header=include_header,
                        columns=columns,
                        decimal=decimal,
                        on_progress=on_progress,
                    )
            except IncompleteDataError:
                if restarts == _RESTARTS:
                    raise
                restarts += 1

    async def _count(self, dataset_id: str) -> int | None:
        return (await self.get(dataset_id)).rows

    def read_batches(
        self,
        dataset_id: str,
        *,
        columns: Sequence[str] | None = None,
        decimal: DecimalType = DEFAULT_DECIMAL,
    ) -> BatchStream:
        """Read a DataSet as Arrow record batches while it arrives, in constant memory.

        Download, parsing and the body of the loop run at the same time.

        Args:
            dataset_id: Id of the DataSet (UUID text).
            columns: Names of the columns to read, in this order; None for all.
            decimal: Precision and scale for DECIMAL columns.

        Returns:
            An iterator over batches of n >= 1 rows x k columns, in the order of the export.

        Raises:
            InvalidResponseError: The bytes are not the CSV of the DataSet's schema.
            InvalidArgumentError: An unknown column.
            MissingExtraError: pyarrow is not installed.
            CallError: Anything else that can happen to a call. All are raised by the iteration.

        Example:
            ::

                async for batch in domo.datasets.read_batches(dataset_id):
                    print(batch.num_rows)
        """
        return BatchStream(partial(self._decode, dataset_id, columns, decimal))

    @asynccontextmanager
    async def _decode(
        self, dataset_id: str, columns: Sequence[str] | None, decimal: DecimalType
    ) -> AsyncGenerator[AsyncIterator[pa.RecordBatch]]:
        dataset = await self.get(dataset_id)
        async with (
            self.export(dataset_id) as body,
            read_batches(
                body,
                dataset.schema or Schema(),
                columns=columns,
                decimal=decimal,
                dataset=dataset.name or dataset_id,
            ) as batches,
        ):
            yield batches

    async def read(
        self,
        dataset_id: str,
        *,
        columns: Sequence[str] | None = None,
        decimal: DecimalType = DEFAULT_DECIMAL,
    ) -> pa.Table:
        """Read a whole DataSet into memory as an Arrow table.

        Args:
            dataset_id: Id of the DataSet (UUID text).
            columns: Names of the columns to read, in this order; None for all.
            decimal: Precision and scale for DECIMAL columns.

        Returns:
            A table of n rows x k columns, in the order of the export.

        Raises:
            IncompleteDataError: Other rows arrived than the DataSet has.
            InvalidResponseError: The bytes are not the CSV of the DataSet's schema.
            InvalidArgumentError: An unknown column.
            MissingExtraError: pyarrow is not installed.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                table = await domo.datasets.read(dataset_id)
        """
        restarts = 0
        while True:
            dataset = await self.get(dataset_id)
            async with (
                self.export(dataset_id) as body,
                read_batches(
                    body,
                    dataset.schema or Schema(),
                    columns=columns,
                    decimal=decimal,
                    dataset=dataset.name or dataset_id,
                ) as batches,
            ):
                table = await collected(batches, dataset, columns=columns, decimal=decimal)
            expected = None if dataset.pdp_enabled else dataset.rows
            if expected is None or table.num_rows in (expected, await self._count(dataset_id)):
                return table
            if restarts == _RESTARTS:
                raise IncompleteDataError(
                    f"DataSet {dataset.name or dataset_id!r}: {table.num_rows} rows arrived, and it has {expected}"
                )
            restarts += 1

    async def read_pandas(
        self,
        dataset_id: str,
        *,
        columns: Sequence[str] | None = None,
        decimal: DecimalType = DEFAULT_DECIMAL,
    ) -> pd.DataFrame:
        """Read a whole DataSet as a pandas frame with Arrow-backed columns: nothing is rounded, "NA" stays text.

        Arguments and errors are those of `read`; needs the extra ``pandas``.
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

        Arguments and errors are those of `read`; needs the extra ``polars``.
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
