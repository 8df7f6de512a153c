"""Carries out the steps of a job file, one after the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from domo_async.cli.advice import advised
from domo_async.cli.progress import shown_job
from domo_async.cli.running import run
from domo_async.cli.words import printable
from domo_async.errors import DomoError
from domo_async.jobs import PullReport, PushReport
from domo_async.jobs.chronicle import Chronicler, PushListener
from domo_async.jobs.job_file import PullStep, PushStep
from domo_async.jobs.targets import without_secrets
from domo_async.models import UpdateMethod

if TYPE_CHECKING:
    from domo_async.cli.event_log import EventLog
    from domo_async.cli.invocation import Invocation
    from domo_async.jobs.chronicle import StepsRecorder

__all__ = ["Outcome", "StepRunner"]

_MIB = 2**20
_PULLS = 16
_PUSHES = 8


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a step."""

    step: PullStep | PushStep
    report: PullReport | PushReport | None = None
    error: DomoError | None = None
    left_out: str = ""

    @property
    def ok(self) -> bool:
        """Whether all of it is done."""
        return self.report is not None and self.report.ok

    def to_dict(self) -> dict[str, object]:
        """As JSON types, for the report over all steps."""
        return {
            "name": self.step.name,
            "action": self.step.action,
            "ok": self.ok,
            "left_out": self.left_out or None,
            "error": None if self.error is None else f"{type(self.error).__name__}: {self.error}",
            "report": None if self.report is None else self.report.to_dict(),
        }


class StepRunner:
    """Carries out steps, shows them, and tells the recorder and the log of events.

    A step that ends with an error is an outcome like any other. What interrupts one goes on to the caller.

    Attributes:
        outcomes: What became of the steps so far.

    Args:
        invocation: Who, and where to.
        recorder: The recorder of the job file.
        log: The log of events.
        profile: Credentials of steps that name none.
        quiet: Show no progress.
    """

    def __init__(
        self,
        invocation: Invocation,
        recorder: StepsRecorder,
        log: EventLog,
        *,
        profile: str | None = None,
        quiet: bool = False,
    ) -> None:
        self._invocation = invocation
        self._recorder = recorder
        self._log = log
        self._profile = profile
        self._quiet = quiet
        self.outcomes: list[Outcome] = []

    def carry_out(self, step: PullStep | PushStep) -> Outcome:
        """Carry out a step, unless one that it needs did not go well."""
        failed = [one.step.name for one in self.outcomes if not one.ok and one.step.name in step.needs]
        self._log.step = step.name
        try:
            outcome = self._left_out(step, failed[0]) if failed else self._tried(step)
            self._log.write(
                {
                    "event": "step_ended",
                    "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
                    "ok": outcome.ok,
                    "left_out": outcome.left_out or None,
                    "error": None if outcome.error is None else advised(outcome.error),
                }
            )
        finally:
            self._log.step = None
        self.outcomes.append(outcome)
        return outcome

    def _left_out(self, step: PullStep | PushStep, failed: str) -> Outcome:
        why = f"{failed} did not go well"
        self._recorder.leave_out(step.name, step.action, why)
        return Outcome(step, left_out=why)

    def _tried(self, step: PullStep | PushStep) -> Outcome:
        invocation = self._invocation
        if invocation.profile is None and (profile := step.profile or self._profile) is not None:
            invocation = replace(invocation, profile=profile)
        if not self._quiet:
            invocation.terminal.say(printable(f"Step {step.name}: {step.action}"))
        try:
            report = self._pull(invocation, step) if isinstance(step, PullStep) else self._push(invocation, step)
        except DomoError as error:
            return Outcome(step, error=error)
        return Outcome(step, report)

    def _pull(self, invocation: Invocation, step: PullStep) -> PullReport:
        concurrency = step.concurrency or _PULLS
        chronicler = Chronicler("pull", target=without_secrets(step.to))
        listener = self._log.beside(chronicler)
        with (
            shown_job(invocation.terminal, chronicler, listener, quiet=self._quiet) as on_event,
            self._recorder.step(step.name, chronicler),
        ):

            async def work() -> PullReport:
                async with invocation.patient_client(concurrency=concurrency) as domo:
                    # Whoever may not in, or cannot reach Domo, hears it once and not for every DataSet.
                    await domo.token()
                    return await domo.pull(
                        step.selection,
                        to=step.to,
                        format=step.format,
                        names=step.called_after,
                        columns=step.columns,
                        include_header=step.include_header,
                        rows_per_file=step.rows_per_file,
                        options=step.dataset_options,
                        concurrency=concurrency,
                        memory=None if step.memory_mib is None else step.memory_mib * _MIB,
                        refresh=step.refresh,
                        verify=step.verify,
                        prune=step.prune,
                        retries=step.retries,
                        patience=step.patience,
                        max_failures=step.max_failures,
                        on_event=on_event,
                    )

            return run(work)

    def _push(self, invocation: Invocation, step: PushStep) -> PushReport:
        concurrency = step.concurrency or _PUSHES
        chronicler = Chronicler("push")
        listener = self._log.beside(PushListener(chronicler))
        with (
            shown_job(invocation.terminal, chronicler, listener, quiet=self._quiet) as on_event,
            self._recorder.step(step.name, chronicler),
        ):

            async def work() -> PushReport:
                async with invocation.patient_client(concurrency=concurrency) as domo:
                    await domo.token()
                    return await domo.push(
                        step.source,
                        into=step.into,
                        name=step.called,
                        update_method=UpdateMethod(step.update_method),
                        key_columns=step.key_columns,
                        evolve=step.evolve,
                        missing_columns=step.missing_columns,
                        options=step.push_options,
                        state=step.state,
                        concurrency=concurrency,
                        memory=None if step.memory_mib is None else step.memory_mib * _MIB,
                        refresh=step.refresh,
                        verify=step.verify,
                        retries=step.retries,
                        patience=step.patience,
                        max_failures=step.max_failures,
                        on_event=on_event,
                    )

            return run(work)
