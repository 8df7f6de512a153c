"""From the command line into the event loop, and from errors to one sentence and an exit code."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

import anyio
import typer
from typer.core import TyperGroup

from domo_async.cli.exit_codes import ExitCode
from domo_async.cli.terminal import Terminal
from domo_async.errors import DomoError

__all__ = ["Commands", "run"]

logger = logging.getLogger(__name__)

T = TypeVar("T")
_ORDER = ("datasets", "pull", "token", "demo", "emulator")


def run(work: Callable[[], Awaitable[T]]) -> T:
    """Run asynchronous work to its end. Ctrl-C and SIGTERM cancel it, so that it cleans up behind itself.

    Args:
        work: An async function without arguments.

    Raises:
        KeyboardInterrupt: One of the two came; the cleaning is done.
    """
    with _sigterm_as_ctrl_c():
        return anyio.run(work)


def _interrupt(number: int, frame: FrameType | None) -> None:
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        raise KeyboardInterrupt  # a shell starts background jobs deaf to Ctrl-C
    signal.raise_signal(signal.SIGINT)


@contextmanager
def _sigterm_as_ctrl_c() -> Generator[None]:
    """Whoever stops a container sends SIGTERM, which would end the process with temporary files left behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


class Commands(TyperGroup):
    """All commands. Whatever one of them raises on purpose ends as one sentence, never as a traceback."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 - as below
        """Names of the commands in the order of the help: reading Domo first, then what needs no account."""
        return sorted(
            super().list_commands(ctx), key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER)
        )

    # Where the type of the context comes from depends on the version of Typer.
    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401
        """Run the command that the arguments name."""
        try:
            return super().invoke(ctx)
        except DomoError as error:
            logger.info("This error ended the command", exc_info=error)
            Terminal().fail(str(error))
            raise typer.Exit(ExitCode.of(error)) from None
        except KeyboardInterrupt:
            Terminal().say("Interrupted.")
            raise typer.Exit(ExitCode.INTERRUPTED) from None
