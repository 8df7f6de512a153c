"""A push, shown while it happens: a line for each DataSet, and on a terminal one below them that moves."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from domo_async.cli.words import many, printable, size
from domo_async.jobs import (
    PushEvent,
    PushStarted,
    UploadFailed,
    UploadFinished,
    UploadProgress,
    UploadRetried,
    UploadSkipped,
    UploadStarted,
)

if TYPE_CHECKING:
    from domo_async.cli.terminal import Terminal

__all__ = ["PushTally", "shown_push"]


class PushTally:
    """Counts what a push has done so far, from its events.

    Attributes:
        total: DataSets of the push.
        finished: DataSets that have their rows.
        failed: DataSets that were given up.

    Args:
        say: Writes a line, None for a push that is only counted.
        update: Takes the words for the line that moves.
    """

    def __init__(self, say: Callable[[str], None] | None = None, update: Callable[[str], None] | None = None) -> None:
        self.total: int = 0
        self.finished: int = 0
        self.failed: int = 0
        self._say = say
        self._update = update
        self._sent: dict[str, tuple[int, int]] = {}

    def __call__(self, event: PushEvent) -> None:
        """Take the next event."""
        match event:
            case PushStarted():
                self.total = event.total
            case UploadFinished(upload=upload) | UploadSkipped(upload=upload):
                self.finished += 1
                self._sent[upload.source] = (upload.rows, upload.sent)
            case UploadFailed(upload=upload):
                self.failed += 1
                self._sent.pop(upload.source, None)
            case UploadStarted():
                self._sent.pop(event.source, None)
            case UploadProgress():
                self._sent[event.source] = (event.rows, event.sent)
            case _:
                pass
        line = self._line(event)
        if line and self._say is not None:
            self._say(line)
        if self._update is not None:
            rows, sent = (sum(numbers) for numbers in zip((0, 0), *self._sent.values(), strict=True))
            done = self.finished + self.failed
            self._update(f"{done} of {many(self.total, 'DataSet')}, {many(rows, 'row')}, {size(sent)} sent")

    def _line(self, event: PushEvent) -> str:
        place = f"[{self.finished + self.failed}/{self.total}]"
        match event:
            case PushStarted():
                return f"Pushing {many(event.total, 'DataSet')}"
            case UploadRetried():
                wait = f"attempt {event.attempt} failed, next in {event.wait:.1f} s"
                return f"{printable(event.source)}: {wait}: {printable(str(event.error))}"
            case UploadFinished(upload=upload):
                numbers = f"{many(upload.rows, 'row')}, {size(upload.sent)} sent in {upload.seconds:.1f} s"
                return f"{place} {printable(upload.name)}: {numbers}"
            case UploadSkipped(upload=upload) if upload.action == "settled":
                return f"{place} {printable(upload.name)}: {upload.reason}"
            case UploadFailed(upload=upload):
                return f"{place} {printable(upload.name)}: failed: {printable(str(upload.error))}"
            case _:
                return ""


@contextmanager
def shown_push(terminal: Terminal, *, quiet: bool = False) -> Generator[PushTally]:
    """Show a push.

    Args:
        terminal: Where to; only its standard error is written to.
        quiet: Show nothing, and count all the same.

    Yields:
        What takes the events.
    """
    if quiet:
        yield PushTally()
    elif terminal.err.is_terminal and not terminal.err.is_dumb_terminal:
        with terminal.err.status("Asking Domo") as status:
            yield PushTally(terminal.say, status.update)
    else:
        yield PushTally(terminal.say)
