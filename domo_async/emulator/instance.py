"""The state behind one emulator: clients, tokens, DataSets and their rows. It may be called from any thread."""

# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeVar

import duckdb
import pyarrow as pa

from domo_async.emulator.catalog import Catalog, DataSetEntry, sources_by_name
from domo_async.emulator.clients import ADMIN, SCOPES, ClientRegistry
from domo_async.emulator.entities.accounts import AccountBook
from domo_async.emulator.entities.audit import AuditLog
from domo_async.emulator.entities.pages import PageBook
from domo_async.emulator.entities.people import People
from domo_async.emulator.entities.projects import ProjectBook
from domo_async.emulator.entities.shelf import Document, Shelf
from domo_async.emulator.faults import Faults
from domo_async.emulator.policies import visible
from domo_async.emulator.recording import RequestLog
from domo_async.emulator.refusals import RefusedError
from domo_async.emulator.rows.store import RowStore
from domo_async.emulator.rows.types import StoredColumn, readable_columns, to_domo_rows
from domo_async.emulator.s3_exports import S3ExportEntry
from domo_async.emulator.state.file import StateFile
from domo_async.emulator.state.saving import Keeper
from domo_async.emulator.streams import StreamRegistry
from domo_async.emulator.tokens import TokenFormat, TokenRegistry

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Generator, Iterable, Sequence

    from domo_async.emulator.clients import Client
    from domo_async.emulator.rows.handles import Rows

__all__ = ["Instance"]

T = TypeVar("T")


class Instance:
    """What a Domo instance holds. API families that come later keep their state here too.

    Attributes:
        grants: Tokens issued.
        grant_requests: Token requests, the refused ones included.
        requests: What was asked, the emulator's own endpoints left out.
        latency: Seconds that every answer is held back.
        host: Address or name that the server listens on, None until somebody says so.
        csv_refusal: Status for a refused token where CSV was asked for: 401, or 406 with an HTML page as Domo's older
            gateway answers.
        deleted_stubs: Whether GET shows a stub for a deleted DataSet (as the specification says) or 404 (as was seen).
        largest_body: Bytes that one request may bring, and that they may be once they are decompressed.
        first_client: Id of the client that the emulator itself hands out.
        changing: Held while rows appear, together with what says so of them. Nothing is waited for meanwhile.
        keeper: Keeps all this in a file, if it is to be kept.

    Args:
        token_lifetime: Seconds that an access token lives.
        token_format: What tokens look like.
        seed: Makes faults with a probability repeatable.
        state: File to live in.

    Raises:
        TargetError: The file cannot be had, or makes no sense.
    """

    def __init__(
        self,
        *,
        token_lifetime: float,
        token_format: TokenFormat,
        seed: int | None = None,
        state: str | os.PathLike[str] | None = None,
    ) -> None:
        file = None if state is None else StateFile(state)
        self.clients: ClientRegistry = ClientRegistry()
        self.tokens: TokenRegistry = TokenRegistry(lifetime=token_lifetime, form=token_format)
        self.datasets: Catalog = Catalog()
        self.rows: RowStore = RowStore(None if file is None else file.connection)
        self.streams: StreamRegistry = StreamRegistry()
        self.s3_exports: dict[str, list[S3ExportEntry]] = {}
        self.people: People = People()
        self.pages: PageBook = PageBook()
        self.cards: Shelf[Document] = Shelf(880_001)
        self.accounts: AccountBook = AccountBook()
        self.projects: ProjectBook = ProjectBook()
        self.audit: AuditLog = AuditLog()
        self.faults: Faults = Faults(seed)
        self.grants = 0
        self.grant_requests = 0
        self.requests: RequestLog = RequestLog()
        self.latency: float = 0.0
        self.host: str | None = None
        self.csv_refusal: Literal[401, 406] = 401
        self.largest_body = 1 << 30
        self.deleted_stubs = True
        self.indexing_time: float = 0.05
        self.first_client: str | None = None
        self.changing: threading.Lock = threading.Lock()
        self.keeper: Keeper | None = None
        if file is not None:
            self.keeper = Keeper(file, self)
            try:
                self.keeper.load()
            except BaseException:
                file.close()
                raise

    def save(self) -> None:
        """Write what has changed to the file, if there is one.

        Raises:
            TargetError: It cannot be written.
        """
        if self.keeper is not None:
            self.keeper.save()

    def close(self) -> None:
        """Save, if there is a file, and free everything. Once more does no harm.

        Raises:
            TargetError: It cannot be written.
        """
        keeper, self.keeper = self.keeper, None
        try:
            if keeper is not None:
                keeper.close()
        finally:
            self.rows.close()

    def meet_client(
        self,
        *,
        client_id: str | None = None,
        client_secret: str | None = None,
        scopes: Iterable[str] = SCOPES,
        user_id: int = 27,
        name: str = "DomoSupport",
        role: str = ADMIN,
        title: str | None = None,
    ) -> Client:
        """Add a client, and the user behind it unless there is one."""
        client = self.clients.add(
            client_id=client_id,
            client_secret=client_secret,
            scopes=scopes,
            user_id=user_id,
            name=name,
            role=role,
            title=title,
        )
        self.people.meet(user_id, name, role)
        return client

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
