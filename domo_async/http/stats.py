"""Numbers about a client's work, for people and for metrics."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Counters", "Stats"]


@dataclass(frozen=True, slots=True)
class Stats:
    """A snapshot of a client at work.

    Attributes:
        calls: Operations started so far.
        retries: Attempts beyond the first of each.
        failures: Operations that ended with an error.
        grants: Token grants.
        in_flight: Requests on their way in this event loop.
        waiting: Requests that wait for a slot in this event loop.
        limit: Slots there are now; moves between the bounds of ``concurrency``.
        paused_for: Seconds for which everybody still holds still because Domo asked for it.
    """

    calls: int
    retries: int
    failures: int
    grants: int
    in_flight: int
    waiting: int
    limit: int
    paused_for: float


@dataclass(slots=True)
class Counters:
    """What only ever grows."""

    calls: int = 0
    retries: int = 0
    failures: int = 0
