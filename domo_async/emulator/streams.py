"""Streams and their executions: what an emulator knows of them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from domo_async.emulator.catalog import iso_seconds
from domo_async.emulator.parts import Part
from domo_async.models import ExecutionState, UpdateMethod

if TYPE_CHECKING:
    from collections.abc import Mapping

    from domo_async.emulator.catalog import DataSetEntry
    from domo_async.emulator.entities.shelf import Document

__all__ = ["ExecutionEntry", "StreamEntry", "StreamRegistry"]


@dataclass(slots=True)
class ExecutionEntry:
    """One execution.

    It is *open* while it takes parts, then *committed* and soon a success by itself, or ended without success.

    Attributes:
        id: Number within its stream.
        update_method: What its data does to the rows that are there.
        parts: What has arrived so far, by part number; empty once it is not open any more.
        part_count: How many parts have arrived; stays when they are gone.
        ended_at: When it ended, or will have been indexed.
        failed: Whether it ended without success.
    """

    id: int
    update_method: UpdateMethod
    parts: dict[int, Part] = field(default_factory=dict[int, Part])
    part_count: int = 0
    rows: int = 0
    bytes: int = 0
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    modified_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended_at: datetime | None = None
    failed: bool = False
    _committed: bool = False

    @property
    def open(self) -> bool:
        """Whether it takes parts."""
        return not self._committed and self.ended_at is None

    @property
    def state(self) -> ExecutionState:
        """How it is doing at this moment."""
        if self.failed:
            return ExecutionState.ERROR
        if self.ended_at is None or datetime.now(UTC) < self.ended_at:
            return ExecutionState.ACTIVE
        return ExecutionState.SUCCESS

    def commit(self) -> None:
        """Take no more parts. It is being indexed until `index` says how long that takes."""
        self._committed = True
        self.modified_at = datetime.now(UTC)

    def index(self, seconds: float) -> None:
        """Become a success in a while."""
        self.parts = {}
        self.ended_at = datetime.now(UTC) + timedelta(seconds=seconds)

    def fail(self) -> None:
        """End without success."""
        self.parts = {}
        self.failed = True
        self.ended_at = self.modified_at = datetime.now(UTC)

    def keep(self, number: int, part: Part) -> None:
        """Take a part in; the same number again replaces what was there."""
        self.parts[number] = part
        self.part_count = len(self.parts)
        self.rows = sum(part.rows.num_rows for part in self.parts.values())
        self.bytes = sum(part.size for part in self.parts.values())
        self.modified_at = datetime.now(UTC)

    def is_contiguous(self) -> bool:
        """Whether the parts are numbered without a gap, from 0 or from 1."""
        numbers = sorted(self.parts)
        return not numbers or (numbers[0] in {0, 1} and numbers[-1] - numbers[0] + 1 == len(numbers))

    def document(self) -> dict[str, object]:
        """Itself as Domo writes it."""
        state = self.state
        document: dict[str, object] = {"id": self.id, "startedAt": iso_seconds(self.started_at)}
        if state is not ExecutionState.ACTIVE and self.ended_at is not None:
            document["endedAt"] = iso_seconds(self.ended_at)
        return document | {
            "currentState": state.value,
            "createdAt": iso_seconds(self.started_at),
            "modifiedAt": iso_seconds(self.modified_at),
            "updateMethod": self.update_method.value,
            "rows": self.rows,
            "bytes": self.bytes,
        }

    def face(self) -> tuple[object, ...]:
        """What is equal as long as `saved` is, without the work."""
        return (
            *(self.update_method, self.part_count, self.rows, self.bytes, self.started_at, self.modified_at),
            *(self.ended_at, self.failed, *dict(self.parts).items()),
        )

    def saved(self) -> dict[str, object]:
        """All that is known of it, but the rows of its parts.

        A commit that is under way is not: should the process end before the rows are there, nothing was committed.
        """
        return {
            "updateMethod": self.update_method.value,
            "parts": {str(number): part.saved() for number, part in dict(self.parts).items()},
            "counts": [self.part_count, self.rows, self.bytes],
            "startedAt": self.started_at.isoformat(),
            "modifiedAt": self.modified_at.isoformat(),
            "endedAt": None if self.ended_at is None else self.ended_at.isoformat(),
            "failed": self.failed,
        }

    @classmethod
    def restored(cls, number: int, document: Document, parts: Mapping[int, Part]) -> ExecutionEntry:
        """The execution that `saved` described, with its parts."""
        ended_at = document["endedAt"]
        part_count, rows, size = document["counts"]
        return cls(
            number,
            UpdateMethod(document["updateMethod"]),
            dict(parts),
            part_count,
            rows,
            size,
            datetime.fromisoformat(document["startedAt"]),
            datetime.fromisoformat(document["modifiedAt"]),
            None if ended_at is None else datetime.fromisoformat(ended_at),
            failed=document["failed"],
        )


@dataclass(slots=True)
class StreamEntry:
    """One stream.

    Attributes:
        dataset: The DataSet that was created with it.
        update_method: What new data does to the rows that are there.
        keys: Columns that make two rows the same, for upserts.
        executions: All executions so far by number.
        committed_at: When the last execution was committed, None before the first.
    """

    id: int
    dataset: DataSetEntry
    update_method: UpdateMethod
    keys: tuple[str, ...] = ()
    executions: dict[int, ExecutionEntry] = field(default_factory=dict[int, ExecutionEntry])
    committed_at: datetime | None = None
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    modified_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def begin(self, update_method: UpdateMethod | None) -> ExecutionEntry:
        """A new execution. One that is still open ends: a stream has one at a time."""
        current = self.current()
        if current is not None:
            current.fail()
        execution = ExecutionEntry(len(self.executions) + 1, update_method or self.update_method)
        self.executions[execution.id] = execution
        self.modified_at = datetime.now(UTC)
        return execution

    def current(self) -> ExecutionEntry | None:
        """The execution that takes parts, if there is one."""
        return next((execution for execution in self.executions.values() if execution.open), None)

    def document(self) -> dict[str, object]:
        """All its fields."""
        dataset = self.dataset.summary()
        document: dict[str, object] = {"id": self.id, "dataSet": dataset, "updateMethod": self.update_method.value}
        if self.keys:
            document["keyColumnNames"] = list(self.keys)
        executions = list(self.executions.values())
        if executions:
            document["lastExecution"] = executions[-1].document()
        successes = [execution for execution in executions if execution.state is ExecutionState.SUCCESS]
        if successes:
            document["lastSuccessfulExecution"] = successes[-1].document()
        return document | {"createdAt": iso_seconds(self.created_at), "modifiedAt": iso_seconds(self.modified_at)}

    def short(self) -> dict[str, object]:
        """The fields that listings show."""
        document = self.document()
        names = ("id", "dataSet", "updateMethod", "createdAt", "modifiedAt")
        dataset: dict[str, object] = {"id": self.dataset.id, "pdpEnabled": self.dataset.pdp_enabled}
        return {name: document[name] for name in names} | {"dataSet": dataset}

    def saved(self) -> dict[str, object]:
        """All that is known of it, but its executions."""
        return {
            "dataset": self.dataset.id,
            "updateMethod": self.update_method.value,
            "keys": list(self.keys),
            "committedAt": None if self.committed_at is None else self.committed_at.isoformat(),
            "createdAt": self.created_at.isoformat(),
            "modifiedAt": self.modified_at.isoformat(),
        }

    @classmethod
    def restored(cls, number: int, document: Document, dataset: DataSetEntry) -> StreamEntry:
        """The stream that `saved` described, without its executions."""
        committed_at = document["committedAt"]
        return cls(
            number,
            dataset,
            UpdateMethod(document["updateMethod"]),
            tuple(document["keys"]),
            committed_at=None if committed_at is None else datetime.fromisoformat(committed_at),
            created_at=datetime.fromisoformat(document["createdAt"]),
            modified_at=datetime.fromisoformat(document["modifiedAt"]),
        )

    def stub(self) -> dict[str, object]:
        """What is left when the DataSet is deleted."""
        return {
            "id": self.id,
            "dataSet": {"id": self.dataset.id},
            "updateMethod": self.update_method.value,
            "deleted": True,
        }


class StreamRegistry:
    """The streams of one emulator. Thread-safe.

    Attributes:
        commit_interval: Seconds that must pass between two commits of a stream, None for no such rule.
        next: Number of the next stream.
    """

    def __init__(self) -> None:
        self.commit_interval: float | None = None
        self.next: int = 1
        self._entries: dict[int, StreamEntry] = {}
        self._lock = threading.Lock()

    def add(self, dataset: DataSetEntry, update_method: UpdateMethod, keys: tuple[str, ...]) -> StreamEntry:
        """Take in a stream under the next number."""
        with self._lock:
            entry = StreamEntry(self.next, dataset, update_method, keys)
            self.next += 1
            self._entries[entry.id] = entry
            return entry

    def put(self, entry: StreamEntry) -> None:
        """Take in a stream under the number that it has."""
        with self._lock:
            self._entries[entry.id] = entry
            self.next = max(self.next, entry.id + 1)

    def get(self, stream_id: int) -> StreamEntry | None:
        """The stream of that id."""
        return self._entries.get(stream_id)

    def remove(self, stream_id: int) -> None:
        """Forget a stream; its DataSet stays."""
        with self._lock:
            self._entries.pop(stream_id, None)

    def all(self) -> list[StreamEntry]:
        """Every stream, those of deleted DataSets included, oldest first."""
        with self._lock:
            return list(self._entries.values())

    def current(self) -> list[StreamEntry]:
        """Every stream whose DataSet is not deleted, oldest first."""
        with self._lock:
            return [entry for entry in self._entries.values() if not entry.dataset.deleted]
