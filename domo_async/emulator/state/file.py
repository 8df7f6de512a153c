"""The state file: a DuckDB database with the rows of all DataSets, and documents that describe everything else.

The schema ``state`` holds JSON documents by shelf and key, in the order in which they were made, and the bytes that
belong to some of them. The schema ``stored`` is the `RowStore`'s. One transaction writes all documents that changed, so
whatever moment the process is killed at, the file holds what was true at one moment before.
"""

# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.

from __future__ import annotations

import contextlib
import os
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import duckdb
import pyarrow as pa

from domo_async.emulator.rows.store import connect
from domo_async.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

__all__ = ["Change", "Key", "StateFile"]

FORMAT = 1
"""Number of the layout that is described above, and of what the documents are made of."""

Key = tuple[str, str]
"""Shelf, and key on it."""

_LAYOUT = """
CREATE SCHEMA state;
CREATE TABLE state.about (format INTEGER);
INSERT INTO state.about VALUES ({format});
CREATE TABLE state.documents (shelf VARCHAR, key VARCHAR, place BIGINT, body VARCHAR);
CREATE TABLE state.contents (shelf VARCHAR, key VARCHAR, place BIGINT, body BLOB);
"""

# DuckDB lets one process open a file twice, as long as the settings are the same.
_open_files: WeakValueDictionary[str, StateFile] = WeakValueDictionary()
_opening = threading.Lock()


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one document, or of the bytes that belong to it.

    Attributes:
        key: Shelf, and key on it.
        place: Its place in the order in which all of them were made, which nothing else ever has.
        body: Its JSON text, or the bytes; None if it is gone.
        new: Whether it is not in the file yet.
    """

    key: Key
    place: int
    body: str | bytes | None
    new: bool = False


class StateFile:
    """A state file, open from the beginning until `close`. It belongs to one emulator at a time.

    Args:
        path: Where it is; made if there is none.

    Raises:
        TargetError: It is in use, it is something else, its format is another one, or it cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path: Path = Path(path).absolute()
        self._name = os.path.normcase(self.path.resolve())
        with _opening:
            if self._name in _open_files:
                msg = f"{self.path} is in use by another emulator of this process"
                raise TargetError(msg, hint="Every emulator needs a state file of its own.")
            self.connection: duckdb.DuckDBPyConnection = self._connect()
            try:
                self._check()
            except BaseException:
                self.connection.close()
                raise
            _open_files[self._name] = self

    def documents(self) -> dict[Key, tuple[int, str]]:
        """Every document in order: its place, and its JSON text."""
        return self._all("state.documents")

    def contents(self) -> dict[Key, tuple[int, bytes]]:
        """The bytes that belong to documents, each with its place."""
        return self._all("state.contents")

    def _all(self, table: str) -> dict[Key, tuple[int, Any]]:
        with self._told("cannot be read"):
            found = self.connection.execute(f"SELECT shelf, key, place, body FROM {table} ORDER BY place")  # noqa: S608
            return {(shelf, key): (place, body) for shelf, key, place, body in found.fetchall()}

    def write(self, documents: Iterable[Change], contents: Iterable[Change]) -> None:
        """Write changes, all of them or none.

        Raises:
            TargetError: They cannot be written: the disk is full, for example. The file is as it was.
        """
        with self._told("cannot be written"), contextlib.closing(self.connection.cursor()) as cursor:
            cursor.begin()
            try:
                _put(cursor, "state.documents", list(documents), pa.string())
                _put(cursor, "state.contents", list(contents), pa.large_binary())
                cursor.commit()
            except BaseException:
                with contextlib.suppress(duckdb.Error):  # after some errors there is no transaction any more
                    cursor.rollback()
                raise

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()
        with _opening:
            _open_files.pop(self._name, None)

    def _connect(self) -> duckdb.DuckDBPyConnection:
        with self._told("cannot be opened"):
            if self.path.is_file() and not self.path.stat().st_size:
                self.path.unlink()  # as `mktemp` leaves it; DuckDB wants a file of its own or none
            return connect(str(self.path))

    def _check(self) -> None:
        with self._told("cannot be read"):
            tables = self.connection.execute(
                "SELECT table_schema || '.' || table_name FROM information_schema.tables"
            ).fetchall()
            if not tables:
                self.connection.execute(f"BEGIN; {_LAYOUT.format(format=FORMAT)} COMMIT")
                return
            found = None
            if ("state.about",) in tables:
                [found] = self.connection.execute("SELECT format FROM state.about").fetchone() or [None]
        if found is None:
            msg = f"{self.path} is a DuckDB database, but no state of an emulator"
            raise TargetError(msg, hint="Name a file that does not exist yet.")
        if found != FORMAT:
            msg = f"{self.path} has the format {found} of another version; this one reads and writes format {FORMAT}"
            raise TargetError(msg, hint="Delete it, or name a file that does not exist yet.")

    @contextmanager
    def _told(self, what: str) -> Generator[None]:
        try:
            yield
        except (duckdb.Error, OSError) as error:
            reason = str(error).splitlines()[0]
            if "lock on file" in reason or "being used by another process" in reason:
                msg = f"{self.path} is in use by another process"
                raise TargetError(msg, hint="Every emulator needs a state file of its own.") from error
            msg = f"The state file {self.path} {what}: {reason}"
            raise TargetError(msg) from error


def _put(cursor: duckdb.DuckDBPyConnection, table: str, changes: Sequence[Change], kind: pa.DataType) -> None:
    if not changes:
        return
    if old := [change.place for change in changes if not change.new]:
        # What is written again gets a new row.
        cursor.execute(f"DELETE FROM {table} WHERE place IN ({', '.join(map(str, old))})")  # noqa: S608
    columns = {
        "shelf": pa.array([change.key[0] for change in changes], pa.string()),
        "key": pa.array([change.key[1] for change in changes], pa.string()),
        "place": pa.array([change.place for change in changes], pa.int64()),
        "body": pa.array([change.body for change in changes], kind),
    }
    cursor.register("changes", pa.table(columns))
    try:
        cursor.execute(f"INSERT INTO {table} SELECT * FROM changes WHERE body IS NOT NULL")  # noqa: S608
    finally:
        cursor.unregister("changes")
