"""JSON as clients send it, read strictly: what could not be written again is refused before it is kept."""

from __future__ import annotations

import json
import math
import re
from typing import Never, cast

__all__ = ["read_json"]

_DEEPEST = 400
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def read_json(body: bytes) -> object:
    """Read a document.

    Python is more generous than JSON: it takes ``NaN``, makes infinity of ``1e999``, and half a surrogate pair a
    character that no answer can hold. One such value would spoil every listing that shows it from then on.

    Args:
        body: The document in UTF-8.

    Raises:
        ValueError: It is no JSON, or nested too deeply.
    """
    text = body.decode("utf-8-sig")
    try:
        document: object = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except RecursionError:
        raise _too_deep() from None
    if text.count("[") + text.count("{") > _DEEPEST:
        _check_depth(document)
    if _SURROGATE.search(text):
        json.dumps(document, ensure_ascii=False).encode()
    return document


def _no_constant(name: str) -> Never:
    msg = f"{name} is no JSON"
    raise ValueError(msg)


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        msg = f"{digits[:40]} is too large"
        raise ValueError(msg)
    return number


def _check_depth(document: object) -> None:
    level = [document]
    for _ in range(_DEEPEST):
        level = [child for item in level for child in _children(item)]
        if not level:
            return
    raise _too_deep()


def _children(item: object) -> list[object]:
    if isinstance(item, dict):
        values = list(cast("dict[str, object]", item).values())
    else:
        values = cast("list[object]", item) if isinstance(item, list) else []
    return [value for value in values if isinstance(value, dict | list)]


def _too_deep() -> ValueError:
    return ValueError(f"The document is nested more than {_DEEPEST} times")
