"""What the pages are made of: lines of tables, as texts and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

__all__ = [
    "SLICE",
    "ClientView",
    "DataSetView",
    "ExecutionView",
    "FaultView",
    "Overview",
    "PolicyView",
    "RequestView",
    "Slice",
    "StreamView",
    "TokenView",
]

SLICE = 50
"""Lines that a table shows at once."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Slice(Generic[T]):
    """Some of many things.

    Attributes:
        name: The query parameter that says where it begins.
        items: The things.
        offset: Things before the first one.
        total: How many there are.
    """

    name: str
    items: Sequence[T]
    offset: int
    total: int

    @property
    def before(self) -> int | None:
        """Where the slice before this one begins."""
        return max(self.offset - SLICE, 0) if self.offset else None

    @property
    def after(self) -> int | None:
        """Where the next slice begins."""
        return self.offset + SLICE if self.offset + SLICE < self.total else None


@dataclass(frozen=True, slots=True)
class DataSetView:
    """A DataSet in a line."""

    id: str
    name: str
    description: str
    rows: int
    columns: Sequence[tuple[str, str]]
    owner: str
    created: datetime
    updated: datetime
    pdp: bool
    policies: int


@dataclass(frozen=True, slots=True)
class PolicyView:
    """A policy in a line."""

    id: int
    name: str
    type: str
    filters: str
    users: str
    groups: str


@dataclass(frozen=True, slots=True)
class StreamView:
    """A stream in a line."""

    id: int
    dataset_id: str
    dataset: str
    method: str
    keys: str
    executions: int
    last: ExecutionView | None


@dataclass(frozen=True, slots=True)
class ExecutionView:
    """An execution in a line."""

    id: int
    state: str
    method: str
    parts: int
    rows: int
    bytes: int
    started: datetime
    ended: datetime | None


@dataclass(frozen=True, slots=True)
class ClientView:
    """A client in a line."""

    id: str
    title: str
    scopes: Sequence[str]
    user: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class TokenView:
    """A live token in a line; the fingerprint is the beginning of its SHA-256."""

    fingerprint: str
    client_id: str
    scopes: Sequence[str]
    remaining: float


@dataclass(frozen=True, slots=True)
class FaultView:
    """A fault in a line."""

    id: int
    kind: str
    method: str
    path: str
    options: str
    limits: str
    hits: int


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request in a line."""

    method: str
    target: str
    status: int | None
    milliseconds: float
    client_id: str
    started: datetime


@dataclass(frozen=True, slots=True)
class Overview:
    """The page at ``/``."""

    kept_in: str
    rows: int
    grants: int
    grant_requests: int
    datasets: Slice[DataSetView]
    streams: Slice[StreamView]
    clients: Slice[ClientView]
    tokens: Slice[TokenView]
    faults: Sequence[FaultView]
    requests: Slice[RequestView]
