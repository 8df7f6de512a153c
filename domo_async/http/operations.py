"""What the call loop needs to know of an operation before it is tried, and tried again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final
from urllib.parse import quote, urlencode

from domo_async.errors import InvalidArgumentError, StatusError

__all__ = ["Operation", "QueryValue", "Safety", "encode_query"]

QueryValue = str | int | float | bool | None
_PLACEHOLDER: Final = re.compile(r"{(\w+)}")


class Safety(Enum):
    """What happens when a request is carried out twice."""

    SAFE = "safe"
    """It only reads. Repeated after any failure that may pass."""

    IDEMPOTENT = "idempotent"
    """The second time changes nothing more: PUT of part 3, DELETE. Repeated like a safe one."""

    UNSAFE = "unsafe"
    """It would happen twice: create, append, commit. Repeated only if the server cannot have acted."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of Domo's API.

    Attributes:
        name: Dotted name of our method, such as ``datasets.get``; stands in errors, logs and traces.
        method: HTTP method.
        path: Path with placeholders, such as ``/v1/datasets/{dataset_id}``.
        safety: Whether it may be repeated.
        scope: OAuth scope that it needs, None if that is not known.
        accept: Media type to ask for.
        refusals: What a status means here, where it means more than it does elsewhere.
        any_file: Whether the answer is a file of any kind. A page in HTML is no failure then, unless it is Domo's own.
    """

    name: str
    method: str
    path: str
    safety: Safety
    scope: str | None = None
    accept: str = "application/json"
    refusals: Mapping[int, type[StatusError]] = field(default_factory=dict[int, type[StatusError]])
    any_file: bool = False

    def fill(self, ids: Mapping[str, str | int] | None = None) -> str:
        """The path with its placeholders replaced.

        Raises:
            InvalidArgumentError: An id is empty or would lead to another path.
        """
        return _PLACEHOLDER.sub(lambda match: _segment(match.group(1), (ids or {})[match.group(1)]), self.path)


def _segment(name: str, value: str | int) -> str:
    text = str(value)
    if isinstance(value, bool) or not text.strip() or text in {".", ".."}:
        raise InvalidArgumentError(f"{name}: {value!r} is not an id")
    return quote(text, safe="")


def encode_query(query: Mapping[str, QueryValue] | None) -> str:
    """A query string in Domo's manners: None is left out, booleans are lower case, a space is ``%20``."""
    if not query:
        return ""
    return urlencode({key: _plain(value) for key, value in query.items() if value is not None}, quote_via=quote)


def _plain(value: QueryValue) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
