"""Rules for what is sent, checked before it is: Domo forgives some mistakes in ways that cost data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from pydantic import JsonValue

from domo_async.errors import InvalidArgumentError
from domo_async.models import Column, ColumnType, Schema, UpdateMethod

__all__ = [
    "RowsUpdateMethod",
    "SchemaLike",
    "StreamUpdateMethod",
    "check_name",
    "check_schema",
    "check_update_method",
    "schema_document",
]

SchemaLike = Schema | Mapping[str, ColumnType | str] | Iterable[Column | tuple[str, ColumnType | str]]
"""A `Schema`, a mapping of names to types, or columns or pairs of name and type, in order."""

RowsUpdateMethod = UpdateMethod | Literal["REPLACE", "APPEND"]
StreamUpdateMethod = UpdateMethod | Literal["REPLACE", "APPEND", "UPSERT"]

ROWS: Final = (UpdateMethod.REPLACE, UpdateMethod.APPEND)
_TYPES: Final = ", ".join(ColumnType)


def check_name(argument: str, value: str) -> str:
    """Refuse an empty name.

    Raises:
        InvalidArgumentError: It is no text, or nothing but blanks.
    """
    if not isinstance(value, str) or not value.strip():
        raise InvalidArgumentError(f"{argument}: {value!r} is not a name")
    return value


def check_update_method(value: str, allowed: Iterable[UpdateMethod] = UpdateMethod) -> UpdateMethod:
    """Refuse what is none of the documented words, in exactly this spelling.

    Raises:
        InvalidArgumentError: It is another word.
    """
    words = list(allowed)
    for word in words:
        if value == word.value:
            return word
    raise InvalidArgumentError(
        f"update_method: {value!r} is none of {', '.join(words)}",
        hint="Domo takes any other word for REPLACE, and deletes every row",
    )


def check_schema(schema: SchemaLike) -> Schema:
    """Refuse columns that Domo refuses, or will once data comes.

    Raises:
        InvalidArgumentError: There are no columns, or one without a name, one of an unknown type, or two whose names
            are the same but for upper and lower case (Domo creates them, and later refuses every upload).
    """
    columns = [_column(column) for column in _columns(schema)]
    if not columns:
        raise InvalidArgumentError("schema: a DataSet needs at least one column")
    seen: dict[str, str] = {}
    for name in (column.name for column in columns):
        other = seen.get(name.casefold())
        if other is not None:
            what = f"there are two columns {name!r}" if other == name else f"{other!r} and {name!r} differ only by case"
            raise InvalidArgumentError(f"schema: {what}", hint="Domo does not tell their names apart")
        seen[name.casefold()] = name
    return Schema(columns=columns)


def schema_document(schema: SchemaLike) -> JsonValue:
    """A schema as Domo wants it.

    Raises:
        InvalidArgumentError: See `check_schema`.
    """
    return {"columns": [{"type": str(column.type), "name": column.name} for column in check_schema(schema).columns]}


def _columns(schema: SchemaLike) -> Iterable[object]:
    if isinstance(schema, Schema):
        return schema.columns
    return schema.items() if isinstance(schema, Mapping) else schema


def _column(column: object) -> Column:
    match column:
        case Column(name=name, type=kind):
            pass
        case (str(name), str(kind)):
            pass
        case _:
            raise InvalidArgumentError(f"schema: {column!r} is neither a Column nor a pair of name and type")
    if not name.strip():
        raise InvalidArgumentError(f"schema: {name!r} is not the name of a column")
    try:
        return Column(name=name, type=ColumnType(kind))
    except ValueError:
        raise InvalidArgumentError(
            f"schema: column {name!r} has the type {kind!r}, which is none of {_TYPES}"
        ) from None
