"""A query may take for ever. It ends when nobody waits for its answer any more, and when the emulator closes."""

from __future__ import annotations

import json

import anyio
import httpx
import pyarrow as pa
import pytest
from anyio import to_thread

from domo_async.emulator import Emulator

pytestmark = pytest.mark.anyio
ENDLESS = f"SELECT COUNT(*) FROM {', '.join(f'table t{i}' for i in range(5))}"


@pytest.fixture
def large():
    """An emulator whose rows have more combinations of five than anybody counts."""
    with Emulator(datasets={"Many": pa.table({"n": range(10_000)})}) as emulator:
        yield emulator


class Caller:
    """Calls the application in this process, so that it is known when the query begins and when the call has ended."""

    def __init__(self, emulator, grant):
        token = grant(emulator).json()["access_token"]
        self._app = emulator.app
        self._scope = {
            "type": "http",
            "method": "POST",
            "path": f"/v1/datasets/query/execute/{emulator.dataset_ids['Many']}",
            "query_string": b"",
            "headers": [(b"authorization", f"bearer {token}".encode())],
            "client": None,
        }
        self._body = json.dumps({"sql": ENDLESS}).encode()
        self.waiting = anyio.Event()
        self.leaves = anyio.Event()
        self.status = None

    async def receive(self):
        if self._body:
            body, self._body = self._body, b""
            return {"type": "http.request", "body": body, "more_body": False}
        self.waiting.set()  # the body is read, and the server listens whether the caller leaves
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.status = message.get("status", self.status)

    async def call(self):
        await self._app(self._scope, self.receive, self.send)


async def test_who_leaves_ends_the_query(large, grant):
    caller = Caller(large, grant)
    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(caller.call)
            await caller.waiting.wait()
            caller.leaves.set()


async def test_closing_ends_the_query(large, grant):
    """Without an error, and without a thread that keeps the process from ending."""
    caller = Caller(large, grant)
    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(caller.call)
            await caller.waiting.wait()
            await to_thread.run_sync(large.close)

    assert caller.status == 400


async def test_a_refusal_is_a_refusal(large, grant, open_client):
    """The group of tasks around a query shows nobody its exceptions."""
    with open_client(large) as client:
        path = f"/v1/datasets/query/execute/{large.dataset_ids['Many']}"
        assert client.post(path, json={"sql": "SELECT nothing FROM table"}).status_code == 400
        assert client.post(path, json={"sql": "DROP TABLE table"}).status_code == 400
        assert client.post(path, json={"sql": "SELECT COUNT(*) AS n FROM table"}).json()["rows"] == [[10_000]]


async def test_a_client_that_loses_patience(large, open_client):
    """Over a socket: afterwards the emulator is as quick as before."""
    with open_client(large) as client:
        path = f"/v1/datasets/query/execute/{large.dataset_ids['Many']}"
        with pytest.raises(httpx.ReadTimeout):
            client.post(path, json={"sql": ENDLESS}, timeout=0.2)
        assert client.post(path, json={"sql": "SELECT 1 AS n FROM table LIMIT 1"}).json()["rows"] == [[1]]
