"""The events of a job for another program: one JSON object in each line."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeVar

from domo_async.cli.advice import advised
from domo_async.cli.exit_codes import ExitCode
from domo_async.errors import DomoError, TargetError
from domo_async.jobs import StatsRead, TransferProgress, UploadProgress
from domo_async.jobs.event_json import event_to_dict

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from domo_async.cli.terminal import Terminal

    EventT = TypeVar("EventT", bound=DataclassInstance)

__all__ = ["STANDARD_ERROR", "EventLog", "event_log"]

STANDARD_ERROR = "-"
"""What stands for standard error, instead of a file."""

_BETWEEN_PROGRESS = 1.0
_BETWEEN_STATS = 10.0


class EventLog:
    """Writes events, each at once, so that whoever follows the file is up to date.

    Of what only grows it writes less than there is: progress of one DataSet once a second, and the numbers of the
    client every ten seconds, or when Domo begins or ends to ask for a wait. If the log cannot be written any more, the
    job goes on without, and says so once.

    Attributes:
        code: The exit code, if the job ended without an exception and yet not well.
        step: The step of a job file that all is about from now on; None in a job that is no job file.

    Args:
        terminal: Where to say so.
        stream: Where to; None writes nothing.
        clock: Monotonic seconds.
    """

    def __init__(
        self, terminal: Terminal, stream: TextIO | None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._terminal = terminal
        self._stream = stream
        self._clock = clock
        self._told: dict[str, float] = {}
        self._stats_at = float("-inf")
        self._pausing = False
        self.code: ExitCode | None = None
        self.step: str | None = None

    def __call__(self, event: DataclassInstance) -> None:
        """Take the next event."""
        if self._stream is not None and self._is_worth_it(event):
            self.write(event_to_dict(event))

    def beside(self, listener: Callable[[EventT], None]) -> Callable[[EventT], None]:
        """What tells each event to a listener, and then to this log."""

        def tell(event: EventT) -> None:
            listener(event)
            self(event)

        return tell

    def write(self, document: Mapping[str, object]) -> None:
        """Write one line."""
        if self._stream is None:
            return
        if self.step is not None:
            document = {**document, "step": self.step}
        try:
            self._stream.write(json.dumps(document, ensure_ascii=True, separators=(",", ":")) + "\n")
            self._stream.flush()
        except OSError as error:
            self._stream = None
            self._terminal.say(f"The events cannot be written any more: {error.strerror or error}")

    def _is_worth_it(self, event: DataclassInstance) -> bool:
        now = self._clock()
        match event:
            case TransferProgress(dataset_id=one) | UploadProgress(source=one):
                if now - self._told.get(one, float("-inf")) < _BETWEEN_PROGRESS:
                    return False
                self._told[one] = now
            case StatsRead(stats=stats):
                pausing = stats.paused_for > 0
                if pausing == self._pausing and now - self._stats_at < _BETWEEN_STATS:
                    return False
                self._pausing, self._stats_at = pausing, now
            case _:
                pass
        return True


@contextmanager
def event_log(terminal: Terminal, place: str | None) -> Generator[EventLog]:
    """Open a log of events. Its last line is ``job_ended``, with the exit code, however the job ends.

    Args:
        terminal: Where to complain.
        place: A file, which begins anew; ``-`` for standard error; None for nothing.

    Raises:
        TargetError: The file cannot be written.
    """
    if place is None:
        yield EventLog(terminal, None)
        return
    if place == STANDARD_ERROR:
        yield from _until_the_end(EventLog(terminal, sys.stderr))
        return
    try:
        stream = Path(place).open("w", encoding="ascii", newline="\n")  # noqa: SIM115 - closed below
    except OSError as error:
        raise TargetError(f"{place} cannot be written: {error.strerror or error}") from error
    with stream:
        yield from _until_the_end(EventLog(terminal, stream))


def _until_the_end(log: EventLog) -> Generator[EventLog]:
    code, words = ExitCode.OK, None
    try:
        yield log
    except DomoError as error:
        code, words = ExitCode.of(error), advised(error)
        raise
    except KeyboardInterrupt:
        code, words = ExitCode.INTERRUPTED, "interrupted"
        raise
    except BaseException as error:
        code, words = ExitCode.FAILURE, type(error).__name__
        raise
    finally:
        log.write(
            {
                "event": "job_ended",
                "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "exit_code": int(log.code if log.code is not None and code is ExitCode.OK else code),
                "error": words,
            }
        )
