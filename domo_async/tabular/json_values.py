# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""Nested Arrow values as JSON text, with all their digits."""

from __future__ import annotations

import datetime as dt
import json
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal, cast
from uuid import UUID

from domo_async.models.arrow_types import is_text
from domo_async.tabular.extras import require

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

__all__ = ["json_of", "json_text"]

_quoted: Final = json.JSONEncoder(ensure_ascii=False).encode


def json_text(scalar: pa.Scalar, *, not_finite: Literal["refuse", "null"] = "refuse") -> str | None:
    """A list, a struct or a map as JSON, without blanks; None for null.

    Numbers keep all their digits, days and times are ISO 8601 text (in UTC, with ``Z``, where they have a zone). A map
    is an object if its keys are text, and a list of pairs otherwise.

    Args:
        scalar: One value of a nested Arrow type.
        not_finite: ``null`` makes NaN and the infinities null.

    Raises:
        ValueError: JSON has no form for something in it: NaN, an infinity, a moment that no calendar has.
    """
    value: object = scalar.as_py()
    return None if value is None else _Writer(strict=not_finite == "refuse").write(value, scalar.type)


class _Writer:
    def __init__(self, *, strict: bool) -> None:
        self._strict = strict
        self._types = require("pyarrow", feature="Writing rows").types

    def write(self, value: object, kind: pa.DataType) -> str:
        if value is None:
            return "null"
        types = self._types
        if types.is_struct(kind):
            members = cast("dict[str, object]", value)
            fields = [kind.field(index) for index in range(kind.num_fields)]
            return _joined("{", (f"{_quoted(one.name)}:{self.write(members[one.name], one.type)}" for one in fields))
        if types.is_map(kind):
            entries = cast("list[tuple[str, object]]", value)
            pairs = [(key, self.write(one, kind.item_type)) for key, one in entries]
            if is_text(kind.key_type):
                return _joined("{", (f"{_quoted(key)}:{one}" for key, one in pairs))
            return _joined("[", (f"[{self.write(key, kind.key_type)},{one}]" for key, one in pairs))
        if types.is_nested(kind) and isinstance(value, list):
            return _joined("[", (self.write(one, kind.value_type) for one in cast("list[object]", value)))
        if isinstance(value, float) and not math.isfinite(value):
            if self._strict:
                raise ValueError("NaN and the infinities are no numbers there")
            return "null"
        return json_of(value)


def json_of(value: object) -> str:
    """A Python value as JSON, without blanks: what JSON has, and decimals, days, times and UUIDs.

    Raises:
        ValueError: JSON has no form for it.
    """
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case Decimal():
            return str(value)
        case str():
            return _quoted(value)
        case dt.datetime() if value.tzinfo is not None:
            return _quoted(value.astimezone(dt.UTC).replace(tzinfo=None).isoformat() + "Z")
        case dt.date() | dt.time():
            return _quoted(value.isoformat())
        case UUID():
            return _quoted(str(value))
        case dict():
            members = cast("dict[object, object]", value)
            return _joined("{", (f"{_quoted(str(key))}:{json_of(one)}" for key, one in members.items()))
        case list():
            return _joined("[", map(json_of, cast("list[object]", value)))
        case _:
            raise ValueError(f"{type(value).__name__} has no form there")


def _joined(start: Literal["{", "["], parts: Iterable[str]) -> str:
    return start + ",".join(parts) + ("}" if start == "{" else "]")
