"""DataSets and their rows: made, written, reshaped, read. It may be called from any thread."""

# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import duckdb
import pyarrow as pa

from domo_async.emulator.catalog import Catalog, DataSetEntry, sources_by_name
from domo_async.emulator.clients import ADMIN
from domo_async.emulator.entities.people import People
from domo_async.emulator.policies import visible
from domo_async.emulator.refusals import RefusedError
from domo_async.emulator.rows.store import RowStore
from domo_async.emulator.rows.types import StoredColumn, readable_columns, to_domo_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from domo_async.emulator.clients import Client
    from domo_async.emulator.rows.handles import Rows

__all__ = ["Contents"]

T = TypeVar("T")


class Contents:
    """The DataSets of an instance, with their rows.

    Rows are never changed in their place: a writer makes new ones, and shows them in one moment. So a reader has all of
    what was there when it began, and a writer that fails has changed nothing.

    Attributes:
        datasets: The DataSets.
        rows: Where their rows live.
        people: Users and groups, for row policies.
        changing: Held while rows appear, together with what says so of them. Nothing is waited for meanwhile.

    Args:
        rows: Where rows live.
    """

    def __init__(self, rows: RowStore) -> None:
        self.datasets: Catalog = Catalog()
        self.rows: RowStore = rows
        self.people: People = People()
        self.changing: threading.Lock = threading.Lock()

    def create_dataset(
        self, owner: Client, name: str, columns: Sequence[StoredColumn], *, description: str | None = None
    ) -> DataSetEntry:
        """Add a DataSet without rows."""
        entry = DataSetEntry(
            name=name,
            columns=tuple(columns),
            rows=self.rows.create(columns),
            owner_id=owner.user_id,
            owner_name=owner.name,
            description=description,
        )
        self.datasets.add(entry)
        return entry

    def load_dataset(self, owner: Client, name: str, data: object, *, description: str | None = None) -> DataSetEntry:
        """Add a DataSet with rows: an Arrow table, a reader of batches, or any frame with the Arrow interface."""
        reader: pa.RecordBatchReader = data if isinstance(data, pa.RecordBatchReader) else pa.table(data).to_reader()
        columns = readable_columns(reader.schema)
        entry = self.create_dataset(owner, name, columns, description=description)
        self.write(entry, columns, to_domo_rows(columns, reader), append=False)
        return entry

    def write(
        self,
        entry: DataSetEntry,
        columns: Sequence[StoredColumn],
        batches: pa.RecordBatchReader,
        *,
        append: bool,
        then: Callable[[], None] | None = None,
    ) -> None:
        """Replace the rows of a DataSet, or add to them.

        Args:
            entry: The DataSet.
            columns: Columns of the new rows.
            batches: The new rows.
            append: Whether the rows that are there stay.
            then: What is true from the moment at which the new rows are there.

        Raises:
            RefusedError: The DataSet was deleted, or got other columns, while the rows were on their way.
        """
        with _held(entry):
            _check_columns(entry, columns)
            old = entry.rows
            new = self.rows.append(old, columns, batches) if append else self.rows.create(columns, batches)
            self._show(entry, new, then=then)

    def recreate(self, entry: DataSetEntry, columns: Sequence[StoredColumn], batches: pa.RecordBatchReader) -> None:
        """Replace the rows of a DataSet and its schema with them."""
        with _held(entry):
            self._show(entry, self.rows.create(columns, batches), columns=columns)

    def upsert(
        self,
        entry: DataSetEntry,
        columns: Sequence[StoredColumn],
        batches: pa.RecordBatchReader,
        keys: Sequence[str],
        *,
        then: Callable[[], None] | None = None,
    ) -> None:
        """Put rows into a DataSet in the place of those with the same values in the key columns; see `write`."""
        names = [column.name for column in entry.columns]
        with _held(entry):
            _check_columns(entry, columns)
            new = self.rows.upsert(entry.rows, columns, batches, [names.index(key) for key in keys])
            self._show(entry, new, then=then)

    def visible_rows(self, entry: DataSetEntry, rows: Rows, client: Client) -> Rows:
        """Those rows of a DataSet that PDP shows to the user behind a client."""
        if not entry.pdp_enabled or client.role == ADMIN or client.user_id == entry.owner_id:
            return rows
        groups = [group["id"] for group in self.people.groups_of(client.user_id)]
        return visible(rows, entry.policies.all(), client.user_id, groups)

    def reshape(self, entry: DataSetEntry, columns: Sequence[StoredColumn]) -> None:
        """Give a DataSet another schema; columns that keep their name keep their values where the type allows it."""
        with _held(entry):
            old = entry.rows
            sources = sources_by_name(old.columns, columns)
            scaled = [
                column if source is None else replace(column, scale=max(column.scale, old.columns[source].scale))
                for column, source in zip(columns, sources, strict=True)
            ]
            self._show(entry, self.rows.reshape(old, scaled, sources), columns=columns, data=False)

    def delete(self, entry: DataSetEntry) -> None:
        """Delete a DataSet and its rows; the stub stays."""
        with _held(entry):
            entry.deleted = True
            self.rows.drop(entry.rows)

    def with_rows(self, entry: DataSetEntry, use: Callable[[Rows], T]) -> T:
        """Use the rows that a DataSet holds now.

        Between looking up the rows and reading them a writer may replace them and drop the old ones; then it is the new
        ones' turn. Readers need no lock, so a long import holds nobody up.

        Args:
            entry: The DataSet.
            use: Begins to read; called again with the newer rows if its own are gone.

        Raises:
            RefusedError: The DataSet was deleted meanwhile.
        """
        while True:
            rows = entry.rows
            try:
                return use(rows)
            except duckdb.CatalogException:
                if entry.deleted:
                    raise RefusedError.gateway(404) from None
                if entry.rows is rows:
                    raise

    def table(self, entry: DataSetEntry) -> pa.Table:
        """All rows of a DataSet under their own names."""
        rows, reader = self.with_rows(entry, lambda rows: (rows, self.rows.read(rows)))
        try:
            batches: list[pa.RecordBatch] = []
            while (batch := reader.next()) is not None:
                batches.append(batch)
        finally:
            reader.close()
        names = [column.name for column in rows.columns]
        schema = to_domo_rows(list(rows.columns), []).schema
        return pa.Table.from_batches([b.cast(schema) for b in batches], schema).rename_columns(names)

    def _show(
        self,
        entry: DataSetEntry,
        rows: Rows,
        *,
        columns: Sequence[StoredColumn] | None = None,
        data: bool = True,
        then: Callable[[], None] | None = None,
    ) -> None:
        old = entry.rows
        with self.changing:
            entry.rows = rows
            if columns is not None:
                entry.columns = tuple(columns)
            if data:
                entry.touch(data=True)
            if then is not None:
                then()
        if old.table != rows.table:
            self.rows.drop(old)


@contextmanager
def _held(entry: DataSetEntry) -> Generator[None]:
    """The lock of a DataSet that is still there."""
    with entry.lock:
        if entry.deleted:
            raise RefusedError.gateway(404)
        yield


def _check_columns(entry: DataSetEntry, columns: Sequence[StoredColumn]) -> None:
    if [(column.name, column.type) for column in columns] != [(column.name, column.type) for column in entry.columns]:
        raise RefusedError.gateway(400, f"Data import failed for dataset {entry.id}.")
