"""File names made of DataSet names, good on every file system that people copy lakes to."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["FileNames", "safe_name"]

_MAX_BYTES = 180
"""Of 255 that common file systems take, so that a suffix, an id and the marks of a temporary file fit too."""

_SHORT_ID = 8
# Windows refuses these, and control characters; slash and NUL are refused everywhere.
_REFUSED = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u2028\u2029]')
# Windows takes these for devices, with any suffix and in any case; the digits may be superscripts.
_DEVICE = re.compile(r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9¹²³])\s*(\.|\Z)", re.IGNORECASE)


def safe_name(name: str) -> str:
    """A DataSet name as the stem of a file name.

    Characters that some system refuses become ``_``, as does a leading dot (it would hide the file); blanks and dots
    at the end go; device names of Windows get a ``_`` in front; more than 180 bytes of UTF-8 are cut off between
    two characters.

    Args:
        name: Any text.

    Returns:
        The stem, empty when nothing of the name is left.

    Example:
        >>> safe_name("Sales: EU/US 50%?")
        'Sales_ EU_US 50%_'
    """
    stem = unicodedata.normalize("NFC", name.encode("utf-8", errors="replace").decode())
    stem = _REFUSED.sub("_", stem).strip()
    if stem.startswith("."):
        stem = f"_{stem[1:]}"
    stem = stem.encode()[:_MAX_BYTES].decode(errors="ignore").rstrip(" .")
    return f"_{stem}" if _DEVICE.match(stem) else stem


class FileNames:
    """Gives every DataSet of a job a file name of its own.

    Names that are equal but for case, which is one name to Windows and macOS, get the id appended from the second on.

    Args:
        suffix: Suffix of all names, with its dot.
    """

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix
        self._taken: set[str] = set()

    def take(self, name: str | None, dataset_id: str) -> str:
        """The file name for a DataSet, which no other gets afterwards.

        Args:
            name: Name to make it of; None or one of which nothing is left makes it of the id.
            dataset_id: Id of the DataSet.
        """
        plain = safe_name(name or "")
        own_id = safe_name(dataset_id) or "dataset"
        candidates = [plain, f"{plain}-{own_id[:_SHORT_ID]}", f"{plain}-{own_id}"] if plain else [own_id]
        for candidate in (*candidates, *(f"{candidates[-1]}-{count}" for count in range(2, len(self._taken) + 3))):
            key = candidate.casefold()
            if key not in self._taken:
                self._taken.add(key)
                return f"{candidate}{self._suffix}"
        raise AssertionError("one of more candidates than taken names is free")
