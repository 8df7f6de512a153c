r"""Where the records of a CSV body begin and end, without reading their fields.

A newline inside quotes belongs to the text. A quote opens a quoted field only at the start of a field; anywhere else in
an unquoted field it is text (``5.5" pipe``), although Domo's own rules for uploads forbid that. Both are decided
exactly here, by regular expressions in which no step can be taken back (possessive quantifiers), so that their time is
proportional to the input, and where a block ends mostly by a look at its last quotes.
"""

from __future__ import annotations

import re
from collections import deque

__all__ = ["MAX_RECORD_BYTES", "RecordSplitter", "RecordTooLongError", "begins_with_cr_record", "count_records"]

MAX_RECORD_BYTES = 64 * 2**20
"""Longest record that is looked for. Without a bound, one quote that is never closed would swallow the memory."""

_FIELD_QUOTED = rb'(?<![^,\n])"[^"]*+(?:""[^"]*+)*+"'
# Text outside quotes, whole quoted fields, and quotes that are text. The match ends at the opening quote of a field
# that is not closed, or at the end.
_CLOSED = re.compile(rb'[^"]*+(?:' + _FIELD_QUOTED + rb'[^"]*+|(?<=[^,\n])"[^"]*+)*+')
# Whole records, from the start of a field on. The match ends behind the last of them.
_RECORDS = re.compile(rb'(?:[^"\n]*+(?:' + _FIELD_QUOTED + rb'[^"\n]*+|(?<=[^,\n])"[^"\n]*+)*+\n)*+')
# All of that without quotes that are text. Where it reaches the end, every second piece between quotes is outside them.
_WELL_FORMED = re.compile(rb'(?:[^"]++|' + _FIELD_QUOTED + rb"(?![^,\r\n]))*+")
_QUOTED = re.compile(_FIELD_QUOTED)
_CR_RECORD = re.compile(rb'[^"\r\n]*+(?:' + _FIELD_QUOTED + rb'[^"\r\n]*+|(?<=[^,\n])"[^"\r\n]*+)*+\r(?!\n)')
_BLANK_LINE = re.compile(rb"\n(?=\r?\n)")


_TRIES = 500
"""Quotes that are looked at, from the end of a block, for one that tells."""

_LOOKS = 8
"""How often that is done, where fields of many lines stand, before the block is read from its beginning."""


class RecordTooLongError(ValueError):
    """One record is longer than the limit; most likely a quote is never closed."""


class RecordSplitter:
    """Cuts a stream of bytes into blocks of whole records.

    Where it cuts depends on the bytes alone and not on how they were divided on their way, so the same export makes the
    same file every time. A record longer than a block gets a block of its own, up to `MAX_RECORD_BYTES`.

    Args:
        block_size: Bytes per block at most, unless one record is longer.
    """

    def __init__(self, block_size: int) -> None:
        self._block_size = block_size
        self._wanted = block_size
        self._pieces: deque[memoryview] = deque()
        self._size = 0
        self._ended = False

    @property
    def ready(self) -> bool:
        """Whether `take` has work to do. Cheap: it looks at no byte."""
        return self._size >= self._wanted or (self._ended and bool(self._size))

    @property
    def exhausted(self) -> bool:
        """Whether the block that was taken last is the last one."""
        return self._ended and not self._size

    def feed(self, data: bytes) -> None:
        """Add bytes at the end. They are kept as they are until a block needs them."""
        if data:
            self._pieces.append(memoryview(data))
            self._size += len(data)

    def end(self) -> None:
        """Say that no more bytes come."""
        self._ended = True

    def take(self) -> bytes | None:
        """The next block, or None when more bytes are needed (or, after `end`, when nothing is left).

        Only the last block may lack its newline, or end inside quotes (`ends_inside_quotes` tells).

        Raises:
            RecordTooLongError: A record is longer than `MAX_RECORD_BYTES`.
        """
        while self._size >= self._wanted:
            start = self._gather(self._wanted)
            if cut := _last_boundary(start):
                if rest := start[cut:]:
                    self._pieces.appendleft(memoryview(rest))
                    self._size += len(rest)
                self._wanted = self._block_size
                return start[:cut]
            self._pieces.appendleft(memoryview(start))
            self._size += len(start)
            if self._wanted > MAX_RECORD_BYTES:
                how = ", since it ends with a lone CR instead of LF" if begins_with_cr_record(start) else ""
                raise RecordTooLongError(f"a record is longer than {MAX_RECORD_BYTES} bytes{how}")
            self._wanted *= 2
        return self._gather(self._size) if self._ended and self._size else None

    def _gather(self, size: int) -> bytes:
        """The first `size` bytes, as one."""
        parts: list[memoryview] = []
        missing = size
        while missing:
            piece = self._pieces.popleft()
            if len(piece) > missing:
                self._pieces.appendleft(piece[missing:])
                piece = piece[:missing]
            parts.append(piece)
            missing -= len(piece)
        self._size -= size
        return b"".join(parts)


def ends_inside_quotes(block: bytes) -> bool:
    """Whether a block, which starts with a record, ends inside a quoted field."""
    match = _CLOSED.match(block)
    return match is not None and match.end() < len(block)


def count_records(block: bytes, *, skip_blank_lines: bool) -> int:
    r"""Count the records of a block of whole records.

    Args:
        block: Bytes that begin with a record. The last record may lack its newline.
        skip_blank_lines: Whether a line without a character is no record. True for a table of several columns, where
            such a line is a flaw; in a table of one column it is a null.

    Example:
        >>> count_records(b'1,"two\nlines"\n2,x\n', skip_blank_lines=True)
        2
    """
    if not block:
        return 0
    unfinished = not block.endswith(b"\n")
    blanks = _blank_lines(block) if skip_blank_lines else 0
    if b'"' not in block:
        return block.count(b"\n") + unfinished - blanks
    match = _WELL_FORMED.match(block)
    if match is not None and match.end() == len(block):
        return sum(piece.count(b"\n") for piece in block.split(b'"')[::2]) + unfinished - blanks
    return _QUOTED.sub(b'""', block).count(b"\n") + unfinished - blanks


def begins_with_cr_record(block: bytes) -> bool:
    r"""Whether the first record of a block ends with a lone CR, which ends no record here, but does for other readers.

    Domo's exports never have such records: LF ends theirs, and a CR stands inside quotes. It is for messages.

    Example:
        >>> begins_with_cr_record(b'1,"two\rlines"\r2,x\r')
        True
    """
    return _CR_RECORD.match(block) is not None


def _blank_lines(block: bytes) -> int:
    starts = block.startswith((b"\n", b"\r\n"))
    if b"\n\n" not in block and b"\n\r\n" not in block:
        return int(starts)
    bare = _QUOTED.sub(b'""', block) if b'"' in block else block
    return len(_BLANK_LINE.findall(bare)) + starts


def _last_boundary(start: bytes) -> int:
    """End of the last whole record, 0 when there is none."""
    cut = start.rfind(b"\n") + 1
    looks = _LOOKS
    while cut:
        sure = _outside(start, cut) if looks else 0
        if sure == cut:
            return cut
        looks -= 1
        match = _CLOSED.match(start, sure, cut)
        if match is None or match.end() == cut:
            return cut
        # The newline lies inside a quoted field, and so may others before the quote that opens it.
        records = _RECORDS.match(start, sure, match.end())
        if records is not None and records.end() > sure:
            return records.end()
        cut = start.rfind(b"\n", 0, sure) + 1
    return 0


def _outside(start: bytes, end: int) -> int:
    r"""A place at or before `end` that is surely outside of quotes, and the start of a field unless it is `end` itself.

    ``x",`` and ``x"\n`` tell, wherever they stand, if x is neither a quote nor the end of a field or a record: inside
    quotes, this one closes them; outside, it is text. Either way a field ends behind it. So most blocks need not be
    read from their beginning, which would take a quarter of the time that Arrow needs for them.
    """
    quote = start.rfind(b'"', 0, end)
    if quote < 0:
        return end
    for _ in range(_TRIES):
        if quote <= 0:
            break
        if start[quote - 1] not in b'",\r\n' and start[quote + 1] in b",\n":
            return quote + 2
        quote = start.rfind(b'"', 0, quote)
    return 0
