"""Time from left to right."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from domo_async.jobs.chronicle.markup import Html, join, tag
from domo_async.jobs.chronicle.words import clock, duration

if TYPE_CHECKING:
    from domo_async.jobs.chronicle.document import Chronicle

__all__ = ["Axis"]

_MOST_TICKS = 8
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
_CLOCK_FROM = 300
_MINUTE = 60
_LAST_LABEL = 0.93


class Axis:
    """The time of a job. Places are shares of the width, so that a page needs no script to fit any window.

    Args:
        chronicle: The job.
    """

    def __init__(self, chronicle: Chronicle) -> None:
        self._began = chronicle.began
        ends = [life.phases[-1].at + life.phases[-1].seconds for life in chronicle.lives if life.phases]
        self.length: float = max([chronicle.seconds, *ends, 0.001])

    def place(self, at: float) -> str:
        """Where a moment is."""
        return f"{100 * min(max(at / self.length, 0.0), 1.0):.2f}%"

    def width(self, seconds: float) -> str:
        """How wide a time is."""
        return f"{100 * min(seconds / self.length, 1.0):.2f}%"

    def shows(self, seconds: float) -> bool:
        """Whether a time is wide enough to be seen."""
        return seconds > self.length / 5_000

    def when(self, at: float) -> str:
        """A moment in words."""
        return clock(self._began, at) if self.length >= _MINUTE else f"{duration(at)} after the beginning"

    def ticks(self) -> list[tuple[float, str]]:
        """Round moments and their names: of the clock in long jobs, and from the beginning in short ones."""
        step = next((step for step in _STEPS if self.length / step <= _MOST_TICKS), None)
        if step is None:
            step = 86400.0 * (int(self.length / 86400 / _MOST_TICKS) + 1)
        first = 0.0
        if self.length >= _CLOCK_FROM:
            midnight = self._began.replace(hour=0, minute=0, second=0, microsecond=0)
            first = (-(self._began - midnight) / timedelta(seconds=1)) % step
        moments = [first + number * step for number in range(int((self.length - first) / step) + 1)]
        return [(at, self._label(at, step)) for at in moments]

    def _label(self, at: float, step: float) -> str:
        if self.length >= _CLOCK_FROM:
            return clock(self._began, at + 0.5, seconds=step < _MINUTE)
        return f"{at:g} s" if step >= 1 else f"{at:.1f} s"

    def labels(self) -> Html:
        """The names of the ticks, as a picture for those who see it."""
        texts = [
            tag("text", label, x=self.place(at), y=14, text_anchor="start" if at < self.length * 0.02 else "middle")
            for at, label in self.ticks()
            if at <= self.length * _LAST_LABEL
        ]
        zoom = tag("svg", *texts, class_="zoom", width="100%", height=20)
        return tag("svg", zoom, class_="ticks", height=20, width="100%", aria_hidden="true")

    def grid(self, height: int) -> Html:
        """Lines at the ticks."""
        lines = [
            tag("line", x1=self.place(at), x2=self.place(at), y1=0, y2=height, class_="grid") for at, _ in self.ticks()
        ]
        return join(lines)
