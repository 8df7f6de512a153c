"""Streams and their executions: what an emulator knows of them."""

# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from domo_async.emulator.catalog import iso_seconds
from domo_async.models import ExecutionState, UpdateMethod

if TYPE_CHECKING:
    import pyarrow as pa

    from domo_async.emulator.catalog import DataSetEntry
    from domo_async.emulator.rows.types import StoredColumn

__all__ = ["ExecutionEntry", "Part", "StreamEntry", "StreamRegistry"]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an execution, parsed.

    Attributes:
        columns: The columns with the scale that its decimals need.
        rows: Table of shape (n, k).
        bytes: Size of the text, decompressed.
    """

    columns: list[StoredColumn]
    rows: pa.Table
    bytes: int


@dataclass(slots=True)
class ExecutionEntry:
    """One execution.

    It is *open* while it takes parts, then *committed* and soon a success by itself, or ended without success.

    Attributes:
        id: Number within its stream.
        update_method: What its data does to the rows that are there.
        parts: What has arrived so far, by part number; empty once it is not open any more.
    """

    id: int
    update_method: UpdateMethod
    parts: dict[int, Part] = field(default_factory=dict[int, Part])
    rows: int = 0
    bytes: int = 0
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    modified_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    _ended_at: datetime | None = None
    _state: ExecutionState = ExecutionState.ACTIVE
    _committed: bool = False
    _due: float = 0.0

    @property
    def open(self) -> bool:
        """Whether it takes parts."""
        return self._state is ExecutionState.ACTIVE and not self._committed

    @property
    def state(self) -> ExecutionState:
        """How it is doing at this moment."""
        if self._committed and self._state is ExecutionState.ACTIVE and time.monotonic() >= self._due:
            self._state = ExecutionState.SUCCESS
        return self._state

    def commit(self) -> None:
        """Take no more parts. It is being indexed until `index` says how long that takes."""
        self._committed = True
        self._due = float("inf")
        self.modified_at = datetime.now(UTC)

    def index(self, seconds: float) -> None:
        """Become a success in a while."""
        self._forget_parts()
        self._ended_at = datetime.now(UTC) + timedelta(seconds=seconds)
        self._due = time.monotonic() + seconds

    def fail(self) -> None:
        """End without success."""
        self._forget_parts()
        self._state = ExecutionState.ERROR
        self._ended_at = self.modified_at = datetime.now(UTC)

    def keep(self, number: int, part: Part) -> None:
        """Take a part in; the same number again replaces what was there."""
        self.parts[number] = part
        self.rows = sum(part.rows.num_rows for part in self.parts.values())
        self.bytes = sum(part.bytes for part in self.parts.values())
        self.modified_at = datetime.now(UTC)

    def is_contiguous(self) -> bool:
        """Whether the parts are numbered without a gap, from 0 or from 1."""
        numbers = sorted(self.parts)
        return not numbers or (numbers[0] in {0, 1} and numbers[-1] - numbers[0] + 1 == len(numbers))

    def document(self) -> dict[str, object]:
        """Itself as Domo writes it."""
        state = self.state
        document: dict[str, object] = {"id": self.id, "startedAt": iso_seconds(self.started_at)}
        if state is not ExecutionState.ACTIVE and self._ended_at is not None:
            document["endedAt"] = iso_seconds(self._ended_at)
        return document | {
            "currentState": state.value,
            "createdAt": iso_seconds(self.started_at),
            "modifiedAt": iso_seconds(self.modified_at),
            "updateMethod": self.update_method.value,
            "rows": self.rows,
            "bytes": self.bytes,
        }

    def _forget_parts(self) -> None:
        self.parts = {}


@dataclass(slots=True)
class StreamEntry:
    """One stream.

    Attributes:
        dataset: The DataSet that was created with it.
        update_method: What new data does to the rows that are there.
        keys: Columns that make two rows the same, for upserts.
        executions: All executions so far by number.
        committed_at: Monotonic time of the last commit, None before the first.
    """

    id: int
    dataset: DataSetEntry
    update_method: UpdateMethod
    keys: tuple[str, ...] = ()
    executions: dict[int, ExecutionEntry] = field(default_factory=dict[int, ExecutionEntry])
    committed_at: float | None = None
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
    """

    def __init__(self) -> None:
        self.commit_interval: float | None = None
        self._entries: dict[int, StreamEntry] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def add(self, dataset: DataSetEntry, update_method: UpdateMethod, keys: tuple[str, ...]) -> StreamEntry:
        """Take in a stream under the next number."""
        with self._lock:
            entry = StreamEntry(next(self._numbers), dataset, update_method, keys)
            self._entries[entry.id] = entry
            return entry

    def get(self, stream_id: int) -> StreamEntry | None:
        """The stream of that id."""
        return self._entries.get(stream_id)

    def remove(self, stream_id: int) -> None:
        """Forget a stream; its DataSet stays."""
        with self._lock:
            self._entries.pop(stream_id, None)

    def current(self) -> list[StreamEntry]:
        """Every stream whose DataSet is not deleted, oldest first."""
        with self._lock:
            return [entry for entry in self._entries.values() if not entry.dataset.deleted]
