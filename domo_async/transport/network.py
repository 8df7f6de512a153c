"""Sockets for httpcore: lean, read in large pieces, and never left open when a task is cancelled."""

from __future__ import annotations

import abc
import select
import sys
from collections.abc import Iterable
from typing import Final

import anyio
import httpcore
import sniffio

__all__ = ["ENDS_WHEN_CLOSED", "READ_SIZE", "Network", "Stream", "is_readable"]

ENDS_WHEN_CLOSED = "domo_async.ends_when_closed"
"""Key in ``response.extensions``: the body, once closed, ends at the next read instead of raising or going on."""

READ_SIZE = 256 * 1024
"""Bytes that one read may return; httpcore asks for 64 KiB, which costs a third more time for a large export."""

_CLOSED: Final = "The transport is closed"


class Stream(httpcore.AsyncNetworkStream, abc.ABC):
    """One socket.

    Attributes:
        hung_up: While set, reading fails at once. It is how an answer that nobody wants any more is brought to its end:
            what has arrived already is read off, and at the first byte that would have to be waited for it is over.
    """

    hung_up: bool = False

    @abc.abstractmethod
    def abandon(self) -> None:
        """Close the socket of an event loop that is no longer there."""


def is_readable(number: int) -> bool:
    """Whether a read would not block: bytes are there, or the other side hung up, or the socket is closed here.

    Args:
        number: File descriptor of the socket, -1 if it is closed.
    """
    if number < 0:
        return True
    if sys.platform == "win32":
        return bool(select.select([number], [], [], 0)[0])
    # select() knows no numbers above 1,023, which a service with many connections reaches.
    watch = select.poll()
    watch.register(number, select.POLLIN)
    return bool(watch.poll(0))


class Network(httpcore.AsyncNetworkBackend):
    """Opens the sockets of one connection, and knows them until they are closed.

    httpcore loses sight of a socket if it is cancelled between connecting and the end of the TLS handshake. Closing the
    network closes whatever was opened, in whatever state it is, and gives up what is being opened.
    """

    def __init__(self) -> None:
        self._streams: list[Stream] = []
        self._opening: set[anyio.CancelScope] = set()
        self._closed = False

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Open a socket. Called by httpcore."""
        if sniffio.current_async_library() == "trio":
            from domo_async.transport.network_trio import connect
        else:
            from domo_async.transport.network_asyncio import connect
        if self._closed:
            raise httpcore.ConnectError(_CLOSED)
        stream: Stream | None = None
        with anyio.CancelScope() as scope:
            self._opening.add(scope)
            try:
                stream = await connect(host, port, timeout=timeout, local_address=local_address)
            finally:
                self._opening.discard(scope)
        if stream is None or scope.cancel_called:
            if stream is not None:  # it was there already when its scope was cancelled
                await stream.aclose()
            raise httpcore.ConnectError(_CLOSED)
        self._streams.append(stream)
        raw = stream.get_extra_info("socket")
        for option in socket_options or ():
            raw.setsockopt(*option)
        return stream

    async def sleep(self, seconds: float) -> None:
        """Wait. Called by httpcore."""
        await anyio.sleep(seconds)

    async def aclose(self) -> None:
        """Close every socket."""
        self._closed = True
        for scope in self._opening:
            scope.cancel()
        while self._streams:
            await self._streams.pop().aclose()

    def abandon(self) -> None:
        """Close every socket, though the event loop that they belong to is gone."""
        self._closed = True
        while self._streams:
            self._streams.pop().abandon()
