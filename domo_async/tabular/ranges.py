"""Ranges of a column, for reading one DataSet in several queries."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Final

from domo_async.errors import InvalidArgumentError
from domo_async.models import ColumnType
from domo_async.tabular.sql import column_name

__all__ = ["Range", "Scale"]

_EPOCH: Final = date(1970, 1, 1)
_EPOCH_MOMENT: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - Domo's moments have no zone
_KINDS: Final = (ColumnType.LONG, ColumnType.DOUBLE, ColumnType.DECIMAL, ColumnType.DATE, ColumnType.DATETIME)


@dataclass(frozen=True, slots=True)
class Range:
    """A part of a column's values: from `low` on, below `high`.

    Attributes:
        low: Position of the first value, None for all from the lowest on.
        high: Position after the last, None for all up to the highest.
        nulls: Whether rows without a value belong to it.
    """

    low: Decimal | None
    high: Decimal | None
    nulls: bool = False


@dataclass(frozen=True, slots=True)
class Scale:
    """Values of a column as positions on a line: numbers as they are, days and seconds since 1970.

    Attributes:
        column: Name of the column.
        kind: Its type.
        option: What the caller's argument for the column is called, for errors.
    """

    column: str
    kind: ColumnType
    option: str = "range_column"

    @classmethod
    def of(cls, column: str, kind: ColumnType | str | None, *, option: str = "range_column") -> Scale:
        """The scale of a column.

        Args:
            column: Its name.
            kind: Its type, None if there is no such column.
            option: What the caller's argument is called.

        Raises:
            InvalidArgumentError: Its values have no distance from each other.
        """
        if kind not in _KINDS:
            raise InvalidArgumentError(
                f"{option}: {column!r} is {kind or 'not a column'}", hint="Choose a number, a DATE or a DATETIME"
            )
        return cls(column, ColumnType(kind), option)

    def position(self, value: object) -> Decimal:
        """Where a value stands.

        Args:
            value: Text, as options and Domo's JSON have it, or a number.

        Raises:
            InvalidArgumentError: It is no value of the column.
        """
        text = str(value).strip()
        try:
            if self.kind is ColumnType.DATE:
                return Decimal((date.fromisoformat(text[:10]) - _EPOCH).days)
            if self.kind is ColumnType.DATETIME:
                moment = datetime.fromisoformat(text).replace(tzinfo=None)
                return Decimal(math.floor((moment - _EPOCH_MOMENT).total_seconds()))
            number = Decimal(text)
        except (ValueError, InvalidOperation):
            raise InvalidArgumentError(f"{self.option}: {text!r:.60} is no value of {self.column!r}") from None
        if not number.is_finite():
            raise InvalidArgumentError(f"{self.option}: {self.column!r} holds {text}, which has no place in a range")
        return number

    def cut(self, low: Decimal, high: Decimal, count: int) -> list[Range]:
        """Ranges of equal width which together hold every value there is, those below `low` and above `high` too.

        Args:
            low: Position to begin at.
            high: Position to end at.
            count: Ranges at most; fewer if there are not that many different positions.
        """
        edges: list[Decimal] = []
        for number in range(1, count):
            edge = low + (high - low) * number / count
            if self.kind is not ColumnType.DOUBLE and self.kind is not ColumnType.DECIMAL:
                edge = edge.to_integral_value()
            if edge > (edges[-1] if edges else low):
                edges.append(edge)
        bounds = [None, *edges, None]
        return [Range(first, after, nulls=first is None) for first, after in pairwise(bounds)]

    def within(self, part: Range, low: Decimal, high: Decimal, count: int) -> Iterator[Range]:
        """A range cut into smaller ones.

        Args:
            part: The range.
            low: The lowest position that there is, where the range has no beginning.
            high: The highest, where it has no end.
            count: How many.
        """
        pieces = self.cut(
            part.low if part.low is not None else low, part.high if part.high is not None else high, count
        )
        for piece in pieces:
            yield Range(
                part.low if piece.low is None else piece.low,
                part.high if piece.high is None else piece.high,
                nulls=part.nulls and piece.nulls,
            )

    def condition(self, part: Range) -> str | None:
        """What SQL asks for; None for everything."""
        quoted = column_name(self.column)
        bounds = [f"{quoted} >= {self._literal(part.low)}"] if part.low is not None else []
        bounds += [f"{quoted} < {self._literal(part.high)}"] if part.high is not None else []
        if not bounds:
            return None if part.nulls else f"{quoted} IS NOT NULL"
        inside = " AND ".join(bounds)
        return f"({inside} OR {quoted} IS NULL)" if part.nulls else f"({inside})"

    def _literal(self, position: Decimal) -> str:
        if self.kind is ColumnType.DATE:
            return f"'{_EPOCH + timedelta(days=int(position))}'"
        if self.kind is ColumnType.DATETIME:
            return f"'{_EPOCH_MOMENT + timedelta(seconds=int(position)):%Y-%m-%d %H:%M:%S}'"
        return format(position, "f")
