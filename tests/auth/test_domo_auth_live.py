"""DomoAuth under load, against a real server on a socket."""

import anyio
import anyio.lowlevel
import httpx
import pyarrow as pa
import pytest

from domo_async import ClientCredentials, DomoAuth
from domo_async.auth.domo_auth import REPLAYABLE
from domo_async.emulator import Emulator
from domo_async.errors import ForeignOriginError, InvalidCredentialsError

pytestmark = pytest.mark.anyio


@pytest.fixture
def emulator():
    with Emulator(datasets={"Flights": pa.table({"tail": ["N101", "N102"], "delay": [1, 2]})}) as emulator:
        yield emulator


def auth_for(emulator, **options):
    connection = emulator.connection
    options = {"client_id": connection["client_id"], "client_secret": connection["client_secret"], **options}
    return DomoAuth(api_url=connection["api_url"], **options)


def client_for(emulator, auth, connections=16):
    return httpx.AsyncClient(
        auth=auth,
        base_url=emulator.url,
        timeout=60,
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
    )


async def at_once(count, call):
    """Start `count` calls before any of them gets its answer, and collect what each came to."""
    outcomes = []

    async def one():
        try:
            outcomes.append(await call())
        except Exception as error:
            outcomes.append(error)

    async with anyio.create_task_group() as tasks:
        for _ in range(count):
            tasks.start_soon(one)
    return outcomes


@pytest.mark.parametrize("token_format", ["jwt", "opaque"])
async def test_a_thousand_cold_calls_make_one_grant_whatever_the_token_looks_like(emulator, token_format):
    emulator.token_format = token_format
    auth = auth_for(emulator)
    async with httpx.AsyncClient(auth=auth, transport=Waiting(1_000), base_url=emulator.url) as client:
        outcomes = await at_once(1_000, lambda: client.get("/v1/datasets"))

    assert {outcome.status_code for outcome in outcomes} == {200}
    assert emulator.grant_requests == 1


class Waiting(httpx.AsyncBaseTransport):
    """Answers nothing before `count` authenticated requests are there, so all are on their way at once."""

    def __init__(self, count):
        self.count = count
        self.here = 0
        self.all_here = anyio.Event()

    async def handle_async_request(self, request):
        assert request.headers["authorization"].startswith("Bearer ")
        self.here += 1
        if self.here == self.count:
            self.all_here.set()
        with anyio.fail_after(60):
            await self.all_here.wait()
        return httpx.Response(200, json=[])


async def test_bad_credentials_make_one_flight_and_the_same_error_for_all(emulator):
    auth = auth_for(emulator, client_secret="wrong")
    async with client_for(emulator, auth) as client:
        outcomes = await at_once(1_000, lambda: client.get("/v1/datasets"))

    assert {type(outcome) for outcome in outcomes} == {InvalidCredentialsError}
    assert len({id(outcome) for outcome in outcomes}) == 1_000
    assert len({str(outcome) for outcome in outcomes}) == 1
    assert emulator.grant_requests == 1
    assert {record.path for record in emulator.requests} == {"/oauth/token"}


@pytest.mark.parametrize(
    ("accept", "csv_refusal", "count"),
    [("application/json", 401, 500), ("text/csv", 401, 100), ("text/csv", 406, 100)],
)
async def test_a_token_revoked_under_load_costs_one_grant_and_nobody_a_call(emulator, accept, csv_refusal, count):
    emulator.csv_refusal = csv_refusal
    path = "/v1/datasets"
    if accept == "text/csv":
        path = f"/v1/datasets/{emulator.dataset_ids['Flights']}/data"
    auth = auth_for(emulator)
    calls = 0

    async def call():
        nonlocal calls
        calls += 1
        if calls == count // 2:
            emulator.revoke_tokens()
        return await client.get(path, headers={"Accept": accept})

    # A pool far smaller than the number of calls: refused answers that held on to connections would block it for ever.
    async with client_for(emulator, auth, connections=5) as client:
        assert (await client.get(path, headers={"Accept": accept})).status_code == 200
        with anyio.fail_after(60):
            outcomes = await at_once(count, call)

    assert [outcome for outcome in outcomes if getattr(outcome, "status_code", None) != 200] == []
    assert emulator.grants == 2
    assert any(record.status == csv_refusal for record in emulator.requests)


async def test_tokens_that_expire_by_the_clock_are_renewed_under_load_and_no_call_fails(emulator):
    emulator.token_lifetime = 2
    auth = auth_for(emulator)
    statuses = set()

    async def work(client):
        while auth.grants < 3:
            statuses.add((await client.get("/v1/datasets", params={"limit": 1})).status_code)

    async with client_for(emulator, auth) as client, anyio.create_task_group() as tasks:
        for _ in range(8):
            tasks.start_soon(work, client)

    assert statuses == {200}
    assert emulator.grants == 3


async def test_a_token_that_the_server_let_expire_early_is_replaced(emulator):
    auth = auth_for(emulator)
    async with client_for(emulator, auth) as client:
        await client.get("/v1/datasets")
        emulator.expire_tokens()
        response = await client.get("/v1/datasets")

    assert response.status_code == 200
    assert [step.status_code for step in response.history] == [401]
    assert emulator.grants == 2


async def test_a_missing_scope_never_refreshes(emulator):
    auth = auth_for(emulator, scopes=["user"])
    async with client_for(emulator, auth) as client:
        outcomes = await at_once(20, lambda: client.get("/v1/datasets"))

    assert {outcome.status_code for outcome in outcomes} == {403}
    assert emulator.grants == 1


async def test_a_spent_body_is_not_sent_again_over_a_socket(emulator):
    async def generator():
        yield b'{"sql": "SELECT 1 FROM table"}'

    class Body:
        def __aiter__(self):
            return generator()

    path = f"/v1/datasets/query/execute/{emulator.dataset_ids['Flights']}"
    auth = auth_for(emulator)
    async with client_for(emulator, auth) as client:
        for content, extensions, status in (
            (generator(), {}, 401),
            (Body(), {REPLAYABLE: True}, 200),
            (b'{"sql": "SELECT 1 FROM table"}', {}, 200),
        ):
            assert (await client.get("/v1/datasets")).status_code == 200
            emulator.revoke_tokens()
            assert (await client.post(path, content=content, extensions=extensions)).status_code == status


async def test_a_secret_that_rotates_while_calls_go_on_is_picked_up(emulator):
    connection = emulator.connection

    async def vault():
        return ClientCredentials(**{name: emulator.connection[name] for name in ("client_id", "client_secret")})

    auth = DomoAuth(credentials=vault, api_url=connection["api_url"])
    async with client_for(emulator, auth) as client:
        await client.get("/v1/datasets")
        emulator.rotate_secret(connection["client_id"])
        emulator.revoke_tokens()
        outcomes = await at_once(50, lambda: client.get("/v1/datasets"))

    assert {outcome.status_code for outcome in outcomes} == {200}
    assert emulator.grants == 2
    assert emulator.grant_requests == 3, "once with the old secret, once with the new one"


async def test_a_cancelled_leader_hands_a_real_grant_over(emulator):
    emulator.faults.add("stall", path="/oauth/token", times=1)
    auth = auth_for(emulator)
    leader = anyio.CancelScope()
    followers = []
    began = anyio.Event()

    async def lead(client):
        with leader:
            began.set()
            await client.get("/v1/datasets")

    async def follow(client):
        followers.append((await client.get("/v1/datasets")).status_code)

    async with client_for(emulator, auth) as client, anyio.create_task_group() as tasks:
        with anyio.fail_after(30):
            tasks.start_soon(lead, client)
            await began.wait()
            for _ in range(20):
                tasks.start_soon(follow, client)
            while not emulator.faults.active()[0].hits:  # the token request has reached the server
                await anyio.lowlevel.checkpoint()
            leader.cancel()

    assert leader.cancelled_caught
    assert followers == [200] * 20
    assert emulator.grants == 2


async def test_calls_outlive_an_endpoint_that_is_down_while_the_token_lives(emulator):
    now = 0.0
    auth = auth_for(emulator, clock=lambda: now)
    async with client_for(emulator, auth) as client:
        await client.get("/v1/datasets")
        outage = emulator.faults.add("token_outage")
        now = 3599 - 200  # inside the last five minutes
        outcomes = [await client.get("/v1/datasets") for _ in range(10)]

    assert {outcome.status_code for outcome in outcomes} == {200}
    assert outage.hits == 1, "one refresh was tried, inline, and the next waits"


async def test_a_redirect_to_another_origin_takes_no_token_there(emulator):
    with Emulator() as elsewhere:
        emulator.faults.add("redirect", location=f"{elsewhere.url}/v1/datasets", times=1, path="/v1/datasets")
        auth = auth_for(emulator)
        async with client_for(emulator, auth) as client:
            response = await client.get("/v1/datasets", follow_redirects=True)

            assert response.status_code == 401, "the other place saw no token"
            assert emulator.grants == 1, "and what it said of that changed nothing here"
            with pytest.raises(ForeignOriginError):
                await client.get(f"{elsewhere.url}/v1/datasets")
            assert len(elsewhere.requests) == 1
