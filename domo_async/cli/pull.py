"""``domo-async pull``: DataSets into a lake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated

import typer

from domo_async.cli.event_log import STANDARD_ERROR, event_log
from domo_async.cli.exit_codes import ExitCode
from domo_async.cli.invocation import Invocation
from domo_async.cli.job_report import checked, refuse_without_work, written_down
from domo_async.cli.options import EventsOption, ReportOption
from domo_async.cli.progress import shown_job
from domo_async.cli.pull_report import show_plan, show_report
from domo_async.cli.running import run
from domo_async.cli.tables import many
from domo_async.errors import DomoError
from domo_async.jobs import Chronicler, PullEvent, PullPlan, PullReport, Selection
from domo_async.jobs.settings import CalledAfter
from domo_async.jobs.targets import without_secrets
from domo_async.tabular.file_format import FileFormat

__all__ = ["pull"]

_MIB = 2**20


@dataclass(frozen=True, slots=True)
class _Order:
    """What is to be pulled, and how."""

    selection: Selection
    to: str
    format: FileFormat
    names: CalledAfter
    rows_per_file: int | None
    concurrency: int
    memory: int | None
    refresh: bool
    verify: bool
    prune: bool
    patience: float
    max_failures: int | None


def pull(
    context: typer.Context,
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of DataSets.", metavar="ID", show_default=False)] = None,
    *,
    to: Annotated[
        str,
        typer.Option(
            help="Folder for the files, created when missing; or lake.duckdb, or a URI such as s3://bucket/lake.",
            metavar="TARGET",
        ),
    ],
    format: Annotated[
        FileFormat, typer.Option(help="One of parquet, arrow, csv, csv.gz, jsonl.", metavar="FORMAT")
    ] = "parquet",
    concurrency: Annotated[int, typer.Option(min=1, max=256, help="DataSets at a time.", metavar="N")] = 16,
    everything: Annotated[bool, typer.Option("--all", help="All DataSets that the client may see.")] = False,
    name_like: Annotated[
        str | None, typer.Option(help="All DataSets whose names contain this.", metavar="TEXT")
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(help="All DataSets of this name; * stands for any text, ? for a character.", metavar="PATTERN"),
    ] = None,
    owner: Annotated[
        list[str] | None, typer.Option(help="Of these, only what this user owns: an id or a name.", metavar="USER")
    ] = None,
    names: Annotated[CalledAfter, typer.Option(help="What files are called after.", metavar="name|id")] = "name",
    rows_per_file: Annotated[
        int | None, typer.Option(min=1, help="Make a folder of files for each DataSet.", metavar="N")
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", "--dry-run", help="Show what would be done, and do nothing.")] = False,
    refresh: Annotated[bool, typer.Option(help="Fetch what has not changed, too.")] = False,
    verify: Annotated[bool, typer.Option(help="Read the files that are there, and repair them.")] = False,
    prune: Annotated[bool, typer.Option(help="Remove files of DataSets that are not meant any more.")] = False,
    patience: Annotated[
        float, typer.Option(min=0, help="Seconds to go on trying while Domo is away.", metavar="SECONDS")
    ] = 600.0,
    max_failures: Annotated[
        int | None, typer.Option(min=0, help="Stop when more DataSets have failed.", metavar="N")
    ] = None,
    fail_fast: Annotated[bool, typer.Option(help="Stop with the first failure.")] = False,
    memory: Annotated[
        int | None, typer.Option(min=50, help="MiB that rows on their way may take.", metavar="MIB")
    ] = None,
    report: ReportOption = None,
    events: EventsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write the report as one JSON object.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Show no progress, and no report if all went well.")
    ] = False,
) -> None:
    """Bring DataSets into a folder, one file each.

    The next time, only what has changed is fetched. A file appears when it is whole. A DataSet that fails does not stop
    the others; then the exit code is 1. However it ends, the same command again goes on from there.

    Example: domo-async pull --name "sales*" --to lake --format parquet
    """
    if sum((bool(ids), everything, name_like is not None, bool(name))) != 1:
        raise typer.BadParameter("give ids, or --all, or --name-like TEXT, or --name PATTERN", param_hint="DataSets")
    order = _Order(
        selection=_selection(ids, name_like, name, owner),
        to=to,
        format=format,
        names=names,
        rows_per_file=rows_per_file,
        concurrency=concurrency,
        memory=None if memory is None else memory * _MIB,
        refresh=refresh,
        verify=verify,
        prune=prune,
        patience=patience,
        max_failures=0 if fail_fast else max_failures,
    )
    invocation = Invocation.of(context)
    if plan:
        refuse_without_work(report, events)
        _show_plan(invocation, order, as_json=as_json)
        return
    paths = checked(report or ())
    terminal = invocation.terminal
    silent = quiet or events == STANDARD_ERROR
    with event_log(terminal, events) as log:
        chronicler = Chronicler(target=without_secrets(to))
        with (
            shown_job(terminal, chronicler, log.beside(chronicler), quiet=silent) as progress,
            written_down(chronicler, paths, terminal, quiet=silent),
        ):
            try:
                done = run(lambda: _pull(invocation, order, progress))
            except (DomoError, KeyboardInterrupt):
                if progress.finished and not silent:
                    terminal.say(
                        f"Complete in {to}: {many(progress.finished, 'DataSet')}. Nothing half-written is left "
                        "there. The same command again goes on from here."
                    )
                raise
        if as_json:
            terminal.show_json(done.to_dict())
        elif not done.transfers:
            terminal.say("No DataSets.")
        elif not (quiet and done.ok):
            show_report(done, terminal, to)
        if not done.ok:
            log.code = ExitCode.FAILURE
    if not done.ok:
        raise typer.Exit(ExitCode.FAILURE)


def _selection(
    ids: list[str] | None, name_like: str | None, name: list[str] | None, owner: list[str] | None
) -> Selection:
    if ids:
        selection = Selection.ids(*ids)
    elif name:
        selection = Selection.names(*name)
    elif name_like:
        selection = replace(Selection.everything(), words=f"names with {name_like!r}", name_like=name_like)
    else:
        selection = Selection.everything()
    return selection & Selection.owned_by(*owner) if owner else selection


async def _pull(invocation: Invocation, order: _Order, on_event: Callable[[PullEvent], None]) -> PullReport:
    async with invocation.patient_client(concurrency=order.concurrency) as domo:
        # Whoever may not in, or cannot reach Domo, hears it once and not for every DataSet.
        await domo.token()
        return await domo.pull(
            order.selection,
            to=order.to,
            format=order.format,
            names=order.names,
            rows_per_file=order.rows_per_file,
            concurrency=order.concurrency,
            memory=order.memory,
            refresh=order.refresh,
            verify=order.verify,
            prune=order.prune,
            patience=order.patience,
            max_failures=order.max_failures,
            on_event=on_event,
        )


def _show_plan(invocation: Invocation, order: _Order, *, as_json: bool) -> None:
    async def ask() -> PullPlan:
        async with invocation.patient_client(concurrency=order.concurrency) as domo:
            await domo.token()
            return await domo.plan_pull(
                order.selection,
                to=order.to,
                format=order.format,
                names=order.names,
                rows_per_file=order.rows_per_file,
                concurrency=order.concurrency,
                refresh=order.refresh,
                verify=order.verify,
                prune=order.prune,
            )

    plan = run(ask)
    if as_json:
        invocation.terminal.show_json(plan.to_dict())
    else:
        show_plan(plan, invocation.terminal)
