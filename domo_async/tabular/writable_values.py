# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""Arrow values of any type as values of a Domo type, exactly or not at all.

What comes out is what `csv_encoder` writes as it stands: text, integers, floats, decimals of few digits after the point,
days, and moments in UTC without a zone. `docs/pages/explanation/types.md` has the table.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from domo_async.models import ColumnType
from domo_async.models.arrow_types import is_text
from domo_async.tabular.extras import require
from domo_async.tabular.json_values import json_text
from domo_async.tabular.text_values import UnreadableValueError, read_text_column
from domo_async.tabular.types import arrow_type

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

__all__ = ["Rules", "UnwritableValueError", "writable"]

_EXACT_IN_DOUBLE: Final = 2**53
_DIGITS_IN_DOUBLE: Final = 15
_MAX_DIGITS: Final = 38
_MAX_LONG: Final = 2**63 - 1
_PLAIN_SCALE: Final = 6  # with more digits after the point, Arrow writes small decimals with an exponent
_FIRST_DAY: Final = dt.date.min
_LAST_DAY: Final = dt.date.max
_UNITS: Final = ("s", "ms", "us")


@dataclass(frozen=True, slots=True)
class Rules:
    """What becomes of values that Domo has no exact place for.

    Attributes:
        timestamps: ``utc`` writes a moment with a zone as what clocks in UTC show; ``refuse`` makes it an error.
        nanoseconds: ``refuse`` makes a fraction finer than a microsecond an error; ``truncate`` drops it.
        not_finite: ``refuse`` makes NaN and the infinities errors; ``null`` writes them as null.
    """

    timestamps: Literal["utc", "refuse"] = "utc"
    nanoseconds: Literal["refuse", "truncate"] = "refuse"
    not_finite: Literal["refuse", "null"] = "refuse"


class UnwritableValueError(ValueError):
    """A value that the Domo type cannot hold.

    Attributes:
        index: Which value of the array, from 0.
        value: The value as text.
        problem: What is wrong, as the end of a sentence that begins with the column.
        hint: What to do about it, or None.
    """

    def __init__(self, index: int, value: str, problem: str, hint: str | None = None) -> None:
        super().__init__(index, value, problem)
        self.index = index
        self.value = value
        self.problem = problem
        self.hint = hint


def writable(array: pa.Array, kind: ColumnType | str, rules: Rules) -> pa.Array:
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
    array = _decoded(array)
    convert = _CONVERTERS.get(str(kind), _text)
    return convert(array, rules)


def _decoded(array: pa.Array) -> pa.Array:
    """The values without a dictionary, runs, views or a type of somebody's own around them."""
    pa = require("pyarrow", feature="Writing rows")
    compute = require("pyarrow.compute", feature="Writing rows")
    data_type = array.type
    if isinstance(data_type, pa.BaseExtensionType):
        if data_type.extension_name == "arrow.uuid":
            return pa.array([None if value is None else str(value) for value in array.to_pylist()], pa.string())
        storage = array.storage
        return compute.not_equal(storage, 0) if data_type.extension_name == "arrow.bool8" else _decoded(storage)
    if pa.types.is_dictionary(data_type):
        return _decoded(array.dictionary_decode())
    if pa.types.is_run_end_encoded(data_type):
        return _decoded(compute.run_end_decode(array))
    if pa.types.is_string_view(data_type):
        return array.cast(pa.string())
    if pa.types.is_null(data_type):
        return pa.nulls(len(array), pa.string())
    if pa.types.is_float16(data_type):
        return array.cast(pa.float32())
    return array


def _text(array: pa.Array, rules: Rules) -> pa.Array:
    pa = require("pyarrow", feature="Writing rows")
    if is_text(array.type) or pa.types.is_boolean(array.type):
        return array
    if pa.types.is_nested(array.type):
        return pa.array([_json(scalar, index) for index, scalar in enumerate(array)], pa.string())
    if pa.types.is_timestamp(array.type):
        array = _datetime(array, rules)
    elif pa.types.is_date(array.type):
        array = _date(array, rules)
    elif pa.types.is_decimal(array.type):
        array = _decimal(array, rules)
    elif pa.types.is_floating(array.type):
        array = _double(array, rules)
    return array.cast(pa.string())


def _json(scalar: pa.Scalar, index: int) -> str | None:
    try:
        return json_text(scalar)
    except ValueError as error:
        raise UnwritableValueError(index, repr(scalar), f"has no JSON: {error}") from error


def _long(array: pa.Array, rules: Rules) -> pa.Array:
    pa = require("pyarrow", feature="Writing rows")
    compute = require("pyarrow.compute", feature="Writing rows")
    if pa.types.is_uint64(array.type):
        _refuse(array, compute.greater(array, _MAX_LONG), "is beyond 2**63 - 1, the largest LONG")
        return array
    if pa.types.is_integer(array.type):
        return array
    if pa.types.is_floating(array.type) or pa.types.is_decimal(array.type):
        return _cast_each(_double(array, rules) if pa.types.is_floating(array.type) else array, pa.int64(), "LONG")
    return _from_text(array, ColumnType.LONG)


def _double(array: pa.Array, rules: Rules) -> pa.Array:
    pa = require("pyarrow", feature="Writing rows")
    compute = require("pyarrow.compute", feature="Writing rows")
    if pa.types.is_floating(array.type):
        finite = compute.is_finite(array)
        if compute.all(finite).as_py() is False:
            if rules.not_finite == "refuse":
                hint = "Write such values as null with not_finite='null'"
                _refuse(array, compute.invert(finite), "is no number that Domo has", hint=hint)
            return compute.if_else(finite, array, pa.scalar(None, array.type))
        return array
    if pa.types.is_integer(array.type):
        if array.type.bit_width > 32:
            large = compute.greater(array, _EXACT_IN_DOUBLE)
            if pa.types.is_signed_integer(array.type):
                large = compute.or_(large, compute.less(array, -_EXACT_IN_DOUBLE))
            _refuse(array, large, "has more digits than a DOUBLE holds")
        return array
    if pa.types.is_decimal(array.type):
        array = _decimal(array, rules)
        _cast_each(array, pa.decimal128(_DIGITS_IN_DOUBLE, min(array.type.scale, _DIGITS_IN_DOUBLE)), "DOUBLE")
        return array
    return _from_text(array, ColumnType.DOUBLE)


def _decimal(array: pa.Array, rules: Rules) -> pa.Array:
    pa = require("pyarrow", feature="Writing rows")
    if pa.types.is_integer(array.type):
        return array
    if pa.types.is_floating(array.type):
        return _from_text(_double(array, rules).cast(pa.string()), ColumnType.DECIMAL)
    if not pa.types.is_decimal(array.type):
        return _from_text(array, ColumnType.DECIMAL)
    scale = max(0, min(array.type.scale, _MAX_DIGITS))
    return _cast_each(array, pa.decimal128(_MAX_DIGITS, scale), "DECIMAL")


def _date(array: pa.Array, rules: Rules) -> pa.Array:
    pa = require("pyarrow", feature="Writing rows")
    if pa.types.is_timestamp(array.type):
        moments = _datetime(array, rules)
        days = moments.cast(pa.date32(), safe=False)
        compute = require("pyarrow.compute", feature="Writing rows")
        _refuse(array, compute.not_equal(days.cast(moments.type), moments), "has a time of day, which a DATE has not")
        return days
    if not pa.types.is_date(array.type):
        return _from_text(array, ColumnType.DATE)
    days = array.cast(pa.date32())
    _refuse_far(days, pa.scalar(_FIRST_DAY, days.type), pa.scalar(_LAST_DAY, days.type))
    return days


def _datetime(array: pa.Array, rules: Rules) -> pa.Array:
    pa = require("pyarrow", feature="Writing rows")
    compute = require("pyarrow.compute", feature="Writing rows")
    if pa.types.is_date(array.type):
        return _date(array, rules).cast(pa.timestamp("s"))
    if not pa.types.is_timestamp(array.type):
        return _from_text(array, ColumnType.DATETIME)
    if array.type.tz is not None:
        if rules.timestamps == "refuse":
            _refuse(array, compute.is_valid(array), f"has the zone {array.type.tz}, and a DATETIME has none")
        array = array.view(pa.timestamp(array.type.unit))
    unit = array.type.unit
    if unit == "ns":
        short = array.cast(pa.timestamp("us"), safe=False)
        if rules.nanoseconds == "refuse":
            finer = compute.not_equal(
                compute.subtract(array.cast(pa.int64()), compute.multiply(short.cast(pa.int64()), 1000)), 0
            )
            _refuse(array, finer, "is finer than a microsecond", hint="Drop the rest with nanoseconds='truncate'")
        array, unit = short, "us"
    else:
        first = pa.scalar(dt.datetime.min, pa.timestamp("us")).cast(pa.timestamp(unit))
        last = pa.scalar(dt.datetime.max, pa.timestamp("us")).cast(pa.timestamp(unit), safe=False)
        _refuse_far(array, first, last)
    for shorter in _UNITS[: _UNITS.index(unit)]:
        try:
            return array.cast(pa.timestamp(shorter))
        except pa.ArrowInvalid:
            continue
    return array


_CONVERTERS: Final[dict[str, Callable[[pa.Array, Rules], pa.Array]]] = {
    "STRING": _text,
    "LONG": _long,
    "DOUBLE": _double,
    "DECIMAL": _decimal,
    "DATE": _date,
    "DATETIME": _datetime,
}


def _from_text(array: pa.Array, kind: ColumnType) -> pa.Array:
    pa = require("pyarrow", feature="Writing rows")
    if not is_text(array.type):
        _refuse(array, array.is_valid(), f"is no {kind}: {array.type}")
        return pa.nulls(len(array), arrow_type(kind))
    try:
        return read_text_column(array.cast(pa.binary()), arrow_type(kind))
    except UnreadableValueError as error:
        raise UnwritableValueError(error.index, repr(error.text), f"is not a readable {kind}") from None


def _cast_each(array: pa.Array, data_type: pa.DataType, kind: str) -> pa.Array:
    """Cast, and find the value that does not fit."""
    pa = require("pyarrow", feature="Writing rows")
    try:
        return array.cast(data_type)
    except pa.ArrowInvalid:
        pass
    low, high = 0, len(array)
    while high - low > 1:
        middle = (low + high) // 2
        try:
            array.slice(low, middle - low).cast(data_type)
        except pa.ArrowInvalid:
            high = middle
        else:
            low = middle
    raise UnwritableValueError(low, str(array[low]), f"does not fit {kind} exactly")


def _refuse_far(array: pa.Array, first: pa.Scalar, last: pa.Scalar) -> None:
    compute = require("pyarrow.compute", feature="Writing rows")
    beyond = compute.or_(compute.less(array, first), compute.greater(array, last))
    _refuse(array, beyond, "lies outside of the years 1 to 9999")


def _refuse(array: pa.Array, wrong: pa.Array, problem: str, *, hint: str | None = None) -> None:
    compute = require("pyarrow.compute", feature="Writing rows")
    if compute.any(wrong).as_py():
        index = compute.index(wrong, True).as_py()  # noqa: FBT003
        raise UnwritableValueError(index, _shown(array[index]), problem, hint)


def _shown(scalar: pa.Scalar) -> str:
    pa = require("pyarrow", feature="Writing rows")
    # Not as_py: a year that Python does not have is what this may be about.
    return str(pa.array([scalar], scalar.type).cast(pa.string())[0])
