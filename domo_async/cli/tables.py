"""What Domo answers, as tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from domo_async.cli.terminal import printable

if TYPE_CHECKING:
    from domo_async.jobs import Transfer
    from domo_async.models import DataSet, DataSetSummary

__all__ = [
    "called",
    "cell",
    "count",
    "dataset_details",
    "dataset_table",
    "facts",
    "many",
    "plain_table",
    "query_table",
    "size",
]

_ROOM_FOR_COLUMNS = 90
_KILO = 1000


def plain_table(*, title: str | None = None) -> Table:
    """An empty table in the style of this command: columns two spaces apart, a line under the header."""
    return Table(
        box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, title=title, title_justify="left", title_style="bold"
    )


def facts(pairs: Iterable[tuple[str, object]]) -> Table:
    """Names and values below each other; values of None are left out."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in pairs:
        if value is not None:
            grid.add_row(name, cell(value))
    return grid


def cell(value: object) -> Text:
    """One value. Null looks different from text, empty text stays empty."""
    match value:
        case None:
            return Text("null", style="dim")
        case Text():
            return value
        case bool():
            return Text("yes" if value else "no")
        case datetime():
            return Text(value.strftime("%Y-%m-%d %H:%M UTC"))
        case _:
            return Text(printable(str(value)))


def called(transfer: Transfer) -> str:
    """What a DataSet on its way is called."""
    return printable(transfer.name or transfer.dataset_id)


def count(number: int | None) -> str:
    """A number of things with thousands apart, nothing if unknown."""
    return "" if number is None else f"{number:,}"


def many(number: int, thing: str) -> str:
    """How many of a thing: 1 row, 2 rows."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def size(number: float) -> str:
    """A number of bytes with three digits at least."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < _KILO:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= _KILO
    return f"{number:.1f} TB"


def dataset_table(datasets: Iterable[DataSetSummary], *, width: int) -> Table:
    """A listing of DataSets.

    Args:
        datasets: One row each: name, id, rows, columns (only where there is room), day of the last change.
        width: Columns of the terminal.
    """
    roomy = width >= _ROOM_FOR_COLUMNS
    table = plain_table()
    table.add_column("Name", overflow="fold")
    table.add_column("Id", no_wrap=True, overflow="ignore")
    table.add_column("Rows", justify="right", no_wrap=True)
    if roomy:
        table.add_column("Columns", justify="right", no_wrap=True)
    table.add_column("Updated", no_wrap=True)
    for dataset in datasets:
        updated = dataset.data_current_at or dataset.updated_at
        cells = [cell(dataset.name or ""), cell(dataset.id), Text(count(dataset.rows))]
        if roomy:
            cells.append(Text(count(dataset.columns)))
        table.add_row(*cells, f"{updated:%Y-%m-%d}" if updated else "")
    return table


def dataset_details(dataset: DataSet) -> Table:
    """Everything but the columns of a DataSet."""
    return facts(
        (
            ("Name", dataset.name or ""),
            ("Id", dataset.id),
            ("Description", dataset.description or None),
            ("Rows", count(dataset.rows)),
            ("Owner", dataset.owner.name if dataset.owner else None),
            ("Created", dataset.created_at),
            ("Updated", dataset.updated_at),
            ("Data of", dataset.data_current_at),
            ("PDP", "on" if dataset.pdp_enabled else "off"),
            ("Policies", ", ".join(policy.name or str(policy.id) for policy in dataset.policies) or None),
        )
    )


def query_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> Table:
    """The rows of a query, numbers to the right."""
    rows = list(rows)
    table = plain_table(title=title)
    for index, name in enumerate(columns):
        numeric = all(isinstance(row[index], int | float | None) for row in rows)
        table.add_column(cell(name), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(cell, row))
    return table
