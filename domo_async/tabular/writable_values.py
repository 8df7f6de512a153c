# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.
"""Arrow values of any type as values of a Domo type, exactly or not at all.

What comes out is what Arrow's CSV writer puts down as Domo reads it: text, truth values, integers, floats, decimals of
few digits after the point, days, and moments without a zone. Imports pyarrow: import this where rows are written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from domo_async.models import ColumnType
from domo_async.models.arrow_types import arrow_type, is_text
from domo_async.tabular.json_values import json_text
from domo_async.tabular.plain_arrays import fewest_digits, plain, significant_digits
from domo_async.tabular.text_values import UnreadableValueError, read_text_column

if TYPE_CHECKING:
    from collections.abc import Callable

    from domo_async.tabular.writing_rules import WritingRules

__all__ = ["UnwritableValueError", "writable"]

_MAX_LONG: Final = 2**63 - 1
_EXACT_IN_DOUBLE: Final = 2**53
_DIGITS_IN_DOUBLE: Final = 15
_MAX_DIGITS: Final = 38
_DAYS: Final = (-719_162, 2_932_896)  # from 0001-01-01 to 9999-12-31
_SECONDS: Final = (_DAYS[0] * 86_400, (_DAYS[1] + 1) * 86_400 - 1)
_PER_SECOND: Final = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_ZONE: Final = r"[T ].*(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})\s*$"


class UnwritableValueError(ValueError):
    """A value that the Domo type cannot hold.

    Attributes:
        index: Which value of the array, from 0.
        value: The value as text.
        problem: What is wrong with it.
        hint: What to do about it, or None.
    """

    def __init__(self, index: int, value: str, problem: str, hint: str | None = None) -> None:
        super().__init__(index, value, problem)
        self.index = index
        self.value = value
        self.problem = problem
        self.hint = hint


def writable(array: pa.Array, kind: ColumnType | str, rules: WritingRules) -> pa.Array:
    """The values of an array as values of a Domo column.

    Args:
        array: n values of any type that `domo_type` has an answer for.
        kind: Type of the column; one that this version does not know is taken for text.
        rules: What to do with values that have no exact place.

    Returns:
        n values, null where the array is null.

    Raises:
        UnwritableValueError: A value has no exact form in that type.
    """
    return _CONVERTERS.get(str(kind), _text)(plain(array), rules)


def _text(array: pa.Array, rules: WritingRules) -> pa.Array:
    kind = array.type
    if is_text(kind) or pa.types.is_boolean(kind):
        return array
    if pa.types.is_nested(kind):
        return pa.array([_json(scalar, index, rules) for index, scalar in enumerate(array)], pa.string())
    if pa.types.is_timestamp(kind):
        array = _datetime(array, rules)
    elif pa.types.is_date(kind):
        array = _date(array, rules)
    elif pa.types.is_decimal(kind):
        array = _decimal(array, rules)
    elif pa.types.is_floating(kind):
        array = _double(array, rules)
    return array.cast(pa.string())


def _json(scalar: pa.Scalar, index: int, rules: WritingRules) -> str | None:
    try:
        return json_text(scalar, not_finite=rules.not_finite)
    except (ValueError, LookupError, OverflowError) as error:
        raise UnwritableValueError(index, str(scalar), f"has no JSON: {error}") from error


def _long(array: pa.Array, rules: WritingRules) -> pa.Array:
    kind = array.type
    if pa.types.is_integer(kind):
        if pa.types.is_uint64(kind):
            largest = pa.scalar(_MAX_LONG, kind)
            _refuse(array, pc.greater(array, largest), "is beyond 2**63 - 1, the largest LONG")
        return array
    if pa.types.is_floating(kind):
        return _cast(_double(array, rules), pa.int64(), "LONG")
    if pa.types.is_decimal(kind):
        return _cast(array, pa.int64(), "LONG")
    return _from_text(array, ColumnType.LONG)


def _double(array: pa.Array, rules: WritingRules) -> pa.Array:
    kind = array.type
    if pa.types.is_floating(kind):
        finite = pc.is_finite(array)
        if pc.all(finite).as_py() is not False:
            return array
        if rules.not_finite == "refuse":
            hint = "Write such values as null with not_finite='null'"
            _refuse(array, pc.invert(finite), "is no number that Domo has", hint=hint)
        return pc.if_else(finite, array, pa.scalar(None, kind))
    if pa.types.is_integer(kind):
        if kind.bit_width == 64:
            inexact = pc.greater(array, pa.scalar(_EXACT_IN_DOUBLE, kind))
            if pa.types.is_signed_integer(kind):
                inexact = pc.or_(inexact, pc.less(array, -_EXACT_IN_DOUBLE))
            _refuse(array, inexact, "has more digits than a DOUBLE holds")
        return array
    if pa.types.is_decimal(kind):
        decimals = _decimal(array, rules)
        digits = significant_digits(decimals.cast(pa.string()))
        _refuse(array, pc.greater(digits, _DIGITS_IN_DOUBLE), "has more digits than a DOUBLE holds")
        return decimals
    return _double(_from_text(array, ColumnType.DOUBLE), rules)


def _decimal(array: pa.Array, rules: WritingRules) -> pa.Array:
    kind = array.type
    if pa.types.is_integer(kind):
        return array
    if pa.types.is_floating(kind):
        array = _from_text(_double(array, rules).cast(pa.string()), ColumnType.DECIMAL)
    elif not pa.types.is_decimal(kind):
        array = _from_text(array, ColumnType.DECIMAL)
    elif not pa.types.is_decimal128(kind) or kind.scale < 0:
        scale = min(max(kind.scale, 0), _MAX_DIGITS)
        array = _cast(array, pa.decimal128(_MAX_DIGITS, scale), f"DECIMAL of {_MAX_DIGITS} digits")
    return fewest_digits(array)


def _date(array: pa.Array, rules: WritingRules) -> pa.Array:
    kind = array.type
    if pa.types.is_timestamp(kind):
        moments = _datetime(array, rules)
        days = moments.cast(pa.date32(), safe=False)
        _refuse(array, pc.not_equal(days.cast(moments.type), moments), "has a time of day, which a DATE has not")
        return days
    if not pa.types.is_date(kind):
        return _from_text(array, ColumnType.DATE)
    days = array.cast(pa.date32(), safe=False)
    if pa.types.is_date64(kind):
        _refuse(array, pc.not_equal(days.cast(kind), array), "has a time of day, which a DATE has not")
    _check_years(days, days.view(pa.int32()), *_DAYS)
    return days


def _datetime(array: pa.Array, rules: WritingRules) -> pa.Array:
    kind = array.type
    if pa.types.is_date(kind):
        return _date(array, rules).cast(pa.timestamp("s"))
    if not pa.types.is_timestamp(kind):
        if rules.timestamps == "refuse" and is_text(kind):
            _refuse(array, pc.match_substring_regex(array, _ZONE), "has a zone, which a DATETIME has not")
        return _coarsest(_from_text(array, ColumnType.DATETIME))
    unit = kind.unit
    if kind.tz is not None:
        if rules.timestamps == "refuse":
            _refuse(array, array.is_valid(), f"has the zone {kind.tz}, and a DATETIME has none")
        array = array.view(pa.timestamp(unit))
    first, last = _SECONDS
    _check_years(array, array.view(pa.int64()), first * _PER_SECOND[unit], (last + 1) * _PER_SECOND[unit] - 1)
    return _coarsest(_whole_microseconds(array, rules) if unit == "ns" else array)


def _whole_microseconds(moments: pa.Array, rules: WritingRules) -> pa.Array:
    whole = moments.cast(pa.timestamp("us"), safe=False)
    finer = pc.not_equal(whole.cast(moments.type), moments)
    if not pc.any(finer).as_py():
        return whole
    if rules.nanoseconds == "refuse":
        _refuse(moments, finer, "is finer than a microsecond", hint="Drop the rest with nanoseconds='truncate'")
    # The cast rounds towards 1970; dropping digits of what clocks show does not.
    return pc.floor_temporal(moments, 1, "microsecond").cast(pa.timestamp("us"))


def _coarsest(moments: pa.Array) -> pa.Array:
    """The same moments in the coarsest unit that has all of them: no fractions are written where there are none."""
    for unit in ("s", "ms"):
        if _PER_SECOND[unit] >= _PER_SECOND[moments.type.unit]:
            break
        try:
            return moments.cast(pa.timestamp(unit))
        except pa.ArrowInvalid:
            continue  # there are fractions finer than that
    return moments


_CONVERTERS: Final[dict[str, Callable[[pa.Array, WritingRules], pa.Array]]] = {
    "STRING": _text,
    "LONG": _long,
    "DOUBLE": _double,
    "DECIMAL": _decimal,
    "DATE": _date,
    "DATETIME": _datetime,
}


def _from_text(array: pa.Array, kind: ColumnType) -> pa.Array:
    """Read text that the caller has in the place of a number, a day or a moment."""
    if not is_text(array.type):
        _refuse(array, array.is_valid(), f"is no {kind} but {array.type}")
        return pa.nulls(len(array), arrow_type(kind))
    # A blank field of a CSV is a null, but a blank text that somebody holds in their hands is none.
    _refuse(array, pc.equal(pc.utf8_trim_whitespace(array), ""), f"is not a readable {kind}")
    try:
        return read_text_column(array.cast(pa.binary()), arrow_type(kind))
    except UnreadableValueError as error:
        raise UnwritableValueError(error.index, repr(error.text), f"is not a readable {kind}") from None


def _cast(array: pa.Array, data_type: pa.DataType, kind: str) -> pa.Array:
    """Cast, or say which value is the first that does not fit."""
    try:
        return array.cast(data_type)
    except pa.ArrowInvalid:
        fits, fails = 0, len(array)
    while fails - fits > 1:
        middle = (fits + fails) // 2
        try:
            array.slice(fits, middle - fits).cast(data_type)
        except pa.ArrowInvalid:
            fails = middle
        else:
            fits = middle
    raise UnwritableValueError(fits, _shown(array[fits]), f"does not fit a {kind} exactly")


def _check_years(array: pa.Array, counts: pa.Array, first: int, last: int) -> None:
    far = pc.min_max(counts).as_py()
    if far["min"] is not None and (far["min"] < first or far["max"] > last):
        # Bounds beyond 64 bits are not reached; those that are, Arrow can compare with.
        early = pc.less(counts, first) if far["min"] < first else pc.is_null(counts)
        late = pc.greater(counts, last) if far["max"] > last else pc.is_null(counts)
        _refuse(array, pc.and_not(pc.or_kleene(early, late), pc.is_null(counts)), "is not in the years 1 to 9999")


def _refuse(array: pa.Array, wrong: pa.Array, problem: str, *, hint: str | None = None) -> None:
    index = pc.index(wrong, True).as_py()
    if index >= 0:
        raise UnwritableValueError(index, _shown(array[index]), problem, hint)


def _shown(scalar: pa.Scalar) -> str:
    if is_text(scalar.type):
        return repr(str(scalar))
    try:
        # Not as Python's value: a year that Python does not have may be what this is about.
        return str(pa.array([scalar], scalar.type).cast(pa.string())[0])
    except pa.ArrowException:
        # Nested values have no text, and moments with a zone have none where there is no data of zones (on Windows).
        return f"{scalar.value} {scalar.type}" if pa.types.is_timestamp(scalar.type) else str(scalar)
