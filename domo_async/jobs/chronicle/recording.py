"""What is remembered of one DataSet while its job runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from domo_async.jobs.chronicle.parts import Failure, Fate, Life, Phase, Retry

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Recording"]

_MOST_PHASES = 64
_MOST_RETRIES = 20
_MOST_FILES = 5
_LONGEST_WORDS = 300


@dataclass(slots=True, eq=False)
class Recording:
    """One DataSet on its way.

    It is in one phase at a time; see `Phase`. All moments are seconds from the beginning of the job.

    Attributes:
        dataset_id: Its id.
        name: Its name.
        phase: What it is doing now; empty before the first event and after the last.
        since: When that began.
        begun: When it was first asked for, None while it is queued.
        rows: Rows written by this attempt.
        received: Bytes received by this attempt.
        rows_expected: Rows that there will be.
        attempt: Number of the attempt.
        trouble: Why the last attempt failed.
        next_attempt: When the next one begins.
    """

    dataset_id: str
    name: str | None = None
    phase: str = ""
    since: float = 0.0
    begun: float | None = None
    rows: int = 0
    received: int = 0
    rows_expected: int | None = None
    attempt: int = 1
    trouble: str = ""
    next_attempt: float = 0.0
    fate: Fate = "unfinished"
    action: str | None = None
    seconds: float = 0.0
    file_bytes: int = 0
    files: tuple[str, ...] = ()
    failure: Failure | None = None
    _arriving: bool = False
    _arrived: bool = False
    _writing: bool = False
    _phases: list[tuple[str, float, float]] = field(default_factory=list[tuple[str, float, float]])
    _retries: list[Retry] = field(default_factory=list[Retry])

    @property
    def is_over(self) -> bool:
        """Whether nothing more is expected of it."""
        return self.fate != "unfinished"

    def enter(self, phase: str, at: float) -> None:
        """Begin another phase."""
        if phase == self.phase:
            return
        self._close(at)
        self.phase, self.since = phase, at

    def start(self, at: float) -> None:
        """Its rows are asked for."""
        self._arriving = self._arrived = self._writing = False
        self.rows = self.received = 0
        if self.phase == "retrying":
            self._split(self.next_attempt, "asking")
        self.enter("waiting", at)
        if self.begun is None:
            self.begun = at

    def arriving(self, at: float) -> None:
        """Its first bytes are here."""
        self._arriving = True
        self._flow(at)

    def arrived(self, at: float) -> None:
        """Its last bytes are here."""
        self._arrived = True
        self._flow(at)

    def writing(self, at: float) -> None:
        """It has a writer."""
        self._writing = True
        self._flow(at)

    def _flow(self, at: float) -> None:
        if self._writing and not (self._arriving or self._arrived):
            return  # a writer that waits for Domo as well
        if self._arrived:
            self.enter("writing" if self._writing else "waiting_for_writer", at)
        else:
            self.enter("streaming" if self._writing else "downloading", at)

    def retry(self, at: float, attempt: int, wait: float, error: str) -> None:
        """An attempt failed, and another one follows."""
        self.enter("retrying", at)
        self.attempt = attempt + 1
        self.trouble, self.next_attempt = error[:_LONGEST_WORDS], at + wait
        note = Retry(at=round(at, 3), attempt=attempt, wait=round(wait, 3), error=self.trouble)
        if len(self._retries) < _MOST_RETRIES:
            self._retries.append(note)
        else:
            self._retries[-1] = note

    def end(self, at: float, fate: Fate, seconds: float) -> None:
        """It is over.

        Args:
            at: When.
            fate: What became of it.
            seconds: How long it took from the first call for it, by a clock that does not jump.
        """
        if self.phase == "queued":  # it failed, or was found unchanged, before its rows were asked for
            self._split(at - seconds, "asking")
        elif self._phases and self._phases[0][0] == "queued":
            self._split_first(at - seconds)
        if self.phase == "retrying":
            self._split(self.next_attempt, "asking")
        self._close(at)
        self.phase, self.since = "", at
        self.fate, self.seconds = fate, seconds

    def life(self, now: float) -> Life:
        """Itself as a part of the document."""
        phases = [*self._phases, (self.phase, self.since, now)] if self.phase else self._phases
        return Life(
            dataset_id=self.dataset_id,
            name=self.name,
            fate=self.fate,
            action=self.action,
            rows=self.rows,
            rows_expected=self.rows_expected,
            received=self.received,
            file_bytes=self.file_bytes,
            seconds=round(self.seconds if self.is_over else self._so_far(now), 3),
            attempts=self.attempt,
            files=list(self.files[:_MOST_FILES]),
            phases=[
                Phase(phase=phase, at=round(begin, 3), seconds=round(end - begin, 3)) for phase, begin, end in phases
            ],
            retries=list(self._retries),
            failure=self.failure,
        )

    def _so_far(self, now: float) -> float:
        return 0.0 if self.begun is None else now - self.begun

    def _close(self, at: float) -> None:
        if not self.phase or at <= self.since:
            return
        if len(self._phases) >= _MOST_PHASES:
            # Hundreds of attempts while Domo was away: what is left of them is one long phase.
            _, begin, _ = self._phases[-1]
            self._phases[-1] = ("retrying", begin, at)
        else:
            self._phases.append((self.phase, self.since, at))

    def _split(self, at: float, phase: str) -> None:
        """End the current phase at a moment that is over already, as far as it lies within it."""
        self.enter(phase, max(at, self.since))

    def _split_first(self, begun: float) -> None:
        """Tell the wait for a turn from the first call, which no event announces."""
        phase, begin, end = self._phases[0]
        begun = min(max(begun, begin), end)
        asking = ("asking", begun, end)
        whole: Sequence[tuple[str, float, float]] = ((phase, begin, begun), asking)
        self._phases[:1] = [one for one in whole if one[2] > one[1]]
