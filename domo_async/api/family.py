"""What all API families have in common: a session, and short ways to call and to list."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Final, TypeVar

from pydantic import JsonValue, TypeAdapter

from domo_async.errors import InvalidArgumentError, NotFoundError
from domo_async.http.answer import Answer
from domo_async.http.bodies import Body, request_body
from domo_async.http.operations import Operation, QueryValue, encode_query
from domo_async.http.options import Unset
from domo_async.http.paging import Pager
from domo_async.http.parsing import parser
from domo_async.http.request import Request

if TYPE_CHECKING:
    from domo_async.http.session import Session

__all__ = ["Family", "Fields", "check_page_size", "json_body"]

T = TypeVar("T")

Ids = Mapping[str, str | int]
Query = Mapping[str, QueryValue]
Fields = Mapping[str, "JsonValue | Unset"]
"""Fields of a JSON body by their names on the wire. `UNSET` leaves a field out, None sends null."""

_NO_PAGES: Final = 1_000_000
_JSON = TypeAdapter[JsonValue](JsonValue)


def json_body(document: JsonValue) -> Body:
    """A body in JSON."""
    return request_body(_JSON.dump_json(document), media_type="application/json")


def check_page_size(page_size: int, highest: int) -> None:
    """Refuse a page that Domo would not deliver.

    Raises:
        InvalidArgumentError: It is too large.
    """
    if page_size > highest:
        raise InvalidArgumentError(f"page_size: Domo lists at most {highest} at once here, not {page_size}")


class Family:
    """Base of the API families."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def _call(
        self,
        operation: Operation,
        adapter: TypeAdapter[T] | Callable[[bytes], T],
        *,
        ids: Ids | None = None,
        query: Query | None = None,
        fields: Fields | None = None,
        body: Body | None = None,
    ) -> T:
        """Carry out an operation whose answer has a body."""
        return await self._session.call(_request(operation, ids, query, fields, body), parser(adapter))

    async def _call_if_answered(
        self,
        operation: Operation,
        adapter: TypeAdapter[T],
        *,
        ids: Ids | None = None,
        query: Query | None = None,
        fields: Fields | None = None,
        body: Body | None = None,
    ) -> T | None:
        """Carry out an operation that answers with a body in some versions of the API and without one in others."""
        parse = parser(adapter)

        def parse_if_answered(answer: Answer) -> T | None:
            return parse(answer) if answer.body.strip() else None

        return await self._session.call(_request(operation, ids, query, fields, body), parse_if_answered)

    async def _do(
        self,
        operation: Operation,
        *,
        ids: Ids | None = None,
        query: Query | None = None,
        fields: Fields | None = None,
        body: Body | None = None,
    ) -> None:
        """Carry out an operation whose answer holds nothing of interest, whether it has a body or not."""
        await self._session.call(_request(operation, ids, query, fields, body), lambda _: None)

    async def _delete(self, operation: Operation, *, ids: Ids) -> None:
        """Carry out a deletion.

        Where an earlier attempt got through and only its answer was lost, the next one finds nothing any more. That is
        what was asked for.
        """
        try:
            await self._do(operation, ids=ids)
        except NotFoundError as error:
            if error.attempts == 1:
                raise

    def _whole_list(
        self,
        operation: Operation,
        adapter: TypeAdapter[list[T]],
        *,
        ids: Ids | None = None,
        query: Query | None = None,
    ) -> Pager[T]:
        """A listing that Domo does not cut into pages: one request, one page."""

        async def fetch(start: int, size: int) -> list[T]:
            return [] if start else await self._call(operation, adapter, ids=ids, query=query)

        return Pager(fetch, page_size=_NO_PAGES, ahead=1)

    def _listing(
        self,
        operation: Operation,
        adapter: TypeAdapter[list[T]],
        *,
        page_size: int,
        limit: int | None,
        offset: int,
        key: Callable[[T], Hashable] | None,
        ids: Ids | None = None,
        query: Query | None = None,
    ) -> Pager[T]:
        async def fetch(start: int, size: int) -> list[T]:
            return await self._call(
                operation, adapter, ids=ids, query={**(query or {}), "limit": size, "offset": start}
            )

        return Pager(fetch, page_size=page_size, limit=limit, offset=offset, key=key)


def _request(
    operation: Operation, ids: Ids | None, query: Query | None, fields: Fields | None, body: Body | None
) -> Request:
    if fields is not None:
        body = json_body({name: value for name, value in fields.items() if not isinstance(value, Unset)})
    return Request(operation, operation.fill(ids), encode_query(query), body)
