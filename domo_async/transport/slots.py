"""The default transport: single connections, leased one request at a time."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from typing import Final, Self

import anyio
import httpcore
import httpx

from domo_async.transport.network import ENDS_WHEN_CLOSED, Network, Stream

__all__ = ["SlotTransport"]

_KEEPALIVE_SECONDS: Final = 15.0  # below the idle limit of usual servers, so that they rarely hang up on a reused one
_Core = httpcore.AsyncHTTPConnection | httpcore.AsyncConnectionPool
_CORE_ERRORS: Final = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError)
_AS_HTTPX: Final[dict[type[Exception], type[httpx.TransportError]]] = {
    httpcore.ConnectTimeout: httpx.ConnectTimeout,
    httpcore.ReadTimeout: httpx.ReadTimeout,
    httpcore.WriteTimeout: httpx.WriteTimeout,
    httpcore.PoolTimeout: httpx.PoolTimeout,
    httpcore.ConnectError: httpx.ConnectError,
    httpcore.ReadError: httpx.ReadError,
    httpcore.WriteError: httpx.WriteError,
    httpcore.ProxyError: httpx.ProxyError,
    httpcore.LocalProtocolError: httpx.LocalProtocolError,
    httpcore.RemoteProtocolError: httpx.RemoteProtocolError,
}


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
        self._free_slots: anyio.Semaphore | None = None
        self._idle: list[_Connection] = []
        self._open: set[_Connection] = set()
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request on a connection of its own. Called by httpx."""
        if self._free_slots is None:
            self._free_slots = anyio.Semaphore(self._limit, fast_acquire=True)
        slots = self._free_slots
        try:
            slots.acquire_nowait()
        except anyio.WouldBlock:
            with anyio.move_on_after(request.extensions.get("timeout", {}).get("pool")) as scope:
                await slots.acquire()
            if scope.cancelled_caught:
                raise httpx.PoolTimeout("All connections are busy", request=request) from None
        connection: _Connection | None = None
        try:
            connection = await self._take(request.url)
            answer = await connection.send(request)
        except _CORE_ERRORS as error:
            await self._discard(connection)
            raise _as_httpx(error) from error
        except BaseException:
            await self._discard(connection)
            raise
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer, connection, self),
            extensions={**answer.extensions, ENDS_WHEN_CLOSED: True},
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
        network = Network()
        connection = _Connection(self._connect(origin, network), origin, network)
        self._open.add(connection)
        return connection

    def _connect(self, origin: httpcore.Origin, network: Network) -> _Core:
        if self._proxy is None:
            return httpcore.AsyncHTTPConnection(
                origin,
                ssl_context=self._ssl_context,
                keepalive_expiry=_KEEPALIVE_SECONDS,
                http2=self._http2,
                network_backend=network,
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
                network_backend=network,
            )
        return httpcore.AsyncHTTPProxy(
            through,
            proxy_auth=self._proxy.raw_auth,
            proxy_headers=self._proxy.headers.raw,
            ssl_context=self._ssl_context,
            proxy_ssl_context=self._ssl_context if url.scheme == "https" else None,
            max_connections=1,
            keepalive_expiry=_KEEPALIVE_SECONDS,
            http2=self._http2,
            network_backend=network,
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

    def abandon(self) -> None:
        """Close every connection, though the event loop that they belong to is gone."""
        self._closed = True
        self._idle.clear()
        while self._open:
            self._open.pop().network.abandon()


class _Connection:
    """One leased connection, direct or through a proxy."""

    __slots__ = ("_core", "_direct", "network", "origin")

    def __init__(self, core: _Core, origin: httpcore.Origin, network: Network) -> None:
        self._core = core
        self._direct = core if isinstance(core, httpcore.AsyncHTTPConnection) else None
        self.network: Network = network
        self.origin: httpcore.Origin = origin

    async def send(self, request: httpx.Request) -> httpcore.Response:
        url = request.url
        return await self._core.handle_async_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=_content(request),
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
        await self.network.aclose()


class _Once:
    """One piece of bytes as an asynchronous iterable.

    Not a generator, since a generator that a broken connection stops half-way is left for the garbage collector, and
    trio warns of that.
    """

    __slots__ = ("_pieces",)

    def __init__(self, content: bytes) -> None:
        self._pieces = [content] if content else []

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._pieces:
            raise StopAsyncIteration
        return self._pieces.pop()


def _content(request: httpx.Request) -> _Once | httpx.SyncByteStream | httpx.AsyncByteStream:
    try:
        return _Once(request.content)
    except httpx.RequestNotRead:
        return request.stream


class _Body(httpx.AsyncByteStream, AsyncIterator[bytes]):
    """The body of an answer; closing it gives the connection back."""

    def __init__(self, answer: httpcore.Response, connection: _Connection, transport: SlotTransport) -> None:
        self._answer = answer
        self._chunks: AsyncIterator[bytes] | None = None
        self._connection: _Connection | None = connection
        self._transport = transport
        self._over = False
        self._reading = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._over or self._connection is None:
            raise StopAsyncIteration
        if self._chunks is None:
            self._chunks = aiter(self._answer.stream)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
        self._reading = True
        try:
            return await anext(self._chunks)
        except _CORE_ERRORS as error:
            self._over = True
            raise _as_httpx(error) from error
        except BaseException:
            self._over = True
            raise
        finally:
            self._reading = False

    async def aclose(self) -> None:
        connection = self._connection
        if connection is None:
            return
        try:
            if not self._over and not self._reading:
                await self._read_off()
            await self._answer.aclose()
        finally:
            self._connection = None
            await self._transport.give_back(connection)

    async def _read_off(self) -> None:
        """Bring a body to its end that the caller left half-way, without waiting for any of it.

        httpcore nests generators here, and a generator that is not exhausted is left for the garbage collector. So they
        are run to their end, over what has arrived. If that was all, the connection can even be used again.
        """
        stream = self._answer.extensions.get("network_stream")
        if not isinstance(stream, Stream):
            return
        stream.hung_up = True
        try:
            while True:
                await anext(self)
        except (StopAsyncIteration, httpx.TransportError):
            return
        finally:
            stream.hung_up = False


def _as_httpx(error: Exception) -> httpx.TransportError:
    kind = _AS_HTTPX.get(type(error), httpx.TransportError)
    return kind(str(error))


def _default_port(scheme: bytes) -> int:
    return 443 if scheme == b"https" else 80
