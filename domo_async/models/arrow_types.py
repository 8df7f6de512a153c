# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""Domo's column types and Arrow's, in one table.

========  ===========================================================================
Domo      Arrow
========  ===========================================================================
STRING    ``string``
LONG      ``int64``
DOUBLE    ``float64``
DECIMAL   ``decimal128(38, 18)``, or the precision and scale that the caller chooses
DATE      ``date32``
DATETIME  ``timestamp("us")`` without zone, in UTC
other     ``string``, so that a type of tomorrow is still readable
========  ===========================================================================

A DATETIME carries fractions of a second. Microseconds are the finest unit that still spans the years 1 to 9999 and that
``datetime``, pandas, polars, Parquet and Spark share; nanoseconds end in 2262, and Domo has dates beyond.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.errors import InvalidArgumentError
from domo_async.models.datasets import Column, ColumnType, Schema
from domo_async.models.extras import require

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

__all__ = ["DEFAULT_DECIMAL", "DecimalType", "arrow_schema", "arrow_type", "domo_schema", "domo_type", "is_text"]

DecimalType = tuple[int, int]
"""Precision (1..38 digits in all) and scale (digits after the point, 0..precision) of a DECIMAL column."""

DEFAULT_DECIMAL: DecimalType = (38, 18)
"""Twenty digits before the point and eighteen after it: the widest that any 64-bit integer still fits into."""

_MAX_PRECISION = 38


def arrow_type(column_type: ColumnType | str, *, decimal: DecimalType = DEFAULT_DECIMAL) -> pa.DataType:
    """The Arrow type that holds every value of a Domo column type.

    Args:
        column_type: A `ColumnType` or its text. A type that this version does not know becomes ``string``.
        decimal: Precision and scale for DECIMAL.

    Raises:
        InvalidArgumentError: `decimal` is not a possible precision and scale.
        MissingExtraError: pyarrow is not installed.
    """
    pa = require("pyarrow", feature="Arrow data")
    match column_type:
        case ColumnType.LONG:
            return pa.int64()
        case ColumnType.DOUBLE:
            return pa.float64()
        case ColumnType.DECIMAL:
            precision, scale = decimal
            if not (1 <= precision <= _MAX_PRECISION and 0 <= scale <= precision):
                raise InvalidArgumentError(
                    f"decimal={decimal!r} is not a precision of 1..{_MAX_PRECISION} with a scale of 0..precision"
                )
            return pa.decimal128(precision, scale)
        case ColumnType.DATE:
            return pa.date32()
        case ColumnType.DATETIME:
            return pa.timestamp("us")
        case _:
            return pa.string()


def arrow_schema(schema: Schema, *, decimal: DecimalType = DEFAULT_DECIMAL) -> pa.Schema:
    """The Arrow schema of a DataSet, columns in the same order, all of them nullable.

    Args:
        schema: Schema of the DataSet.
        decimal: Precision and scale for DECIMAL columns.

    Raises:
        InvalidArgumentError: `decimal` is not a possible precision and scale.
        MissingExtraError: pyarrow is not installed.

    Example:
        >>> arrow_schema(Schema(columns=[Column(name="Id", type=ColumnType.LONG)])).field("Id").type
        DataType(int64)
    """
    pa = require("pyarrow", feature="Arrow data")
    return pa.schema([pa.field(column.name, arrow_type(column.type, decimal=decimal)) for column in schema.columns])


def domo_schema(schema: pa.Schema) -> Schema:
    """The Domo schema that takes a table of this Arrow schema.

    Args:
        schema: Any Arrow schema.

    Raises:
        InvalidArgumentError: A column has a type that Domo cannot hold (binary, a duration), a column has no name, or
            two names differ only by case, which Domo accepts and then refuses every upload to.
        MissingExtraError: pyarrow is not installed.

    Example:
        >>> domo_schema(pa.schema([("Id", pa.int32()), ("Day", pa.date32())])).columns[0].type
        <ColumnType.LONG: 'LONG'>
    """
    _refuse_twins(schema.names)
    return Schema(columns=[Column(name=field.name, type=domo_type(field.type, column=field.name)) for field in schema])


def domo_type(data_type: pa.DataType, *, column: str) -> ColumnType:
    """The Domo type that holds the values of an Arrow type.

    Args:
        data_type: Any Arrow type.
        column: Name for the error message.

    Raises:
        InvalidArgumentError: Domo has no such type.
    """
    kind = require("pyarrow", feature="Arrow data").types
    match data_type:
        case t if kind.is_dictionary(t) or kind.is_run_end_encoded(t):
            return domo_type(t.value_type, column=column)
        case t if kind.is_nested(t):
            for index in range(t.num_fields):
                domo_type(t.field(index).type, column=column)
            return ColumnType.STRING
        case t if _becomes_text(t):
            return ColumnType.STRING
        case t if kind.is_integer(t):
            return ColumnType.LONG
        case t if kind.is_floating(t):
            return ColumnType.DOUBLE
        case t if kind.is_decimal(t):
            return ColumnType.DECIMAL
        case t if kind.is_date(t):
            return ColumnType.DATE
        case t if kind.is_timestamp(t):
            return ColumnType.DATETIME
        case _:
            raise InvalidArgumentError(
                f"column {column!r} has the Arrow type {data_type}, which Domo cannot hold",
                hint="Cast it to text or to a number first",
            )


def is_text(data_type: pa.DataType) -> bool:
    """Whether values of this Arrow type are text, whatever its layout."""
    kind = require("pyarrow", feature="Arrow data").types
    return bool(kind.is_string(data_type) or kind.is_large_string(data_type) or kind.is_string_view(data_type))


def _becomes_text(data_type: pa.DataType) -> bool:
    kind = require("pyarrow", feature="Arrow data").types
    if isinstance(data_type, require("pyarrow", feature="Arrow data").BaseExtensionType):
        return data_type.extension_name in {"arrow.bool8", "arrow.json", "arrow.uuid"}
    return is_text(data_type) or any(is_one(data_type) for is_one in (kind.is_boolean, kind.is_null, kind.is_time))


def _refuse_twins(names: Iterable[str]) -> None:
    seen: dict[str, str] = {}
    for name in names:
        if not name:
            raise InvalidArgumentError("a column has no name")
        if (twin := seen.get(name.casefold())) is not None:
            raise InvalidArgumentError(
                f"columns {twin!r} and {name!r} differ only by case, if at all; Domo treats them as one"
            )
        seen[name.casefold()] = name
