"""Where rows live: DuckDB in memory or in a file, one physical table per DataSet.

Physical columns are called ``c0``, ``c1``... Domo tells columns apart that DuckDB would take for the same (``a`` and
``A``). The tables are in a schema of their own, which no query of a caller can name. Every call uses a cursor of its
own and may run in any thread; a reader keeps the rows that it began with, whatever is written or dropped meanwhile.

In a file the documents that are saved beside the rows say which table a DataSet has, and how many of its rows count. So
a table that is not needed any more stays until those documents have been written (`doomed`, `sweep`), and what is there
without their knowledge, because the process was killed in between, goes at the next start (`adopt`).
"""

# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.

from __future__ import annotations

import itertools
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from domo_async.emulator.rows.handles import RowReader, Rows, Stop
from domo_async.emulator.rows.types import duckdb_type

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from domo_async.emulator.rows.types import StoredColumn

__all__ = ["RowStore", "connect"]

BATCH_ROWS = 32_768
_SCHEMA = "stored"
_CLOSING_TIME = 30.0


def connect(database: str = ":memory:") -> duckdb.DuckDBPyConnection:
    """Open a database for an emulator.

    Raises:
        duckdb.Error: It cannot be opened.
    """
    # SQL comes from callers: it must not reach files, nor Python variables that happen to have a table's name.
    return duckdb.connect(database, config={"enable_external_access": "false", "python_enable_replacements": "false"})


class RowStore:
    """All rows of an emulator.

    Args:
        file: A database in a file; None for one in memory.
    """

    def __init__(self, file: duckdb.DuckDBPyConnection | None = None) -> None:
        self._connection = connect() if file is None else file
        self._connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_SCHEMA}")
        self._doomed: list[str] | None = None if file is None else []
        self._numbers = itertools.count(1)
        self._busy: set[duckdb.DuckDBPyConnection] = set()
        self._lock = threading.Lock()

    def close(self) -> None:
        """End what is under way, and free everything. Further calls fail."""
        deadline = time.monotonic() + _CLOSING_TIME
        while True:
            with self._lock:
                for cursor in self._busy:
                    cursor.interrupt()
            try:
                self._connection.close()
            except duckdb.Error:
                # DuckDB refuses as long as a call is under way, and a call that is about to begin hears no interrupt.
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.005)
            else:
                return

    def create(self, columns: Sequence[StoredColumn], batches: pa.RecordBatchReader | None = None) -> Rows:
        """Store rows as a new table.

        Args:
            columns: Columns in order.
            batches: Rows whose fields are ``c0``, ``c1``... with the types of the columns; None for no rows.
        """
        table = self._new_table()
        # The Simple API makes DataSets without columns, and DuckDB no tables without any.
        fields = ", ".join(f"c{i} {duckdb_type(column)}" for i, column in enumerate(columns)) or "nothing BOOLEAN"
        with self._cursor() as cursor:
            cursor.execute(f"CREATE TABLE {table} ({fields})")
            count = 0
            try:
                if batches is not None:
                    count = _insert(cursor, table, batches)
            except BaseException:
                cursor.execute(f"DROP TABLE {table}")
                raise
        return Rows(table, tuple(columns), count)

    def append(self, rows: Rows, columns: Sequence[StoredColumn], batches: pa.RecordBatchReader) -> Rows:
        """Add rows at the end.

        Args:
            rows: What is there.
            columns: Columns of the new rows: the same, but decimals may have more digits after the point.
            batches: The new rows.

        Returns:
            The handle to use from now on; the old one still names the old table if that had to be widened.

        Raises:
            duckdb.Error: A value does not fit; nothing has changed.
        """
        pairs = zip(rows.columns, columns, strict=True)
        wider = tuple(replace(old, scale=max(old.scale, new.scale)) for old, new in pairs)
        if wider == rows.columns:
            with self._cursor() as cursor:
                return replace(rows, count=rows.count + _insert(cursor, rows.table, batches))
        grown = self.reshape(rows, wider, list(range(len(wider))), lossless=True)
        try:
            return self.append(grown, wider, batches)
        except BaseException:
            self.drop(grown)
            raise

    def reshape(
        self, rows: Rows, columns: Sequence[StoredColumn], sources: Sequence[int | None], *, lossless: bool = False
    ) -> Rows:
        """Copy rows into a new table of other columns.

        Args:
            rows: What is there.
            columns: The new columns.
            sources: For each new column the position of the old one it takes its values from, or None for nulls.
            lossless: Fail where a value does not fit its new type; else it becomes null.
        """
        cast = "CAST" if lossless else "TRY_CAST"
        picks = (
            f"{cast}(c{source} AS {duckdb_type(column)}) AS c{i}"
            if source is not None
            else f"CAST(NULL AS {duckdb_type(column)}) AS c{i}"
            for i, (column, source) in enumerate(zip(columns, sources, strict=True))
        )
        table = self._new_table()
        with self._cursor() as cursor:
            cursor.execute(f"CREATE TABLE {table} AS SELECT {', '.join(picks)} FROM {rows.table}")  # noqa: S608
        return Rows(table, tuple(columns), rows.count)

    def upsert(
        self, rows: Rows, columns: Sequence[StoredColumn], batches: pa.RecordBatchReader, keys: Sequence[int]
    ) -> Rows:
        """Copy rows into a new table, where new rows take the place of old ones with the same key, at the end.

        Args:
            rows: What is there.
            columns: Columns of the new rows, see `append`.
            batches: The new rows; of several with the same key the last one counts.
            keys: Positions of the columns that make two rows the same.

        Returns:
            The new rows; the old ones are left as they are.

        Raises:
            duckdb.Error: A value does not fit; nothing has changed.
        """
        incoming = self.create(columns, batches)
        kept = self.create(rows.columns)
        try:
            same = " AND ".join(f"n.c{key} IS NOT DISTINCT FROM o.c{key}" for key in keys)
            key = ", ".join(f"c{key}" for key in keys)
            with self._cursor() as cursor:
                # The tables are ours, and so are the names of their columns.
                [count] = cursor.execute(
                    f"INSERT INTO {kept.table} SELECT * FROM {rows.table} o "  # noqa: S608
                    f"WHERE NOT EXISTS (SELECT 1 FROM {incoming.table} n WHERE {same}) ORDER BY o.rowid"
                ).fetchone() or [0]
                newest = cursor.sql(
                    f"SELECT * FROM {incoming.table} "  # noqa: S608
                    f"WHERE rowid IN (SELECT max(rowid) FROM {incoming.table} GROUP BY {key}) ORDER BY rowid"
                )
                grown = self.append(replace(kept, count=int(count)), columns, newest.to_arrow_reader(BATCH_ROWS))
        except BaseException:
            self.drop(kept)
            raise
        finally:
            self.drop(incoming)
        if grown.table != kept.table:
            self.drop(kept)
        return grown

    def drop(self, rows: Rows) -> None:
        """Free the rows, in a file at the next `sweep`. Readers that are under way still get all of them."""
        if self._doomed is not None:
            self._doomed.append(rows.table)
            return
        with self._cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {rows.table}")

    def doomed(self) -> tuple[str, ...]:
        """The tables that nothing needs any more, but the documents in the file."""
        return tuple(self._doomed or ())

    def sweep(self, tables: Sequence[str]) -> None:
        """Drop doomed tables, now that the documents in the file do not name them any more."""
        for table in tables:
            with self._cursor() as cursor:
                cursor.execute(f"DROP TABLE IF EXISTS {table}")
            if self._doomed is not None:
                self._doomed.remove(table)

    def adopt(self, counts: Mapping[str, int]) -> None:
        """Begin with the tables of a file.

        Args:
            counts: The rows that count, by table. Other tables are dropped, and rows beyond that number deleted: the
                process was killed before it had written what they belong to.

        Raises:
            ValueError: A table is missing, or has fewer rows.
        """
        with self._cursor() as cursor:
            found = cursor.execute(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = ?", [_SCHEMA]
            ).fetchall()
            tables = {f"{_SCHEMA}.{name}" for (name,) in found}
            for table in tables - counts.keys():
                cursor.execute(f"DROP TABLE {table}")
            for table, count in counts.items():
                if table not in tables:
                    msg = f"there is no table {table}"
                    raise ValueError(msg)
                # The names are those of our own tables.
                [present] = cursor.execute(f"SELECT count(*) FROM {table}").fetchone() or [0]  # noqa: S608
                if present < count:
                    msg = f"{table} has {present} of {count} rows"
                    raise ValueError(msg)
                if present > count:
                    surplus = f"SELECT rowid FROM {table} ORDER BY rowid OFFSET {count}"  # noqa: S608
                    cursor.execute(f"DELETE FROM {table} WHERE rowid IN ({surplus})")  # noqa: S608
        self._numbers = itertools.count(1 + max((int(table.rpartition("_")[2]) for table in tables), default=0))

    def read(self, rows: Rows) -> RowReader:
        """Read all rows in the order in which they came."""
        return self._open(f"SELECT * FROM {rows.table}")  # noqa: S608 - the table is ours

    def preview(self, rows: Rows, *, height: int, width: int, length: int) -> list[tuple[str | None, ...]]:
        """The first cells as text.

        Args:
            rows: Where to look.
            height: How many rows at most.
            width: How many columns at most.
            length: How many characters of each cell at most.
        """
        cells = ", ".join(f"left(CAST(c{i} AS VARCHAR), {length})" for i in range(min(width, len(rows.columns))))
        if not cells:
            return []
        with self._cursor() as cursor:
            return cursor.execute(f"SELECT {cells} FROM {rows.table} LIMIT {height}").fetchall()  # noqa: S608

    def select(self, sql: str, stop: Stop) -> tuple[list[str], list[str], pa.Table]:
        """Run a query, which may take as long as its writer pleases.

        Args:
            sql: The query, in DuckDB's dialect.
            stop: Will be able to end it.

        Returns:
            Column names, DuckDB's types, and the result.

        Raises:
            duckdb.Error: It cannot be run, or was stopped.
        """
        with self._cursor() as cursor:
            stop.aim(cursor)
            try:
                result = cursor.sql(sql)
                names = [str(name) for name in result.columns]
                types = [str(kind) for kind in result.types]
                return names, types, result.to_arrow_table()
            finally:
                stop.aim(None)

    def _new_table(self) -> str:
        return f"{_SCHEMA}.rows_{next(self._numbers)}"

    def _open(self, sql: str) -> RowReader:
        cursor = self._connection.cursor()
        try:
            return RowReader(cursor, cursor.sql(sql).to_arrow_reader(BATCH_ROWS))
        except BaseException:
            cursor.close()
            raise

    @contextmanager
    def _cursor(self) -> Generator[duckdb.DuckDBPyConnection]:
        cursor = self._connection.cursor()
        with self._lock:
            self._busy.add(cursor)
        try:
            yield cursor
        finally:
            with self._lock:
                self._busy.remove(cursor)
            cursor.close()


def _insert(cursor: duckdb.DuckDBPyConnection, table: str, batches: pa.RecordBatchReader) -> int:
    cursor.register("incoming", batches)
    try:
        [count] = cursor.execute(f"INSERT INTO {table} SELECT * FROM incoming").fetchone() or [0]  # noqa: S608
    finally:
        cursor.unregister("incoming")
    return int(count)
