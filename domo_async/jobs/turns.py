"""Doing one thing in order, among tasks that run at the same time."""

from __future__ import annotations

import anyio

__all__ = ["Turns"]


class Turns:
    """Lets numbered tasks pass one after the other.

    Numbers start at 0 and none is left out. Each task calls `passed` once, whether it waited before or not.
    """

    def __init__(self) -> None:
        self._next = 0
        self._passed: set[int] = set()
        self._waiting: dict[int, anyio.Event] = {}

    async def wait(self, number: int) -> None:
        """Return when all lower numbers have passed."""
        if number > self._next:
            await self._waiting.setdefault(number, anyio.Event()).wait()

    def passed(self, number: int) -> None:
        """Let the next number pass. Calling it again has no effect."""
        if number < self._next:
            return
        self._passed.add(number)
        while self._next in self._passed:
            self._passed.remove(self._next)
            self._next += 1
        if (event := self._waiting.pop(self._next, None)) is not None:
            event.set()
