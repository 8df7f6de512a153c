"""What an event loop has to itself: connections, slots, and calls on their way."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Final

import anyio

from domo_async.errors import ClientClosedError

if TYPE_CHECKING:
    import httpx

    from domo_async.http.exchange import Exchange
    from domo_async.http.fair_share import FairShare
    from domo_async.http.limits import ConcurrencyLimit
    from domo_async.http.request import RequestBuilder

__all__ = ["Lane", "closed_error"]

_LONGEST_FAREWELL: Final = 10.0


class Lane:
    """The connections and slots of one event loop; neither can be used from another.

    Args:
        client: Sends the requests.
        builder: Makes them.
        exchange: Makes attempts with these two and a token.
        limit: How many at once.
        share: Turns on the connections, which other clients may use as well.
        transport: What to close at the end; None if it is somebody else's.

    Attributes:
        guests: Lanes of other clients over the same connections.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        builder: RequestBuilder,
        exchange: Exchange,
        limit: ConcurrencyLimit,
        share: FairShare,
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        self.client = client
        self.builder = builder
        self.exchange = exchange
        self.limit = limit
        self.share = share
        self.closed: bool = False
        self.guests: weakref.WeakSet[Lane] = weakref.WeakSet()
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

    def release(self) -> None:
        """Give back what an attempt was admitted with."""
        self.share.give_back()
        self.limit.release()

    async def aclose(self) -> None:
        """Cancel everything that is on its way, wait until it has left, and close the connections."""
        lanes = (self, *self.guests)
        with anyio.CancelScope(shield=True):
            for lane in lanes:
                lane.cancel()
            # What does not leave when it is cancelled, in a transport of the caller's say, is not waited for.
            with anyio.move_on_after(_LONGEST_FAREWELL):
                for lane in lanes:
                    await lane.left()
            if self._transport is not None:
                await self.client.aclose()

    def cancel(self) -> None:
        """Let nothing in any more, and cancel what is on its way."""
        self.closed = True
        for scope in list(self._scopes):
            scope.cancel()

    async def left(self) -> None:
        """Wait until nothing is on its way any more."""
        if self._scopes:
            if self._idle is None:
                self._idle = anyio.Event()
            await self._idle.wait()

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


def closed_error() -> ClientClosedError:
    """The error for calls that meet a closed client."""
    return ClientClosedError("The client is closed", hint="Make calls inside `async with AsyncDomo(...)`")
