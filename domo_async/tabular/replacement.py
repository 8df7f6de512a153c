"""Files that appear under their name when they are complete, and never before."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from domo_async.errors import TargetError
from domo_async.tabular.computing import compute, finish
from domo_async.tabular.file_format import can_be_named
from domo_async.tabular.open_elsewhere import remove_file, replace_file

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

__all__ = ["Replacement", "refusal", "replacing"]

_LONGEST_STEM = 50


class Replacement:
    """A file under a temporary name, next to the one that it will replace.

    Attributes:
        path: Where to write. The file exists and is empty at first.
        target: The name that `commit` gives it.
    """

    def __init__(self, target: Path) -> None:
        if not can_be_named(target):
            raise TargetError(f"{str(target)!r} cannot be written: no file can have that name")
        # The file system may count bytes while Python counts characters: stay far below 255 of either.
        self.path: Path = target.with_name(f".{target.name[:_LONGEST_STEM]}.part-{secrets.token_hex(6)}")
        self.target = target
        self._committed = False

    def create(self) -> None:
        """Create the temporary file.

        Raises:
            TargetError: The folder is missing, is no folder, or must not be written to; or what has the name is no
                file.
        """
        try:
            if self.target.is_dir():
                raise IsADirectoryError(errno.EISDIR, "a folder has that name")
            if self.target.exists() and not self.target.is_file():
                # Whoever may, as root may, would put a file in the place of /dev/null, for all programs.
                raise OSError(errno.EINVAL, "a device or a pipe has that name")
            with self.path.open("xb"):
                pass
        except OSError as error:
            raise refusal(self.target, error) from error

    def commit(self) -> int:
        """Give the file its name, in one step for everybody who looks.

        The bytes are forced to the disk before, so that after a power cut there is the old file or the new one and
        nothing in between.

        Returns:
            Size of the file in bytes.

        Raises:
            TargetError: The disk is full or refuses.
        """
        try:
            with self.path.open("rb+") as file:
                os.fsync(file.fileno())
            size = self.path.stat().st_size
            replace_file(self.path, self.target)
        except OSError as error:
            raise refusal(self.target, error) from error
        self._committed = True
        return size

    def discard(self) -> None:
        """Remove what is not committed."""
        if not self._committed:
            # What led here is the error to report, not that nothing could be removed.
            with suppress(OSError):
                remove_file(self.path)


@asynccontextmanager
async def replacing(target: Path) -> AsyncGenerator[Replacement]:
    """Write a new version of `target` beside it. Without a `commit` in the block, nothing of it remains.

    Raises:
        TargetError: The folder is missing, is no folder, or must not be written to.
    """
    replacement = Replacement(target)
    try:
        await compute(replacement.create)
        yield replacement
    finally:
        await finish(replacement.discard)


def refusal(target: Path, error: OSError) -> TargetError:
    """What went wrong with a file, in terms of the name that the caller knows."""
    return TargetError(f"{target} cannot be written: {error.strerror or error}")
