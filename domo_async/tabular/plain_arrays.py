# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.
"""Arrow arrays in their simplest form: without dictionaries, runs and views, and decimals with the digits they need.

Imports pyarrow: import this where rows are written.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["fewest_digits", "plain", "significant_digits"]

# With more digits after the point, Arrow writes small decimals with an exponent, and Domo's DECIMAL has none.
_PLAIN_SCALES: Final = (0, 2, 4, 6)
_PROBED: Final = 64


def plain(array: pa.Array) -> pa.Array:
    """The same values without a dictionary, runs, views or a type of somebody's own around them.

    Args:
        array: n values of any type that `domo_type` has an answer for.
    """
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        if kind.extension_name == "arrow.uuid":
            return pa.array([None if value is None else str(value) for value in array.to_pylist()], pa.string())
        storage = array.storage
        return pc.not_equal(storage, 0) if kind.extension_name == "arrow.bool8" else plain(storage)
    if pa.types.is_dictionary(kind):
        return plain(array.dictionary_decode())
    if pa.types.is_run_end_encoded(kind):
        return plain(pc.run_end_decode(array))
    if pa.types.is_string_view(kind):
        return array.cast(pa.string())
    if pa.types.is_null(kind):
        return pa.nulls(len(array), pa.string())
    if pa.types.is_float16(kind):
        return array.cast(pa.float32())
    return array


def fewest_digits(array: pa.Array) -> pa.Array:
    """The same numbers with as few digits after the point as all of them need.

    Args:
        array: Decimals with a scale of 0 or more.

    Returns:
        Decimals with a scale of at most 6, or text if one of them needs more.
    """
    scale = array.type.scale
    first_ones = array.slice(0, _PROBED)
    for fewer in _PLAIN_SCALES:
        if fewer >= scale:
            return array
        fewer_digits = pa.decimal128(array.type.precision, fewer)
        try:
            first_ones.cast(fewer_digits)
            return array.cast(fewer_digits)
        except pa.ArrowInvalid:
            continue  # some digit would be lost
    return _digits(array)


def significant_digits(text: pa.Array) -> pa.Array:
    """How many digits each number has, zeros at both ends not counted.

    Args:
        text: Numbers without an exponent.
    """
    digits = pc.replace_substring_regex(text, r"[-.]", "")
    # Zeros at the end of an integer count for nothing in a double either.
    return pc.utf8_length(pc.utf8_trim(digits, "0"))


def _digits(array: pa.Array) -> pa.Array:
    """Decimals as text, digit by digit and without an exponent."""
    text = array.cast(pa.string())
    trimmed = pc.ascii_rtrim(pc.ascii_rtrim(text, "0"), ".")
    exponent = pc.match_substring(text, "E")
    if not pc.any(exponent).as_py():
        return trimmed
    written: list[str] = [f"{Decimal(one):f}".rstrip("0").rstrip(".") for one in text.filter(exponent).to_pylist()]
    return pc.replace_with_mask(trimmed, exponent, pa.array(written, pa.string()))
