"""Room on this computer for files on their way to somewhere else."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path

from domo_async.errors import TargetError
from domo_async.jobs.targets.lock import FileLock
from domo_async.tabular.replacement import refusal

__all__ = ["Scratch"]

_PREFIX = "domo-async-pull-"
_LOCK = "lock"


class Scratch:
    """A temporary folder of one job. The folders of jobs that were killed are removed by the next one.

    Args:
        parent: Where to make it, None for the system's place for temporary files.
    """

    def __init__(self, parent: Path | None = None) -> None:
        self._parent = parent or Path(tempfile.gettempdir())
        self._folder: Path | None = None
        self._lock: FileLock | None = None

    def open(self) -> None:
        """Make the folder.

        Raises:
            TargetError: That is refused.
        """
        self._sweep()
        try:
            self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._parent))
        except OSError as error:
            raise refusal(self._parent, error) from error
        self._lock = FileLock(self._folder / _LOCK, place=str(self._folder))
        self._lock.acquire()

    def new(self) -> Path:
        """An empty folder in it.

        Raises:
            TargetError: That is refused.
        """
        if self._folder is None:
            raise TargetError("The target is not open")
        try:
            return Path(tempfile.mkdtemp(dir=self._folder))
        except OSError as error:
            raise refusal(self._folder, error) from error

    def close(self) -> None:
        """Remove it."""
        folder, self._folder = self._folder, None
        if folder is not None:
            # First: Windows removes no file that is open.
            if self._lock is not None:
                self._lock.release()
            shutil.rmtree(folder, ignore_errors=True)

    def _sweep(self) -> None:
        """Remove the folders of the dead. The lock of a living one is held, and those of other users cannot be had."""
        with contextlib.suppress(OSError):
            for folder in self._parent.glob(f"{_PREFIX}*"):
                if not (folder / _LOCK).is_file():
                    continue  # just being made
                lock = FileLock(folder / _LOCK, place=str(folder))
                with contextlib.suppress(TargetError):
                    lock.acquire()
                    lock.release()
                    shutil.rmtree(folder, ignore_errors=True)
