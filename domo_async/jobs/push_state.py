"""What has become of each DataSet that was pushed from here, kept where it survives a kill."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from domo_async.errors import TargetError
from domo_async.jobs.targets.lock import FileLock
from domo_async.tabular.open_elsewhere import remove_file, replace_file
from domo_async.tabular.replacement import refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PendingWrite", "PushRecord", "PushState", "PushedFile"]

_VERSION: Final = 1


class _Record(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="allow")


class PushedFile(_Record):
    """A file whose rows went into a DataSet.

    Attributes:
        name: Its path from the folder that the state belongs to, with ``/`` between folders.
        bytes: Its size.
        sha256: SHA-256 of its bytes, in hexadecimal digits.
        modified: Its time of modification in nanoseconds, as the file system says it.
    """

    name: str
    bytes: int
    sha256: str
    modified: int = 0


class PendingWrite(_Record):
    """A write of which it is not written down how it ended.

    Attributes:
        stage: The last step that was about to be taken; see `WriteStep`.
        update_method: What it does to the rows that are there.
        files: The files whose rows it carries.
        options: What they are written by.
        stream_id: Id of the stream, None for a DataSet without one.
        execution_id: Number of the execution, None before there was one.
        newest: Number of the newest execution before that.
        at: When.
    """

    stage: Literal["begin", "begun", "commit", "import"]
    update_method: str
    files: list[PushedFile]
    options: dict[str, JsonValue] = {}
    stream_id: int | str | None = None
    execution_id: int | str | None = None
    newest: int | str | None = None
    at: datetime | None = None


class PushRecord(_Record):
    """One DataSet.

    Attributes:
        name: Its name.
        update_method: What the last write did to the rows that were there.
        files: The files whose rows it has: those of the last write, and with APPEND also of those before.
        options: What they were written by.
        rows: Rows of the last write, None when that is not known.
        stream_id: Id of the stream, None if it has none.
        execution_id: Number of the execution of the last write.
        at: When that was.
        pending: A write of which it is not written down how it ended.
        error: Why the last attempt failed, None when it did not.
    """

    name: str | None = None
    update_method: str | None = None
    files: list[PushedFile] = []
    options: dict[str, JsonValue] = {}
    rows: int | None = None
    stream_id: int | str | None = None
    execution_id: int | str | None = None
    at: datetime | None = None
    pending: PendingWrite | None = None
    error: str | None = None

    def with_pending_done(self, *, rows: int | None, at: datetime) -> PushRecord:
        """This record when the pending write has gone through."""
        done = self.pending
        if done is None:
            return self
        files = done.files
        if done.update_method == "APPEND":
            files = list({file.name: file for file in (*self.files, *done.files)}.values())
        return self.model_copy(
            update={
                "update_method": done.update_method,
                "files": files,
                "options": done.options,
                "rows": rows,
                "stream_id": done.stream_id,
                "execution_id": done.execution_id,
                "at": at,
                "pending": None,
                "error": None,
            }
        )


class _Document(_Record):
    """The file.

    Attributes:
        push: Says what this document is.
        version: Version of its form. Readers refuse a higher one.
        targets: For the URL of each API the records by DataSet id.
    """

    push: Literal["domo-async"] = "domo-async"
    version: int = _VERSION
    targets: dict[str, dict[str, PushRecord]] = {}


class _Header(BaseModel):
    push: Literal["domo-async"]
    version: int


class _Line(BaseModel):
    target: str
    id: str
    record: PushRecord


class PushState:
    """The records of pushes, in a JSON file with a journal beside it.

    A record is on the disk before the step that it speaks of is taken. The journal becomes a part of the file when the
    state is closed, and when the next push opens it after a kill.

    Args:
        path: The file. Its folder is made when it is missing.
        target: URL of the API that the records are for; those for others stay as they are.

    Attributes:
        records: What is known, by DataSet id.
    """

    def __init__(self, path: Path, target: str) -> None:
        self.path = path
        self.records: dict[str, PushRecord] = {}
        self._target = target
        self._targets: dict[str, dict[str, PushRecord]] = {}
        self._journal = path.with_name(f"{path.name}.journal")
        self._lock = FileLock(path.with_name(f"{path.name}.lock"), place=str(path))
        self._file: BinaryIO | None = None
        self._writing = threading.Lock()

    def peek(self) -> Mapping[str, PushRecord]:
        """Read it without locking or changing anything.

        Raises:
            TargetError: It cannot be read.
        """
        self._read()
        return self.records

    def open(self) -> Mapping[str, PushRecord]:
        """Lock it and read it.

        Raises:
            TargetError: Another push is at work, or the file cannot be read or written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TargetError(
                f"{self.path.parent} cannot be made: {error.strerror or error}",
                hint="Say with state= where to keep what was pushed",
            ) from error
        self._lock.acquire()
        try:
            if self._read():
                self._fold()
        except BaseException:
            self._lock.release()
            raise
        return self.records

    def put(self, dataset_id: str, record: PushRecord) -> None:
        """Set a record. It is on the disk when this returns.

        Raises:
            TargetError: It cannot be written.
        """
        line = _Line(target=self._target, id=dataset_id, record=record).model_dump_json().encode()
        with self._writing:
            try:
                if self._file is None:
                    self._file = self._journal.open("ab", buffering=0)
                # What was cut off before ends here, at the latest.
                block = b"\n" + line + b"\n"
                if self._file.write(block) != len(block):
                    raise OSError(28, "No space left on device")
                os.fsync(self._file.fileno())
            except OSError as error:
                raise refusal(self._journal, error) from error
            self.records[dataset_id] = record

    def close(self) -> None:
        """Make the journal a part of the file, and unlock it. Does nothing if it is not open."""
        try:
            if self._file is not None:
                self._file.close()
                self._file = None
                self._fold()
        finally:
            self._lock.release()

    def _read(self) -> bool:
        """Read file and journal; returns whether there is a journal."""
        self._targets = self._document().targets
        self.records = self._targets.setdefault(self._target, {})
        try:
            lines = self._journal.read_bytes().splitlines()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise TargetError(f"{self._journal} cannot be read: {error.strerror or error}") from error
        for line in lines:
            with suppress(ValidationError):  # the last one may have been cut off
                entry = _Line.model_validate_json(line)
                self._targets.setdefault(entry.target, {})[entry.id] = entry.record
        return True

    def _document(self) -> _Document:
        try:
            document = self.path.read_bytes()
        except FileNotFoundError:
            return _Document()
        except OSError as error:
            raise TargetError(f"{self.path} cannot be read: {error.strerror or error}") from error
        try:
            version = _Header.model_validate_json(document).version
            if version <= _VERSION:
                return _Document.model_validate_json(document)
        except ValidationError:
            # Without it rows would be appended a second time, so this is nothing to go on without.
            raise TargetError(
                f"{self.path} does not say what was pushed: it is damaged, or another kind of file",
                hint="Restore it; or move it away if everything may be pushed again",
            ) from None
        raise TargetError(
            f"{self.path} has version {version}, and this version of domo_async reads up to {_VERSION}",
            hint="Upgrade domo_async",
        )

    def _fold(self) -> None:
        new = self.path.with_name(f"{self.path.name}.new")
        targets = {
            target: dict(sorted(records.items())) for target, records in sorted(self._targets.items()) if records
        }
        try:
            with new.open("wb") as file:
                file.write(
                    _Document(targets=targets).model_dump_json(indent=1, exclude_defaults=False).encode() + b"\n"
                )
                file.flush()
                os.fsync(file.fileno())
            replace_file(new, self.path)
            remove_file(self._journal)
        except OSError as error:
            raise refusal(self.path, error) from error
