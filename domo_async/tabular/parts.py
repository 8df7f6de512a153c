# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""Rows as the compressed parts of an upload."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

from domo_async.errors import InvalidArgumentError
from domo_async.tabular.csv_encoder import CsvEncoder
from domo_async.tabular.deflate import Piece, deflated, gzip_of
from domo_async.tabular.job_line import JobLine
from domo_async.tabular.read_ahead import close_iterator
from domo_async.tabular.writable_values import Rules

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator

    import pyarrow as pa

    from domo_async.models import Schema

__all__ = ["DEFAULT_PART_SIZE", "Part", "cut_parts"]

DEFAULT_PART_SIZE: Final = 50 * 2**20
"""Bytes of CSV per part, before compression. Domo advises 50 MB."""

_SLICE_BYTES: Final = 2 * 2**20
_SLICE_ROWS: Final = 64 * 2**10


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
    content: bytes


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
        part_size: Bytes of CSV per part at most, before compression; a row that is longer makes a longer part.
        timestamps: ``utc`` writes moments with a zone as what clocks in UTC show, ``refuse`` makes them an error.
        nanoseconds: ``refuse`` makes fractions finer than a microsecond an error, ``truncate`` drops them.
        not_finite: ``refuse`` makes NaN and infinities an error, ``null`` writes them as null.
        workers: Threads that encode and compress; None for one per core.
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
    rules = Rules(timestamps=timestamps, nanoseconds=nanoseconds, not_finite=not_finite)
    return _cut(batches, columns, part_size, rules, workers or os.cpu_count() or 1, dataset)


async def _cut(
    batches: AsyncIterator[pa.RecordBatch], columns: Schema, part_size: int, rules: Rules, workers: int, dataset: str
) -> AsyncGenerator[Part]:
    line: JobLine[_Encoded] = JobLine(workers)
    parts = _Assembly(part_size)
    encoder: CsvEncoder | None = None
    row = 1
    try:
        async for batch in batches:
            encoder = encoder or CsvEncoder(batch.schema, columns, rules, dataset=dataset)
            for rows in _slices(batch):
                if len(line) >= workers + 2 and (part := parts.add(await line.take())):
                    yield part
                await line.give(partial(_encode, encoder, rows, row))
                row += rows.num_rows
        while len(line):
            if part := parts.add(await line.take()):
                yield part
        if part := parts.last():
            yield part
    finally:
        await line.aclose()
        await close_iterator(batches)


@dataclass(frozen=True, slots=True)
class _Encoded:
    rows: int
    piece: Piece


def _encode(encoder: CsvEncoder, batch: pa.RecordBatch, first_row: int) -> _Encoded:
    return _Encoded(batch.num_rows, deflated(encoder.encode(batch, first_row)))


class _Assembly:
    """Puts pieces together to parts."""

    def __init__(self, part_size: int) -> None:
        self._part_size = part_size
        self._pieces: list[Piece] = []
        self._rows = 0
        self._bytes = 0
        self._number = 0

    def add(self, encoded: _Encoded) -> Part | None:
        """Add rows; returns the part before them if they do not fit into it any more."""
        part = self.last() if self._pieces and self._bytes + encoded.piece.size > self._part_size else None
        self._pieces.append(encoded.piece)
        self._rows += encoded.rows
        self._bytes += encoded.piece.size
        return part

    def last(self) -> Part | None:
        if not self._pieces:
            return None
        self._number += 1
        part = Part(self._number, self._rows, self._bytes, gzip_of(self._pieces))
        self._pieces, self._rows, self._bytes = [], 0, 0
        return part


def _slices(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    rows = batch.num_rows
    if rows == 0:
        return
    step = max(1, min(_SLICE_ROWS, rows * _SLICE_BYTES // max(1, batch.nbytes)))
    for start in range(0, rows, step):
        yield batch.slice(start, step)
