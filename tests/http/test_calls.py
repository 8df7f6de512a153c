"""One call against a real socket: what is repeated, when it gives up, and what is left in the end."""

import gc
import logging
import threading
import time
import traceback
from contextlib import AsyncExitStack

import anyio
import pytest
from anyio.lowlevel import checkpoint

from domo_async.errors import (
    AuthenticationError,
    CallError,
    CallTimeoutError,
    ClientClosedError,
    ConnectionFailedError,
    ConnectionLostError,
    DomoError,
    ForeignOriginError,
    InvalidArgumentError,
    InvalidResponseError,
    MaintenanceError,
    NotFoundError,
    RateLimitError,
    ServerError,
    StatusError,
)
from domo_async.http.limits import ConcurrencyLimit
from domo_async.http.operations import Safety
from domo_async.http.too_late import too_late

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend(carrier):
    return carrier.backend


async def ask(domo, safety=Safety.SAFE, method="GET", **options):
    return await domo.request(method, "/v1/things", safety=safety, **options)


OK = (200, b'{"fine": true}')


async def test_a_call_carries_the_token_and_what_it_was_given(wire, carrier):
    server = wire.serve(wire.answering(OK))
    async with wire.client(server, carrier.transport) as domo:
        answer = await domo.request("POST", "/v1/a b/%2F", query={"x": "ä b", "y": True, "z": None}, json={"k": 1})
    assert (answer.status, answer.body) == OK
    [call] = server.calls
    assert (call.method, call.path) == ("POST", "/v1/a%20b/%2F?x=%C3%A4%20b&y=true")
    assert call.headers["authorization"] == f"Bearer {wire.token}"
    assert call.headers["content-type"] == "application/json"
    assert call.headers["user-agent"].startswith("domo-async/")
    assert call.headers["host"] == f"127.0.0.1:{server.port}"
    assert call.body == b'{"k":1}' or call.body == b'{"k": 1}'


async def test_cookies_are_neither_kept_nor_sent(wire, carrier):
    def set_a_cookie(peer, request):
        peer.send(b"HTTP/1.1 200 OK\r\nSet-Cookie: session=1; Path=/\r\nContent-Length: 2\r\n\r\n{}")

    server = wire.serve(wire.answering(set_a_cookie, set_a_cookie))
    async with wire.client(server, carrier.transport) as domo:
        await ask(domo)
        await ask(domo)
    assert ["cookie" in call.headers for call in server.calls] == [False, False]


@pytest.mark.parametrize("status", [200, 201, 202, 204, 206])
async def test_any_2xx_is_a_success_with_or_without_a_body(wire, carrier, status):
    server = wire.serve(wire.answering((status, b"")))
    async with wire.client(server, carrier.transport) as domo:
        answer = await ask(domo)
    assert (answer.status, answer.body) == (status, b"")


def half_an_answer(peer, request):
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    peer.reset()


def truncated(peer, request):
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    peer.sock.close()


def no_http(peer, request):
    peer.send(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
    peer.sock.close()


def half_a_head(peer, request):
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Le")
    peer.sock.close()


def bad_gzip(peer, request):
    peer.respond(200, b"this is no gzip", headers={"Content-Encoding": "gzip"})


DOUBTFUL = {
    "reset": lambda wire: wire.resetting,
    "closed": lambda wire: wire.closing,
    "half an answer, reset": lambda wire: half_an_answer,
    "half an answer, closed": lambda wire: truncated,
    "half a head": lambda wire: half_a_head,
    "not http": lambda wire: no_http,
    "broken encoding": lambda wire: bad_gzip,
    "500": lambda wire: (500, b"{}"),
    "502 page": lambda wire: (502, b"<html><body>Bad gateway</body></html>"),
    "503 without Retry-After": lambda wire: (503, b""),
    "maintenance page with 200": lambda wire: (200, b"<html><title>Domo Maintenance</title></html>"),
}
HARMLESS = {
    "429": lambda wire: (429, b"{}"),
    "429 with Retry-After": lambda wire: (429, b"{}", {"Retry-After": "0"}),
    "503 with Retry-After": lambda wire: (503, b"", {"Retry-After": "0.01"}),
    "maintenance with Retry-After": lambda wire: (503, b"<html><title>Domo Maintenance</title>", {"Retry-After": "0"}),
}


@pytest.mark.parametrize("safety", list(Safety), ids=lambda safety: safety.value)
@pytest.mark.parametrize("failure", [*DOUBTFUL, *HARMLESS])
async def test_one_failure_is_repeated_exactly_if_repeating_does_no_harm(wire, carrier, safety, failure):
    step = {**DOUBTFUL, **HARMLESS}[failure](wire)
    server = wire.serve(wire.answering(step, OK))
    async with wire.client(server, carrier.transport, timeout=5) as domo:
        if safety is Safety.UNSAFE and failure in DOUBTFUL:
            with pytest.raises(CallError) as caught:
                await ask(domo, safety, "PUT", json={})
            assert caught.value.attempts == 1
            assert len(server.calls) == 1
            assert (await ask(domo.with_options(retry_unsafe=True), safety, "PUT", json={})).body == OK[1]
        else:
            assert (await ask(domo, safety, "PUT", json={})).body == OK[1]
            assert len(server.calls) == 2
            assert domo.stats.retries == 1
        assert (domo.stats.in_flight, domo.stats.waiting) == (0, 0)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
async def test_a_kept_alive_connection_that_dies_under_a_request_does_not_send_it_twice(wire, carrier, method):
    """aiohttp repeats by itself what it takes for idempotent; a commit is a PUT."""
    server = wire.serve(wire.answering(OK, wire.closing))
    async with wire.client(server, carrier.transport) as domo:
        await ask(domo)
        assert len(server.calls) == 1
        with pytest.raises(ConnectionLostError):
            await ask(domo, Safety.UNSAFE, method)
        assert len(server.calls) == 2
        assert server.calls[0].connection == server.calls[1].connection


async def test_a_connection_that_the_server_closed_while_it_was_idle_is_noticed(wire, carrier):
    def polite(peer, request):
        peer.respond(*OK)
        peer.sock.close()

    server = wire.serve(wire.answering(polite))
    async with wire.client(server, carrier.transport) as domo:
        for _ in range(20):
            await ask(domo, Safety.UNSAFE)
            await anyio.to_thread.run_sync(server.wait_for_open, 0)
            await checkpoint()
    assert len(server.calls) == 20


async def test_connections_are_reused(wire, carrier):
    server = wire.serve(wire.answering(OK))
    async with wire.client(server, carrier.transport) as domo:
        for _ in range(20):
            await ask(domo)
    assert {call.connection for call in server.calls} == {server.calls[0].connection}


async def test_nobody_listening_is_a_failed_connection_and_names_it(wire, carrier):
    server = wire.serve(wire.answering(OK))
    async with wire.client(server, carrier.transport, retries=2, deadline=20) as domo:
        await ask(domo)
        await anyio.to_thread.run_sync(server.stop)
        await checkpoint()
        with pytest.raises(ConnectionFailedError) as caught:
            await ask(domo, Safety.UNSAFE)
    error = caught.value
    assert (error.operation, error.method, error.path) == ("request", "GET", "/v1/things")
    assert error.attempts == 3
    assert error.elapsed > 0
    assert "3 attempts" in str(error)


async def test_a_server_that_is_silent_is_a_read_timeout_of_bounded_length(wire, carrier):
    server = wire.serve(wire.answering(wire.silent))
    async with wire.client(server, carrier.transport, timeout=0.2, retries=1) as domo:
        started = time.monotonic()
        with pytest.raises(CallTimeoutError) as caught:
            await ask(domo)
        assert time.monotonic() - started < 5
    assert caught.value.phase == "read"
    assert caught.value.attempts == len(server.calls) == 2


def silent_for_ever(peer, request):
    peer.wait_until_client_leaves()


def always_429(peer, request):
    peer.respond(429, b"{}", headers={"Retry-After": "0.05"})


def dribbling(peer, request):
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        peer.send(b"x")
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        (silent_for_ever, CallTimeoutError),
        (always_429, RateLimitError),
        (dribbling, CallTimeoutError),
        (half_an_answer, ConnectionLostError),
        (half_a_head, ConnectionLostError),
        (lambda peer, request: peer.respond(503), ServerError),
        (lambda peer, request: peer.respond(200, b"<html><title>Domo Maintenance</title></html>"), MaintenanceError),
        (lambda peer, request: peer.reset(), ConnectionLostError),
    ],
    ids=["silent", "429 for ever", "dribbling", "reset in body", "closed in head", "503", "maintenance", "reset"],
)
async def test_the_deadline_is_kept_and_the_last_real_error_surfaces(wire, carrier, behaviour, kind):
    server = wire.serve(wire.answering(behaviour))
    async with wire.client(server, carrier.transport, deadline=0.6, retries=1_000) as domo:
        await domo.token()
        started = time.monotonic()
        with pytest.raises(kind) as caught:
            await ask(domo)
        assert time.monotonic() - started < 2.0
        assert caught.value.attempts >= 1
        assert caught.value.elapsed <= 2.0
        assert (domo.stats.in_flight, domo.stats.failures) == (0, 1)


def a_body_without_end(peer, request):
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 100000\r\n\r\n1,a\n")
    peer.wait_until_client_leaves()


@pytest.mark.parametrize(("slots", "taken"), [(1, "the only slot was taken"), (2, "all 2 slots were taken")])
async def test_a_call_that_got_no_slot_says_who_has_them(wire, carrier, slots, taken):
    """A call inside of an open export waits for itself where there is one slot, and would never find out."""
    server = wire.serve(wire.answering(a_body_without_end))
    async with wire.client(server, carrier.transport, concurrency=slots) as domo, AsyncExitStack() as exports:
        for _ in range(slots):
            await anext(aiter(await exports.enter_async_context(domo.datasets.export("d"))))
        with anyio.fail_after(5), pytest.raises(CallTimeoutError) as caught:
            await ask(domo.with_options(deadline=0.05))
        assert domo.stats.in_flight == slots
    error = caught.value
    assert error.phase == "deadline"
    assert f"the deadline of 0.05 s: {taken} for the whole time, and nothing was sent" in str(error)
    assert "Close open exports" in error.hint
    assert "concurrency=" in error.hint
    assert {call.path for call in server.calls} == {"/v1/datasets/d/data?includeHeader=false"}


async def test_a_call_that_lost_its_slot_to_an_export_keeps_its_real_error(wire, carrier):
    """It gave the slot back while it waited to try again, and did not get another one."""
    asked, next_in_line, over = threading.Event(), threading.Event(), anyio.Event()

    def busy(peer, request):
        asked.set()
        next_in_line.wait(10)
        peer.respond(503)

    server = wire.serve(wire.answering(busy, a_body_without_end))
    async with wire.client(server, carrier.transport, concurrency=1) as domo:
        await domo.token()

        async def export():
            async with domo.datasets.export("d"):
                await over.wait()

        async def let_an_export_wait_for_the_slot():
            await anyio.to_thread.run_sync(asked.wait)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(export)
                await anyio.wait_all_tasks_blocked()
                next_in_line.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(let_an_export_wait_for_the_slot)
            with anyio.fail_after(5), pytest.raises(ServerError) as caught:
                await ask(domo.with_options(deadline=1.5, retries=1))
            over.set()
    assert "The deadline of 1.5 s passed while the only slot was taken" in str(caught.value)
    assert caught.value.attempts == 1


@pytest.mark.parametrize(
    ("bounds", "taken"),
    [((1, 5), "all 3 slots (5 when Domo is not overloaded) were taken"), ((1, 2), "the only slot (2 when ")],
)
def test_slots_that_overload_took_away_are_told_apart(bounds, taken):
    """More concurrency would not bring them back."""
    limit = ConcurrencyLimit(bounds)
    limit.overloaded()
    assert taken in str(too_late(1, None, limit))


async def test_a_deadline_that_passes_with_a_slot_blames_no_slots(wire, carrier):
    server = wire.serve(wire.answering(wire.silent))
    async with wire.client(server, carrier.transport, concurrency=1, deadline=0.2) as domo:
        await domo.token()
        with pytest.raises(CallTimeoutError) as caught:
            await ask(domo)
    assert "slot" not in str(caught.value)
    assert caught.value.hint is None


@pytest.mark.parametrize("retry_after", ["3600", "date"])
async def test_a_retry_after_beyond_the_deadline_fails_at_once_and_says_how_long(wire, carrier, retry_after):
    header = wire.http_date(time.time() + 3600) if retry_after == "date" else retry_after
    server = wire.serve(wire.answering((429, b"{}", {"Retry-After": header})))
    async with wire.client(server, carrier.transport, deadline=30) as domo:
        started = time.monotonic()
        with pytest.raises(RateLimitError) as caught:
            await ask(domo)
        assert time.monotonic() - started < 5
        assert caught.value.retry_after == pytest.approx(3600, abs=60)
        with pytest.raises(RateLimitError):
            await ask(domo)
    assert len(server.calls) == 1


@pytest.mark.parametrize("header", ["soon", "-5", "nan", ""])
async def test_a_retry_after_that_makes_no_sense_counts_as_none(wire, carrier, header):
    server = wire.serve(wire.answering((429, b"{}", {"Retry-After": header}), OK))
    async with wire.client(server, carrier.transport) as domo:
        await ask(domo)
    assert len(server.calls) == 2


async def test_a_call_can_be_more_or_less_patient_than_its_client(wire, carrier):
    server = wire.serve(wire.answering((500, b"{}")))
    async with wire.client(server, carrier.transport, retries=0) as domo:
        with pytest.raises(ServerError):
            await ask(domo)
        assert len(server.calls) == 1
        with pytest.raises(ServerError) as caught:
            await ask(domo.with_options(retries=1))
        assert (len(server.calls), caught.value.attempts) == (3, 2)
        with pytest.raises(ServerError):
            await ask(domo)
        assert len(server.calls) == 4


async def test_a_429_holds_all_calls_of_the_client(wire, carrier):
    server = wire.serve(wire.answering((429, b"{}", {"Retry-After": "0.5"}), OK))
    done = []
    async with wire.client(server, carrier.transport) as domo:
        with pytest.raises(RateLimitError):
            await ask(domo.with_options(retries=0))
        assert domo.stats.paused_for > 0.2
        started = time.monotonic()

        async def call():
            await ask(domo)
            done.append(time.monotonic() - started)

        async with anyio.create_task_group() as tasks:
            for _ in range(30):
                tasks.start_soon(call)
        assert min(done) >= 0.3
        assert max(done) - min(done) > 0.02, "all woke up in the same moment"


async def test_requests_per_second_spaces_the_starts(wire, carrier):
    server = wire.serve(wire.answering(OK))
    async with wire.client(server, carrier.transport, requests_per_second=40) as domo:
        await domo.token()
        started = time.monotonic()
        async with anyio.create_task_group() as tasks:
            for _ in range(21):
                tasks.start_soon(ask, domo)
        assert 0.49 <= time.monotonic() - started < 3


async def test_no_more_requests_at_once_than_allowed(wire, carrier):
    gates = []

    def hold(peer, request):
        gates.append(request)
        most.append(len(gates))
        time.sleep(0.01)
        gates.remove(request)
        peer.respond(*OK)

    most = []
    server = wire.serve(wire.answering(hold))
    async with wire.client(server, carrier.transport, concurrency=4) as domo, anyio.create_task_group() as tasks:
        for _ in range(40):
            tasks.start_soon(ask, domo)
    assert max(most) <= 4
    assert len({call.connection for call in server.calls}) <= 4


# Bodies


async def test_a_streamed_body_is_sent_in_chunks_and_again_if_it_can_be_made_again(wire, carrier):
    made = []

    async def body():
        made.append("begun")
        try:
            for piece in (b"a" * 1_000, b"b" * 100_000, b"c"):
                yield piece
        finally:
            made.append("closed")

    server = wire.serve(wire.answering((503, b""), OK))
    async with wire.client(server, carrier.transport) as domo:
        await ask(domo, Safety.IDEMPOTENT, "PUT", content=body, content_type="text/csv")
    whole = b"a" * 1_000 + b"b" * 100_000 + b"c"
    assert [call.body for call in server.calls] == [whole, whole]
    assert [call.headers.get("transfer-encoding") for call in server.calls] == ["chunked", "chunked"]
    assert all("content-length" not in call.headers for call in server.calls)
    assert made == ["begun", "closed"] * 2


async def test_bytes_are_sent_with_their_length(wire, carrier):
    server = wire.serve(wire.answering(OK))
    async with wire.client(server, carrier.transport) as domo:
        await ask(domo, Safety.IDEMPOTENT, "PUT", content=b"x" * 3_000_000, content_type="text/csv")
    [call] = server.calls
    assert call.headers["content-length"] == "3000000"
    assert call.body == b"x" * 3_000_000
    assert call.headers["content-type"] == "text/csv"


async def test_a_one_shot_body_is_never_sent_a_second_time(wire, carrier):
    async def body():
        yield b"only once"

    server = wire.serve(wire.answering((503, b"", {"Retry-After": "0"}), OK))
    async with wire.client(server, carrier.transport) as domo:
        with pytest.raises(ServerError):
            await ask(domo, Safety.SAFE, "PUT", content=body())
    assert [call.body for call in server.calls] == [b"only once"]


async def test_a_one_shot_body_is_not_replayed_after_a_refused_token_either(wire, carrier):
    async def body():
        yield b"only once"

    server = wire.serve(wire.answering(OK, (401, b"{}"), OK))
    async with wire.client(server, carrier.transport) as domo:
        await ask(domo)
        with pytest.raises(AuthenticationError):
            await ask(domo, Safety.SAFE, "PUT", content=body())
    assert [call.body for call in server.calls] == [b"", b"only once"]


async def test_what_the_body_itself_raises_reaches_the_caller(wire, carrier):
    async def body():
        yield b"a"
        raise LookupError("the file is gone")

    server = wire.serve(wire.answering(OK))
    async with wire.client(server, carrier.transport) as domo:
        with pytest.raises(LookupError, match="the file is gone"):
            await ask(domo, Safety.SAFE, "PUT", content=body)
        assert (await ask(domo)).body == OK[1]
        assert domo.stats.in_flight == 0


async def test_a_body_that_the_server_does_not_want_is_closed(wire, carrier):
    closed = []

    async def body():
        try:
            while True:
                yield b"x" * 100_000
        finally:
            closed.append(True)

    def refuse(peer):
        peer.read_head()
        peer.reset()

    server = wire.serve(refuse)
    server.grants_tokens = False
    tokens = wire.serve(wire.answering(OK))
    del tokens

    def script(peer):
        _method, path, _ = peer.read_head()
        if path.startswith("/oauth/token"):
            peer.respond(200, b'{"access_token": "t", "expires_in": 3599}', close=True)
        else:
            peer.reset()

    server.script = script
    async with wire.client(server, carrier.transport, retries=0) as domo:
        with pytest.raises(CallError):
            await ask(domo, Safety.SAFE, "PUT", content=body())
    assert closed == [True]


# Deleting


async def test_a_deletion_whose_answer_was_lost_and_that_finds_nothing_more_is_done(wire, carrier):
    server = wire.serve(wire.answering(wire.resetting, (404, b"{}")))
    async with wire.client(server, carrier.transport) as domo:
        answer = await ask(domo, Safety.IDEMPOTENT, "DELETE")
    assert (answer.status, answer.body) == (204, b"")
    assert len(server.calls) == 2


async def test_a_deletion_that_finds_nothing_at_once_is_an_error(wire, carrier):
    server = wire.serve(wire.answering((404, b"{}")))
    async with wire.client(server, carrier.transport) as domo:
        with pytest.raises(NotFoundError):
            await ask(domo, Safety.IDEMPOTENT, "DELETE")


async def test_a_deletion_that_was_turned_away_first_and_finds_nothing_is_an_error(wire, carrier):
    """A 429 deleted nothing, so the 404 after it is news."""
    server = wire.serve(wire.answering((429, b"{}", {"Retry-After": "0"}), (404, b"{}")))
    async with wire.client(server, carrier.transport) as domo:
        with pytest.raises(NotFoundError):
            await ask(domo, Safety.IDEMPOTENT, "DELETE")


async def test_a_read_that_finds_nothing_after_a_lost_answer_is_an_error(wire, carrier):
    server = wire.serve(wire.answering(wire.resetting, (404, b"{}")))
    async with wire.client(server, carrier.transport) as domo:
        with pytest.raises(NotFoundError):
            await ask(domo)


# Closing


def stuck_in_body(peer, request):
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    peer.wait_until_client_leaves()


@pytest.mark.parametrize(
    "where", ["waiting for the answer", "reading the body", "waiting to retry", "waiting for the grant"]
)
async def test_closing_the_client_ends_calls_on_their_way(wire, carrier, where):
    reached = anyio.Event()
    token = anyio.lowlevel.current_token()

    def arrived():
        anyio.from_thread.run_sync(reached.set, token=token)

    def step(peer, request):
        arrived()
        if where == "waiting to retry":
            peer.respond(429, b"{}", headers={"Retry-After": "60"})
        elif where == "reading the body":
            stuck_in_body(peer, request)
        else:
            peer.wait_until_client_leaves()

    server = wire.serve(wire.answering(step))
    if where == "waiting for the grant":
        server.grants_tokens = False
    errors = []
    domo = wire.client(server, carrier.transport, concurrency=2)

    async def call():
        try:
            await ask(domo)
        except DomoError as error:
            errors.append(error)

    async with anyio.create_task_group() as tasks:
        for _ in range(5):  # three of them wait for a slot
            tasks.start_soon(call)
        await reached.wait()
        await anyio.wait_all_tasks_blocked()
        with anyio.fail_after(5):
            await domo.aclose()
        assert (domo.stats.in_flight, domo.stats.waiting) == (0, 0)
    assert [type(error) for error in errors] == [ClientClosedError] * 5
    await domo.aclose()
    with pytest.raises(ClientClosedError):
        await ask(domo)
    assert await anyio.to_thread.run_sync(server.wait_for_open, 0)


async def test_closing_the_client_ends_open_downloads(wire, carrier):
    server = wire.serve(wire.answering(stuck_in_body))
    domo = wire.client(server, carrier.transport)
    errors = []
    begun = anyio.Event()

    async def read():
        async with domo.datasets.export("d") as body:
            assert await anext(body) == b"{"
            begun.set()
            try:
                await anext(body)
            except ClientClosedError as error:
                errors.append(error)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        await begun.wait()
        await anyio.wait_all_tasks_blocked()
        with anyio.fail_after(5):
            await domo.aclose()
    assert len(errors) == 1


async def test_a_download_held_open_while_the_client_is_closed_cannot_be_read_on(wire, carrier):
    server = wire.serve(wire.answering(stuck_in_body))
    domo = wire.client(server, carrier.transport)
    async with domo.datasets.export("d") as body:
        await anext(body)
        await domo.aclose()
        with pytest.raises(ClientClosedError):
            await anext(body)
    assert await anyio.to_thread.run_sync(server.wait_for_open, 0)


# Cancelling


async def test_the_caller_s_own_timeout_passes_through(wire, carrier):
    server = wire.serve(wire.answering(wire.silent))
    async with wire.client(server, carrier.transport) as domo:
        await domo.token()
        with pytest.raises(TimeoutError) as caught, anyio.fail_after(0.1):
            await ask(domo)
        assert not isinstance(caught.value, CallError)
        assert domo.stats.in_flight == 0
        assert domo.stats.failures == 0
    assert await anyio.to_thread.run_sync(server.wait_for_open, 0)


async def test_the_caller_s_cancellation_passes_through_and_gives_everything_back(wire, carrier):
    server = wire.serve(wire.answering(wire.silent))
    after = []
    async with wire.client(server, carrier.transport, concurrency=2) as domo:
        await domo.token()

        async def call():
            await ask(domo)
            after.append("went on")

        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(call)
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
        assert after == []
        assert (domo.stats.in_flight, domo.stats.waiting) == (0, 0)
        server.script = wire.answering(OK)
        assert (await ask(domo)).body == OK[1]


# Secrets


async def test_neither_errors_nor_what_led_to_them_show_the_token_or_the_secret(wire, carrier, caplog):
    caplog.set_level(logging.DEBUG, logger="domo_async")
    failures = [
        wire.resetting,
        wire.silent,
        half_an_answer,
        no_http,
        bad_gzip,
        (500, b"{}"),
        (401, b"{}"),
        (200, b"<html>x</html>"),
    ]
    errors = []
    for failure in failures:
        server = wire.serve(wire.answering(failure))
        async with wire.client(server, carrier.transport, timeout=0.2, retries=1, deadline=10) as domo:
            with pytest.raises(DomoError) as caught:
                await ask(domo)
            errors.append(caught.value)
    server = wire.serve(wire.answering((500, b"{}")))
    server.grants_tokens = False
    async with wire.client(server, carrier.transport, grant_deadline=0.1) as domo:
        with pytest.raises(DomoError) as caught:
            await ask(domo)
        errors.append(caught.value)
    for error in errors:
        for link in chain(error):
            text = "".join(traceback.TracebackException.from_exception(link, capture_locals=True).format())
            assert wire.token not in text
            assert wire.secret not in text
    assert wire.token not in caplog.text
    assert wire.secret not in caplog.text


def chain(error):
    found, waiting = [], [error]
    while waiting:
        link = waiting.pop()
        if link is None or any(link is other for other in found):
            continue
        found.append(link)
        waiting += [link.__cause__, link.__context__, *getattr(link, "exceptions", ())]
    return found


async def test_the_exception_that_the_caller_handles_keeps_its_traceback(wire, carrier):
    server = wire.serve(wire.answering(wire.resetting))
    async with wire.client(server, carrier.transport, retries=0) as domo:
        try:
            raise LookupError("the caller's own")
        except LookupError as own:
            with pytest.raises(ConnectionLostError):
                await ask(domo)
            assert own.__traceback__ is not None


@pytest.mark.parametrize("location", ["http://127.0.0.1:1/", "//evil.example/x", "/v1/other"])
async def test_a_redirect_is_not_followed_and_the_token_goes_nowhere(wire, carrier, location):
    elsewhere = wire.serve(wire.answering(OK))
    server = wire.serve(
        wire.answering((302, b"", {"Location": location.replace("127.0.0.1:1", f"127.0.0.1:{elsewhere.port}")}))
    )
    async with wire.client(server, carrier.transport) as domo:
        with pytest.raises(StatusError) as caught:
            await ask(domo)
        assert caught.value.status == 302
        with pytest.raises(ForeignOriginError):
            await domo.request("GET", f"{elsewhere.url}/v1/things")
        with pytest.raises(InvalidArgumentError):
            await domo.request("GET", f"//127.0.0.1:{elsewhere.port}/v1/things")
    assert elsewhere.requests == []
    assert len(server.calls) == 1


async def test_500_refused_tokens_on_a_pool_of_5_do_not_deadlock(wire, carrier):
    refused = set()

    def step(peer, request):
        token = request.headers["authorization"]
        if token in refused:
            peer.respond(401, b'{"error": "invalid_token"}')
        else:
            peer.respond(*OK)

    number = [0]

    def script(peer):
        while True:
            request = peer.read_request()
            if request.path.startswith("/oauth/token"):
                number[0] += 1
                peer.respond(200, b'{"access_token": "t%d", "expires_in": 3599}' % number[0], close=True)
            else:
                step(peer, request)

    server = wire.serve(script)
    server.grants_tokens = False
    async with wire.client(server, carrier.transport, concurrency=5) as domo:
        await ask(domo)
        refused.add("Bearer t1")
        with anyio.fail_after(60):
            async with anyio.create_task_group() as tasks:
                for _ in range(500):
                    tasks.start_soon(ask, domo)
        assert domo.stats.in_flight == 0
    assert number[0] == 2


async def test_html_instead_of_json_with_status_200_is_an_error_that_waiting_may_cure(wire, carrier):
    page = (200, b"\n <!DOCTYPE html><title>Sign in</title>")
    server = wire.serve(wire.answering(page, OK, page))
    async with wire.client(server, carrier.transport) as domo:
        assert (await ask(domo)).body == OK[1]
        with pytest.raises(InvalidResponseError, match="Sign in"):
            await ask(domo.with_options(retries=0))


async def test_an_endless_explanation_is_not_read_to_its_end(wire, carrier):
    def endless(peer, request):
        peer.send(b"HTTP/1.1 400 Bad\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            peer.send(b"2710\r\n" + b"x" * 10_000 + b"\r\n")

    server = wire.serve(wire.answering(endless))
    async with wire.client(server, carrier.transport) as domo:
        with anyio.fail_after(10), pytest.raises(StatusError):
            await ask(domo)
        gc.collect()
        assert domo.stats.in_flight == 0
    assert await anyio.to_thread.run_sync(server.wait_for_open, 0)
