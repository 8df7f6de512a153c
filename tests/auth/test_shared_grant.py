"""One grant for several processes: what is taken from a store, what is not, and what happens without it."""

from __future__ import annotations

import json
import logging
import pickle

import anyio
import httpx
import pytest
from anyio.lowlevel import checkpoint
from pydantic import SecretBytes

from domo_async import AccessToken, ClientCredentials, DomoAuth, TokenStore
from domo_async.auth.credentials import CredentialsSource
from domo_async.auth.guarded_store import GuardedStore
from domo_async.auth.shared_grant import SharedGrant
from domo_async.auth.stored_token import StoredToken, token_key
from domo_async.auth.tokens import TokenManager
from domo_async.errors import ConfigurationError, InvalidCredentialsError

pytestmark = pytest.mark.anyio

ORIGIN = "https://api.domo.com"
CREDENTIALS = ClientCredentials("id", "secret")
KEY = token_key(ORIGIN, (), CREDENTIALS)


class Memory:
    """A store in this process, with a lock for all keys together."""

    def __init__(self):
        self.values = {}
        self.locked = False
        self.steps = []

    async def load(self, key):
        self.steps.append("load")
        await checkpoint()
        return self.values.get(key)

    async def save(self, key, value, *, instead_of, lifetime):
        self.steps.append("save")
        await checkpoint()
        if self.values.get(key) != instead_of:
            return False
        self.values[key] = value
        return True

    async def acquire(self, key, *, wait):
        self.steps.append(f"acquire {wait:g}")
        until = anyio.current_time() + wait
        while self.locked:
            if anyio.current_time() >= until:
                return None
            await anyio.sleep(0.001)
        self.locked = True

        async def release():
            self.steps.append("release")
            self.locked = False

        return release


class Clock:
    def __init__(self, now=1_000.0):
        self.now = now

    def __call__(self):
        return self.now


class Endpoint:
    """Grants tokens by number, to those whose secret it knows."""

    def __init__(self, lifetime=3600.0, secret="secret"):
        self.requests = 0
        self.lifetime = lifetime
        self.secret = secret

    async def __call__(self, credentials):
        self.requests += 1
        number = self.requests
        await checkpoint()
        if credentials.client_secret.get_secret_value() != self.secret:
            raise InvalidCredentialsError("Bad credentials", status=401)
        facts = {"access_token": f"token-{number}", "expires_in": self.lifetime, "scope": "data", "customer": "acme"}
        return AccessToken.model_validate(facts)


class Process:
    """A token manager as another process would have it: clocks, memory and credentials of its own."""

    def __init__(self, store, endpoint, *, skew=0.0, monotonic=0.0, credentials=CREDENTIALS, deadline=30.0):
        self.wall, self.clock = Clock(1_700_000_000.0 + skew), Clock(monotonic)
        shared = SharedGrant(
            GuardedStore(store),
            source=CredentialsSource(credentials),
            ask=endpoint,
            origin=ORIGIN,
            scopes=(),
            deadline=deadline,
            clock=self.clock,
            wall_clock=self.wall,
        )
        self.tokens = TokenManager(lambda: None, shared=shared, deadline=deadline, clock=self.clock, spread=lambda: 1.0)

    def wait(self, seconds):
        self.wall.now += seconds
        self.clock.now += seconds

    async def get(self):
        return value(await self.tokens.get())


def value(token):
    return token.granted.access_token.get_secret_value()


@pytest.fixture
def store():
    return Memory()


@pytest.fixture
def endpoint():
    return Endpoint()


async def test_the_second_process_finds_what_the_first_was_granted(store, endpoint):
    first, second = Process(store, endpoint), Process(store, endpoint, monotonic=77_777.0)

    assert await first.get() == await second.get() == "token-1"
    assert (first.tokens.grants, second.tokens.grants) == (1, 0)
    assert store.steps == ["load", "acquire 10", "load", "save", "release", "load"]


async def test_while_the_token_is_fresh_nobody_looks_into_the_store(store, endpoint):
    process = Process(store, endpoint)
    await process.get()
    store.steps.clear()
    for _ in range(100):
        await process.get()

    assert store.steps == []


async def test_processes_that_begin_together_make_one_grant(store, endpoint):
    processes = [Process(store, endpoint) for _ in range(20)]
    got = []

    async def begin(process):
        got.append(await process.get())

    async with anyio.create_task_group() as tasks:
        for process in processes:
            tasks.start_soon(begin, process)

    assert got == ["token-1"] * 20
    assert endpoint.requests == 1


async def test_what_is_found_keeps_its_facts_and_what_is_left_of_its_life(store, endpoint):
    await Process(store, endpoint).get()
    later = Process(store, endpoint, skew=600)

    found = (await later.tokens.get()).granted
    assert (found.scopes, found.customer) == ({"data"}, "acme")
    assert found.expires_in == 3600 - 600 - 30, "clocks may differ by half a minute"


async def test_the_end_of_a_token_is_under_estimated_and_never_over(store, endpoint):
    await Process(store, endpoint).get()
    for late in (0.0, 100.0, 3_000.0):
        process = Process(store, endpoint, skew=late, monotonic=5.0)
        token = await process.tokens.get()
        assert token.expires_at - process.clock.now <= 3600 - late - 30 - 10


async def test_a_short_life_is_not_eaten_up_by_the_allowance_for_clocks(store):
    endpoint = Endpoint(lifetime=5.0)
    await Process(store, endpoint).get()

    assert await Process(store, endpoint, skew=2).get() == "token-1"


async def test_a_token_near_its_end_is_taken_and_refreshed_by_one(store, endpoint):
    first = Process(store, endpoint)
    await first.get()
    first.wait(3_400)
    second = Process(store, endpoint, skew=3_400)

    assert await second.get() == "token-1", "good enough for a call that waits"
    assert await second.get() == "token-2", "now ahead of the end"
    assert await first.get() == "token-2", "the first finds it"
    assert endpoint.requests == 2


async def test_what_is_over_is_not_taken(store, endpoint):
    await Process(store, endpoint).get()

    assert await Process(store, endpoint, skew=3_565).get() == "token-2"


async def test_a_token_from_the_future_is_not_taken(store, endpoint, caplog):
    caplog.set_level(logging.INFO)
    await Process(store, endpoint, skew=61).get()

    assert await Process(store, endpoint).get() == "token-2"
    assert "clocks" in caplog.text


async def test_a_refused_token_is_replaced_once_for_all(store, endpoint):
    processes = [Process(store, endpoint) for _ in range(4)]
    used = [await process.tokens.get() for process in processes]
    for process, token in zip(processes, used, strict=True):
        process.tokens.accept(token)
    got = []

    async def refused(process, token):
        assert process.tokens.refuse(token)
        got.append(await process.get())

    async with anyio.create_task_group() as tasks:
        for process, token in zip(processes, used, strict=True):
            tasks.start_soon(refused, process, token)

    assert got == ["token-2"] * 4
    assert endpoint.requests == 2


async def test_a_refused_token_never_comes_back_even_if_the_store_forgets(store, endpoint):
    process = Process(store, endpoint)
    for number in (1, 2):
        token = await process.tokens.get()
        assert value(token) == f"token-{number}"
        process.tokens.accept(token)
        before = before if number > 1 else dict(store.values)  # noqa: F821
        assert process.tokens.refuse(token)
    store.values.update(before)  # a replica that was behind

    assert await process.get() == "token-3"


async def test_a_token_of_another_process_that_is_refused_at_once_is_always_replaced(store, endpoint):
    await Process(store, endpoint).get()
    second = Process(store, endpoint)
    found = await second.tokens.get()

    assert second.tokens.refuse(found), "it may have been revoked meanwhile"
    own = await second.tokens.get()
    assert value(own) == "token-2"
    assert not second.tokens.refuse(own), "a new one of its own means something else"


async def test_ahead_of_the_end_nobody_waits_for_the_lock(store, endpoint):
    process = Process(store, endpoint)
    await process.get()
    process.wait(3_400)
    store.locked = True

    with anyio.fail_after(1):
        assert await process.get() == "token-1"
        assert await process.get() == "token-1"
    assert store.steps.count("acquire 0") == 1, "and tries again in a few seconds"

    store.locked = False
    process.wait(6)
    assert await process.get() == "token-2"


async def test_a_refresh_that_another_process_makes_for_too_long_becomes_ours(store, endpoint):
    process = Process(store, endpoint, deadline=0.1)
    await process.get()
    process.wait(3_595)
    store.locked = True

    assert await process.get() == "token-2"


async def test_who_waits_too_long_for_the_lock_asks_alone_and_lets_the_others_know(store, endpoint, caplog):
    caplog.set_level(logging.INFO)
    store.locked = True

    assert await Process(store, endpoint, deadline=0.1).get() == "token-1"
    assert "asking as well" in caplog.text
    store.locked = False
    assert await Process(store, endpoint).get() == "token-1"


async def test_a_token_that_came_meanwhile_is_not_overwritten(store, endpoint):
    async def slowly(credentials):
        token = await endpoint(credentials)
        store.values[KEY] = (
            StoredToken(await endpoint(credentials), 1_700_000_000.0, 3600.0).to_bytes(KEY).get_secret_value()
        )
        return token

    assert await Process(store, slowly).get() == "token-1"
    assert await Process(store, endpoint).get() == "token-2"


async def test_a_cancelled_leader_gives_the_lock_back(store):
    entered = anyio.Event()

    async def silent(credentials):
        entered.set()
        await anyio.sleep_forever()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(Process(store, silent).get)
        await entered.wait()
        assert store.locked
        tasks.cancel_scope.cancel()

    assert not store.locked


async def test_a_failed_grant_gives_the_lock_back_and_is_raised(store, endpoint):
    endpoint.secret = "another"
    with pytest.raises(InvalidCredentialsError):
        await Process(store, endpoint).get()

    assert not store.locked
    assert store.values == {}


async def test_a_rotated_secret_is_looked_for_under_its_own_key(store, endpoint):
    def vault():
        secrets = ["secret", "newer", "newer"]

        async def look_up():
            return ClientCredentials("id", secrets.pop(0))

        return look_up

    first, second = (Process(store, endpoint, credentials=vault()) for _ in range(2))
    for process in (first, second):
        process.tokens.accept(await process.tokens.get())
    endpoint.secret = "newer"
    for process in (first, second):
        process.tokens.refuse(await process.tokens.get())

    assert await first.get() == await second.get()
    assert endpoint.requests == 1 + 2 + 1, "the second still learns that its secret is old, and then finds the token"


async def test_a_wrong_secret_does_not_find_the_token_of_the_right_one(store, endpoint):
    await Process(store, endpoint).get()
    thief = Process(store, endpoint, credentials=ClientCredentials("id", "guessed"))

    with pytest.raises(InvalidCredentialsError):
        await thief.get()


async def test_other_scopes_clients_and_apis_do_not_share():
    keys = {
        token_key(origin, scopes, credentials)
        for origin in (ORIGIN, "http://127.0.0.1:8000")
        for scopes in ((), ("data",), ("data", "user"))
        for credentials in (CREDENTIALS, ClientCredentials("id2", "secret"), ClientCredentials("id", "secret2"))
    }
    assert len(keys) == 18
    assert token_key(ORIGIN, ("user", "data"), CREDENTIALS) == token_key(ORIGIN, ("data", "user"), CREDENTIALS)
    for key in keys:
        assert len(key) == 64
        assert "secret" not in key


@pytest.mark.parametrize(
    "spoil",
    [
        lambda value: b"",
        lambda value: b"\xff\xfe",
        lambda value: value[:-20],
        lambda value: b"[]",
        lambda value: b"null",
        lambda value: b"[" * 100_000,
        lambda value: json.dumps({**json.loads(value), "version": 2}).encode(),
        lambda value: json.dumps({**json.loads(value), "key": "0" * 64}).encode(),
        lambda value: json.dumps({**json.loads(value), "lifetime": "NaN"}).encode(),
        lambda value: value.replace(b'"lifetime":3600.0', b'"lifetime":NaN'),
        lambda value: value.replace(b'"lifetime":3600.0', b'"lifetime":-1'),
        lambda value: value.replace(b'"lifetime":3600.0', b'"lifetime":true'),
        lambda value: value.replace(b"token-1", b"two\\nlines"),
        lambda value: json.dumps({**json.loads(value), "token": {}}).encode(),
    ],
)
async def test_what_is_no_token_is_replaced_and_said_so_once(store, endpoint, caplog, spoil):
    await Process(store, endpoint).get()
    store.values[KEY] = spoil(store.values[KEY])
    caplog.clear()

    assert await Process(store, endpoint).get() == "token-2"
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
        "The token store holds something that is no token, it is replaced"
    ]
    assert await Process(store, endpoint).get() == "token-2"


async def test_what_is_stored_shows_nowhere(store, endpoint):
    await Process(store, endpoint).get()
    stored = StoredToken.from_bytes(SecretBytes(store.values[KEY]), KEY)

    assert stored is not None
    assert "token-1" not in repr(stored)
    with pytest.raises(TypeError, match="pickle"):
        pickle.dumps(stored)
    assert b"secret" not in store.values[KEY]


async def test_a_store_is_anything_with_three_methods(store):
    assert isinstance(store, TokenStore)

    def serve(request):
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 60})
        return httpx.Response(200, json=[])

    auths = [DomoAuth("id", "secret", token_store=store, transport=httpx.MockTransport(serve)) for _ in range(2)]
    for auth in auths:
        async with httpx.AsyncClient(auth=auth, transport=httpx.MockTransport(serve), base_url=ORIGIN) as client:
            await client.get("/v1/datasets")

    assert [auth.grants for auth in auths] == [1, 0]
    for nonsense in (5, object(), "", "ftp://host"):
        with pytest.raises(ConfigurationError):
            DomoAuth("id", "secret", token_store=nonsense)


async def test_a_call_outlives_two_tokens_of_other_processes_that_were_revoked():
    store = Memory()
    revoked = set()
    granted = []

    def serve(request):
        if request.url.path == "/oauth/token":
            granted.append(f"token-{len(granted)}")
            return httpx.Response(200, json={"access_token": granted[-1], "expires_in": 3600})
        bearer = request.headers["authorization"].removeprefix("Bearer ")
        return httpx.Response(401 if bearer in revoked else 200, json=[])

    def auth():
        return DomoAuth("id", "secret", token_store=store, transport=httpx.MockTransport(serve))

    async with httpx.AsyncClient(transport=httpx.MockTransport(serve), base_url=ORIGIN) as client:
        late, early = auth(), auth()
        assert (await client.get("/v1/datasets", auth=late)).status_code == 200
        assert (await client.get("/v1/datasets", auth=early)).status_code == 200
        revoked.add("token-0")
        assert (await client.get("/v1/datasets", auth=early)).status_code == 200
        revoked.add("token-1")
        # It has the first one, finds the second one, and needs a third.
        assert (await client.get("/v1/datasets", auth=late)).status_code == 200

    assert granted == ["token-0", "token-1", "token-2"]
