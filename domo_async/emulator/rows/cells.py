"""Text cells to typed values, for the forms that Arrow's CSV reader does not take by itself."""

# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from domo_async.emulator.rows.types import MAX_DIGITS
from domo_async.models import ColumnType

__all__ = ["convert", "decimals"]

_PLAIN = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$"
_ZONE = r"^(?P<moment>.{10}[T ][0-9:]{4,8}(?:\.[0-9]{1,9})?)(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})$"


def decimals(array: pa.ChunkedArray) -> tuple[int, pa.ChunkedArray]:
    """Read plain decimals without losing a digit.

    Args:
        array: Text cells, null where there is none.

    Returns:
        The largest number of digits after a point, and the values with that scale.

    Raises:
        ValueError: A cell is no plain decimal (no exponent), or has too many digits.
    """
    array = pc.utf8_trim_whitespace(array)
    _refuse_unless(pc.match_substring_regex(array, _PLAIN), array)
    point = pc.find_substring(array, ".")
    digits = pc.if_else(pc.less(point, 0), 0, pc.subtract(pc.subtract(pc.binary_length(array), point), 1))
    scale = pc.max(digits).as_py() or 0
    if scale > MAX_DIGITS:
        msg = f"more than {MAX_DIGITS} digits"
        raise ValueError(msg)
    return scale, array.cast(pa.decimal128(MAX_DIGITS, scale))


def convert(array: pa.ChunkedArray, kind: ColumnType) -> pa.ChunkedArray:
    """Read cells of any other type, a little more generously than Arrow does.

    LONG takes ``1.0`` (pandas writes integers so once a column has gaps), DATE takes a midnight, DATETIME takes a zone
    and nanoseconds.

    Raises:
        ValueError: A cell does not fit; the message shows it. (pyarrow.ArrowInvalid is one.)
    """
    array = array.cast(pa.string())
    match kind:
        case ColumnType.LONG:
            return pc.replace_substring_regex(pc.utf8_trim_whitespace(array), r"\.0*$", "").cast(pa.int64())
        case ColumnType.DOUBLE:
            return pc.utf8_trim_whitespace(array).cast(pa.float64())
        case ColumnType.DATE:
            return pc.replace_substring_regex(array, r"[T ]00:00(:00(\.0*)?)?Z?$", "").cast(pa.date32())
        case ColumnType.DATETIME:
            return _moments(array)
        case _:
            return array


def _moments(array: pa.ChunkedArray) -> pa.ChunkedArray:
    zoned = pc.match_substring_regex(array, _ZONE)
    # Text without a zone is UTC already: with a Z on all of them one cast reads both kinds.
    aware = pc.if_else(zoned, array, pc.binary_join_element_wise(array, "Z", ""))
    return aware.cast(pa.timestamp("ns", tz="UTC")).cast(pa.timestamp("us"), safe=False)


def _refuse_unless(fits: pa.ChunkedArray, array: pa.ChunkedArray) -> None:
    wrong = array.filter(pc.invert(fits))
    if len(wrong):
        msg = f"invalid value {wrong[0].as_py()[:80]!r}"
        raise ValueError(msg)
