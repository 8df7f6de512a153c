"""Uvicorn's HTTP protocol with a handle on the connection, for faults that happen below HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from domo_async.emulator.wire import EXTENSION

__all__ = ["Connection", "Protocol"]

_LARGEST_HEAD = 1 << 20


class Connection:
    """What a fault may do to the connection that a request came on."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._lost = asyncio.Event()

    def reset(self) -> None:
        """Drop the connection with a TCP reset; what is still buffered is lost."""
        sock = self._transport.get_extra_info("socket")
        if sock is not None and sock.fileno() >= 0:  # else the client was faster, and there is nothing to drop
            with contextlib.suppress(OSError):
                # Lingering for no time makes the kernel send RST instead of FIN.
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def close(self) -> None:
        """Close the connection after what is buffered has been sent, as if the answer were complete."""
        self._transport.close()

    async def flushed(self) -> None:
        """Wait until everything written so far is with the kernel, or the connection is lost."""
        while self._transport.get_write_buffer_size() and not self._lost.is_set():  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(0.001)

    async def lost(self) -> None:
        """Wait until the connection has ended, from whichever side."""
        await self._lost.wait()

    def note_lost(self) -> None:
        """The transport says that the connection has ended."""
        self._lost.set()


class Protocol(HttpToolsProtocol):
    """One connection of the emulator."""

    _handle: Connection | None = None
    _in_head = False
    _head_size = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the transport."""
        super().connection_made(transport)
        self.access_log = False
        self._handle = Connection(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Release whoever waits for the end."""
        super().connection_lost(exc)
        if self._handle is not None:
            self._handle.note_lost()

    def data_received(self, data: bytes) -> None:
        """Take what has arrived; a head that does not end is refused, since the parser keeps all of it."""
        super().data_received(data)
        if self._in_head:
            self._head_size += len(data)
            if self._head_size > _LARGEST_HEAD and not self.transport.is_closing():
                self.send_400_response("The head of the request is too large.")

    def on_message_begin(self) -> None:
        """Begin a request: its scope gets the handle."""
        super().on_message_begin()
        self.scope["extensions"] = {EXTENSION: self._handle}  # type: ignore[dict-item]
        self._in_head = True
        self._head_size = 0

    def on_headers_complete(self) -> None:
        """The head is complete."""
        self._in_head = False
        super().on_headers_complete()
