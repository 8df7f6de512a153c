"""One client in several event loops, one after the other and at once; and in very many tasks."""

import gc
import logging
import threading
from importlib.util import find_spec

import anyio
import pytest

from domo_async.errors import CallError, CallTimeoutError, ServerError

OK = (200, b'{"fine": true}')


# A loop that ends before the client was closed in it takes its transports with it, of which asyncio complains.
ends_unclosed = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <(function _SelectorTransport|socket):pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture
def unclosed_loops():
    """Collects what loops left behind while it is still this test that hears of it, and not the next one."""
    yield
    gc.collect()


def run(backend, domo, calls=3):
    async def main():
        async with anyio.create_task_group() as tasks:
            for _ in range(calls):
                tasks.start_soon(domo.request, "GET", "/v1/things")

    anyio.run(main, backend=backend)


@ends_unclosed
@pytest.mark.usefixtures("unclosed_loops")
@pytest.mark.parametrize("backends", [["asyncio"] * 4, ["trio"] * 4, ["asyncio", "trio"] * 2], ids="-".join)
@pytest.mark.parametrize("transport", ["httpx", "auto"])
def test_one_client_runs_in_one_loop_after_the_other_and_leaves_nothing_of_them_behind(wire, backends, transport):
    server = wire.serve(wire.answering(OK))
    domo = wire.client(server, transport)
    for backend in backends:
        run(backend, domo)
        gc.collect()
        assert len(domo._session.engine._lanes) == 1
    anyio.run(domo.aclose, backend="asyncio")
    gc.collect()
    assert not domo._session.engine._lanes
    assert server.wait_for_open(0)
    assert server.grants == 1


@ends_unclosed
@pytest.mark.usefixtures("unclosed_loops")
def test_one_client_runs_in_two_threads_at_once(wire):
    server = wire.serve(wire.answering(OK))
    domo = wire.client(server)
    errors = []

    def work(backend):
        try:
            for _ in range(5):
                run(backend, domo, calls=20)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(backend,)) for backend in ("asyncio", "asyncio", "trio")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    anyio.run(domo.aclose)
    gc.collect()
    assert errors == []
    assert len(server.calls) == 300
    assert server.grants <= 3
    assert server.wait_for_open(0)


@pytest.mark.anyio
async def test_thousands_of_tasks_at_once_on_one_client(wire, anyio_backend_name):
    count = 10_000 if anyio_backend_name == "asyncio" else 3_000
    server = wire.serve(wire.answering(OK))
    async with wire.client(server, "auto", concurrency=16, deadline=100) as domo:
        with anyio.fail_after(100):
            async with anyio.create_task_group() as tasks:
                for _ in range(count):
                    tasks.start_soon(domo.request, "GET", "/v1/things")
        stats = domo.stats
    assert (stats.calls, stats.failures, stats.retries, stats.in_flight, stats.waiting) == (count, 0, 0, 0, 0)
    assert server.grants == 1
    assert len({call.connection for call in server.calls}) <= 16


@pytest.mark.anyio
async def test_an_outage_is_not_amplified(wire):
    """Of 1,000 calls with 6 repetitions each, 7,000 requests could come; the budget lets a fraction through."""
    server = wire.serve(wire.answering((500, b"{}")))
    failed = []
    started = anyio.current_time()

    async with wire.client(server, "httpx", deadline=5) as domo:

        async def call():
            try:
                await domo.request("GET", "/v1/things")
            except (ServerError, CallTimeoutError) as error:  # the latter where 5 s are not enough for 1,000 calls
                failed.append(error)

        async with anyio.create_task_group() as tasks:
            for _ in range(1_000):
                tasks.start_soon(call)
    assert len(failed) == 1_000
    took = anyio.current_time() - started
    assert len(server.calls) < 1_000 + 100 + 10 * took + 100


@pytest.mark.anyio
async def test_after_an_outage_everybody_is_cured(wire):
    """The purse is empty, but successes fill it: no call is given up that could be made."""
    lock, seen = threading.Lock(), [0]

    def step(peer, request):
        with lock:
            seen[0] += 1
            broken = seen[0] <= 400
        peer.respond(*((500, b"{}") if broken else OK))

    server = wire.serve(wire.answering(step))
    done = []
    async with wire.client(server, "httpx", deadline=60) as domo:

        async def call():
            done.append(await domo.request("GET", "/v1/things"))

        with anyio.fail_after(60):
            async with anyio.create_task_group() as tasks:
                for _ in range(300):
                    tasks.start_soon(call)
    assert len(done) == 300


@pytest.mark.anyio
@pytest.mark.parametrize("choice", ["auto", "httpx"])
async def test_the_log_says_once_which_transport_runs(wire, choice, caplog, anyio_backend_name):
    caplog.set_level(logging.INFO, logger="domo_async.transport")
    server = wire.serve(wire.answering(OK))
    async with wire.client(server, choice) as domo:
        for _ in range(3):
            await domo.request("GET", "/v1/things")
    has_aiohttp = find_spec("aiohttp") is not None
    expected = "aiohttp" if choice == "auto" and anyio_backend_name == "asyncio" and has_aiohttp else "httpx"
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 1
    assert f"the {expected} transport" in lines[0]


@pytest.mark.anyio
async def test_stats_count_what_happened(wire):
    server = wire.serve(wire.answering((500, b"{}"), OK, (404, b"{}")))
    async with wire.client(server, "httpx", concurrency=9) as domo:
        assert (domo.stats.calls, domo.stats.limit) == (0, 9)
        await domo.request("GET", "/v1/things")
        with pytest.raises(CallError):
            await domo.request("GET", "/v1/things")
        stats = domo.stats
    assert (stats.calls, stats.retries, stats.failures, stats.grants) == (2, 1, 1, 1)
    assert (stats.in_flight, stats.waiting, stats.paused_for) == (0, 0, 0.0)
