"""Reading a log that grows, through windows of time that one answer can fill."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from domo_async.models import ActivityEntry

__all__ = ["ActivityFeed"]

Ask = Callable[[int, int, int, int], Awaitable[list[ActivityEntry]]]
"""Asks for entries between two moments (epoch milliseconds) with a limit and an offset."""

_SECOND: Final = 1_000
_CLAMP: Final = 50
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class ActivityFeed:
    """Entries of the activity log between two moments, each once and in order of time.

    Entries have no id, times are whole seconds, and Domo pages by counting from the newest entry, so a page is no safe
    place to go on from. This asks for windows of time instead, and halves a window that does not fit into one answer.
    Only a single second with more entries than that is read by offsets.

    It can be iterated over again, which asks again.

    Attributes:
        until: Where it ends; begin there next time.
    """

    def __init__(self, ask: Ask, start: int, end: int, *, newest_first: bool, page_size: int) -> None:
        self._ask = ask
        self._start = start
        self._end = end
        self._newest_first = newest_first
        self._page_size = page_size
        self.until: datetime = _EPOCH + timedelta(milliseconds=end)

    def __aiter__(self) -> AsyncIterator[ActivityEntry]:
        return _Windows(self._ask, self._start, self._end, newest_first=self._newest_first, page_size=self._page_size)

    async def collect(self) -> list[ActivityEntry]:
        """All entries, in memory.

        Raises:
            CallError: Anything that can happen to a call.
        """
        return [entry async for entry in self]


class _Windows(AsyncIterator[ActivityEntry]):
    """Holds the windows that are left, the next one last. A window leaves when all of its entries are there."""

    def __init__(self, ask: Ask, start: int, end: int, *, newest_first: bool, page_size: int) -> None:
        self._ask = ask
        self._newest_first = newest_first
        self._page_size = page_size
        self._windows = [(start, end)] if start < end else []
        self._density = 0.0  # entries per millisecond in the window before
        self._ready: deque[ActivityEntry] = deque()

    async def __anext__(self) -> ActivityEntry:
        while not self._ready:
            if not self._windows:
                raise StopAsyncIteration
            await self._read_window()
        return self._ready.popleft()

    async def _read_window(self) -> None:
        start, end = self._windows[-1]
        may_split = end - start > _SECOND
        if may_split and self._density * (end - start) > 2 * self._page_size:
            self._split(start, end)  # it would not fit if things go on like this, so asking would be a waste
            return
        entries = await self._ask(start, end, self._page_size, 0)
        if self._is_full(entries):
            if may_split:
                self._split(start, end)
                return
            await self._read_rest(start, end, entries)
        self._ready.extend(self._in_order([entry for entry in entries if _belongs(entry, start, end)]))
        self._density = len(entries) / (end - start)
        self._windows.pop()

    def _split(self, start: int, end: int) -> None:
        """Halve the next window, at a whole second, since entries tell no more than that."""
        border = max((start + end) // 2, start + _SECOND) // _SECOND * _SECOND
        halves = [(border, end), (start, border)]
        self._windows[-1:] = halves[::-1] if self._newest_first else halves

    def _is_full(self, entries: list[ActivityEntry]) -> bool:
        # A server may cap pages lower than it says; then they are full at a round number.
        return len(entries) >= self._page_size or (len(entries) > 0 and len(entries) % _CLAMP == 0)

    async def _read_rest(self, start: int, end: int, entries: list[ActivityEntry]) -> None:
        """Read on by offsets, within one second that is over."""
        while page := await self._ask(start, end, self._page_size, len(entries)):
            entries += page
            if not self._is_full(page):
                return

    def _in_order(self, entries: list[ActivityEntry]) -> list[ActivityEntry]:
        if not self._newest_first:
            entries.reverse()  # Domo's order is the other way round, which counts within a second
        return sorted(entries, key=lambda entry: entry.time or _EPOCH, reverse=self._newest_first)


def _belongs(entry: ActivityEntry, start: int, end: int) -> bool:
    """Whether an entry lies in the window, of which neither border is known to count for Domo."""
    return entry.time is None or start // _SECOND * _SECOND <= _milliseconds(entry.time) < end


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)
