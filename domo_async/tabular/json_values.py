# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""Nested values as JSON text, with all their digits."""

from __future__ import annotations

import datetime as dt
import json
import math
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["json_text"]

_text = json.JSONEncoder(ensure_ascii=False).encode


def json_text(scalar: pa.Scalar) -> str | None:
    """A list, a struct or a map as JSON, without blanks; None for null.

    Numbers keep all their digits, days and times are ISO 8601 text (in UTC, with ``Z``, where they have a zone). A map
    is an object if its keys are text, and a list of pairs otherwise.

    Args:
        scalar: One value of a nested Arrow type.

    Raises:
        ValueError: JSON has no form for something in it: NaN, an infinity, bytes, a fraction of a microsecond.
    """
    value: object = scalar.as_py()
    return None if value is None else _json(value)


def _json(value: object) -> str:  # noqa: PLR0911 - one per kind
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case float() if not math.isfinite(value):
            raise ValueError("JSON has no NaN and no infinity")
        case int() | float():
            return repr(value)
        case Decimal():
            return f"{value:f}"
        case str():
            return _text(value)
        case dt.datetime():
            if value.tzinfo is None:
                return _text(value.isoformat())
            return _text(value.astimezone(dt.UTC).replace(tzinfo=None).isoformat() + "Z")
        case dt.date() | dt.time():
            return _text(value.isoformat())
        case UUID():
            return _text(str(value))
        case dict():
            return "{" + ",".join(f"{_text(str(key))}:{_json(one)}" for key, one in value.items()) + "}"
        case list() | tuple():
            if value and all(_is_pair(one) for one in value):
                return "{" + ",".join(f"{_text(key)}:{_json(one)}" for key, one in value) + "}"
            return "[" + ",".join(_json(one) for one in value) + "]"
        case _:
            raise ValueError(f"JSON has no {type(value).__name__}")


def _is_pair(value: object) -> bool:
    # What pyarrow makes of an entry of a map; nothing else becomes a tuple.
    return isinstance(value, tuple) and isinstance(value[0], str)
