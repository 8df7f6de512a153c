"""A source of DataSets for tests of jobs, and what else they share."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import anyio.lowlevel

from domo_async.errors import NotFoundError
from domo_async.models import Column, ColumnType, DataSet, DataSetSummary, Schema
from domo_async.tabular import QueryResult

SCHEMA = Schema(columns=[Column(name="Id", type=ColumnType.LONG), Column(name="Text")])


class Shelf:
    """A source of DataSets that does what the test says."""

    def __init__(self) -> None:
        self.datasets: dict[str, DataSet] = {}
        self.bodies: dict[str, bytes] = {}
        self.failures: dict[str, list[Exception]] = {}
        self.results: dict[str, QueryResult] = {}
        self.gets: list[str] = []
        self.listings: list[str | None] = []
        self.exports: list[str] = []
        self.open = 0
        self.most_open = 0
        self.hold: set[str] = set()

    def put(self, dataset_id: str, rows: int, *, name: str | None = None, **facts: object) -> None:
        self.bodies[dataset_id] = b"".join(b"%d,row %d\n" % (i, i) for i in range(rows))
        facts = {"rows": rows, "schema": SCHEMA, "name": name or f"Name {dataset_id}"} | facts
        self.datasets[dataset_id] = DataSet(id=dataset_id, **facts)

    def change(self, dataset_id: str, **facts: object) -> None:
        self.datasets[dataset_id] = self.datasets[dataset_id].model_copy(update=facts)

    async def list(self, *, name_like: str | None = None, sort: str | None = None) -> AsyncIterator[DataSetSummary]:
        """As a listing shows them: without schema."""
        self.listings.append(name_like)
        for dataset in tuple(self.datasets.values()):
            await anyio.lowlevel.checkpoint()
            if (name_like or "").casefold() in (dataset.name or "").casefold():
                yield DataSetSummary.model_validate(dataset.model_dump(exclude={"schema", "policies"}))

    async def query(self, dataset_id: str, sql: str) -> QueryResult:
        await anyio.lowlevel.checkpoint()
        return self.results[sql]

    async def get(self, dataset_id: str) -> DataSet:
        self.gets.append(dataset_id)
        await anyio.lowlevel.checkpoint()
        if dataset_id not in self.datasets:
            raise NotFoundError("no such DataSet", status=404)
        return self.datasets[dataset_id]

    @contextlib.asynccontextmanager
    async def export(self, dataset_id: str, *, include_header: bool = False) -> AsyncIterator[AsyncIterator[bytes]]:
        assert include_header is False
        self.exports.append(dataset_id)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            yield self._body(dataset_id)
        finally:
            self.open -= 1

    async def _body(self, dataset_id: str) -> AsyncIterator[bytes]:
        body = self.bodies[dataset_id]
        for start in range(0, len(body), 1000):
            await anyio.lowlevel.checkpoint()
            yield body[start : start + 1000]
        if dataset_id in self.hold:
            await anyio.sleep_forever()
        if failures := self.failures.get(dataset_id):
            raise failures.pop(0)


class Naps:
    """Remembers waits instead of waiting."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await anyio.lowlevel.checkpoint()


def files(folder: Path) -> list[str]:
    """The files, without what the job keeps for itself; of that, nothing is staged."""
    staging = folder / ".domo-async" / "staging"
    assert not staging.exists() or list(staging.iterdir()) == []
    return sorted(path.name for path in folder.iterdir() if path.name != ".domo-async")
