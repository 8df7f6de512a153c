"""What all API families have in common: a session, and short ways to call and list."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, TypeVar

from domo_async.http.exchange import Request
from domo_async.http.operations import Operation, QueryValue, encode_query
from domo_async.http.paging import Pager
from domo_async.http.parsing import parser

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from domo_async.http.bodies import Body
    from domo_async.http.session import Session

__all__ = ["Family"]

T = TypeVar("T")


class Family:
    """Base of the API families."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def _call(
        self,
        operation: Operation,
        adapter: TypeAdapter[T],
        *,
        ids: dict[str, str | int] | None = None,
        query: dict[str, QueryValue] | None = None,
        body: Body | None = None,
    ) -> T:
        request = Request(operation, operation.fill(ids), encode_query(query), body)
        return await self._session.call(request, parser(adapter))

    async def _do(
        self,
        operation: Operation,
        *,
        ids: dict[str, str | int] | None = None,
        query: dict[str, QueryValue] | None = None,
        body: Body | None = None,
    ) -> None:
        """Carry out an operation whose answer holds nothing of interest, whether it has a body or not."""
        request = Request(operation, operation.fill(ids), encode_query(query), body)
        await self._session.call(request, lambda _: None)

    def _listing(
        self,
        operation: Operation,
        adapter: TypeAdapter[list[T]],
        *,
        page_size: int,
        limit: int | None,
        offset: int,
        key: Callable[[T], Hashable] | None,
        ids: dict[str, str | int] | None = None,
        query: dict[str, QueryValue] | None = None,
    ) -> Pager[T]:
        async def fetch(start: int, size: int) -> list[T]:
            return await self._call(
                operation, adapter, ids=ids, query={**(query or {}), "limit": size, "offset": start}
            )

        return Pager(fetch, page_size=page_size, limit=limit, offset=offset, key=key)
