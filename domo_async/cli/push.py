"""``domo-async push``: files into DataSets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, TypedDict

import typer

from domo_async.api.row_fitting import MissingColumns
from domo_async.cli.event_log import STANDARD_ERROR, event_log
from domo_async.cli.exit_codes import ExitCode
from domo_async.cli.invocation import Invocation
from domo_async.cli.job_report import checked, refuse_without_work, written_down
from domo_async.cli.options import EventsOption, ReportOption
from domo_async.cli.progress import shown_job
from domo_async.cli.push_report import show_push_plan, show_push_report
from domo_async.cli.running import run
from domo_async.cli.tables import many
from domo_async.errors import DomoError
from domo_async.jobs import PushEvent, PushPlan, PushReport
from domo_async.jobs.chronicle import Chronicler, PushListener
from domo_async.jobs.push_options import Unsettled
from domo_async.models import UpdateMethod

__all__ = ["push"]

_MIB = 2**20


class _Order(TypedDict):
    """What a plan and a push have in common."""

    into: str | None
    name: str
    update_method: UpdateMethod
    key_columns: tuple[str, ...]
    evolve: bool
    missing_columns: MissingColumns
    state: str | None
    refresh: bool
    verify: bool


def push(
    context: typer.Context,
    paths: Annotated[
        list[str],
        typer.Argument(
            help="Files, folders, or patterns such as 'lake/*.parquet'.", metavar="PATH", show_default=False
        ),
    ],
    *,
    into: Annotated[
        str | None,
        typer.Option(help="Put all rows into this one DataSet: its id or its exact name.", metavar="DATASET"),
    ] = None,
    name: Annotated[
        str, typer.Option(help="What DataSets are called: {name} of the file, {folder} that it is in.", metavar="TEXT")
    ] = "{name}",
    method: Annotated[
        Literal["replace", "append", "upsert"],
        typer.Option(help="What happens to the rows that are there.", metavar="replace|append|upsert"),
    ] = "replace",
    key: Annotated[
        list[str] | None, typer.Option(help="For upsert: a column that makes two rows the same.", metavar="COLUMN")
    ] = None,
    evolve: Annotated[bool, typer.Option(help="Give DataSets the columns that they do not have.")] = False,
    missing: Annotated[
        MissingColumns, typer.Option(help="What to do about columns that do not come.", metavar="refuse|null")
    ] = "refuse",
    state: Annotated[
        str | None,
        typer.Option(help="File that keeps what was pushed. Default: .domo-async/push.json.", metavar="FILE"),
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=256, help="DataSets at a time.", metavar="N")] = 8,
    plan: Annotated[bool, typer.Option("--plan", "--dry-run", help="Show what would be done, and do nothing.")] = False,
    refresh: Annotated[bool, typer.Option(help="Push what has not changed, too.")] = False,
    verify: Annotated[bool, typer.Option(help="Read all files, and replace what others have written.")] = False,
    unsettled: Annotated[
        Unsettled,
        typer.Option(
            help="Rows of which nobody can tell whether they were appended: what you found.",
            metavar="refuse|done|again",
        ),
    ] = "refuse",
    patience: Annotated[
        float, typer.Option(min=0, help="Seconds to go on trying while Domo is away.", metavar="SECONDS")
    ] = 600.0,
    max_failures: Annotated[
        int | None, typer.Option(min=0, help="Stop when more DataSets have failed.", metavar="N")
    ] = None,
    fail_fast: Annotated[bool, typer.Option(help="Stop with the first failure.")] = False,
    memory: Annotated[
        int | None, typer.Option(min=100, help="MiB that rows on their way may take.", metavar="MIB")
    ] = None,
    report: ReportOption = None,
    events: EventsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write the report as one JSON object.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Show no progress, and no report if all went well.")
    ] = False,
) -> None:
    """Write files into DataSets, one each.

    A name that there is not yet becomes a DataSet. The next time, only what has changed is pushed, and of what is
    appended only new files. A DataSet that fails does not stop the others; then the exit code is 1. However it ends,
    the same command again goes on from there, and appends nothing twice.

    Example: domo-async push lake --method replace --plan
    """
    order: _Order = {
        "into": into,
        "name": name,
        "update_method": UpdateMethod(method.upper()),
        "key_columns": tuple(key or ()),
        "evolve": evolve,
        "missing_columns": missing,
        "state": state,
        "refresh": refresh,
        "verify": verify,
    }
    invocation = Invocation.of(context)
    terminal = invocation.terminal

    async def ask() -> PushPlan:
        async with invocation.patient_client(concurrency=concurrency) as domo:
            return await domo.plan_push(paths, **order)

    async def carry_out(on_event: Callable[[PushEvent], None]) -> PushReport:
        async with invocation.patient_client(concurrency=concurrency) as domo:
            # Whoever may not in, or cannot reach Domo, hears it once and not for every DataSet.
            await domo.token()
            return await domo.push(
                paths,
                **order,
                concurrency=concurrency,
                memory=None if memory is None else memory * _MIB,
                unsettled=unsettled,
                patience=patience,
                max_failures=0 if fail_fast else max_failures,
                on_event=on_event,
            )

    if plan:
        refuse_without_work(report, events)
        planned = run(ask)
        if as_json:
            terminal.show_json(planned.to_dict())
        else:
            show_push_plan(planned, terminal)
        return
    files = checked(report or ())
    silent = quiet or events == STANDARD_ERROR
    with event_log(terminal, events) as log:
        chronicler = Chronicler("push")
        with (
            shown_job(terminal, chronicler, log.beside(PushListener(chronicler)), quiet=silent) as progress,
            written_down(chronicler, files, terminal, quiet=silent),
        ):
            try:
                done = run(lambda: carry_out(progress))
            except (DomoError, KeyboardInterrupt):
                if progress.finished and not silent:
                    terminal.say(
                        f"Complete: {many(progress.finished, 'DataSet')}. The same command again goes on from here, "
                        "and appends nothing twice."
                    )
                raise
        if as_json:
            terminal.show_json(done.to_dict())
        elif not (quiet and done.ok):
            show_push_report(done, terminal)
        if not done.ok:
            log.code = ExitCode.FAILURE
    if not done.ok:
        raise typer.Exit(ExitCode.FAILURE)
