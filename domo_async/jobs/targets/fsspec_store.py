"""Object stores by the file systems of fsspec."""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from domo_async.jobs.targets.stores import STAGING, ObjectFacts, digest_of, to_the_second, told_by

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FsspecStore"]

_WHOLE_PUTS = {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oci", "oss"}
"""They show an object when it is complete, and the old one until then."""


class FsspecStore:
    """A file system of fsspec.

    Args:
        filesystem: The file system.
        root: Path in it.
        place: How messages call it.
    """

    def __init__(self, filesystem: Any, root: str, *, place: str) -> None:  # noqa: ANN401 - fsspec has no annotations
        self._fs = filesystem
        self._root = str(root).rstrip("/")
        self._place = place
        protocol = filesystem.protocol
        self._whole = not _WHOLE_PUTS.isdisjoint([protocol] if isinstance(protocol, str) else protocol)

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return self._place

    def put(self, name: str, source: Path) -> None:
        """Upload a file."""
        with told_by(self._place):
            self._exchange(name, lambda path: self._fs.put_file(str(source), path))

    def put_bytes(self, name: str, data: bytes) -> None:
        """Write a small object."""
        with told_by(self._place):
            self._exchange(name, lambda path: self._fs.pipe_file(path, data))

    def move(self, name: str, to: str) -> None:
        """Rename an object; where there is no rename, the store copies it and forgets the old one."""
        source, target = self._path(name), self._path(to)
        with told_by(self._place):
            if self._whole:
                self._fs.cp_file(source, target)
                with suppress(Exception):
                    self._fs.rm_file(source)
            else:
                self._fs.makedirs(target.rpartition("/")[0], exist_ok=True)
                self._fs.mv(source, target)

    def get_bytes(self, name: str) -> bytes | None:
        """Read a small object."""
        with told_by(self._place, to="read"):
            try:
                return bytes(self._fs.cat_file(self._path(name)))
            except FileNotFoundError:
                return None

    def list(self, folder: str = "") -> dict[str, ObjectFacts]:
        """All objects, or those in a folder."""
        with told_by(self._place, to="listed"):
            try:
                self._fs.invalidate_cache()
                found = self._fs.find(self._path(folder), detail=True)
            except FileNotFoundError:
                return {}
        start = len(self._root.strip("/")) + 1 if self._root.strip("/") else 0
        return {str(path).lstrip("/")[start:]: _facts(info) for path, info in found.items()}

    def facts(self, name: str) -> ObjectFacts | None:
        """What is known of an object."""
        with told_by(self._place, to="read"):
            try:
                return _facts(self._fs.info(self._path(name)))
            except FileNotFoundError:
                return None

    def delete(self, name: str) -> None:
        """Delete an object, if it is there."""
        with told_by(self._place), suppress(FileNotFoundError):
            self._fs.rm_file(self._path(name))

    def sha256(self, name: str) -> str | None:
        """SHA-256 of an object."""
        with told_by(self._place, to="read"):
            try:
                with self._fs.open(self._path(name), "rb") as stream:
                    return digest_of(stream)
            except FileNotFoundError:
                return None

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}".rstrip("/")

    def _exchange(self, name: str, write: Callable[[str], None]) -> None:
        target = self._path(name)
        if self._whole:
            write(target)
            return
        self._fs.makedirs(self._path(STAGING), exist_ok=True)
        self._fs.makedirs(target.rpartition("/")[0], exist_ok=True)
        temporary = self._path(f"{STAGING}/{secrets.token_hex(8)}")
        try:
            write(temporary)
            self._fs.mv(temporary, target)
        except BaseException:
            with suppress(Exception):
                self._fs.rm_file(temporary)
            raise


def _facts(info: dict[str, Any]) -> ObjectFacts:
    return ObjectFacts(int(info.get("size") or 0), to_the_second(_modified(info)))


def _modified(info: dict[str, Any]) -> int | None:
    for key in ("mtime", "LastModified", "last_modified", "updated", "created"):
        value = info.get(key)
        if isinstance(value, datetime):
            return int(value.timestamp() * 1_000_000) * 1000
        if isinstance(value, int | float) and not isinstance(value, bool):
            return int(value * 1_000_000) * 1000
    return None
