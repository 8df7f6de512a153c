"""Tokens in files, for the processes of one machine."""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Final, Never, TypeVar

import anyio
from anyio import to_thread

from domo_async.auth.file_lock import FileLock
from domo_async.auth.private_folder import FolderNotPrivateError, NotPrivateError, PrivateFolder
from domo_async.auth.token_store import Release
from domo_async.errors import ConfigurationError

__all__ = ["FileTokenStore"]

logger: logging.Logger = logging.getLogger(__name__)

T = TypeVar("T")
_MOST: Final = 64 * 1024
_SHORTEST_PAUSE: Final = 0.01
_LONGEST_PAUSE: Final = 0.1


class FileTokenStore:
    """A `TokenStore` in a folder: one token for all processes of a user on one machine.

    Each set of credentials has a file of its own, mode 0600, replaced as a whole; its name is a digest. The tokens are
    in it **in clear text**: whoever can read the files of this user can read them, and use them until they end, which
    takes an hour. The client secret is not stored.

    A folder that other users may write to is not used, nor is a file that others may read or that somebody else put
    there. Both are logged; calls go on with tokens of their own. The same happens where the disk is full, or read-only.

    A process that is killed while it asks for a token blocks nobody: its lock ends with it.

    Do not put the folder on a network drive. Locks are honoured there by luck; for several machines there is
    `RedisTokenStore`.

    Args:
        path: The folder; created on first use, mode 0700. ``~`` is the home folder.

    Raises:
        ConfigurationError: The path is empty.

    Example:
        ::

            async with AsyncDomo(token_store=FileTokenStore("~/.cache/my-service/tokens")) as domo:
                print(await domo.datasets.list(limit=1))
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        if not os.fspath(path):
            raise ConfigurationError("The folder of the token store has no name")
        # Not relative to wherever the program goes later.
        self._folder = PrivateFolder(Path(os.path.abspath(Path(path).expanduser())))  # noqa: PTH100 - keeps links
        self._complained: set[str] = set()

    @property
    def path(self) -> Path:
        """The folder."""
        return self._folder.path

    async def load(self, key: str) -> bytes | None:
        """The value under a key, None if there is none or it is not to be trusted."""
        return await _in_thread(lambda: self._read(key))

    async def save(self, key: str, value: bytes, *, instead_of: bytes | None, lifetime: float) -> bool:
        """Put a value under a key, unless another one is there by now.

        That is looked up a moment before: without the lock two processes may both do it, and the last one stays.
        """
        return await _in_thread(lambda: self._replace(key, value, instead_of))

    async def acquire(self, key: str, *, wait: float) -> Release | None:
        """Take the lock of a key; None if another process has it."""
        lock = FileLock(self._folder, f"{key}.lock")
        until = anyio.current_time() + wait
        pause = _SHORTEST_PAUSE

        async def release() -> None:
            lock.release()

        try:
            while not await _in_thread(lock.try_acquire):
                left = until - anyio.current_time()
                if left <= 0:
                    return None
                await anyio.sleep(min(left, pause * (0.5 + random.random())))  # noqa: S311 - not a secret
                pause = min(2 * pause, _LONGEST_PAUSE)
        except BaseException:
            lock.release()
            raise
        return release

    def _read(self, key: str) -> bytes | None:
        try:
            return self._folder.read(f"{key}.token", most=_MOST)
        except FolderNotPrivateError:
            raise
        except NotPrivateError as error:
            # Once it is replaced the file is ours again, which the folder would never be.
            if key not in self._complained:
                self._complained.add(key)
                logger.warning("A token that is not private is not used: %s", error)
            return None

    def _replace(self, key: str, value: bytes, instead_of: bytes | None) -> bool:
        there = self._read(key)
        if there is not None and there != instead_of:
            return False
        self._folder.replace(f"{key}.token", value)
        return True

    def __repr__(self) -> str:
        return f"<FileTokenStore {self.path}>"

    def __reduce__(self) -> Never:
        raise TypeError("a FileTokenStore does not pickle; ship its path and build one in each process")


async def _in_thread(work: Callable[[], T]) -> T:
    """Run what may wait for a disk.

    The thread does not count among those of the application, all of which may be busy. Whoever is cancelled does not
    wait for it: a network drive that hangs must not keep a call from ending.
    """
    return await to_thread.run_sync(work, abandon_on_cancel=True, limiter=anyio.CapacityLimiter(1))
