"""The DataSets of an emulator: what is known of each, in which order listings show them, and which rows they hold."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from domo_async.emulator.policies import PolicyBook
from domo_async.emulator.rows.handles import Rows
from domo_async.emulator.rows.types import StoredColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from domo_async.emulator.entities.shelf import Document

__all__ = ["Catalog", "DataSetEntry", "iso_milliseconds", "iso_seconds"]


@dataclass(slots=True)
class DataSetEntry:
    """One DataSet.

    Attributes:
        id: UUID text.
        columns: Its schema.
        rows: Handle on its rows.
        owner_id: User who owns it.
        owner_name: That user's name.
        imported: Whether data ever arrived. Until then Domo counts no columns, whatever the schema says.
        deleted: Whether only the stub is left.
        policies: Who sees which rows once PDP is on.
        lock: Held by whoever replaces, extends or reshapes the rows.
    """

    name: str
    columns: tuple[StoredColumn, ...]
    rows: Rows
    owner_id: int
    owner_name: str
    description: str | None = None
    id: str = field(default_factory=lambda: str(uuid4()))
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    data_current_at: datetime | None = None
    pdp_enabled: bool = False
    imported: bool = False
    deleted: bool = False
    policies: PolicyBook = field(default_factory=PolicyBook)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def summary(self) -> dict[str, object]:
        """As listings show it: without schema and policies; what is null is left out."""
        document: dict[str, object] = {"id": self.id, "name": self.name}
        if self.description is not None:
            document["description"] = self.description
        document |= {
            "rows": self.rows.count,
            "columns": len(self.columns) if self.imported else 0,
            "owner": {"id": self.owner_id, "name": self.owner_name},
        }
        if self.data_current_at is not None:
            document["dataCurrentAt"] = iso_seconds(self.data_current_at)
        document |= {
            "createdAt": iso_seconds(self.created_at),
            "updatedAt": iso_milliseconds(self.updated_at),
            "pdpEnabled": self.pdp_enabled,
        }
        return document

    def detail(self) -> dict[str, object]:
        """As GET and PUT answer."""
        return self.summary() | {"schema": self.schema(), "policies": self.policies.documents()}

    def created(self) -> dict[str, object]:
        """As the POST that created it answers: no policies yet."""
        document = self.summary() | {"schema": self.schema()}
        del document["pdpEnabled"]
        return document

    def schema(self) -> dict[str, object]:
        """Its columns as Domo writes them."""
        return {"columns": [{"type": column.type.value, "name": column.name} for column in self.columns]}

    def stub(self) -> dict[str, object]:
        """What is left of a deleted DataSet."""
        return {"id": self.id, "name": self.name, "deleted": True}

    def face(self) -> tuple[object, ...]:
        """What is equal as long as `saved` is, without the work."""
        return (
            *(self.name, self.description, self.columns, self.rows, self.owner_id, self.owner_name, self.created_at),
            *(self.updated_at, self.data_current_at, self.pdp_enabled, self.imported, self.deleted),
            *self.policies.face(),
        )

    def saved(self) -> dict[str, object]:
        """All that is known of it, and where its rows are."""
        return {
            "name": self.name,
            "description": self.description,
            "columns": [column.saved() for column in self.columns],
            "owner": [self.owner_id, self.owner_name],
            "createdAt": self.created_at.isoformat(),
            "updatedAt": self.updated_at.isoformat(),
            "dataCurrentAt": None if self.data_current_at is None else self.data_current_at.isoformat(),
            "pdpEnabled": self.pdp_enabled,
            "imported": self.imported,
            "deleted": self.deleted,
            "policies": self.policies.saved(),
            "rows": [self.rows.table, self.rows.count, [column.saved() for column in self.rows.columns]],
        }

    @classmethod
    def restored(cls, dataset_id: str, document: Document) -> DataSetEntry:
        """The DataSet that `saved` described."""
        table, count, columns = document["rows"]
        current = document["dataCurrentAt"]
        return cls(
            id=dataset_id,
            name=document["name"],
            description=document["description"],
            columns=tuple(map(StoredColumn.restored, document["columns"])),
            rows=Rows(table, tuple(map(StoredColumn.restored, columns)), count),
            owner_id=document["owner"][0],
            owner_name=document["owner"][1],
            created_at=datetime.fromisoformat(document["createdAt"]),
            updated_at=datetime.fromisoformat(document["updatedAt"]),
            data_current_at=None if current is None else datetime.fromisoformat(current),
            pdp_enabled=document["pdpEnabled"],
            imported=document["imported"],
            deleted=document["deleted"],
            policies=PolicyBook.restored(document["policies"]),
        )

    def touch(self, *, data: bool = False) -> None:
        """Note that it was changed just now."""
        self.updated_at = datetime.now(UTC)
        if data:
            self.data_current_at = self.updated_at
            self.imported = True


class Catalog:
    """All DataSets of an emulator, the deleted ones included. Thread-safe."""

    def __init__(self) -> None:
        self._entries: dict[str, DataSetEntry] = {}
        self._lock = threading.Lock()

    def add(self, entry: DataSetEntry) -> None:
        """Take in a DataSet."""
        with self._lock:
            self._entries[entry.id] = entry

    def get(self, dataset_id: str) -> DataSetEntry | None:
        """The DataSet of that id, deleted or not."""
        return self._entries.get(dataset_id)

    def all(self) -> list[DataSetEntry]:
        """Every DataSet, the deleted ones included, oldest first."""
        with self._lock:
            return list(self._entries.values())

    def current(self) -> list[DataSetEntry]:
        """Every DataSet that is not deleted, oldest first."""
        with self._lock:
            return [entry for entry in self._entries.values() if not entry.deleted]

    def find(self, id_or_name: str) -> DataSetEntry:
        """The current DataSet of that id, or the newest of that name.

        Raises:
            KeyError: There is none.
        """
        current = self.current()
        for entry in reversed(current):
            if id_or_name in (entry.id, entry.name):
                return entry
        msg = f"There is no DataSet {id_or_name!r}; there are {', '.join(e.name for e in current[:10]) or 'none'}"
        raise KeyError(msg)

    def select(self, *, name_like: str, sort: str | None, offset: int, limit: int) -> list[dict[str, object]]:
        """One page of a listing.

        Args:
            name_like: Part of the name in any case; empty for all.
            sort: One of Domo's orders, or None. What Domo does not document sorts by name.
            offset: Entries to skip.
            limit: Entries to show.
        """
        wanted = name_like.casefold()
        entries = [entry for entry in self.current() if wanted in entry.name.casefold()]
        key, descending = _order(sort)
        entries.sort(key=lambda entry: (entry.name.casefold(), entry.id))
        entries.sort(key=key, reverse=descending)
        return [entry.summary() for entry in entries[offset : offset + limit]]


def _name(entry: DataSetEntry) -> str:
    return entry.name.casefold()


def _nothing(_: DataSetEntry) -> int:
    # Nobody looks at DataSets here: no cards, no views, no errors.
    return 0


_ORDERS: dict[str, tuple[Callable[[DataSetEntry], Any], bool]] = {
    # Bare names of times and counts mean "largest first", bare names of texts mean A to Z.
    "name": (_name, False),
    "nameDescending": (_name, True),
    "lastTouched": (lambda entry: entry.updated_at, True),
    "lastTouchedAscending": (lambda entry: entry.updated_at, False),
    "lastUpdated": (lambda entry: entry.data_current_at or entry.created_at, True),
    "lastUpdatedAscending": (lambda entry: entry.data_current_at or entry.created_at, False),
    "createdAt": (lambda entry: entry.created_at, True),
    "createdAtAscending": (lambda entry: entry.created_at, False),
    "cardCount": (_nothing, False),
    "cardCountAscending": (_nothing, False),
    "cardViewCount": (_nothing, False),
    "cardViewCountAscending": (_nothing, False),
    "errorState": (_nothing, False),
    "errorStateDescending": (_nothing, False),
    "dataSourceId": (lambda entry: entry.id, False),
}


def _order(sort: str | None) -> tuple[Callable[[DataSetEntry], Any], bool]:
    name = sort or "name"
    # An older form of the documentation turns an order round with a leading minus.
    key, descending = _ORDERS.get(name.removeprefix("-"), _ORDERS["name"])
    return key, descending is not name.startswith("-")


def iso_seconds(moment: datetime) -> str:
    """A time as ``2016-06-21T17:20:36Z``."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_milliseconds(moment: datetime) -> str:
    """A time as ``2016-02-29T20:56:20.567Z``."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def sources_by_name(old: Sequence[StoredColumn], new: Sequence[StoredColumn]) -> list[int | None]:
    """For each new column the position of the old one of the same name, or None."""
    places = {column.name: i for i, column in enumerate(old)}
    return [places.get(column.name) for column in new]
