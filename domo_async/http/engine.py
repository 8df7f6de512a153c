"""What all calls of a client share: connections, limits, the token, and the end of it all."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Never

import anyio
import httpx
from anyio.lowlevel import current_token

from domo_async.errors import ClientClosedError
from domo_async.http.exchange import Exchange
from domo_async.http.limits import Bounds, ConcurrencyLimit, Pause, RateLimit, check_bounds
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


class Lane:
    """The connections and slots of one event loop; neither can be used from another."""

    def __init__(self, client: httpx.AsyncClient, exchange: Exchange, limit: ConcurrencyLimit, *, owned: bool) -> None:
        self.client = client
        self.exchange = exchange
        self.limit = limit
        self.owned = owned
        self.scopes: set[anyio.CancelScope] = set()
        self.idle: anyio.Event | None = None

    @contextmanager
    def cancellable(self, scope: anyio.CancelScope) -> Generator[None]:
        """Let the closing of the client end what runs in `scope`."""
        self.scopes.add(scope)
        try:
            yield
        finally:
            self.scopes.discard(scope)
            if self.idle is not None and not self.scopes:
                self.idle.set()


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
            lane = self._lanes[loop] = self._build_lane()
        return lane

    def _build_lane(self) -> Lane:
        limit = ConcurrencyLimit(self._concurrency, clock=self.clock)
        client, owned = self._http_client, False
        if client is None:
            # A transport that the caller passed is used, and is his to close.
            choice = self._transport
            lent = not isinstance(choice, str)
            transport = make_transport(choice, slots=limit.highest, origin=self.origin, connection=self._connection)
            client, owned = httpx.AsyncClient(transport=transport, trust_env=False), not lent
        else:
            logger.info("Calls to %s go through a client of the caller", self.origin)
        return Lane(client, Exchange(client, auth=self.auth, base_url=str(self.origin)), limit, owned=owned)

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
        if lane is None:
            return
        with anyio.CancelScope(shield=True):
            for scope in list(lane.scopes):
                scope.cancel()
            if lane.scopes:
                lane.idle = anyio.Event()
                await lane.idle.wait()
            if lane.owned:
                await lane.client.aclose()

    def __reduce__(self) -> Never:
        raise TypeError("a live client does not pickle; ship its settings and build one in each process")


def closed_error() -> ClientClosedError:
    """The error for calls that meet a closed client."""
    return ClientClosedError("The client is closed", hint="Make calls inside `async with AsyncDomo(...)`")
