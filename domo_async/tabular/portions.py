# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.
"""Record batches of any size as portions of about the same size, which take about the same time to encode.

Imports pyarrow: import this where rows are written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from domo_async.errors import InvalidDataError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PORTION_BYTES", "Portion", "Portions"]

PORTION_BYTES: Final = 2**21
"""About the bytes of a portion. With smaller ones handing over costs more, larger ones drop out of the caches."""

MAX_ROW_BYTES: Final = 2**29
"""Bytes of a row at most. Arrow's CSV writer counts in 32 bits, and quotes may double what is in a row."""

_VALUES: Final = 2**20  # looked at in one go, for this happens in the event loop


@dataclass(frozen=True, slots=True)
class Portion:
    """Some rows.

    Attributes:
        batches: The rows, all of the same schema.
        first_row: Number of the first one, from 1.
        rows: How many.
    """

    batches: list[pa.RecordBatch]
    first_row: int
    rows: int


class Portions:
    """Cuts batches that are too large, and collects those that are small. Cheap: values are neither copied nor decoded.

    Args:
        source: How error messages call the rows.
        size: About the bytes of a portion.
    """

    def __init__(self, source: str, *, size: int = PORTION_BYTES) -> None:
        self._source = source
        self._size = size
        self._next_row = 1
        self._batches: list[pa.RecordBatch] = []
        self._rows = 0
        self._bytes = 0

    def add(self, batch: pa.RecordBatch) -> Iterator[Portion]:
        """Add rows; gives the portions that are complete now.

        Raises:
            InvalidDataError: A row is larger than `MAX_ROW_BYTES`.
        """
        if self._batches and not batch.schema.equals(self._batches[0].schema):
            yield from self.rest()
        step = max(1, _VALUES // max(1, batch.num_columns))
        for start in range(0, batch.num_rows, step):
            for size, piece in self._pieces(batch.slice(start, step)):
                if self._batches and self._bytes + size > self._size:
                    yield from self.rest()
                self._batches.append(piece)
                self._rows += piece.num_rows
                self._bytes += size

    def rest(self) -> Iterator[Portion]:
        """What is collected so far, if there is anything."""
        if self._batches:
            yield Portion(self._batches, self._next_row, self._rows)
            self._next_row += self._rows
            self._batches, self._rows, self._bytes = [], 0, 0

    def _pieces(self, batch: pa.RecordBatch) -> Iterator[tuple[int, pa.RecordBatch]]:
        rows = batch.num_rows
        size = rows * batch.num_columns + sum(_size(column) for column in batch.columns)
        if size <= self._size or rows == 1:
            if size > MAX_ROW_BYTES:
                raise InvalidDataError(
                    f"the row has {size} bytes, and {MAX_ROW_BYTES} is the most",
                    source=self._source,
                    row=self._next_row + self._rows,
                )
            yield size, batch
            return
        step = -(-rows // -(-size // self._size))
        for start in range(0, rows, step):
            piece = batch.slice(start, step)
            # Values of one size make pieces of one size. Where they do not, the pieces are cut again.
            yield from self._pieces(piece)


def _size(array: pa.Array) -> int:
    """About the bytes of the values, those of a slice alone."""
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return _size(array.storage)
    if pa.types.is_string_view(kind):
        return _sum(_lengths(array))
    if pa.types.is_dictionary(kind):
        # Most dictionaries have few values. One that has many is not gone through for every slice.
        if len(array.dictionary) > len(array):
            return _size(array.dictionary_decode())
        return _sum(_lengths(array.dictionary).take(array.indices))
    if pa.types.is_run_end_encoded(kind):
        return _size(pc.run_end_decode(array))
    return int(array.nbytes)


def _lengths(array: pa.Array) -> pa.Array:
    """About the bytes of each value."""
    kind = array.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pc.binary_length(array)
    if not pa.types.is_string_view(kind):
        return pa.repeat(pa.scalar(8, pa.int32()), len(array))
    # For views Arrow has no function: it is the first of the four numbers of each.
    views = pa.Array.from_buffers(pa.int32(), 4 * (array.offset + len(array)), [None, array.buffers()[1]])
    lengths = pc.list_element(pa.FixedSizeListArray.from_arrays(views, 4).slice(array.offset, len(array)), 0)
    return pc.if_else(array.is_valid(), lengths, 0)


def _sum(lengths: pa.Array) -> int:
    return int(pc.sum(lengths).as_py() or 0)
