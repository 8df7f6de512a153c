"""The phases of a DataSet on its way, as a page shows them. What waits is hatched, what works is solid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from domo_async.jobs.chronicle.document import Chronicle
    from domo_async.jobs.chronicle.parts import Life

__all__ = ["PHASES", "Look", "look_of", "seconds_by_phase", "steps_by_phase"]


@dataclass(frozen=True, slots=True)
class Look:
    """How a phase is shown.

    Attributes:
        key: Its name in the document.
        words: Its name for people.
        waits: Whether it is a wait.
    """

    key: str
    words: str
    waits: bool = False

    @property
    def style(self) -> str:
        """Its class on the page."""
        return f"p-{self.key.replace('_', '-')}" if self.key in PHASES else "p-other"


PHASES: Final = {
    look.key: look
    for look in (
        Look("queued", "queued", waits=True),
        Look("asking", "asking for metadata"),
        Look("waiting", "waiting for Domo's first byte", waits=True),
        Look("downloading", "downloading"),
        Look("streaming", "downloading and writing"),
        Look("waiting_for_writer", "waiting for a writer", waits=True),
        Look("writing", "writing"),
        Look("retrying", "waiting to try again", waits=True),
        Look("uploading", "reading and sending"),
        Look("committing", "waiting for Domo's commit", waits=True),
    )
}
"""The phases of a pull and those of a push, in the order in which they come."""


def look_of(phase: str) -> Look:
    """How to show a phase, also one that is not known here."""
    return PHASES.get(phase) or Look(phase, phase.replace("_", " "))


def seconds_by_phase(lives: list[Life]) -> dict[str, float]:
    """How long all DataSets together were in each phase."""
    sums: dict[str, float] = {}
    for life in lives:
        for phase in life.phases:
            sums[phase.phase] = sums.get(phase.phase, 0.0) + phase.seconds
    order = list(PHASES)
    return dict(sorted(sums.items(), key=lambda item: order.index(item[0]) if item[0] in PHASES else len(order)))


def steps_by_phase(chronicle: Chronicle, steps: int) -> dict[str, list[float]]:
    """How many DataSets were in each phase, on average over each of some steps of equal length; without the queue."""
    step = max(chronicle.seconds, 1e-9) / steps
    found: dict[str, list[float]] = {}
    changes: dict[str, list[float]] = {}
    for life in chronicle.lives:
        for phase in life.phases:
            if phase.phase == "queued" or phase.seconds <= 0:
                continue
            level = found.setdefault(phase.phase, [0.0] * steps)
            change = changes.setdefault(phase.phase, [0.0] * (steps + 1))
            begin, end = phase.at / step, min((phase.at + phase.seconds) / step, float(steps))
            first, last = min(int(begin), steps - 1), min(int(end), steps - 1)
            if first == last:
                level[first] += max(0.0, end - begin)
                continue
            level[first] += first + 1 - begin
            level[last] += end - last
            change[first + 1] += 1
            change[last] -= 1
    for key, level in found.items():
        running = 0.0
        for place in range(steps):
            running += changes[key][place]
            level[place] += running
    return {key: found[key] for key in (*PHASES, *found) if key in found}
