"""From a status and an explanation to the error that the caller gets."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from domo_async.errors import (
    AuthenticationError,
    BadRequestError,
    BlockedError,
    ConflictError,
    InsufficientScopeError,
    MaintenanceError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    StatusError,
)
from domo_async.models.problems import Page, Problem

__all__ = ["parse_retry_after", "refusal"]

_WRAPPED: Final = re.compile(r"Infrastructure problem \((\d{3})\)")
_BY_STATUS: Final[dict[int, type[StatusError]]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    410: NotFoundError,
    429: RateLimitError,
}
_BY_PAGE: Final[dict[str, type[StatusError]]] = {
    Page.MAINTENANCE: MaintenanceError,
    Page.BLOCKED: BlockedError,
    Page.UNAUTHENTICATED: AuthenticationError,
}
_HINTS: Final[dict[type[StatusError], str]] = {
    AuthenticationError: "Check that the client still exists and that the API URL is right",
    BlockedError: "Ask an administrator to add this address to the instance's network allow-list",
    InsufficientScopeError: "Create the client with this scope, and ask for it if you pass scopes=",
    PermissionDeniedError: "The token may lack the scope, or its user the grant, for this operation",
}


def refusal(
    status: int,
    problem: Problem,
    *,
    http_reason: str = "",
    retry_after: str | None = None,
    required_scope: str | None = None,
    operation: str | None = None,
    method: str | None = None,
    path: str | None = None,
    kind: type[StatusError] | None = None,
    refusals: Mapping[int, type[StatusError]] | None = None,
    hint: str | None = None,
) -> StatusError:
    """Build the error for an answer that is not a success.

    Args:
        status: HTTP status code. 200 is possible: Domo's HTML pages come with it.
        problem: What the answer says of itself.
        http_reason: Reason phrase of the status line.
        retry_after: Retry-After header.
        required_scope: Scope that the operation needs.
        operation: Dotted name of the operation.
        method: HTTP method.
        path: Path without query.
        kind: Class of the error, if the caller knows better than status and page.
        refusals: What a status means for this operation, where it means more than it does elsewhere.
        hint: What to do, if the caller knows better.
    """
    chosen = kind or _kind(status, problem, refusals or {})
    hint = hint or _HINTS.get(chosen)
    if required_scope is not None and issubclass(chosen, PermissionDeniedError) and chosen is not BlockedError:
        needed = f"The operation needs the scope {required_scope!r}"
        hint = f"{needed}. {hint}" if hint else needed
    error = chosen(
        problem.message or _DEFAULT_MESSAGES.get(chosen, "Domo gave no explanation"),
        status=status,
        reason=problem.reason or http_reason or None,
        toe=problem.toe,
        code=problem.code,
        retry_after=parse_retry_after(retry_after),
        operation=operation,
        method=method,
        path=path,
        hint=hint,
    )
    if isinstance(error, InsufficientScopeError):
        error.required_scope = problem.scope or required_scope
    return error


_DEFAULT_MESSAGES: Final[dict[type[StatusError], str]] = {
    NotFoundError: "Nothing is there, or nothing that these credentials may see",
    RateLimitError: "Too many requests",
    PermissionDeniedError: "Domo does not allow this",
}


def _kind(status: int, problem: Problem, refusals: Mapping[int, type[StatusError]]) -> type[StatusError]:
    wrapped = _WRAPPED.match(problem.message or "")
    if wrapped is not None and int(wrapped.group(1)) >= 400:
        # Domo passes on what one of its own services said: 400 "Infrastructure problem (403): Access is denied".
        return _by_status(int(wrapped.group(1)))
    if problem.page in _BY_PAGE:
        return _BY_PAGE[problem.page]
    if problem.code == "insufficient_scope":
        return InsufficientScopeError
    if status == 403 and (problem.message or "").strip().lower() == "forbidden":
        # Domo's words for a missing scope; "Not Allowed" speaks of the user's own permissions.
        return InsufficientScopeError
    if status in refusals:
        return refusals[status]
    return _by_status(status)


def _by_status(status: int) -> type[StatusError]:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500 or status == 408:
        return ServerError
    return BadRequestError if status >= 400 else StatusError


def parse_retry_after(value: str | None, *, now: datetime | None = None) -> float | None:
    """Read a Retry-After header: seconds, a fraction of seconds, or an HTTP date.

    Args:
        value: The header, None if there is none.
        now: The moment that a date is compared with; default the wall clock.

    Returns:
        Seconds to wait, 0 or more; None for a missing header and for garbage.

    Source: RFC 9110 section 10.2.3. Fractions are not in it, and servers send them.
    """
    if value is None:
        return None
    text = value.strip()
    try:
        seconds = float(text)
    except ValueError:
        pass
    else:
        return seconds if math.isfinite(seconds) and seconds >= 0 else None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
