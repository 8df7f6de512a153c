"""The kinds of file that an export can become, and how a name tells them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal, get_args

from domo_async.errors import InvalidArgumentError

if TYPE_CHECKING:
    from pathlib import PurePath

__all__ = ["FILE_FORMATS", "FileFormat", "can_be_named", "check_format", "format_of", "suffix_of"]

FileFormat = Literal["parquet", "arrow", "csv", "csv.gz", "jsonl"]
"""Kind of a data file.

- ``parquet``: Parquet with Zstandard compression, typed.
- ``arrow``: Arrow IPC file (Feather 2) with Zstandard compression, typed.
- ``csv``: the bytes as Domo sent them, with a line of names on top unless it is not wanted.
- ``csv.gz``: the same, compressed with gzip.
- ``jsonl``: one JSON object per line, typed, numbers with all their digits.
"""

FILE_FORMATS: tuple[FileFormat, ...] = get_args(FileFormat)


def check_format(text: str) -> FileFormat:
    """The format of this name.

    Raises:
        InvalidArgumentError: There is no such format.
    """
    for known in FILE_FORMATS:
        if known == text:
            return known
    raise InvalidArgumentError(f"{text!r} is no file format", hint=f"Choose one of {', '.join(FILE_FORMATS)}")


def format_of(path: PurePath) -> FileFormat:
    """The format that the suffix of a file name says, in any case of letters.

    Raises:
        InvalidArgumentError: The suffix is none of ``.parquet``, ``.arrow``, ``.csv``, ``.csv.gz``, ``.jsonl``.

    Example:
        >>> format_of(PurePath("lake/Sales.CSV.GZ"))
        'csv.gz'
    """
    name = path.name.lower()
    for candidate in FILE_FORMATS:
        if name.endswith(suffix_of(candidate)):
            return candidate
    raise InvalidArgumentError(
        f"the name {path.name!r} says no file format",
        hint=f"End it with one of {', '.join(map(suffix_of, FILE_FORMATS))}, or pass format=",
    )


def suffix_of(file_format: FileFormat) -> str:
    """The suffix of files of this format, with its dot."""
    return f".{file_format}"


def can_be_named(path: str | os.PathLike[str]) -> bool:
    """Whether a file can have this name at all: Python refuses some with a ValueError, others with an encoding error.

    Args:
        path: The name.
    """
    try:
        return b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        return False
