"""What a push has done, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from domo_async.cli.tables import count, many, plain_table, size
from domo_async.cli.terminal import printable

if TYPE_CHECKING:
    from domo_async.cli.terminal import Terminal
    from domo_async.jobs import PushPlan, PushReport

__all__ = ["show_push_plan", "show_push_report"]


def show_push_report(report: PushReport, terminal: Terminal) -> None:
    """Write a table of all DataSets but those that had not changed, why some are missing, and the sums.

    Args:
        report: What was done.
        terminal: Where to write.
    """
    table = plain_table()
    table.add_column("DataSet", overflow="fold")
    table.add_column("Action", no_wrap=True)
    for heading in ("Rows", "Sent", "Seconds"):
        table.add_column(heading, justify="right", no_wrap=True)
    for upload in report.uploads:
        if upload.ok and upload.action == "unchanged":
            continue
        action = upload.action or "" if upload.ok else Text("failed", "red")
        numbers = (count(upload.rows), size(upload.sent)) if upload.ok else ("", "")
        table.add_row(printable(upload.name), action, *numbers, f"{upload.seconds:.1f}")
    if table.row_count:
        terminal.show(table)
        terminal.show("")
    for upload in report.failed:
        terminal.tell(
            f"{printable(upload.name)} ({printable(upload.source)}): {printable(str(upload.error))}", style="red"
        )
    for warning in report.warnings:
        terminal.tell(printable(warning), style="yellow")
    unchanged = f"; {many(len(report.unchanged), 'DataSet')} had not changed" if report.unchanged else ""
    terminal.tell(
        f"{len(report.succeeded)} of {len(report.uploads)} DataSets in {report.seconds:.1f} s: "
        f"{many(report.rows, 'row')}, {size(report.sent)} sent{unchanged}"
    )


def show_push_plan(plan: PushPlan, terminal: Terminal) -> None:
    """Write what would be done for each DataSet, and the sums.

    Args:
        plan: What would be done.
        terminal: Where to write.
    """
    table = plain_table()
    table.add_column("DataSet", overflow="fold")
    table.add_column("Action", no_wrap=True)
    table.add_column("Method", no_wrap=True)
    table.add_column("Size", justify="right", no_wrap=True)
    table.add_column("Why", overflow="fold")
    for one in plan.uploads:
        if one.action != "unchanged":
            action = one.action or Text("impossible", "red")
            table.add_row(printable(one.name), action, one.update_method, size(one.file_bytes), printable(one.reason))
    if table.row_count:
        terminal.show(table)
        terminal.show("")
    for warning in plan.warnings:
        terminal.tell(printable(warning), style="yellow")
    terminal.tell(
        f"{len(plan.to_write):,} of {many(len(plan.uploads), 'DataSet')} to push, {size(plan.file_bytes)}; "
        f"{len(plan.of('unchanged')):,} have not changed"
    )
