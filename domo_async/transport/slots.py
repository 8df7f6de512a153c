"""The default transport: single connections, leased one request at a time."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Generator, Iterable
from contextlib import contextmanager
from typing import Final, cast

import anyio
import httpcore
import httpx

__all__ = ["SlotTransport"]

_READ_SIZE: Final = 256 * 1024
_KEEPALIVE_SECONDS: Final = 15.0  # below the idle limit of usual servers, so that they rarely hang up on a reused one
_Core = httpcore.AsyncHTTPConnection | httpcore.AsyncConnectionPool
_SAME_NAME: Final = (
    (httpcore.ConnectTimeout, httpx.ConnectTimeout),
    (httpcore.ReadTimeout, httpx.ReadTimeout),
    (httpcore.WriteTimeout, httpx.WriteTimeout),
    (httpcore.PoolTimeout, httpx.PoolTimeout),
    (httpcore.ConnectError, httpx.ConnectError),
    (httpcore.ReadError, httpx.ReadError),
    (httpcore.WriteError, httpx.WriteError),
    (httpcore.ProxyError, httpx.ProxyError),
    (httpcore.UnsupportedProtocol, httpx.UnsupportedProtocol),
    (httpcore.LocalProtocolError, httpx.LocalProtocolError),
    (httpcore.RemoteProtocolError, httpx.RemoteProtocolError),
    (httpcore.ProtocolError, httpx.ProtocolError),
    (httpcore.NetworkError, httpx.NetworkError),
    (httpcore.TimeoutException, httpx.TimeoutException),
)
_CORE_ERRORS: Final = tuple(core for core, _ in _SAME_NAME)


@contextmanager
def _httpx_errors() -> Generator[None]:
    try:
        yield
    except _CORE_ERRORS as error:
        for core, ours in _SAME_NAME:
            if isinstance(error, core):
                raise ours(str(error)) from error
        raise


class SlotTransport(httpx.AsyncBaseTransport):
    """An httpx transport that leases single connections instead of sharing a pool.

    The pool of httpcore 1.0 looks at every connection for every request, never forgives a request that was cancelled
    while it opened a connection, and counts busy connections against the keep-alive limit. Here a request takes the
    connection that was used last, or opens one; nothing is searched and nothing is queued but the requests beyond the
    limit, which are served in the order they came. A connection goes back only after its answer was read to the end;
    whatever else happened to it, it is closed and forgotten.

    An instance belongs to the event loop it was first used in.

    Args:
        slots: How many connections there may be at most, and so how many exchanges at once.
        ssl_context: Trusted authorities, None if only http is spoken.
        proxy: URL of the proxy to use, None for direct connections.
        http2: Offer HTTP/2. It runs one exchange at a time per connection here, so it gains little.
    """

    def __init__(
        self,
        *,
        slots: int,
        ssl_context: ssl.SSLContext | None = None,
        proxy: str | None = None,
        http2: bool = False,
    ) -> None:
        self._limit = slots
        self._ssl_context = ssl_context
        self._proxy = httpx.Proxy(proxy) if proxy is not None else None
        self._http2 = http2
        self._backend = _LargeReads()
        self._free_slots: anyio.Semaphore | None = None
        self._idle: list[_Connection] = []
        self._open: set[_Connection] = set()
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request on a connection of its own. Called by httpx."""
        if self._free_slots is None:
            self._free_slots = anyio.Semaphore(self._limit, fast_acquire=True)
        slots = self._free_slots
        patience = request.extensions.get("timeout", {}).get("pool")
        try:
            slots.acquire_nowait()
        except anyio.WouldBlock:
            with anyio.move_on_after(patience) as scope:
                await slots.acquire()
            if scope.cancelled_caught:
                raise httpx.PoolTimeout("All connections are busy", request=request) from None
        connection: _Connection | None = None
        try:
            connection = await self._take(request.url)
            with _httpx_errors():
                answer = await connection.send(request)
        except BaseException:
            await self._discard(connection)
            raise
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer, connection, self),
            extensions=answer.extensions,
        )

    async def _take(self, url: httpx.URL) -> _Connection:
        if self._closed:
            raise httpx.ConnectError("The transport is closed")
        origin = httpcore.Origin(url.raw_scheme, url.raw_host, url.port or _default_port(url.raw_scheme))
        while self._idle:
            connection = self._idle.pop()
            if connection.origin == origin and connection.is_ready():
                return connection
            self._open.discard(connection)
            await connection.aclose()
        connection = _Connection(self._connect(origin), origin)
        self._open.add(connection)
        return connection

    def _connect(self, origin: httpcore.Origin) -> _Core:
        if self._proxy is None:
            return httpcore.AsyncHTTPConnection(
                origin,
                ssl_context=self._ssl_context,
                keepalive_expiry=_KEEPALIVE_SECONDS,
                http2=self._http2,
                network_backend=self._backend,
            )
        # A tunnel is a connection within a connection, which httpcore builds in its pool classes only.
        url = self._proxy.url
        through = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        if url.scheme in {"socks5", "socks5h"}:
            return httpcore.AsyncSOCKSProxy(
                through,
                proxy_auth=self._proxy.raw_auth,
                ssl_context=self._ssl_context,
                max_connections=1,
                keepalive_expiry=_KEEPALIVE_SECONDS,
                http2=self._http2,
                network_backend=self._backend,
            )
        return httpcore.AsyncHTTPProxy(
            through,
            proxy_auth=self._proxy.raw_auth,
            proxy_headers=self._proxy.headers.raw,
            ssl_context=self._ssl_context,
            max_connections=1,
            keepalive_expiry=_KEEPALIVE_SECONDS,
            http2=self._http2,
            network_backend=self._backend,
        )

    async def give_back(self, connection: _Connection) -> None:
        """Take a connection back whose answer was closed."""
        if connection.is_reusable() and not self._closed:
            self._idle.append(connection)
            self._release_slot()
        else:
            await self._discard(connection)

    async def _discard(self, connection: _Connection | None) -> None:
        try:
            if connection is not None:
                self._open.discard(connection)
                with anyio.CancelScope(shield=True):
                    await connection.aclose()
        finally:
            self._release_slot()

    def _release_slot(self) -> None:
        if self._free_slots is not None:
            self._free_slots.release()

    async def aclose(self) -> None:
        """Close every connection; exchanges on their way fail."""
        self._closed = True
        self._idle.clear()
        with anyio.CancelScope(shield=True):
            while self._open:
                await self._open.pop().aclose()


class _Connection:
    """One leased connection, direct or through a proxy."""

    __slots__ = ("_core", "_direct", "origin")

    def __init__(self, core: _Core, origin: httpcore.Origin) -> None:
        self._core = core
        self._direct = core if isinstance(core, httpcore.AsyncHTTPConnection) else None
        self.origin = origin

    async def send(self, request: httpx.Request) -> httpcore.Response:
        url = request.url
        return await self._core.handle_async_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )

    def is_reusable(self) -> bool:
        """Whether the exchange left the connection in a state for another one."""
        return self._direct is None or self._direct.is_idle()

    def is_ready(self) -> bool:
        """Whether it is still good after a while of idleness: the server may have hung up meanwhile."""
        return self._direct is None or not self._direct.has_expired()

    async def aclose(self) -> None:
        await self._core.aclose()


class _Body(httpx.AsyncByteStream):
    """The body of an answer; closing it gives the connection back."""

    def __init__(self, answer: httpcore.Response, connection: _Connection, transport: SlotTransport) -> None:
        self._answer = answer
        self._connection: _Connection | None = connection
        self._transport = transport

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _httpx_errors():
            async for chunk in self._answer.aiter_stream():
                yield chunk

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            await self._answer.aclose()
        finally:
            await self._transport.give_back(connection)


def _default_port(scheme: bytes) -> int:
    return 443 if scheme == b"https" else 80


class _LargeReads(httpcore.AsyncNetworkBackend):
    """Reads sockets in pieces of 256 KiB instead of httpcore's 64: a third less time for a large export."""

    def __init__(self) -> None:
        # httpcore declares a stand-in for this class where anyio is missing; here it never is.
        self._inner = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        return _LargeReadStream(
            await self._inner.connect_tcp(
                host, port, timeout=timeout, local_address=local_address, socket_options=socket_options
            )
        )

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        return _LargeReadStream(
            await self._inner.connect_unix_socket(path, timeout=timeout, socket_options=socket_options)
        )

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)


class _LargeReadStream(httpcore.AsyncNetworkStream):
    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._inner.read(max(max_bytes, _READ_SIZE), timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return _LargeReadStream(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)
