"""What the clients of a service are told when a call to Domo fails."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Mapping
from http import HTTPStatus
from http.client import responses
from typing import Final, TypeVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from domo_async.errors import (
    AuthenticationError,
    CallTimeoutError,
    ClientClosedError,
    DomoError,
    InvalidArgumentError,
    MaintenanceError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ResponseError,
    ServerError,
    StatusError,
    TransportError,
)

__all__ = ["error_response", "install_error_handlers"]

logger: logging.Logger = logging.getLogger(__name__)

T = TypeVar("T")

# 401 and 403 are not here as themselves: it is the service that Domo turned away, and its client can do nothing.
_STATUSES: Final[Mapping[type[DomoError], int]] = {
    RateLimitError: 429,
    ServerError: 502,
    MaintenanceError: 503,  # whatever the status of its page
    AuthenticationError: 502,
    PermissionDeniedError: 502,
    NotFoundError: 502,
    TransportError: 502,
    ResponseError: 502,
    CallTimeoutError: 504,
    ClientClosedError: 503,
}
_DETAILS: Final[Mapping[type[DomoError], str]] = {
    DomoError: "The call to Domo failed.",
    RateLimitError: "Domo gets too many requests.",
    ServerError: "Domo is not available.",
    AuthenticationError: "Domo refused the credentials of this service.",
    PermissionDeniedError: "Domo does not permit this to this service.",
    NotFoundError: "Domo has no such thing, or none that this service may see.",
    TransportError: "Domo cannot be reached.",
    CallTimeoutError: "Domo did not answer in time.",
    ResponseError: "Domo sent an answer that makes no sense.",
    InvalidArgumentError: "The request asks for something that Domo cannot do.",
    ClientClosedError: "The service is about to end.",
}
_TOE: Final = re.compile(r"[A-Za-z0-9-]{1,80}")


def install_error_handlers(app: Starlette, *, statuses: Mapping[type[DomoError], int] | None = None) -> None:
    """Turn what calls to Domo raise into answers of the service.

    ============================================================  ====================================================
    `RateLimitError`                                              429
    `ServerError`                                                 503 for a 503 or the maintenance page; else 502
    `CallTimeoutError`                                            504
    other `TransportError`, `ResponseError`                       502
    `AuthenticationError`, `PermissionDeniedError`                502: the service was turned away, not its client
    `NotFoundError`                                               502, since only you know whose id it was
    `ClientClosedError`                                           503
    ============================================================  ====================================================

    ``Retry-After`` is there when Domo said it, rounded up to whole seconds. Bodies are problem documents (RFC 9457)
    with a sentence of this library, and Domo's reference as ``toe``; nothing that Domo wrote is passed on. What
    happened in full is in the log ``domo_async.integrations.fastapi.error_responses``, which holds no secret either.

    Everything else (a request that Domo calls wrong, arguments that break a rule, missing settings) is a fault of the
    program, and stays an exception: the framework answers 500, and error reporting sees it. A handler that you add for
    a more exact class goes first.

    Args:
        app: A FastAPI or Starlette application.
        statuses: Other statuses by class of error; the nearest base class counts.

    Raises:
        InvalidArgumentError: A status is not from 400 to 599, or a key is no class of error of this library.

    Example:
        ::

            install_error_handlers(app, statuses={NotFoundError: 404, QueryError: 422})
    """
    own = dict(statuses or {})
    for kind, status in own.items():
        if not (isinstance(kind, type) and issubclass(kind, DomoError)):
            raise InvalidArgumentError(f"statuses has a key that is no class of error of domo_async: {kind!r}")
        if isinstance(status, bool) or not isinstance(status, int) or not 400 <= status <= 599:
            raise InvalidArgumentError(f"{kind.__name__} cannot become status {status!r}: that is not from 400 to 599")

    async def handle(request: Request, error: Exception) -> Response:
        response = None
        if isinstance(error, DomoError) and request.scope["type"] == "http":
            response = error_response(error, own)
        if response is None:
            raise error
        return response

    app.add_exception_handler(DomoError, handle)


def error_response(error: DomoError, statuses: Mapping[type[DomoError], int]) -> Response | None:
    """The answer for an error, and a line in the log; None if there is none for its class."""
    status = _status(error, statuses)
    if status is None:
        return None
    # Their waiting may cure it; what it cannot cure needs somebody to look at it.
    logger.log(
        logging.WARNING if error.retryable or status < 500 else logging.ERROR, "Answered %d for: %s", status, error
    )
    document: dict[str, str | int] = {
        "title": responses.get(status, "Error"),
        "status": status,
        "detail": _nearest(_DETAILS, error) or "",
    }
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, StatusError):
        if error.toe is not None and _TOE.fullmatch(error.toe):
            document["toe"] = error.toe
        if error.retry_after is not None and status in {429, 502, 503, 504}:
            headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
    return JSONResponse(document, status_code=status, headers=headers, media_type="application/problem+json")


def _status(error: DomoError, own: Mapping[type[DomoError], int]) -> int | None:
    """The status for an error: that of the nearest class, the caller's table before ours."""
    asked = any(issubclass(kind, ServerError) and isinstance(error, kind) for kind in own)
    if isinstance(error, ServerError) and not asked and error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        return error.status
    return _nearest({**_STATUSES, **own}, error)


def _nearest(table: Mapping[type[DomoError], T], error: DomoError) -> T | None:
    return next((table[kind] for kind in type(error).__mro__ if kind in table), None)
