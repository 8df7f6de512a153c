"""What a pull has done, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from domo_async.cli.tables import called, count, many, plain_table, size
from domo_async.cli.terminal import printable

if TYPE_CHECKING:
    from domo_async.cli.terminal import Terminal
    from domo_async.jobs import PullPlan, PullReport

__all__ = ["show_plan", "show_report"]


def show_report(report: PullReport, terminal: Terminal, folder: str) -> None:
    """Write a table of all DataSets but those that had not changed, why some are missing, and the sums.

    Args:
        report: What was done.
        terminal: Where to write.
        folder: Where the files are.
    """
    table = plain_table()
    table.add_column("DataSet", overflow="fold")
    retried = any(transfer.retries for transfer in report.transfers)
    for heading in ("Rows", "Received", "On disk", "Seconds", *(["Retries"] if retried else [])):
        table.add_column(heading, justify="right", no_wrap=True)
    shown = [transfer for transfer in report.transfers if transfer.action != "unchanged" or not transfer.ok]
    for transfer in shown:
        numbers = (
            (count(transfer.rows), size(transfer.received), size(transfer.file_bytes))
            if transfer.ok
            else (Text("failed", "red"), "", "")
        )
        again = [str(transfer.retries) if transfer.retries else ""] if retried else []
        table.add_row(called(transfer), *numbers, f"{transfer.seconds:.1f}", *again)
    if shown:
        terminal.show(table)
        terminal.show("")
    for transfer in report.failed:
        sentence = f"{called(transfer)} ({transfer.dataset_id})" if transfer.name else transfer.dataset_id
        terminal.tell(f"{sentence}: {printable(str(transfer.error))}", style="red")
    for warning in report.warnings:
        terminal.tell(printable(warning), style="yellow")
    unchanged = f"; {many(len(report.unchanged), 'DataSet')} had not changed" if report.unchanged else ""
    removed = f"; {many(len(report.removed), 'file')} removed" if report.removed else ""
    speed = size(report.received / max(report.seconds, 0.001))
    terminal.tell(
        f"{len(report.succeeded)} of {len(report.transfers)} DataSets in {report.seconds:.1f} s: "
        f"{many(report.rows, 'row')}, {size(report.received)} received ({speed}/s), "
        f"{size(report.file_bytes)} on disk, in {folder}{unchanged}{removed}",
    )


def show_plan(plan: PullPlan, terminal: Terminal) -> None:
    """Write what would be done for each DataSet, and the sums.

    Args:
        plan: What would be done.
        terminal: Where to write.
    """
    table = plain_table()
    table.add_column("DataSet", overflow="fold")
    table.add_column("Action", no_wrap=True)
    table.add_column("Rows", justify="right", no_wrap=True)
    table.add_column("Why", overflow="fold")
    for one in plan.transfers:
        if one.action != "unchanged":
            name = printable(one.name or one.dataset_id)
            table.add_row(name, one.action or Text("unknown", "red"), count(one.rows), printable(one.reason))
    if table.row_count:
        terminal.show(table)
        terminal.show("")
    for name in (*plan.leftovers, *plan.removed):
        terminal.tell(f"to be removed: {printable(name)}")
    for warning in plan.warnings:
        terminal.tell(printable(warning), style="yellow")
    terminal.tell(
        f"{len(plan.to_fetch):,} of {many(len(plan.transfers), 'DataSet')} to fetch, {many(plan.rows, 'row')}; "
        f"{len(plan.of('unchanged')):,} have not changed"
    )
