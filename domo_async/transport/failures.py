"""The one place where failures of the network get our names."""

from __future__ import annotations

import ssl
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import httpx

from domo_async.errors import (
    CallError,
    CallTimeoutError,
    ClientClosedError,
    ConfigurationError,
    ConnectionFailedError,
    ConnectionLostError,
    DomoError,
    InvalidArgumentError,
    InvalidResponseError,
)

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["NETWORK_FAILURES", "named_failure", "named_failures"]

NETWORK_FAILURES: Final = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, DomoError, RuntimeError)
"""What an exchange may raise; `named_failure` finds the name for each."""

_PHASES: Final[dict[type[httpx.TimeoutException], str]] = {
    httpx.ConnectTimeout: "connect",
    httpx.ReadTimeout: "read",
    httpx.WriteTimeout: "write",
    httpx.PoolTimeout: "pool",
}
_TIMEOUT_MESSAGES: Final = {
    "connect": "The connection was not established in time",
    "read": "The server stayed silent for too long",
    "write": "The server stopped taking the request body",
    "pool": "No free connection came up in time",
}
# The bridge that others build between httpx and aiohttp reports a server that hangs up, and much else, as a connect
# time-out. Of the causes it leaves in __cause__ only these prove that the request never left; a verdict on safety must
# not be read off the bridge's class.
_NEVER_CONNECTED: Final = frozenset(
    {
        "ClientConnectorError",
        "ClientConnectorDNSError",
        "ClientConnectorSSLError",
        "ClientConnectorCertificateError",
        "ClientProxyConnectionError",
        "ConnectionTimeoutError",
        "UnixClientConnectorError",
    }
)


@contextmanager
def named_failures(*, operation: str | None, method: str, path: str) -> Generator[None]:
    """Turn what httpx raises inside the block into errors of this library, each with the call that failed.

    Args:
        operation: Dotted name of the operation.
        method: HTTP method.
        path: Path of the URL without its query, which may hold anything.

    Raises:
        ConnectionFailedError: The server was not reached.
        ConnectionLostError: The connection broke later.
        CallTimeoutError: A phase took too long.
        InvalidResponseError: The answer is not HTTP, or its encoding is broken.
        InvalidArgumentError: The request could not be built.
    """
    handled = sys.exc_info()[1]
    try:
        yield
    except NETWORK_FAILURES as error:
        failure = named_failure(error, operation=operation, method=method, path=path, handled=handled)
        if failure is error:
            raise
        raise failure from error


def named_failure(
    error: Exception, *, operation: str | None, method: str, path: str, handled: BaseException | None
) -> Exception:
    """The error of this library for a failure of the network, to be raised ``from`` it.

    What stays visible as its cause is stripped of everything that may hold a token: requests, and the frames that dealt
    with them. An error that has our name already, or that is not about the network, is returned as it is.

    Args:
        error: One of `NETWORK_FAILURES`.
        operation: Dotted name of the operation.
        method: HTTP method.
        path: Path of the URL without its query.
        handled: The exception that the caller was handling when the exchange began, if any. It became a part of the
            chain, and it is not ours to touch.
    """
    seen = {id(handled)}
    if isinstance(error, DomoError):
        for link in (error.__cause__, error.__context__):
            _redact(link, method, seen)
        return error
    failure = _named(error)
    if failure is None:
        return error
    if isinstance(failure, CallError):
        failure.operation, failure.method, failure.path = operation, method, path
    _redact(error, method, seen)
    return failure


def _redact(error: BaseException | None, method: str, seen: set[int]) -> None:
    """Take the request, and the frames whose locals hold its headers, off a chain of exceptions."""
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    error.__traceback__ = None
    if isinstance(error, httpx.RequestError):
        error.request = httpx.Request(method, "")
    for link in (error.__cause__, error.__context__, *getattr(error, "exceptions", ())):
        _redact(link, method, seen)


def _named(error: Exception) -> DomoError | None:
    cause = error.__cause__
    bridged = type(cause).__name__ if cause is not None and type(cause).__module__.startswith("aiohttp") else None
    match error:
        case httpx.ConnectTimeout() if bridged is not None and bridged not in _NEVER_CONNECTED:
            return ConnectionLostError(f"The connection broke: {_words(error)}")
        case httpx.TimeoutException():
            phase = _PHASES.get(type(error), "read")
            return CallTimeoutError(_TIMEOUT_MESSAGES[phase], phase=phase)
        case httpx.ProxyError():
            return ConnectionFailedError(f"The proxy refused: {_words(error)}")
        case httpx.ConnectError():
            hint = "Check the certificate settings (verify=, SSL_CERT_FILE)" if _is_certificate_problem(error) else None
            return ConnectionFailedError(f"{_server(error)} could not be reached: {_words(error)}", hint=hint)
        case httpx.LocalProtocolError() | httpx.InvalidURL():
            return InvalidArgumentError(f"The request cannot be sent as HTTP: {_words(error)}")
        case httpx.UnsupportedProtocol():
            return ConfigurationError(f"The transport cannot speak this protocol: {_words(error)}")
        case httpx.DecodingError():
            return InvalidResponseError("The content encoding of the answer is broken")
        case httpx.StreamConsumed():
            return InvalidArgumentError(
                "The body of the request is spent and cannot be sent again",
                hint="Pass bytes, a path, or a function that returns a new iterator each time",
            )
        case httpx.NetworkError() | httpx.RemoteProtocolError():
            return ConnectionLostError(f"The connection broke: {_words(error)}")
        case httpx.StreamClosed() | RuntimeError() if "closed" in str(error):
            # httpx says so of a client that its owner closed.
            return ClientClosedError("The HTTP client below is closed")
        case httpx.HTTPError() | httpx.StreamError():
            return ConnectionLostError(f"The exchange failed: {_words(error)}")
        case _:
            return None


def _server(error: httpx.ConnectError) -> str:
    try:
        return error.request.url.host or "The server"
    except RuntimeError:  # nobody said which request it was
        return "The server"


def _words(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _is_certificate_problem(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError) or "CERTIFICATE" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False
