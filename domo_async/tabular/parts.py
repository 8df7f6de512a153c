# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""Rows as the compressed parts of an upload."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from domo_async.errors import InvalidArgumentError
from domo_async.tabular.deflate import GzipStream
from domo_async.tabular.extras import require
from domo_async.tabular.job_line import JobLine
from domo_async.tabular.read_ahead import close_iterator
from domo_async.tabular.writing_rules import WritingRules

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    import pyarrow as pa

    from domo_async.models import Schema
    from domo_async.tabular.portion_encoder import EncodedRows

__all__ = ["DEFAULT_PART_SIZE", "Part", "cut_parts"]

DEFAULT_PART_SIZE: Final = 50 * 2**20
"""Bytes of CSV per part, before compression. Domo advises 50 MB."""

_PORTIONS_PER_PART: Final = 8
"""At least. A part is made of whole portions, whose size as CSV is not known before they are encoded."""

_WAITING: Final = 2
"""Portions that are ready, or wait for a thread, so that no core waits for the event loop."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an upload.

    Attributes:
        number: Its number, from 1, without gaps.
        rows: Records in it.
        csv_bytes: Size of its CSV before compression.
        content: The CSV without a line of names, compressed with gzip.
    """

    number: int
    rows: int
    csv_bytes: int
    content: bytes = field(repr=False)


def cut_parts(
    batches: AsyncIterator[pa.RecordBatch],
    columns: Schema,
    *,
    part_size: int = DEFAULT_PART_SIZE,
    timestamps: Literal["utc", "refuse"] = "utc",
    nanoseconds: Literal["refuse", "truncate"] = "refuse",
    not_finite: Literal["refuse", "null"] = "refuse",
    workers: int | None = None,
    dataset: str = "",
) -> AsyncGenerator[Part]:
    """Encode and compress rows in worker threads, and cut them into parts.

    Args:
        batches: The rows. Closed with the parts, if it has ``aclose``.
        columns: The columns of the DataSet, in its order. Columns are found by name, without regard to case; one that
            the batches do not have is null in every row.
        part_size: Bytes of CSV per part at most, before compression. A row that is longer makes a longer part, and so
            may nested values, of which nobody knows how long they are as text.
        timestamps: ``utc`` writes moments with a zone as what clocks in UTC show, ``refuse`` makes them an error.
        nanoseconds: ``refuse`` makes fractions finer than a microsecond an error, ``truncate`` drops them.
        not_finite: ``refuse`` makes NaN and infinities an error, ``null`` writes them as null.
        workers: Threads that encode and compress at a time; None for one per core, and one more.
        dataset: How error messages call the rows.

    Yields:
        Parts in the order of the rows. None at all when there are no rows.

    Raises:
        InvalidArgumentError: No columns, a part size or a number of workers below 1, or the batches have a column that
            the DataSet does not have.
        InvalidDataError: A value has no exact form in the type of its column; names row, column and value.
    """
    if part_size < 1:
        raise InvalidArgumentError(f"part_size={part_size} is not a positive number of bytes")
    if workers is not None and workers < 1:
        raise InvalidArgumentError(f"workers={workers} is not a positive number of threads")
    if not columns.columns:
        raise InvalidArgumentError("a table without columns cannot be written")
    require("pyarrow", feature="Writing rows")
    rules = WritingRules(timestamps=timestamps, nanoseconds=nanoseconds, not_finite=not_finite)
    return _cut(batches, columns, part_size, rules, workers, dataset)


async def _cut(
    batches: AsyncIterator[pa.RecordBatch],
    columns: Schema,
    part_size: int,
    rules: WritingRules,
    workers: int | None,
    source: str,
) -> AsyncGenerator[Part]:
    # Both need pyarrow.
    from domo_async.tabular.portion_encoder import PortionEncoder
    from domo_async.tabular.portions import PORTION_BYTES, Portions

    parts = _Assembly(part_size)
    portions = Portions(source, size=min(PORTION_BYTES, max(1, part_size // _PORTIONS_PER_PART)))
    encoder = PortionEncoder(columns, rules, source)
    in_line = (workers or os.cpu_count() or 1) + _WAITING
    line: JobLine[EncodedRows] = JobLine(workers)
    try:
        async for batch in batches:
            for portion in portions.add(batch):
                if len(line) >= in_line and (part := parts.add(await line.take())):
                    yield part
                await line.give(encoder.job(portion))
        for portion in portions.rest():
            await line.give(encoder.job(portion))
        while len(line):
            if part := parts.add(await line.take()):
                yield part
        if part := parts.rest():
            yield part
    finally:
        await line.aclose()
        await close_iterator(batches)


class _Assembly:
    """Puts what the threads have encoded together to parts."""

    def __init__(self, part_size: int) -> None:
        self._part_size = part_size
        self._stream = GzipStream()
        self._rows = 0
        self._number = 0

    def add(self, encoded: EncodedRows) -> Part | None:
        """Add rows. If they do not fit into the part any more, that part is finished, and they begin the next."""
        part = self.rest() if self._stream.size + encoded.piece.size > self._part_size else None
        self._stream.add(encoded.piece)
        self._rows += encoded.rows
        return part

    def rest(self) -> Part | None:
        """What there is so far as a part, if there is anything."""
        if not self._rows:
            return None
        self._number += 1
        part = Part(self._number, self._rows, self._stream.size, self._stream.finish())
        self._stream = GzipStream()
        self._rows = 0
        return part
