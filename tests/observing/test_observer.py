"""What an observer is told, and that it can do no harm."""

import logging

import anyio
import httpx
import pyarrow as pa
import pytest

from domo_async import AsyncDomo, errors
from domo_async.emulator import Emulator
from domo_async.observing import (
    Attempt,
    AttemptObservation,
    Call,
    CallObservation,
    Observer,
    PullObservation,
    PushObservation,
)

TABLE = pa.table({"n": range(20_000), "text": ["x" * 50] * 20_000})
pytestmark = pytest.mark.anyio


class Seen(CallObservation):
    def __init__(self, call, log):
        self.call = call
        self.log = log
        self.attempts = []

    def _note(self, *what):
        self.log.append((self.call.operation, *what))

    def entered(self):
        self._note("entered")

    def left(self):
        self._note("left")

    def waited(self, reason, seconds):
        self._note("waited", reason)
        assert seconds >= 0.001

    def attempt(self, number):
        self._note("attempt", number)
        return SeenAttempt(self)

    def failed(self, error, wait):
        self._note("failed", type(error).__name__)

    def ended(self, error):
        self._note("ended", None if error is None else type(error).__name__)


class SeenAttempt(AttemptObservation):
    def __init__(self, seen):
        self.seen = seen

    def headers(self):
        return {"x-seen": self.seen.call.operation}

    def ended(self, attempt):
        self.seen.attempts.append(attempt)


class Recorder(Observer):
    def __init__(self):
        self.log = []
        self.calls = []

    def call(self, call):
        seen = Seen(call, self.log)
        self.calls.append(seen)
        return seen

    def of(self, operation):
        return [entry[1:] for entry in self.log if entry[0] == operation]

    def attempts(self, operation):
        return [attempt for seen in self.calls if seen.call.operation == operation for attempt in seen.attempts]


@pytest.fixture(scope="module")
def shared_emulator():
    with Emulator(datasets={"Sales": TABLE}, seed=1) as emulator:
        yield emulator


@pytest.fixture
def emulator(shared_emulator):
    yield shared_emulator
    shared_emulator.faults.clear()
    shared_emulator.clear_requests()


@pytest.fixture
def sales(emulator):
    return emulator.dataset_ids["Sales"]


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture
async def domo(emulator, recorder):
    async with AsyncDomo(**emulator.connection, observer=recorder, concurrency=2) as domo:
        yield domo


def without_waits(entries):
    """A busy machine makes anything wait for a millisecond."""
    return [entry for entry in entries if entry[0] != "waited"]


async def test_a_call_is_told_from_its_beginning_to_its_end(domo, recorder, sales, emulator):
    await domo.datasets.get(sales)
    assert without_waits(recorder.of("datasets.get")) == [("entered",), ("attempt", 1), ("left",), ("ended", None)]
    # The token request happens inside the call that needs it.
    names = [name for name, *_ in recorder.log]
    assert names.index("datasets.get") < names.index("oauth.token")
    assert without_waits(recorder.of("oauth.token")) == [("entered",), ("attempt", 1), ("left",), ("ended", None)]
    [call] = [seen.call for seen in recorder.calls if seen.call.operation == "datasets.get"]
    port = httpx.URL(emulator.url).port
    route = "/v1/datasets/{dataset_id}"
    assert call == Call("datasets.get", "GET", route, f"/v1/datasets/{sales}", "http", "127.0.0.1", port)
    [attempt] = recorder.attempts("datasets.get")
    assert (attempt.status, attempt.http_version, attempt.sent, attempt.error) == (200, "HTTP/1.1", 0, None)
    assert attempt.received > 100


async def test_headers_are_added_to_what_goes_to_the_api(recorder):
    def answer(request):
        seen[request.url.path] = request.headers.get("x-seen")
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json={"access_token": "t", "token_type": "bearer", "expires_in": 3599})
        return httpx.Response(200, json=[])

    seen = {}
    keys = {"client_id": "a", "client_secret": "b"}
    async with AsyncDomo(**keys, transport=httpx.MockTransport(answer), observer=recorder) as domo:
        await domo.datasets.list(limit=1)
    assert seen == {"/oauth/token": "oauth.token", "/v1/datasets": "datasets.list"}


async def test_every_attempt_is_told(domo, recorder, sales, emulator):
    emulator.faults.add("status", status=503, path="/v1/datasets/*", times=1, retry_after=0.01)
    emulator.faults.add("reset", path="/v1/datasets/*", times=1)
    await domo.datasets.get(sales)
    assert without_waits(recorder.of("datasets.get")) == [
        ("entered",),
        ("attempt", 1),
        ("failed", "ServerError"),
        ("attempt", 2),
        ("failed", "ConnectionLostError"),
        ("attempt", 3),
        ("left",),
        ("ended", None),
    ]
    refused, broken, good = recorder.attempts("datasets.get")
    assert (refused.status, broken.status, good.status) == (503, None, 200)
    assert isinstance(broken.error, errors.ConnectionLostError)
    assert ("waited", "retry") in recorder.of("datasets.get")


async def test_what_a_call_ends_with_is_told(domo, recorder):
    with pytest.raises(errors.NotFoundError):
        await domo.datasets.get("nothing")
    assert recorder.of("datasets.get")[-1] == ("ended", "NotFoundError")
    [attempt] = recorder.attempts("datasets.get")
    assert (attempt.status, type(attempt.error)) == (404, errors.NotFoundError)


async def test_what_has_no_method_has_no_route(domo, recorder):
    await domo.request("GET", "/v1/datasets", query={"limit": 1})
    [call] = [seen.call for seen in recorder.calls if seen.call.operation == "request"]
    assert (call.route, call.path) == (None, "/v1/datasets")


async def test_an_export_lasts_until_it_was_read(domo, recorder, sales, emulator):
    emulator.faults.add("reset_after", path="*/data", bytes=300_000, times=1)
    length = 0
    async with domo.datasets.export(sales) as body:
        assert recorder.of("datasets.export")[-1] == ("left",)
        async for chunk in body:
            length += len(chunk)
        told = without_waits(recorder.of("datasets.export"))
    assert told == [
        ("entered",), ("attempt", 1), ("left",),
        ("entered",), ("failed", "ConnectionLostError"), ("attempt", 2), ("left",),
    ]  # fmt: skip
    assert recorder.of("datasets.export")[-1] == ("ended", None)
    broken, good = recorder.attempts("datasets.export")
    assert isinstance(broken.error, errors.ConnectionLostError)
    assert 0 < broken.received <= 300_000
    assert (good.received, good.error) == (length, None)


async def test_an_export_whose_reader_leaves_has_not_failed(domo, recorder, sales):
    async with domo.datasets.export(sales) as body:
        async for _ in body:
            break
    assert recorder.of("datasets.export")[-1] == ("ended", None)
    assert recorder.attempts("datasets.export")[0].error is None
    with pytest.raises(ZeroDivisionError):
        async with domo.datasets.export(sales):
            raise ZeroDivisionError
    assert recorder.of("datasets.export")[-1] == ("ended", None)


async def test_bytes_that_are_sent_are_counted(domo, recorder, sales):
    async def rows():
        yield b"1,a\n"
        yield b"2,b\n"

    await domo.datasets.import_csv(sales, rows, update_method="APPEND")
    assert sum(attempt.sent for attempt in recorder.attempts("datasets.import_csv")) == 8
    await domo.datasets.query(sales, "SELECT 1 FROM table LIMIT 1")
    assert recorder.attempts("datasets.query")[0].sent == len(b'{"sql":"SELECT 1 FROM table LIMIT 1"}')


async def test_cancellation_is_an_end(domo, recorder, sales, emulator):
    await domo.token()
    emulator.faults.add("delay", path="/v1/datasets/*", seconds=30)
    with anyio.move_on_after(0.2):
        await domo.datasets.get(sales)
    cancelled = anyio.get_cancelled_exc_class()
    assert recorder.of("datasets.get")[-2:] == [("left",), ("ended", cancelled.__name__)]
    [attempt] = recorder.attempts("datasets.get")
    assert attempt.status is None
    assert isinstance(attempt.error, cancelled)


async def test_waiting_for_a_slot_is_told(domo, recorder, sales, emulator):
    await domo.token()
    emulator.faults.add("delay", path="/v1/datasets/*", seconds=0.1)
    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(domo.datasets.get, sales)
    assert recorder.of("datasets.get").count(("waited", "slot")) >= 1


async def test_a_pull_is_told(emulator, tmp_path):
    class Pulls(Observer):
        def pull(self):
            return Told()

    class Told(PullObservation):
        def entered(self):
            log.append("entered")

        def left(self):
            log.append("left")

        def event(self, event):
            log.append(type(event).__name__)

        def ended(self, error):
            log.append(error)

    log, own = [], []
    async with AsyncDomo(**emulator.connection, observer=Pulls()) as domo:
        await domo.pull(emulator.dataset_ids.values(), to=tmp_path / "lake", on_event=own.append)
        assert (log[0], log[1], log[-3:]) == ("entered", "PullStarted", ["PullFinished", "left", None])
        assert log[1:-2] == [type(event).__name__ for event in own]
        log.clear()
        with pytest.raises(errors.InvalidArgumentError):
            await domo.pull(["x"], to=tmp_path / "lake", concurrency=0)
        assert [type(entry) for entry in log] == [str, str, errors.InvalidArgumentError]


async def test_a_push_is_told(emulator, tmp_path):
    class Pushes(Observer):
        def push(self):
            return Told()

    class Told(PushObservation):
        def event(self, event):
            log.append(type(event).__name__)

        def ended(self, error):
            log.append(error)

    (tmp_path / "new.csv").write_text("n\n1\n")
    log, own = [], []
    async with AsyncDomo(**emulator.connection, observer=Pushes()) as domo:
        await domo.push(tmp_path / "new.csv", on_event=own.append)
    assert log == [*(type(event).__name__ for event in own), None]
    assert log[-2] == "PushFinished"


@pytest.mark.parametrize(
    "broken", ["call", "entered", "waited", "attempt", "headers", "attempt_ended", "left", "ended"]
)
async def test_an_observer_that_fails_disturbs_nobody(emulator, sales, caplog, broken):
    def fail(*args):
        raise ZeroDivisionError("mine")

    class Broken(Recorder):
        def call(self, call):
            return fail() if broken == "call" else BrokenCall(call, self.log)

    class BrokenCall(Seen):
        def attempt(self, number):
            return fail() if broken == "attempt" else BrokenAttempt(self)

    class BrokenAttempt(SeenAttempt):
        pass

    if broken in {"entered", "waited", "left", "ended"}:
        setattr(BrokenCall, broken, fail)
    if broken == "headers":
        BrokenAttempt.headers = fail
    if broken == "attempt_ended":
        BrokenAttempt.ended = fail
    async with AsyncDomo(**emulator.connection, observer=Broken()) as domo:
        for _ in range(2):
            assert (await domo.datasets.get(sales)).id == sales
            async with domo.datasets.export(sales) as body:
                assert len([chunk async for chunk in body]) > 0
        assert domo.stats.in_flight == 0
    complaints = [record for record in caplog.records if "observer Broken failed" in record.getMessage()]
    assert {record.levelno for record in complaints} <= {logging.ERROR}
    # Once for the calls and once for the token requests, and not once for each.
    assert len(complaints) <= 2


async def test_who_is_not_interested_is_not_asked_again(emulator, sales):
    async with AsyncDomo(**emulator.connection, observer=Observer()) as domo:
        assert (await domo.datasets.get(sales)).id == sales


async def test_tenants_are_observed_too(emulator, sales, recorder):
    connection = emulator.connection
    async with AsyncDomo(**connection, observer=recorder) as domo:
        other = domo.for_client(connection["client_id"], connection["client_secret"])
        await other.datasets.get(sales)
    assert {name for name, *_ in recorder.log} == {"datasets.get", "oauth.token"}


async def test_no_secret_reaches_an_observer(emulator, recorder):
    connection = emulator.connection
    emulator.faults.add("reset", path="/oauth/token", times=1)
    async with AsyncDomo(**connection, observer=recorder) as domo:
        await domo.token()
        token = (await domo.token()).access_token.get_secret_value()
    broken, good = recorder.attempts("oauth.token")
    assert (good.status, type(broken.error)) == (200, errors.ConnectionLostError)
    cause = broken.error.__cause__
    assert "authorization" not in cause.request.headers
    assert token not in repr(recorder.calls) + repr(broken) + repr(good)
    assert isinstance(broken, Attempt)
