"""Names and queries in Domo's SQL."""

from __future__ import annotations

from collections.abc import Iterable

from domo_async.errors import InvalidArgumentError

__all__ = ["column_name", "select"]


def column_name(name: str) -> str:
    """A column as SQL has it.

    Raises:
        InvalidArgumentError: The name cannot be quoted.
    """
    if "`" in name:
        raise InvalidArgumentError(f"column {name!r} has a backtick in its name, which SQL cannot carry")
    return f"`{name}`"


def select(wanted: str, conditions: Iterable[str] = ()) -> str:
    """A query over a DataSet.

    Args:
        wanted: What to select.
        conditions: Conditions that all have to hold; empty ones hold anyway.
    """
    where = " AND ".join(filter(None, conditions))
    # What comes from outside has been quoted by the functions of this module.
    return f"SELECT {wanted} FROM table" + (f" WHERE {where}" if where else "")  # noqa: S608
