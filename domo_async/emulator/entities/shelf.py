"""Numbered things in the order in which they were made."""

from __future__ import annotations

import threading
from typing import Any, Generic, TypeVar

__all__ = ["Document", "Shelf"]

Document = dict[str, Any]
"""Something as Domo writes it in JSON."""

T = TypeVar("T")


class Shelf(Generic[T]):
    """Things by their numbers. Thread-safe.

    Args:
        first: Number of the first one.
    """

    def __init__(self, first: int = 1) -> None:
        self._items: dict[int, T] = {}
        self._next = first
        self._lock = threading.Lock()

    def number(self) -> int:
        """A number that nothing has had before."""
        with self._lock:
            while self._next in self._items:
                self._next += 1
            number, self._next = self._next, self._next + 1
            return number

    def put(self, number: int, item: T) -> T:
        """Set something in its place: under a number from `number`, or one that it comes with."""
        with self._lock:
            self._items[number] = item
        return item

    @property
    def next(self) -> int:
        """The number that the next thing gets at the earliest."""
        return self._next

    def continue_at(self, number: int) -> None:
        """Give no number below this one."""
        with self._lock:
            self._next = max(self._next, number)

    def get(self, number: int | str) -> T | None:
        """What has this number; text is fine."""
        if isinstance(number, str):
            if not (number.isascii() and number.isdigit() and len(number) < 19):
                return None
            number = int(number)
        return self._items.get(number)

    def remove(self, number: int) -> None:
        """Take it away."""
        with self._lock:
            self._items.pop(number, None)

    def all(self) -> list[T]:
        """Everything, oldest first."""
        with self._lock:
            return list(self._items.values())

    def numbered(self) -> list[tuple[int, T]]:
        """Everything with its number, oldest first."""
        with self._lock:
            return list(self._items.items())
