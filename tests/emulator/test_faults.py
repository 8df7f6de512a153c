from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
import threading
import time

import httpx
import pyarrow as pa
import pytest

from domo_async.emulator import Emulator
from domo_async.emulator.faults import KINDS, Faults
from domo_async.emulator.protocol import Connection
from domo_async.emulator.serving import _loop_factory


@pytest.fixture
def big(emulator):
    """Path of the rows of a DataSet that does not fit one buffer."""
    return f"/v1/datasets/{emulator.add_dataset('Big', pa.table({'t': ['x' * 99] * 100_000}))}/data"


@pytest.mark.parametrize(
    ("retry_after", "header"),
    [
        (None, None),
        (3, "3"),
        (0.5, "0.5"),
        ("soon", "soon"),
        (dt.datetime(2030, 1, 2, 3, 4, 5, tzinfo=dt.UTC), "Wed, 02 Jan 2030 03:04:05 GMT"),
    ],
)
def test_status_with_every_form_of_retry_after(emulator, client, retry_after, header):
    """An error status comes in Domo's envelope; Retry-After is whatever the test wants."""
    emulator.faults.add("status", status=429, retry_after=retry_after)
    response = client.get("/v1/datasets")
    assert response.status_code == 429
    assert response.headers.get("retry-after") == header
    assert response.json()["statusReason"] == "Too Many Requests"


def test_fault_strikes_as_often_as_asked(emulator, client):
    """`times` and `after` count matching requests; the handle counts hits."""
    fault = emulator.faults.add("status", status=500, times=2, after=1, method="get", path="/v1/datasets")
    client.post("/v1/datasets", json={})
    assert [client.get("/v1/datasets").status_code for _ in range(5)] == [200, 500, 500, 200, 200]
    assert fault.hits == 2


@pytest.mark.parametrize("path", ["/v1/datasets/*", "^/v1/datasets/[0-9a-f-]+$", re.compile("[0-9a-f]{8}-")])
def test_path_is_a_glob_or_a_regular_expression(emulator, client, flights, path):
    """Faults can be for some paths only."""
    emulator.faults.add("status", path=path)
    assert client.get(flights).status_code == 503
    assert client.get("/v1/datasets").status_code == 200


def test_fault_without_a_path_spares_the_token_endpoint(emulator, grant):
    """A fault for everything would hit the grant first, which is rarely meant; a path can name it."""
    emulator.faults.add("status")
    assert grant(emulator).status_code == 200
    emulator.faults.add("status", status=502, path="/oauth/token")
    assert grant(emulator).status_code == 502


def test_probability_follows_the_seed(flights_of):
    """The same seed makes the same choices."""

    def outcomes(seed):
        with Emulator(seed=seed) as emulator, flights_of(emulator) as client:
            emulator.faults.add("status", probability=0.5)
            return [client.get("/v1/datasets").status_code for _ in range(30)]

    assert outcomes(7) == outcomes(7)
    assert set(outcomes(7)) == {200, 503}
    assert outcomes(7) != outcomes(8)


@pytest.fixture
def flights_of(open_client):
    return open_client


def test_faults_can_be_switched_off(emulator, client):
    """One by its handle, all by `clear`."""
    fault = emulator.faults.add("status")
    emulator.faults.add("status", status=500)
    fault.remove()
    fault.remove()
    assert client.get("/v1/datasets").status_code == 500
    emulator.faults.clear()
    assert client.get("/v1/datasets").status_code == 200


def test_wrong_faults_are_refused(emulator):
    """A typing error does not become a test that tests nothing."""
    with pytest.raises(ValueError, match="no fault 'statsu'"):
        emulator.faults.add("statsu")
    with pytest.raises(TypeError, match="does not take 'retry'"):
        emulator.faults.add("status", retry=3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"times": "x"},
        {"times": -1},
        {"probability": 2},
        {"probability": "x"},
        {"after": None},
        {"method": 5},
        {"path": 5},
        {"status": "abc"},
        {"status": 99},
        {"status": 1_000},
        {"status": True},
        {"retry_after": "€"},
        {"message": 5},
        {"kind": "delay", "seconds": "x"},
        {"kind": "delay", "seconds": float("nan")},
        {"kind": "token_outage", "seconds": -1},
        {"kind": "redirect", "location": "http://x\r\nX-Evil: 1"},
        {"kind": "truncate", "bytes": 1.5},
        {"kind": "drip", "interval": -1},
    ],
    ids=str,
)
def test_a_fault_that_could_not_strike_is_refused(wrong):
    """Not one request after the other, but whoever adds it learns that it is wrong."""
    faults = Faults()
    with pytest.raises(ValueError, match=next(name for name in wrong if name != "kind")):
        faults.add(**{"kind": "status", **wrong})
    assert faults.active() == []


def test_all_that_faults_can_be_is_taken():
    faults = Faults()
    for kind, options in KINDS.items():
        faults.add(kind, times=None, probability=None, method=None, path=None, **options)
    for retry_after in (0, 1.5, "soon", dt.datetime.now(dt.UTC)):
        faults.add("status", retry_after=retry_after, times=0, probability=0.0, after=0)


def test_reset_before_the_headers(emulator, client):
    """The connection ends without a byte, and the next one is fine."""
    emulator.faults.add("reset", times=1)
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        client.get("/v1/datasets")
    assert client.get("/v1/datasets").status_code == 200
    assert [record.status for record in emulator.requests][-2:] == [None, 200]


def test_reset_is_a_tcp_reset(emulator, client):
    """The peer sees ECONNRESET, not an orderly end."""
    emulator.faults.add("reset", times=1)
    with pytest.raises(httpx.ReadError) as caught:
        client.get("/v1/datasets")
    assert "reset" in str(caught.value).lower()


@pytest.mark.parametrize("size", [0, 1, 5_000_000])
def test_reset_after_some_of_the_body(emulator, client, big, size):
    """So many bytes arrive, then the connection is reset."""
    emulator.faults.add("reset_after", bytes=size)
    with client.stream("GET", big) as response:
        assert response.status_code == 200
        received = 0
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            for chunk in response.iter_raw():
                received += len(chunk)
    assert received <= size


@pytest.mark.parametrize("size", [0, 1, 5_000_000])
def test_truncated_stream(emulator, client, big, size):
    """A chunked body ends without its last chunk, after exactly so many bytes."""
    emulator.faults.add("truncate", bytes=size)
    with client.stream("GET", big) as response:
        received = 0
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked"):
            for chunk in response.iter_raw():
                received += len(chunk)
    assert received == size


def test_truncated_document(emulator, client):
    """A body with a length ends before it."""
    emulator.faults.add("truncate", bytes=10)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        client.get("/v1/datasets")


def test_stall_lasts_until_the_client_leaves(emulator, client, big):
    """Headers and some bytes come, then nothing more."""
    emulator.faults.add("stall", bytes=7)
    with client.stream("GET", big, timeout=httpx.Timeout(5, read=0.2)) as response:
        chunks = response.iter_raw()
        assert len(next(chunks)) == 7
        with pytest.raises(httpx.ReadTimeout):
            next(chunks)


def test_stall_ends_with_the_server(open_client):
    """Stopping the server does not wait for silence to end."""
    with Emulator() as emulator, open_client(emulator) as client:
        emulator.faults.add("stall")
        with client.stream("GET", "/v1/datasets") as response:
            emulator.stop()
            with pytest.raises(httpx.HTTPError):
                response.read()


def test_drip(emulator, client):
    """The body comes in pieces, all of it."""
    emulator.faults.add("drip", bytes=100, interval=0.001)
    with client.stream("GET", "/v1/datasets") as response:
        pieces = list(response.iter_raw())
    assert len(pieces) > 1
    assert json.loads(b"".join(pieces))[0]["name"] == "Flights"


def test_delay_comes_before_another_fault(emulator, client):
    """Delays add to whatever else strikes."""
    emulator.faults.add("delay", seconds=0.05)
    emulator.faults.add("delay", seconds=0.05)
    emulator.faults.add("status", status=500)
    started = time.monotonic()
    assert client.get("/v1/datasets").status_code == 500
    assert time.monotonic() - started >= 0.1


def test_malformed_json(emulator, client):
    """Half a document is a complete answer that no parser takes."""
    emulator.faults.add("malformed_json")
    response = client.get("/v1/datasets")
    assert response.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        response.json()


def test_unknown_fields(emulator, client, flights):
    """Every object has fields that nobody knows, and the known ones too."""
    emulator.faults.add("unknown_fields")
    document = client.get(flights).json()
    assert document["fieldOfTheFuture"]
    assert document["schema"]["columns"][0]["fieldOfTheFuture"]
    assert document["name"] == "Flights"
    assert client.delete(flights).status_code == 204


@pytest.mark.parametrize(
    ("kind", "options", "status", "title"),
    [
        ("maintenance", {}, 503, "Domo Maintenance"),
        ("maintenance", {"status": 200}, 200, "Domo Maintenance"),
        ("blocked", {}, 200, "Domo - Blocked"),
        ("not_acceptable", {}, 406, "Error 406 Not Acceptable"),
    ],
)
def test_pages_for_people(emulator, client, kind, options, status, title):
    """Domo's HTML pages, whatever was asked for."""
    emulator.faults.add(kind, **options)
    response = client.get("/v1/datasets")
    assert response.status_code == status
    assert response.headers["content-type"].startswith("text/html")
    assert f"<title>{title}</title>" in response.text


def test_redirect(emulator, client):
    """The client is sent to another origin, where no token may go."""
    emulator.faults.add("redirect", location="https://other.example/x")
    response = client.get("/v1/datasets", follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (302, "https://other.example/x")


def test_token_outage_spares_the_api(emulator, client, grant):
    """The token endpoint fails for a while; live tokens work on."""
    fault = emulator.faults.add("token_outage", seconds=60, retry_after=1)
    assert grant(emulator).status_code == 503
    assert client.get("/v1/datasets").status_code == 200
    fault.remove()
    emulator.faults.add("token_outage", seconds=0)
    assert grant(emulator).status_code == 200
    assert emulator.grant_requests == 2


def test_lost_answer_was_carried_out(emulator, client, create):
    """The request has its effect, though nobody learns of it."""
    path = create(client, ("LONG", "n"), name="Counted")
    emulator.faults.add("lost_answer", method="PUT", times=1)
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        client.put(f"{path}/data", content="1\n", params={"updateMethod": "APPEND"})
    assert client.put(f"{path}/data", content="1\n", params={"updateMethod": "APPEND"}).status_code == 204
    assert emulator.table("Counted").num_rows == 2


def test_lost_grant_was_given(emulator, grant):
    """A grant whose answer is lost counts."""
    emulator.faults.add("lost_answer", path="/oauth/token", times=1)
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        grant(emulator)
    assert (emulator.grants, emulator.grant_requests) == (1, 1)


def test_faults_over_http(emulator, client):
    """Another process can switch faults on and off."""
    control = f"{emulator.url}/_emulator/faults"
    response = httpx.post(control, json={"kind": "status", "status": 418, "path": "^/v1", "times": 1})
    assert response.status_code == 201
    assert client.get("/v1/datasets").status_code == 418
    [fault] = httpx.get(control).json()
    assert (fault["hits"], fault["path"], fault["status"]) == (1, "^/v1", 418)
    assert httpx.delete(f"{control}/{fault['id']}").status_code == 204
    assert httpx.delete(f"{control}/{fault['id']}").status_code == 404
    httpx.post(control, json={"kind": "blocked"})
    assert httpx.delete(control).status_code == 204
    assert httpx.get(control).json() == []


@pytest.mark.parametrize(
    "body", [{}, {"kind": "none"}, {"kind": "status", "no": 1}, {"kind": "status", "path": "^("}, []]
)
def test_wrong_faults_over_http_are_refused(emulator, body):
    """A wrong fault is a 400 with the reason."""
    response = httpx.post(f"{emulator.url}/_emulator/faults", json=body)
    assert response.status_code == 400


def test_faults_do_not_touch_the_control_endpoints(emulator):
    """A server on which everything fails can still be told to stop failing."""
    emulator.faults.add("reset", path="*")
    assert httpx.get(f"{emulator.url}/_emulator/stats").status_code == 200


def test_stats_and_revocation_over_http(emulator, client):
    """Another process can count, and revoke."""
    client.get("/v1/datasets")
    stats = httpx.get(f"{emulator.url}/_emulator/stats").json()
    assert (stats["grants"], stats["grantRequests"], stats["requests"]) == (1, 1, 2)
    assert stats["datasets"] == emulator.dataset_ids
    assert httpx.post(f"{emulator.url}/_emulator/revoke").json() == {"revoked": 1}
    assert client.get("/v1/datasets").status_code == 401
    body = {"client_id": emulator.connection["client_id"]}
    assert httpx.post(f"{emulator.url}/_emulator/revoke", json=body).json() == {"revoked": 0}


def test_many_faults_at_once(emulator, open_client, big):
    """Broken connections of some callers are nothing to the others."""
    emulator.faults.add("reset_after", bytes=1000, probability=0.3)
    emulator.faults.add("truncate", bytes=1000, probability=0.3)
    outcomes = []

    def call():
        with open_client(emulator) as client:
            for _ in range(5):
                try:
                    outcomes.append(len(client.get(big).content))
                except httpx.HTTPError:
                    outcomes.append(None)

    threads = [threading.Thread(target=call) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(outcomes) == {None, 10_000_000}


def test_a_client_that_has_left_cannot_be_reset():
    """A reset that strikes after the client has closed its connection is nothing to stumble over."""

    class Watched(asyncio.Protocol):
        def connection_made(self, transport):
            transport.get_extra_info("socket")  # uvicorn has asked for it, so uvloop has one to give us later
            self.connection = Connection(transport)
            made.set_result(self)

        def connection_lost(self, exc):
            self.connection.note_lost()

    async def leave_first():
        nonlocal made
        made = asyncio.get_running_loop().create_future()
        server = await asyncio.get_running_loop().create_server(Watched, "127.0.0.1", 0)
        async with server:
            _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            protocol = await made
            writer.close()
            await protocol.connection.lost()
            await asyncio.sleep(0)  # uvloop lets go of the socket after it has told
            protocol.connection.reset()

    made = None
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(leave_first())
