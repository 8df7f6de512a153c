"""The floor: what one writes by hand on aiohttp, for one script, knowing what it is for."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import aiohttp

from tests.benchmarks.contenders.pacing import compared, paced
from tests.benchmarks.data import check_dataset
from tests.benchmarks.workloads import Outcome, Task

NOT_APPLICABLE: dict[str, str] = {}

T = TypeVar("T")

_CHUNK = 1 << 20
_PASSING = (429, 500, 502, 503, 504)


async def _token(session: aiohttp.ClientSession, task: Task, client_id: str) -> tuple[str, float]:
    auth = aiohttp.BasicAuth(client_id, task.client_secret)
    async with session.get("/oauth/token", params={"grant_type": "client_credentials"}, auth=auth) as answer:
        answer.raise_for_status()
        granted = await answer.json()
    return f"Bearer {granted['access_token']}", granted["expires_in"]


@asynccontextmanager
async def _signed_in(task: Task) -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(limit=task.workload.at_once)
    async with aiohttp.ClientSession(task.url, connector=connector) as session:
        session.headers["Authorization"], _ = await _token(session, task, task.client_id)
        yield session


async def _get(session: aiohttp.ClientSession, path: str) -> Any:
    async with session.get(path) as answer:
        answer.raise_for_status()
        return await answer.json()


async def list_datasets(task: Task) -> Outcome:
    """Windows of eight pages at once, until one of them is short."""
    window, size = 8, 50
    async with _signed_in(task) as session:
        found: list[Any] = []
        while True:
            offsets = range(len(found), len(found) + window * size, size)
            paths = [f"/v1/datasets?limit={size}&offset={offset}" for offset in offsets]
            pages = await asyncio.gather(*(_get(session, path) for path in paths))
            found += [dataset for page in pages for dataset in page]
            if any(len(page) < size for page in pages):
                break
    return Outcome({"datasets": len({one["id"] for one in found}), "rows": sum(one["rows"] for one in found)})


async def _download(session: aiohttp.ClientSession, identity: str) -> int:
    received = 0
    async with session.get(f"/v1/datasets/{identity}/data", headers={"Accept": "text/csv"}) as answer:
        answer.raise_for_status()
        async for chunk in answer.content.iter_chunked(_CHUNK):
            received += len(chunk)
    return received


async def pull(task: Task) -> Outcome:
    """All exports, some at once."""
    free = asyncio.Semaphore(task.workload.at_once)

    async def one(identity: str) -> int:
        async with free:
            return await _download(session, identity)

    async with _signed_in(task) as session:
        return Outcome({"bytes": sum(await asyncio.gather(*(one(identity) for identity in task.ids)))})


async def export(task: Task) -> Outcome:
    """One export."""
    async with _signed_in(task) as session:
        return Outcome({"bytes": await _download(session, task.ids[0])})


async def _converted(task: Task, convert: Callable[[Any], T]) -> T:
    """Convert one export in a thread, while the rest of it arrives."""
    from tests.benchmarks.parquet_by_hand import Pipe  # pyarrow is no part of the other workloads

    pipe = Pipe()
    converting = asyncio.create_task(asyncio.to_thread(convert, pipe))
    async with _signed_in(task) as session:
        async with session.get(f"/v1/datasets/{task.ids[0]}/data", headers={"Accept": "text/csv"}) as answer:
            answer.raise_for_status()
            async for chunk in answer.content.iter_chunked(_CHUNK):
                await asyncio.to_thread(pipe.chunks.put, chunk)
        await asyncio.to_thread(pipe.chunks.put, b"")
        return await converting


async def export_parquet(task: Task) -> Outcome:
    """Parse and encode in a thread."""
    from tests.benchmarks.parquet_by_hand import write_parquet

    await _converted(task, lambda csv: write_parquet(csv, task.parquet_path))
    return Outcome({})


async def frame(task: Task) -> Outcome:
    """Parse in a thread, with the types of the DataSet, which are known here."""
    from tests.benchmarks.rows_by_hand import read_frame

    return Outcome({}, result=await _converted(task, read_frame))


async def upload(task: Task) -> Outcome:
    """Encode and compress in two threads, and send each part when it is ready."""
    from tests.benchmarks.rows_by_hand import PART_ROWS, packed

    free = asyncio.Semaphore(task.workload.at_once)
    headers = {"Content-Type": "text/csv", "Content-Encoding": "gzip"}

    async def send(number: int) -> None:
        async with free:
            rows = task.table.slice((number - 1) * PART_ROWS, PART_ROWS)
            part = await asyncio.get_running_loop().run_in_executor(threads, packed, rows)
            async with session.put(f"{execution}/part/{number}", data=part, headers=headers) as answer:
                answer.raise_for_status()

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        async with _signed_in(task) as session:
            streams = await _get(session, f"/v1/streams/search?q=dataSource.id:{task.ids[0]}&fields=all")
            executions = f"/v1/streams/{streams[0]['id']}/executions"
            async with session.post(executions, json={}) as answer:
                answer.raise_for_status()
                execution = f"{executions}/{(await answer.json())['id']}"
            await asyncio.gather(*(send(number + 1) for number in range(-(-task.table.num_rows // PART_ROWS))))
            async with session.put(f"{execution}/commit") as answer:
                answer.raise_for_status()
            while (await _get(session, execution))["currentState"] == "ACTIVE":
                await asyncio.sleep(0.1)
    return Outcome({})


async def _get_all(session: aiohttp.ClientSession, task: Task, start: int, end: int) -> int:
    free = asyncio.Semaphore(task.workload.at_once)

    async def one(index: int, identity: str) -> int:
        async with free:
            dataset = await _get(session, f"/v1/datasets/{identity}")
        return check_dataset(index % task.workload.datasets, dataset["id"], dataset["rows"])

    return sum(await asyncio.gather(*(one(start + place, it) for place, it in enumerate(task.ids[start:end]))))


async def cold(task: Task) -> Outcome:
    """All calls at once, on a session that has done nothing yet."""
    async with _signed_in(task) as session:
        return Outcome({"calls": await _get_all(session, task, 0, task.workload.calls)})


async def in_flight(task: Task) -> Outcome:
    """Wave after wave of calls."""
    workload = task.workload
    async with _signed_in(task) as session:
        waves = range(0, workload.calls, workload.wave)
        return Outcome({"calls": sum([await _get_all(session, task, at, at + workload.wave) for at in waves])})


async def queries(task: Task) -> Outcome:
    """All queries, some at once."""
    free = asyncio.Semaphore(task.workload.at_once)
    document = {"sql": "SELECT channel, SUM(units) AS units, AVG(share) AS share FROM table GROUP BY channel"}

    async def one(identity: str) -> int:
        async with free, session.post(f"/v1/datasets/query/execute/{identity}", json=document) as answer:
            answer.raise_for_status()
            result = await answer.json()
        return sum(row[1] for row in result["rows"])

    async with _signed_in(task) as session:
        sums = await asyncio.gather(*(one(identity) for identity in task.ids))
    return Outcome({"calls": len(sums), "sum": sum(sums)})


class _FreshToken:
    """A token that is asked for again a little before its end, by one call while the others wait."""

    def __init__(self, session: aiohttp.ClientSession, task: Task, client_id: str) -> None:
        self._session, self._task, self._client_id = session, task, client_id
        self._lock = asyncio.Lock()
        self._header, self._until = "", 0.0

    async def headers(self) -> dict[str, str]:
        async with self._lock:
            if time.monotonic() >= self._until:
                asked_at = time.monotonic()
                self._header, life = await _token(self._session, self._task, self._client_id)
                self._until = asked_at + 0.9 * life
        return {"Authorization": self._header}


async def short_tokens(task: Task) -> Outcome:
    """The same calls with tokens that live long, and with tokens that do not."""
    workload = task.workload

    async def phase(client_id: str) -> tuple[list[float], int]:
        async with aiohttp.ClientSession(task.url, connector=aiohttp.TCPConnector(limit=workload.at_once)) as session:
            token = _FreshToken(session, task, client_id)

            async def one(index: int) -> None:
                headers = await token.headers()
                async with session.get(f"/v1/datasets/{task.ids[index]}", headers=headers) as answer:
                    answer.raise_for_status()
                    dataset = await answer.json()
                check_dataset(index % workload.datasets, dataset["id"], dataset["rows"])

            return await paced(one, workload, aiohttp.ClientError)

    return Outcome(*compared(await phase(task.client_id), await phase(task.short_lived_client_id)))


async def faults(task: Task) -> Outcome:
    """Up to seven attempts for each call, waiting as long as the server asks or twice as long each time."""
    free = asyncio.Semaphore(task.workload.at_once)

    async def one(index: int, identity: str) -> int:
        for attempt in range(7):
            wait = random.random() * min(5.0, 0.1 * 2**attempt)
            try:
                async with free, session.get(f"/v1/datasets/{identity}") as answer:
                    if answer.status not in _PASSING:
                        answer.raise_for_status()
                        dataset = await answer.json()
                        return check_dataset(index % task.workload.datasets, dataset["id"], dataset["rows"])
                    wait = float(answer.headers.get("Retry-After", wait))
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(wait)
        return 0

    async with _signed_in(task) as session:
        answered = sum(await asyncio.gather(*(one(index, identity) for index, identity in enumerate(task.ids))))
    return Outcome({"calls": answered}, {"failed": len(task.ids) - answered})
