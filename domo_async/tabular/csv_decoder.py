# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
r"""Domo's CSV into Arrow record batches, block by block. No I/O and no thread of its own.

Domo's grammar is RFC 4180 with ``,,`` for null and ``"",""`` for empty text; an unquoted ``\N`` is a null too, as some
instances write it. "NA", "null" and "None" are text like any other.

Each block of whole records is parsed by itself, with the types of the schema. A block that cannot be read so is
looked at again, column by column: either the odd values have one exact meaning (see `text_values`), or the error
names the row, the column and the value. That is why the stream is not simply handed to ``pyarrow.csv.open_csv``,
which can do neither: when it meets an odd value, the bytes are gone. Blocks parse about as fast, in less memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.errors import InvalidArgumentError, InvalidResponseError
from domo_async.models import ColumnType
from domo_async.models.problems import Page, looks_like_html, read_problem
from domo_async.tabular.extras import require
from domo_async.tabular.records import MAX_RECORD_BYTES, RecordSplitter, RecordTooLongError, ends_inside_quotes
from domo_async.tabular.selection import column_positions
from domo_async.tabular.text_values import UnreadableValueError, read_text_column
from domo_async.tabular.types import DEFAULT_DECIMAL, DecimalType, arrow_schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType

    import pyarrow as pa
    from pyarrow import csv

    from domo_async.models import Schema

__all__ = ["DEFAULT_BLOCK_SIZE", "CsvDecoder"]

DEFAULT_BLOCK_SIZE = 2**20

_BOM = b"\xef\xbb\xbf"
_SHOWN = 120


class CsvDecoder:
    r"""Turns the bytes of an export into record batches.

    Feed it, take batches until None, end it, take the rest. Calls may come from different threads, one at a time.

    Args:
        schema: Schema of the DataSet: names and types of the fields, in the order in which they stand in a record.
        columns: Names of the columns to convert, in the order of the result; None for all of them.
        decimal: Precision and scale for DECIMAL columns.
        block_size: Bytes parsed at a time. Memory is a few times that.
        has_header: Whether the first record holds names instead of values.
        dataset: How error messages call the DataSet.

    Raises:
        InvalidArgumentError: An unknown column, no column at all, or an impossible `decimal`.
        MissingExtraError: pyarrow is not installed.

    Example:
        >>> decoder = CsvDecoder(Schema(columns=[Column(name="Id", type="LONG")]))
        >>> decoder.feed(b"1\n2\n")
        >>> decoder.end()
        >>> decoder.take().num_rows
        2
    """

    def __init__(
        self,
        schema: Schema,
        *,
        columns: Sequence[str] | None = None,
        decimal: DecimalType = DEFAULT_DECIMAL,
        block_size: int = DEFAULT_BLOCK_SIZE,
        has_header: bool = False,
        dataset: str = "",
    ) -> None:
        if not schema.columns:
            raise InvalidArgumentError("a table without columns cannot be read")
        if block_size < 1:
            raise InvalidArgumentError(f"block_size={block_size} is not a positive number of bytes")
        whole = arrow_schema(schema, decimal=decimal)
        # Arrow finds columns by name, and names may repeat. Positions do not.
        self._positions = column_positions(schema, columns)
        self._width = len(whole.names)
        self._domo_types = [str(schema.columns[position].type) for position in self._positions]
        self._schema = require("pyarrow", feature="Arrow data").schema([whole.field(p) for p in self._positions])
        self._as_text = {
            position
            for position in self._positions
            # Arrow's own reading of decimals can be silently wrong; see `text_values`.
            if schema.columns[position].type == ColumnType.DECIMAL
        }
        self._splitter = RecordSplitter(block_size)
        self._header_pending = has_header
        self._first_block = True
        self._dataset = f"DataSet {dataset!r}, " if dataset else ""
        self._rows = 0

    @property
    def schema(self) -> pa.Schema:
        """Schema of every batch."""
        return self._schema

    @property
    def rows(self) -> int:
        """Rows taken so far."""
        return self._rows

    @property
    def ready(self) -> bool:
        """Whether `take` has work to do."""
        return self._splitter.ready

    def feed(self, data: bytes) -> None:
        """Add bytes as they arrive. Copies them, nothing else."""
        self._splitter.feed(data)

    def end(self) -> None:
        """Say that the body is complete."""
        self._splitter.end()

    def take(self) -> pa.RecordBatch | None:
        """Decode the next block: some milliseconds of computing, mostly outside of Python's lock.

        Returns:
            A batch of at least one row, or None when more bytes are needed (after `end`: when all is read).

        Raises:
            InvalidResponseError: The bytes are not the CSV of this schema; says where and why.
        """
        while True:
            try:
                block = self._splitter.take()
            except RecordTooLongError as error:
                raise InvalidResponseError(
                    f"{self._dataset}row {self._rows + 1}: {error}, or one of its quotes is never closed",
                    hint=f"Rows of up to {MAX_RECORD_BYTES // 2**20} MiB can be read",
                ) from None
            if block is None:
                return None
            batch = self._decode(block)
            self._rows += batch.num_rows
            if batch.num_rows:
                return batch

    def _decode(self, block: bytes) -> pa.RecordBatch:
        if self._first_block:
            block = block.removeprefix(_BOM)
            self._refuse_page(block)
        skip = int(self._header_pending)
        self._first_block = self._header_pending = False
        pa = require("pyarrow", feature="Arrow data")
        if not block.strip(b"\r\n") and self._width > 1:
            return pa.RecordBatch.from_pylist([], schema=self._schema)
        if self._splitter.exhausted:
            if ends_inside_quotes(block):
                raise InvalidResponseError(f"{self._dataset}the export ends inside a quoted field")
            if not block.endswith(b"\n"):
                # Without it, Arrow takes an empty last field for empty text when a quoted one stands before it.
                block += b"\n"
        if block.startswith(_BOM):
            # Arrow drops one at the start of whatever it reads, but here it is text that begins with U+FEFF.
            block = _BOM + block
        try:
            return self._convert(self._parse(block, self._types(), skip=skip))
        except pa.ArrowInvalid:
            self._check_width(block, skip)
            self._as_text |= {p for p in self._positions if not self._reads(block, p, skip)}
        return self._convert(self._parse(block, self._types(), skip=skip))

    def _types(self) -> dict[int, pa.DataType]:
        binary = require("pyarrow", feature="Arrow data").binary()
        return {
            position: binary if position in self._as_text else field.type
            for position, field in zip(self._positions, self._schema, strict=True)
        }

    def _reads(self, block: bytes, position: int, skip: int) -> bool:
        try:
            self._parse(block, {position: self._types()[position]}, skip=skip)
        except require("pyarrow", feature="Arrow data").ArrowInvalid:
            return False
        return True

    def _convert(self, columns: list[pa.Array]) -> pa.RecordBatch:
        arrays: list[pa.Array] = []
        for index, (position, array) in enumerate(zip(self._positions, columns, strict=True)):
            field = self._schema.field(index)
            if position in self._as_text:
                try:
                    array = read_text_column(array, field.type)  # noqa: PLW2901
                except UnreadableValueError as error:
                    raise self._unreadable(error, index) from None
            arrays.append(array)
        return require("pyarrow", feature="Arrow data").RecordBatch.from_arrays(arrays, schema=self._schema)

    def _parse(self, block: bytes, types: Mapping[int, pa.DataType], *, skip: int) -> list[pa.Array]:
        names = [str(position) for position in types]
        options = self._csv().ConvertOptions(
            column_types={str(position): data_type for position, data_type in types.items()},
            include_columns=names,
            null_values=["", r"\N"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        )
        table = self._csv().read_csv(
            require("pyarrow", feature="Arrow data").BufferReader(block),
            read_options=self._read_options(block, skip),
            parse_options=self._csv().ParseOptions(newlines_in_values=True, ignore_empty_lines=self._width > 1),
            convert_options=options,
        )
        return [table.column(index).combine_chunks() for index in range(len(names))]

    def _check_width(self, block: bytes, skip: int) -> None:
        """Raise if a record has too many or too few fields."""
        pa = require("pyarrow", feature="Arrow data")
        wrong: list[csv.InvalidRow] = []

        def stop_at(row: csv.InvalidRow) -> str:
            wrong.append(row)
            return "error"

        try:
            self._csv().read_csv(
                pa.BufferReader(block),
                read_options=self._read_options(block, skip, use_threads=False),
                parse_options=self._csv().ParseOptions(
                    newlines_in_values=True, ignore_empty_lines=self._width > 1, invalid_row_handler=stop_at
                ),
                convert_options=self._csv().ConvertOptions(
                    column_types={str(position): pa.binary() for position in range(self._width)}
                ),
            )
        except pa.ArrowInvalid as error:
            if not wrong:
                raise InvalidResponseError(f"{self._dataset}the export is not CSV: {_shown(str(error))}") from error
            row = wrong[0]
            place = "" if row.number is None else f"row {self._rows + row.number - skip}: "
            raise InvalidResponseError(
                f"{self._dataset}{place}{row.actual_columns} fields where the schema has {self._width} columns: "
                f"{_shown(row.text)}"
            ) from None

    def _read_options(self, block: bytes, skip: int, *, use_threads: bool = True) -> csv.ReadOptions:
        return self._csv().ReadOptions(
            column_names=[str(position) for position in range(self._width)],
            # One block for Arrow: it must not look for record ends again.
            block_size=len(block) + 1,
            skip_rows_after_names=skip,
            use_threads=use_threads,
        )

    @staticmethod
    def _csv() -> ModuleType:
        return require("pyarrow.csv", feature="Reading CSV into Arrow")

    def _refuse_page(self, block: bytes) -> None:
        if not looks_like_html(block):
            return
        problem = read_problem(block[:4096], content_type="text/html")
        # A first cell may begin with a tag; it does not begin with a document type, nor is it one of Domo's pages.
        is_cell = block[:5].lower().startswith((b"<html", b"<head", b"<!--"))
        if not is_cell or problem.page in {Page.MAINTENANCE, Page.BLOCKED}:
            raise InvalidResponseError(
                f"{self._dataset}a web page came instead of CSV: {_shown(problem.message or '')}"
            )

    def _unreadable(self, error: UnreadableValueError, index: int) -> InvalidResponseError:
        field = self._schema.field(index)
        hint = None
        if "decimal" in str(field.type):
            hint = f"It does not fit {field.type} exactly; choose other digits with decimal=(precision, scale)"
        problem = InvalidResponseError(
            f"{self._dataset}row {self._rows + error.index + 1}, column {field.name!r}: {_shown(error.text)} is not a "
            f"readable {self._domo_types[index]}",
            hint=hint,
        )
        # The same value will come again, however often the export is repeated.
        problem.retryable = False
        return problem


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
