"""``domo-async run``: the steps of a job file."""

from __future__ import annotations

import difflib
import time
from collections.abc import Sequence
from typing import Annotated

import typer

from domo_async.cli.event_log import STANDARD_ERROR, event_log
from domo_async.cli.exit_codes import ExitCode
from domo_async.cli.invocation import Invocation
from domo_async.cli.job_report import checked, refuse_without_work, written_down
from domo_async.cli.misuse import Misuse
from domo_async.cli.options import EventsOption, ReportOption
from domo_async.cli.pull_report import show_report
from domo_async.cli.push_report import show_push_report
from domo_async.cli.step_runner import Outcome, StepRunner
from domo_async.cli.tables import many
from domo_async.cli.terminal import Terminal, printable
from domo_async.jobs import PullReport, PushReport
from domo_async.jobs.chronicle import StepsRecorder
from domo_async.jobs.job_file import JobFile, PullStep, PushStep, read_job_file

__all__ = ["run_job"]


def run_job(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="A TOML file with steps.", metavar="FILE", show_default=False)],
    *,
    only: Annotated[
        list[str] | None, typer.Option(help="Carry out this step and no other; may be repeated.", metavar="NAME")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Read the file, say what is wrong, and do nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write one report over all as a JSON object.")] = False,
    report: ReportOption = None,
    events: EventsOption = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Show no progress, and no report if all went well.")
    ] = False,
) -> None:
    """Carry out the pulls and pushes of a job file, in order.

    A step that fails leaves out those that need it, and no others; then the exit code is that of the first failure. The
    same command again does what is still to be done.

    Example: domo-async run nightly.toml --report night.html
    """
    invocation = Invocation.of(context)
    terminal = invocation.terminal
    job = read_job_file(file)
    steps = _chosen(job, only)
    if check:
        refuse_without_work(report, events)
        _show_steps(steps, terminal, as_json=as_json)
        return
    files = checked(report or ())
    silent = quiet or events == STANDARD_ERROR
    started = time.monotonic()
    recorder = StepsRecorder()
    with event_log(terminal, events) as log:
        runner = StepRunner(invocation, recorder, log, profile=job.profile, quiet=silent)
        outcomes = runner.outcomes
        with written_down(recorder, files, terminal, quiet=silent):
            try:
                for step in steps:
                    _show_outcome(runner.carry_out(step), terminal, as_json=as_json, quiet=quiet)
            except KeyboardInterrupt:
                done = sum(outcome.ok for outcome in outcomes)
                if not silent:
                    terminal.say(
                        f"Done: {done} of {many(len(steps), 'step')}. The same command again goes on from here."
                    )
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
            log.code = _exit_code(outcomes)
    if log.code is not None:
        raise typer.Exit(log.code)


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


def _show_outcome(outcome: Outcome, terminal: Terminal, *, as_json: bool, quiet: bool) -> None:
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


def _exit_code(outcomes: Sequence[Outcome]) -> ExitCode:
    """What the first failure says."""
    for outcome in outcomes:
        if outcome.error is not None:
            return ExitCode.of(outcome.error)
        if outcome.report is not None and not outcome.report.ok:
            break
    return ExitCode.FAILURE
