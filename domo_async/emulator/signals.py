"""Waiting for the user, or the system, to say stop."""

from __future__ import annotations

import signal
import threading

__all__ = ["wait_for_signal"]


def wait_for_signal() -> None:
    """Block until SIGINT or SIGTERM comes. Outside the main thread, where no signal arrives, block for good."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        stop.wait()
        return
    previous = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        stop.wait()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
