"""``domo-async run``: the steps of a job file."""

from __future__ import annotations

import difflib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

import typer

from domo_async.cli.exit_codes import ExitCode
from domo_async.cli.invocation import Invocation
from domo_async.cli.misuse import Misuse
from domo_async.cli.progress import shown, shown_job
from domo_async.cli.pull_report import show_report
from domo_async.cli.push_report import show_push_report
from domo_async.cli.running import run
from domo_async.cli.tables import many
from domo_async.cli.terminal import Terminal, printable
from domo_async.errors import DomoError
from domo_async.jobs import PullReport, PushReport
from domo_async.jobs.chronicle import Chronicler
from domo_async.jobs.chronicle.of_push import PushListener
from domo_async.jobs.job_file import JobFile, PullStep, PushStep, read_job_file
from domo_async.models import UpdateMethod

__all__ = ["run_job"]

_MIB = 2**20
_PULLS = 16
_PUSHES = 8


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of a step."""

    step: PullStep | PushStep
    report: PullReport | PushReport | None = None
    error: DomoError | None = None
    left_out: str = ""

    @property
    def ok(self) -> bool:
        return self.report is not None and self.report.ok

    def to_dict(self) -> dict[str, object]:
        return {
            "name": self.step.name,
            "action": self.step.action,
            "ok": self.ok,
            "left_out": self.left_out or None,
            "error": None if self.error is None else f"{type(self.error).__name__}: {self.error}",
            "report": None if self.report is None else self.report.to_dict(),
        }


def run_job(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="A TOML file with steps.", metavar="FILE", show_default=False)],
    *,
    only: Annotated[
        list[str] | None, typer.Option(help="Carry out this step and no other; may be repeated.", metavar="NAME")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Read the file, say what is wrong, and do nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write one report over all as a JSON object.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Show no progress, and no report if all went well.")
    ] = False,
) -> None:
    """Carry out the pulls and pushes of a job file, in order.

    A step that fails leaves out those that need it, and no others; then the exit code is that of the first failure. The
    same command again does what is still to be done.

    Example: domo-async run nightly.toml --check
    """
    invocation = Invocation.of(context)
    terminal = invocation.terminal
    job = read_job_file(file)
    steps = _chosen(job, only)
    if check:
        _show_steps(steps, terminal, as_json=as_json)
        return
    started = time.monotonic()
    outcomes: list[_Outcome] = []
    try:
        for step in steps:
            outcomes.append(_carry_out(invocation, job, step, outcomes, quiet=quiet))
            _show_outcome(outcomes[-1], terminal, as_json=as_json, quiet=quiet)
    except KeyboardInterrupt:
        done = sum(outcome.ok for outcome in outcomes)
        if not quiet:
            terminal.say(f"Done: {done} of {many(len(steps), 'step')}. The same command again goes on from here.")
        raise
    seconds = time.monotonic() - started
    ok = all(outcome.ok for outcome in outcomes)
    if as_json:
        documents = [outcome.to_dict() for outcome in outcomes]
        terminal.show_json({"ok": ok, "file": file, "seconds": round(seconds, 3), "steps": documents})
    elif not (quiet and ok):
        done = sum(outcome.ok for outcome in outcomes)
        terminal.tell(f"{done} of {many(len(outcomes), 'step')} went well, in {seconds:.1f} s")
    if not ok:
        raise typer.Exit(_exit_code(outcomes))


def _chosen(job: JobFile, only: Sequence[str] | None) -> list[PullStep | PushStep]:
    names = [step.name for step in job.steps]
    for name in only or ():
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            raise Misuse(f"there is no step {name!r}; " + (f"did you mean {near[0]!r}?" if near else ", ".join(names)))
    return [step for step in job.steps if not only or step.name in only]


def _show_steps(steps: Sequence[PullStep | PushStep], terminal: Terminal, *, as_json: bool) -> None:
    if as_json:
        terminal.show_json({"ok": True, "steps": [step.model_dump(mode="json") for step in steps]})
        return
    for step in steps:
        sources = [step.source] if isinstance(step, PushStep) and isinstance(step.source, str) else []
        sources = [*step.source] if isinstance(step, PushStep) and not sources else sources
        what = f"to {step.to}" if isinstance(step, PullStep) else f"from {', '.join(sources)}"
        needs = f", after {', '.join(step.needs)}" if step.needs else ""
        terminal.tell(printable(f"{step.name}: {step.action} {what}{needs}"))


def _carry_out(
    invocation: Invocation, job: JobFile, step: PullStep | PushStep, before: Sequence[_Outcome], *, quiet: bool
) -> _Outcome:
    failed = [outcome.step.name for outcome in before if not outcome.ok and outcome.step.name in step.needs]
    if failed:
        return _Outcome(step, left_out=f"{failed[0]} did not go well")
    if invocation.profile is None and (profile := step.profile or job.profile) is not None:
        invocation = replace(invocation, profile=profile)
    if not quiet:
        invocation.terminal.say(printable(f"Step {step.name}: {step.action}"))
    try:
        if isinstance(step, PullStep):
            return _Outcome(step, _pull(invocation, step, quiet=quiet))
        return _Outcome(step, _push(invocation, step, quiet=quiet))
    except DomoError as error:
        return _Outcome(step, error=error)


def _pull(invocation: Invocation, step: PullStep, *, quiet: bool) -> PullReport:
    concurrency = step.concurrency or _PULLS
    with shown(invocation.terminal, quiet=quiet) as on_event:

        async def work() -> PullReport:
            async with invocation.patient_client(concurrency=concurrency) as domo:
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


def _push(invocation: Invocation, step: PushStep, *, quiet: bool) -> PushReport:
    concurrency = step.concurrency or _PUSHES
    chronicler = Chronicler("push")
    with shown_job(invocation.terminal, chronicler, PushListener(chronicler), quiet=quiet) as on_event:

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


def _show_outcome(outcome: _Outcome, terminal: Terminal, *, as_json: bool, quiet: bool) -> None:
    if as_json or (quiet and outcome.ok):
        return
    if outcome.report is None:
        words = f"left out, since {outcome.left_out}" if outcome.left_out else f"failed: {outcome.error}"
        terminal.tell(printable(f"Step {outcome.step.name}: {words}"), style="red")
        return
    terminal.tell(printable(f"Step {outcome.step.name}: {outcome.step.action}"), style="bold")
    if isinstance(outcome.report, PullReport) and isinstance(outcome.step, PullStep):
        show_report(outcome.report, terminal, outcome.step.to)
    elif isinstance(outcome.report, PushReport):
        show_push_report(outcome.report, terminal)
    terminal.show("")


def _exit_code(outcomes: Sequence[_Outcome]) -> ExitCode:
    """What the first failure says."""
    for outcome in outcomes:
        if outcome.error is not None:
            return ExitCode.of(outcome.error)
        if outcome.report is not None and not outcome.report.ok:
            break
    return ExitCode.FAILURE
