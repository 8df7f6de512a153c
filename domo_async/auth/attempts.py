"""Asking for a token: once, or until a deadline. No HTTP in here."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, Protocol

import anyio

from domo_async.auth.lifetime import Obtained, lifetime_of
from domo_async.errors import CallError, CallTimeoutError, DomoError, StatusError

if TYPE_CHECKING:
    from domo_async.models import AccessToken

__all__ = ["GRANT_OPERATION", "Attempts", "Grant", "SharedTokens", "asked_to_wait"]

logger: logging.Logger = logging.getLogger(__name__)

Grant = Callable[[], Awaitable["AccessToken"]]
"""One token request: returns what the endpoint granted or raises a `DomoError`."""

GRANT_OPERATION: Final = "oauth.token"
"""Name of the token request in errors. A call that failed with it was never sent."""

_RETRY_BASE: Final = 0.25
_RETRY_CAP: Final = 5.0


class SharedTokens(Protocol):
    """Tokens that several processes have in common."""

    async def obtain(self, *, instead_of: AccessToken | None) -> Obtained:
        """A token that another process was granted, or one of our own.

        Args:
            instead_of: The token in use so far, which is refused, over, or near its end.
        """
        ...

    async def obtain_ahead(self, *, instead_of: AccessToken) -> Obtained | None:
        """The same while the old token is still good; None if another process is getting the next one just now."""
        ...


class Attempts:
    """Asks for tokens on behalf of a `TokenManager`.

    Args:
        grant: Makes one token request.
        shared: Where to look before asking, None if the process is alone.
        deadline: Seconds for all attempts together.
        clock: Monotonic seconds.
        sleep: Waits between attempts.
        spread: Uniform numbers in 0..1.
    """

    def __init__(
        self,
        grant: Grant,
        shared: SharedTokens | None,
        *,
        deadline: float,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        spread: Callable[[], float],
    ) -> None:
        self._grant = grant
        self._shared = shared
        self._deadline = deadline
        self._clock = clock
        self._sleep = sleep
        self._spread = spread

    async def ahead(self, held: AccessToken) -> Obtained | None:
        """One attempt while a token is at hand; None if another process makes it."""
        if self._shared is not None:
            return await self._shared.obtain_ahead(instead_of=held)
        return await self._own()

    async def until_deadline(self, lost: AccessToken | None) -> Obtained:
        """Attempts until one succeeds, nothing speaks for another one, or time is up.

        Args:
            lost: The token that was in use before, if there was one.

        Raises:
            DomoError: The last real error.
        """
        started = self._clock()
        attempts = 0
        failure: DomoError | None = None
        with anyio.move_on_after(self._deadline):
            while True:
                attempts += 1
                try:
                    return await (self._own() if self._shared is None else self._shared.obtain(instead_of=lost))
                except DomoError as error:
                    failure = error
                elapsed = self._clock() - started
                if isinstance(failure, CallError):
                    failure.attempts, failure.elapsed = attempts, elapsed
                wait = self._spread() * min(_RETRY_CAP, _RETRY_BASE * 2**attempts)
                wait = max(wait, asked_to_wait(failure))
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

    async def _own(self) -> Obtained:
        asked_at = self._clock()
        granted = await self._grant()
        return Obtained(granted, asked_at, lifetime_of(granted))


def asked_to_wait(error: DomoError) -> float:
    """Seconds that the endpoint asked to wait, 0 if it did not."""
    return (error.retry_after or 0.0) if isinstance(error, StatusError) else 0.0
