"""How many requests may be on their way at once, how fast they may start, and when everybody holds still."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import anyio

from domo_async.errors import InvalidArgumentError

__all__ = ["Bounds", "ConcurrencyLimit", "Pause", "RateLimit"]

Bounds = int | tuple[int, int]
"""The most requests at once; or the fewest and the most between which the limit adapts."""

_SHRINK: Final = 0.6
_SHRINK_INTERVAL: Final = 1.0
_LONGEST_PAUSE: Final = 300.0


class ConcurrencyLimit:
    """Slots for requests, handed out in the order in which they were asked for.

    The number of slots adapts between its bounds: it shrinks by a factor when the server says that it is too much, at
    most once a second, since one overload is reported by many requests; and it grows by one for each round of
    successes. A slot belongs to nobody in particular: another task may give it back.

    A waiter that is cancelled leaves the queue; if its slot had just been handed to it, the slot goes to the next.

    Belongs to one event loop.

    Args:
        bounds: See `Bounds`.
        clock: Monotonic seconds.
    """

    def __init__(self, bounds: Bounds, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.lowest: int
        self.highest: int
        self.lowest, self.highest = check_bounds(bounds)
        self._clock = clock
        self._limit = float(self.highest)
        self._waiters: OrderedDict[anyio.Event, None] = OrderedDict()
        self._shrunk_at = float("-inf")
        self.in_flight: int = 0

    @property
    def limit(self) -> int:
        """How many slots there are now."""
        return int(self._limit)

    @property
    def waiting(self) -> int:
        """How many requests wait for a slot."""
        return len(self._waiters)

    async def acquire(self) -> None:
        """Take a slot, waiting for one if need be."""
        if self.in_flight < int(self._limit) and not self._waiters:
            self.in_flight += 1
            return
        waiter = anyio.Event()
        self._waiters[waiter] = None
        try:
            await waiter.wait()
        except BaseException:
            if waiter.is_set():
                self.release()
            else:
                del self._waiters[waiter]
            raise

    def release(self) -> None:
        """Give a slot back."""
        self.in_flight -= 1
        self._hand_out()

    def succeeded(self) -> None:
        """Note an answer in good order: after a round of them there is one slot more."""
        if self._limit < self.highest:
            self._limit = min(float(self.highest), self._limit + 1.0 / self._limit)
            self._hand_out()

    def overloaded(self) -> None:
        """Note that the server has too much to do."""
        now = self._clock()
        if now - self._shrunk_at >= _SHRINK_INTERVAL:
            self._shrunk_at = now
            self._limit = max(float(self.lowest), self._limit * _SHRINK)

    def _hand_out(self) -> None:
        while self._waiters and self.in_flight < int(self._limit):
            waiter, _ = self._waiters.popitem(last=False)
            self.in_flight += 1
            waiter.set()


def check_bounds(bounds: Bounds) -> tuple[int, int]:
    """The lower and the upper bound.

    Raises:
        InvalidArgumentError: They are not positive whole numbers in order.
    """
    pair = bounds if isinstance(bounds, tuple) else (1, bounds)
    whole = all(isinstance(bound, int) and not isinstance(bound, bool) for bound in pair)
    if len(pair) != 2 or not whole or not 1 <= pair[0] <= pair[1]:
        raise InvalidArgumentError(f"concurrency: {bounds!r} is neither a positive number nor a pair (fewest, most)")
    return pair


class Pause:
    """A moment until which nobody sends: Domo's 429 speaks to the credentials, not to one request.

    Shared by all loops and threads that use the same credentials.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._until = float("-inf")

    def hold(self, duration: float) -> None:
        """Hold everybody for `duration` seconds from now, unless they are held for longer already.

        After five minutes at the latest somebody asks again, and learns whether the pause goes on.
        """
        with self._lock:
            self._until = max(self._until, self._clock() + min(duration, _LONGEST_PAUSE))

    def remaining(self) -> float:
        """Seconds still to wait, 0 or less for none."""
        return self._until - self._clock()


class RateLimit:
    """Evenly spaced starts: at most so many requests in a second.

    Args:
        per_second: Requests per second.
        clock: Monotonic seconds.
    """

    def __init__(self, per_second: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        number = isinstance(per_second, int | float) and not isinstance(per_second, bool)
        if not number or not 0 < per_second < float("inf"):
            raise InvalidArgumentError(f"requests_per_second: {per_second!r} is not a positive number")
        self._interval = 1.0 / per_second
        self._clock = clock
        self._lock = threading.Lock()
        self._next = float("-inf")

    def reserve(self) -> float:
        """Book the next start, and say how many seconds it is away."""
        with self._lock:
            now = self._clock()
            start = max(now, self._next)
            self._next = start + self._interval
            return start - now
