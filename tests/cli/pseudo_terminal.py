"""The command in front of a terminal, as a process of its own."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time

from tests.cli.conftest import HEARING_CTRL_C

_PATIENCE = 60.0
# The session gets the terminal as its controlling one: passwords are asked for there, and Ctrl-C comes from there.
_ADOPT = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
"""


class PseudoTerminal:
    """A terminal with the command in its foreground.

    Attributes:
        text: What it shows so far, escapes included.
    """

    def __init__(self, *arguments: object, environment: dict[str, str], columns: int = 80) -> None:
        self.text = ""
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        inherited = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "NO_COLOR"}}
        self.popen = subprocess.Popen(
            [sys.executable, "-c", _ADOPT + HEARING_CTRL_C, *map(str, arguments)],
            env={**inherited, "TERM": "xterm-256color", **environment},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)

    def wait_for(self, pattern: str) -> None:
        """Read up to what matches."""
        end = time.monotonic() + _PATIENCE
        while not re.search(pattern, self.text):
            if not self._read(end - time.monotonic()):
                raise AssertionError(f"{pattern!r} never came:\n{self.text}")

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._master, text.encode())

    def end(self) -> int:
        """Read the rest, and return the exit code."""
        end = time.monotonic() + _PATIENCE
        while self._read(end - time.monotonic()):
            pass
        return self.popen.wait(_PATIENCE)

    def close(self) -> None:
        """End whatever still runs."""
        with self.popen as popen:
            if popen.poll() is None:
                popen.kill()
        with contextlib.suppress(OSError):
            os.close(self._master)

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(0.0, seconds))
        if not ready:
            return False
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:  # what Linux says at the end
            return False
        self.text += data.decode(errors="replace")
        return bool(data)
