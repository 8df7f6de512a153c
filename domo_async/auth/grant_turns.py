"""How many token requests of different credentials may be on their way at once."""

from __future__ import annotations

from typing import Final

import anyio
from anyio.lowlevel import RunVar

__all__ = ["GrantTurns"]

_AT_ONCE: Final = 16


class GrantTurns:
    """Turns for token requests, so that a thousand tenants who begin together do not open a thousand connections.

    Each event loop has turns of its own.

    Args:
        at_once: How many requests of a loop may be on their way.
    """

    def __init__(self, at_once: int = _AT_ONCE) -> None:
        self._at_once = at_once
        self._of_loop: RunVar[anyio.Semaphore] = RunVar("domo_async.grant_turns")

    def here(self) -> anyio.Semaphore:
        """The turns of the running event loop; have one for the length of an ``async with``."""
        try:
            return self._of_loop.get()
        except LookupError:
            turns = anyio.Semaphore(self._at_once)
            self._of_loop.set(turns)
            return turns
