"""Parts of which the first is looked at before anything is begun for them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from domo_async.tabular.parts import Part

__all__ = ["StartedParts"]


class StartedParts(AsyncIterator["Part"]):
    """An iterator over parts that knows its first ones beforehand.

    Args:
        parts: Where they come from; whoever opened it closes it.
    """

    def __init__(self, parts: AsyncGenerator[Part]) -> None:
        self._parts = parts
        self._ahead: list[Part] = []

    async def look(self, count: int) -> list[Part]:
        """The next parts, up to `count`, which stay to be iterated over."""
        while len(self._ahead) < count and (part := await anext(self._parts, None)) is not None:
            self._ahead.append(part)
        return self._ahead[:count]

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Part:
        return self._ahead.pop(0) if self._ahead else await anext(self._parts)
