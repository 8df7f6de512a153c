"""A download arrives whole wherever it breaks, or says why not; and gives everything back."""

import gc
import gzip
import hashlib
import random
import threading

import anyio
import pytest
from anyio.lowlevel import checkpoint

from domo_async.errors import (
    BlockedError,
    CallTimeoutError,
    ClientClosedError,
    ConnectionLostError,
    IncompleteDataError,
    InvalidResponseError,
    NotFoundError,
)

pytestmark = pytest.mark.anyio

DATA = bytes(random.Random(1).choices(b"abc,\n0123456789", k=300_000))
SMALL = b"a,b\n1,2\n3,4\n"


@pytest.fixture
def anyio_backend(carrier):
    return carrier.backend


def head(size, extra=""):
    return f"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: {size}\r\n{extra}\r\n".encode()


def whole(data):
    def step(peer, request):
        peer.send(head(len(data)) + data)

    return step


def cut(data, at, how):
    def step(peer, request):
        peer.send(head(len(data)) + data[:at])
        # The client has to have read it: a reset throws away what is still on its way.
        peer.server.gate.acquire(timeout=5)
        if how == "reset":
            peer.reset()
        if how == "truncated":
            peer.sock.close()
        peer.wait_until_client_leaves()

    return step


async def read(domo, server, expected_before_cut=0, **options):
    body = b""
    async with domo.datasets.export("d", **options) as download:
        if expected_before_cut == 0:
            server.gate.release()
        async for chunk in download:
            body += chunk
            if len(body) >= expected_before_cut:
                server.gate.release()
        return body, download


@pytest.mark.parametrize("how", ["reset", "truncated", "stalled"])
@pytest.mark.parametrize("at", [0, 1, 7, len(SMALL) - 1])
async def test_a_small_body_cut_at_any_byte_arrives_whole(wire, carrier, at, how):
    server = wire.serve(wire.answering(cut(SMALL, at, how), whole(SMALL)))
    server.gate = threading.Semaphore(0 if at else 1)
    async with wire.client(server, carrier.transport, timeout=0.3) as domo:
        body, _ = await read(domo, server, at)
    assert body == SMALL
    assert len(server.calls) == 2


@pytest.mark.parametrize("how", ["reset", "truncated"])
@pytest.mark.parametrize("cuts", [[1, 2, 3], [100_000, 200_000, 299_999], [299_999], [65_536, 65_537]])
async def test_a_large_body_cut_again_and_again_arrives_whole(wire, carrier, cuts, how):
    server = wire.serve(wire.answering(*[cut(DATA, at, how) for at in cuts], whole(DATA)))
    server.gate = threading.Semaphore(0)
    positions = iter([*cuts, len(DATA)])
    async with wire.client(server, carrier.transport, retries=1) as domo, domo.datasets.export("d") as download:
        digest, target = hashlib.sha256(), next(positions)
        async for chunk in download:
            digest.update(chunk)
            while download.received >= target < len(DATA):
                server.gate.release()
                target = next(positions)
        assert download.received == len(DATA)
        assert download.resumed == len(cuts)
        assert domo.stats.in_flight == 1
    assert digest.digest() == hashlib.sha256(DATA).digest()
    assert domo.stats.in_flight == 0


@pytest.mark.parametrize("changed", [SMALL.replace(b"1", b"9"), SMALL[:5], b""])
async def test_data_that_changed_meanwhile_is_an_error_and_not_a_mixture(wire, carrier, changed):
    server = wire.serve(wire.answering(cut(SMALL, 8, "reset"), whole(changed)))
    server.gate = threading.Semaphore(0)
    async with wire.client(server, carrier.transport) as domo:
        with pytest.raises(IncompleteDataError):
            await read(domo, server, 8)
        assert domo.stats.in_flight == 0


async def test_without_resuming_the_break_is_the_error(wire, carrier):
    server = wire.serve(wire.answering(cut(SMALL, 5, "reset"), whole(SMALL)))
    server.gate = threading.Semaphore(0)
    async with wire.client(server, carrier.transport) as domo:
        with pytest.raises(ConnectionLostError):
            await read(domo, server, 5, resumable=False)
    assert len(server.calls) == 1


async def test_a_body_that_never_gets_further_ends_after_as_many_attempts_as_allowed(wire, carrier):
    server = wire.serve(wire.answering(cut(SMALL, 5, "truncated")))
    server.gate = threading.Semaphore(1_000)
    async with wire.client(server, carrier.transport, retries=3) as domo:
        with pytest.raises(ConnectionLostError) as caught:
            await read(domo, server, 5)
    assert caught.value.attempts == 4
    assert len(server.calls) == 4


async def test_a_body_that_stalls_for_ever_ends_with_a_read_timeout(wire, carrier):
    server = wire.serve(wire.answering(cut(SMALL, 5, "stalled")))
    server.gate = threading.Semaphore(1_000)
    async with wire.client(server, carrier.transport, retries=1, timeout=0.2) as domo:
        with anyio.fail_after(10), pytest.raises(CallTimeoutError) as caught:
            await read(domo, server, 5)
    assert caught.value.phase == "read"


async def test_leaving_early_gives_slot_and_connection_back(wire, carrier):
    def endless(peer, request):
        peer.send(head(10**9))
        while True:
            peer.send(b"x" * 10_000)

    server = wire.serve(wire.answering(endless))
    async with wire.client(server, carrier.transport, concurrency=1) as domo:
        for _ in range(3):
            async with domo.datasets.export("d") as download:
                async for _chunk in download:
                    break
            with pytest.raises(ClientClosedError):
                await anext(download)
            gc.collect()
            await checkpoint()
            assert domo.stats.in_flight == 0
        assert await anyio.to_thread.run_sync(server.wait_for_open, 0)


@pytest.mark.parametrize("where", ["in the read", "between reads", "by an error of its own"])
async def test_a_cancelled_consumer_gives_slot_and_connection_back(wire, carrier, where):
    def step(peer, request):
        peer.send(head(100_000) + b"x" * 50_000)
        peer.wait_until_client_leaves()

    server = wire.serve(wire.answering(step))
    async with wire.client(server, carrier.transport, concurrency=1) as domo:
        await domo.token()
        for _ in range(2):
            with anyio.move_on_after(5) as scope:
                try:
                    async with domo.datasets.export("d") as download:
                        async for _chunk in download:
                            if where == "by an error of its own":
                                raise LookupError
                            if where == "between reads" or download.received == 50_000:
                                scope.cancel()
                            if where == "between reads":
                                await checkpoint()
                except LookupError:
                    pass
            gc.collect()
            await checkpoint()
            assert domo.stats.in_flight == 0
        assert await anyio.to_thread.run_sync(server.wait_for_open, 0)


async def test_an_end_that_was_read_leaves_the_connection_for_the_next_call(wire, carrier):
    server = wire.serve(wire.answering(whole(SMALL)))
    server.gate = threading.Semaphore(1_000)
    async with wire.client(server, carrier.transport) as domo:
        for _ in range(5):
            body, download = await read(domo, server)
            assert body == SMALL
            assert download.headers["content-type"] == "text/csv"
    assert len({call.connection for call in server.calls}) == 1


PAGE = b"  <!DOCTYPE HTML><html><head><title>Domo - Blocked</title></head><body>Domo - Blocked</body></html>"


@pytest.mark.parametrize("piece", [1, 3, 1_000])
@pytest.mark.parametrize(
    "page", [PAGE, b"<!DOCTYPE html><html><title>Welcome</title></html>"], ids=["blocked", "any page"]
)
async def test_a_page_instead_of_rows_is_an_error_even_if_it_comes_byte_by_byte(wire, carrier, page, piece):
    def step(peer, request):
        peer.send(head(len(page)))
        for start in range(0, len(page), piece):
            peer.send(page[start : start + piece])

    server = wire.serve(wire.answering(step))
    server.gate = threading.Semaphore(1_000)
    async with wire.client(server, carrier.transport, retries=0) as domo:
        with pytest.raises((BlockedError, InvalidResponseError)):
            await read(domo, server)
        assert domo.stats.in_flight == 0


@pytest.mark.parametrize(
    "data",
    [
        b"<",
        b"<htm",
        b"<a>,1\n",
        b"<html><title>cell</title></html>,1\n",
        b"<!-- cell -->,1\n",
        b" ",
        b"\xef\xbb\xbfa,b\n",
        b"",
    ],
)
async def test_rows_that_begin_like_a_page_are_rows(wire, carrier, data):
    server = wire.serve(wire.answering(whole(data)))
    server.gate = threading.Semaphore(1_000)
    async with wire.client(server, carrier.transport, retries=0) as domo:
        body, _ = await read(domo, server)
    assert body == data


def packed(data, extra="Content-Encoding: gzip\r\n"):
    def step(peer, request):
        assert request.headers["accept-encoding"] == "gzip"
        peer.send(head(len(data), extra) + data)

    return step


async def test_packed_bodies_are_unpacked_and_one_without_its_end_is_asked_for_again(wire, carrier):
    archive = gzip.compress(DATA[:150_000]) + gzip.compress(DATA[150_000:])
    server = wire.serve(wire.answering(packed(archive[:-9]), packed(archive)))
    server.gate = threading.Semaphore(1_000)
    async with wire.client(server, carrier.transport) as domo:
        body, download = await read(domo, server)
        assert body == DATA
        assert download.resumed == 1
        assert (await domo.request("GET", "/v1/things")).body == DATA


async def test_an_encoding_that_nobody_asked_for_is_refused(wire, carrier):
    server = wire.serve(wire.answering(packed(b"zzz", "Content-Encoding: br\r\n")))
    server.gate = threading.Semaphore(1_000)
    async with wire.client(server, carrier.transport, retries=0) as domo:
        with pytest.raises(InvalidResponseError, match="br"):
            await read(domo, server)
        with pytest.raises(InvalidResponseError, match="br"):
            await domo.request("GET", "/v1/things")


async def test_a_refused_export_is_an_error_before_the_first_byte(wire, carrier):
    server = wire.serve(wire.answering((404, b"{}")))
    async with wire.client(server, carrier.transport) as domo:
        with pytest.raises(NotFoundError):
            async with domo.datasets.export("d"):
                pytest.fail("nothing came")


async def test_a_cancelled_read_can_be_taken_up_again(wire, carrier):
    """The caller's own timeout around one step loses no byte, whatever it interrupts."""
    server = wire.serve(wire.answering(cut(SMALL, 5, "stalled"), whole(SMALL)))
    server.gate = threading.Semaphore(1_000)
    body = b""
    async with wire.client(server, carrier.transport) as domo, domo.datasets.export("d") as download:
        body += await anext(download)
        assert body == SMALL[:5]
        with anyio.move_on_after(0.05):
            await anext(download)
            pytest.fail("nothing came")
        async for chunk in download:
            body += chunk
    assert body == SMALL
