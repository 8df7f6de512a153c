"""Connections come back, are noticed when they are dead, and are closed; on both transports."""

import asyncio
import contextlib
import gc
import random
import socket
import sys
import threading
from importlib import metadata

import anyio
import httpx
import pytest
from anyio.lowlevel import checkpoint

from domo_async.errors import ConfigurationError
from domo_async.transport.choice import make_transport
from domo_async.transport.connection import ConnectionOptions
from domo_async.transport.origin import Origin

pytestmark = pytest.mark.anyio

OK = (200, b'{"fine": true}')


@pytest.fixture
def anyio_backend(carrier):
    return carrier.backend


def transport_to(server, carrier, slots=5, **options):
    return make_transport(
        carrier.transport, slots=slots, origin=Origin.parse(server.url), connection=ConnectionOptions(**options)
    )


def aiohttp_before(*release):
    return tuple(map(int, metadata.version("aiohttp").split(".")[:2])) < release


def client_of(transport, **options):
    return httpx.AsyncClient(transport=transport, trust_env=False, **options)


@pytest.mark.parametrize(
    ("behaviour", "kinds"),
    [
        ("reset", (httpx.ReadError, httpx.RemoteProtocolError)),
        ("closed", httpx.RemoteProtocolError),
        ("garbage", httpx.RemoteProtocolError),
        ("half a head", httpx.RemoteProtocolError),
        ("half a body", httpx.RemoteProtocolError),
        ("half a chunk", httpx.RemoteProtocolError),
        ("reset in the body", (httpx.ReadError, httpx.RemoteProtocolError)),
        ("silent", httpx.ReadTimeout),
        ("silent in the body", httpx.ReadTimeout),
    ],
)
async def test_each_failure_has_its_name_and_the_slot_comes_back(wire, carrier, behaviour, kinds):
    def script(peer):
        peer.read_request()
        if behaviour == "reset":
            peer.reset()
        if behaviour == "garbage":
            peer.send(b"220 smtp.example ESMTP\r\n\r\n")
        if behaviour == "half a head":
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Ty")
        if "body" in behaviour:
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        if behaviour == "half a chunk":
            peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")
        if behaviour == "reset in the body":
            peer.reset()
        if behaviour.startswith("silent"):
            peer.wait_until_client_leaves()

    server = wire.serve(script)
    async with client_of(transport_to(server, carrier, slots=1), timeout=httpx.Timeout(5, read=0.2)) as client:
        for _ in range(3):
            with pytest.raises(kinds):
                await client.get(server.url)
        assert await anyio.to_thread.run_sync(server.wait_for_open, 0)
        server.script = wire.answering(OK)
        assert (await client.get(server.url)).json() == {"fine": True}


class Pieces(httpx.AsyncByteStream):
    """No generator: httpx leaves one behind that a failure stops half-way."""

    def __init__(self, count):
        self.left = count

    def __aiter__(self):
        return self

    async def __anext__(self):
        await checkpoint()
        if not self.left:
            raise StopAsyncIteration
        self.left -= 1
        return bytes(1 << 16)


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_server_that_stops_reading_is_a_write_timeout(wire, carrier, streamed):
    over = threading.Event()

    def script(peer):
        peer.read_head()
        over.wait()

    if carrier.transport == "aiohttp" and aiohttp_before(3, 14):
        # It also tells the event loop, once for each lost connection. Nobody is harmed, so nobody has to upgrade.
        asyncio.get_running_loop().set_exception_handler(lambda loop, facts: None)
    server = wire.serve(script)
    try:
        async with client_of(transport_to(server, carrier, slots=1), timeout=httpx.Timeout(10, write=0.2)) as client:
            for _ in range(2):
                request = client.build_request("PUT", server.url, content=Pieces(256) if streamed else bytes(1 << 24))
                if streamed:
                    request.stream = Pieces(256)  # and not the generator that httpx puts around it
                with pytest.raises(httpx.WriteTimeout):
                    await client.send(request)
            server.script = wire.answering(OK)
            assert (await client.get(server.url)).json() == {"fine": True}
    finally:
        over.set()
    assert await anyio.to_thread.run_sync(server.wait_for_open, 0)


async def test_a_body_that_is_slow_to_be_made_is_not_the_servers_fault(wire, carrier):
    made = anyio.Event()

    async def pieces():
        yield b"first"
        with anyio.move_on_after(0.3):
            await made.wait()
        yield b"last"

    server = wire.serve(wire.answering(OK))
    async with client_of(transport_to(server, carrier, slots=1), timeout=httpx.Timeout(10, write=0.1)) as client:
        assert (await client.put(server.url, content=pieces())).json() == {"fine": True}
    assert server.requests[-1].body == b"firstlast"


async def test_nobody_there_is_a_connect_error(wire, carrier):
    url = f"http://127.0.0.1:{wire.free_port()}"
    transport = make_transport(
        carrier.transport, slots=1, origin=Origin.parse(url), connection=ConnectionOptions(trust_env=False)
    )
    async with client_of(transport) as client:
        for _ in range(3):
            with pytest.raises(httpx.ConnectError):
                await client.get(url)


async def test_an_unknown_host_is_a_connect_error(wire, carrier):
    server = wire.serve(wire.answering(OK))
    async with client_of(transport_to(server, carrier)) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("http://no-such-host.invalid/")


async def test_waiting_for_a_slot_has_a_time_limit(wire, carrier):
    server = wire.serve(wire.answering(wire.silent))
    timeout = httpx.Timeout(5, pool=0.3, connect=1)
    async with client_of(transport_to(server, carrier, slots=1), timeout=timeout) as client:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.get, server.url)
            await anyio.wait_all_tasks_blocked()
            # aiohttp does not tell the wait for a slot from the wait for the connection; neither can have acted.
            with pytest.raises((httpx.PoolTimeout, httpx.ConnectTimeout)):
                await client.get(server.url)
            tasks.cancel_scope.cancel()
        server.script = wire.answering(OK)
        assert (await client.get(server.url)).status_code == 200


async def test_an_answer_closed_early_gives_its_slot_back(wire, carrier):
    def script(peer):
        while True:
            peer.read_request()
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 500_000)

    server = wire.serve(script)
    async with client_of(transport_to(server, carrier, slots=1)) as client:
        for began in (False, True, True):
            async with client.stream("GET", server.url) as response:
                if began:
                    chunks = response.stream.__aiter__()
                    await anext(chunks)
            with contextlib.suppress(UnboundLocalError):
                assert [chunk async for chunk in chunks] == []
            gc.collect()
            await response.aclose()
    assert await anyio.to_thread.run_sync(server.wait_for_open, 0)


async def test_an_answer_that_has_arrived_whole_need_not_be_read_for_its_connection_to_live(wire, carrier):
    if carrier.transport == "aiohttp":
        pytest.skip("aiohttp closes it")
    server = wire.serve(wire.answering(OK))
    async with client_of(transport_to(server, carrier, slots=1)) as client:
        for _ in range(5):
            async with client.stream("GET", server.url) as response:
                assert response.status_code == 200
    assert server.connections == 1


async def test_closing_twice_and_with_exchanges_on_their_way(wire, carrier):
    server = wire.serve(wire.answering(wire.silent))
    transport = transport_to(server, carrier, slots=2)
    client = client_of(transport)
    errors = []

    async def call():
        try:
            await client.get(server.url, timeout=5)
        except httpx.TransportError as error:
            errors.append(error)

    with anyio.fail_after(4):
        async with anyio.create_task_group() as tasks:
            for _ in range(2):
                tasks.start_soon(call)
            await anyio.wait_all_tasks_blocked()
            await transport.aclose()
            await transport.aclose()
    assert len(errors) == 2
    with pytest.raises(httpx.ConnectError):
        await client.get(server.url)
    assert await anyio.to_thread.run_sync(server.wait_for_open, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a full backlog refuses instead of keeping silent")
async def test_closing_while_a_connection_is_being_opened(carrier):
    if carrier.transport == "aiohttp":
        pytest.skip("aiohttp waits for the connection first, for as long as the timeout allows")
    with socket.socket() as deaf, socket.socket() as first:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        first.connect(deaf.getsockname())
        url = "http://127.0.0.1:{1}".format(*deaf.getsockname())
        transport = make_transport(carrier.transport, slots=2, origin=Origin.parse(url), connection=ConnectionOptions())
        errors = []

        async def call():
            with pytest.raises(httpx.ConnectError) as caught:
                await client_of(transport).get(url, timeout=60)
            errors.append(str(caught.value))

        with anyio.fail_after(4):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(call)
                await anyio.wait_all_tasks_blocked()
                await transport.aclose()
        assert errors == ["The transport is closed"]


async def test_after_seconds_of_random_cancellation_every_call_succeeds(wire, carrier):
    chance = random.Random(7)

    def step(peer, request):
        if chance.random() < 0.1:
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab")
            peer.reset()
        peer.respond(*OK)

    server = wire.serve(wire.answering(step))
    transport = transport_to(server, carrier, slots=8)
    async with client_of(transport, timeout=10) as client:
        ends = anyio.current_time() + 2.0

        async def churn():
            while anyio.current_time() < ends:
                with anyio.move_on_after(chance.random() * 0.02), contextlib.suppress(httpx.TransportError):
                    async with client.stream("GET", server.url) as response:
                        if chance.random() < 0.5:
                            await response.aread()
                await checkpoint()

        async with anyio.create_task_group() as tasks:
            for _ in range(40):
                tasks.start_soon(churn)
        gc.collect()

        server.script = wire.answering(OK)
        done = 0
        with anyio.fail_after(20):
            while done < 100:
                try:
                    assert (await client.get(server.url)).status_code == 200
                except (httpx.ReadError, httpx.RemoteProtocolError):
                    continue  # the old script on a connection that was kept
                done += 1
            async with anyio.create_task_group() as tasks:
                for _ in range(8):
                    tasks.start_soon(client.get, server.url)
    assert await anyio.to_thread.run_sync(server.wait_for_open, 0)


async def test_a_request_cancelled_in_every_phase_leaves_no_connection_behind(wire, carrier, tls):
    """Also between connecting and the end of the TLS handshake."""
    server = wire.serve(wire.answering(OK), ssl_context=None)

    def never_shakes_hands(peer):
        peer.wait_until_client_leaves()

    server.script = never_shakes_hands
    url = server.url.replace("http://127.0.0.1", "https://localhost")
    transport = make_transport(
        carrier.transport, slots=1, origin=Origin.parse(url), connection=ConnectionOptions(verify=tls.authority)
    )
    async with client_of(transport, timeout=5) as client:
        for _ in range(3):
            with anyio.move_on_after(0.1) as scope:
                await client.get(url)
            assert scope.cancelled_caught
        gc.collect()
        assert await anyio.to_thread.run_sync(server.wait_for_open, 0)


async def test_a_transport_for_another_loop_than_the_running_one_is_refused(wire, carrier):
    if carrier.backend == "asyncio":
        pytest.skip("aiohttp runs there")
    server = wire.serve(wire.answering(OK))
    with pytest.raises(ConfigurationError, match="asyncio"):
        make_transport("aiohttp", slots=1, origin=Origin.parse(server.url), connection=ConnectionOptions())


async def test_a_socks_proxy_is_not_for_aiohttp(wire, carrier):
    server = wire.serve(wire.answering(OK))
    options = ConnectionOptions(proxy="socks5://127.0.0.1:1")
    chosen = make_transport("auto", slots=1, origin=Origin.parse(server.url), connection=options)
    assert type(chosen).__name__ == "SlotTransport"
    if carrier.backend == "asyncio":
        with pytest.raises(ConfigurationError, match="SOCKS"):
            make_transport("aiohttp", slots=1, origin=Origin.parse(server.url), connection=options)
