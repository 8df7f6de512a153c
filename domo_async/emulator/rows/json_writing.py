"""Query results as JSON, cell by cell as Domo writes them."""

# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from json.encoder import encode_basestring

import pyarrow as pa
import pyarrow.compute as pc

from domo_async.models import ColumnType

__all__ = ["domo_type", "json_rows"]

_INTEGERS = {
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
    "BOOLEAN",  # MySQL has no booleans: comparisons are 0 and 1
}  # fmt: skip


def domo_type(kind: str) -> ColumnType:
    """Domo's type for a type of DuckDB."""
    if kind in _INTEGERS:
        return ColumnType.LONG
    if kind in {"DOUBLE", "FLOAT"}:
        return ColumnType.DOUBLE
    if kind.startswith("DECIMAL"):
        return ColumnType.DECIMAL
    if kind == "DATE":
        return ColumnType.DATE
    return ColumnType.DATETIME if kind.startswith("TIMESTAMP") else ColumnType.STRING


def json_rows(batch: pa.RecordBatch) -> str:
    """Write the rows of a batch of shape (n, k), separated by commas.

    Numbers keep all their digits, also those that no float can hold; what is no finite number or moment is null.
    """
    columns = [[_cell(value) for value in _values(column)] for column in batch.columns]
    return ",".join(f"[{','.join(row)}]" for row in zip(*columns, strict=True))


def _values(column: pa.Array) -> list[object]:
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        return _moments(column)
    try:
        values: list[object] = column.to_pylist()
    except (OverflowError, ValueError):
        return [_value(scalar) for scalar in column]
    return values


def _moments(column: pa.Array) -> list[object]:
    """Days and moments as text; Arrow knows some that Python does not, such as those of the year 0 and infinity."""
    if pa.types.is_timestamp(column.type) and column.type.tz is not None:
        column = pc.local_timestamp(column)
    texts = pc.replace_substring(pc.replace_substring_regex(column.cast(pa.string()), r"\.0+$", ""), " ", "T")
    # Of infinity Arrow says that it is out of range, in angle brackets.
    moments: list[object] = pc.if_else(pc.starts_with(texts, "<"), None, texts).to_pylist()
    return moments


def _value(scalar: pa.Scalar) -> object:
    try:
        return scalar.as_py()
    except (OverflowError, ValueError):
        return None


def _cell(value: object) -> str:
    match value:
        case None:
            return "null"
        case str():
            return encode_basestring(value)
        case bool():
            return str(int(value))
        case int():
            return str(value)
        case float():
            return repr(value) if math.isfinite(value) else "null"
        case Decimal():
            return format(value, "f")
        case datetime():
            return f'"{value.replace(tzinfo=None).isoformat()}"'
        case date():
            return f'"{value.isoformat()}"'
        case _:
            return encode_basestring(str(value))
