"""A pull, shown while it happens: moving bars on a terminal, one line per DataSet anywhere else."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID
from rich.table import Column
from rich.text import Text

from domo_async.cli.tables import called, many, size
from domo_async.cli.tally import Tally
from domo_async.cli.terminal import printable
from domo_async.jobs import (
    PullEvent,
    PullStarted,
    SelectionRead,
    TransferFailed,
    TransferFinished,
    TransferProgress,
    TransferRetried,
    TransferSkipped,
    TransferStarted,
)

if TYPE_CHECKING:
    from domo_async.cli.terminal import Terminal
    from domo_async.jobs import Transfer

__all__ = ["shown"]

_NAME_WIDTH = 28
_ROOM_FOR_BARS = 70
_SILENCE = 30.0
"""Seconds without a line after which a log gets one."""


@contextmanager
def shown(terminal: Terminal, *, quiet: bool = False, clock: Callable[[], float] = time.monotonic) -> Generator[Tally]:
    """Show a pull.

    Args:
        terminal: Where to; only its standard error is written to.
        quiet: Show nothing, and count all the same.
        clock: Monotonic seconds.

    Yields:
        What takes the events.
    """
    if quiet:
        yield Tally(clock)
    elif terminal.err.is_terminal and not terminal.err.is_dumb_terminal:
        bars = _Bars(terminal, clock)
        with bars.progress:
            yield bars
    else:
        yield _Lines(terminal, clock)


class _Lines(Tally):
    """For logs and pipes: a line when something is over, and one now and then when nothing is."""

    def __init__(self, terminal: Terminal, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self._terminal = terminal
        self._said_at = clock()

    def __call__(self, event: PullEvent) -> None:
        super().__call__(event)
        match event:
            case PullStarted() if event.total is not None:
                self._say(f"Pulling {many(event.total, 'DataSet')}")
            case SelectionRead() if event.skipped:
                self._say(f"{many(event.skipped, 'DataSet')} of {event.total:,} have not changed")
            case TransferRetried():
                self._say(
                    f"{event.dataset_id}: attempt {event.attempt} failed, next in {event.wait:.1f} s: "
                    f"{printable(str(event.error))}"
                )
            case TransferFinished(transfer=transfer):
                self._say(
                    f"{self._place()} {called(transfer)}: {many(transfer.rows, 'row')}, {size(transfer.received)} in "
                    f"{transfer.seconds:.1f} s"
                )
            case TransferFailed(transfer=transfer):
                self._say(f"{self._place()} {called(transfer)}: failed: {printable(str(transfer.error))}")
            case TransferProgress() if self.clock() - self._said_at >= _SILENCE:
                self._say(f"{self._place()} {many(self.rows, 'row')}, {size(self.received)} so far")
            case _:
                pass

    def _say(self, line: str) -> None:
        self._said_at = self.clock()
        self._terminal.say(line)

    def _place(self) -> str:
        total = "" if self.total is None else f"/{self.total}"
        return f"[{self.finished + self.failed}{total}]"


class _Bars(Tally):
    """For people: a bar for each DataSet on its way, and one for all of them."""

    def __init__(self, terminal: Terminal, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        name = Column(no_wrap=True, overflow="ellipsis", max_width=_NAME_WIDTH)
        columns: list[ProgressColumn] = [_Name(table_column=name)]
        if terminal.err.width >= _ROOM_FOR_BARS:
            columns.append(BarColumn(bar_width=None, table_column=Column(ratio=1)))
        columns += [
            _Rows(table_column=_numbers(15)),
            _Received(table_column=_numbers(8)),
            _Speed(table_column=_numbers(10)),
        ]
        self.progress = Progress(
            *columns, console=terminal.err, transient=True, expand=True, redirect_stdout=False, redirect_stderr=False
        )
        self._bars: dict[str, TaskID] = {}
        self._all = self.progress.add_task("All DataSets", total=None, tally=self)

    def __call__(self, event: PullEvent) -> None:
        super().__call__(event)
        match event:
            case PullStarted():
                self.progress.update(self._all, total=event.total)
            case SelectionRead():
                self.progress.update(self._all, total=event.total)
            case TransferStarted():
                self._remove(event.dataset_id)
                self._bars[event.dataset_id] = self.progress.add_task(
                    printable(event.name or event.dataset_id), total=event.rows_expected
                )
            case TransferProgress() if event.dataset_id in self._bars:
                self.progress.update(
                    self._bars[event.dataset_id], completed=event.rows, rows=event.rows, received=event.received
                )
            case TransferRetried() if event.dataset_id in self._bars:
                self.progress.update(self._bars[event.dataset_id], completed=0, note="again soon")
            case (
                TransferFinished(transfer=transfer)
                | TransferSkipped(transfer=transfer)
                | TransferFailed(transfer=transfer)
            ):
                self._over(transfer)
            case _:
                pass

    def _over(self, transfer: Transfer) -> None:
        self._remove(transfer.dataset_id)
        self.progress.advance(self._all)
        if transfer.error is not None:
            failure = f"{called(transfer)}: {printable(str(transfer.error))}"
            self.progress.console.print(Text.assemble(("failed ", "red"), failure))

    def _remove(self, dataset_id: str) -> None:
        bar = self._bars.pop(dataset_id, None)
        if bar is not None:
            self.progress.remove_task(bar)


def _numbers(width: int) -> Column:
    # Of one width, so that bars do not jump while the numbers grow.
    return Column(justify="right", no_wrap=True, min_width=width)


class _Name(ProgressColumn):
    """Name of the DataSet; for the sum, how many are there."""

    def render(self, task: Task) -> Text:
        tally: Tally | None = task.fields.get("tally")
        if tally is None:
            return Text(task.description)
        if tally.total is None and not tally.finished:
            return Text("Asking Domo", style="bold")
        total = "" if tally.total is None else f" of {tally.total}"
        failed = f", {tally.failed} failed" if tally.failed else ""
        return Text(f"{tally.finished}{total} DataSets{failed}", style="bold")


class _Rows(ProgressColumn):
    """Rows so far."""

    def render(self, task: Task) -> Text:
        tally: Tally | None = task.fields.get("tally")
        if note := task.fields.get("note"):
            return Text(note, style="yellow")
        rows = tally.rows if tally is not None else task.fields.get("rows", 0)
        return Text(many(rows, "row"))


class _Received(ProgressColumn):
    """Bytes so far."""

    def render(self, task: Task) -> Text:
        tally: Tally | None = task.fields.get("tally")
        return Text(size(tally.received if tally is not None else task.fields.get("received", 0)))


class _Speed(ProgressColumn):
    """Bytes per second."""

    def render(self, task: Task) -> Text:
        tally: Tally | None = task.fields.get("tally")
        if tally is not None:
            return Text(f"{size(tally.speed)}/s")
        elapsed = task.elapsed or 0.0
        speed = task.fields.get("received", 0) / elapsed if elapsed > 0 else 0.0
        return Text(f"{size(speed)}/s")
