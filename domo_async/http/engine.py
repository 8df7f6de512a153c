"""What all calls of a client share: connections, limits, the token, and the end of it all."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Never

import anyio
import httpx
from anyio.lowlevel import current_token

from domo_async.http.exchange import Exchange
from domo_async.http.fair_share import FairShare
from domo_async.http.lane import Lane, closed_error
from domo_async.http.limits import Bounds, ConcurrencyLimit, Pause, RateLimit, check_bounds
from domo_async.http.request import RequestBuilder
from domo_async.http.retries import RetryBudget
from domo_async.http.stats import Counters, Stats
from domo_async.transport.choice import TransportChoice, make_transport

if TYPE_CHECKING:
    from anyio.lowlevel import EventLoopToken

    from domo_async.auth.domo_auth import DomoAuth
    from domo_async.observing.watching import Watcher
    from domo_async.transport.connection import ConnectionOptions
    from domo_async.transport.origin import Origin

__all__ = ["Engine"]

logger: logging.Logger = logging.getLogger(__name__)


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
        host: The engine whose connections are used instead of own ones.
        watcher: Who wants to know of each call; None for nobody.
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
        host: Engine | None = None,
        watcher: Watcher | None = None,
    ) -> None:
        check_bounds(concurrency)
        self.origin = origin
        self.auth = auth
        self.clock = clock
        self.watcher = watcher
        self.pause: Pause = Pause(clock=clock)
        self.budget: RetryBudget = RetryBudget(clock=clock)
        self.rate: RateLimit | None = (
            RateLimit(requests_per_second, clock=clock) if requests_per_second is not None else None
        )
        self.counters: Counters = Counters()
        self._closed = False
        self._host = host
        self._connection = connection
        self._transport: TransportChoice = transport
        self._http_client = http_client
        self._concurrency = concurrency
        self._lanes: dict[EventLoopToken, Lane] = {}

    @property
    def closed(self) -> bool:
        """Whether no calls are made any more."""
        return self._closed or (self._host is not None and self._host.closed)

    def for_client(
        self, auth: DomoAuth, *, concurrency: Bounds | None = None, requests_per_second: float | None = None
    ) -> Engine:
        """An engine for other credentials over the same connections.

        Pauses, limits, retry budget and counters are its own. This one does not keep it: it goes when nobody uses it.

        Args:
            auth: Adds the token.
            concurrency: Bounds of the number of requests at once, per event loop. Default: at most a quarter of the
                connections, so that answers which take their time leave some for the others.
            requests_per_second: Rate limit, None for none.
        """
        if self._host is not None:
            return self._host.for_client(auth, concurrency=concurrency, requests_per_second=requests_per_second)
        return Engine(
            origin=self.origin,
            auth=auth,
            connection=self._connection,
            transport=self._transport,
            http_client=self._http_client,
            concurrency=concurrency or max(1, check_bounds(self._concurrency)[1] // 4),
            requests_per_second=requests_per_second,
            clock=self.clock,
            host=self,
            watcher=self.watcher,
        )

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
        if self._host is not None:
            return self._build_guest(self._host.lane(), limit)
        client, owned = self._http_client, None
        if client is None:
            # A transport that the caller passed is used, and is his to close.
            choice = self._transport
            transport = make_transport(choice, slots=limit.highest, origin=self.origin, connection=self._connection)
            client = _PlainClient(transport=transport, trust_env=False)
            owned = transport if isinstance(choice, str) else None
        else:
            logger.info("Calls to %s go through a client of the caller", self.origin)
        builder = RequestBuilder(str(self.origin), self._http_client)
        exchange = Exchange(client, auth=self.auth, builder=builder)
        return Lane(client, builder, exchange, limit, FairShare(limit.highest), owned)

    def _build_guest(self, host: Lane, limit: ConcurrencyLimit) -> Lane:
        exchange = Exchange(host.client, auth=self.auth, builder=host.builder)
        guest = Lane(host.client, host.builder, exchange, limit, host.share, None)
        host.guests.add(guest)
        return guest

    def stats(self) -> Stats:
        """A snapshot; numbers of this event loop where they belong to one, of none if none is running."""
        try:
            lane = self._lanes.get(current_token())
        except anyio.NoEventLoopError:
            lane = None
        queued = lane.share.waiting(lane) if lane is not None else 0
        return Stats(
            calls=self.counters.calls,
            retries=self.counters.retries,
            failures=self.counters.failures,
            grants=self.auth.grants,
            in_flight=lane.limit.in_flight - queued if lane is not None else 0,
            waiting=lane.limit.waiting + queued if lane is not None else 0,
            limit=lane.limit.limit if lane is not None else check_bounds(self._concurrency)[1],
            paused_for=max(0.0, self.pause.remaining()),
        )

    async def aclose(self) -> None:
        """End all calls of this event loop with `ClientClosedError` and close the connections. Idempotent.

        The calls of engines that use these connections end as well. Connections of another engine stay open.

        Connections that belong to other event loops cannot be closed from here; close the client where it was used.
        """
        self._closed = True
        lane = self._lanes.pop(current_token(), None)
        self._prune()
        if lane is not None:
            await lane.aclose()

    def __reduce__(self) -> Never:
        raise TypeError("a live client does not pickle; ship its settings and build one in each process")


class _NoCookies(httpx.Cookies):
    """Keeps nothing."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Leave the cookies of an answer alone."""


class _PlainClient(httpx.AsyncClient):
    """A client without cookies: the token says who we are, and looking for them takes a twentieth of a call's time."""

    @property
    def cookies(self) -> httpx.Cookies:
        return _NO_COOKIES

    @cookies.setter
    def cookies(self, cookies: object) -> Never:
        raise TypeError("this client has no cookies")


_NO_COOKIES: Final = _NoCookies()


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
