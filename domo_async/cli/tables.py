"""What Domo answers, as tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from domo_async.cli.sheets import Facts, Heading, Sheet
from domo_async.cli.words import count, many, printable, size

if TYPE_CHECKING:
    from domo_async.jobs import Transfer

__all__ = ["called", "count", "facts", "many", "query_table", "size"]


def facts(pairs: Iterable[tuple[str, object]]) -> Facts:
    """Names and values below each other; values of None are left out."""
    return Facts([(name, value) for name, value in pairs if value is not None])


def called(transfer: Transfer) -> str:
    """What a DataSet on its way is called."""
    return printable(transfer.name or transfer.dataset_id)


def query_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Sheet:
    """The rows of a query, numbers to the right."""
    rows = list(rows)
    headings = [
        Heading(name, "number" if all(isinstance(row[index], int | float | None) for row in rows) else "text")
        for index, name in enumerate(columns)
    ]
    return Sheet(headings, rows)
