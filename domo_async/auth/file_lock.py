"""A lock between processes that the system takes back when its holder dies."""

from __future__ import annotations

import errno
import os
import sys
import threading
import weakref
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from domo_async.auth.private_folder import PrivateFolder

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["FileLock"]

_TAKEN: Final = frozenset({errno.EACCES, errno.EAGAIN, errno.EDEADLK, errno.EWOULDBLOCK})


class FileLock:
    """An exclusive lock on an empty file.

    One call of the operating system: ``flock``, or ``LockFile`` on Windows. Both belong to the open file, so that they
    are gone when the process is, however it ends. For one call no library is needed; and the one that there is
    (filelock) takes the mere existence of a file for a lock where the file system has no real ones, and such a file
    survives whoever made it.

    A process that is forked while the lock is held lets go of its copy, or the lock would last as long as that process.

    Args:
        folder: Where the file is.
        name: Its name. It stays there: who removes it splits those who wait for it.
    """

    def __init__(self, folder: PrivateFolder, name: str) -> None:
        self._folder = folder
        self._name = name
        self._descriptor = -1
        self._unwanted = False
        self._mutex = threading.Lock()
        _ALL.add(self)

    def try_acquire(self) -> bool:
        """Take the lock if it is free. May run in a thread whose caller has gone.

        Raises:
            NotPrivateError: The folder or the file is not ours.
            OSError: The file system has no locks, or is read-only.
        """
        descriptor = self._folder.open(self._name)
        kept = False
        try:
            if not _locked(descriptor):
                return False
            with self._mutex:
                kept = not self._unwanted
                if kept:
                    self._descriptor = descriptor
            return kept
        finally:
            if not kept:
                os.close(descriptor)

    def release(self) -> None:
        """Give the lock back, or do not take it if an attempt is still under way."""
        with self._mutex:
            self._unwanted = True
            descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def forget(self) -> None:
        """Close what a fork has copied."""
        self._mutex = threading.Lock()  # whoever held it is not here
        self.release()

    def __repr__(self) -> str:
        return f"<FileLock {self._name}{' held' if self._descriptor >= 0 else ''}>"


_ALL: Final[weakref.WeakSet[FileLock]] = weakref.WeakSet()


def _forget_all() -> None:
    for lock in list(_ALL):
        lock.forget()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_forget_all)


def _locked(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _TAKEN:
            return False
        raise
    return True
