"""Results as JSON, always one document."""

from __future__ import annotations

import json
from typing import TextIO

__all__ = ["JsonArray", "dumped"]


def dumped(document: object, *, ascii_only: bool) -> str:
    """A document as text.

    Args:
        document: What `json` takes.
        ascii_only: Whether to write everything else as escapes.
    """
    return json.dumps(document, indent=2, ensure_ascii=ascii_only)


class JsonArray:
    """An array whose items are written as they come, in the same form as if it were written at once.

    Nothing is written before the first item. An array that is not ended, because something failed, is no JSON.

    Args:
        stream: Where to write.
        ascii_only: Whether to write everything else as escapes.
    """

    def __init__(self, stream: TextIO, *, ascii_only: bool) -> None:
        self._stream = stream
        self._ascii_only = ascii_only
        self._empty = True

    def add(self, document: object) -> None:
        """Write one item."""
        text = dumped(document, ascii_only=self._ascii_only).replace("\n", "\n  ")
        self._stream.write(f"{'[' if self._empty else ','}\n  {text}")
        self._empty = False

    def end(self) -> None:
        """Write the end."""
        self._stream.write("[]\n" if self._empty else "\n]\n")
        self._stream.flush()
