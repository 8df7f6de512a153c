"""The connection under one request, as far as faults handle it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.emulator.recording import Exchange

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import Message, Receive, Scope, Send

    from domo_async.emulator.protocol import Connection

__all__ = ["EXTENSION", "Wire"]

EXTENSION = "domo_async.connection"
"""Key of the connection in the ``extensions`` of the ASGI scope; other servers have none."""


class Wire:
    """One request's connection.

    Mounted in another server, or called in-process, there is no connection to take hold of. Then a reset raises
    `ConnectionResetError` out of the application, which in-process clients see as such.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._connection: Connection | None = scope.get("extensions", {}).get(EXTENSION)
        self._exchange: Exchange = scope["domo_async.exchange"]
        self._receive = receive
        self._send = send
        self._started = False

    async def reset(self) -> None:
        """Drop the connection with a TCP reset."""
        if not self._started:
            self._exchange.status = None
        if self._connection is None:
            raise ConnectionResetError
        self._connection.reset()
        await self.lost()

    async def close(self) -> None:
        """Close the connection in good order, though the answer is not complete."""
        if self._connection is None:
            raise ConnectionResetError
        self._connection.close()
        await self.lost()

    async def lost(self) -> None:
        """Wait until the connection has ended, because the client left or the server stops."""
        if self._connection is not None:
            await self._connection.lost()
            return
        while (await self._receive())["type"] != "http.disconnect":
            pass

    def cut_after(self, size: int, cut: Callable[[], Awaitable[None]]) -> Send:
        """A `send` that lets `size` bytes of the body through, then calls `cut`, and swallows what comes after.

        Afterwards the connection is gone, which the application learns as from any client that leaves.
        """
        left = size
        over = False

        async def send(message: Message) -> None:
            nonlocal left, over
            if over:
                return
            if message["type"] != "http.response.body":
                self._started = True
                await self._send(message)
                return
            body = message.get("body", b"")
            piece, left = bytes(body[:left]), left - len(body)
            if piece:
                await self._send({"type": "http.response.body", "body": piece, "more_body": True})
            if left > 0 and message.get("more_body", False):
                return
            # A body that is shorter than the limit loses its end: the fault was asked for, so it happens.
            over = True
            if self._connection is not None:
                await self._connection.flushed()
            await cut()

        return send
