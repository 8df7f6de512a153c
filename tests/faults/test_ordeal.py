"""Everything goes wrong at once, and nobody notices."""

import hashlib
import os

import anyio
import anyio.lowlevel
import pyarrow as pa
import pytest

from domo_async import AsyncDomo
from domo_async.emulator import Emulator

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(900)]

CALLS = int(os.environ.get("ORDEAL_CALLS", "400"))
LIFETIME = 3.0


@pytest.fixture
def anyio_backend(carrier):
    return carrier.backend


async def test_mixed_calls_under_every_fault_all_succeed_with_the_right_data(carrier):
    rows = 2_000
    table = pa.table({"n": list(range(rows)), "t": [f"row {n}" if n % 3 else None for n in range(rows)]})
    tables = {"Rows": table} | {f"D{n:03}": pa.table({"a": [n]}) for n in range(60)}
    with Emulator(datasets=tables, seed=5) as emulator:
        ids = emulator.dataset_ids
        async with AsyncDomo(**emulator.connection, transport=carrier.transport) as calm:
            right = {kind: await make(calm, kind, ids) for kind in ("get", "list", "query", "export")}
        emulator.token_lifetime = LIFETIME
        add = emulator.faults.add
        add("status", path="/v1/*", status=429, retry_after=0.1, probability=0.01)
        add("status", path="/v1/*", status=503, retry_after="0.05", probability=0.01)
        add("status", path="/v1/*", status=500, probability=0.02)
        add("reset", path="/v1/*", probability=0.02)
        add("reset_after", path="/v1/*", bytes=20, probability=0.02)
        add("truncate", path="/v1/*", bytes=300, probability=0.02)
        add("maintenance", path="/v1/*", status=200, probability=0.01)
        add("malformed_json", path="/v1/datasets", probability=0.02)
        add("unknown_fields", path="/v1/datasets", probability=0.05)
        before, failures, done = emulator.grants, [], 0
        started = anyio.current_time()
        async with AsyncDomo(
            **emulator.connection, transport=carrier.transport, timeout=5, retries=12, deadline=None
        ) as domo:
            limiter = anyio.Semaphore(500)
            outage_at = CALLS // 3

            async def one(number):
                nonlocal done
                kind = ("get", "list", "query", "export")[number % 4]
                try:
                    if number == outage_at:
                        add("token_outage", seconds=2.0)
                        emulator.revoke_tokens()
                    if await make(domo, kind, ids) != right[kind]:
                        failures.append((number, kind, "wrong data"))
                except Exception as error:
                    failures.append((number, kind, repr(error)))
                finally:
                    done += 1
                    limiter.release()

            async with anyio.create_task_group() as tasks:
                for number in range(CALLS):
                    await limiter.acquire()
                    tasks.start_soon(one, number)
            took = anyio.current_time() - started
            with anyio.fail_after(10):
                while domo.stats.in_flight:  # pages that were asked for ahead, and that nobody needs
                    await anyio.lowlevel.checkpoint()
            stats = domo.stats
        assert failures == []
        assert done == CALLS
        assert (stats.failures, stats.in_flight, stats.waiting) == (0, 0, 0)
        assert stats.retries > 0
        # A token is renewed when at least three quarters of its life are over, less a little spread.
        assert emulator.grants - before <= took / (LIFETIME * 0.7) + 4


async def make(domo, kind, ids):
    match kind:
        case "get":
            dataset = await domo.datasets.get(ids["Rows"])
            return (dataset.id, dataset.name, dataset.rows)
        case "list":
            return [dataset.id for dataset in await domo.datasets.list(sort="name").collect()]
        case "query":
            return (await domo.datasets.query(ids["Rows"], "SELECT SUM(n) AS s FROM table")).rows
        case _:
            digest = hashlib.sha256()
            async with domo.datasets.export(ids["Rows"]) as body:
                async for chunk in body:
                    digest.update(chunk)
            return digest.hexdigest()
