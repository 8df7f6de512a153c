"""PDP: the policies of a DataSet, and which of its rows a user sees."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from domo_async.emulator.rows.handles import quoted_text
from domo_async.models import ColumnType, FilterOperator

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from domo_async.emulator.entities.shelf import Document
    from domo_async.emulator.rows.handles import Rows

__all__ = ["Filter", "PolicyBook", "PolicyEntry", "visible"]


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on one column."""

    column: str
    operator: FilterOperator
    values: tuple[str, ...]
    negated: bool = False

    def document(self) -> dict[str, object]:
        """Itself as Domo writes it."""
        return {
            "column": self.column,
            "values": list(self.values),
            "operator": self.operator.value,
            "not": self.negated,
        }


@dataclass(frozen=True, slots=True)
class PolicyEntry:
    """One policy.

    Attributes:
        type: ``user``, ``system``, or ``open`` for the built-in one.
        filters: A row is shown if all of them hold.
        users: Ids of the users it is for.
        virtual_users: Ids that are kept for embedding, and mean nothing here.
        groups: Ids of the groups it is for.
    """

    id: int
    type: str
    name: str
    filters: tuple[Filter, ...] = ()
    users: tuple[int, ...] = ()
    virtual_users: tuple[str, ...] = ()
    groups: tuple[int, ...] = ()

    def document(self) -> dict[str, object]:
        """Itself as Domo writes it."""
        return {
            "id": self.id,
            "type": self.type,
            "name": self.name,
            "filters": [condition.document() for condition in self.filters],
            "users": list(self.users),
            "virtualUsers": list(self.virtual_users),
            "groups": list(self.groups),
        }

    @classmethod
    def restored(cls, document: Document) -> PolicyEntry:
        """The policy that a document describes."""
        filters = (
            Filter(each["column"], FilterOperator(each["operator"]), tuple(each["values"]), negated=each["not"])
            for each in document["filters"]
        )
        return cls(
            document["id"],
            document["type"],
            document["name"],
            tuple(filters),
            tuple(document["users"]),
            tuple(document["virtualUsers"]),
            tuple(document["groups"]),
        )


@dataclass(slots=True)
class PolicyBook:
    """The policies of one DataSet. Each begins with the built-in "All Rows". Thread-safe."""

    _entries: dict[int, PolicyEntry] = field(default_factory=lambda: {1: PolicyEntry(1, "open", "All Rows")})
    _last: int = 1
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, policy_id: int) -> PolicyEntry | None:
        """The policy of that id."""
        return self._entries.get(policy_id)

    def all(self) -> list[PolicyEntry]:
        """Every policy, oldest first."""
        with self._lock:
            return list(self._entries.values())

    def add(self, entry: PolicyEntry) -> PolicyEntry:
        """Take in a policy under the next id."""
        with self._lock:
            self._last += 1
            self._entries[self._last] = entry = replace(entry, id=self._last)
            return entry

    def put(self, entry: PolicyEntry) -> None:
        """Replace the policy of the same id."""
        with self._lock:
            self._entries[entry.id] = entry

    def remove(self, policy_id: int) -> None:
        """Forget a policy."""
        with self._lock:
            self._entries.pop(policy_id, None)

    def face(self) -> tuple[object, ...]:
        """What is equal as long as `saved` is, without the work."""
        with self._lock:
            return self._last, *self._entries.values()

    def saved(self) -> dict[str, object]:
        """All that it holds."""
        with self._lock:
            return {"last": self._last, "entries": [entry.document() for entry in self._entries.values()]}

    @classmethod
    def restored(cls, document: Document) -> PolicyBook:
        """The book that `saved` described."""
        entries = [PolicyEntry.restored(entry) for entry in document["entries"]]
        return cls({entry.id: entry for entry in entries}, document["last"])

    def documents(self) -> list[dict[str, object]]:
        """Every policy as Domo writes it."""
        return [entry.document() for entry in self.all()]


def visible(rows: Rows, policies: Sequence[PolicyEntry], user_id: int, groups: Collection[int]) -> Rows:
    """The rows that the policies show to a user: those that one of the user's policies lets through.

    Args:
        rows: All rows.
        policies: The policies of the DataSet.
        user_id: Who asks.
        groups: Ids of the groups that the user is in.

    Returns:
        A handle that reads like `rows`. Who is in no policy sees nothing.
    """
    own = [entry for entry in policies if user_id in entry.users or not set(groups).isdisjoint(entry.groups)]
    condition = " OR ".join(f"({_policy_sql(rows, entry)})" for entry in own) or "FALSE"
    return replace(rows, table=f"(SELECT * FROM {rows.table} WHERE {condition})")  # noqa: S608 - values are quoted


def _policy_sql(rows: Rows, entry: PolicyEntry) -> str:
    return " AND ".join(_filter_sql(rows, condition) for condition in entry.filters) or "TRUE"


def _filter_sql(rows: Rows, condition: Filter) -> str:
    wanted = condition.column.casefold()
    place = next((i for i, column in enumerate(rows.columns) if column.name.casefold() == wanted), None)
    if place is None:
        return "FALSE"  # the column is gone: show too little rather than too much
    test = _test_sql(f"c{place}", rows.columns[place].type, condition)
    return f"(NOT coalesce({test}, FALSE))" if condition.negated else f"coalesce({test}, FALSE)"


_COMPARISONS = {
    FilterOperator.EQUALS: "=",
    FilterOperator.GREATER_THAN: ">",
    FilterOperator.LESS_THAN: "<",
    FilterOperator.GREATER_THAN_EQUAL: ">=",
    FilterOperator.LESS_THAN_EQUAL: "<=",
}
_TEXT_TESTS = {
    FilterOperator.BEGINS_WITH: "starts_with",
    FilterOperator.ENDS_WITH: "ends_with",
    FilterOperator.CONTAINS: "contains",
}
_CASTS = {
    ColumnType.LONG: "TRY_CAST({} AS DECIMAL(38, 9))",
    ColumnType.DECIMAL: "TRY_CAST({} AS DECIMAL(38, 9))",
    ColumnType.DOUBLE: "TRY_CAST({} AS DOUBLE)",
    ColumnType.DATE: "TRY_CAST({} AS DATE)",
    ColumnType.DATETIME: "TRY_CAST({} AS TIMESTAMP)",
    ColumnType.STRING: "{}",
}


def _test_sql(column: str, kind: ColumnType, condition: Filter) -> str:
    texts = [quoted_text(value) for value in condition.values]
    operator = condition.operator
    if operator in _COMPARISONS:
        values = [_CASTS[kind].format(text) for text in texts]
        return _any(f"{column} {_COMPARISONS[operator]} {value}" for value in values)
    if operator is FilterOperator.BETWEEN:
        if len(texts) != 2:
            return "FALSE"
        low, high = (_CASTS[kind].format(text) for text in texts)
        return f"({column} BETWEEN {low} AND {high})"
    as_text = f"CAST({column} AS VARCHAR)"
    if operator is FilterOperator.LIKE:
        return _any(f"{as_text} LIKE {text}" for text in texts)
    return _any(f"{_TEXT_TESTS[operator]}({as_text}, {text})" for text in texts)


def _any(tests: Iterable[str]) -> str:
    return f"({' OR '.join(tests) or 'FALSE'})"
