from __future__ import annotations

import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import anyio
import httpx
import pyarrow as pa
import pytest

from domo_async.emulator import Emulator, serve


def test_starting_and_stopping_leaves_nothing_behind():
    """Threads and sockets end with the server, over and over."""
    before = set(threading.enumerate())
    for _ in range(20):
        with Emulator() as emulator:
            address = httpx.URL(emulator.url)
            assert httpx.get(f"{emulator.url}/_emulator/stats").status_code == 200
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address.host, address.port), timeout=5)
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
    assert set(threading.enumerate()) <= before


def test_stopping_drops_idle_connections(open_client):
    """A client's kept-alive connection does not keep the server."""
    with Emulator() as emulator, open_client(emulator) as client:
        assert client.get("/v1/datasets").status_code == 200
        emulator.stop()
        with pytest.raises(httpx.TransportError):
            client.get("/v1/datasets")


def test_data_and_tokens_outlive_a_restart(open_client):
    """`stop` and `start` are a restart on another port, not a new Domo."""
    with Emulator(datasets={"x": pa.table({"n": [1]})}) as emulator:
        with open_client(emulator) as client:
            token = client.headers["authorization"]
        emulator.stop()
        emulator.stop()
        emulator.start()
        emulator.start()
        response = httpx.get(f"{emulator.url}/v1/datasets", headers={"authorization": token})
        assert [dataset["name"] for dataset in response.json()] == ["x"]


def test_port_in_use_is_an_error_at_once():
    """The caller learns that the address cannot be had."""
    with Emulator() as emulator, pytest.raises(OSError, match="in use"):
        Emulator(port=httpx.URL(emulator.url).port or 0).start()


def test_no_address_before_the_start():
    """The URL is known once the server runs."""
    emulator = Emulator()
    with pytest.raises(RuntimeError, match="before it is started"):
        _ = emulator.url
    emulator.close()


def test_ipv6():
    """The server listens on IPv6 too."""
    with Emulator(host="::1") as emulator:
        assert emulator.url.startswith("http://[::1]:")
        assert httpx.get(f"{emulator.url}/_emulator/stats").status_code == 200


@pytest.mark.anyio
async def test_async_with_does_not_block_the_loop(anyio_backend):
    """On asyncio and on trio the server starts and stops beside the caller's tasks."""
    async with Emulator() as emulator, httpx.AsyncClient() as client, anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(client.get, f"{emulator.url}/_emulator/stats")
    assert emulator.requests == ()


@pytest.mark.anyio
async def test_application_can_be_called_in_process(anyio_backend):
    """`app` is an ASGI application for any event loop, faults included."""
    emulator = Emulator(datasets={"x": pa.table({"n": [1, 2]})}, client_id="me", client_secret="secret")
    transport = httpx.ASGITransport(emulator.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://domo") as client:
        response = await client.get("/oauth/token", params={"grant_type": "client_credentials"}, auth=("me", "secret"))
        client.headers["authorization"] = f"bearer {response.json()['access_token']}"
        path = f"/v1/datasets/{emulator.dataset_ids['x']}/data"
        assert (await client.get(path)).text == "1\n2\n"
        emulator.faults.add("reset", times=1)
        with pytest.raises(ConnectionResetError):
            await client.get(path)
    emulator.close()


def test_requests_are_recorded(emulator, client, flights):
    """Each request leaves a record, in order, with who asked and what came of it."""
    emulator.clear_requests()
    client.get("/v1/datasets", params={"limit": 1})
    client.put(f"{flights}/data", content="a,b,c\n")
    httpx.get(f"{emulator.url}/v1/datasets")
    first, second, third = emulator.requests
    assert (first.method, first.path, first.query, first.status) == ("GET", "/v1/datasets", "limit=1", 200)
    assert first.client_id == emulator.connection["client_id"]
    assert first.seconds >= 0
    assert (second.method, second.status) == ("PUT", 400)
    assert (third.status, third.client_id) == (401, None)
    with pytest.raises(AttributeError):
        first.status = 1


def test_concurrent_requests(emulator, open_client, flights):
    """Many callers read, write and query at the same time."""
    with open_client(emulator) as client:
        limits = httpx.Limits(max_connections=16)
        headers = dict(client.headers)
    path = flights.replace("/v1/datasets/", "/v1/datasets/query/execute/")
    with httpx.Client(base_url=emulator.url, headers=headers, limits=limits, timeout=30) as client:

        def call(number):
            match number % 4:
                case 0:
                    return client.put(f"{flights}/data", content="x,1\n", params={"updateMethod": "APPEND"}).status_code
                case 1:
                    return client.get(f"{flights}/data").status_code
                case 2:
                    return client.post(path, json={"sql": "SELECT SUM(delay) FROM table"}).status_code
                case _:
                    return client.get("/v1/datasets").status_code

        with ThreadPoolExecutor(16) as pool:
            statuses = list(pool.map(call, range(200)))
    assert set(statuses) == {200, 204}
    assert emulator.table("Flights").num_rows == 4 + 50


def test_latency_holds_answers_back(emulator, client):
    """`latency` is settable while the server runs."""
    emulator.latency = 0.05
    assert client.get("/v1/datasets").elapsed.total_seconds() >= 0.05
    emulator.latency = 0
    emulator.clear_requests()
    client.get("/v1/datasets")
    assert emulator.requests[0].seconds < 0.05


def test_serve_for_command_lines(tmp_path):
    """`serve` starts, says when it is ready, and hands the emulator over."""
    (tmp_path / "x.csv").write_text("n\n1\n")
    ready = []
    emulator = serve(tmp_path, port=0, on_ready=lambda emulator: ready.append(emulator.url))
    try:
        assert ready == [emulator.url]
        assert set(emulator.dataset_ids) == {"x"}
    finally:
        emulator.close()


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
def test_serve_forever_ends_gracefully(number):
    """Ctrl-C and SIGTERM end the command without a traceback."""
    code = (
        "import os, signal, threading\n"
        "from domo_async.emulator import serve\n"
        "emulator = serve(port=0)\n"
        f"threading.Timer(0.2, os.kill, (os.getpid(), signal.{number})).start()\n"
        "emulator.serve_forever()\n"
        "print('ended')\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr, done.returncode) == ("ended\n", "", 0)


def test_import_is_cheap():
    """Naming the package loads no server, no database and no Arrow."""
    code = (
        "import sys, domo_async, domo_async.emulator\n"
        "heavy = {'duckdb', 'pyarrow', 'starlette', 'uvicorn', 'sqlglot', 'uvloop'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert 'Emulator' in dir(domo_async.emulator)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_missing_package_names_the_extra():
    """Without the extra the error says what to install."""
    code = (
        "import sys\n"
        "sys.modules['duckdb'] = None\n"
        "from domo_async.errors import MissingExtraError\n"
        "try:\n"
        "    from domo_async.emulator import Emulator\n"
        "except MissingExtraError as error:\n"
        "    assert error.extra == 'emulator'\n"
        "else:\n"
        "    raise SystemExit('no error')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_unknown_names_are_attribute_errors():
    """The lazy module has no other names."""
    import domo_async.emulator as package

    with pytest.raises(AttributeError, match="nothing"):
        _ = package.nothing
