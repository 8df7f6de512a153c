"""What all calls of a client share: connections, limits, the token, and the end of it all."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from http.cookiejar import CookieJar
from types import TracebackType
from typing import TYPE_CHECKING, Final, Never

import anyio
import httpx
from anyio.lowlevel import current_token

from domo_async.errors import ClientClosedError
from domo_async.http.exchange import Exchange
from domo_async.http.limits import Bounds, ConcurrencyLimit, Pause, RateLimit, check_bounds
from domo_async.http.request import RequestBuilder
from domo_async.http.retries import RetryBudget
from domo_async.http.stats import Counters, Stats
from domo_async.transport.choice import TransportChoice, make_transport

if TYPE_CHECKING:
    from anyio.lowlevel import EventLoopToken

    from domo_async.auth.domo_auth import DomoAuth
    from domo_async.transport.connection import ConnectionOptions
    from domo_async.transport.origin import Origin

__all__ = ["Engine", "Lane"]

logger = logging.getLogger(__name__)

_LONGEST_FAREWELL: Final = 10.0


class Lane:
    """The connections and slots of one event loop; neither can be used from another.

    Args:
        client: Sends the requests.
        exchange: Makes attempts through it.
        limit: How many at once.
        transport: What to close at the end; None if it is the caller's.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        exchange: Exchange,
        limit: ConcurrencyLimit,
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        self.client = client
        self.exchange = exchange
        self.limit = limit
        self.closed = False
        self._transport = transport
        self._scopes: set[anyio.CancelScope] = set()
        self._idle: anyio.Event | None = None

    def cancellable(self, scope: anyio.CancelScope) -> AbstractContextManager[None, bool]:
        """Enter a scope, and let the closing of the client cancel it."""
        return _Cancellable(self, scope)

    def enter(self, scope: anyio.CancelScope) -> None:
        """Note a scope that the closing of the client has to cancel."""
        if self.closed:
            raise closed_error()
        self._scopes.add(scope)

    def leave(self, scope: anyio.CancelScope) -> None:
        """Note that a scope is over."""
        self._scopes.discard(scope)
        if self._idle is not None and not self._scopes:
            self._idle.set()

    @staticmethod
    def closed_error() -> ClientClosedError:
        """The error for calls that meet a closed client."""
        return closed_error()

    async def aclose(self) -> None:
        """Cancel everything that is on its way, wait until it has left, and close the connections."""
        self.closed = True
        with anyio.CancelScope(shield=True):
            for scope in list(self._scopes):
                scope.cancel()
            if self._scopes:
                self._idle = anyio.Event()
                # What does not leave when it is cancelled, in a transport of the caller's say, is not waited for.
                with anyio.move_on_after(_LONGEST_FAREWELL):
                    await self._idle.wait()
            if self._transport is not None:
                await self.client.aclose()

    def abandon(self) -> None:
        """Close the connections of an event loop that is gone."""
        self.closed = True
        let_go: Callable[[], None] | None = getattr(self._transport, "abandon", None)
        if let_go is not None:
            let_go()


class _Cancellable(AbstractContextManager[None, bool]):
    __slots__ = ("_lane", "_scope")

    def __init__(self, lane: Lane, scope: anyio.CancelScope) -> None:
        self._lane = lane
        self._scope = scope

    def __enter__(self) -> None:
        self._lane.enter(self._scope)
        self._scope.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        self._lane.leave(self._scope)
        return bool(self._scope.__exit__(kind, error, traceback))


class Engine:
    """Owns what is expensive, and hands each event loop a lane of its own.

    The token, the pause after a 429, the retry budget and the counters are shared by all loops and threads.

    Args:
        origin: Where the API is.
        auth: Adds the token.
        connection: TLS and proxies.
        transport: Which transport to build; see `TransportChoice`.
        http_client: A client of the caller's own, used instead and never closed here.
        concurrency: Bounds of the number of requests at once, per event loop.
        requests_per_second: Rate limit, None for none.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        *,
        origin: Origin,
        auth: DomoAuth,
        connection: ConnectionOptions,
        transport: TransportChoice,
        http_client: httpx.AsyncClient | None = None,
        concurrency: Bounds = 32,
        requests_per_second: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        check_bounds(concurrency)
        self.origin = origin
        self.auth = auth
        self.clock = clock
        self.pause = Pause(clock=clock)
        self.budget = RetryBudget(clock=clock)
        self.rate = RateLimit(requests_per_second, clock=clock) if requests_per_second is not None else None
        self.counters = Counters()
        self.closed = False
        self._connection = connection
        self._transport: TransportChoice = transport
        self._http_client = http_client
        self._concurrency = concurrency
        self._lanes: dict[EventLoopToken, Lane] = {}

    def lane(self) -> Lane:
        """The lane of the running event loop, built on first use.

        Raises:
            ClientClosedError: The client was closed.
        """
        if self.closed:
            raise closed_error()
        loop = current_token()
        lane = self._lanes.get(loop)
        if lane is None:
            self._prune()
            lane = self._lanes[loop] = self._build_lane()
        return lane

    def _prune(self) -> None:
        """Let go of the connections of event loops that are over: `asyncio.run` makes a new loop each time."""
        for loop in list(self._lanes):
            if _is_over(loop) and (lane := self._lanes.pop(loop, None)) is not None:
                lane.abandon()

    def _build_lane(self) -> Lane:
        limit = ConcurrencyLimit(self._concurrency, clock=self.clock)
        client, owned = self._http_client, None
        if client is None:
            # A transport that the caller passed is used, and is his to close.
            choice = self._transport
            transport = make_transport(choice, slots=limit.highest, origin=self.origin, connection=self._connection)
            client = httpx.AsyncClient(transport=transport, trust_env=False, cookies=_NoCookies())
            owned = transport if isinstance(choice, str) else None
        else:
            logger.info("Calls to %s go through a client of the caller", self.origin)
        builder = RequestBuilder(str(self.origin), self._http_client)
        return Lane(client, Exchange(client, auth=self.auth, builder=builder), limit, owned)

    def stats(self) -> Stats:
        """A snapshot; numbers of this event loop where they belong to one, of none if none is running."""
        try:
            lane = self._lanes.get(current_token())
        except anyio.NoEventLoopError:
            lane = None
        return Stats(
            calls=self.counters.calls,
            retries=self.counters.retries,
            failures=self.counters.failures,
            grants=self.auth.grants,
            in_flight=lane.limit.in_flight if lane is not None else 0,
            waiting=lane.limit.waiting if lane is not None else 0,
            limit=lane.limit.limit if lane is not None else check_bounds(self._concurrency)[1],
            paused_for=max(0.0, self.pause.remaining()),
        )

    async def aclose(self) -> None:
        """End all calls of this event loop with `ClientClosedError` and close the connections. Idempotent.

        Connections that belong to other event loops cannot be closed from here; close the client where it was used.
        """
        self.closed = True
        lane = self._lanes.pop(current_token(), None)
        self._prune()
        if lane is not None:
            await lane.aclose()

    def __reduce__(self) -> Never:
        raise TypeError("a live client does not pickle; ship its settings and build one in each process")


class _NoCookies(CookieJar):
    """Keeps nothing: the token says who we are, and looking for cookies in each answer takes its time."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Leave the cookies of an answer alone."""


def closed_error() -> ClientClosedError:
    """The error for calls that meet a closed client."""
    return ClientClosedError("The client is closed", hint="Make calls inside `async with AsyncDomo(...)`")


def _is_over(loop: EventLoopToken) -> bool:
    """Whether an event loop has ended, so that nothing can be closed in it any more."""
    native = loop.native_token
    if isinstance(native, asyncio.AbstractEventLoop):
        return native.is_closed()
    if "trio" in sys.modules:
        import trio

        if isinstance(native, trio.lowlevel.TrioToken):
            try:
                native.run_sync_soon(_nothing, idempotent=True)
            except trio.RunFinishedError:
                return True
    return False


def _nothing() -> None:
    """Is run by a trio loop that is still there."""
