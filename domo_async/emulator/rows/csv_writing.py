"""Rows to CSV, as Domo exports them.

A null is an empty field and empty text is ``""``; other text is quoted only where it must be. Lines end with LF, the
last one too. DATETIME is written as ``2019-03-19T18:49:02``, with a fraction only where there is one.
"""

# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from domo_async.models import ColumnType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domo_async.emulator.rows.types import StoredColumn

__all__ = ["CsvWriter"]

_STRUCTURE = (b'"', b",", b"\n", b"\r", b"\\N")
_NEEDS_QUOTES = r'[",\r\n]|^$|^\\N$'
_FORMULA = r"^([=+\-@\t\r])"
_EMPTY_FOR_NULL = pc.JoinOptions(null_handling="replace", null_replacement="")


class CsvWriter:
    r"""Turns record batches of one DataSet into CSV.

    Args:
        columns: The columns of the batches, in order.
        escape_formulas: Put an apostrophe before text that a spreadsheet would run as a formula.

    Example:
        >>> from domo_async.emulator.rows.types import StoredColumn
        >>> writer = CsvWriter([StoredColumn("who", ColumnType.STRING)])
        >>> bytes(writer.encode(pa.record_batch({"who": ["Bob, Jr", "", None]})))
        b'"Bob, Jr"\n""\n\n'
    """

    def __init__(self, columns: Sequence[StoredColumn], *, escape_formulas: bool = False) -> None:
        self._columns = columns
        self._escape_formulas = escape_formulas

    def header(self) -> bytes:
        """The line of column names."""
        cells = [pa.array([column.name]) for column in self._columns]
        return bytes(_join([_quote(cell) for cell in cells]))

    def encode(self, batch: pa.RecordBatch) -> pa.Buffer:
        """Write the rows of a batch of shape (n, k).

        Returns:
            n CSV records. The buffer may be written to a socket without being copied.
        """
        if not batch.num_rows:
            return pa.py_buffer(b"")
        arrays = [self._prepare(array, column) for array, column in zip(batch.columns, self._columns, strict=True)]
        texts = [i for i, column in enumerate(self._columns) if column.type is ColumnType.STRING]
        dirty = [i for i in texts if _has_structure(arrays[i])]
        if not dirty:
            # Arrow's own writer is about twice as fast as joining, but it cannot quote some cells and not others.
            return _write(arrays)
        for i in dirty:
            arrays[i] = _quote(arrays[i])
        return _join(arrays)

    def _prepare(self, array: pa.Array, column: StoredColumn) -> pa.Array:
        if column.type is ColumnType.DATETIME:
            return _moments(array)
        if column.type is ColumnType.STRING:
            if array.type != pa.string():
                array = array.cast(pa.string())
            if self._escape_formulas:
                return pc.replace_substring_regex(array, _FORMULA, r"'\1")
        return array


def _moments(array: pa.Array) -> pa.Array:
    try:
        text = array.cast(pa.timestamp("s")).cast(pa.string())
    except pa.ArrowInvalid:
        # Some have a fraction. Arrow prints six digits for all: drop what says nothing, cell by cell.
        text = pc.replace_substring_regex(array.cast(pa.string()), r"\.?0+$", "")
    return pc.utf8_replace_slice(text, 10, 11, "T")


def _has_structure(array: pa.Array) -> bool:
    """Whether some cell may need quotes. Looks at the raw bytes at once, which costs next to nothing."""
    shortest = pc.min(pc.binary_length(array)).as_py()
    if shortest is None:
        return False
    if shortest == 0:
        return True
    _, offsets, data = array.buffers()
    bounds = memoryview(offsets).cast("i")
    start, end = bounds[array.offset], bounds[array.offset + len(array)]
    raw = data.slice(start, end - start).to_pybytes()
    return any(mark in raw for mark in _STRUCTURE)


def _quote(array: pa.Array) -> pa.Array:
    quoted = pc.binary_join_element_wise('"', pc.replace_substring(array, '"', '""'), '"', "")
    return pc.if_else(pc.match_substring_regex(array, _NEEDS_QUOTES), quoted, array)


def _write(arrays: list[pa.Array]) -> pa.Buffer:
    batch = pa.RecordBatch.from_arrays(arrays, names=[str(i) for i in range(len(arrays))])
    options = csv.WriteOptions(include_header=False, batch_size=batch.num_rows, quoting_style="none")
    sink = pa.BufferOutputStream()
    csv.write_csv(batch, sink, options)
    return sink.getvalue()


def _join(arrays: list[pa.Array]) -> pa.Buffer:
    texts = [array if array.type == pa.string() else array.cast(pa.string()) for array in arrays]
    texts[-1] = pc.binary_join_element_wise(texts[-1], "", "\n", options=_EMPTY_FOR_NULL)
    lines = pc.binary_join_element_wise(*texts, ",", options=_EMPTY_FOR_NULL)
    # The values of a text array lie one after the other, and each ends with LF now: this is the CSV already.
    _, offsets, data = lines.buffers()
    bounds = memoryview(offsets).cast("i")
    start, end = bounds[lines.offset], bounds[lines.offset + len(lines)]
    return data.slice(start, end - start)
