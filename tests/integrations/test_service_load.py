"""The example service under load: two processes, tokens that die, a Domo that fails now and then, clients that leave.

The suite runs it for a few seconds. At full length, with the numbers that the guide quotes:
``DOMO_TEST_SERVICE_SECONDS=60 DOMO_TEST_SERVICE_CLIENTS=200 pytest tests/integrations/test_service_load.py -s``.
"""

import asyncio
import contextlib
import os
import random
import socket
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import anyio
import httpx
import pytest
from anyio import to_thread

pytest.importorskip("fastapi")
pa = pytest.importorskip("pyarrow")

from domo_async.emulator import Emulator

SERVICE = Path(__file__).parents[2] / "docs" / "examples" / "service.py"
# Read here: while a test runs there are no DOMO_* variables.
SECONDS = float(os.environ.get("DOMO_TEST_SERVICE_SECONDS", "3"))
CLIENTS = int(os.environ.get("DOMO_TEST_SERVICE_CLIENTS", "30"))
LIFETIME = 3.0
GRACE = 2
SHARES = (0.5, 0.9, 0.99, 1.0)
ROWS = 8_000
BREAK_AT = 400_000
TABLE = pa.table({"n": list(range(ROWS)), "carrier": ["UA", "AA"] * (ROWS // 2), "text": ["x" * 100] * ROWS})

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="a process that is told to end has no grace time there"),
    pytest.mark.timeout(180 + 2 * SECONDS),
]


@pytest.fixture
def emulator():
    with Emulator(datasets={"Sales": TABLE}, seed=1, token_lifetime=LIFETIME) as emulator:
        yield emulator


class Workers:
    """The service under uvicorn, with a place where its two processes share the token."""

    def __init__(self, emulator, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._log = folder / "service.log"
        connection = emulator.connection
        environment = os.environ | {
            "DOMO_API_URL": connection["api_url"],
            "DOMO_CLIENT_ID": connection["client_id"],
            "DOMO_CLIENT_SECRET": connection["client_secret"],
            "DOMO_TOKEN_STORE": str(folder / "tokens"),
        }
        command = [
            sys.executable, "-m", "uvicorn", "service:app", "--app-dir", str(SERVICE.parent), "--port", str(port),
            "--workers", "2", "--timeout-graceful-shutdown", str(GRACE), "--no-access-log",
        ]  # fmt: skip
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(
                command, env=environment, cwd=folder, stdout=output, stderr=subprocess.STDOUT
            )

    @property
    def log(self):
        return self._log.read_text()

    def memory(self):
        """MiB that each worker holds, the largest first; empty where the system does not tell."""
        sizes = []
        for status in Path("/proc").glob("[0-9]*/status"):
            with contextlib.suppress(OSError):
                fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
                if int(fields["PPid"]) == self.process.pid and "VmRSS" in fields:
                    sizes.append(int(fields["VmRSS"].split()[0]) / 1024)
        return sorted(sizes, reverse=True)[:2]  # the third is multiprocessing's resource tracker

    async def until_ready(self, client):
        with anyio.fail_after(90):
            while self.process.poll() is None:
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get("/ready")).status_code == 200:
                        return
                await asyncio.sleep(0.1)
        pytest.fail("the service did not start")


@pytest.fixture
def workers(emulator, tmp_path):
    workers = Workers(emulator, tmp_path)
    try:
        yield workers
    finally:
        if workers.process.poll() is None:
            workers.process.terminate()
            try:
                workers.process.wait(20)
            except subprocess.TimeoutExpired:
                workers.process.kill()
                workers.process.wait()
        print(workers.log)  # pytest shows it if the test failed


class Crowd:
    """Clients that ask for one thing after another, and what became of that."""

    def __init__(self, client, sales):
        self.tally = Counter()
        self.seconds = defaultdict(list)
        self._client = client
        self._sales = sales

    async def visit(self, number, until):
        mood = random.Random(number)
        while anyio.current_time() < until or not self.has_seen_all():
            await asyncio.sleep(mood.random() * 0.05)
            begun = anyio.current_time()
            try:
                outcome = await self._ask(mood.random(), leaves=mood.random() < 0.1, after=mood.random())
            except httpx.TransportError as error:
                outcome = type(error).__name__
            self.tally[outcome] += 1
            self.seconds[outcome].append(anyio.current_time() - begun)

    def has_seen_all(self):
        """Whether there was one of each kind, which takes longer on a machine that has other things to do."""
        return all(self.tally[outcome] for outcome in (200, "complete", "left"))

    async def _ask(self, choice, *, leaves, after):
        if choice < 0.2:
            return await self._export(leaves=leaves)
        path, query = ("/datasets", {"limit": 5}) if choice < 0.6 else (f"/datasets/{self._sales}/carriers", None)
        if not leaves:
            return (await self._client.get(path, params=query)).status_code
        with anyio.move_on_after(after * 0.05):
            return (await self._client.get(path, params=query)).status_code
        return "left"

    async def _export(self, *, leaves):
        lines = 0
        async with self._client.stream("GET", f"/datasets/{self._sales}.csv") as answer:
            if answer.status_code != 200:
                return answer.status_code
            async for chunk in answer.aiter_bytes():
                if leaves:
                    return "left"
                lines += chunk.count(b"\n")
        return "complete" if lines == ROWS + 1 else "SHORT"


@pytest.mark.asyncio
async def test_two_workers_with_faults_and_clients_that_leave(emulator, workers):
    """Nobody is told of trouble that waiting can cure, and a request that never ends does not hold up the end."""
    sales = emulator.dataset_ids["Sales"]
    limits = httpx.Limits(max_connections=CLIENTS, max_keepalive_connections=CLIENTS, keepalive_expiry=2)
    async with httpx.AsyncClient(base_url=workers.url, timeout=60, limits=limits) as client:
        await workers.until_ready(client)
        crowd = Crowd(client, sales)
        emulator.faults.add("status", status=503, probability=0.02, retry_after=0.05)
        emulator.faults.add("status", status=429, probability=0.02, retry_after=0.05)
        emulator.faults.add("reset", probability=0.02)
        emulator.faults.add("reset_after", path="*/data", bytes=BREAK_AT, probability=0.02)
        begun, grants = time.monotonic(), emulator.grants
        until = anyio.current_time() + SECONDS
        memory = []
        async with anyio.create_task_group() as group:
            for number in range(CLIENTS):
                group.start_soon(crowd.visit, number, until)
            while anyio.current_time() < until:
                await asyncio.sleep(min(1.0, SECONDS / 5))
                memory.append(workers.memory())
        lasted = time.monotonic() - begun
        grants = emulator.grants - grants
        emulator.faults.clear()
        print(f"\n{dict(crowd.tally)} in {lasted:.1f} s, {grants} grants")
        for outcome, seconds in crowd.seconds.items():
            in_order = sorted(seconds)
            shares = ", ".join(f"{share:.0%}: {in_order[int(share * (len(seconds) - 1))]:.2f} s" for share in SHARES)
            print(f"  {outcome}: {shares}")
        print("MiB:", [[round(size) for size in sizes] for sizes in memory[:: max(1, len(memory) // 12)]])

        assert set(crowd.tally) <= {200, "complete", "left"}
        # One token for both workers at a time; each is replaced in the last third of its life.
        assert 1 <= grants <= lasted / (LIFETIME * 2 / 3) + 1
        assert "Traceback" not in workers.log  # clients that leave are nothing to write about

        # One request is under way when the end comes, one that will never be over: it may have the grace time.
        emulator.faults.add("stall", path="*/data", bytes=BREAK_AT)
        async with client.stream("GET", f"/datasets/{sales}.csv") as answer:
            assert answer.status_code == 200
            told = time.monotonic()
            workers.process.terminate()
            with pytest.raises(httpx.RemoteProtocolError):
                async for _ in answer.aiter_bytes():
                    pass
    await to_thread.run_sync(workers.process.wait, 60)
    print(f"ended {time.monotonic() - told:.1f} s after it was told to")
    assert time.monotonic() - told < GRACE + 15
