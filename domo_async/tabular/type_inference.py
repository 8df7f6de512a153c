# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.
"""The types of columns of text, found by looking at every value.

A column gets a type only if each of its values has exactly one meaning in it, and would be written back with the same
meaning: ``007`` is text and not seven, and a number of twenty digits is no double. Imports pyarrow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from domo_async.models import ColumnType
from domo_async.models.arrow_types import DEFAULT_DECIMAL, arrow_type
from domo_async.tabular.plain_arrays import significant_digits

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["TypeFinder"]

_BEST_FIRST: Final = (
    ColumnType.LONG,
    ColumnType.DOUBLE,
    ColumnType.DECIMAL,
    ColumnType.DATE,
    ColumnType.DATETIME,
)
_INTEGER_DIGITS: Final = DEFAULT_DECIMAL[0] - DEFAULT_DECIMAL[1]
_FORMS: Final = {
    ColumnType.LONG: r"^(?:0|-?[1-9][0-9]{0,18})$",
    ColumnType.DOUBLE: r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?$",
    ColumnType.DECIMAL: rf"^-?(?:0|[1-9][0-9]{{0,{_INTEGER_DIGITS - 1}}})(?:\.[0-9]{{1,{DEFAULT_DECIMAL[1]}}})?$",
    ColumnType.DATE: r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    ColumnType.DATETIME: r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?Z?$",
}
_DIGITS_IN_DOUBLE: Final = 15


class TypeFinder:
    """Looks at batches of text, and says in the end what the columns are.

    Args:
        columns: Names of the columns to find types for.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self._candidates = {name: list(_BEST_FIRST) for name in columns}
        self._empty = set(columns)

    @property
    def searching(self) -> bool:
        """Whether there is a column that may still be anything but text."""
        return any(self._candidates.values())

    def look(self, batch: pa.RecordBatch) -> None:
        """Drop the types that values of this batch rule out.

        Args:
            batch: Rows that have the columns as text, null where a field is null.
        """
        for name, candidates in self._candidates.items():
            values = batch.column(name).drop_null() if candidates else []
            if len(values):
                self._empty.discard(name)
                self._candidates[name] = [kind for kind in candidates if _is_all(values, kind)]

    def types(self) -> dict[str, ColumnType]:
        """The narrowest type of each column; STRING where there is none, or no value at all."""
        return {
            name: candidates[0] if candidates and name not in self._empty else ColumnType.STRING
            for name, candidates in self._candidates.items()
        }


def _is_all(values: pa.Array, kind: ColumnType) -> bool:
    form = _FORMS[kind]
    # Most columns of text are known by their first value.
    if not pc.match_substring_regex(values[0], form).as_py():
        return False
    if not pc.all(pc.match_substring_regex(values, form)).as_py():
        return False
    if kind == ColumnType.DOUBLE:
        digits = significant_digits(pc.replace_substring_regex(values, r"[eE].*$", ""))
        return bool(pc.max(digits).as_py() <= _DIGITS_IN_DOUBLE)
    if kind == ColumnType.DATETIME:
        values = pc.utf8_rtrim(values, "Z")
    try:
        values.cast(arrow_type(kind))
    except pa.ArrowInvalid:
        return False  # beyond 64 bits, or a day that no calendar has
    return True
