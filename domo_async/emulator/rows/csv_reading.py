r"""CSV to rows, by the grammar that Domo documents for imports.

RFC 4180 in UTF-8, where LF alone may end a record. An unquoted empty field, or an unquoted ``\N``, is null; a quoted
empty field is empty text. A first record that repeats the column names is a header, everything else is data.
"""

# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.

from __future__ import annotations

import contextlib
import heapq
import re
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from domo_async.emulator.rows import cells
from domo_async.emulator.rows.types import StoredColumn, arrow_type
from domo_async.models import ColumnType

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["InvalidCsvError", "read_csv"]

_BOM = b"\xef\xbb\xbf"
_FIELD = re.compile(rb'(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|\Z)')
_BLOCK = 8 << 20


class InvalidCsvError(Exception):
    """The text is not CSV of these columns.

    Attributes:
        structural: Whether the grammar or the width is wrong; else a value does not fit the type of its column.
    """

    def __init__(self, message: str, *, structural: bool) -> None:
        super().__init__(message)
        self.structural = structural


def read_csv(
    body: bytes, columns: Sequence[StoredColumn], *, header: bool = True
) -> tuple[list[StoredColumn], pa.Table]:
    """Parse CSV whose fields stand in the order of the columns.

    Args:
        body: The whole text, possibly empty.
        columns: Columns of the DataSet, in order.
        header: Whether a first record that repeats the column names is left out.

    Returns:
        The columns with the scale that their decimals need, and a table of shape (n, k) with fields ``c0``, ``c1``...

    Raises:
        InvalidCsvError: The text breaks the grammar, a record is too short or too long, or a value has the wrong type.
    """
    body = body.removeprefix(_BOM)
    if header:
        body = _without_header(body, columns)
    if not body:
        return _typed([pa.chunked_array([], pa.string()) for _ in columns], columns)
    _check_quotes(body)
    if len(columns) > 1:
        body = _check_blank_lines(body)
    names = [f"c{i}" for i in range(len(columns))]
    # DECIMAL is read as text: its scale is known only when all values have been seen.
    wanted = [pa.string() if c.type is ColumnType.DECIMAL else arrow_type(c) for c in columns]
    try:
        table = _parse(body, names, wanted)
    except pa.ArrowInvalid as error:
        _explain(error, body, names)
        # Some value is not in Arrow's own form. Domo takes a few more: read everything as text and look at each.
        table = _parse_text(body, names)
    return _typed(table.columns, columns)


def _parse(body: bytes, names: list[str], types: list[pa.DataType], *, block: int = _BLOCK) -> pa.Table:
    block = min(block, len(body) + 1)
    try:
        return csv.read_csv(
            pa.BufferReader(body),
            read_options=csv.ReadOptions(column_names=names, block_size=block),
            parse_options=csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            convert_options=csv.ConvertOptions(
                column_types=dict(zip(names, types, strict=True)),
                null_values=["", "\\N"],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        if "straddling" in str(error) and block <= len(body):
            return _parse(body, names, types, block=len(body) + 1)
        raise


def _parse_text(body: bytes, names: list[str]) -> pa.Table:
    try:
        return _parse(body, names, [pa.string()] * len(names))
    except pa.ArrowInvalid as error:
        msg = "The text is not UTF-8"
        raise InvalidCsvError(msg, structural=False) from error


def _typed(arrays: Sequence[pa.ChunkedArray], columns: Sequence[StoredColumn]) -> tuple[list[StoredColumn], pa.Table]:
    done: list[pa.ChunkedArray] = []
    stored: list[StoredColumn] = []
    for position, (array, column) in enumerate(zip(arrays, columns, strict=True), start=1):
        scale = column.scale
        try:
            if column.type is ColumnType.DECIMAL:
                scale, array = cells.decimals(array)  # noqa: PLW2901 - the same column, converted
            elif array.type != arrow_type(column):
                array = cells.convert(array, column.type)  # noqa: PLW2901
        except (pa.ArrowInvalid, ValueError) as error:
            msg = f"Column {position} ({column.name}) is {column.type}: {error}"
            raise InvalidCsvError(msg, structural=False) from error
        done.append(array)
        stored.append(StoredColumn(column.name, column.type, scale))
    return stored, pa.table(done, names=[f"c{i}" for i in range(len(done))])


def _without_header(body: bytes, columns: Sequence[StoredColumn]) -> bytes:
    names = [column.name for column in columns]
    position = 0
    for index, name in enumerate(names):
        match = _FIELD.match(body, position)
        if match is None:
            return body
        quoted, plain, end = match.groups()
        text = plain if quoted is None else quoted.replace(b'""', b'"')
        last = index == len(names) - 1
        if text != name.encode() or (end == b",") is last:
            return body
        position = match.end()
    return body[position:]


def _check_quotes(body: bytes) -> None:
    """Refuse a quote inside an unquoted field, a stray quote inside a quoted one, and one that is never closed.

    Arrow reads all three without complaint. Quotes open and close in turn, where a doubled quote closes and opens
    again; so it is enough to look at the neighbours of each.
    """
    if b'"' not in body:
        return
    octets = pa.Array.from_buffers(pa.uint8(), len(body), [None, pa.py_buffer(body)])
    quotes = pc.indices_nonzero(pc.equal(octets, pa.scalar(ord('"'), pa.uint8()))).cast(pa.int64())
    if len(quotes) % 2:
        msg = "A quoted field is not closed."
        raise InvalidCsvError(msg, structural=True)
    pairs = pa.FixedSizeListArray.from_arrays(quotes, 2)
    before = pc.subtract(pc.list_element(pairs, 0), 1)
    after = pc.add(pc.list_element(pairs, 1), 1)
    before = before.filter(pc.greater_equal(before, 0))
    after = after.filter(pc.less(after, len(body)))
    for places, allowed in ((before, b',\n"'), (after, b',\r\n"')):
        neighbours = octets.take(places)
        if pc.any(pc.invert(pc.is_in(neighbours, pa.array(list(allowed), pa.uint8())))).as_py():
            msg = "A quote stands where none may stand."
            raise InvalidCsvError(msg, structural=True)


def _check_blank_lines(body: bytes) -> bytes:
    """Refuse blank lines between records; blank lines at the end are dropped.

    With one column a blank line is a null, with more it is a record with too few columns.
    """
    trimmed = body.rstrip(b"\r\n") + b"\n"
    quotes = seen = 0
    for start in _blank_lines(trimmed):
        quotes += trimmed.count(b'"', seen, start)
        seen = start
        if quotes % 2 == 0:
            row = trimmed.count(b"\n", 0, start) + 1
            msg = f"There is a blank line. Row {row}."
            raise InvalidCsvError(msg, structural=True)
    return trimmed


def _blank_lines(text: bytes) -> Iterator[int]:
    """Where blank lines begin, those inside quoted fields included."""
    if text.startswith((b"\n", b"\r\n")):
        yield 0
    # Plain searches: a regular expression for both kinds takes longer than parsing does.
    yield from heapq.merge(_places(text, b"\n\n"), _places(text, b"\n\r\n"))


def _places(text: bytes, mark: bytes) -> Iterator[int]:
    position = text.find(mark)
    while position >= 0:
        yield position + 1
        position = text.find(mark, position + 1)


def _explain(error: pa.ArrowInvalid, body: bytes, names: list[str]) -> None:
    """Raise Domo's message if the width of a record is the reason, else return."""
    if "Expected" not in str(error):
        return
    found: list[tuple[int, int]] = []

    def note(row: csv.InvalidRow) -> str:
        found.append((row.number, row.actual_columns))
        return "error"

    with contextlib.suppress(pa.ArrowInvalid):
        csv.read_csv(
            pa.BufferReader(body),
            # Rows are counted only where one thread reads them.
            read_options=csv.ReadOptions(column_names=names, use_threads=False, block_size=len(body) + 1),
            parse_options=csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=note),
            convert_options=csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        )
    if found:
        row, actual = found[0]
        amount = "many" if actual > len(names) else "few"
        column = len(names) + 1 if actual > len(names) else actual
        msg = f"There are too {amount} columns. Expected {len(names)}. Row {row}, column {column}."
        raise InvalidCsvError(msg, structural=True) from error
