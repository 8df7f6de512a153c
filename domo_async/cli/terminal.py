"""Where the command writes: results to standard output, everything about the way there to standard error."""

from __future__ import annotations

import json
import logging
import os
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.logging import RichHandler
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["Terminal", "printable"]

_PIPE_WIDTH = 10_000
"""Columns of a "terminal" that is a file or a pipe: nothing is cut off for the program that reads it."""

_LOGGERS = ("domo_async", "uvicorn.access")


class Terminal:
    """The two streams of the command.

    Colours follow NO_COLOR and whether a stream is a terminal; widths follow COLUMNS.
    """

    def __init__(self) -> None:
        self.out = _console(stderr=False)
        self.err = _console(stderr=True)

    def show(self, result: RenderableType) -> None:
        """Write a result."""
        self.out.print(result)

    def show_json(self, document: object) -> None:
        """Write a result as one JSON document."""
        ascii_only = "utf" not in (sys.stdout.encoding or "").lower()
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=ascii_only) + "\n")
        sys.stdout.flush()

    def tell(self, sentence: str, *, style: str = "") -> None:
        """Write a sentence as a result: between words wrapped on a terminal, in one line elsewhere."""
        self.out.print(Text(sentence, style), soft_wrap=not self.out.is_terminal)

    def say(self, sentence: str | Text) -> None:
        """Write a sentence about the way there."""
        text = sentence if isinstance(sentence, Text) else Text(sentence)
        self.err.print(text, soft_wrap=not self.err.is_terminal)

    def fail(self, sentence: str) -> None:
        """Write the one sentence that says why the command ends."""
        self.say(Text.assemble(("Error: ", "bold red"), printable(sentence)))

    def log_to_stderr(self, level: int) -> None:
        """Show the log of this library, and of the emulator's requests, from `level` on."""
        handler = RichHandler(console=self.err, show_path=False, markup=False, log_time_format="%X")
        for name in _LOGGERS:
            logger = logging.getLogger(name)
            logger.setLevel(level)
            logger.handlers = [handler]
            logger.propagate = False


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and not os.environ.get("COLUMNS"):
        console.width = _PIPE_WIDTH
    return console


def printable(text: str) -> str:
    """Text from a server, made harmless: what would steer the terminal is written as an escape."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else _escaped(letter) for letter in text)


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")
