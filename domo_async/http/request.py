"""What one attempt sends."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final, NoReturn

import httpx

from domo_async.auth.domo_auth import REPLAYABLE
from domo_async.errors import InvalidResponseError
from domo_async.http.decoding import ACCEPTED
from domo_async.observing.observer import Call
from domo_async.transport.failures import named_failure

if TYPE_CHECKING:
    from domo_async.http.bodies import Body
    from domo_async.http.operations import Operation
    from domo_async.http.options import CallOptions
    from domo_async.transport.origin import Origin

__all__ = ["RAW", "Request", "RequestBuilder"]

RAW: Final = "request"
"""Name of whatever is asked for by its path."""


@dataclass(frozen=True, slots=True)
class Request:
    """What one attempt sends; the next attempt sends the same.

    Attributes:
        operation: What is asked.
        path: Path with its ids filled in.
        query: Encoded query string, without the question mark.
        body: Body, None for none.
    """

    operation: Operation
    path: str
    query: str = ""
    body: Body | None = None

    def described(self, origin: Origin) -> Call:
        """The call, for whoever watches it."""
        operation = self.operation
        # What has no method of its own has no placeholders either.
        route = operation.path if operation.name != RAW else None
        return Call(operation.name, operation.method, route, self.path, origin.scheme, origin.host, origin.port)

    def invalid_answer(self, message: str) -> InvalidResponseError:
        """The error for an answer that makes no sense."""
        operation = self.operation
        return InvalidResponseError(message, operation=operation.name, method=operation.method, path=self.path)

    def raise_named(self, error: Exception, handled: BaseException | None) -> NoReturn:
        """Raise a failure of the network under our name for it, with the call that failed.

        Args:
            error: What httpx raised.
            handled: The exception that the caller was handling when the call began, if any.
        """
        operation = self.operation
        failure = named_failure(
            error, operation=operation.name, method=operation.method, path=self.path, handled=handled
        )
        if failure is error:
            raise error
        raise failure from error


class RequestBuilder:
    """Makes requests for httpx.

    Args:
        base_url: Scheme, host and port of the API.
        client: A client of the caller's, whose own headers and hooks are to be part of it; None for ours, which has
            none. Merging them into each request takes a tenth of the time of a call.
    """

    def __init__(self, base_url: str, client: httpx.AsyncClient | None) -> None:
        self._base_url = base_url
        self._client = client
        self._host = httpx.URL(base_url).netloc.decode("ascii")
        self._user_agent = _user_agent()

    def build(self, request: Request, options: CallOptions) -> httpx.Request:
        """What httpx sends for `request`."""
        headers = {
            "Host": self._host,
            "Accept": request.operation.accept,
            "Accept-Encoding": ACCEPTED,
            "User-Agent": self._user_agent,
        }
        body = request.body
        if body is not None:
            headers["Content-Type"] = body.media_type
            if body.encoding is not None:
                headers["Content-Encoding"] = body.encoding
            if body.length is not None:
                headers["Content-Length"] = str(body.length)
        query = f"?{request.query}" if request.query else ""
        make = httpx.Request if self._client is None else self._client.build_request
        return make(
            request.operation.method,
            httpx.URL(f"{self._base_url}{request.path}{query}"),
            headers=headers,
            content=body.content if body is not None else None,
            extensions={
                REPLAYABLE: body is None or body.replayable,
                "timeout": {
                    "connect": options.connect_timeout,
                    "read": options.timeout,
                    "write": options.timeout,
                    "pool": options.timeout,
                },
            },
        )


def _user_agent() -> str:
    try:
        own = version("domo-async")
    except PackageNotFoundError:
        own = "unknown"
    return f"domo-async/{own} httpx/{httpx.__version__} python/{platform.python_version()}"
