# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
r"""Blocks of Domo's CSV into Arrow record batches. No I/O, no thread, and no memory of the block before.

Domo's grammar is RFC 4180 with ``,,`` for null and ``"",""`` for empty text; an unquoted ``\N`` is a null too, as some
instances write it. "NA", "null" and "None" are text like any other.

Each block of whole records is parsed by itself, with the types of the schema. A block that cannot be read so is
looked at again, column by column: either the odd values have one exact meaning (see `text_values`), or the error
names the row, the column and the value. That is why the stream is not simply handed to ``pyarrow.csv.open_csv``,
which can do neither: when it meets an odd value, the bytes are gone. And it parses one block after the other, while
these can be parsed on as many cores as there are.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from domo_async.errors import InvalidArgumentError
from domo_async.models import ColumnType
from domo_async.tabular.csv_blocks import BYTE_ORDER_MARK, CsvBlock, FlawedCsvError, shown
from domo_async.tabular.extras import require
from domo_async.tabular.selection import column_positions
from domo_async.tabular.text_values import UnreadableValueError, read_text_column
from domo_async.tabular.types import DEFAULT_DECIMAL, DecimalType, arrow_schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa
    from pyarrow import csv

    from domo_async.models import Schema

__all__ = ["CsvDecoder"]


class CsvDecoder:
    r"""Turns blocks of records into record batches. Several threads may use it at once.

    Args:
        schema: Schema of the DataSet: names and types of the fields, in the order in which they stand in a record.
        columns: Names of the columns to convert, in the order of the result; None for all of them.
        decimal: Precision and scale for DECIMAL columns.
        kept: Whether all batches stay in memory.

    Raises:
        InvalidArgumentError: An unknown column, no column at all, or an impossible `decimal`.
        MissingExtraError: pyarrow is not installed.

    Example:
        >>> decoder = CsvDecoder(Schema(columns=[Column(name="Id", type="LONG")]))
        >>> decoder.decode(CsvBlock(b"1\n2\n")).num_rows
        2
    """

    def __init__(
        self,
        schema: Schema,
        *,
        columns: Sequence[str] | None = None,
        decimal: DecimalType = DEFAULT_DECIMAL,
        kept: bool = False,
    ) -> None:
        if not schema.columns:
            raise InvalidArgumentError("a table without columns cannot be read")
        self._pa = require("pyarrow", feature="Arrow data")
        self._csv = require("pyarrow.csv", feature="Reading CSV into Arrow")
        self._pool = _pool_to_keep() if kept else self._pa.default_memory_pool()
        whole = arrow_schema(schema, decimal=decimal)
        # Arrow finds columns by name, and names may repeat. Positions do not.
        self._positions = column_positions(schema, columns)
        self._width = len(whole.names)
        self._domo_types = [str(schema.columns[position].type) for position in self._positions]
        self._schema = self._pa.schema([whole.field(p) for p in self._positions])
        # A new set each time it grows: other threads may be looking at the old one.
        self._as_text = frozenset(
            position
            for position in self._positions
            # Arrow's own reading of decimals can be silently wrong; see `text_values`.
            if schema.columns[position].type == ColumnType.DECIMAL
        )

    @property
    def schema(self) -> pa.Schema:
        """Schema of every batch."""
        return self._schema

    def decode(self, block: CsvBlock) -> pa.RecordBatch:
        """Decode a block: some milliseconds of computing, almost all of it outside of Python's lock.

        Returns:
            A batch of n >= 0 rows x k columns.

        Raises:
            FlawedCsvError: The bytes are not the CSV of this schema; says where in the block, and why.
        """
        data = block.data
        if not data or (self._width > 1 and data[:1] in b"\r\n" and not data.strip(b"\r\n")):
            return self._pa.RecordBatch.from_pylist([], schema=self._schema)
        if not data.endswith(b"\n"):
            # Without it, Arrow takes an empty last field for empty text when a quoted one stands before it.
            data += b"\n"
        if data.startswith(BYTE_ORDER_MARK):
            # Arrow drops one at the start of whatever it reads, but here it is text that begins with U+FEFF.
            data = BYTE_ORDER_MARK + data
        try:
            return self._convert(self._parse(data, self._types(), names=block.names))
        except self._pa.ArrowInvalid:
            self._check_width(data, block.names)
            odd = frozenset(position for position in self._positions if not self._reads(data, position, block.names))
            self._as_text |= odd
        return self._convert(self._parse(data, self._types(odd), names=block.names))

    def _types(self, odd: frozenset[int] = frozenset()) -> dict[int, pa.DataType]:
        as_text = self._as_text | odd
        binary = self._pa.binary()
        return {
            position: binary if position in as_text else field.type
            for position, field in zip(self._positions, self._schema, strict=True)
        }

    def _reads(self, data: bytes, position: int, names: int) -> bool:
        try:
            self._parse(data, {position: self._types()[position]}, names=names)
        except self._pa.ArrowInvalid:
            return False
        return True

    def _convert(self, columns: list[pa.Array]) -> pa.RecordBatch:
        arrays: list[pa.Array] = []
        for index, (array, field) in enumerate(zip(columns, self._schema, strict=True)):
            if self._pa.types.is_binary(array.type):
                try:
                    array = read_text_column(array, field.type)  # noqa: PLW2901
                except UnreadableValueError as error:
                    raise self._unreadable(error, index) from None
            arrays.append(array)
        return self._pa.RecordBatch.from_arrays(arrays, schema=self._schema)

    def _parse(self, data: bytes, types: Mapping[int, pa.DataType], *, names: int) -> list[pa.Array]:
        wanted = [str(position) for position in types]
        table = self._csv.read_csv(
            self._pa.BufferReader(data),
            read_options=self._read_options(data, names),
            parse_options=self._csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=self._width > 1),
            convert_options=self._csv.ConvertOptions(
                column_types={str(position): data_type for position, data_type in types.items()},
                include_columns=wanted,
                null_values=["", r"\N"],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                # One look at the block is cheaper than one at each text in it.
                check_utf8=not data.isascii(),
            ),
            memory_pool=self._pool,
        )
        columns = [table.column(index) for index in range(len(wanted))]
        return [column.chunk(0) if column.num_chunks == 1 else column.combine_chunks() for column in columns]

    def _check_width(self, data: bytes, names: int) -> None:
        """Raise if a record has too many or too few fields."""
        wrong: list[csv.InvalidRow] = []

        def stop_at(row: csv.InvalidRow) -> str:
            wrong.append(row)
            return "error"

        try:
            self._csv.read_csv(
                self._pa.BufferReader(data),
                read_options=self._read_options(data, names),
                parse_options=self._csv.ParseOptions(
                    newlines_in_values=True, ignore_empty_lines=self._width > 1, invalid_row_handler=stop_at
                ),
                convert_options=self._csv.ConvertOptions(
                    column_types={str(position): self._pa.binary() for position in range(self._width)}
                ),
            )
        except self._pa.ArrowInvalid as error:
            if not wrong:
                raise FlawedCsvError(f"the export is not CSV: {shown(str(error))}") from error
            row = wrong[0]
            raise FlawedCsvError(
                f"{row.actual_columns} fields where the schema has {self._width} columns",
                row=None if row.number is None else row.number - names,
                value=shown(row.text),
            ) from None

    def _read_options(self, data: bytes, names: int) -> csv.ReadOptions:
        return self._csv.ReadOptions(
            column_names=[str(position) for position in range(self._width)],
            # One block for Arrow: it must not look for record ends again.
            block_size=len(data) + 1,
            skip_rows_after_names=names,
            # Other blocks are on the other cores already. It is also what makes Arrow count rows.
            use_threads=False,
        )

    def _unreadable(self, error: UnreadableValueError, index: int) -> FlawedCsvError:
        field = self._schema.field(index)
        hint = None
        if self._pa.types.is_decimal(field.type):
            hint = f"It does not fit {field.type} exactly; choose other digits with decimal=(precision, scale)"
        return FlawedCsvError(
            f"not a readable {self._domo_types[index]}",
            row=error.index + 1,
            column=field.name,
            value=shown(error.text),
            hint=hint,
            # The same value will come again, however often the export is repeated.
            retryable=False,
        )


def _pool_to_keep() -> pa.MemoryPool:
    """Where columns lie that stay: with jemalloc if Arrow has it and nobody chose another.

    Such columns are memory that was never used before, and on Linux Arrow's usual mimalloc had the kernel work three
    to five times as long for it: a frame of 512 MB took 5.4 s of CPU with it, and 3.6 s with jemalloc. Where memory is
    used again and again there is nothing to gain, and two pools hold more than one.
    """
    pa = require("pyarrow", feature="Arrow data")
    pool = pa.default_memory_pool()
    was_chosen = "ARROW_DEFAULT_MEMORY_POOL" in os.environ
    if not was_chosen and pool.backend_name == "mimalloc" and "jemalloc" in pa.supported_memory_backends():
        return pa.jemalloc_memory_pool()
    return pool
