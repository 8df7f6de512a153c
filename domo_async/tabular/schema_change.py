"""What is different between the columns that a DataSet has and those that are to be written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from domo_async.models import ColumnType

if TYPE_CHECKING:
    from domo_async.models import Column, Schema

__all__ = ["Retyped", "SchemaChange", "compare"]

_WIDENINGS: Final = {
    (ColumnType.LONG, ColumnType.DECIMAL),
    (ColumnType.DATE, ColumnType.DATETIME),
}
_MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Retyped:
    """A column that comes with another type than the DataSet has.

    Attributes:
        name: Name of the column, as the DataSet spells it.
        existing: Type that the DataSet has.
        incoming: Type that comes.
    """

    name: str
    existing: ColumnType | str
    incoming: ColumnType | str

    @property
    def writable(self) -> bool:
        """Whether every incoming value fits the type that the DataSet has, without loss: no change is needed.

        True for LONG into DECIMAL, DATE into DATETIME (at midnight), and anything into STRING. LONG into DOUBLE is not
        among them: beyond 2**53 doubles have gaps.
        """
        return _widens(self.incoming, self.existing)

    @property
    def lossless(self) -> bool:
        """Whether the DataSet's column can take the incoming type, and no value that it has would lose anything.

        True for LONG to DECIMAL, DATE to DATETIME, and any type to STRING.
        """
        return _widens(self.existing, self.incoming)


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """The difference between two schemas. Names are compared as Domo does, without regard to case.

    Attributes:
        added: Columns that come and that the DataSet does not have, in the incoming order.
        missing: Columns that the DataSet has and that do not come, in the DataSet's order.
        retyped: Columns whose types differ, in the DataSet's order.
        reordered: Whether the columns that both have stand in another order. Rows are written in the DataSet's order,
            so this needs no change.
    """

    added: tuple[Column, ...] = ()
    missing: tuple[Column, ...] = ()
    retyped: tuple[Retyped, ...] = ()
    reordered: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is no difference at all."""
        return not (self.added or self.missing or self.retyped or self.reordered)

    def describe(self) -> str:
        """The difference in words, for messages and logs; ``no difference`` when there is none.

        Example:
            >>> compare(before, after).describe()
            "new: 'Region' (STRING); missing: 'Zone' (LONG); 'Price' is LONG and comes as DOUBLE"
        """
        parts: list[str] = []
        if self.added:
            parts.append(f"new: {_listed(self.added)}")
        if self.missing:
            parts.append(f"missing: {_listed(self.missing)}")
        parts += [f"{one.name!r} is {one.existing} and comes as {one.incoming}" for one in self.retyped[:_MOST_NAMED]]
        if len(self.retyped) > _MOST_NAMED:
            parts.append(f"{len(self.retyped) - _MOST_NAMED} more columns have other types")
        if self.reordered:
            parts.append("the order is another")
        return "; ".join(parts) or "no difference"


def compare(existing: Schema, incoming: Schema) -> SchemaChange:
    """Compare the columns of a DataSet with those of the rows that are to be written.

    Args:
        existing: What the DataSet has.
        incoming: What comes.
    """
    before = {column.name.casefold(): column for column in existing.columns}
    after = {column.name.casefold(): column for column in incoming.columns}
    shared = [name for name in before if name in after]
    return SchemaChange(
        added=tuple(column for name, column in after.items() if name not in before),
        missing=tuple(column for name, column in before.items() if name not in after),
        retyped=tuple(
            Retyped(before[name].name, before[name].type, after[name].type)
            for name in shared
            if before[name].type != after[name].type
        ),
        reordered=shared != [name for name in after if name in before],
    )


def _widens(narrow: ColumnType | str, wide: ColumnType | str) -> bool:
    return narrow == wide or wide == ColumnType.STRING or (narrow, wide) in _WIDENINGS


def _listed(columns: tuple[Column, ...]) -> str:
    shown = ", ".join(f"{column.name!r} ({column.type})" for column in columns[:_MOST_NAMED])
    return f"{shown} and {len(columns) - _MOST_NAMED} more" if len(columns) > _MOST_NAMED else shown
