"""The life of an access token: when it is used, refreshed, shared and given up. No HTTP in here."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, Never

import anyio
from anyio.lowlevel import current_token

from domo_async.auth.attempts import GRANT_OPERATION, Attempts, Grant, SharedTokens, asked_to_wait
from domo_async.auth.lifetime import Obtained, Token
from domo_async.errors import DomoError

if TYPE_CHECKING:
    from anyio.lowlevel import EventLoopToken

    from domo_async.models import AccessToken

__all__ = ["GRANT_OPERATION", "Grant", "TokenManager"]

logger: logging.Logger = logging.getLogger(__name__)

_AHEAD_BACKOFF: Final = 5.0
_REFUSAL_MEMORY: Final = 5.0
_PROBATION: Final = 60.0
_FLIGHT_OVERDUE: Final = 120.0
_LONGEST_MEMORY: Final = 60.0


class _Flight:
    """One grant on its way. Waiters wait for its event, not for the leader's task: no cancellation is shared."""

    __slots__ = ("done", "outcome", "started_at")

    def __init__(self, started_at: float) -> None:
        self.done = anyio.Event()
        self.started_at = started_at
        self.outcome: Token | DomoError | None = None  # None after `done`: begin again


class TokenManager:
    """Hands out a valid token to any number of tasks, loops and threads, with as few grants as possible.

    A token is in one of four states:

    *fresh* (until ``stale_at``): handed out without a lock and without an await.

    *stale* (until ``expires_at``): the first caller refreshes, inline, and pays one round trip; everybody else goes on
    with the old token and notices nothing. If that refresh fails it is logged, not raised, and tried again after a few
    seconds: an endpoint that is down for minutes is survived as long as the token lives.

    *missing* (none yet, expired, or refused by the API): the first caller of the event loop leads, the others wait for
    its outcome and share it. On failure each waiter raises a copy of its own. Transient failures are retried inside
    the flight until ``deadline``; refusals that no retry cures are remembered for a few seconds, so that a queue of
    1,000 calls makes one request and not 1,000. A leader that is cancelled hands over to one of the waiters; a waiter
    that is cancelled disturbs nobody.

    *refused*: a call reports the token it used; only that generation is dropped, once, however many calls report it. A
    token that ended while the call was on its way, by our own clock, was not refused but late, and says nothing about
    its successor.

    Lifetimes count from before the request was sent, on a monotonic clock, so they are under-estimated and never over.
    State is guarded by a mutex that is never held across an await.

    Where several processes share tokens, all of the above holds within each. A flight then looks for a token of the
    others before it asks for one, and never takes the one again that it is to replace; a refresh ahead is left to
    whichever process came first.

    Args:
        grant: Makes one token request.
        shared: Tokens of other processes, None if this one is alone.
        deadline: Seconds that one flight may take, retries included.
        clock: Monotonic seconds.
        sleep: Waits between retries of a flight.
        spread: Uniform numbers in 0..1, so that a fleet that started together does not refresh together.
    """

    def __init__(
        self,
        grant: Grant,
        *,
        shared: SharedTokens | None = None,
        deadline: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        spread: Callable[[], float] = random.random,
    ) -> None:
        self._attempts = Attempts(grant, shared, deadline=deadline, clock=clock, sleep=sleep, spread=spread)
        self._clock = clock
        self._spread = spread
        self._mutex = threading.Lock()
        self._token: Token | None = None
        self._last: AccessToken | None = None
        self._generation = 0
        self._grants = 0
        self._flights: dict[EventLoopToken, _Flight] = {}
        self._no_refresh_before = float("-inf")
        self._refusal: DomoError | None = None
        self._refusal_until = float("-inf")
        self._on_trial = False

    @property
    def grants(self) -> int:
        """How many tokens this process was granted so far."""
        return self._grants

    async def get(self, *, min_remaining: float = 0.0) -> Token:
        """A token that the server should still accept.

        Args:
            min_remaining: Seconds of life that it must have left at least, for work that cannot be interrupted. Capped
                at half of what tokens live, since more is not to be had.

        Raises:
            AuthenticationError: The token endpoint refused the credentials or the scopes.
            CallError: The token endpoint could not be reached in time.
        """
        token = self._token
        if token is not None and self._clock() + min_remaining < token.stale_at:
            return token
        return await self._get_slowly(min_remaining)

    async def _get_slowly(self, min_remaining: float) -> Token:
        loop = current_token()
        while True:
            with self._mutex:
                now = self._clock()
                token = self._token
                if token is not None:
                    reserve = min(min_remaining, token.lifetime / 2)
                    usable = now + reserve < token.expires_at
                    if usable and (now + reserve < token.stale_at or now < self._no_refresh_before):
                        return token
                    if usable and self._refresh_under_way(now):
                        return token
                else:
                    usable = False
                if not usable and self._refusal is not None and now < self._refusal_until:
                    raise self._refusal.fresh()
                flight = self._flights.get(loop)
                leading = flight is None
                if flight is None:
                    flight = self._flights[loop] = _Flight(now)
            if leading:
                led = await self._lead(flight, loop, token if usable else None)
                if led is None:
                    continue
                return led
            await flight.done.wait()
            match flight.outcome:
                case Token() as fresh:
                    return fresh
                case None:
                    continue  # the leader was cancelled, or came too late: whoever is first takes over
                case failure:
                    raise failure.fresh()

    def _refresh_under_way(self, now: float) -> bool:
        # A flight of a loop that died mid-way stays in the table and must not hold off refreshes for ever.
        return any(now - flight.started_at < _FLIGHT_OVERDUE for flight in self._flights.values())

    async def _lead(self, flight: _Flight, loop: EventLoopToken, fallback: Token | None) -> Token | None:
        """Carry the flight out.

        Returns:
            The token to use; None if one attempt ahead of time failed and the old token ended meanwhile, so that what
            is needed now is a flight with all its retries.
        """
        try:
            if fallback is None:
                obtained = await self._attempts.until_deadline(self._last)
            elif (found := await self._attempts.ahead(fallback.granted)) is None:
                return self._leave_it(flight, fallback)
            else:
                obtained = found
            flight.outcome = token = self._admit(obtained)
        except DomoError as error:
            flight.outcome = error
            self._remember(error, had_fallback=fallback is not None)
            if fallback is not None and self._clock() < fallback.expires_at:
                logger.warning("Refreshing the token ahead of time failed, the current one is still valid: %s", error)
                flight.outcome = fallback
                return fallback
            if fallback is not None and error.retryable:
                flight.outcome = None
                return None
            raise
        except Exception as error:
            # A defect in a credentials provider, say: shared as well, or each waiter would run into it in turn.
            flight.outcome = DomoError(f"The token request failed: {type(error).__name__}")
            raise
        else:
            return token
        finally:
            with self._mutex:
                if self._flights.get(loop) is flight:
                    del self._flights[loop]
            flight.done.set()

    def _leave_it(self, flight: _Flight, fallback: Token) -> Token | None:
        """Go on with the old token, since another process is getting the next one: ask for it in a few seconds."""
        with self._mutex:
            now = self._clock()
            self._no_refresh_before = now + _AHEAD_BACKOFF
        flight.outcome = fallback if now < fallback.expires_at else None
        return flight.outcome

    def _admit(self, obtained: Obtained) -> Token:
        with self._mutex:
            self._generation += 1
            self._grants += not obtained.adopted
            token = self._token = Token.born(obtained, generation=self._generation, spread=self._spread())
            self._last = obtained.granted
            self._refusal = None
        logger.debug("Token %s for %.0f s", "shared" if obtained.adopted else "granted", token.lifetime)
        return token

    def _remember(self, error: DomoError, *, had_fallback: bool) -> None:
        with self._mutex:
            if had_fallback:
                self._no_refresh_before = self._clock() + _AHEAD_BACKOFF
            memory = min(asked_to_wait(error), _LONGEST_MEMORY) if error.retryable else _REFUSAL_MEMORY
            if memory > 0:
                self._refusal = error.fresh()  # without the traceback, whose frames would live as long as the memory
                self._refusal_until = self._clock() + memory

    def accept(self, token: Token) -> None:
        """Note that the API answered a call made with `token`."""
        token.accepted = True
        with self._mutex:
            self._on_trial = False

    def refuse(self, token: Token) -> bool:
        """Note that the API refused `token`.

        Returns:
            Whether one replay with a new token makes sense. It does not when a young token was never accepted and
            stands in for one that was refused: two in a row mean that the account is disabled or the address is wrong,
            and a third would be refused as well. One that another process was granted may have been refused everywhere
            by now, so it always is replaced.
        """
        with self._mutex:
            current = self._token
            if current is None or current.generation != token.generation:
                return True
            if self.has_expired(token):
                self._token = None
                return True
            young = self._clock() - token.granted_at < _PROBATION
            untried = not token.accepted and not token.adopted
            if untried and young and self._on_trial:
                return False
            self._on_trial = True
            self._token = None
            return True

    def has_expired(self, token: Token) -> bool:
        """Whether the life of `token` is over by our own clock."""
        return self._clock() >= token.expires_at

    def __repr__(self) -> str:
        return f"<TokenManager grants={self._grants}>"

    def __reduce__(self) -> Never:
        raise TypeError("a TokenManager holds live tokens and does not pickle; ship settings and build one per process")
