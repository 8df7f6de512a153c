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
    """Gives every DataSet of a job a name of its own, to call its file by.

    Names that are equal but for case, which is one name to Windows and macOS, get the id appended from the second on.
    Who has a name keeps it as long as his DataSet is called the same.
    """

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}
        self._held: dict[str, str] = {}
        self._earlier: set[str] = set()

    def hold(self, stem: str, dataset_id: str) -> None:
        """Note that a DataSet has this name from an earlier job."""
        self._owners.setdefault(stem.casefold(), dataset_id)
        self._held[dataset_id] = stem
        self._earlier.add(dataset_id)

    def holder(self, name: str | None, dataset_id: str) -> str | None:
        """Which other DataSet has the name that this one would get first, from an earlier job; None if none has."""
        candidates = _candidates(name, dataset_id)
        held = self._held.get(dataset_id)
        if held is not None and _stands_for(held, candidates):
            return None
        owner = self._owners.get(candidates[0].casefold())
        return owner if owner != dataset_id and owner in self._earlier else None

    def release(self, dataset_id: str) -> None:
        """Note that a DataSet needs no name any more."""
        self._held.pop(dataset_id, None)
        self._owners = {key: owner for key, owner in self._owners.items() if owner != dataset_id}

    def take(self, name: str | None, dataset_id: str) -> str:
        """The name for a DataSet, which no other gets afterwards.

        Args:
            name: Name to make it of; None or one of which nothing is left makes it of the id.
            dataset_id: Id of the DataSet.
        """
        candidates = _candidates(name, dataset_id)
        held = self._held.get(dataset_id)
        if held is not None and _stands_for(held, candidates):
            return held
        for candidate in (*candidates, *(f"{candidates[-1]}-{count}" for count in range(2, len(self._owners) + 3))):
            if self._owners.setdefault(candidate.casefold(), dataset_id) == dataset_id:
                self._held[dataset_id] = candidate
                return candidate
        raise AssertionError("one of more candidates than taken names is free")


def _candidates(name: str | None, dataset_id: str) -> list[str]:
    plain = safe_name(name or "")
    own_id = safe_name(dataset_id) or "dataset"
    return [plain, f"{plain}-{own_id[:_SHORT_ID]}", f"{plain}-{own_id}"] if plain else [own_id]


def _stands_for(stem: str, candidates: list[str]) -> bool:
    """Whether a name was made of these candidates, a number at its end included."""
    last, _, number = stem.rpartition("-")
    return stem in candidates or (number.isdigit() and last == candidates[-1])
