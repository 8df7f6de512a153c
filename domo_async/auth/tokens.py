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

from domo_async.auth.lifetime import Token
from domo_async.errors import CallError, CallTimeoutError, DomoError, StatusError

if TYPE_CHECKING:
    from anyio.lowlevel import EventLoopToken

    from domo_async.models import AccessToken

__all__ = ["GRANT_OPERATION", "Grant", "TokenManager"]

logger = logging.getLogger(__name__)

Grant = Callable[[], Awaitable["AccessToken"]]
"""One token request: returns what the endpoint granted or raises a `DomoError`."""

GRANT_OPERATION: Final = "oauth.token"
"""Name of the token request in errors. A call that failed with it was never sent."""

_AHEAD_BACKOFF: Final = 5.0
_REFUSAL_MEMORY: Final = 5.0
_PROBATION: Final = 60.0
_FLIGHT_OVERDUE: Final = 120.0
_LONGEST_MEMORY: Final = 60.0
_RETRY_BASE: Final = 0.25
_RETRY_CAP: Final = 5.0


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

    Args:
        grant: Makes one token request.
        deadline: Seconds that one flight may take, retries included.
        clock: Monotonic seconds.
        sleep: Waits between retries of a flight.
        spread: Uniform numbers in 0..1, so that a fleet that started together does not refresh together.
    """

    def __init__(
        self,
        grant: Grant,
        *,
        deadline: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        spread: Callable[[], float] = random.random,
    ) -> None:
        self._grant = grant
        self._deadline = deadline
        self._clock = clock
        self._sleep = sleep
        self._spread = spread
        self._mutex = threading.Lock()
        self._token: Token | None = None
        self._generation = 0
        self._flights: dict[EventLoopToken, _Flight] = {}
        self._no_refresh_before = float("-inf")
        self._refusal: DomoError | None = None
        self._refusal_until = float("-inf")
        self._proven = False
        self._on_trial = False

    @property
    def grants(self) -> int:
        """How many tokens were granted so far."""
        return self._generation

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
            granted_at, granted = await (self._attempt() if fallback is not None else self._attempt_until_deadline())
            flight.outcome = token = self._admit(granted, granted_at)
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

    async def _attempt(self) -> tuple[float, AccessToken]:
        asked_at = self._clock()
        return asked_at, await self._grant()

    async def _attempt_until_deadline(self) -> tuple[float, AccessToken]:
        started = self._clock()
        attempts = 0
        failure: DomoError | None = None
        with anyio.move_on_after(self._deadline):
            while True:
                attempts += 1
                try:
                    return await self._attempt()
                except DomoError as error:
                    failure = error
                elapsed = self._clock() - started
                if isinstance(failure, CallError):
                    failure.attempts, failure.elapsed = attempts, elapsed
                wait = self._spread() * min(_RETRY_CAP, _RETRY_BASE * 2**attempts)
                wait = max(wait, _asked_to_wait(failure))
                if not failure.retryable or elapsed + wait > self._deadline:
                    raise failure
                logger.info("The token request failed, trying again in %.2f s: %s", wait, failure)
                await self._sleep(wait)
        if failure is None:
            failure = CallTimeoutError(
                f"The token endpoint did not answer within {self._deadline:g} s",
                phase="deadline",
                operation=GRANT_OPERATION,
            )
        if isinstance(failure, CallError):
            failure.attempts, failure.elapsed = attempts, self._clock() - started
        raise failure

    def _admit(self, granted: AccessToken, granted_at: float) -> Token:
        with self._mutex:
            self._generation += 1
            token = self._token = Token.born(granted, generation=self._generation, at=granted_at, spread=self._spread())
            self._refusal = None
        logger.debug("Token granted for %.0f s", token.lifetime)
        return token

    def _remember(self, error: DomoError, *, had_fallback: bool) -> None:
        with self._mutex:
            if had_fallback:
                self._no_refresh_before = self._clock() + _AHEAD_BACKOFF
            memory = min(_asked_to_wait(error), _LONGEST_MEMORY) if error.retryable else _REFUSAL_MEMORY
            if memory > 0:
                self._refusal = error.fresh()  # without the traceback, whose frames would live as long as the memory
                self._refusal_until = self._clock() + memory

    def accept(self, token: Token) -> None:
        """Note that the API answered a call made with `token`."""
        token.accepted = True
        with self._mutex:
            self._proven = True
            self._on_trial = False

    def refuse(self, token: Token) -> bool:
        """Note that the API refused `token`.

        Returns:
            Whether one replay with a new token makes sense. It does not when a young token was never accepted and is
            itself the first one, or stands in for one that was refused: then the account is disabled or the address is
            wrong, and a new token would be refused as well.
        """
        with self._mutex:
            current = self._token
            if current is None or current.generation != token.generation:
                return True
            if self.has_expired(token):
                self._token = None
                return True
            young = self._clock() - token.granted_at < _PROBATION
            if not token.accepted and young and (self._on_trial or not self._proven):
                return False
            self._on_trial = True
            self._token = None
            return True

    def has_expired(self, token: Token) -> bool:
        """Whether the life of `token` is over by our own clock."""
        return self._clock() >= token.expires_at

    def __repr__(self) -> str:
        return f"<TokenManager grants={self._generation}>"

    def __reduce__(self) -> Never:
        raise TypeError("a TokenManager holds live tokens and does not pickle; ship settings and build one per process")


def _asked_to_wait(error: DomoError) -> float:
    return (error.retry_after or 0.0) if isinstance(error, StatusError) else 0.0
