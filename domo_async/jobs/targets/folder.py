"""A folder of this computer, or of a file system that is mounted here."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from domo_async.errors import TargetError
from domo_async.jobs.manifest import HOME, DataSetRecord, FileRecord, Manifest, RunRecord, read_manifest
from domo_async.jobs.targets.journal import Entry, Journal, replay
from domo_async.jobs.targets.layout import file_names, stem_of
from domo_async.jobs.targets.lock import FileLock
from domo_async.jobs.targets.protocol import Contents, NameRefusedError
from domo_async.tabular.open_elsewhere import remove_file, replace_file
from domo_async.tabular.replacement import refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from domo_async.jobs.recipe import Recipe
    from domo_async.jobs.targets.protocol import StagedFile

__all__ = ["FolderTarget"]

_MANIFEST = "manifest.json"
_SET_ASIDE = "manifest.unreadable.json"
_OF_ONE_NAME = {
    errno.EISDIR,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.ENAMETOOLONG,
    errno.EILSEQ,
    errno.EINVAL,
    errno.ELOOP,
}
"""Refusals that concern one file name; any other will meet the next file as well."""


class FolderTarget:
    """Files in a folder. Each appears under its name by a rename, in one step for everybody who looks.

    Besides the data files there is ``.domo-async`` with the manifest, its journal (one line for each DataSet since the
    manifest was written; it becomes part of the manifest at the end of the job), the lock, and the staging folder,
    in which files are made. Whatever is in the staging folder when a job gets the lock was left by a dead one.

    Args:
        folder: The folder. `open` creates it.
    """

    renew_every: float | None = None

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._home = folder / HOME
        self._staging = self._home / "staging"
        self._lock = FileLock(self._home / "lock", place=str(folder))
        self._journal = Journal(self._home / "journal.jsonl")
        self._records: dict[str, DataSetRecord] = {}
        self._is_open = False
        self._changed = False
        self._writing = threading.Lock()

    @property
    def place(self) -> str:
        """Path of the folder."""
        return str(self._folder)

    def file_names(self, stem: str, recipe: Recipe, count: int) -> list[str]:
        """``stem.parquet``, or ``stem/part-00001.parquet`` and so on."""
        return file_names(stem, recipe, count)

    def stem(self, file_name: str) -> str:
        """The name without its suffix, or its folder."""
        return stem_of(file_name)

    def peek(self) -> Contents:
        """Read manifest and journal."""
        if self._folder.exists() and not self._folder.is_dir():
            raise TargetError(f"{self._folder} is a file, and a folder should be there")
        records, warnings = self._read()
        return Contents(records, self._leftovers(), warnings)

    def open(self) -> Contents:
        """Create the folder, lock it, read its manifest, and clear its staging folder."""
        try:
            self._home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            is_file = self._folder.exists() and not self._folder.is_dir()
            words = "is a file, and a folder should be there" if is_file else f"cannot be made: {error.strerror}"
            raise TargetError(f"{self._folder} {words}") from error
        self._lock.acquire()
        self._is_open = True
        records, warnings = self._read()
        if warnings:
            with suppress(OSError):
                replace_file(self._home / _MANIFEST, self._home / _SET_ASIDE)
        leftovers = self._leftovers()
        shutil.rmtree(self._staging, ignore_errors=True)
        self._records = dict(records)
        if self._journal.read():
            self._changed = True
            self._fold()
        return Contents(records, leftovers, warnings)

    def staging(self) -> Path:
        """A new folder in the staging folder."""
        try:
            self._staging.mkdir(exist_ok=True)
            return Path(tempfile.mkdtemp(dir=self._staging))
        except OSError as error:
            raise refusal(self._staging, error) from error

    def check(self, record: DataSetRecord, *, verify: bool) -> DataSetRecord | str:
        """Compare sizes and times of modification; and hashes where those differ in time only, or when asked to."""
        modified: dict[str, int] = {}
        for file in record.files:
            path = self._folder / file.name
            try:
                facts = path.stat()
            except OSError:
                return f"{file.name} is not there"
            if facts.st_size != file.bytes:
                return f"{file.name} has {facts.st_size} bytes, and it had {file.bytes}"
            modified[file.name] = facts.st_mtime_ns
            # A lake that was copied or restored has other times and the same bytes.
            if (verify or facts.st_mtime_ns != record.run.modified.get(file.name)) and _sha256(path) != file.sha256:
                return f"{file.name} has other bytes than it had"
        if modified == record.run.modified:
            return record
        return record.model_copy(update={"run": record.run.model_copy(update={"modified": modified})})

    def commit(
        self, dataset_id: str, record: DataSetRecord, files: Sequence[StagedFile], obsolete: Sequence[str]
    ) -> DataSetRecord:
        """Rename the files into their place, and then write the record to the journal."""
        modified: dict[str, int] = {}
        for file in files:
            target = self._folder / file.name
            try:
                target.parent.mkdir(exist_ok=True)
                if target.is_dir():
                    raise IsADirectoryError(errno.EISDIR, "a folder has that name")
                replace_file(file.path, target)
                modified[file.name] = target.stat().st_mtime_ns
            except OSError as error:
                refused = refusal(target, error)
                raise (NameRefusedError(refused.message) if _concerns_one_name(error) else refused) from error
        # Before the record: a name that no record has any more would never be removed.
        self._remove(name for name in obsolete if name not in modified)
        record = record.model_copy(
            update={
                "files": [FileRecord(name=f.name, rows=f.rows, bytes=f.bytes, sha256=f.sha256) for f in files],
                "run": RunRecord(at=datetime.now(UTC), modified=modified),
            }
        )
        self._put(dataset_id, record, durable=True)
        return record

    def note(self, dataset_id: str, record: DataSetRecord) -> None:
        """Write the record to the journal."""
        self._put(dataset_id, record, durable=False)

    def forget(self, dataset_id: str) -> tuple[str, ...]:
        """Remove the files, and then the record."""
        record = self._records.get(dataset_id)
        names = tuple(file.name for file in record.files) if record is not None else ()
        self._remove(names)
        self._put(dataset_id, None, durable=False)
        return names

    def renew(self) -> None:
        """Do nothing: the operating system knows who lives."""

    def close(self) -> None:
        """Make the journal a part of the manifest, and unlock the folder."""
        try:
            if self._is_open:
                shutil.rmtree(self._staging, ignore_errors=True)
            if self._changed:
                self._fold()
        finally:
            self._is_open = False
            self._journal.close()
            self._lock.release()

    def _put(self, dataset_id: str, record: DataSetRecord | None, *, durable: bool) -> None:
        with self._writing:
            self._changed = True
            entry = Entry(id=dataset_id, record=record)
            self._journal.add(entry, durable=durable)
            replay(self._records, [entry])

    def _remove(self, names: Iterable[str]) -> None:
        for name in names:
            path = self._folder / name
            try:
                remove_file(path)
            except OSError as error:
                raise refusal(path, error) from error
            if path.parent != self._folder:
                with suppress(OSError):
                    path.parent.rmdir()  # if that was the last one

    def _read(self) -> tuple[dict[str, DataSetRecord], tuple[str, ...]]:
        path = self._home / _MANIFEST
        try:
            document = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            document = None
        except OSError as error:
            raise TargetError(f"{path} cannot be read: {error.strerror or error}") from error
        manifest = None if document is None else read_manifest(document, place=str(path))
        records = {} if manifest is None else dict(manifest.datasets)
        replay(records, self._journal.read())
        if document is None or manifest is not None:
            return records, ()
        return records, (f"{path} is no manifest: it is set aside as {_SET_ASIDE}, and everything is pulled anew",)

    def _fold(self) -> None:
        """Replace the manifest by one that has everything, and then remove the journal."""
        path = self._home / _MANIFEST
        new = path.with_name(f"{path.name}.new")
        try:
            with new.open("wb") as file:
                file.write(Manifest.of(self._records).to_bytes())
                file.flush()
                os.fsync(file.fileno())
            replace_file(new, path)
            self._journal.clear()
        except OSError as error:
            raise refusal(path, error) from error
        self._changed = False

    def _leftovers(self) -> tuple[str, ...]:
        """What a dead job was writing."""
        found = (path for path in self._staging.rglob("*") if path.is_file()) if self._staging.is_dir() else ()
        return tuple(sorted(path.relative_to(self._folder).as_posix() for path in found))


def _concerns_one_name(error: OSError) -> bool:
    # What cannot be replaced is open in another program, on Windows: writing beside it did work.
    return isinstance(error, PermissionError) or error.errno in _OF_ONE_NAME


def _sha256(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
