"""A file that is there as a whole or not at all, written without an event loop: it is over by then, maybe by Ctrl-C."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.tabular.replacement import Replacement, refusal

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["save"]


def save(path: Path, document: bytes) -> None:
    """Write a file beside its place, and put it there.

    Raises:
        TargetError: The disk is full or refuses.
    """
    replacement = Replacement(path)
    try:
        replacement.create()
        try:
            replacement.path.write_bytes(document)
        except OSError as error:
            raise refusal(path, error) from error
        replacement.commit()
    finally:
        replacement.discard()
