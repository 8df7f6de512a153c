"""Objects in a store: S3, Google Cloud Storage, Azure, HDFS, and what else pyarrow and fsspec know."""

from __future__ import annotations

import hashlib
import threading
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from domo_async.jobs.manifest import HOME, DataSetRecord, FileRecord, Manifest, RunRecord, read_manifest
from domo_async.jobs.targets.journal import Entry, replay
from domo_async.jobs.targets.layout import file_names, stem_of
from domo_async.jobs.targets.lease import Lease
from domo_async.jobs.targets.protocol import Contents
from domo_async.jobs.targets.scratch import Scratch
from domo_async.jobs.targets.stores import STAGING, again

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domo_async.jobs.recipe import Recipe
    from domo_async.jobs.targets.protocol import StagedFile
    from domo_async.jobs.targets.stores import ObjectFacts, ObjectStore

__all__ = ["ObjectTarget"]

_MANIFEST = f"{HOME}/manifest.json"
_SET_ASIDE = f"{HOME}/manifest.unreadable.json"
_JOURNAL = f"{HOME}/journal"


class ObjectTarget:
    """Objects below a prefix. Each is made on this computer first, and uploaded when it is complete.

    A stream into a store could not be taken back: pyarrow makes an object of whatever has arrived when the stream is
    closed, by an error too. An object store has no rename either, so what is uploaded has to be right.

    Besides the data there is ``.domo-async`` with the manifest, which is written last; until then the journal, one
    object for each DataSet; and the lease that keeps other jobs out.

    Args:
        store: The store.
        scratch: Where to make files, None for the system's temporary folder.
        lease: The lease, None for one with common times.
    """

    def __init__(self, store: ObjectStore, *, scratch: Path | None = None, lease: Lease | None = None) -> None:
        self._store = store
        self._scratch = Scratch(scratch)
        self._lease = lease or Lease(store)
        self._records: dict[str, DataSetRecord] = {}
        self._seen: dict[str, ObjectFacts] = {}
        self._changed = False
        self._writing = threading.Lock()

    @property
    def place(self) -> str:
        """Address of the prefix, without secrets."""
        return self._store.place

    @property
    def renew_every(self) -> float | None:
        """As the lease wants it."""
        return self._lease.renew_every

    def file_names(self, stem: str, recipe: Recipe, count: int) -> list[str]:
        """``stem.parquet``, or ``stem/part-00001.parquet`` and so on."""
        return file_names(stem, recipe, count)

    def stem(self, file_name: str) -> str:
        """The name without its suffix, or its folder."""
        return stem_of(file_name)

    def peek(self) -> Contents:
        """List the objects, and read manifest and journal."""
        records, warnings, _ = self._read()
        return Contents(records, self._leftovers(), warnings)

    def open(self) -> Contents:
        """Take the lease, read the manifest, and remove what a dead job left."""
        self._lease.acquire()
        self._scratch.open()
        records, warnings, entries = self._read()
        self._records = records
        leftovers = self._leftovers()
        for name in leftovers:
            self._store.delete(name)
        if warnings and (document := self._store.get_bytes(_MANIFEST)) is not None:
            self._store.put_bytes(_SET_ASIDE, document)
        if entries or warnings:
            self._fold()
        return Contents(dict(records), leftovers, warnings)

    def staging(self) -> Path:
        """A new temporary folder."""
        return self._scratch.new()

    def check(self, record: DataSetRecord, *, verify: bool) -> DataSetRecord | str:
        """Compare with the listing made at the start; and hashes where times differ, or when asked to."""
        modified: dict[str, int] = {}
        for file in record.files:
            facts = self._seen.get(file.name)
            if facts is None:
                return f"{file.name} is not there"
            if facts.bytes != file.bytes:
                return f"{file.name} has {facts.bytes} bytes, and it had {file.bytes}"
            if facts.modified is not None:
                modified[file.name] = facts.modified
            if (verify or modified.get(file.name) != record.run.modified.get(file.name)) and self._store.sha256(
                file.name
            ) != file.sha256:
                return f"{file.name} has other bytes than it had"
        if modified == record.run.modified:
            return record
        return record.model_copy(update={"run": record.run.model_copy(update={"modified": modified})})

    def commit(
        self, dataset_id: str, record: DataSetRecord, files: Sequence[StagedFile], obsolete: Sequence[str]
    ) -> DataSetRecord:
        """Upload the files, and then write the record to the journal."""
        modified: dict[str, int] = {}
        for file in files:
            again(partial(self._store.put, file.name, file.path))
            facts = self._store.facts(file.name)
            if facts is not None and facts.modified is not None:
                modified[file.name] = facts.modified
        new = {file.name for file in files}
        for name in obsolete:
            if name not in new:
                again(partial(self._store.delete, name))
        record = record.model_copy(
            update={
                "files": [FileRecord(name=f.name, rows=f.rows, bytes=f.bytes, sha256=f.sha256) for f in files],
                "run": RunRecord(at=datetime.now(UTC), modified=modified),
            }
        )
        self._put(dataset_id, record)
        return record

    def note(self, dataset_id: str, record: DataSetRecord) -> None:
        """Write the record to the journal."""
        self._put(dataset_id, record)

    def forget(self, dataset_id: str) -> tuple[str, ...]:
        """Delete the objects, and then the record."""
        record = self._records.get(dataset_id)
        names = tuple(file.name for file in record.files) if record is not None else ()
        for name in names:
            again(partial(self._store.delete, name))
        self._put(dataset_id, None)
        return names

    def renew(self) -> None:
        """Renew the lease."""
        self._lease.renew()

    def close(self) -> None:
        """Write the manifest, and then delete the journal and give the lease back."""
        try:
            if self._changed:
                self._fold()
        finally:
            try:
                self._scratch.close()
            finally:
                self._lease.release()

    def _put(self, dataset_id: str, record: DataSetRecord | None) -> None:
        entry = Entry(id=dataset_id, record=record)
        document = entry.model_dump_json().encode()
        again(partial(self._store.put_bytes, f"{_JOURNAL}/{_object_name(dataset_id)}", document))
        with self._writing:
            self._changed = True
            replay(self._records, [entry])

    def _read(self) -> tuple[dict[str, DataSetRecord], tuple[str, ...], list[Entry]]:
        self._seen = self._store.list()
        document = self._store.get_bytes(_MANIFEST) if _MANIFEST in self._seen else None
        manifest = None if document is None else read_manifest(document, place=f"{self.place}/{_MANIFEST}")
        records = {} if manifest is None else dict(manifest.datasets)
        entries = [entry for name in sorted(self._seen) if (entry := self._entry(name)) is not None]
        replay(records, entries)
        if document is None or manifest is not None:
            return records, (), entries
        words = (
            f"{self.place}/{_MANIFEST} is no manifest: it is set aside as {_SET_ASIDE}, and everything is pulled anew"
        )
        return records, (words,), entries

    def _entry(self, name: str) -> Entry | None:
        document = self._store.get_bytes(name) if name.startswith(f"{_JOURNAL}/") else None
        try:
            return None if document is None else Entry.model_validate_json(document)
        except ValidationError:
            return None

    def _fold(self) -> None:
        document = Manifest.of(self._records).to_bytes()
        again(partial(self._store.put_bytes, _MANIFEST, document))
        for name in self._store.list(_JOURNAL):
            self._store.delete(name)
        self._changed = False

    def _leftovers(self) -> tuple[str, ...]:
        return tuple(sorted(name for name in self._seen if name.startswith(f"{STAGING}/")))


def _object_name(dataset_id: str) -> str:
    """An id as the name of an object: ids are UUIDs, but nobody has promised that."""
    return f"{hashlib.sha256(dataset_id.encode()).hexdigest()[:32]}.json"
