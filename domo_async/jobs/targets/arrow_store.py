# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""Object stores by the file systems of pyarrow: S3, Google Cloud Storage, Azure, HDFS."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from domo_async.jobs.targets.stores import BLOCK, STAGING, ObjectFacts, digest_of, to_the_second, told_by
from domo_async.tabular.extras import require

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow.fs

__all__ = ["ArrowStore"]

_FLUSH = 32 * 2**20
"""Bytes after which an upload waits for what is on its way; pyarrow would keep any number of them in memory."""

_WHOLE_PUTS = {"s3", "gcs", "abfs"}
"""They show an object when it is complete, and the old one until then."""


class ArrowStore:
    """A file system of pyarrow.

    Args:
        filesystem: The file system.
        root: Path in it.
        place: How messages call it.
    """

    def __init__(self, filesystem: pyarrow.fs.FileSystem, root: str, *, place: str) -> None:
        self._fs = filesystem
        self._root = root.rstrip("/")
        self._place = place
        self._pafs = require("pyarrow.fs", feature="Pulling to a file system of pyarrow")
        self._whole = _innermost(filesystem).type_name in _WHOLE_PUTS

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return self._place

    def put(self, name: str, source: Path) -> None:
        """Upload a file."""
        with told_by(self._place):
            self._exchange(name, lambda path: self._upload(path, source))

    def put_bytes(self, name: str, data: bytes) -> None:
        """Write a small object."""

        def write(path: str) -> None:
            with self._fs.open_output_stream(path) as stream:
                stream.write(data)

        with told_by(self._place):
            self._exchange(name, write)

    def move(self, name: str, to: str) -> None:
        """Rename an object; where there is no rename, the store copies it and forgets the old one."""
        source, target = self._path(name), self._path(to)
        with told_by(self._place):
            if self._whole:
                self._fs.copy_file(source, target)
                with suppress(OSError):
                    self._fs.delete_file(source)
            else:
                self._fs.create_dir(target.rpartition("/")[0], recursive=True)
                self._fs.move(source, target)

    def get_bytes(self, name: str) -> bytes | None:
        """Read a small object."""
        with told_by(self._place, to="read"):
            try:
                with self._fs.open_input_stream(self._path(name)) as stream:
                    return bytes(stream.read())
            except FileNotFoundError:
                return None

    def list(self, folder: str = "") -> dict[str, ObjectFacts]:
        """All objects, or those in a folder."""
        base = self._path(folder)
        selector = self._pafs.FileSelector(base, recursive=True, allow_not_found=True)
        with told_by(self._place, to="listed"):
            found = self._fs.get_file_info(selector)
        # A file system may answer with a leading slash where the path had none, or the other way round.
        start = len(self._root.strip("/")) + 1 if self._root.strip("/") else 0
        return {info.path.lstrip("/")[start:]: _facts(info) for info in found if info.type == self._pafs.FileType.File}

    def facts(self, name: str) -> ObjectFacts | None:
        """What is known of an object."""
        with told_by(self._place, to="read"):
            info = self._fs.get_file_info(self._path(name))
        return _facts(info) if info.type == self._pafs.FileType.File else None

    def delete(self, name: str) -> None:
        """Delete an object, if it is there."""
        with told_by(self._place), suppress(FileNotFoundError):
            self._fs.delete_file(self._path(name))

    def sha256(self, name: str) -> str | None:
        """SHA-256 of an object."""
        with told_by(self._place, to="read"):
            try:
                with self._fs.open_input_file(self._path(name)) as stream:
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
        self._fs.create_dir(self._path(STAGING), recursive=True)
        self._fs.create_dir(target.rpartition("/")[0], recursive=True)
        temporary = self._path(f"{STAGING}/{secrets.token_hex(8)}")
        try:
            write(temporary)
            self._fs.move(temporary, target)
        except BaseException:
            with suppress(OSError):
                self._fs.delete_file(temporary)
            raise

    def _upload(self, path: str, source: Path) -> None:
        stream = self._fs.open_output_stream(path)
        try:
            with stream, source.open("rb") as file:
                pending = 0
                while block := file.read(BLOCK):
                    stream.write(block)
                    if (pending := pending + len(block)) >= _FLUSH:
                        stream.flush()
                        pending = 0
        except BaseException:
            # Closing the stream makes an object of what it had got so far, and so would leaving it alone.
            with suppress(OSError):
                self._fs.delete_file(path)
            raise


def _facts(info: pyarrow.fs.FileInfo) -> ObjectFacts:
    return ObjectFacts(int(info.size), to_the_second(info.mtime_ns))


def _innermost(filesystem: pyarrow.fs.FileSystem) -> pyarrow.fs.FileSystem:
    while (inner := getattr(filesystem, "base_fs", None)) is not None:
        filesystem = inner
    return filesystem
