"""What the numbers of a client tell when they are read again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.jobs.chronicle.parts import Pause

if TYPE_CHECKING:
    from domo_async.http.stats import Stats

__all__ = ["ClientNumbers"]

_MOST_MOMENTS = 500


class ClientNumbers:
    """Compares one look with the next: what has changed happened between them.

    Attributes:
        last: The last look, None before the first.
        grants: When tokens were granted after the first look, in seconds from the beginning of the job; the first
            ones if there are many.
    """

    def __init__(self) -> None:
        self.last: Stats | None = None
        self.grants: list[float] = []
        self._first: Stats | None = None
        self._pauses: list[tuple[float, float]] = []

    def read(self, stats: Stats, at: float) -> None:
        """Take the next look.

        Args:
            stats: The numbers.
            at: Seconds from the beginning of the job.
        """
        before, self.last = self.last, stats
        if before is None:
            self._first = before = stats
        new = min(stats.grants - before.grants, _MOST_MOMENTS - len(self.grants))
        self.grants += [round(at, 3)] * new
        if stats.paused_for > 0:
            self._pause(at, at + stats.paused_for)

    @property
    def pauses(self) -> list[Pause]:
        """The times in which Domo had asked everybody to wait."""
        return [Pause(at=round(begin, 3), seconds=round(end - begin, 3)) for begin, end in self._pauses]

    @property
    def granted(self) -> int | None:
        """Tokens that were granted between the first look and the last one."""
        return None if self._first is None or self.last is None else self.last.grants - self._first.grants

    @property
    def calls(self) -> int | None:
        """Operations between the first look and the last one."""
        return None if self._first is None or self.last is None else self.last.calls - self._first.calls

    @property
    def retries(self) -> int | None:
        """Requests that were sent again between the first look and the last one."""
        return None if self._first is None or self.last is None else self.last.retries - self._first.retries

    def _pause(self, begin: float, end: float) -> None:
        if self._pauses and (begin <= self._pauses[-1][1] or len(self._pauses) >= _MOST_MOMENTS):
            first, last = self._pauses[-1]
            self._pauses[-1] = (first, max(last, end))
        else:
            self._pauses.append((begin, end))
