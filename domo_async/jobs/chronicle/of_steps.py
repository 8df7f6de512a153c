"""The steps of a job file, told as one job."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from domo_async.jobs.chronicle.chronicler import Chronicler
from domo_async.jobs.chronicle.document import Chronicle
from domo_async.jobs.chronicle.failures import failure_of
from domo_async.jobs.chronicle.parts import JobStep, Life, Outcome, Pause, Totals, Traffic
from domo_async.jobs.chronicle.software import software
from domo_async.jobs.chronicle.traffic import Amounts

__all__ = ["StepsRecorder"]


@dataclass(frozen=True, slots=True)
class _Step:
    name: str
    job: str
    at: float
    chronicle: Chronicle | None = None
    left_out: str | None = None

    @property
    def end(self) -> float:
        return self.at + (0.0 if self.chronicle is None else self.chronicle.seconds)


class StepsRecorder:
    """Makes one document of the steps of a job file, each of which has a `Chronicler` of its own.

    All moments of the document are those of the whole. What of the steps could be mistaken for one another bears the
    name of its step: lives have it in ``step``, settings and warnings begin with it.

    Args:
        clock: Seconds since 1970.

    Example:
        ::

            recorder = StepsRecorder()
            with recorder.step("fetch", chronicler):
                await domo.pull(selection, to="lake", on_event=chronicler)
            recorder.leave_out("send", "push", "there is nothing to send")
            recorder.chronicle().save("night.html")
    """

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._began = clock()
        self._steps: list[_Step] = []
        self._current: tuple[str, float, Chronicler] | None = None

    @contextmanager
    def step(self, name: str, chronicler: Chronicler) -> Generator[None]:
        """A step is carried out in the block. An error that leaves the block has stopped it.

        Args:
            name: Its name.
            chronicler: Its recorder.
        """
        at = self._now()
        self._current = name, at, chronicler
        try:
            yield
        except Exception as error:
            self._end(chronicler.chronicle(error=error))
            raise
        # Whatever else ends the block, such as Ctrl-C, ends the job file with it, and finds the step unfinished.
        self._end(chronicler.chronicle())

    def leave_out(self, name: str, job: str, why: str) -> None:
        """A step is not carried out.

        Args:
            name: Its name.
            job: What kind of job it is.
            why: As a clause.
        """
        self._steps.append(_Step(name, job, self._now(), left_out=why))

    def chronicle(self, *, error: BaseException | None = None, interrupted: bool = False) -> Chronicle:
        """What happened until now.

        Args:
            error: What stopped the whole, if anything did.
            interrupted: Whether somebody stopped it.
        """
        steps = list(self._steps)
        if self._current is not None:
            name, at, chronicler = self._current
            steps.append(_Step(name, chronicler.job, at, chronicler.chronicle(error=error, interrupted=interrupted)))
        outcome: Outcome = "complete"
        if error is not None:
            outcome = "stopped"
        elif interrupted:
            outcome = "interrupted"
        elif any(one.chronicle is None or one.chronicle.outcome != "complete" for one in steps):
            outcome = "failures"
        told = [(one.name, one.at, one.chronicle) for one in steps if one.chronicle is not None]
        return Chronicle(
            job="run",
            outcome=outcome,
            began=datetime.fromtimestamp(self._began, UTC),
            seconds=round(max([self._now(), *(one.end for one in steps)]), 3),
            target=", ".join(dict.fromkeys(one.target for _, _, one in told if one.target)),
            software=software(),
            settings={f"{name}: {key}": value for name, _, one in told for key, value in one.settings.items()},
            totals=_sums(one.totals for _, _, one in told),
            lives=[_moved(life, name, at) for name, at, one in told for life in one.lives],
            traffic=_traffic((at, one.traffic) for _, at, one in told),
            grants=[round(at + moment, 3) for _, at, one in told for moment in one.grants],
            pauses=[
                Pause(at=round(at + pause.at, 3), seconds=pause.seconds) for _, at, one in told for pause in one.pauses
            ],
            stopped_by=None if error is None else failure_of(error),
            removed=[name for _, _, one in told for name in one.removed],
            warnings=[f"{name}: {words}" for name, _, one in told for words in one.warnings],
            steps=[_outcome(one) for one in steps],
        )

    def _end(self, chronicle: Chronicle) -> None:
        if self._current is not None:
            name, at, chronicler = self._current
            self._steps.append(_Step(name, chronicler.job, at, chronicle))
            self._current = None

    def _now(self) -> float:
        """Seconds since the beginning; a clock that is set back does not put one step before the other."""
        return max([self._clock() - self._began, *(one.end for one in self._steps)])


def _outcome(step: _Step) -> JobStep:
    chronicle = step.chronicle
    if chronicle is None:
        return JobStep(name=step.name, job=step.job, left_out=step.left_out, at=round(step.at, 3))
    return JobStep(
        name=step.name,
        job=step.job,
        outcome=chronicle.outcome,
        at=round(step.at, 3),
        seconds=chronicle.seconds,
        target=chronicle.target,
        stopped_by=chronicle.stopped_by,
    )


def _moved(life: Life, step: str, by: float) -> Life:
    def later(at: float) -> float:
        return round(at + by, 3)

    return life.model_copy(
        update={
            "step": step,
            "phases": [phase.model_copy(update={"at": later(phase.at)}) for phase in life.phases],
            "retries": [retry.model_copy(update={"at": later(retry.at)}) for retry in life.retries],
        }
    )


def _sums(parts: Iterable[Totals]) -> Totals:
    everything = [part.model_dump() for part in parts]
    sums: dict[str, float] = {}
    for name in Totals.model_fields:
        known = [part[name] for part in everything if part[name] is not None]
        if known:
            sums[name] = round(sum(known), 3)
    return Totals.model_validate(sums)


def _traffic(parts: Iterable[tuple[float, Traffic]]) -> Traffic:
    amounts = Amounts()
    for at, traffic in parts:
        for place, (received, rows) in enumerate(zip(traffic.received, traffic.rows, strict=True)):
            if received or rows:
                amounts.add(at + place * traffic.step, received, rows)
    return Traffic(step=amounts.step, received=amounts.received, rows=amounts.rows)
