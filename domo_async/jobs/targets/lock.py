"""A lock on a file that the operating system takes back when its holder dies."""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import os
import socket
import sys
import time
from io import FileIO
from typing import TYPE_CHECKING

from domo_async.errors import TargetError
from domo_async.tabular.replacement import refusal

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FileLock"]

logger: logging.Logger = logging.getLogger(__name__)

# Network file systems and some that live in user space know no locks.
_NO_LOCKS = {errno.ENOTSUP, errno.ENOSYS, errno.ENOLCK, errno.EINVAL}
_FACTS_BEGIN = 1
"""Byte at which the owner describes himself. The byte before is what is locked: Windows lets nobody read such bytes."""


class FileLock:
    """Keeps a second job out, of this process or of another one.

    The file stays when the lock is released: removing it would let two jobs hold a lock of the same name.

    Args:
        path: The file. Its folder exists.
        place: What it guards, for the message.
    """

    def __init__(self, path: Path, *, place: str) -> None:
        self._path = path
        self._place = place
        self._file: FileIO | None = None

    def acquire(self) -> None:
        """Take it.

        Raises:
            TargetError: Somebody else has it; says who.
        """
        try:
            # Unbuffered: on a full disk, closing would try to write again, and fail.
            file = self._path.open("r+b" if self._path.exists() else "w+b", buffering=0)
        except OSError as error:
            raise refusal(self._path, error) from error
        try:
            _lock(file)
        except BlockingIOError:
            words = _owner(file)
            file.close()
            raise TargetError(
                f"Another job is writing to {self._place}{words}", hint="Wait for its end, or choose another target"
            ) from None
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                file.close()
                raise refusal(self._path, error) from error
            logger.warning("The file system of %s knows no locks: a second job would not be kept out", self._place)
        self._file = file
        with contextlib.suppress(OSError):  # the lock holds without it
            facts = {"process": os.getpid(), "host": socket.gethostname(), "since": int(time.time())}
            file.truncate(_FACTS_BEGIN)
            file.seek(_FACTS_BEGIN)
            file.write(json.dumps(facts).encode())

    def release(self) -> None:
        """Give it back. Does nothing if it was not taken."""
        file, self._file = self._file, None
        if file is not None:
            file.close()  # which unlocks it


def _owner(file: FileIO) -> str:
    try:
        file.seek(_FACTS_BEGIN)
        facts = json.loads(file.read(1000))
        since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(facts["since"]))
        return f": process {facts['process']} on {facts['host']}, since {since}"
    except (OSError, ValueError, KeyError, TypeError):
        return ""


if sys.platform == "win32":
    import msvcrt

    def _lock(file: FileIO) -> None:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError from error

else:
    import fcntl

    def _lock(file: FileIO) -> None:
        # Not lockf: its locks belong to the process, and two jobs of one process would not see each other.
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
