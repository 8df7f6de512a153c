"""Where the command writes: results to standard output, everything about the way there to standard error."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, Never

from rich.console import Console
from rich.text import Text

from domo_async.cli.json_output import JsonArray, dumped
from domo_async.cli.sheets import Facts, Sheet
from domo_async.cli.words import printable

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["Terminal", "let_go_of_streams", "printable"]

_PIPE_WIDTH = 10_000
"""Columns of a "terminal" that is a file or a pipe: nothing is cut off for the program that reads it."""

_MOST_DRAWN = 5_000
"""Rows that are drawn as a table. Rich takes a second for 3,000 of them; more are written as aligned text."""

_LOGGERS = ("domo_async", "uvicorn.access")


class Terminal:
    """The two streams of the command.

    Colours follow NO_COLOR and whether a stream is a terminal; widths follow COLUMNS. What is no terminal gets no lines
    and no boxes either.
    """

    def __init__(self) -> None:
        self.out: Console = _console(stderr=False)
        self.err: Console = _console(stderr=True)

    def show(self, result: RenderableType | Sheet | Facts) -> None:
        """Write a result."""
        if isinstance(result, Sheet | Facts):
            if not self.out.is_terminal or (isinstance(result, Sheet) and result.rows > _MOST_DRAWN):
                sys.stdout.writelines(f"{line}\n" for line in result.lines(encoding=_encoding()))
                return
            width = self.out.width
            if not result.fits(width):
                for head, value in result.records(width=width):
                    # Wrapped by the terminal itself, so that an id can be copied.
                    self.out.print(Text.assemble((head, "bold"), f" {value}" if head else ""), soft_wrap=True)
                return
            result = result.table(width=width)
        self.out.print(result)

    def show_json(self, document: object) -> None:
        """Write a result as one JSON document."""
        sys.stdout.write(dumped(document, ascii_only=_ascii_only()) + "\n")
        sys.stdout.flush()

    def json_array(self) -> JsonArray:
        """Begin a result that is one JSON array, whose items are written as they come."""
        return JsonArray(sys.stdout, ascii_only=_ascii_only())

    def tell(self, sentence: str, *, style: str = "") -> None:
        """Write a sentence as a result: between words wrapped on a terminal, in one line elsewhere."""
        self.out.print(Text(sentence, style), soft_wrap=not self.out.is_terminal)

    def line(self, text: str, *, style: str = "") -> None:
        """Write a line of a result that goes on. A terminal that is too narrow continues it below."""
        if self.out.is_terminal:
            self.out.print(Text(text, style), soft_wrap=True)
        else:
            sys.stdout.write(f"{text}\n")

    def say(self, sentence: str | Text) -> None:
        """Write a sentence about the way there."""
        text = sentence if isinstance(sentence, Text) else Text(sentence)
        self.err.print(text, soft_wrap=not self.err.is_terminal)

    def fail(self, sentence: str) -> None:
        """Write the one sentence that says why the command ends."""
        self.say(Text.assemble(("Error: ", "bold red"), printable(sentence)))

    def flush(self) -> None:
        """Send out what is still held back, so that a failure to do so is seen while there is somebody to see it."""
        sys.stdout.flush()
        sys.stderr.flush()

    def log_to_stderr(self, level: int) -> None:
        """Show the log of this library, and of the emulator's requests, from `level` on."""
        handler = self._log_handler()
        for name in _LOGGERS:
            logger = logging.getLogger(name)
            logger.setLevel(level)
            logger.handlers = [handler]
            logger.propagate = False

    def _log_handler(self) -> logging.Handler:
        if self.err.is_terminal:
            from rich.logging import RichHandler

            return RichHandler(console=self.err, show_path=False, markup=False, log_time_format="%X")
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        return handler


class _Console(Console):
    def on_broken_pipe(self) -> Never:
        # Instead of ending the process here and now: whoever waits for an answer of Domo has to clean up.
        self.quiet = True
        raise BrokenPipeError


def _console(*, stderr: bool) -> Console:
    console = _Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and not os.environ.get("COLUMNS"):
        console.width = _PIPE_WIDTH
    return console


def _encoding() -> str:
    return sys.stdout.encoding or "utf-8"


def _ascii_only() -> bool:
    return "utf" not in _encoding().lower()


def let_go_of_streams() -> None:
    """Send to nowhere what cannot be written any more, so that the interpreter does not complain at its end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            _to_nowhere(stream.fileno())


def _to_nowhere(descriptor: int) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
