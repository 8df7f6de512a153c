"""The answer of the query endpoint."""

from __future__ import annotations

from typing import Annotated

from pydantic import AliasChoices, Field

from domo_async.models.base import DomoModel, Items
from domo_async.models.datasets import ColumnType

__all__ = ["QueryColumn", "QueryResponse"]


class QueryColumn(DomoModel):
    """What Domo says of one column of a query result, in column order."""

    type: Annotated[ColumnType | str | None, Field(union_mode="left_to_right")] = None
    data_source_id: str | None = None
    max_length: int | None = None
    min_length: int | None = None
    period_index: int | None = None
    aggregated: bool | None = None


class QueryResponse(DomoModel):
    """Rows of a SQL query.

    Attributes:
        columns: Column names in order, k of them.
        metadata: Type and origin of each column, in the same order.
        rows: n rows of k JSON scalars each. DATETIME comes as ``2019-03-19T18:49:02`` without zone.

    Source: DataSet API, ``POST /v1/datasets/query/execute/{id}``.
    """

    # Domo writes these two in lower case; clients that were written from memory expect camelCase.
    datasource: str | None = Field(default=None, validation_alias=AliasChoices("datasource", "dataSource"))
    from_cache: bool | None = Field(default=None, validation_alias=AliasChoices("fromcache", "fromCache"))
    columns: Items[str] = []
    metadata: Items[QueryColumn] = []
    rows: Items[list[str | int | float | bool | None]] = []
    num_rows: int | None = None
    num_columns: int | None = None
