"""Listings: page by page over the wire, item by item for the caller."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Hashable, Sequence
from functools import partial
from typing import Final, Generic, TypeVar, overload

from domo_async.errors import InvalidArgumentError
from domo_async.http.prefetch import Ahead

__all__ = ["Page", "Pager"]

T = TypeVar("T")

FetchPage = Callable[[int, int], Awaitable[list[T]]]
"""Asks for the page at an offset with a limit."""

_CLAMP: Final = 50
_MOST_AHEAD: Final = 16
_FIRST_AHEAD: Final = 8


class Page(Sequence[T]):
    """Some consecutive items of a listing.

    Attributes:
        offset: Where in the listing the page was asked for.
        next_offset: Where the following page begins; store it to go on later with ``list(offset=...)``.
    """

    __slots__ = ("_items", "next_offset", "offset")

    def __init__(self, items: Sequence[T], *, offset: int, next_offset: int) -> None:
        self._items = tuple(items)
        self.offset = offset
        self.next_offset = next_offset

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        return self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"Page({list(self._items)!r}, offset={self.offset})"


class Pager(Generic[T]):
    """A listing that has not been asked for yet.

    - ``await pager`` asks for the first page;
    - ``async for item in pager`` goes through all items;
    - ``async for page in pager.pages()`` goes through all pages;
    - ``await pager.collect()`` returns all items.

    The first page is asked for alone. If it is full, the following ones are asked for before they are needed, up to
    `ahead` at once, and delivered in order. Leaving the loop cancels what is on its way. An item appears once, even if
    it moves to a later page while the listing is read. A page shorter than asked for is the last one, unless its length
    looks like a limit that the server put on pages without saying so; then one more page is asked for to make sure.

    A pager can be iterated over again, which asks again.

    Args:
        fetch: Asks for one page.
        page_size: Items to ask for at once.
        limit: Items in all, None for as many as there are.
        offset: Items to skip.
        ahead: Pages to ask for at once at most; 1 asks for one after the other.
        key: What makes two items the same, None if items cannot be told apart.
    """

    def __init__(
        self,
        fetch: FetchPage[T],
        *,
        page_size: int,
        limit: int | None = None,
        offset: int = 0,
        ahead: int = _MOST_AHEAD,
        key: Callable[[T], Hashable] | None = None,
    ) -> None:
        _check("page_size", page_size, 1)
        _check("limit", limit, 0)
        _check("offset", offset, 0)
        _check("ahead", ahead, 1)
        self._fetch = fetch
        self._page_size = page_size
        self._limit = limit
        self._offset = offset
        self._ahead = ahead
        self._key = key

    def __await__(self) -> Generator[object, None, Page[T]]:
        return self._first_page().__await__()

    async def _first_page(self) -> Page[T]:
        async for page in self.pages():
            return page
        return Page((), offset=self._offset, next_offset=self._offset)

    def __aiter__(self) -> AsyncIterator[T]:
        return _Items(self.pages())

    def pages(self) -> AsyncIterator[Page[T]]:
        """All pages in order. A listing without items has none."""
        return _Pages(self._fetch, self._page_size, self._limit, self._offset, self._ahead, self._key)

    async def collect(self) -> list[T]:
        """All items, in memory."""
        items: list[T] = []
        async for page in self.pages():
            items.extend(page)
        return items


class _Pages(AsyncIterator[Page[T]]):
    def __init__(
        self,
        fetch: FetchPage[T],
        page_size: int,
        limit: int | None,
        offset: int,
        ahead: int,
        key: Callable[[T], Hashable] | None,
    ) -> None:
        self._fetch = fetch
        self._page_size = page_size
        self._end = None if limit is None else offset + limit
        self._next_offset = offset
        self._most_ahead = ahead
        self._key = key
        self._coming: deque[tuple[int, int, Ahead[list[T]]]] = deque()
        self._window = 0  # the first page goes alone: most listings have no second one
        self._seen: set[Hashable] = set()
        self._over = False

    async def __anext__(self) -> Page[T]:
        while not self._over:
            page = await self._next_page()
            if page is not None:
                return page
        raise StopAsyncIteration

    async def _next_page(self) -> Page[T] | None:
        """The next page, or None if it holds nothing new."""
        try:
            if self._coming:
                offset, asked, ahead = self._coming.popleft()
                self._fill()
                items = await ahead.result()
            else:
                offset, asked = self._next_offset, self._next_size()
                if asked == 0:
                    self._finish()
                    return None
                self._next_offset += asked
                items = await self._fetch(offset, asked)
        except BaseException:
            self._finish()
            raise
        if self._end is not None:
            items = items[: max(0, self._end - offset)]
        fresh = self._unseen(items)
        if len(items) < asked and not self._clamped(offset, asked, len(items)):
            self._finish()
        elif items and not fresh:
            # Page after page of what was there already: a server that ignores the offset would never end.
            self._finish()
        elif not self._over:
            self._window = min(self._most_ahead, max(_FIRST_AHEAD, self._window * 2)) if self._most_ahead > 1 else 0
            self._fill()
        return Page(fresh, offset=offset, next_offset=offset + len(items)) if fresh else None

    def _clamped(self, offset: int, asked: int, got: int) -> bool:
        """Whether the server delivered a shorter page than asked for because of a limit of its own."""
        if got == 0 or got % _CLAMP != 0 or asked <= _CLAMP:
            return False
        for _, _, ahead in self._coming:
            ahead.cancel()
        self._coming.clear()
        self._page_size = got
        self._next_offset = offset + got
        return True

    def _next_size(self) -> int:
        return self._page_size if self._end is None else min(self._page_size, max(0, self._end - self._next_offset))

    def _fill(self) -> None:
        while len(self._coming) < self._window and (asked := self._next_size()) > 0:
            offset = self._next_offset
            self._coming.append((offset, asked, Ahead(partial(self._fetch, offset, asked))))
            self._next_offset += asked

    def _unseen(self, items: list[T]) -> list[T]:
        if self._key is None:
            return items
        fresh: list[T] = []
        for item in items:
            identity = self._key(item)
            if identity not in self._seen:
                self._seen.add(identity)
                fresh.append(item)
        return fresh

    def _finish(self) -> None:
        self._over = True
        for _, _, ahead in self._coming:
            ahead.cancel()
        self._coming.clear()


class _Items(AsyncIterator[T]):
    def __init__(self, pages: AsyncIterator[Page[T]]) -> None:
        self._pages = pages
        self._page: list[T] = []

    async def __anext__(self) -> T:
        while not self._page:
            self._page = list(reversed(await anext(self._pages)))
        return self._page.pop()


def _check(name: str, value: int | None, lowest: int) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int) or value < lowest:
        raise InvalidArgumentError(f"{name}: {value!r} is not a whole number of at least {lowest}")
