"""The columns of a DataSet, as they are typed and as they stand in files."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import JsonValue

from domo_async.api.arguments import check_schema
from domo_async.cli.fields import validated
from domo_async.cli.input import called, read_json
from domo_async.cli.misuse import Misuse
from domo_async.errors import InvalidArgumentError
from domo_async.models import Column, ColumnType, Schema

__all__ = ["schema_in", "wanted_schema"]


def wanted_schema(typed: list[str] | None, file: str | None) -> Schema | None:
    """The columns that the options name, None if neither was given.

    Raises:
        InvalidArgumentError: They make no sense.
        Misuse: Both were given.
    """
    if typed and file is not None:
        raise Misuse("--schema and --schema-file both name the columns: give one of them")
    if file is not None:
        return _read(read_json(file), called(file))
    return check_schema(_parsed(typed)) if typed else None


def schema_in(document: JsonValue) -> Schema:
    """The columns in a part of a JSON document.

    Raises:
        InvalidArgumentError: There are none.
    """
    return _read(document, "schema")


def _read(document: JsonValue, place: str) -> Schema:
    if isinstance(document, dict) and isinstance(document.get("schema"), dict | list):
        document = document["schema"]  # a whole DataSet
    if isinstance(document, dict) and isinstance(document.get("columns"), list):
        document = document["columns"]
    columns: list[Column]
    if isinstance(document, dict):
        columns = [Column(name=name, type=_kind(name, kind)) for name, kind in document.items()]
    elif isinstance(document, list):
        columns = validated(list[Column], document, place)
    else:
        raise InvalidArgumentError(f"{place}: expected the columns of a DataSet")
    return check_schema(Column(name=column.name, type=_kind(column.name, column.type)) for column in columns)


def _parsed(typed: Iterable[str]) -> Iterable[Column]:
    for text in (part for option in typed for part in option.split(",")):
        name, colon, kind = text.rpartition(":")
        if not colon or not name.strip():
            raise InvalidArgumentError(
                f"--schema: {text!r} is no column such as amount:LONG",
                hint="Names with commas can stand in a --schema-file",
            )
        yield Column(name=name.strip(), type=_kind(name, kind.strip()))


def _kind(name: str, kind: object) -> ColumnType:
    try:
        return ColumnType(str(kind).upper())
    except ValueError:
        raise InvalidArgumentError(
            f"schema: column {name!r} has the type {kind!r}, which is none of {', '.join(ColumnType)}"
        ) from None
