"""Tables that are drawn on a terminal, and written as aligned text elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from rich import box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from domo_async.cli.words import count, words

__all__ = ["Facts", "Heading", "Sheet"]

Kind = Literal["text", "word", "id", "number", "count", "day"]

_GAP = "  "
_DRAWN_GAP = 3
_LEAST_TEXT = 8
_ROOM_FOR_FACTS = 60
_RIGHT = frozenset({"number", "count"})
_WHOLE = frozenset({"word", "id", "count", "day"})


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of a column.

    Attributes:
        text: What it says.
        kind: What stands below. ``text`` may be wrapped, a ``word`` and an ``id`` never are, a ``number`` stands to the
            right, a ``count`` too and with its thousands apart, of a moment a ``day`` is shown.
        room: Narrower terminals do not show the column.
    """

    text: str
    kind: Kind = "text"
    room: int = 0


class Sheet:
    """A table of values.

    Args:
        headings: The heads of its columns.
        rows: As many values each as there are headings. A `Text` keeps its style.
    """

    def __init__(self, headings: Sequence[Heading], rows: Iterable[Sequence[object]]) -> None:
        self._headings = headings
        self._rows = list(rows)

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return len(self._rows)

    def lines(self, *, encoding: str = "utf-8") -> Iterator[str]:
        """The table as text: columns two spaces apart, nothing cut off, no lines.

        Args:
            encoding: Letters that it does not have are written as escapes, which need their room in the column.
        """

        def written(text: str) -> str:
            return text.encode(encoding, "backslashreplace").decode(encoding)

        cells = [[written(_words(heading, value)) for heading, value in self._cells(row)] for row in self._rows]
        heads = [written(words(heading.text)) for heading in self._headings]
        widths = [max(map(cell_len, column)) for column in zip(heads, *cells, strict=True)]
        rightwards = [heading.kind in _RIGHT for heading in self._headings]
        for row in (heads, *cells):
            padded = (
                " " * (width - cell_len(text)) + text if right else text + " " * (width - cell_len(text))
                for text, width, right in zip(row, widths, rightwards, strict=True)
            )
            yield _GAP.join(padded).rstrip()

    def fits(self, width: int) -> bool:
        """Whether a terminal of so many columns has room for it: for what is never cut, and for some of the rest."""
        shown = self._shown(width)
        needs = (
            max((cell_len(text) for text in self._column(index)), default=0)
            if self._headings[index].kind in _WHOLE
            else min(max(map(cell_len, self._column(index))), _LEAST_TEXT)
            for index in shown
        )
        return sum(needs) + _DRAWN_GAP * (len(shown) - 1) <= width

    def table(self, *, width: int) -> Table:
        """The table for a terminal of so many columns."""
        table = _plain_table()
        shown = self._shown(width)
        for heading in (self._headings[index] for index in shown):
            table.add_column(
                Text(words(heading.text)),
                justify="right" if heading.kind in _RIGHT else "left",
                no_wrap=heading.kind in _WHOLE,
                overflow="ignore" if heading.kind == "id" else "fold",
            )
        for row in self._rows:
            cells = list(self._cells(row))
            table.add_row(*(_cell(*cells[index]) for index in shown))
        return table

    def records(self, *, width: int) -> Iterator[tuple[str, str]]:
        """The table for a terminal that is too narrow for it: heads and values, and an empty pair between two rows."""
        shown = self._shown(width)
        for number, row in enumerate(self._rows):
            if number:
                yield "", ""
            cells = list(self._cells(row))
            yield from ((words(cells[index][0].text), _words(*cells[index])) for index in shown)

    def _shown(self, width: int) -> list[int]:
        return [index for index, heading in enumerate(self._headings) if width >= heading.room]

    def _column(self, index: int) -> Iterator[str]:
        yield words(self._headings[index].text)
        yield from (_words(self._headings[index], row[index]) for row in self._rows)

    def _cells(self, row: Sequence[object]) -> Iterable[tuple[Heading, object]]:
        return zip(self._headings, row, strict=True)


class Facts:
    """Names and values below each other.

    Args:
        pairs: The names and their values.
    """

    def __init__(self, pairs: Sequence[tuple[str, object]]) -> None:
        self._pairs = pairs

    def lines(self, *, encoding: str = "utf-8") -> Iterator[str]:
        """Names and values as text, aligned. Names are our own, so the encoding of the output moves nothing."""
        width = max((cell_len(name) for name, _ in self._pairs), default=0)
        for name, value in self._pairs:
            yield f"{name}{' ' * (width - cell_len(name))}{_GAP}{words(value)}".rstrip()

    def fits(self, width: int) -> bool:
        """Whether a terminal of so many columns has room for two columns."""
        return width >= _ROOM_FOR_FACTS

    def table(self, *, width: int) -> Table:
        """Names and values for a terminal."""
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(style="bold", no_wrap=True)
        grid.add_column(overflow="fold")
        for name, value in self._pairs:
            grid.add_row(name, Text(words(value)))
        return grid

    def records(self, *, width: int) -> Iterator[tuple[str, str]]:
        """Names and values for a terminal that is too narrow for two columns."""
        yield from ((name, words(value)) for name, value in self._pairs)


def _plain_table() -> Table:
    """An empty table in the style of this command: columns two spaces apart, a line under the header."""
    return Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)


def _words(heading: Heading, value: object) -> str:
    match heading.kind, value:
        case _, Text():
            return words(value.plain)
        case "count", int():
            return count(value)
        case "day", datetime():
            return f"{value:%Y-%m-%d}"
        case _:
            return words(value)


def _cell(heading: Heading, value: object) -> Text:
    style = value.style if isinstance(value, Text) else "dim" if value is None else ""
    return Text(_words(heading, value), style)
