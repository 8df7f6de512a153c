"""Listings: page by page over the wire, item by item for the caller."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Hashable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, Generic, Never, Self, TypeVar, overload

import anyio

from domo_async.errors import InvalidArgumentError
from domo_async.http.prefetch import Ahead
from domo_async.models.html_view import items_html

__all__ = ["Page", "Pager"]

T = TypeVar("T")

FetchPage = Callable[[int, int], Awaitable[list[T]]]
"""Asks for the page at an offset with a limit."""

_CLAMP: Final = 50
_MOST_AHEAD: Final = 16
_FIRST_AHEAD: Final = 2
_MOST_STALE: Final = 3


class Page(Sequence[T]):
    """Some consecutive items of a listing.

    Attributes:
        offset: Where in the listing the page was asked for.
        next_offset: Where the following page begins; store it to go on later with ``list(offset=...)``.
    """

    __slots__ = ("_items", "next_offset", "offset")

    def __init__(self, items: Sequence[T], *, offset: int, next_offset: int) -> None:
        self._items = tuple(items)
        self.offset: int = offset
        self.next_offset: int = next_offset

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

    def _repr_html_(self) -> str | None:
        last = self.offset + len(self._items)
        return items_html(self._items, f"Items {self.offset + 1:,} to {last:,}" if self._items else "No items")


class Collected(list[T]):
    """All items of a listing: a list, which a notebook shows as a table."""

    def _repr_html_(self) -> str | None:
        return items_html(self, f"{len(self):,} items")


class Pager(Generic[T]):
    """A listing that has not been asked for yet.

    - ``await pager`` asks for the first page;
    - ``async for item in pager`` goes through all items;
    - ``async for page in pager.pages()`` goes through all pages;
    - ``await pager.collect()`` returns all items.

    The first page is asked for alone. Once the second one is wanted, the following ones are asked for before they are
    needed, at first two at once, then twice as many with each page up to `ahead`, and delivered in order. Leaving the
    loop cancels what is on its way. An item appears once, even if it moves to a later page while the listing is read. A
    page shorter than asked for is the last one, unless its length looks like a limit that the server put on pages
    without saying so; then one more page is asked for to make sure. A page longer than asked for is taken as it is, and
    the next one begins after it.

    A pager can be iterated over again, which asks again. Several tasks may share one iterator: each item goes to one of
    them. After a failed or cancelled step an iterator goes on with the page that it did not get, so that a listing is
    never cut short in silence.

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

    if not TYPE_CHECKING:
        # A plain `for` comes here too. Type checkers must not take a pager for a sequence, and complain by themselves.
        def __getitem__(self, _: object) -> Never:
            raise TypeError(
                "A Pager has nothing before it is asked: `async for` goes through all items, `await` gives the first "
                "page, and `await pager.collect()` everything"
            )

    async def _first_page(self) -> Page[T]:
        page = await anext(self._pages(ahead=1), None)
        return page if page is not None else Page((), offset=self._offset, next_offset=self._offset)

    def _pages(self, ahead: int) -> _Pages[T]:
        return _Pages(self._fetch, self._page_size, self._limit, self._offset, ahead, self._key)

    def __aiter__(self) -> _Items[T]:
        return _Items(self._pages(self._ahead))

    def pages(self) -> _Pages[T]:
        """All pages in order. A listing without items has none."""
        return self._pages(self._ahead)

    async def collect(self) -> list[T]:
        """All items, in memory."""
        items = Collected[T]()
        async for page in self.pages():
            items.extend(page)
        return items

    def __repr__(self) -> str:
        return "<Pager: not asked for yet; await it for the first page, or its collect() for all items>"


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
        self._awaited: Ahead[list[T]] | None = None
        self._window = 0  # the first page goes alone: most listings have no second one
        self._seen: set[Hashable] = set()
        self._previous: list[T] = []
        self._stale = 0
        self._begun = False
        self._over = False
        self._turn = anyio.Lock(fast_acquire=True)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Page[T]:
        async with self._turn:
            while not self._over:
                page = await self._next_page()
                if page is not None:
                    return page
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Cancel what is on its way; there are no further pages."""
        self._finish()

    async def _next_page(self) -> Page[T] | None:
        """The next page, or None if it holds nothing new."""
        if self._begun and self._most_ahead > 1:
            self._window = min(self._most_ahead, max(_FIRST_AHEAD, self._window * 2))
        self._fill(self._window)
        if self._coming:
            offset, asked, ahead = self._coming.popleft()
            self._fill(self._window - 1)  # the one that is waited for now counts
            coming: Awaitable[list[T]] = ahead.result()
            self._awaited = ahead
        else:
            offset, asked = self._next_offset, self._next_size()
            if asked == 0:
                self._finish()
                return None
            self._next_offset += asked
            coming = self._fetch(offset, asked)
        try:
            items = await coming
        except BaseException:
            self._go_on_from(offset)
            raise
        self._begun = True
        if self._end is not None:
            items = items[: max(0, self._end - offset)]
        fresh = self._unseen(items)
        self._stale = self._stale + 1 if items and not fresh else 0
        if self._stale == _MOST_STALE:
            # Page after page of what was there already: a server that ignores the offset would never end. One such page
            # is normal, if as many items as fit on it were added while the listing was read.
            self._finish()
        elif len(items) > asked:
            self._go_on_from(offset + len(items))
        elif len(items) < asked:
            if len(items) > 0 and len(items) % _CLAMP == 0 and asked > _CLAMP:
                # Most likely a limit of the server's own.
                self._page_size = len(items)
                self._go_on_from(offset + len(items))
            else:
                self._finish()
        return Page(fresh, offset=offset, next_offset=offset + len(items)) if fresh else None

    def _go_on_from(self, offset: int) -> None:
        """Forget what was asked for ahead, and take this offset next."""
        self._drop_coming()
        self._next_offset = offset

    def _drop_coming(self) -> None:
        if self._awaited is not None:
            self._awaited.cancel()
            self._awaited = None
        while self._coming:
            self._coming.popleft()[2].cancel()

    def _next_size(self) -> int:
        return self._page_size if self._end is None else min(self._page_size, max(0, self._end - self._next_offset))

    def _fill(self, most: int) -> None:
        while len(self._coming) < most and (asked := self._next_size()) > 0:
            offset = self._next_offset
            self._coming.append((offset, asked, Ahead(partial(self._fetch, offset, asked))))
            self._next_offset += asked

    def _unseen(self, items: list[T]) -> list[T]:
        if self._key is None:
            previous, self._previous = self._previous, items
            return [] if items == previous else items
        fresh: list[T] = []
        for item in items:
            identity = self._key(item)
            if identity not in self._seen:
                self._seen.add(identity)
                fresh.append(item)
        return fresh

    def _finish(self) -> None:
        self._over = True
        self._drop_coming()


class _Items(AsyncIterator[T]):
    def __init__(self, pages: _Pages[T]) -> None:
        self._pages = pages
        self._page: list[T] = []

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while not self._page:
            page = list(await anext(self._pages))
            # Another task may have put a page there meanwhile: whatever comes out of the list next comes off its end.
            self._page[:0] = reversed(page)
        return self._page.pop()

    async def aclose(self) -> None:
        """Cancel what is on its way; there are no further items."""
        self._page.clear()
        await self._pages.aclose()


def _check(name: str, value: int | None, lowest: int) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int) or value < lowest:
        raise InvalidArgumentError(f"{name}: {value!r} is not a whole number of at least {lowest}")
