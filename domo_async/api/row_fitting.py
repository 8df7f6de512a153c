# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""Whether rows fit the columns of a DataSet, and what the DataSet lacks for them to fit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from domo_async.errors import InvalidArgumentError, SchemaMismatchError
from domo_async.models import Column, ColumnType, Schema
from domo_async.tabular.extras import require
from domo_async.tabular.schema_change import SchemaChange, compare

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Fit", "MissingColumns", "fit", "incoming_columns"]

MissingColumns = Literal["refuse", "null"]
"""What to do if the DataSet has columns that the rows do not have."""

# Domo adds these to DataSets that its connectors fill; nobody uploads them.
_SYSTEM_COLUMNS: Final = frozenset({"_BATCH_ID_", "_BATCH_LAST_RUN_"})


@dataclass(frozen=True, slots=True)
class Fit:
    """How rows fit a DataSet.

    Attributes:
        columns: The columns that the DataSet has to have, in the order in which the values are written.
        change: What differs.
        added: Columns that the DataSet has to be given first.
        retyped: Names of columns whose type has to be widened first.
    """

    columns: Schema
    change: SchemaChange
    added: tuple[Column, ...] = ()
    retyped: tuple[str, ...] = ()

    @property
    def needs_change(self) -> bool:
        """Whether the DataSet has to be changed first."""
        return bool(self.added or self.retyped)


def incoming_columns(rows: pa.Schema, declared: Schema | None, existing: Schema | None = None) -> Schema:
    """The columns that rows come with.

    Args:
        rows: Schema of the rows.
        declared: What the caller says of them; its types count, and it may have columns that the rows do not have.
        existing: Columns of the DataSet. A column of nulls without a type takes the type it has there.

    Raises:
        InvalidArgumentError: There are no columns, two of them differ only by case, one has a type that Domo cannot
            hold, or one was not declared.
    """
    if not len(rows.names):
        raise InvalidArgumentError("rows: a table without columns cannot be written")
    found = Schema.from_arrow(rows)
    if declared is not None:
        known = {name.casefold() for name in declared.names}
        if strangers := [name for name in found.names if name.casefold() not in known]:
            raise InvalidArgumentError(f"schema: it lacks the column {strangers[0]!r} of the rows")
        return declared
    types = {column.name.casefold(): column.type for column in (existing or Schema()).columns}
    is_null = require("pyarrow", feature="Writing rows").types.is_null
    return Schema(
        columns=[
            Column(name=column.name, type=types.get(column.name.casefold(), column.type))
            if is_null(field.type)
            else column
            for column, field in zip(found.columns, rows, strict=True)
        ]
    )


def fit(existing: Schema, incoming: Schema, *, dataset: str, evolve: bool, missing: MissingColumns) -> Fit:
    """Compare the columns of a DataSet with those that come.

    Another order is none of the differences that matter: values are written in the DataSet's. Neither are types as
    such: whether each value has an exact form in the type that the DataSet has is seen when it is written.

    Args:
        existing: Columns of the DataSet.
        incoming: Columns that come.
        dataset: How messages call the DataSet.
        evolve: Whether the DataSet may be given new columns, and wider types where no value loses anything.
        missing: What to do if the DataSet has columns that do not come.

    Raises:
        SchemaMismatchError: The rows do not fit; the message says in which columns.
    """
    existing = Schema(columns=[column for column in existing.columns if column.name not in _SYSTEM_COLUMNS])
    change = compare(existing, incoming)
    if change.added and not evolve:
        raise _mismatch(dataset, change, "Let the DataSet have the new columns with evolve=True")
    if change.missing and missing == "refuse":
        raise _mismatch(dataset, change, "Write null into the missing columns with missing_columns='null'")
    if not evolve:
        return Fit(existing, change)
    # Every value becomes text without loss, but a sum over text is none: that is no change to make by the way.
    wider = {one.name: one.incoming for one in change.retyped if one.lossless and one.incoming != ColumnType.STRING}
    columns = [Column(name=column.name, type=wider.get(column.name, column.type)) for column in existing.columns]
    return Fit(Schema(columns=[*columns, *change.added]), change, added=change.added, retyped=tuple(wider))


def _mismatch(dataset: str, change: SchemaChange, hint: str) -> SchemaMismatchError:
    change = replace(change, reordered=False)
    return SchemaMismatchError(
        f"The rows do not fit the columns of {dataset}: {change.describe()}", change=change, hint=hint
    )
