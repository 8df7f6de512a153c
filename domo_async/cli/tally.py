"""The sums of a pull while it runs."""

from __future__ import annotations

import time
from collections.abc import Callable

from domo_async.jobs import (
    PullEvent,
    PullStarted,
    SelectionRead,
    TransferFailed,
    TransferFinished,
    TransferProgress,
    TransferRetried,
    TransferSkipped,
)

__all__ = ["Tally"]


class Tally:
    """Counts what a pull has done so far, from its events.

    Attributes:
        total: DataSets asked for, None while that is not known.
        finished: DataSets that are there.
        skipped: Those among them that had not changed.
        failed: DataSets that were given up.
        retries: Attempts beyond the first of each.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.total: int | None = None
        self.finished: int = 0
        self.skipped: int = 0
        self.failed: int = 0
        self.retries: int = 0
        self._rows: dict[str, int] = {}
        self._received: dict[str, int] = {}
        self._started = clock()

    def __call__(self, event: PullEvent) -> None:
        """Take the next event."""
        match event:
            case PullStarted():
                self.total = event.total
                self._started = self.clock()
            case SelectionRead():
                self.total = event.total
            case TransferSkipped():
                self.finished += 1
                self.skipped += 1
            case TransferProgress():
                self._rows[event.dataset_id] = event.rows
                self._received[event.dataset_id] = event.received
            case TransferRetried():
                self.retries += 1
            case TransferFinished():
                self.finished += 1
                self._rows[event.transfer.dataset_id] = event.transfer.rows
                self._received[event.transfer.dataset_id] = event.transfer.received
            case TransferFailed():
                self.failed += 1
                self._rows.pop(event.transfer.dataset_id, None)
            case _:
                pass

    @property
    def rows(self) -> int:
        """Rows written."""
        return sum(self._rows.values())

    @property
    def received(self) -> int:
        """Bytes received."""
        return sum(self._received.values())

    @property
    def speed(self) -> float:
        """Bytes per second since the start."""
        return self.received / max(0.001, self.clock() - self._started)
