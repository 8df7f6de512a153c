"""A folder whose files nobody else may read or replace."""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Never

__all__ = ["FolderNotPrivateError", "NotPrivateError", "PrivateFolder"]

_MOST: Final = 1 << 20
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_LEFT_BEHIND: Final = 60.0
_RETRIES: Final = 10
_RETRY_PAUSE: Final = 0.01
# The first two do not exist on Windows, the third exists only there. A FIFO in the place of a file must not make us
# wait for somebody to open it.
_CAREFUL: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class NotPrivateError(Exception):
    """A file belongs to somebody else, or others may read or change it. The message says which and how."""


class FolderNotPrivateError(NotPrivateError):
    """The same of the folder: whatever is in it may have been put there by anybody."""


class PrivateFolder:
    """Small files for one user: mode 0600, in a folder that only its owner can write to.

    Files are replaced as a whole, so that a reader finds the old one or the new one and never a part. Every access
    opens the folder first and checks whose it is, and then stays in the folder that was checked: whoever may rename
    what is above it cannot put another one in its place meanwhile. Links in the place of files are not followed.

    On Windows, where a file inherits who may read it from its folder, none of this is checked: choose a folder inside
    the user's profile.

    All methods block.

    Args:
        path: The folder. It is created when something is put into it, mode 0700.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, name: str, *, most: int = _MOST) -> bytes | None:
        """The content of a file, None if there is none.

        Raises:
            NotPrivateError: It is not ours, or others may read or change it.
            OSError: It cannot be read, or is larger than `most` bytes.
        """
        try:
            with self._entered(create=False) as folder:
                descriptor = self._open(name, os.O_RDONLY, folder)
        except FileNotFoundError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            content = file.read(most + 1)
        if len(content) > most:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        return content

    def replace(self, name: str, content: bytes) -> None:
        """Put a file in the place of the one of that name.

        Raises:
            NotPrivateError: The folder is not ours, or others may write to it.
            OSError: The disk is full, or may only be read.
        """
        with self._entered(create=True) as folder:
            self._sweep(name, folder)
            fresh = f"{name}.{secrets.token_hex(6)}.new"
            new, old = self._name(fresh, folder), self._name(name, folder)
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _CAREFUL, 0o600, dir_fd=folder)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                _replace(new, old, folder)
            except BaseException:
                with suppress(OSError):
                    os.unlink(new, dir_fd=folder)
                raise

    def remove(self, name: str) -> None:
        """Remove a file, if there is one."""
        with suppress(FileNotFoundError), self._entered(create=False) as folder:
            os.unlink(self._name(name, folder), dir_fd=folder)

    def open(self, name: str) -> int:
        """A descriptor of a file that stays empty, for locks.

        Raises:
            NotPrivateError: The folder or the file is not ours.
            OSError: It cannot be opened.
        """
        with self._entered(create=True) as folder:
            return self._open(name, os.O_RDWR | os.O_CREAT, folder)

    def _open(self, name: str, flags: int, folder: int | None) -> int:
        try:
            descriptor = os.open(self._name(name, folder), flags | _CAREFUL, 0o600, dir_fd=folder)
        except OSError as error:
            if error.errno in {errno.ELOOP, errno.EMLINK}:
                raise NotPrivateError(f"{self.path / name} is a link") from None
            raise
        try:
            self._check_file(name, os.fstat(descriptor))
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    @contextmanager
    def _entered(self, *, create: bool) -> Generator[int | None]:
        """A descriptor of the folder to work in, None where the system has no such thing."""
        if create:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if sys.platform == "win32" or os.open not in os.supports_dir_fd:
            yield None
            return
        folder = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            found = os.fstat(folder)
            if found.st_uid != os.geteuid():
                raise FolderNotPrivateError(f"{self.path} belongs to another user")
            if found.st_mode & _OTHERS_WRITE:
                raise FolderNotPrivateError(f"other users may write to {self.path}: chmod 700")
            yield folder
        finally:
            os.close(folder)

    def _name(self, name: str, folder: int | None) -> str:
        return name if folder is not None else str(self.path / name)

    def _check_file(self, name: str, found: os.stat_result) -> None:
        if not stat.S_ISREG(found.st_mode):
            raise NotPrivateError(f"{self.path / name} is no file")
        if sys.platform == "win32":
            return
        if found.st_uid != os.geteuid():
            raise NotPrivateError(f"{self.path / name} belongs to another user")
        if found.st_mode & _OTHERS:
            raise NotPrivateError(f"other users may read or change {self.path / name}: chmod 600")

    def _sweep(self, name: str, folder: int | None) -> None:
        """Remove what a process left behind that was killed while it replaced this file."""
        for entry in os.listdir(folder if folder is not None else self.path):  # noqa: PTH208 - Path knows no descriptors
            if entry.startswith(f"{name}.") and entry.endswith(".new"):
                left = self._name(entry, folder)
                with suppress(OSError):
                    if time.time() - os.stat(left, dir_fd=folder, follow_symlinks=False).st_mtime > _LEFT_BEHIND:
                        os.unlink(left, dir_fd=folder)

    def __repr__(self) -> str:
        return f"<PrivateFolder {self.path}>"

    def __reduce__(self) -> Never:
        raise TypeError("a PrivateFolder does not pickle; ship its path")


def _replace(new: str, old: str, folder: int | None) -> None:
    for left in reversed(range(_RETRIES)):
        try:
            os.replace(new, old, src_dir_fd=folder, dst_dir_fd=folder)
        except PermissionError:
            # Windows does not replace a file while somebody reads it, which takes a moment.
            if sys.platform == "win32" and left:
                time.sleep(_RETRY_PAUSE)
                continue
            raise
        return
