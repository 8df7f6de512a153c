"""``domo-async pull``: DataSets into a folder of files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from domo_async.cli.exit_codes import ExitCode
from domo_async.cli.invocation import Invocation
from domo_async.cli.progress import shown
from domo_async.cli.pull_report import show_report
from domo_async.cli.running import run
from domo_async.cli.tables import many
from domo_async.errors import DomoError
from domo_async.jobs import PullEvent, PullReport
from domo_async.models import DataSetSummary
from domo_async.tabular.file_format import FileFormat

__all__ = ["pull"]


def pull(
    context: typer.Context,
    ids: Annotated[
        list[str] | None, typer.Argument(help="Ids of DataSets.", metavar="ID...", show_default=False)
    ] = None,
    *,
    to: Annotated[Path, typer.Option(help="Folder for the files; created when missing.", metavar="DIR")],
    format: Annotated[
        FileFormat, typer.Option(help="One of parquet, arrow, csv, csv.gz, jsonl.", metavar="FORMAT")
    ] = "parquet",
    concurrency: Annotated[int, typer.Option(min=1, max=256, help="DataSets at a time.", metavar="N")] = 16,
    everything: Annotated[bool, typer.Option("--all", help="All DataSets that the client may see.")] = False,
    name_like: Annotated[
        str | None, typer.Option(help="All DataSets whose names contain this.", metavar="TEXT")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write the report as one JSON object.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Show no progress, and no report if all went well.")
    ] = False,
) -> None:
    """Bring DataSets into a folder, one file each.

    A file appears when it is whole. A DataSet that fails does not stop the others; then the exit code is 1.

    Example: domo-async pull --name-like sales --to lake --format parquet
    """
    if sum((bool(ids), everything, name_like is not None)) != 1:
        raise typer.BadParameter("give ids, or --all, or --name-like TEXT", param_hint="DataSets")
    invocation = Invocation.of(context)
    terminal = invocation.terminal
    with shown(terminal, quiet=quiet) as tally:
        try:
            report = run(lambda: _pull(invocation, ids, name_like, to, format, concurrency, tally))
        except (DomoError, KeyboardInterrupt):
            if tally.finished and not quiet:
                terminal.say(
                    f"Complete in {to}: {many(tally.finished, 'DataSet')}. Nothing half-written is left there."
                )
            raise
    if as_json:
        terminal.show_json(report.to_dict())
    elif not report.transfers:
        terminal.say("No DataSets.")
    elif not (quiet and report.ok):
        show_report(report, terminal, str(to))
    if not report.ok:
        raise typer.Exit(ExitCode.FAILURE)


async def _pull(
    invocation: Invocation,
    ids: list[str] | None,
    name_like: str | None,
    to: Path,
    format: FileFormat,
    concurrency: int,
    on_event: Callable[[PullEvent], None],
) -> PullReport:
    async with invocation.patient_client(concurrency=concurrency) as domo:
        # Whoever may not in, or cannot reach Domo, hears it once and not for every DataSet.
        await domo.token()
        wanted: list[str] | list[DataSetSummary] = ids or await domo.datasets.list(name_like=name_like).collect()
        return await domo.pull(wanted, to=to, format=format, concurrency=concurrency, on_event=on_event)
