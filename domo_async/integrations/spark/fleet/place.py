"""Where a fleet pulls to: a place that the driver and all executors reach by themselves."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import parse_qsl, urlsplit

from domo_async.errors import InvalidArgumentError
from domo_async.integrations.spark.shipped import Shipped
from domo_async.jobs.targets import is_database, place_for
from domo_async.jobs.targets.folder import FolderTarget
from domo_async.jobs.targets.objects import ObjectTarget

if TYPE_CHECKING:
    from domo_async.jobs.targets import Target
    from domo_async.jobs.targets.stores import ObjectFacts, ObjectStore

__all__ = ["FileSystemSource", "Place"]

FileSystemSource = Callable[[], object]
"""A function that makes a file system of pyarrow or fsspec, on the driver and in each Python worker. It must pickle."""

_HARMLESS: Final = {
    "allow_bucket_creation", "allow_bucket_deletion", "allow_delayed_open", "blob_storage_authority",
    "blob_storage_scheme", "buffer_size", "default_block_size", "dfs_storage_authority", "dfs_storage_scheme",
    "endpoint_override", "region", "replication", "retry_limit_seconds", "scheme", "tls_ca_file_path",
}  # fmt: skip
"""What an address may say after its question mark: all that pyarrow knows and that is no secret."""

_NOT_SHARED: Final = ("memory://", "mock://")


@dataclass(frozen=True, slots=True)
class Place:
    """An address, and how to open it on any machine.

    Attributes:
        address: A folder, or a URI, or a path in `filesystem`.
        filesystem: Makes the file system; None for whatever the address says.
        job: Tells jobs apart: the credentials in the file system of an earlier one may have expired.
    """

    address: str
    filesystem: Shipped[object] | None = field(default=None, repr=False)
    job: str = field(default_factory=partial(secrets.token_hex, 8), repr=False)

    @classmethod
    def of(cls, to: object, filesystem: FileSystemSource | None, *, shared: bool) -> Self:
        """The place that an address means.

        Args:
            to: What the user said.
            filesystem: Makes the file system in which that is a path.
            shared: Whether a folder of this computer is one of every other, too.

        Raises:
            InvalidArgumentError: Executors cannot reach it, or the address holds a secret.
        """
        address = os.fspath(to) if isinstance(to, str | os.PathLike) else None
        if not isinstance(address, str) or not address:
            raise InvalidArgumentError("to: executors need an address: a URI, or a folder that all of them have")
        if is_database(address) and filesystem is None:
            raise InvalidArgumentError(
                "to: a DuckDB database belongs to one process", hint="Pull files, and load them when they are there"
            )
        if address.startswith(_NOT_SHARED):
            raise InvalidArgumentError("to: every process has a memory of its own")
        _refuse_secrets(address)
        place = cls(address, None if filesystem is None else Shipped(filesystem, name="filesystem"))
        found = place.open()
        if not isinstance(found, Path):
            return place
        if not shared:
            raise InvalidArgumentError(
                f"to: {found} is a folder of this computer, and the executors run on others",
                hint="Use the URI of an object store; or say shared=True if they have that folder too",
            )
        return cls(str(found.absolute()))

    def open(self) -> Path | ObjectStore:
        """The folder, or the object store."""
        return _open(self)

    def target(self, scratch: Path | None) -> Target:
        """The target of the job, for the driver: files come from executors and have only to be given their names.

        Args:
            scratch: Where the job may have a temporary folder.
        """
        place = self.open()
        return FolderTarget(place) if isinstance(place, Path) else ObjectTarget(_Arrived(place), scratch=scratch)


@lru_cache(maxsize=4)
def _open(place: Place) -> Path | ObjectStore:
    filesystem = None if place.filesystem is None else place.filesystem()
    if place.filesystem is not None and filesystem is None:
        raise InvalidArgumentError("filesystem: the function returned none")
    return place_for(place.address, filesystem=filesystem)


def _refuse_secrets(address: str) -> None:
    parts = urlsplit(address) if "://" in address else None
    if parts is None:
        return
    has_password = ":" in parts.netloc.rpartition("@")[0]
    if has_password or not {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)} <= _HARMLESS:
        raise InvalidArgumentError(
            "to: the address holds more than a place, maybe a secret, and it is sent to executors",
            hint="Give executors their credentials in the way of their platform, or pass a function as filesystem=",
        )


class _Arrived:
    """A store whose objects have been uploaded by executors: `put` takes the name that one has there already."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @property
    def place(self) -> str:
        return self._store.place

    def put(self, name: str, source: Path) -> None:
        self._store.move(source.as_posix(), name)

    def put_bytes(self, name: str, data: bytes) -> None:
        self._store.put_bytes(name, data)

    def move(self, name: str, to: str) -> None:
        self._store.move(name, to)

    def get_bytes(self, name: str) -> bytes | None:
        return self._store.get_bytes(name)

    def list(self, folder: str = "") -> dict[str, ObjectFacts]:
        return self._store.list(folder)

    def facts(self, name: str) -> ObjectFacts | None:
        return self._store.facts(name)

    def delete(self, name: str) -> None:
        self._store.delete(name)

    def sha256(self, name: str) -> str | None:
        return self._store.sha256(name)
