"""The sums of a job while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.jobs.chronicle import Chronicler

if TYPE_CHECKING:
    from domo_async.jobs.chronicle.recording import Recording

__all__ = ["Tally"]


class Tally:
    """What a display knows of a job: all that its recorder remembers, and sums of that.

    Attributes:
        chronicler: The recorder of the job. Whoever shows a job has told it each event.

    Args:
        chronicler: The recorder; None makes one for a pull.
    """

    def __init__(self, chronicler: Chronicler | None = None) -> None:
        self.chronicler: Chronicler = chronicler or Chronicler()

    @property
    def total(self) -> int | None:
        """DataSets asked for, None while that is not known."""
        return self.chronicler.total

    @property
    def finished(self) -> int:
        """DataSets that are there."""
        return self.chronicler.counts["fetched"] + self.chronicler.counts["unchanged"]

    @property
    def skipped(self) -> int:
        """Those among them that had not changed."""
        return self.chronicler.counts["unchanged"]

    @property
    def failed(self) -> int:
        """DataSets that were given up."""
        return self.chronicler.counts["failed"]

    @property
    def retries(self) -> int:
        """Transfers that were begun again."""
        return self.chronicler.retries

    @property
    def rows(self) -> int:
        """Rows written, those of failed attempts not counted, nor those that were there before."""
        return sum(one.rows for one in self._counted())

    @property
    def received(self) -> int:
        """Bytes received, those of failed attempts not counted."""
        return sum(one.received for one in self._counted())

    def _counted(self) -> list[Recording]:
        # A list in one step: the display draws in a thread of its own.
        everything = list(self.chronicler.recordings.values())
        return [one for one in everything if one.fate not in ("failed", "unchanged") and one.phase != "retrying"]
