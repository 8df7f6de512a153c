"""The one place where failures of the network get our names."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx

from domo_async.errors import (
    CallError,
    CallTimeoutError,
    ConfigurationError,
    ConnectionFailedError,
    ConnectionLostError,
    DomoError,
    InvalidArgumentError,
    InvalidResponseError,
)

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["named_failures"]

_PHASES: dict[type[httpx.TimeoutException], str] = {
    httpx.ConnectTimeout: "connect",
    httpx.ReadTimeout: "read",
    httpx.WriteTimeout: "write",
    httpx.PoolTimeout: "pool",
}
# The aiohttp bridge reports a server that hangs up, and much else, as a connect time-out. Of the causes it leaves in
# __cause__ only these prove that the request never left; a safety verdict must not be read off the bridge's class.
_NEVER_CONNECTED = frozenset(
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
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        failure = _named(error)
        if isinstance(failure, CallError):
            failure.operation, failure.method, failure.path = operation, method, path
        _redact(error, method)
        raise failure from error


def _redact(error: BaseException, method: str) -> None:
    """Take the request, and the frames whose locals hold its headers, off the chain that stays visible as the cause."""
    link: BaseException | None = error
    while link is not None:
        link.__traceback__ = None
        if isinstance(link, httpx.RequestError):
            link.request = httpx.Request(method, "")
        link = link.__cause__ or link.__context__


def _named(error: Exception) -> DomoError:
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
            return ConnectionFailedError(f"The server could not be reached: {_words(error)}", hint=hint)
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
        case _:
            return ConnectionLostError(f"The exchange failed: {_words(error)}")


_TIMEOUT_MESSAGES = {
    "connect": "The connection was not established in time",
    "read": "The server stayed silent for too long",
    "write": "The server stopped taking the request body",
    "pool": "No free connection came up in time",
}


def _words(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _is_certificate_problem(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError) or "CERTIFICATE" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False
