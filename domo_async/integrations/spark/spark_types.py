"""Domo's columns and Spark's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    ByteType,
    CharType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegerType,
    LongType,
    MapType,
    NullType,
    ShortType,
    StringType,
    StructField,
    StructType,
    TimestampNTZType,
    TimestampType,
    VarcharType,
)

from domo_async.api.arguments import check_schema
from domo_async.errors import InvalidArgumentError
from domo_async.models import ColumnType, Schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domo_async.tabular.types import DecimalType as Precision

__all__ = ["chosen_columns", "domo_schema", "spark_schema"]


def spark_schema(schema: Schema, columns: Sequence[str], decimal: Precision) -> StructType:
    """The columns of a DataSet for Spark: a DATETIME has no zone, so it is a ``timestamp_ntz``.

    Args:
        schema: Columns of the DataSet.
        columns: Names of those to read, empty for all.
        decimal: Precision and scale of DECIMAL columns.

    Raises:
        InvalidArgumentError: The DataSet has no such column.
    """
    types = {column.name: column.type for column in schema.columns}
    names = columns or tuple(types)
    for name in names:
        if name not in types:
            raise InvalidArgumentError(
                f"columns: the DataSet has no column {name!r}", hint=f"It has {', '.join(types)}"
            )
    return StructType([StructField(name, _spark_type(types[name], decimal)) for name in names])


def chosen_columns(asked: StructType, available: StructType) -> tuple[str, ...]:
    """The names of a schema that the user gave, after a check that Domo has these columns with these types.

    Raises:
        InvalidArgumentError: It has not.
    """
    types = {field.name: field.dataType for field in available}
    for field in asked:
        if types.get(field.name) != field.dataType:
            found = types[field.name].simpleString() if field.name in types else "missing"
            raise InvalidArgumentError(
                f"schema: {field.name} {field.dataType.simpleString()} was asked for, and in Domo it is {found}",
                hint="A schema may leave columns out; cast after reading",
            )
    return tuple(field.name for field in asked)


def domo_schema(schema: StructType) -> Schema:
    """The columns that take a Spark frame. Booleans become text, and nested values JSON.

    Raises:
        InvalidArgumentError: A column has a type that Domo cannot hold, or two names differ only by case.
    """
    return check_schema([(field.name, _domo_type(field)) for field in schema])


def _domo_type(field: StructField) -> ColumnType:
    match field.dataType:
        case ByteType() | ShortType() | IntegerType() | LongType():
            return ColumnType.LONG
        case FloatType() | DoubleType():
            return ColumnType.DOUBLE
        case DecimalType():
            return ColumnType.DECIMAL
        case DateType():
            return ColumnType.DATE
        case TimestampType() | TimestampNTZType():
            return ColumnType.DATETIME
        case (
            StringType()
            | CharType()
            | VarcharType()
            | BooleanType()
            | NullType()
            | ArrayType()
            | MapType()
            | StructType()
        ):
            return ColumnType.STRING
        case other:
            raise InvalidArgumentError(
                f"column {field.name!r} is {other.simpleString()}, which Domo cannot hold", hint="Cast it first"
            )


def _spark_type(kind: ColumnType | str, decimal: Precision) -> DataType:
    match kind:
        case ColumnType.LONG:
            return LongType()
        case ColumnType.DOUBLE:
            return DoubleType()
        case ColumnType.DECIMAL:
            return DecimalType(*decimal)
        case ColumnType.DATE:
            return DateType()
        case ColumnType.DATETIME:
            return TimestampNTZType()
        case _:
            return StringType()
