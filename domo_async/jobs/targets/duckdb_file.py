"""A DuckDB database: one table for each DataSet."""

from __future__ import annotations

import shutil
import tempfile
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from domo_async.errors import InvalidArgumentError, MissingExtraError, TargetError
from domo_async.jobs.manifest import HOME, DataSetRecord, FileRecord, Manifest, RunRecord, read_manifest
from domo_async.jobs.targets.lock import FileLock
from domo_async.jobs.targets.protocol import Contents, NameRefusedError
from domo_async.tabular.replacement import refusal

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping, Sequence

    from duckdb import DuckDBPyConnection

    from domo_async.jobs.recipe import Recipe
    from domo_async.jobs.targets.protocol import StagedFile

__all__ = ["DuckDBTarget"]

_MEMORY = "256MB"
_HEADER = ""
"""Key of the row that says what the manifest is; no DataSet has an empty id."""


class DuckDBTarget:
    """Tables in a database file. Each is replaced in one transaction, together with its record in the manifest.

    The manifest is the table ``domo_async.manifest``. Beside the file there is a folder with its name
    (``.lake.duckdb.domo-async``) for the lock and for Parquet files on their way into tables. DuckDB lets nobody else
    open the file while a job has it open for writing, not even to read.

    Args:
        path: The file; made when missing. Its folder exists.
    """

    renew_every: float | None = None

    def __init__(self, path: Path) -> None:
        self._path = path
        self._home = path.with_name(f".{path.name}{HOME}")
        self._staging = self._home / "staging"
        self._lock = FileLock(self._home / "lock", place=str(path))
        self._connection: DuckDBPyConnection | None = None
        self._rows: dict[str, int] = {}
        self._using = threading.Lock()

    @property
    def place(self) -> str:
        """Path of the file."""
        return str(self._path)

    def file_names(self, stem: str, recipe: Recipe, count: int) -> list[str]:
        """The name of the table.

        Raises:
            InvalidArgumentError: The recipe makes something else than one table.
        """
        if recipe.format != "parquet" or recipe.rows_per_file is not None:
            raise InvalidArgumentError("a DuckDB database holds tables: format and rows_per_file have no meaning there")
        return [stem]

    def stem(self, file_name: str) -> str:
        """The name of the table."""
        return file_name

    def peek(self) -> Contents:
        """Read the manifest."""
        if not self._path.exists():
            return Contents({}, self._leftovers())
        connection = self._connect(read_only=True)
        try:
            return Contents(self._read(connection), self._leftovers())
        finally:
            connection.close()

    def open(self) -> Contents:
        """Lock and open the database."""
        try:
            self._home.mkdir(exist_ok=True)
        except OSError as error:
            raise refusal(self._home, error) from error
        self._lock.acquire()
        leftovers = self._leftovers()
        shutil.rmtree(self._staging, ignore_errors=True)
        connection = self._connect(read_only=False)
        with self._told():
            connection.execute("CREATE SCHEMA IF NOT EXISTS domo_async")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS domo_async.manifest (dataset_id VARCHAR PRIMARY KEY, record VARCHAR)"
            )
            records = self._read(connection)
            header = Manifest().model_dump_json(exclude={"datasets"})
            connection.execute("INSERT OR REPLACE INTO domo_async.manifest VALUES (?, ?)", [_HEADER, header])
        self._connection = connection
        return Contents(records, leftovers)

    def staging(self) -> Path:
        """A new folder in the one beside the file."""
        try:
            self._staging.mkdir(exist_ok=True)
            return Path(tempfile.mkdtemp(dir=self._staging))
        except OSError as error:
            raise refusal(self._staging, error) from error

    def check(self, record: DataSetRecord, *, verify: bool) -> DataSetRecord | str:
        """Compare the numbers of rows at the beginning; `verify` finds nothing more."""
        for file in record.files:
            rows = self._rows.get(file.name)
            if rows is None:
                return f"the table {file.name!r} is not there"
            if rows != file.rows:
                return f"the table {file.name!r} has {rows} rows, and it had {file.rows}"
        return record

    def commit(
        self, dataset_id: str, record: DataSetRecord, files: Sequence[StagedFile], obsolete: Sequence[str]
    ) -> DataSetRecord:
        """Load the Parquet file into a table, and write the record, in one transaction."""
        record = record.model_copy(
            update={
                "files": [FileRecord(name=f.name, rows=f.rows, bytes=f.bytes, sha256=f.sha256) for f in files],
                "run": RunRecord(at=datetime.now(UTC)),
            }
        )
        with self._transaction() as connection:
            _drop(connection, set(obsolete) - {file.name for file in files})
            for file in files:
                connection.execute(
                    f"CREATE OR REPLACE TABLE main.{_quoted(file.name)} AS SELECT * FROM read_parquet(?)",  # noqa: S608
                    [str(file.path)],
                )
            _put(connection, dataset_id, record)
        return record

    def note(self, dataset_id: str, record: DataSetRecord) -> None:
        """Write the record."""
        with self._transaction() as connection:
            _put(connection, dataset_id, record)

    def forget(self, dataset_id: str) -> tuple[str, ...]:
        """Drop the table and the record."""
        with self._transaction() as connection:
            row = connection.execute(
                "SELECT record FROM domo_async.manifest WHERE dataset_id = ?", [dataset_id]
            ).fetchone()
            documents = {} if row is None else {dataset_id: str(row[0])}
            names = tuple(file.name for _, record in _readable(documents) for file in record.files)
            _drop(connection, names)
            connection.execute("DELETE FROM domo_async.manifest WHERE dataset_id = ?", [dataset_id])
        return names

    def renew(self) -> None:
        """Do nothing: the operating system knows who lives."""

    def close(self) -> None:
        """Close the database, and unlock it."""
        connection, self._connection = self._connection, None
        try:
            if connection is not None:
                with self._told():
                    connection.close()
                shutil.rmtree(self._staging, ignore_errors=True)
        finally:
            self._lock.release()

    def _connect(self, *, read_only: bool) -> DuckDBPyConnection:
        try:
            import duckdb
        except ImportError as error:
            raise MissingExtraError("Pulling into a DuckDB database", extra="duckdb") from error
        with self._told():
            # One thread and little memory: it loads one table at a time, while others are on their way.
            config: dict[str, str | bool | int | float | list[str]] = {"threads": "1", "memory_limit": _MEMORY}
            return duckdb.connect(str(self._path), read_only=read_only, config=config)

    @contextmanager
    def _transaction(self) -> Generator[DuckDBPyConnection]:
        connection = self._connection
        if connection is None:
            raise TargetError("The target is not open")
        with self._using, self._told():
            connection.execute("BEGIN")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with suppress(Exception):
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _told(self) -> Generator[None]:
        """Turn DuckDB's errors into ours."""
        import duckdb

        try:
            yield
        except duckdb.Error as error:
            words = f"{self._path} cannot be written: {str(error).splitlines()[0]}"
            # A view may have the name, or another kind of thing that is no table.
            kind = NameRefusedError if isinstance(error, duckdb.CatalogException) else TargetError
            raise kind(words) from error

    def _read(self, connection: DuckDBPyConnection) -> dict[str, DataSetRecord]:
        exists = connection.execute(
            "SELECT 1 FROM duckdb_tables() WHERE schema_name = 'domo_async' AND table_name = 'manifest'"
        ).fetchone()
        if exists is None:
            return {}
        rows = dict(connection.execute("SELECT dataset_id, record FROM domo_async.manifest").fetchall())
        read_manifest(str(rows.pop(_HEADER, "")).encode(), place=f"the manifest in {self._path}")
        records = dict(_readable(rows))
        names = connection.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main'").fetchall()
        known = {file.name for record in records.values() for file in record.files}
        self._rows = {name: _count(connection, name) for [name] in names if name in known}
        return records

    def _leftovers(self) -> tuple[str, ...]:
        found = (path for path in self._staging.rglob("*") if path.is_file()) if self._staging.is_dir() else ()
        return tuple(sorted(path.relative_to(self._path.parent).as_posix() for path in found))


def _count(connection: DuckDBPyConnection, table: str) -> int:
    [rows] = connection.execute(f"SELECT count(*) FROM main.{_quoted(table)}").fetchone() or [0]  # noqa: S608 - quoted
    return int(rows)


def _put(connection: DuckDBPyConnection, dataset_id: str, record: DataSetRecord) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO domo_async.manifest VALUES (?, ?)", [dataset_id, record.model_dump_json()]
    )


def _drop(connection: DuckDBPyConnection, names: Iterable[str]) -> None:
    for name in sorted(names):
        connection.execute(f"DROP TABLE IF EXISTS main.{_quoted(name)}")


def _readable(rows: Mapping[str, str]) -> Generator[tuple[str, DataSetRecord]]:
    for dataset_id, document in rows.items():
        with suppress(ValidationError):  # then it is pulled anew
            yield dataset_id, DataSetRecord.model_validate_json(document)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
