"""Query results as JSON, cell by cell as Domo writes them."""

# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from json.encoder import encode_basestring
from typing import TYPE_CHECKING

from domo_async.models import ColumnType

if TYPE_CHECKING:
    import pyarrow as pa

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

    Numbers keep all their digits, also those that no float can hold; what is no finite number is null.
    """
    columns = [[_cell(value) for value in column.to_pylist()] for column in batch.columns]
    return ",".join(f"[{','.join(row)}]" for row in zip(*columns, strict=True))


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
