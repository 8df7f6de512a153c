"""Sockets on trio."""

from __future__ import annotations

import math
import os
import ssl
from typing import Any

import httpcore
import trio

from domo_async.transport.network import READ_SIZE, Stream, is_readable

__all__ = ["connect"]


async def connect(host: str, port: int, *, timeout: float | None, local_address: str | None) -> Stream:
    """Open a connection.

    Raises:
        httpcore.ConnectTimeout: It took too long.
        httpcore.ConnectError: The host is unknown or does not answer.
    """
    try:
        with trio.fail_after(_length(timeout)):
            stream = await trio.open_tcp_stream(host, port, local_address=local_address)
    except trio.TooSlowError as error:
        raise httpcore.ConnectTimeout(str(error)) from error
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error
    return TrioStream(stream)


class TrioStream(Stream):
    """A trio stream with httpcore's manners."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._socket = stream.socket
        self._stream: trio.abc.Stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self.hung_up:
            raise httpcore.ReadError("The answer was not wanted to its end")
        try:
            with trio.fail_after(_length(timeout)):
                return bytes(await self._stream.receive_some(max(max_bytes, READ_SIZE)))
        except trio.TooSlowError as error:
            raise httpcore.ReadTimeout("timed out") from error
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise httpcore.ReadError(_words(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        try:
            with trio.fail_after(_length(timeout)):
                await self._stream.send_all(buffer)
        except trio.TooSlowError as error:
            raise httpcore.WriteTimeout("timed out") from error
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise httpcore.WriteError(_words(error)) from error

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        secured = trio.SSLStream(self._stream, ssl_context, server_hostname=server_hostname, https_compatible=True)
        try:
            with trio.fail_after(_length(timeout)):
                await secured.do_handshake()
        except trio.TooSlowError as error:
            await trio.aclose_forcefully(self._stream)
            raise httpcore.ConnectTimeout("timed out") from error
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            await trio.aclose_forcefully(self._stream)
            raise httpcore.ConnectError(_words(error)) from error
        self._stream = secured
        return self

    async def aclose(self) -> None:
        await trio.aclose_forcefully(self._stream)

    def abandon(self) -> None:
        if self._socket.fileno() >= 0:
            os.close(self._socket.detach())

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - as declared by httpcore
        match info:
            case "socket":
                return self._socket
            case "is_readable":
                return is_readable(self._socket.fileno())
            case "ssl_object":
                return self._stream if isinstance(self._stream, trio.SSLStream) else None
            case "server_addr":
                return self._socket.getpeername()
            case "client_addr":
                return self._socket.getsockname()
            case _:
                return None


def _length(timeout: float | None) -> float:
    return math.inf if timeout is None else timeout


def _words(error: Exception) -> str:
    # Trio says "broken"; what broke is one link further down.
    return str(error.__cause__ or error) or type(error).__name__
