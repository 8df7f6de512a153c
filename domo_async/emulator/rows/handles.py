"""Handles on stored rows, and the SQL that they turn into."""

# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from domo_async.emulator.rows.types import StoredColumn

__all__ = ["RowReader", "Rows", "Stop", "quoted", "quoted_text"]


@dataclass(frozen=True, slots=True)
class Rows:
    """A handle on the rows of one DataSet.

    Attributes:
        table: Name of the physical table.
        columns: Its columns in order.
        count: Number of rows.
    """

    table: str
    columns: tuple[StoredColumn, ...]
    count: int

    def relation(self) -> str:
        """A SELECT that shows the rows under the names that Domo shows."""
        names = (f"c{i} AS {quoted(column.name)}" for i, column in enumerate(self.columns))
        return f"SELECT {', '.join(names)} FROM {self.table}"  # noqa: S608 - names are quoted, the table is ours


class RowReader:
    """Batches of one result, read one by one; closing it lets go of the snapshot."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, batches: pa.RecordBatchReader) -> None:
        self._cursor = cursor
        self._batches = batches

    def next(self) -> pa.RecordBatch | None:
        """The next batch, or None after the last."""
        try:
            return self._batches.read_next_batch()
        except StopIteration:
            return None

    def close(self) -> None:
        """Give up the rest."""
        self._batches.close()
        self._cursor.close()


class Stop:
    """Ends a query from another thread. Called before the query begins it does nothing, so call it again."""

    def __init__(self) -> None:
        self._cursor: duckdb.DuckDBPyConnection | None = None
        self._lock = threading.Lock()

    def __call__(self) -> None:
        """End it."""
        with self._lock:
            if self._cursor is not None:
                self._cursor.interrupt()

    def aim(self, cursor: duckdb.DuckDBPyConnection | None) -> None:
        """Say which cursor runs the query, None if none does any more."""
        with self._lock:
            self._cursor = cursor


def quoted(name: str) -> str:
    """A name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def quoted_text(text: str) -> str:
    """A text as a SQL literal."""
    return "'" + text.replace("'", "''") + "'"
