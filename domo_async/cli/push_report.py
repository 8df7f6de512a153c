"""What a push has done, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from domo_async.cli.advice import as_typed
from domo_async.cli.sheets import Heading, Sheet
from domo_async.cli.tables import count, many, size
from domo_async.cli.terminal import printable

if TYPE_CHECKING:
    from domo_async.cli.terminal import Terminal
    from domo_async.jobs import PushPlan, PushReport

__all__ = ["show_push_plan", "show_push_report"]

_ROOM_FOR_SIZES = 56
_ROOM_FOR_REASONS = 66


def show_push_report(report: PushReport, terminal: Terminal) -> None:
    """Write a table of all DataSets but those that had not changed, why some are missing, and the sums.

    Args:
        report: What was done.
        terminal: Where to write.
    """
    headings = (
        Heading("DataSet"),
        Heading("Action", "word"),
        Heading("Rows", "count"),
        Heading("Sent", "count", room=_ROOM_FOR_SIZES),
        Heading("Seconds", "count", room=_ROOM_FOR_SIZES),
    )
    rows: list[tuple[object, ...]] = []
    for upload in report.uploads:
        if upload.ok and upload.action == "unchanged":
            continue
        action = upload.action or "" if upload.ok else Text("failed", "red")
        numbers = (count(upload.rows), size(upload.sent)) if upload.ok else ("", "")
        rows.append((upload.name, action, *numbers, f"{upload.seconds:.1f}"))
    if rows:
        terminal.show(Sheet(headings, rows))
        terminal.show("")
    for upload in report.failed:
        terminal.tell(
            f"{printable(upload.name)} ({printable(upload.source)}): {printable(as_typed(upload.error))}", style="red"
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
    headings = (
        Heading("DataSet"),
        Heading("Action", "word"),
        Heading("Method", "word", room=_ROOM_FOR_SIZES),
        Heading("Size", "count", room=_ROOM_FOR_SIZES),
        Heading("Why", room=_ROOM_FOR_REASONS),
    )
    sheet = Sheet(
        headings,
        (
            (one.name, one.action or Text("impossible", "red"), one.update_method, size(one.file_bytes), one.reason)
            for one in plan.uploads
            if one.action != "unchanged"
        ),
    )
    if sheet.rows:
        terminal.show(sheet)
        terminal.show("")
    for warning in plan.warnings:
        terminal.tell(printable(warning), style="yellow")
    terminal.tell(
        f"{len(plan.to_write):,} of {many(len(plan.uploads), 'DataSet')} to push, {size(plan.file_bytes)}; "
        f"{len(plan.of('unchanged')):,} have not changed"
    )
