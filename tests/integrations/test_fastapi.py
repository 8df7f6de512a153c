"""Domo inside a web service: its life, what its clients are told, and exports on their way through."""

import logging
from contextlib import asynccontextmanager

import anyio
import anyio.lowlevel
import httpx
import pytest

fastapi = pytest.importorskip("fastapi")
pa = pytest.importorskip("pyarrow")

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from domo_async import AsyncDomo, errors
from domo_async.emulator import Emulator
from domo_async.integrations.fastapi import (
    DomoDep,
    domo_lifespan,
    get_domo,
    install_error_handlers,
    readiness_check,
    stream_csv,
)

ROWS = 8_000
TABLE = pa.table({"n": list(range(ROWS)), "carrier": ["UA", "AA"] * (ROWS // 2), "text": ["x" * 100] * ROWS})


@pytest.fixture(scope="module")
def shared_emulator():
    with Emulator(datasets={"Sales": TABLE}, seed=1) as emulator:
        yield emulator


@pytest.fixture
def emulator(shared_emulator):
    yield shared_emulator
    shared_emulator.faults.clear()
    shared_emulator.revoke_tokens()


@pytest.fixture
def sales(emulator):
    return emulator.dataset_ids["Sales"]


def asking(app):
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service")


@asynccontextmanager
async def started(app):
    """The application with its lifespan, as a server runs it."""
    async with app.router.lifespan_context(app) as state:
        yield state


def failing(error, **options):
    async def endpoint(request):
        raise error

    app = Starlette(routes=[Route("/", endpoint)])
    install_error_handlers(app, **options)
    return app


STATUS = {"method": "GET", "path": "/v1/datasets/secret-path"}


@pytest.mark.anyio
class TestErrors:
    @pytest.mark.parametrize(
        ("error", "status", "retry_after"),
        [
            (errors.RateLimitError("m", status=429, retry_after=2.1, **STATUS), 429, "3"),
            (errors.RateLimitError("m", status=429, retry_after=0, **STATUS), 429, "1"),
            (errors.RateLimitError("m", status=429, **STATUS), 429, None),
            (errors.ServerError("m", status=503, retry_after=7, **STATUS), 503, "7"),
            (errors.ServerError("m", status=500, **STATUS), 502, None),
            (errors.MaintenanceError("m", status=200, **STATUS), 503, None),
            (errors.CallTimeoutError("m", phase="deadline"), 504, None),
            (errors.ConnectionFailedError("m"), 502, None),
            (errors.ConnectionLostError("m"), 502, None),
            (errors.InvalidResponseError("m"), 502, None),
            (errors.IncompleteDataError("m"), 502, None),
            (errors.InvalidCredentialsError("m", status=401, **STATUS), 502, None),
            (errors.InsufficientScopeError("m", status=403, **STATUS), 502, None),
            (errors.NotFoundError("m", status=404, **STATUS), 502, None),
            (errors.ClientClosedError("m"), 503, None),
        ],
        ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
    )
    async def test_trouble_has_a_status(self, error, status, retry_after):
        async with asking(failing(error)) as client:
            answer = await client.get("/")
        assert (answer.status_code, answer.headers.get("retry-after")) == (status, retry_after)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status
        assert answer.json()["detail"]

    async def test_nothing_that_domo_wrote_is_passed_on_but_its_reference(self, caplog):
        error = errors.ServerError(
            "the password is hunter2",
            status=500,
            reason="hunter2",
            toe="CA6-28C5D",
            code="hunter2",
            hint="hunter2",
            **STATUS,
        )
        async with asking(failing(error)) as client:
            answer = await client.get("/")
        assert "hunter2" not in answer.text + str(answer.headers)
        assert "secret-path" not in answer.text
        assert answer.json()["toe"] == "CA6-28C5D"
        [record] = [record for record in caplog.records if record.name.startswith("domo_async.integrations")]
        assert (record.levelno, "CA6-28C5D" in record.getMessage()) == (logging.WARNING, True)

    @pytest.mark.parametrize("toe", ["<script>", "a b", "", "x" * 81, "é"])
    async def test_a_reference_that_is_none_is_left_out(self, toe):
        async with asking(failing(errors.ServerError("m", status=500, toe=toe))) as client:
            assert "toe" not in (await client.get("/")).json()

    async def test_statuses_of_ones_own_count_for_the_classes_below(self):
        own = {errors.NotFoundError: 404, errors.BadRequestError: 422, errors.StatusError: 500}
        for error, status in [
            (errors.NotFoundError("m", status=404), 404),
            (errors.QueryError("m", status=400), 422),
            (errors.ConflictError("m", status=409), 500),
            (errors.RateLimitError("m", status=429), 429),
            (errors.ServerError("m", status=503), 503),
        ]:
            async with asking(failing(error, statuses=own)) as client:
                assert (await client.get("/")).status_code == status
        async with asking(failing(errors.ServerError("m", status=503), statuses={errors.ServerError: 500})) as client:
            assert (await client.get("/")).status_code == 500

    @pytest.mark.parametrize(
        "error",
        [errors.BadRequestError("m", status=400), errors.InvalidArgumentError("m"), errors.ConfigurationError("m")],
    )
    async def test_a_fault_of_the_program_stays_an_exception(self, error):
        async with asking(failing(error)) as client:
            with pytest.raises(type(error)):
                await client.get("/")

    @pytest.mark.parametrize("statuses", [{ValueError: 400}, {errors.NotFoundError: 200}, {errors.NotFoundError: True}])
    def test_a_table_that_makes_no_sense_is_refused(self, statuses):
        with pytest.raises(errors.InvalidArgumentError):
            install_error_handlers(Starlette(), statuses=statuses)


@pytest.mark.anyio
class TestLife:
    async def test_one_client_lives_as_long_as_the_application(self, emulator):
        seen = []

        @asynccontextmanager
        async def inner(app):
            seen.append(app.state.domo)
            yield {"mine": 1}
            await seen[0].datasets.list(limit=1)  # not closed yet

        async def endpoint(domo: DomoDep):
            seen.append(domo)
            return len(await domo.datasets.list(limit=1))

        app = fastapi.FastAPI(lifespan=domo_lifespan(lambda: AsyncDomo(**emulator.connection), inner=inner))
        app.add_api_route("/", endpoint)
        async with started(app) as state, asking(app) as client:
            assert state == {"domo": seen[0], "mine": 1}
            assert (await client.get("/")).json() == 1
        assert seen[0] is seen[1]
        with pytest.raises(errors.ClientClosedError):
            await seen[0].datasets.list(limit=1)
        async with asking(app) as client:
            with pytest.raises(errors.ConfigurationError, match="lifespan"):
                await client.get("/")

    async def test_a_request_may_have_a_client_of_its_own(self, emulator):
        class Tenant:
            def __init__(self, app):
                self.app = app

            async def __call__(self, scope, receive, send):
                scope.setdefault("state", {})["domo"] = own
                await self.app(scope, receive, send)

        async def endpoint(request):
            return JSONResponse(get_domo(request) is own)

        async with AsyncDomo(**emulator.connection) as own:
            app = Starlette(routes=[Mount("/sub", Starlette(routes=[Route("/", endpoint)]))])
            async with asking(Tenant(app)) as client:
                assert (await client.get("/sub/")).json() is True

    async def test_settings_that_make_no_sense_end_the_start(self):
        with pytest.raises(errors.MissingCredentialsError):
            async with started(Starlette(lifespan=domo_lifespan())):
                pytest.fail("it began")


@pytest.mark.anyio
class TestReadiness:
    @pytest.fixture
    async def app(self, emulator):
        self.now = 0.0
        clock = lambda: self.now  # noqa: E731
        async with AsyncDomo(**emulator.connection, retries=0, clock=clock) as domo:
            app = Starlette(routes=[Route("/ready", readiness_check(clock=clock, pause=5, wait=0.3))])
            app.state.domo = domo
            yield app

    async def test_probes_cost_one_token_request(self, app, emulator):
        before = emulator.grants
        async with asking(app) as client:
            for _ in range(20):
                answer = await client.get("/ready")
                assert (answer.status_code, answer.json()) == (200, {"ready": True})
        assert emulator.grants == before + 1

    async def test_a_failure_is_remembered(self, app, emulator):
        outage = emulator.faults.add("status", path="/oauth/token", status=401)
        async with asking(app) as client:
            for _ in range(20):
                answer = await client.get("/ready")
                assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
            assert outage.hits == 1
            outage.remove()
            self.now = 4.9
            assert (await client.get("/ready")).status_code == 503
            self.now = 5.1
            assert (await client.get("/ready")).status_code == 200

    async def test_a_token_endpoint_slower_than_the_probe_is_waited_for(self, app, emulator):
        emulator.faults.add("delay", path="/oauth/token", seconds=0.8)
        async with asking(app) as client:
            assert (await client.get("/ready")).status_code == 503  # and goes on behind the answer
            assert (await client.get("/ready")).status_code == 200


@pytest.fixture
async def service(emulator):
    """An application with an export, and its client with few places."""

    async def endpoint(request):
        return stream_csv(domo, request.path_params["id"], filename="Umsätze.csv", headers={"Cache-Control": "private"})

    async with AsyncDomo(**emulator.connection, concurrency=2, retries=1, timeout=10) as domo:
        app = Starlette(routes=[Route("/{id}.csv", endpoint)])
        install_error_handlers(app, statuses={errors.NotFoundError: 404})
        app.state.domo = domo
        yield app


class Socket:
    """One HTTP client of an ASGI application, without a network: takes what it wants, and leaves when it wants."""

    def __init__(self, path, method="GET"):
        self.scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": method,
            "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": [],
            "root_path": "", "state": {},
        }  # fmt: skip
        self.messages = []
        self.left = anyio.Event()
        self.takes = lambda message: anyio.lowlevel.checkpoint()

    async def receive(self):
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.messages.append(message)
        await self.takes(message)

    @property
    def body(self):
        return b"".join(message.get("body", b"") for message in self.messages)

    @property
    def is_complete(self):
        return bool(self.messages) and self.messages[-1].get("more_body") is False


@pytest.mark.anyio
class TestExports:
    async def test_the_rows_arrive_as_csv(self, service, sales):
        async with asking(service) as client:
            answer = await client.get(f"/{sales}.csv")
        lines = answer.text.splitlines()
        assert (len(lines), lines[0], lines[-1].split(",")[0]) == (ROWS + 1, "n,carrier,text", str(ROWS - 1))
        assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
        assert answer.headers["content-disposition"] == "attachment; filename*=utf-8''Ums%C3%A4tze.csv"
        assert answer.headers["cache-control"] == "private"
        assert "content-length" not in answer.headers

    async def test_what_fails_before_the_first_byte_has_a_status(self, service, sales, emulator):
        async with asking(service) as client:
            assert (await client.get("/nothing.csv")).status_code == 404
            emulator.faults.add("status", path="*/data", status=429, retry_after=0.01)
            assert (await client.get(f"/{sales}.csv")).status_code == 429
            emulator.faults.clear()
            emulator.faults.add("reset", path="*/data")
            assert (await client.get(f"/{sales}.csv")).status_code == 502
        assert service.state.domo.stats.in_flight == 0

    async def test_a_break_in_the_middle_is_cured_unseen(self, service, sales, emulator):
        fault = emulator.faults.add("reset_after", path="*/data", bytes=500_000, times=1)
        async with asking(service) as client:
            assert len((await client.get(f"/{sales}.csv")).text.splitlines()) == ROWS + 1
        assert fault.hits == 1

    async def test_a_break_that_stays_never_looks_like_the_end(self, service, sales, emulator):
        emulator.faults.add("truncate", path="*/data", bytes=500_000)
        socket = Socket(f"/{sales}.csv")
        with pytest.raises(RuntimeError) as caught:
            await service(socket.scope, socket.receive, socket.send)
        assert isinstance(caught.value.__cause__, errors.CallError)
        assert socket.messages[0]["status"] == 200
        assert 0 < len(socket.body) <= 500_000
        assert not socket.is_complete
        assert service.state.domo.stats.in_flight == 0

    async def test_a_client_that_leaves_gives_the_place_back(self, service, sales, emulator):
        emulator.faults.add("stall", path="*/data", bytes=300_000)
        domo, sockets = service.state.domo, [Socket(f"/{sales}.csv") for _ in range(5)]
        with anyio.fail_after(20):
            async with anyio.create_task_group() as group:
                for socket in sockets:
                    group.start_soon(service, socket.scope, socket.receive, socket.send)
                while (domo.stats.in_flight, domo.stats.waiting) != (2, 3):
                    await anyio.sleep(0.01)
                for socket in sockets:  # those that wait for their turn too
                    socket.left.set()
        assert (domo.stats.in_flight, domo.stats.waiting) == (0, 0)
        assert not any(socket.is_complete for socket in sockets)

    async def test_a_server_that_raises_when_the_client_has_left(self, service, sales):
        async def broken(message):
            raise OSError("gone")

        socket = Socket(f"/{sales}.csv")
        socket.takes = broken
        await service(socket.scope, socket.receive, socket.send)
        assert len(socket.messages) == 1
        assert service.state.domo.stats.in_flight == 0

    async def test_a_slow_client_holds_domo_back_and_then_loses_its_place(self, service, sales, emulator):
        async def endpoint(request):
            return stream_csv(service.state.domo, sales, slow_client=0.3)

        async def takes_one(message):
            if message["type"] == "http.response.body":
                await anyio.sleep_forever()

        socket = Socket("/")
        socket.takes = takes_one
        app = Starlette(routes=[Route("/", endpoint)])
        with pytest.raises(Exception, match=r"took nothing for 0\.3 s"):
            await app(socket.scope, socket.receive, socket.send)
        assert len(socket.messages) == 2
        assert service.state.domo.stats.in_flight == 0

    async def test_head_has_the_headers_only(self, service, sales):
        async with asking(service) as client:
            answer = await client.head(f"/{sales}.csv")
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-type"].startswith("text/csv")
        assert service.state.domo.stats.in_flight == 0

    async def test_a_response_that_is_thrown_away_asks_for_nothing(self, service, sales):
        stream_csv(service.state.domo, sales)
        assert service.state.domo.stats.calls == 0

    async def test_what_makes_no_sense_is_refused(self, service, sales):
        with pytest.raises(errors.InvalidArgumentError):
            stream_csv(service.state.domo, "")
        with pytest.raises(errors.InvalidArgumentError):
            stream_csv(service.state.domo, sales, slow_client=0)
