"""DataSets: find them, write them, read them, ask them."""

from __future__ import annotations

from typing import Final

from domo_async.api.dataset_reads import DataSetReads
from domo_async.api.dataset_records import DataSetSort
from domo_async.errors import InvalidArgumentError, QueryError
from domo_async.http.operations import Operation, Safety
from domo_async.tabular.query_result import QueryResult

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


class DataSets(DataSetReads):
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
            IncompleteDataError: Fewer rows arrived than Domo counted, at every attempt.
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
