"""What a pull has done, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from domo_async.cli.advice import as_typed
from domo_async.cli.sheets import Heading, Sheet
from domo_async.cli.tables import called, count, many, size
from domo_async.cli.terminal import printable

if TYPE_CHECKING:
    from domo_async.cli.terminal import Terminal
    from domo_async.jobs import PullPlan, PullReport

__all__ = ["show_plan", "show_report"]

_ROOM_FOR_SIZES = 56
_ROOM_FOR_REASONS = 50


def show_report(report: PullReport, terminal: Terminal, folder: str) -> None:
    """Write a table of all DataSets but those that had not changed, why some are missing, and the sums.

    Args:
        report: What was done.
        terminal: Where to write.
        folder: Where the files are.
    """
    headings = [
        Heading("DataSet"),
        Heading("Rows", "count"),
        Heading("Received", "count", room=_ROOM_FOR_SIZES),
        Heading("On disk", "count", room=_ROOM_FOR_SIZES),
        Heading("Seconds", "count"),
    ]
    if retried := any(transfer.retries for transfer in report.transfers):
        headings.append(Heading("Retries", "count", room=_ROOM_FOR_SIZES))
    rows: list[list[object]] = []
    for transfer in report.transfers:
        if transfer.action == "unchanged" and transfer.ok:
            continue
        numbers = (
            (count(transfer.rows), size(transfer.received), size(transfer.file_bytes))
            if transfer.ok
            else (Text("failed", "red"), "", "")
        )
        again = [str(transfer.retries or "")] if retried else []
        rows.append([called(transfer), *numbers, f"{transfer.seconds:.1f}", *again])
    if rows:
        terminal.show(Sheet(headings, rows))
        terminal.show("")
    for transfer in report.failed:
        sentence = f"{called(transfer)} ({transfer.dataset_id})" if transfer.name else transfer.dataset_id
        terminal.tell(f"{sentence}: {printable(as_typed(transfer.error))}", style="red")
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
    headings = (
        Heading("DataSet"),
        Heading("Action", "word"),
        Heading("Rows", "count"),
        Heading("Why", room=_ROOM_FOR_REASONS),
    )
    sheet = Sheet(
        headings,
        (
            (one.name or one.dataset_id, one.action or Text("unknown", "red"), count(one.rows), one.reason)
            for one in plan.transfers
            if one.action != "unchanged"
        ),
    )
    if sheet.rows:
        terminal.show(sheet)
        terminal.show("")
    for name in (*plan.leftovers, *plan.removed):
        terminal.tell(f"to be removed: {printable(name)}")
    for warning in plan.warnings:
        terminal.tell(printable(warning), style="yellow")
    terminal.tell(
        f"{len(plan.to_fetch):,} of {many(len(plan.transfers), 'DataSet')} to fetch, {many(plan.rows, 'row')}; "
        f"{len(plan.of('unchanged')):,} have not changed"
    )
