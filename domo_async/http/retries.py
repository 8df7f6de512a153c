"""Whether to try again, when, and how often a client may do so in all. No I/O in here."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Final

from domo_async.auth.tokens import GRANT_OPERATION
from domo_async.errors import (
    CallError,
    CallTimeoutError,
    ConnectionFailedError,
    RateLimitError,
    ServerError,
    StatusError,
)
from domo_async.http.operations import Safety

__all__ = ["RetryBudget", "asks_for_calm", "cannot_have_acted", "requested_wait", "wait_before_retry"]

_BASE: Final = 0.25
_CAP: Final = 20.0
_LONGEST_SPREAD: Final = 1.0


def requested_wait(error: CallError) -> float | None:
    """Seconds that Domo asked to wait (Retry-After), None if it did not."""
    return error.retry_after if isinstance(error, StatusError) else None


def cannot_have_acted(error: CallError) -> bool:
    """Whether the server certainly did not carry the request out.

    True when no connection came about, when the request was turned away by a rate limit, and for a 503 that names a
    time to come back. Everything else may have happened, whatever the caller was told.
    """
    match error:
        case ConnectionFailedError() | RateLimitError():
            return True
        case CallTimeoutError(phase="connect" | "pool"):
            return True
        case ServerError(status=503):
            return error.retry_after is not None
        case _:
            return False


def asks_for_calm(error: CallError) -> bool:
    """Whether the failure says that there are too many requests at once."""
    match error:
        case RateLimitError() | CallTimeoutError(phase="connect" | "read"):
            return True
        case ServerError(status=503):
            return True
        case _:
            return False


def wait_before_retry(
    error: CallError,
    *,
    safety: Safety,
    attempts: int,
    retries: int,
    remaining: float | None,
    retry_unsafe: bool = False,
    spread: Callable[[], float] = random.random,
) -> float | None:
    """Decide on the next attempt.

    Args:
        error: How the last attempt ended.
        safety: Whether the operation may be repeated.
        attempts: Attempts made so far, 1 or more.
        retries: How many repetitions are allowed.
        remaining: Seconds until the deadline, None if there is none.
        retry_unsafe: Repeat unsafe operations like safe ones.
        spread: Uniform numbers in 0..1.

    Returns:
        Seconds to wait, or None to give up. Without Retry-After the wait is uniform in
        ``0 .. min(20, 0.25 * 2**attempts)`` ("full jitter"); with it, it is what was asked for plus up to a second.
    """
    if not error.retryable or attempts > retries or error.operation == GRANT_OPERATION:
        # A grant that failed was tried for its own deadline already, on behalf of everybody.
        return None
    if safety is Safety.UNSAFE and not retry_unsafe and not cannot_have_acted(error):
        return None
    asked = requested_wait(error)
    if asked is None:
        wait = spread() * min(_CAP, _BASE * 2.0 ** min(attempts, 16))
    else:
        wait = asked + spread() * min(_LONGEST_SPREAD, 0.1 + asked)
    return wait if remaining is None or wait < remaining else None


class RetryBudget:
    """Keeps retries from multiplying the load on a server that is down.

    Retries are paid from a purse. Success puts money in, time puts a little in, so that in normal times nobody ever
    waits for it. In an outage the purse empties, and from then on retries go out at the slow pace at which time fills
    it; the first ones that succeed fill it again, and the rest follow at a doubling pace. Nobody is turned away: a
    call that cannot pay waits, within its own deadline.

    Safe to use from several threads.

    Args:
        size: Retries that the purse holds.
        per_second: Retries that every second adds.
        per_success: Retries that every successful call adds.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        *,
        size: float = 100.0,
        per_second: float = 10.0,
        per_success: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._size = size
        self._per_second = per_second
        self._per_success = per_success
        self._clock = clock
        self._lock = threading.Lock()
        self._held = size
        self._filled_at = clock()

    def succeeded(self) -> None:
        """Note a call that worked."""
        if self._held < self._size:
            with self._lock:
                self._held = min(self._size, self._held + self._per_success)

    def take(self) -> bool:
        """Pay for one retry; False if the purse is empty."""
        with self._lock:
            now = self._clock()
            self._held = min(self._size, self._held + (now - self._filled_at) * self._per_second)
            self._filled_at = now
            if self._held < 1.0:
                return False
            self._held -= 1.0
            return True
