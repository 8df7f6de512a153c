"""Which transport carries the calls."""

from __future__ import annotations

import importlib.util
import logging
import ssl
from typing import Final, Literal

import httpx
import sniffio

from domo_async.errors import ConfigurationError, MissingExtraError
from domo_async.transport.connection import ConnectionOptions
from domo_async.transport.origin import Origin
from domo_async.transport.slots import SlotTransport

__all__ = ["TransportChoice", "default_transport", "make_transport"]

logger: logging.Logger = logging.getLogger(__name__)

TransportChoice = Literal["auto", "httpx", "aiohttp"] | httpx.AsyncBaseTransport
"""``auto`` takes aiohttp under asyncio if the extra ``fast`` is installed, else httpx; or a transport of your own."""

_NAMES: Final = ("auto", "httpx", "aiohttp")


def make_transport(
    choice: TransportChoice, *, slots: int, origin: Origin, connection: ConnectionOptions
) -> httpx.AsyncBaseTransport:
    """Build the transport for the running event loop, and say in the log which one it is.

    Args:
        choice: See `TransportChoice`.
        slots: How many connections there may be at most.
        origin: Where the API is.
        connection: TLS and proxies; a transport of the caller's own has its own.

    Raises:
        MissingExtraError: aiohttp was asked for and is not installed.
        ConfigurationError: aiohttp was asked for under trio, or with a SOCKS proxy.
    """
    if isinstance(choice, httpx.AsyncBaseTransport):
        logger.info("Calls to %s go through %s", origin, type(choice).__name__)
        return choice
    if choice not in _NAMES:
        raise ConfigurationError(f"transport: {choice!r} is unknown", hint=f"Choose one of {', '.join(_NAMES)}")
    library = sniffio.current_async_library()
    proxy = connection.proxy_for(origin)
    # aiohttp does not speak SOCKS.
    socks = proxy is not None and proxy.startswith("socks")
    if choice == "auto":
        choice = "aiohttp" if library == "asyncio" and _has_aiohttp() and not socks else "httpx"
    through = " through a proxy" if proxy is not None else ""
    logger.info("Calls to %s go over the %s transport%s, at most %d at once", origin, choice, through, slots)
    if choice == "httpx":
        return default_transport(slots=slots, origin=origin, connection=connection)
    if library != "asyncio":
        raise ConfigurationError(f"The aiohttp transport runs on asyncio only, not on {library}", hint="Use httpx")
    if not _has_aiohttp():
        raise MissingExtraError("transport='aiohttp'", extra="fast")
    if socks:
        raise ConfigurationError("The aiohttp transport does not speak SOCKS, and the proxy does", hint="Use httpx")
    from domo_async.transport.aiohttp_bridge import FastTransport

    return FastTransport(slots=slots, ssl_context=_trust(origin, connection), proxy=proxy)


def default_transport(*, slots: int, origin: Origin, connection: ConnectionOptions) -> SlotTransport:
    """The transport that runs on every event loop; token requests always use it.

    Args:
        slots: How many connections there may be at most.
        origin: Where the API is.
        connection: TLS and proxies.
    """
    proxy = connection.proxy_for(origin)
    return SlotTransport(slots=slots, ssl_context=_trust(origin, connection), proxy=proxy)


def _trust(origin: Origin, connection: ConnectionOptions) -> ssl.SSLContext | None:
    """The SSL context, if anything on the way speaks TLS: a proxy may want it where the API does not."""
    proxy = connection.proxy_for(origin)
    secured = origin.scheme == "https" or (proxy is not None and proxy.startswith("https"))
    return connection.ssl_context() if secured else None


def _has_aiohttp() -> bool:
    return importlib.util.find_spec("aiohttp") is not None
