"""Which columns of a DataSet are wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domo_async.models import Schema

__all__ = ["column_positions"]

_MOST_NAMED = 20


def column_positions(schema: Schema, columns: Sequence[str] | None) -> list[int]:
    """Positions of the wanted columns in a record, in the order in which they are wanted.

    Args:
        schema: Schema of the DataSet.
        columns: Names in the exact case; None for all columns.

    Raises:
        InvalidArgumentError: A name is unknown or comes twice, or none is given.
    """
    names = schema.names
    if columns is None:
        return list(range(len(names)))
    if isinstance(columns, str):
        raise InvalidArgumentError(f"columns={columns!r} is one text and not a list of names")
    if not columns:
        raise InvalidArgumentError("columns is empty: name at least one column, or pass None for all of them")
    for name in columns:
        if name not in names:
            raise InvalidArgumentError(f"there is no column {name!r}", hint=_there_is(name, names))
    if len(set(columns)) != len(columns):
        raise InvalidArgumentError("columns names a column twice")
    return [names.index(name) for name in columns]


def _there_is(wanted: str, names: Sequence[str]) -> str:
    for name in names:
        if name.casefold() == wanted.casefold():
            return f"Did you mean {name!r}?"
    shown = ", ".join(map(repr, names[:_MOST_NAMED]))
    return f"There are {shown}{', …' if len(names) > _MOST_NAMED else ''}"
