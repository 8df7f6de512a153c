"""Renaming and removing files that another program may have open for a moment, which matters on Windows."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["remove_file", "replace_file"]

_PAUSES: Final = (0.01, 0.02, 0.04, 0.08, 0.15, 0.2, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25)
"""Seconds; two in all. A virus scanner takes less, and a program that keeps a file open takes more than anybody has."""

# Access denied, sharing violation, lock violation. Only Windows gives an error such a number: elsewhere nobody's open
# file is in the way, and a permission that is missing now is missing later.
_OPEN_ELSEWHERE: Final = frozenset({5, 32, 33})

T = TypeVar("T")


def replace_file(new: Path, target: Path) -> None:
    """Give a file the name of another one and take its place, in one step for everybody who looks.

    Windows refuses that while somebody reads either of them: an indexer, a virus scanner, a dashboard. So it is tried
    again for two seconds. Blocks: to be called in a worker thread, where it is not cancelled halfway.

    Args:
        new: The file.
        target: Its name from now on, on the same file system.

    Raises:
        OSError: That is refused, and waiting did not help.
    """
    _again(partial(new.replace, target))


def remove_file(path: Path) -> None:
    """Remove a file, if it is there. Waits for others as `replace_file` does.

    Raises:
        OSError: That is refused, and waiting did not help.
    """
    _again(partial(path.unlink, missing_ok=True))


def _again(work: Callable[[], T]) -> T:
    for pause in _PAUSES:
        try:
            return work()
        except PermissionError as error:
            if getattr(error, "winerror", None) not in _OPEN_ELSEWHERE:
                raise
        time.sleep(pause)
    return work()
