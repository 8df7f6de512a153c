"""What has become of each DataSet since the manifest was written, one line each: cheap to add to, safe to cut off."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from pydantic import BaseModel, ValidationError

from domo_async.jobs.manifest import DataSetRecord
from domo_async.tabular.open_elsewhere import remove_file
from domo_async.tabular.replacement import refusal

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Entry", "Journal", "replay"]


class Entry(BaseModel):
    """One line.

    Attributes:
        id: Id of the DataSet.
        record: Its record from now on, None when it is gone.
    """

    id: str
    record: DataSetRecord | None = None


class Journal:
    """A file of entries. A line that was cut off, by a kill or by a full disk, is no entry and spoils no other.

    Args:
        path: Where it is; made with the first entry.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def read(self) -> list[Entry]:
        """All entries, oldest first.

        Raises:
            TargetError: It cannot be read.
        """
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise refusal(self._path, error) from error
        entries: list[Entry] = []
        for line in lines:
            with suppress(ValidationError):
                entries.append(Entry.model_validate_json(line))
        return entries

    def add(self, entry: Entry, *, durable: bool) -> None:
        """Add an entry.

        Args:
            entry: The entry.
            durable: Whether it has to be on the disk before this returns. Without, it outlives a killed process, but
                maybe not a power cut.

        Raises:
            TargetError: It cannot be written.
        """
        try:
            if self._file is None:
                self._file = self._path.open("ab", buffering=0)
            # What was cut off before ends here, at the latest.
            line = b"\n" + entry.model_dump_json().encode() + b"\n"
            if self._file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if durable:
                os.fsync(self._file.fileno())
        except OSError as error:
            raise refusal(self._path, error) from error

    def clear(self) -> None:
        """Remove it."""
        self.close()
        remove_file(self._path)

    def close(self) -> None:
        """Let go of the file."""
        file, self._file = self._file, None
        if file is not None:
            file.close()


def replay(records: dict[str, DataSetRecord], entries: list[Entry]) -> None:
    """Bring records up to date."""
    for entry in entries:
        if entry.record is None:
            records.pop(entry.id, None)
        else:
            records[entry.id] = entry.record
