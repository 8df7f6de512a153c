"""The words for what spans and metrics say. Those without ``domo`` are OpenTelemetry's own.

Source: OpenTelemetry, Semantic Conventions 1.44: HTTP spans, HTTP metrics, recording errors.
"""

from __future__ import annotations

from typing import Final

from opentelemetry.trace import Span, StatusCode

from domo_async.errors import StatusError

__all__ = [
    "CANCELLED",
    "ERROR_TYPE",
    "IO_DIRECTION",
    "OPERATION",
    "SCHEMA_URL",
    "WAIT_REASON",
    "Attributes",
    "error_type",
    "http_method",
    "mark",
]

Attributes = dict[str, str | int | float | bool]

SCHEMA_URL: Final = "https://opentelemetry.io/schemas/1.44.0"
ERROR_TYPE: Final = "error.type"
IO_DIRECTION: Final = "network.io.direction"
OPERATION: Final = "domo.operation.name"
WAIT_REASON: Final = "domo.wait.reason"
CANCELLED: Final = "cancelled"
"""What is given up by whoever asked for it has not failed; but it has not succeeded either."""

_METHODS: Final = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"})


def error_type(error: BaseException, *, http: bool = False) -> str:
    """The kind of an error, which tells nothing of what was asked or answered.

    Args:
        error: What went wrong.
        http: Whether it is about a single HTTP request, where a status says all there is to say.
    """
    if http and isinstance(error, StatusError) and error.status >= 400:
        return str(error.status)
    if not isinstance(error, Exception):
        return CANCELLED  # asyncio's and trio's exceptions for it, Ctrl-C, and groups of them
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def mark(span: Span, error: BaseException, *, http: bool = False) -> str:
    """Say on a span what kind of error it ended with, and return that.

    The status of what was given up is left unset.
    """
    kind = error_type(error, http=http)
    span.set_attribute(ERROR_TYPE, kind)
    if kind != CANCELLED:
        span.set_status(StatusCode.ERROR)
    return kind


def http_method(method: str) -> str:
    """A method that everybody knows, or a word for all others, of which there may be any number."""
    return method if method in _METHODS else "_OTHER"
