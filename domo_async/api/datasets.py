"""DataSets: find them, read them, ask them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final, Literal

from pydantic import TypeAdapter

from domo_async.api.family import Family
from domo_async.errors import InvalidArgumentError, QueryError
from domo_async.http.bodies import request_body
from domo_async.http.download import Download
from domo_async.http.exchange import Request
from domo_async.http.operations import Operation, Safety, encode_query
from domo_async.http.paging import Pager
from domo_async.models import DataSet, DataSetSummary, QueryResponse

__all__ = ["DataSetSort", "DataSets"]

DataSetSort = Literal[
    "name",
    "nameDescending",
    "lastTouched",
    "lastTouchedAscending",
    "lastUpdated",
    "lastUpdatedAscending",
    "createdAt",
    "createdAtAscending",
    "cardCount",
    "cardCountAscending",
    "cardViewCount",
    "cardViewCountAscending",
    "errorState",
    "errorStateDescending",
    "dataSourceId",
]
"""Orders of a listing. Bare names ascend, except those that have an ``Ascending`` counterpart."""

LIST: Final = Operation("datasets.list", "GET", "/v1/datasets", Safety.SAFE, scope="data")
GET: Final = Operation("datasets.get", "GET", "/v1/datasets/{dataset_id}", Safety.SAFE, scope="data")
EXPORT: Final = Operation(
    "datasets.export", "GET", "/v1/datasets/{dataset_id}/data", Safety.SAFE, scope="data", accept="text/csv"
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

_PAGE_SIZE: Final = 50  # documented as the default and the maximum
_LISTING: Final = TypeAdapter(list[DataSetSummary])
_DATASET: Final = TypeAdapter(DataSet)
_QUERY_RESULT: Final = TypeAdapter(QueryResponse)
_SQL: Final = TypeAdapter(dict[str, str])


class DataSets(Family):
    """The DataSet API.

    Source: https://developer.domo.com/portal (DataSet API)
    """

    def list(
        self,
        *,
        name_like: str | None = None,
        sort: DataSetSort | None = None,
        limit: int | None = None,
        offset: int = 0,
        page_size: int = _PAGE_SIZE,
    ) -> Pager[DataSetSummary]:
        """List the DataSets that the client may see.

        Args:
            name_like: Text that the name contains, in upper or lower case. None or nothing for all.
            sort: Order; Domo's own if None.
            limit: DataSets in all, None for as many as there are.
            offset: DataSets to skip.
            page_size: DataSets to ask for at once, 1 to 50.

        Returns:
            A pager: await it for the first page, iterate over it for all DataSets.

        Raises:
            InvalidArgumentError: A number is out of range.
            CallError: Asking failed (raised when the pager is awaited or iterated over).

        Example:
            ::

                async for dataset in domo.datasets.list(name_like="sales", sort="name"):
                    print(dataset.name, dataset.rows)

        Source: DataSet API, ``GET /v1/datasets``.
        """
        if page_size > _PAGE_SIZE:
            raise InvalidArgumentError(f"page_size: Domo lists at most {_PAGE_SIZE} DataSets at once, not {page_size}")
        return self._listing(
            LIST,
            _LISTING,
            page_size=page_size,
            limit=limit,
            offset=offset,
            key=lambda dataset: dataset.id,
            query={"sort": sort, "nameLike": name_like or None},
        )

    async def get(self, dataset_id: str) -> DataSet:
        """One DataSet with its schema and policies.

        Args:
            dataset_id: Id of the DataSet (UUID text).

        Raises:
            NotFoundError: There is no such DataSet.
            PermissionDeniedError: These credentials may not see it.
            CallError: Anything else that can happen to a call.

        Source: DataSet API, ``GET /v1/datasets/{id}``.
        """
        return await self._call(GET, _DATASET, ids={"dataset_id": dataset_id})

    async def query(self, dataset_id: str, sql: str) -> QueryResponse:
        """Run a SQL query over one DataSet.

        The whole result is held in memory; read large DataSets with `export` instead.

        Args:
            dataset_id: Id of the DataSet (UUID text).
            sql: A SELECT in Domo's dialect of MySQL. The DataSet is called ``table``.

        Returns:
            Columns and rows.

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
        body = request_body(_SQL.dump_json({"sql": sql}), media_type="application/json")
        return await self._call(QUERY, _QUERY_RESULT, ids={"dataset_id": dataset_id}, body=body)

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
