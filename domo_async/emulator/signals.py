"""Waiting for the user, or the system, to say stop."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["wait_for_signal"]


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
        stop.wait()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
