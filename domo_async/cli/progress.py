"""A job, shown while it happens: a board on a terminal, one line per DataSet anywhere else.

For any job: `shown` and `shown_job` give a `Progress`, which is to be called with every event. The recorder knows the
events of a pull; another job brings a function that tells it its own::

    chronicler = Chronicler("push")
    with shown_job(terminal, chronicler, PushListener(chronicler)) as progress:
        report = await domo.push(..., on_event=progress)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, TypeVar

from rich.live import Live
from rich.text import Text

from domo_async.cli.advice import with_options
from domo_async.cli.board import Board
from domo_async.cli.tally import Tally
from domo_async.cli.terminal import printable
from domo_async.cli.words import many, size
from domo_async.jobs.chronicle import Chronicler

if TYPE_CHECKING:
    from domo_async.cli.terminal import Terminal
    from domo_async.jobs import PullEvent
    from domo_async.jobs.chronicle.recording import Recording

__all__ = ["Progress", "shown", "shown_job"]

_SILENCE = 30.0
"""Seconds without a line after which a log gets one."""

_LOOKS_PER_SECOND = 6
_DOING = {"pull": "Pulling", "push": "Pushing"}

E = TypeVar("E")


class Progress(Tally, Generic[E]):
    """Takes the events of a job, and shows nothing.

    Args:
        chronicler: The recorder of the job.
        listener: Tells the events to the recorder.
    """

    def __init__(self, chronicler: Chronicler, listener: Callable[[E], None]) -> None:
        super().__init__(chronicler)
        self._listener = listener

    def __call__(self, event: E) -> None:
        """Take the next event."""
        self._listener(event)


@contextmanager
def shown(
    terminal: Terminal,
    *,
    quiet: bool = False,
    chronicler: Chronicler | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Generator[Progress[PullEvent]]:
    """Show a pull.

    Args:
        terminal: Where to; only its standard error is written to.
        quiet: Show nothing, and count all the same.
        chronicler: The recorder of the job; None makes one.
        clock: Monotonic seconds.

    Yields:
        What takes the events.
    """
    chronicler = chronicler or Chronicler()
    with shown_job(terminal, chronicler, chronicler, quiet=quiet, clock=clock) as progress:
        yield progress


@contextmanager
def shown_job(
    terminal: Terminal,
    chronicler: Chronicler,
    listener: Callable[[E], None],
    *,
    quiet: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> Generator[Progress[E]]:
    """Show a job of any kind.

    Args:
        terminal: Where to; only its standard error is written to.
        chronicler: The recorder of the job.
        listener: Tells the events of the job to the recorder.
        quiet: Show nothing, and count all the same.
        clock: Monotonic seconds.

    Yields:
        What takes the events.
    """
    if quiet:
        yield Progress(chronicler, listener)
    elif terminal.err.is_terminal and not terminal.err.is_dumb_terminal:
        bars = _Bars(terminal, chronicler, listener)
        with bars.live:
            yield bars
    else:
        yield _Lines(terminal, chronicler, listener, clock)


class _Lines(Progress[E]):
    """For logs and pipes: a line when something is over, and one now and then when nothing is."""

    def __init__(
        self,
        terminal: Terminal,
        chronicler: Chronicler,
        listener: Callable[[E], None],
        clock: Callable[[], float],
    ) -> None:
        super().__init__(chronicler, listener)
        self._terminal = terminal
        self._clock = clock
        self._said_at = clock()
        self._seen = _Seen(chronicler)
        self._begun = False
        self._pausing = False

    def __call__(self, event: E) -> None:
        super().__call__(event)
        if self.total is not None and not self._begun:
            self._begun = True
            unchanged = f", {self.skipped:,} of them unchanged" if self.skipped else ""
            doing = _DOING.get(self.chronicler.job, self.chronicler.job)
            self._say(f"{doing} {many(self.total, 'DataSet')}{unchanged}")
        for one in self._seen.news():
            self._tell(one)
        self._tell_of_domo()
        if self._clock() - self._said_at >= _SILENCE:
            self._say(f"{self._place()} {many(self.rows, 'row')}, {size(self.received)} so far{self._still()}")

    def _tell(self, one: Recording) -> None:
        name = printable(one.name or one.dataset_id)
        if one.phase == "retrying":
            wait = one.next_attempt - one.since
            self._say(f"{name}: attempt {one.attempt - 1} failed, next in {wait:.1f} s: {printable(one.trouble)}")
        elif one.failure is not None:
            why = with_options(one.failure.text, one.failure.cure)
            self._say(f"{self._place()} {name}: failed: {printable(why)}")
        elif one.fate == "fetched":
            self._say(f"{self._place()} {name}: {many(one.rows, 'row')}, {size(one.received)} in {one.seconds:.1f} s")

    def _tell_of_domo(self) -> None:
        stats = self.chronicler.stats
        pausing = stats is not None and stats.paused_for > 0
        if stats is not None and pausing and not self._pausing:
            self._say(f"Domo asks everybody to wait {stats.paused_for:.0f} s")
        self._pausing = pausing

    def _still(self) -> str:
        active = list(self.chronicler.active.values())
        if not active:
            return ""
        longest = min(active, key=lambda one: one.since if one.begun is None else one.begun)
        return f"; {len(active)} on their way, the longest {printable(longest.name or longest.dataset_id)}"

    def _say(self, line: str) -> None:
        self._said_at = self._clock()
        self._terminal.say(line)

    def _place(self) -> str:
        total = "" if self.total is None else f"/{self.total}"
        return f"[{self.chronicler.done}{total}]"


class _Bars(Progress[E]):
    """For people: a board that is drawn again and again, and gone when the job is over."""

    def __init__(self, terminal: Terminal, chronicler: Chronicler, listener: Callable[[E], None]) -> None:
        super().__init__(chronicler, listener)
        self._console = terminal.err
        self._seen = _Seen(chronicler)
        self.live = Live(
            Board(self),
            console=terminal.err,
            refresh_per_second=_LOOKS_PER_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            vertical_overflow="crop",
        )

    def __call__(self, event: E) -> None:
        super().__call__(event)
        for one in self._seen.news():
            if one.failure is not None:
                words = f"{printable(one.name or one.dataset_id)}: {printable(one.failure.text)}"
                self._console.print(Text.assemble(("failed ", "red"), words))


class _Seen:
    """Tells which DataSet an event has ended or sent back to its beginning, whatever kind of event it was."""

    def __init__(self, chronicler: Chronicler) -> None:
        self._chronicler = chronicler
        self._done = 0
        self._retries = 0

    def news(self) -> list[Recording]:
        """The DataSet, if the last event was such a one."""
        chronicler = self._chronicler
        if (chronicler.done, chronicler.retries) == (self._done, self._retries):
            return []
        self._done, self._retries = chronicler.done, chronicler.retries
        return [chronicler.last] if chronicler.last is not None else []
