"""An export in several parts of so many rows each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from domo_async.errors import InvalidResponseError
from domo_async.tabular.computing import compute
from domo_async.tabular.records import RecordSplitter, RecordTooLongError, count_records

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["Parts", "end_of_record"]

_BLOCK = 256 * 2**10
_QUOTED_OR_NEWLINE = re.compile(rb'(?<![^,\n])"[^"]*+(?:""[^"]*+)*+"|\n')


class Parts:
    """Divides CSV between records, after every so many rows. Memory holds a block at a time.

    ::

        parts = Parts(chunks, rows=1_000_000, width=12)
        while await parts.more():
            async for block in parts:
                ...

    Args:
        chunks: The CSV as it arrives.
        rows: Rows of each part but the last.
        width: Number of columns.
    """

    def __init__(self, chunks: AsyncIterator[bytes], *, rows: int, width: int) -> None:
        self._chunks = chunks
        self._rows = rows
        self._skip_blank_lines = width != 1
        self._splitter = RecordSplitter(_BLOCK)
        self._rest = b""
        self._left = 0
        self._begun = False

    async def more(self) -> bool:
        """Whether there is another part; begins with it. There is always a first one, if without rows."""
        self._left = self._rows
        if not self._begun:
            self._begun = True
            return True
        if not self._rest:
            self._rest = await self._block()
        return bool(self._rest)

    def __aiter__(self) -> Parts:
        return self

    async def __anext__(self) -> bytes:
        """The next bytes of this part."""
        if not self._left:
            raise StopAsyncIteration
        block, self._rest = self._rest, b""
        block = block or await self._block()
        if not block:
            self._left = 0
            raise StopAsyncIteration
        found = count_records(block, skip_blank_lines=self._skip_blank_lines)
        if found > self._left:
            cut = end_of_record(block, self._left, skip_blank_lines=self._skip_blank_lines)
            block, self._rest = block[:cut], block[cut:]
            found = self._left
        self._left -= found
        return block

    async def _block(self) -> bytes:
        while True:
            if self._splitter.ready:
                try:
                    block = await compute(self._splitter.take)
                except RecordTooLongError as error:
                    raise InvalidResponseError(f"{error}, or one of its quotes is never closed") from None
                if block is not None:
                    return block
                continue
            if self._splitter.exhausted:
                return b""
            chunk = await anext(self._chunks, None)
            if chunk is None:
                self._splitter.end()
            else:
                self._splitter.feed(chunk)


def end_of_record(block: bytes, number: int, *, skip_blank_lines: bool) -> int:
    r"""Where the record of this number ends, counted from 1, its newline included.

    Example:
        >>> end_of_record(b'1,"two\nlines"\n2,x\n', 1, skip_blank_lines=True)
        14
    """
    start = 0
    for match in _QUOTED_OR_NEWLINE.finditer(block):
        if match[0] != b"\n":
            continue
        blank = skip_blank_lines and not block[start : match.start()].strip(b"\r")
        number -= not blank
        start = match.end()
        if not number:
            return start
    return len(block)
