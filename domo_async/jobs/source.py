"""What a job needs of Domo: four operations of the DataSet API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterable
    from contextlib import AbstractAsyncContextManager

    from domo_async.models import DataSet, DataSetSummary
    from domo_async.tabular.query_result import QueryResult

__all__ = ["DatasetSource"]


class DatasetSource(Protocol):
    """Where DataSets come from. ``domo.datasets`` is one; a test may bring its own."""

    def list(
        self, *, name_like: str | None = None, sort: Literal["name"] | None = None
    ) -> AsyncIterable[DataSetSummary]:
        """All DataSets, or those whose names contain a text."""
        ...

    async def get(self, dataset_id: str) -> DataSet:
        """Metadata of one DataSet, with its schema."""
        ...

    def export(
        self, dataset_id: str, *, include_header: bool = False
    ) -> AbstractAsyncContextManager[AsyncIterable[bytes]]:
        """The CSV of one DataSet as it arrives. The connection is given back when the block ends."""
        ...

    async def query(self, dataset_id: str, sql: str) -> QueryResult:
        """The result of a query over one DataSet."""
        ...
