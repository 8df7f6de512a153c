"""Sockets on asyncio and its relatives: a protocol that buffers, without a layer between it and httpcore."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from typing import Any, Final, cast

import anyio
import httpcore

from domo_async.transport.network import Stream, is_readable

__all__ = ["connect"]

_HIGH_WATER: Final = 1 << 20
_HEAD_START: Final = 0.25


async def connect(host: str, port: int, *, timeout: float | None, local_address: str | None) -> Stream:
    """Open a connection.

    Raises:
        httpcore.ConnectTimeout: It took too long.
        httpcore.ConnectError: The host is unknown or does not answer.
    """
    try:
        with anyio.fail_after(timeout):
            return await _race(host, port, local_address)
    except TimeoutError as error:
        raise httpcore.ConnectTimeout(str(error)) from error
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error


async def _race(host: str, port: int, local_address: str | None) -> AsyncioStream:
    """Connect to the first address of a host that answers; after a moment of silence the next one is tried as well.

    asyncio can do that too, but loses sockets when it is cancelled at it, and uvloop cannot.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [(family, address) for family, _, _, _, address in found]
    if len(addresses) == 1:
        return await _open(loop, *addresses[0], local_address)
    winners: list[AsyncioStream] = []
    errors: list[OSError] = []

    async def attempt(family: int, address: Any, failed: anyio.Event) -> None:  # noqa: ANN401 - differs by family
        try:
            winners.append(await _open(loop, family, address, local_address))
        except OSError as error:
            errors.append(error)
            failed.set()
        else:
            group.cancel_scope.cancel()

    chosen: AsyncioStream | None = None
    try:
        async with anyio.create_task_group() as group:
            for family, address in addresses:
                failed = anyio.Event()
                group.start_soon(attempt, family, address, failed)
                with anyio.move_on_after(_HEAD_START):
                    await failed.wait()
        chosen = winners[0] if winners else None
    finally:
        for stream in winners:
            if stream is not chosen:
                stream.abort()
    if chosen is None:
        raise errors[0] if errors else OSError(f"{host} has no address")
    return chosen


async def _open(loop: asyncio.AbstractEventLoop, family: int, address: Any, local: str | None) -> AsyncioStream:  # noqa: ANN401
    # With the protocol named, asyncio switches Nagle's algorithm off; else the body of a POST waits for an ACK.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setblocking(False)
        if local is not None:
            sock.bind((local, 0))
        await loop.sock_connect(sock, address)
        _, stream = await loop.create_connection(lambda: AsyncioStream(loop, sock), sock=sock)
    except BaseException:
        sock.close()
        raise
    return stream


class AsyncioStream(Stream, asyncio.Protocol):
    """A socket, its buffer, and at most one task that waits for each direction."""

    def __init__(self, loop: asyncio.AbstractEventLoop, sock: socket.socket) -> None:
        self._loop = loop
        self._socket = sock
        self._transport: asyncio.Transport | None = None
        self._received: deque[bytes] = deque()
        self._size = 0
        self._reading_paused = False
        self._writing_paused = False
        self._ended = False
        self._error: Exception | None = None
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received.append(data)
        self._size += len(data)
        if self._size > _HIGH_WATER and not self._reading_paused and self._transport is not None:
            self._reading_paused = True
            self._transport.pause_reading()
        _wake(self._reader)

    def eof_received(self) -> None:
        self._ended = True
        _wake(self._reader)

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = True
        self._error = exc
        _wake(self._reader)
        _wake(self._writer)

    def pause_writing(self) -> None:
        self._writing_paused = True

    def resume_writing(self) -> None:
        self._writing_paused = False
        _wake(self._writer)

    # What httpcore calls

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self.hung_up:
            raise httpcore.ReadError("The answer was not wanted to its end")
        while not self._received:
            if self._error is not None:
                raise httpcore.ReadError(str(self._error) or type(self._error).__name__)
            if self._ended:
                return b""
            self._reader = self._loop.create_future()
            await self._wait(self._reader, timeout, httpcore.ReadTimeout)
        data = self._received.popleft() if len(self._received) == 1 else b"".join(self._received)
        self._received.clear()
        self._size = 0
        if self._reading_paused and self._transport is not None:
            self._reading_paused = False
            self._transport.resume_reading()
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        self._check_writable().write(buffer)
        while self._writing_paused:
            self._writer = self._loop.create_future()
            await self._wait(self._writer, timeout, httpcore.WriteTimeout)
            self._check_writable()

    def _check_writable(self) -> asyncio.Transport:
        if self._transport is None or self._ended or self._transport.is_closing():
            raise httpcore.WriteError(str(self._error) if self._error else "The server closed the connection")
        return self._transport

    async def _wait(
        self, waiter: asyncio.Future[None], timeout: float | None, kind: type[httpcore.TimeoutException]
    ) -> None:
        # A timer of the loop costs a tenth of a cancel scope, and this is where every call spends its time.
        timer = None if timeout is None else self._loop.call_later(timeout, _expire, waiter, kind)
        try:
            await waiter
        finally:
            if timer is not None:
                timer.cancel()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        if self._transport is None:
            raise httpcore.ConnectError("The connection is closed")
        try:
            with anyio.fail_after(timeout):
                upgraded = await self._loop.start_tls(
                    self._transport, self, ssl_context, server_hostname=server_hostname
                )
        except TimeoutError as error:
            self.abort()
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            self.abort()
            raise httpcore.ConnectError(str(error) or "The server hung up during the TLS handshake") from error
        except BaseException:
            self.abort()
            raise
        if upgraded is None:
            raise httpcore.ConnectError("The server hung up during the TLS handshake")
        self._transport = upgraded
        return self

    async def aclose(self) -> None:
        self.abort()
        await asyncio.sleep(0)  # in the next turn the socket is closed

    def abort(self) -> None:
        """Close the socket in the next turn of the loop."""
        if self._transport is not None:
            self._transport.abort()

    def abandon(self) -> None:
        self._transport = None
        self._socket.close()

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - as declared by httpcore
        if self._transport is None:
            return None
        match info:
            case "is_readable":
                return self._received or self._ended or self._is_readable(self._transport)
            case "server_addr":
                return self._transport.get_extra_info("peername")
            case "client_addr":
                return self._transport.get_extra_info("sockname")
            case _:
                return self._transport.get_extra_info(info)

    @staticmethod
    def _is_readable(transport: asyncio.Transport) -> bool:
        # The loop may not have come round to telling us that the server hung up: ask the socket itself.
        raw = transport.get_extra_info("socket")
        if raw is None:
            return True
        return is_readable(raw.fileno())


def _wake(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)


def _expire(waiter: asyncio.Future[None], kind: type[httpcore.TimeoutException]) -> None:
    if not waiter.done():
        waiter.set_exception(kind("timed out"))
