"""How fast a job is, and how long it will still take; nothing is said of what is not known."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domo_async.jobs.chronicle import Chronicler

__all__ = ["Estimate", "roughly"]

_WINDOW = 60.0
"""Seconds that are looked back to: long enough for a pace, short enough to notice that it has changed."""

_RECENT = 10.0
_SHORTEST = 5.0
_BETWEEN = 0.5
_ENOUGH = 0.02
_MINUTE = 60
_HOUR = 3600


class Estimate:
    """Looks at a job again and again, and compares.

    There is no estimate before five seconds of pace, before something was accomplished, before it is known how much
    there is to do, and while nothing moves. It is the longer one of two: by rows and by DataSets. Many small DataSets
    take their time by their number, and few large ones by their rows.

    Args:
        chronicler: The recorder of the job.
    """

    def __init__(self, chronicler: Chronicler) -> None:
        self._chronicler = chronicler
        self._looks: deque[tuple[float, int, int, int]] = deque()
        self._left: float | None = None

    def look(self, now: float) -> None:
        """Look at the job; more often than twice a second does nothing.

        Args:
            now: Seconds since its beginning.
        """
        looks = self._looks
        if looks and now - looks[-1][0] < _BETWEEN:
            return
        recordings = list(self._chronicler.recordings.values())
        rows = sum(one.rows for one in recordings if one.fate != "unchanged")
        looks.append((now, self._chronicler.received, rows, self._chronicler.done))
        while len(looks) > 2 and now - looks[1][0] >= _WINDOW:
            looks.popleft()
        left = [one for one in recordings if not one.is_over]
        known = all(one.rows_expected is not None for one in left)
        rows_left = sum(max(0, (one.rows_expected or 0) - one.rows) for one in left) if known else None
        self._left = self._seconds_left(rows, rows_left)

    @property
    def speed(self) -> float:
        """Bytes per second lately."""
        if len(self._looks) < 2:
            return 0.0
        last = self._looks[-1]
        first = next(look for look in self._looks if last[0] - look[0] <= _RECENT)
        if first is last:
            first = self._looks[-2]
        return max(0, last[1] - first[1]) / max(last[0] - first[0], 0.001)

    @property
    def seconds_left(self) -> float | None:
        """Seconds that it will still take, None if that cannot be said."""
        stats = self._chronicler.stats
        return None if stats is not None and stats.paused_for > 0 else self._left

    def _seconds_left(self, rows: int, rows_left: int | None) -> float | None:
        total = self._chronicler.total
        (then, _, rows_then, done_then), (now, _, _, done) = self._looks[0], self._looks[-1]
        if total is None or not self._chronicler.all_known or now - then < _SHORTEST:
            return None
        fetched_lately = done - max(done_then, self._chronicler.counts["unchanged"])
        estimates: list[float] = []
        if fetched_lately > 0:
            estimates.append((total - done) * (now - then) / fetched_lately)
        if rows_left is not None and rows - rows_then > _ENOUGH * (rows + rows_left):
            estimates.append(rows_left * (now - then) / (rows - rows_then))
        return max(estimates, default=None)


def roughly(seconds: float) -> str:
    """A time to come, no more exactly than anybody can know it.

    Example:
        >>> [roughly(seconds) for seconds in (8, 50, 200, 5_000, 100_000)]
        ['a few seconds', 'a minute', '3 min', '1 h 25 min', 'more than a day']
    """
    if seconds < _MINUTE / 2:
        return "a few seconds"
    if seconds < 1.5 * _MINUTE:
        return "a minute"
    if seconds < _HOUR - _MINUTE / 2:
        return f"{seconds / _MINUTE:.0f} min"
    if seconds < 24 * _HOUR:
        minutes = 5 * round(seconds / _MINUTE / 5)
        return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"
    return "more than a day"
