# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""DataSets: find them, write them, read them, ask them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from domo_async.api.dataset_exports import DataSetExports
from domo_async.api.dataset_records import DataSetSort
from domo_async.errors import InvalidArgumentError, QueryError
from domo_async.http.operations import Operation, Safety
from domo_async.tabular.frames import to_duckdb, to_pandas, to_polars
from domo_async.tabular.query_result import QueryResult
from domo_async.tabular.types import DEFAULT_DECIMAL, DecimalType

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

__all__ = ["DataSetSort", "DataSets"]

# A POST that only reads.
QUERY: Final = Operation(
    "datasets.query",
    "POST",
    "/v1/datasets/query/execute/{dataset_id}",
    Safety.SAFE,
    scope="data",
    refusals={400: QueryError},
)


class DataSets(DataSetExports):
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
