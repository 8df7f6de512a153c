"""Waiting for the user, or the system, to say stop."""

from __future__ import annotations

import signal
import sys
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["wait_for_signal"]

# On Windows a thread that waits without an end hears no Ctrl-C.
_TURN: Final = 0.2 if sys.platform == "win32" else None


def wait_for_signal() -> None:
    """Block until SIGINT or SIGTERM comes. Outside the main thread, where no signal arrives, block for good."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        stop.wait()
        return

    def heard(number: int, frame: FrameType | None) -> None:
        stop.set()

    previous = {number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        while not stop.wait(_TURN):
            pass
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
