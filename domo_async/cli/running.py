"""From the command line into the event loop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

import anyio

__all__ = ["run"]

T = TypeVar("T")


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
