"""Rows of a query as the CSV that an export of them would be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.tabular.csv_files import csv_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["as_csv"]


def as_csv(rows: Iterable[Sequence[str | float | bool | None]]) -> bytes:
    r"""Write rows as CSV in UTF-8; null is an empty field and empty text a quoted one.

    Example:
        >>> as_csv([[1, "", None]])
        b'1,"",\n'
    """
    return "".join(csv_record([None if value is None else _text(value) for value in row]) for row in rows).encode()


def _text(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)
