"""What a pull has done, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from domo_async.cli.tables import called, count, many, plain_table, size
from domo_async.cli.terminal import printable

if TYPE_CHECKING:
    from domo_async.cli.terminal import Terminal
    from domo_async.jobs import PullReport

__all__ = ["show_report"]


def show_report(report: PullReport, terminal: Terminal, folder: str) -> None:
    """Write a table of all DataSets, why some are missing, and the sums.

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
    for transfer in report.transfers:
        numbers = (
            (count(transfer.rows), size(transfer.received), size(transfer.file_bytes))
            if transfer.ok
            else (Text("failed", "red"), "", "")
        )
        again = [str(transfer.retries) if transfer.retries else ""] if retried else []
        table.add_row(called(transfer), *numbers, f"{transfer.seconds:.1f}", *again)
    terminal.show(table)
    terminal.show("")
    for transfer in report.failed:
        sentence = f"{called(transfer)} ({transfer.dataset_id})" if transfer.name else transfer.dataset_id
        terminal.tell(f"{sentence}: {printable(str(transfer.error))}", style="red")
    speed = size(report.received / max(report.seconds, 0.001))
    terminal.tell(
        f"{len(report.succeeded)} of {len(report.transfers)} DataSets in {report.seconds:.1f} s: "
        f"{many(report.rows, 'row')}, {size(report.received)} received ({speed}/s), "
        f"{size(report.file_bytes)} on disk, in {folder}",
    )
