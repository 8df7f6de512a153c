# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""Values that stand in a CSV in an unusual form, read exactly or not at all.

Arrow reads the usual forms itself, many times faster. What comes here is a column in which it met something else:
``1.0`` in a LONG column (pandas writes integers so once a null is among them), a DATETIME with a zone, a DATE with a
time of midnight, a quoted empty field where a number should be. Each has one possible meaning. Nothing is rounded.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Context, Decimal, InvalidOperation
from typing import TYPE_CHECKING

from domo_async.tabular.extras import require

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    Value = int | float | Decimal | date | datetime

__all__ = ["UnreadableValueError", "read_text_column"]

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?\Z", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)\Z", re.IGNORECASE | re.ASCII)
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})([T ]00:00(:00(\.0+)?)?Z?)?\Z", re.ASCII)
_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?)?0*\s?(Z|[+-]\d{2}:?\d{2})?\Z", re.ASCII
)
_INT64 = range(-(2**63), 2**63)


class UnreadableValueError(ValueError):
    """A value that has no meaning in the type of its column.

    Attributes:
        index: Which value of the array, from 0.
        text: The value as it stands in the CSV, decoded leniently when it is not UTF-8.
    """

    def __init__(self, index: int, text: str) -> None:
        super().__init__(index, text)
        self.index = index
        self.text = text


def read_text_column(raw: pa.Array, data_type: pa.DataType) -> pa.Array:
    """Read the fields of one column.

    Args:
        raw: n fields as bytes (Arrow ``binary``), null where the field is null.
        data_type: One of the types that `arrow_type` answers.

    Returns:
        n values. An empty or blank field of any type but text is a null, quoted or not.

    Raises:
        UnreadableValueError: A field is not UTF-8, or has no exact meaning in `data_type`.
    """
    pa = require("pyarrow", feature="Arrow data")
    compute = require("pyarrow.compute", feature="Arrow data")
    try:
        text = raw.cast(pa.string())
    except pa.ArrowInvalid:
        raise _first_not_utf8(raw) from None
    if pa.types.is_string(data_type):
        return text
    if pa.types.is_decimal(data_type) and _surely_fits(text, data_type):
        try:
            return text.cast(data_type)
        except pa.ArrowInvalid:
            pass  # blanks or no number at all
    text = compute.utf8_trim_whitespace(text)
    text = compute.if_else(compute.equal(text, ""), pa.scalar(None, pa.string()), text)
    if pa.types.is_decimal(data_type):
        return _one_by_one(text, data_type)
    try:
        return _in_usual_form(text, data_type).cast(data_type)
    except pa.ArrowInvalid:
        return _one_by_one(text, data_type)


def _surely_fits(text: pa.Array, data_type: pa.DataType) -> bool:
    """Whether no number can have more digits before the point than the type.

    Arrow does not look for itself: it shifts the point with arithmetic that wraps round, so that ``1e30`` silently
    becomes 18960114910927365649.47… in a ``decimal128(38, 18)``, from CSV as well as from text.
    """
    compute = require("pyarrow.compute", feature="Arrow data")
    digits = data_type.precision - data_type.scale
    if (compute.max(compute.binary_length(text)).as_py() or 0) <= digits and not _has_exponent(text):
        return True
    return (
        compute.all(compute.match_substring_regex(text, rf"^[+-]?[0-9]{{0,{digits}}}(?:\.[0-9]*)?$")).as_py()
        is not False
    )


def _has_exponent(text: pa.Array) -> bool:
    # An Arrow array of text is the texts one after the other; looking there is ten times as fast as value by value.
    letters = bytes(text.buffers()[2] or b"")
    return b"e" in letters or b"E" in letters


def _in_usual_form(text: pa.Array, data_type: pa.DataType) -> pa.Array:
    """Rewrite the frequent odd forms for all values at once; what is left over is for `_one_by_one`."""
    pa = require("pyarrow", feature="Arrow data")
    compute = require("pyarrow.compute", feature="Arrow data")
    if pa.types.is_integer(data_type):
        return compute.replace_substring_regex(text, r"^\+?(-?[0-9]+)(?:\.0*)?$", r"\1")
    if pa.types.is_timestamp(data_type):
        text = compute.replace_substring_regex(text, r"(?:Z|[+-]00:?00)$", "")
        return compute.replace_substring_regex(text, r"(\.[0-9]{6})0+$", r"\1")
    if pa.types.is_date(data_type):
        return compute.replace_substring_regex(text, r"^(.{10})[T ]00:00(?::00(?:\.0+)?)?Z?$", r"\1")
    return text


def _one_by_one(text: pa.Array, data_type: pa.DataType) -> pa.Array:
    pa = require("pyarrow", feature="Arrow data")
    convert = _converter(data_type)
    values: list[Value | None] = []
    fields: list[str | None] = text.to_pylist()
    for index, field in enumerate(fields):
        if field is None:
            values.append(None)
            continue
        try:
            values.append(convert(field))
        except (ValueError, InvalidOperation, OverflowError):
            raise UnreadableValueError(index, field) from None
    return pa.array(values, data_type)


def _converter(data_type: pa.DataType) -> Callable[[str], Value]:
    kind = require("pyarrow", feature="Arrow data").types
    if kind.is_integer(data_type):
        return _integer
    if kind.is_floating(data_type):
        return _double
    if kind.is_decimal(data_type):
        return lambda field: _decimal(field, data_type.precision, data_type.scale)
    if kind.is_date(data_type):
        return _date
    return _datetime


def _integer(field: str) -> int:
    number = _decimal(field, 19, 0)
    if int(number) not in _INT64:
        raise ValueError(field)
    return int(number)


def _double(field: str) -> float:
    # float() also takes underscores and digits of other scripts, which no database writes.
    if not (_NUMBER.match(field) or _NOT_FINITE.match(field)):
        raise ValueError(field)
    return float(field)


def _decimal(field: str, precision: int, scale: int) -> Decimal:
    if not _NUMBER.match(field):
        raise ValueError(field)
    number = Decimal(field)
    # Python's own context has 28 digits, and rounds what has more; so does its abs().
    unscaled = number.scaleb(scale, context=Context(prec=len(field))) if number else number
    if unscaled != unscaled.to_integral_value() or unscaled.copy_abs() >= 10**precision:
        raise ValueError(field)
    return number


def _date(field: str) -> date:
    # fromisoformat() also takes 20240102 and weeks, which are as likely to be something else.
    day = _DAY.match(field)
    if not day:
        raise ValueError(field)
    return date.fromisoformat(day.group(1))


def _datetime(field: str) -> datetime:
    parts = _MOMENT.match(field)
    if not parts:
        raise ValueError(field)
    day, time, _, _, zone = parts.groups()
    moment = datetime.fromisoformat(f"{day}{time or 'T00:00'}{zone or ''}")
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _first_not_utf8(raw: pa.Array) -> UnreadableValueError:
    fields: list[bytes | None] = raw.to_pylist()
    for index, field in enumerate(fields):
        try:
            (field or b"").decode()
        except UnicodeDecodeError:
            return UnreadableValueError(index, str(field or b"", "utf-8", errors="backslashreplace"))
    return UnreadableValueError(0, "")
