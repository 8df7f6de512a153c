"""domo_async, as its documentation shows it, with either transport."""

from __future__ import annotations

import asyncio
import importlib
from typing import Literal

from domo_async import AsyncDomo
from domo_async.errors import DomoError
from tests.benchmarks.contenders.pacing import compared, paced
from tests.benchmarks.data import check_dataset
from tests.benchmarks.workloads import Outcome, Task

NOT_APPLICABLE: dict[str, str] = {}

MODULES = {"upload": ("domo_async.api.row_write", "domo_async.tabular.row_readers")}
"""What it imports when it is asked for."""

Transport = Literal["aiohttp", "httpx"]
_chosen: list[Transport] = ["httpx"]


def prepare(transport: Transport) -> None:
    """Choose the transport, and import what is needed: importing is not measured, for nobody."""
    _chosen[:] = [transport]
    importlib.import_module("domo_async.api.datasets")
    if transport == "aiohttp":
        importlib.import_module("domo_async.transport.aiohttp_bridge")


def _domo(task: Task, client_id: str | None = None) -> AsyncDomo:
    return AsyncDomo(
        client_id or task.client_id,
        task.client_secret,
        api_url=task.url,
        concurrency=task.workload.at_once,
        transport=_chosen[0],
    )


async def list_datasets(task: Task) -> Outcome:
    """The pager."""
    ids: set[str] = set()
    rows = 0
    async with _domo(task) as domo:
        async for dataset in domo.datasets.list():
            ids.add(dataset.id)
            rows += dataset.rows or 0
    return Outcome({"datasets": len(ids), "rows": rows})


async def _download(domo: AsyncDomo, identity: str) -> int:
    received = 0
    async with domo.datasets.export(identity) as body:
        async for chunk in body:
            received += len(chunk)
    return received


async def pull(task: Task) -> Outcome:
    """All exports; the client knows how many at once."""
    async with _domo(task) as domo:
        return Outcome({"bytes": sum(await asyncio.gather(*(_download(domo, one) for one in task.ids)))})


async def export(task: Task) -> Outcome:
    """One export."""
    async with _domo(task) as domo:
        return Outcome({"bytes": await _download(domo, task.ids[0])})


async def export_parquet(task: Task) -> Outcome:
    """One call, which also asks for the schema and counts the rows."""
    async with _domo(task) as domo:
        await domo.datasets.export_to(task.ids[0], task.parquet_path)
    return Outcome({})


async def frame(task: Task) -> Outcome:
    """One call, which also asks for the schema and counts the rows."""
    async with _domo(task) as domo:
        return Outcome({}, result=await domo.datasets.read_pandas(task.ids[0]))


async def upload(task: Task) -> Outcome:
    """One call, which also compares the columns and waits until the rows are there."""
    async with _domo(task) as domo:
        await domo.datasets.write(task.ids[0], task.table, concurrency=task.workload.at_once)
    return Outcome({})


async def _get(domo: AsyncDomo, task: Task, index: int) -> int:
    dataset = await domo.datasets.get(task.ids[index])
    return check_dataset(index % task.workload.datasets, dataset.id, dataset.rows)


async def cold(task: Task) -> Outcome:
    """All calls at once, on a client that has done nothing yet."""
    async with _domo(task) as domo:
        calls = (_get(domo, task, index) for index in range(task.workload.calls))
        return Outcome({"calls": sum(await asyncio.gather(*calls))})


async def in_flight(task: Task) -> Outcome:
    """Wave after wave of calls."""
    workload, done = task.workload, 0
    async with _domo(task) as domo:
        for start in range(0, workload.calls, workload.wave):
            wave = range(start, min(start + workload.wave, workload.calls))
            done += sum(await asyncio.gather(*(_get(domo, task, index) for index in wave)))
    return Outcome({"calls": done})


async def queries(task: Task) -> Outcome:
    """All queries; the client knows how many at once."""
    sql = "SELECT channel, SUM(units) AS units, AVG(share) AS share FROM table GROUP BY channel"

    async def one(identity: str) -> int:
        result = await domo.datasets.query(identity, sql)
        return sum(int(row[1] or 0) for row in result.rows)

    async with _domo(task) as domo:
        sums = await asyncio.gather(*(one(identity) for identity in task.ids))
    return Outcome({"calls": len(sums), "sum": sum(sums)})


async def short_tokens(task: Task) -> Outcome:
    """The same calls with tokens that live long, and with tokens that do not."""

    async def phase(client_id: str) -> tuple[list[float], int]:
        async with _domo(task, client_id) as domo:

            async def one(index: int) -> None:
                await _get(domo, task, index)

            return await paced(one, task.workload, DomoError)

    return Outcome(*compared(await phase(task.client_id), await phase(task.short_lived_client_id)))


async def faults(task: Task) -> Outcome:
    """It tries again by itself."""

    async def one(index: int) -> int:
        try:
            return await _get(domo, task, index)
        except DomoError:
            return 0

    async with _domo(task) as domo:
        answered = sum(await asyncio.gather(*(one(index) for index in range(task.workload.calls))))
    return Outcome({"calls": answered}, {"failed": task.workload.calls - answered})
