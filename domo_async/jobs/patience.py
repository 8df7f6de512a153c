"""How long a DataSet is tried for."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from domo_async.errors import DomoError, RateLimitError, ServerError, TransportError

__all__ = ["Patience", "Tries"]

_FIRST_WAIT = 1.0
_LONGEST_WAIT = 60.0
_MOST_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class Patience:
    """What a job puts up with.

    Attributes:
        retries: How often a transfer is begun again after any error that waiting can cure.
        seconds: How long after its first failure it is begun again, however often, as long as it is Domo that is not
            there: maintenance, overload, no connection. Data that arrives wrong is not asked for over and over.
        clock: Monotonic seconds.
    """

    retries: int
    seconds: float
    clock: Callable[[], float] = time.monotonic

    def tries(self) -> Tries:
        """The patience with one DataSet."""
        return Tries(self)


class Tries:
    """Counts the attempts for one DataSet.

    Attributes:
        attempt: Number of the attempt that is going on, from 1.
    """

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._first_failure: float | None = None
        self.attempt: int = 1

    def wait_after(self, error: DomoError) -> float | None:
        """Seconds to wait before the next attempt, None when there is none; counts a failure."""
        if not error.retryable:
            return None
        now = self._patience.clock()
        if self._first_failure is None:
            self._first_failure = now
        is_away = isinstance(error, TransportError | ServerError | RateLimitError)
        in_time = is_away and now - self._first_failure < self._patience.seconds
        if self.attempt > self._patience.retries and not in_time:
            return None
        wait = _wait(self.attempt, error)
        self.attempt += 1
        return wait


def _wait(attempt: int, error: DomoError) -> float:
    """Full jitter over a doubling bound, and never less than Domo asked for."""
    bound = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(attempt - 1, _MOST_DOUBLINGS))
    asked = getattr(error, "retry_after", None)
    return max(random.uniform(0, bound), asked or 0.0)  # noqa: S311 - waits are no secret
