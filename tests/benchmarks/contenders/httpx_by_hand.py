"""The same by hand on httpx, with a pool as large as the work needs."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import httpx

from tests.benchmarks.contenders.pacing import compared, paced
from tests.benchmarks.data import check_dataset
from tests.benchmarks.workloads import Outcome, Task

NOT_APPLICABLE = {"in_flight": "the bookkeeping of its pool grows with the square of the calls: minutes at 10,000"}

T = TypeVar("T")

_CHUNK = 1 << 20
_PASSING = (429, 500, 502, 503, 504)


def _client(task: Task) -> httpx.AsyncClient:
    most = task.workload.at_once
    limits = httpx.Limits(max_connections=most, max_keepalive_connections=most)
    # Nobody speaks TLS here. Certificates would cost httpx 0.2 s for each client, and the others nothing.
    return httpx.AsyncClient(base_url=task.url, limits=limits, timeout=60, verify=False)


async def _token(client: httpx.AsyncClient, task: Task, client_id: str) -> tuple[str, float]:
    answer = await client.get(
        "/oauth/token", params={"grant_type": "client_credentials"}, auth=(client_id, task.client_secret)
    )
    granted = answer.raise_for_status().json()
    return f"Bearer {granted['access_token']}", granted["expires_in"]


async def _sign_in(client: httpx.AsyncClient, task: Task) -> None:
    client.headers["Authorization"], _ = await _token(client, task, task.client_id)


async def _get(client: httpx.AsyncClient, path: str) -> Any:
    return (await client.get(path)).raise_for_status().json()


async def list_datasets(task: Task) -> Outcome:
    """Windows of eight pages at once, until one of them is short."""
    window, size = 8, 50
    async with _client(task) as client:
        await _sign_in(client, task)
        found: list[Any] = []
        while True:
            offsets = range(len(found), len(found) + window * size, size)
            paths = [f"/v1/datasets?limit={size}&offset={offset}" for offset in offsets]
            pages = await asyncio.gather(*(_get(client, path) for path in paths))
            found += [dataset for page in pages for dataset in page]
            if any(len(page) < size for page in pages):
                break
    return Outcome({"datasets": len({one["id"] for one in found}), "rows": sum(one["rows"] for one in found)})


async def _download(client: httpx.AsyncClient, identity: str) -> int:
    received = 0
    async with client.stream("GET", f"/v1/datasets/{identity}/data", headers={"Accept": "text/csv"}) as answer:
        answer.raise_for_status()
        async for chunk in answer.aiter_bytes():
            received += len(chunk)
    return received


async def pull(task: Task) -> Outcome:
    """All exports, some at once."""
    free = asyncio.Semaphore(task.workload.at_once)

    async def one(identity: str) -> int:
        async with free:
            return await _download(client, identity)

    async with _client(task) as client:
        await _sign_in(client, task)
        return Outcome({"bytes": sum(await asyncio.gather(*(one(identity) for identity in task.ids)))})


async def export(task: Task) -> Outcome:
    """One export."""
    async with _client(task) as client:
        await _sign_in(client, task)
        return Outcome({"bytes": await _download(client, task.ids[0])})


async def _converted(task: Task, convert: Callable[[Any], T]) -> T:
    """Convert one export in a thread, while the rest of it arrives."""
    from tests.benchmarks.parquet_by_hand import Pipe  # pyarrow is no part of the other workloads

    pipe = Pipe()
    converting = asyncio.create_task(asyncio.to_thread(convert, pipe))
    async with _client(task) as client:
        await _sign_in(client, task)
        path = f"/v1/datasets/{task.ids[0]}/data"
        async with client.stream("GET", path, headers={"Accept": "text/csv"}) as answer:
            answer.raise_for_status()
            async for chunk in answer.aiter_bytes(_CHUNK):
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
            (await client.put(f"{execution}/part/{number}", content=part, headers=headers)).raise_for_status()

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        async with _client(task) as client:
            await _sign_in(client, task)
            streams = await _get(client, f"/v1/streams/search?q=dataSource.id:{task.ids[0]}&fields=all")
            executions = f"/v1/streams/{streams[0]['id']}/executions"
            answer = await client.post(executions, json={})
            execution = f"{executions}/{answer.raise_for_status().json()['id']}"
            await asyncio.gather(*(send(number + 1) for number in range(-(-task.table.num_rows // PART_ROWS))))
            (await client.put(f"{execution}/commit")).raise_for_status()
            while (await _get(client, execution))["currentState"] == "ACTIVE":
                await asyncio.sleep(0.1)
    return Outcome({})


async def cold(task: Task) -> Outcome:
    """All calls at once, on a client that has done nothing yet."""
    free = asyncio.Semaphore(task.workload.at_once)

    async def one(index: int, identity: str) -> int:
        async with free:
            dataset = await _get(client, f"/v1/datasets/{identity}")
        return check_dataset(index % task.workload.datasets, dataset["id"], dataset["rows"])

    async with _client(task) as client:
        await _sign_in(client, task)
        calls = (one(index, identity) for index, identity in enumerate(task.ids))
        return Outcome({"calls": sum(await asyncio.gather(*calls))})


async def queries(task: Task) -> Outcome:
    """All queries, some at once."""
    free = asyncio.Semaphore(task.workload.at_once)
    document = {"sql": "SELECT channel, SUM(units) AS units, AVG(share) AS share FROM table GROUP BY channel"}

    async def one(identity: str) -> int:
        async with free:
            answer = await client.post(f"/v1/datasets/query/execute/{identity}", json=document)
        return sum(row[1] for row in answer.raise_for_status().json()["rows"])

    async with _client(task) as client:
        await _sign_in(client, task)
        sums = await asyncio.gather(*(one(identity) for identity in task.ids))
    return Outcome({"calls": len(sums), "sum": sum(sums)})


class _FreshToken:
    """A token that is asked for again a little before its end, by one call while the others wait."""

    def __init__(self, client: httpx.AsyncClient, task: Task, client_id: str) -> None:
        self._client, self._task, self._client_id = client, task, client_id
        self._lock = asyncio.Lock()
        self._header, self._until = "", 0.0

    async def headers(self) -> dict[str, str]:
        async with self._lock:
            if time.monotonic() >= self._until:
                asked_at = time.monotonic()
                self._header, life = await _token(self._client, self._task, self._client_id)
                self._until = asked_at + 0.9 * life
        return {"Authorization": self._header}


async def short_tokens(task: Task) -> Outcome:
    """The same calls with tokens that live long, and with tokens that do not."""
    workload = task.workload

    async def phase(client_id: str) -> tuple[list[float], int]:
        async with _client(task) as client:
            token = _FreshToken(client, task, client_id)

            async def one(index: int) -> None:
                answer = await client.get(f"/v1/datasets/{task.ids[index]}", headers=await token.headers())
                dataset = answer.raise_for_status().json()
                check_dataset(index % workload.datasets, dataset["id"], dataset["rows"])

            return await paced(one, workload, httpx.HTTPError)

    return Outcome(*compared(await phase(task.client_id), await phase(task.short_lived_client_id)))


async def faults(task: Task) -> Outcome:
    """Up to seven attempts for each call, waiting as long as the server asks or twice as long each time."""
    free = asyncio.Semaphore(task.workload.at_once)

    async def one(index: int, identity: str) -> int:
        for attempt in range(7):
            wait = random.random() * min(5.0, 0.1 * 2**attempt)
            try:
                async with free:
                    answer = await client.get(f"/v1/datasets/{identity}")
                if answer.status_code not in _PASSING:
                    dataset = answer.raise_for_status().json()
                    return check_dataset(index % task.workload.datasets, dataset["id"], dataset["rows"])
                wait = float(answer.headers.get("Retry-After", wait))
            except httpx.TransportError:
                pass
            await asyncio.sleep(wait)
        return 0

    async with _client(task) as client:
        await _sign_in(client, task)
        answered = sum(await asyncio.gather(*(one(index, identity) for index, identity in enumerate(task.ids))))
    return Outcome({"calls": answered}, {"failed": len(task.ids) - answered})
