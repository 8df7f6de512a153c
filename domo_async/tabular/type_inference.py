# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.
"""The types of columns of text, found by looking at every value.

A column gets a type only if each of its values has exactly one meaning in it, and would be written back with the same
meaning: ``007`` is text and not seven, and a number of twenty digits is no double. Imports pyarrow.
"""

from __future__ import annotations

from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from domo_async.models import ColumnType
from domo_async.models.arrow_types import DEFAULT_DECIMAL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["TypeFinder"]

_INTEGER_DIGITS: Final = DEFAULT_DECIMAL[0] - DEFAULT_DECIMAL[1]
_DOUBLE: Final = r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?$"
_DECIMAL: Final = rf"^-?(?:0|[1-9][0-9]{{0,{_INTEGER_DIGITS - 1}}})(?:\.[0-9]{{1,{DEFAULT_DECIMAL[1]}}})?$"
_MOMENT: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?Z?$"
_SURELY_DOUBLE: Final = 15
"""Any number of so many characters, and so of so many digits, is a double, and comes back as it was."""


class TypeFinder:
    """Looks at batches of text, and says in the end what the columns are.

    Args:
        columns: Names of the columns to find types for.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self._candidates: dict[str, list[ColumnType]] = {name: list(_CANDIDATES) for name in columns}
        self._empty = set(columns)

    @property
    def open_columns(self) -> list[str]:
        """The columns that may still be something but text."""
        return [name for name, candidates in self._candidates.items() if candidates]

    def look(self, batch: pa.RecordBatch) -> None:
        """Drop the types that values of this batch rule out.

        Args:
            batch: Rows that have the open columns as text, null where a field is null.
        """
        for name in self.open_columns:
            values = batch.column(name).drop_null()
            if len(values):
                self._empty.discard(name)
                self._candidates[name] = _remaining(values, self._candidates[name])

    def types(self) -> dict[str, ColumnType]:
        """The narrowest type of each column; STRING where there is none, or no value at all."""
        return {
            name: candidates[0] if candidates and name not in self._empty else ColumnType.STRING
            for name, candidates in self._candidates.items()
        }


def _remaining(values: pa.Array, candidates: Sequence[ColumnType]) -> list[ColumnType]:
    """The candidates that all values can have. Tests that others make superfluous are left out."""
    if ColumnType.LONG in candidates and _comes_back(values, pa.int64()):
        # What did not come back as it was had a zero or a plus in front. A LONG is a DECIMAL too, and may be a DOUBLE.
        passed = {ColumnType.LONG, ColumnType.DECIMAL}
        if ColumnType.DOUBLE in candidates and (_longest(values) <= _SURELY_DOUBLE or _all_double(values)):
            passed.add(ColumnType.DOUBLE)
    elif ColumnType.DOUBLE in candidates and _all_double(values):
        passed = {ColumnType.DOUBLE}
        if ColumnType.DECIMAL in candidates and _all_decimal(values):
            passed.add(ColumnType.DECIMAL)
    else:
        passed = {kind for kind in _TESTS if kind in candidates and _TESTS[kind](values)}
    return [kind for kind in candidates if kind in passed]


def _all_double(values: pa.Array) -> bool:
    if not _all_match(values, _DOUBLE):
        return False
    if _longest(values) <= _SURELY_DOUBLE and not _has_exponent(values):
        return True
    shortest = values.cast(pa.float64()).cast(pa.string())
    without_zeros = pc.ascii_rtrim(pc.ascii_rtrim(values, "0"), ".")
    others = values.filter(pc.invert(pc.or_(pc.equal(shortest, values), pc.equal(shortest, without_zeros))))
    # Numbers written as 1E5, or with more digits than a double has.
    return all(_is_double(text) for text in others.to_pylist())


def _is_double(text: str) -> bool:
    double = float(text)
    return isfinite(double) and Decimal(text) == Decimal(repr(double))


def _all_decimal(values: pa.Array) -> bool:
    return _all_match(values, _DECIMAL)


def _all_days(values: pa.Array) -> bool:
    return _comes_back(values, pa.date32())


def _all_moments(values: pa.Array) -> bool:
    if not _all_match(values, _MOMENT):
        return False
    try:
        pc.utf8_rtrim(values, "Z").cast(pa.timestamp("us"))
    except pa.ArrowInvalid:
        return False  # a day that no calendar has
    return True


_CANDIDATES: Final = (
    ColumnType.LONG,
    ColumnType.DOUBLE,
    ColumnType.DECIMAL,
    ColumnType.DATE,
    ColumnType.DATETIME,
)
"""The narrowest first."""

_TESTS: Final[dict[ColumnType, Callable[[pa.Array], bool]]] = {
    ColumnType.DECIMAL: _all_decimal,
    ColumnType.DATE: _all_days,
    ColumnType.DATETIME: _all_moments,
}


def _longest(values: pa.Array) -> int:
    return int(pc.max(pc.binary_length(values)).as_py())


def _has_exponent(values: pa.Array) -> bool:
    # An Arrow array of text is the texts one after the other; looking there is ten times as fast as value by value.
    letters = bytes(values.buffers()[2] or b"")
    return b"e" in letters or b"E" in letters


def _comes_back(values: pa.Array, data_type: pa.DataType) -> bool:
    try:
        return bool(pc.all(pc.equal(values.cast(data_type).cast(pa.string()), values)).as_py())
    except pa.ArrowInvalid:
        return False


def _all_match(values: pa.Array, form: str) -> bool:
    # Most columns of text are known by their first value.
    return bool(
        pc.match_substring_regex(values[0], form).as_py() and pc.all(pc.match_substring_regex(values, form)).as_py()
    )
