"""Domo's column types, and how each is held in Arrow and in DuckDB.

STRING is text, LONG a 64-bit integer, DOUBLE a 64-bit float, DATE a day, DATETIME a moment without zone in
microseconds.

DECIMAL keeps every digit. Its scale belongs to the stored column and is the largest scale seen so far (``1.5`` and
``2.25`` are held as ``DECIMAL(38, 2)``): a fixed scale such as 18 would leave 20 digits before the point, print
eighteen decimals for every price, and make DuckDB refuse to multiply two such columns.
"""

# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from domo_async.errors import InvalidArgumentError
from domo_async.models import ColumnType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["MAX_DIGITS", "StoredColumn", "arrow_type", "duckdb_type", "readable_columns", "to_domo_rows"]

MAX_DIGITS = 38
"""Digits of a DECIMAL, before and after the point together: the limit of DuckDB and of Arrow's 128-bit decimal."""

_ARROW = {
    ColumnType.STRING: pa.string(),
    ColumnType.LONG: pa.int64(),
    ColumnType.DOUBLE: pa.float64(),
    ColumnType.DATE: pa.date32(),
    ColumnType.DATETIME: pa.timestamp("us"),
}
_DUCKDB = {
    ColumnType.STRING: "VARCHAR",
    ColumnType.LONG: "BIGINT",
    ColumnType.DOUBLE: "DOUBLE",
    ColumnType.DATE: "DATE",
    ColumnType.DATETIME: "TIMESTAMP",
}


@dataclass(frozen=True, slots=True)
class StoredColumn:
    """One column as it is stored.

    Attributes:
        name: The name that Domo shows; two columns may share it.
        type: Domo's type.
        scale: Digits after the point, for DECIMAL only.
    """

    name: str
    type: ColumnType
    scale: int = 0

    def saved(self) -> list[object]:
        """All that it consists of."""
        return [self.name, self.type.value, self.scale]

    @classmethod
    def restored(cls, document: Sequence[Any]) -> StoredColumn:
        """The column that `saved` described."""
        name, kind, scale = document
        return cls(name, ColumnType(kind), scale)


def arrow_type(column: StoredColumn) -> pa.DataType:
    """The Arrow type that holds a column."""
    if column.type is ColumnType.DECIMAL:
        return pa.decimal128(MAX_DIGITS, column.scale)
    return _ARROW[column.type]


def duckdb_type(column: StoredColumn) -> str:
    """The SQL type that holds a column in DuckDB."""
    if column.type is ColumnType.DECIMAL:
        return f"DECIMAL({MAX_DIGITS},{column.scale})"
    return _DUCKDB[column.type]


def readable_columns(schema: pa.Schema) -> list[StoredColumn]:
    """Map the columns of an Arrow table to Domo's types.

    Args:
        schema: Schema of the table.

    Returns:
        One stored column per field, in order. Booleans become STRING, since Domo has none.

    Raises:
        InvalidArgumentError: There is no column, or one whose type Domo cannot hold (nested, binary, time, duration).
    """
    if not len(schema):
        msg = "A DataSet needs at least one column"
        raise InvalidArgumentError(msg)
    return [_readable(field) for field in schema]


def _readable(field: pa.Field) -> StoredColumn:
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    domo = _domo_type(kind)
    if domo is None:
        msg = f"Column {field.name!r} has the Arrow type {field.type}, which Domo cannot hold"
        hint = "Cast it to text, a number, a date or a timestamp first."
        raise InvalidArgumentError(msg, hint=hint)
    return StoredColumn(field.name, domo, max(kind.scale, 0) if domo is ColumnType.DECIMAL else 0)


def _domo_type(kind: pa.DataType) -> ColumnType | None:
    types = pa.types
    if types.is_integer(kind):
        return ColumnType.LONG
    if types.is_floating(kind):
        return ColumnType.DOUBLE
    if types.is_decimal(kind):
        return ColumnType.DECIMAL
    if types.is_date(kind):
        return ColumnType.DATE
    if types.is_timestamp(kind):
        return ColumnType.DATETIME
    if types.is_boolean(kind) or types.is_null(kind) or kind in (pa.string(), pa.large_string(), pa.string_view()):
        return ColumnType.STRING
    return None


def to_domo_rows(columns: list[StoredColumn], batches: Iterable[pa.RecordBatch]) -> pa.RecordBatchReader:
    """Cast batches to the types in which columns are stored, one batch at a time.

    Booleans become ``true`` and ``false``, zoned timestamps UTC, nanoseconds microseconds.

    Args:
        columns: Target columns, as many as the batches have.
        batches: Batches of shape (n, k).

    Returns:
        A reader whose fields are named ``c0``, ``c1``... since Domo allows names that DuckDB takes for the same.
    """
    schema = pa.schema([(f"c{i}", arrow_type(column)) for i, column in enumerate(columns)])

    def cast() -> Iterator[pa.RecordBatch]:
        for batch in batches:
            arrays = [_cast(array, field.type) for array, field in zip(batch.columns, schema, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, cast())


def _cast(array: pa.Array, target: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if array.type == target:
        return array
    # Nanoseconds are cut off; everything else must fit exactly, or the caller learns which value does not.
    return array.cast(target, safe=not pa.types.is_timestamp(target))
