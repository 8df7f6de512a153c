"""DomoAuth on anybody's httpx client: what it attaches, refuses, replays and leaves alone. No network."""

import base64
import copy
import json
import pickle
import threading

import anyio
import httpx
import pytest
import respx

from domo_async import AsyncDomo, ClientCredentials, DomoAuth
from domo_async.auth.domo_auth import REPLAYABLE
from domo_async.errors import (
    ConfigurationError,
    ForeignOriginError,
    InvalidArgumentError,
    InvalidCredentialsError,
    MissingCredentialsError,
)

pytestmark = pytest.mark.anyio

API = "https://api.domo.com"
UNAUTHENTICATED_PAGE = (
    "<html><head><title>Error 406 Not Acceptable</title></head><body><pre>com.domo.UnauthorizedException: "
    "Full authentication is required to access this resource</pre></body></html>"
)


class Domo:
    """A token endpoint and an API in one transport: refuses what it is told to refuse, and remembers what it saw."""

    def __init__(self):
        self.seen = []
        self.grants = 0
        self.secrets = {"id": "secret"}
        self.dead = set()
        self.refusal = lambda request: httpx.Response(401)
        self.answer = lambda request: httpx.Response(200, json=[])

    @property
    def calls(self):
        return [request for request in self.seen if request.url.path != "/oauth/token"]

    @property
    def bearers(self):
        return [request.headers.get("authorization", "").removeprefix("Bearer ") for request in self.calls]

    @property
    def transport(self):
        return httpx.MockTransport(self)

    def revoke(self):
        self.dead.add(f"token-{self.grants}")

    def __call__(self, request):
        self.seen.append(httpx.Request(request.method, request.url, headers=request.headers, content=request.content))
        if request.url.path == "/oauth/token":
            return self.grant(request)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if request.url.host == "api.domo.com" and (not token or token in self.dead):
            return self.refusal(request)
        return self.answer(request)

    def grant(self, request):
        sent = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        client_id, _, secret = sent.partition(":")
        if self.secrets.get(client_id) != secret:
            return httpx.Response(401, json={"error": "invalid_client", "error_description": "Bad credentials"})
        self.grants += 1
        return httpx.Response(200, json={"access_token": f"token-{self.grants}", "expires_in": 3599})


@pytest.fixture
def domo():
    return Domo()


def auth_for(domo, client_id="id", client_secret="secret", **options):
    options.setdefault("deadline", 0.05)
    return DomoAuth(client_id, client_secret, transport=domo.transport, **options)


def client_for(domo, auth=None, **options):
    return httpx.AsyncClient(auth=auth or auth_for(domo), transport=domo.transport, base_url=API, **options)


async def accepted(client):
    """One call that works, so that the token counts as one that was good once."""
    response = await client.get("/v1/datasets")
    assert response.status_code == 200


# What it attaches


async def test_it_attaches_the_token_to_every_call_and_grants_once(domo):
    async with client_for(domo) as client:
        for _ in range(3):
            await accepted(client)

    assert domo.bearers == ["token-1"] * 3
    assert domo.grants == 1


async def test_respx_sees_grants_and_calls_of_a_plain_client():
    with respx.mock(base_url=API) as router:
        router.get("/oauth/token").respond(json={"access_token": "opaque", "expires_in": 60})
        router.get("/v1/datasets", headers={"authorization": "Bearer opaque"}).respond(json=[])
        async with httpx.AsyncClient(auth=DomoAuth("id", "secret"), base_url=API) as client:
            assert (await client.get("/v1/datasets")).json() == []


async def test_a_header_of_the_users_own_does_not_win(domo):
    async with client_for(domo) as client:
        await client.get("/v1/datasets", headers={"Authorization": "Bearer stolen"})

    assert domo.bearers == ["token-1"]


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/v1/datasets",
        "http://api.domo.com/v1/datasets",
        "https://api.domo.com:8443/v1/datasets",
        "https://api.domo.com.elsewhere.example/",
        "https://api.domo.com@elsewhere.example/",
    ],
)
async def test_a_request_to_another_origin_is_refused_before_the_wire(domo, url):
    async with client_for(domo) as client:
        with pytest.raises(ForeignOriginError, match=r"token belongs to https://api\.domo\.com"):
            await client.get(url)

    assert domo.seen == []


@pytest.mark.parametrize("url", ["https://api.domo.com:443/v1", "HTTPS://API.DOMO.COM/v1", "https://api.domo.com/v1"])
async def test_all_spellings_of_the_origin_are_the_same(domo, url):
    async with client_for(domo) as client:
        assert (await client.get(url)).status_code == 200


# What it takes for a refused token


def unauthorized_json(request):
    return httpx.Response(401, json={"error": "invalid_token", "error_description": "Cannot convert access token"})


def unauthorized_gateway(request):
    return httpx.Response(
        401, json={"status": 401, "statusReason": "Internal Server Error", "message": "Full authentication is required"}
    )


def unauthorized_header(request):
    return httpx.Response(
        401, headers={"WWW-Authenticate": 'Bearer error="invalid_token", error_description="expired"'}
    )


def unacceptable(request):
    return httpx.Response(406, html=UNAUTHENTICATED_PAGE)


def unacceptable_bare(request):
    return httpx.Response(406)


def page_with_another_status(request):
    return httpx.Response(400, html=UNAUTHENTICATED_PAGE)


@pytest.mark.parametrize(
    ("refusal", "accept"),
    [
        (unauthorized_json, "application/json"),
        (unauthorized_gateway, "application/json"),
        (unauthorized_header, "text/csv"),
        (unacceptable, "text/csv"),
        (unacceptable, "application/json"),
        (unacceptable_bare, "Text/CSV, */*"),
        (page_with_another_status, "application/json"),
    ],
)
async def test_a_refused_token_is_replaced_and_the_call_replayed_once(domo, refusal, accept):
    domo.refusal = refusal
    async with client_for(domo) as client:
        await accepted(client)
        domo.revoke()
        response = await client.post("/v1/things", json={"a": 1}, headers={"Accept": accept})

    assert response.status_code == 200
    assert domo.bearers == ["token-1", "token-1", "token-2"]
    assert domo.calls[1].content == domo.calls[2].content == b'{"a":1}'
    assert domo.grants == 2


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(403, json={"status": 403, "message": "Forbidden"}),
        httpx.Response(403, html=UNAUTHENTICATED_PAGE),
        httpx.Response(401, json={"error": "insufficient_scope", "scope": "data"}),
        httpx.Response(401, headers={"WWW-Authenticate": 'Bearer error="insufficient_scope", scope="data"'}),
        httpx.Response(406, text="not for you"),
        httpx.Response(503, html="<title>Domo Maintenance</title>"),
        httpx.Response(500),
        httpx.Response(404),
    ],
    ids=lambda response: f"{response.status_code} {response.headers}",
)
async def test_what_a_new_token_would_not_change_is_left_alone(domo, answer):
    async with client_for(domo) as client:
        await accepted(client)
        domo.answer = lambda request: answer
        response = await client.get("/v1/datasets")

    assert response.status_code == answer.status_code
    assert domo.grants == 1
    assert len(domo.calls) == 2


async def test_a_replay_that_is_refused_too_is_the_answer(domo):
    async with client_for(domo) as client:
        await accepted(client)
        domo.dead |= {f"token-{number}" for number in range(10)}
        response = await client.get("/v1/datasets")

        assert response.status_code == 401
        assert domo.bearers == ["token-1", "token-1", "token-2"]

        await client.get("/v1/datasets")
        assert domo.grants == 2, "a young token that was never accepted is not stale"


async def test_a_first_token_that_was_revoked_on_its_way_is_replaced_for_all_callers(domo):
    domo.dead.add("token-1")
    statuses = []

    async def call():
        response = await client.get("/v1/datasets")
        statuses.append(response.status_code)

    async with client_for(domo) as client, anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(call)

    assert statuses == [200] * 50
    assert domo.grants == 2


async def test_a_token_that_ended_on_the_way_is_late_and_not_refused(domo):
    # A starved process: each token is over by the time that the server sees it, three times in a row.
    now = 1_000.0
    lost = 3

    def starved(request):
        nonlocal now, lost
        if lost:
            lost -= 1
            now += 4_000
            return httpx.Response(401)
        return httpx.Response(200, json=[])

    domo.answer = starved
    async with client_for(domo, auth_for(domo, clock=lambda: now)) as client:
        response = await client.get("/v1/datasets")

    assert response.status_code == 200
    assert domo.bearers == ["token-1", "token-2", "token-3", "token-4"]


async def test_a_token_that_is_revoked_is_replaced_though_the_one_before_it_came_late(domo):
    now = 1_000.0
    asked = 0

    def late_and_then_revoked(request):
        nonlocal now, asked
        asked += 1
        if asked == 1:
            now += 4_000
        return httpx.Response(401) if asked < 3 else httpx.Response(200, json=[])

    domo.answer = late_and_then_revoked
    async with client_for(domo, auth_for(domo, clock=lambda: now)) as client:
        response = await client.get("/v1/datasets")

    assert response.status_code == 200
    assert domo.bearers == ["token-1", "token-2", "token-3"]


async def test_tokens_that_always_come_late_end_with_the_refusal(domo):
    now = 1_000.0

    def starved(request):
        nonlocal now
        now += 4_000
        return httpx.Response(401)

    domo.answer = starved
    async with client_for(domo, auth_for(domo, clock=lambda: now)) as client:
        response = await client.get("/v1/datasets")

    assert response.status_code == 401
    assert domo.grants == 4


async def test_nothing_of_the_grant_is_in_the_history(domo):
    async with client_for(domo) as client:
        await accepted(client)
        domo.revoke()
        response = await client.get("/v1/datasets")

    assert [step.status_code for step in response.history] == [401]
    assert all(step.request.url.path == "/v1/datasets" for step in [*response.history, response])


# Bodies


async def chunks():
    yield b"one"
    yield b"two"


class Restarting:
    def __aiter__(self):
        return chunks()


class Unreading(httpx.AsyncBaseTransport):
    """Takes the body as a socket would, piece by piece; MockTransport leaves something behind to send again."""

    def __init__(self, domo):
        self.domo = domo

    async def handle_async_request(self, request):
        body = b"".join([chunk async for chunk in request.stream])
        headers = {name: value for name, value in request.headers.items() if name != "transfer-encoding"}
        return self.domo(httpx.Request(request.method, request.url, headers=headers, content=body))


@pytest.mark.parametrize(
    ("content", "extensions", "status"),
    [
        (b"onetwo", {}, 200),
        ("onetwo", {}, 200),
        (chunks, {}, 401),
        (chunks, {REPLAYABLE: False}, 401),
        (Restarting, {}, 401),
        (Restarting, {REPLAYABLE: True}, 200),
        (b"onetwo", {REPLAYABLE: False}, 401),
    ],
    ids=["bytes", "text", "generator", "generator said so", "restarting", "restarting said so", "bytes said no"],
)
async def test_only_a_body_that_can_be_sent_again_is_sent_again(domo, content, extensions, status):
    auth = auth_for(domo)
    async with httpx.AsyncClient(auth=auth, transport=Unreading(domo), base_url=API) as client:
        await accepted(client)
        domo.revoke()
        body = content() if callable(content) else content
        response = await client.put("/v1/data", content=body, extensions=extensions)

        assert response.status_code == status
        assert [call.content for call in domo.calls[1:]] == [b"onetwo"] * (2 if status == 200 else 1)

        await accepted(client)
        assert domo.grants == 2, "the dead token is gone in either case"


class Measured(httpx.AsyncByteStream):
    def __init__(self):
        self.read = 0

    async def __aiter__(self):
        for _ in range(5):
            self.read += 1
            yield b"x" * 1000


@pytest.mark.parametrize("status", [200, 404, 500])
async def test_answers_that_are_streamed_are_not_read_into_memory(domo, status):
    stream = Measured()
    domo.answer = lambda request: httpx.Response(status, stream=stream, headers={"content-type": "text/csv"})
    async with client_for(domo) as client, client.stream("GET", "/v1/datasets/1/data") as response:
        assert stream.read == 0
        assert response.status_code == status
        await response.aread()
    assert stream.read == 5


# Redirects, followed by a client that was told to


@pytest.mark.parametrize("status_there", [200, 401, 406])
async def test_the_bearer_does_not_follow_a_redirect_to_another_origin(domo, status_there):
    def answer(request):
        if request.url.host == "api.domo.com":
            return httpx.Response(302, headers={"location": "https://storage.example/file?signature=1"})
        return httpx.Response(status_there, html=UNAUTHENTICATED_PAGE)

    async with client_for(domo, follow_redirects=True) as client:
        await accepted(client)
        domo.answer = answer
        response = await client.get("/v1/file", headers={"Accept": "text/csv"})

    assert response.status_code == status_there
    assert [call.url.host for call in domo.calls[1:]] == ["api.domo.com", "storage.example"]
    assert "authorization" not in domo.calls[2].headers
    assert domo.grants == 1, "what that place says of the token does not count"


async def test_our_request_is_replayed_and_not_the_one_a_redirect_made_of_it(domo):
    def answer(request):
        if request.url.path == "/v1/old":
            return httpx.Response(307, headers={"location": "/v1/new"})
        return httpx.Response(200, text=request.url.path)

    domo.answer = answer
    async with client_for(domo, follow_redirects=True) as client:
        await client.get("/v1/first")
        domo.revoke()
        response = await client.post("/v1/old", json={})

    assert response.text == "/v1/new"
    assert [call.url.path for call in domo.calls] == ["/v1/first", "/v1/old", "/v1/old", "/v1/new"]


# Credentials that change


async def test_a_rotated_secret_is_asked_for_and_works_without_a_restart(domo):
    asked = 0

    async def vault():
        nonlocal asked
        asked += 1
        return ClientCredentials("id", domo.secrets["id"] if asked != 1 else "secret")

    auth = auth_for(domo, None, None, credentials=vault)
    async with client_for(domo, auth) as client:
        await accepted(client)
        domo.secrets["id"] = "new secret"
        domo.revoke()
        await accepted(client)

    assert asked == 2
    assert domo.grants == 2


async def test_a_provider_that_knows_nothing_newer_makes_no_second_request_with_the_refused_secret(domo):
    async def vault():
        return ClientCredentials("id", "wrong")

    with pytest.raises(InvalidCredentialsError, match="Bad credentials"):
        await auth_for(domo, None, None, credentials=vault).token()

    assert len(domo.seen) == 1


async def test_refused_credentials_are_forgotten(domo):
    now = 0.0
    current = "wrong"

    async def vault():
        return ClientCredentials("id", current)

    auth = auth_for(domo, None, None, credentials=vault, clock=lambda: now)
    with pytest.raises(InvalidCredentialsError):
        await auth.token()
    current, now = "secret", 10.0
    await auth.token()

    assert len(domo.seen) == 2, "the next grant began with asking the provider"


async def test_refused_credentials_are_forgotten_also_when_the_provider_fails_then(domo):
    now = 0.0
    answers = [ClientCredentials("id", "wrong"), OSError("vault sealed"), ClientCredentials("id", "secret")]

    async def vault():
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    auth = auth_for(domo, None, None, credentials=vault, clock=lambda: now)
    with pytest.raises(MissingCredentialsError, match="provider failed"):
        await auth.token()
    now = 10.0
    await auth.token()

    assert len(domo.seen) == 2, "the refused secret was sent once"


@pytest.mark.parametrize("what", [None, "id:secret", {"client_id": "id"}, 5])
async def test_a_provider_that_returns_nonsense_is_named(domo, what):
    async def provider():
        return what

    with pytest.raises(ConfigurationError, match=f"returned {type(what).__name__}.*ClientCredentials"):
        await auth_for(domo, None, None, credentials=provider).token()
    assert domo.seen == []


async def test_a_provider_that_fails_is_named_and_its_failure_is_the_cause(domo):
    async def provider():
        raise OSError("vault sealed")

    with pytest.raises(MissingCredentialsError, match="provider failed: OSError") as caught:
        await auth_for(domo, None, None, credentials=provider).token()
    assert isinstance(caught.value.__cause__, OSError)


async def test_a_provider_may_raise_our_own_errors(domo):
    async def provider():
        raise MissingCredentialsError("nobody logged in")

    with pytest.raises(MissingCredentialsError, match="nobody logged in"):
        await auth_for(domo, None, None, credentials=provider).token()


async def test_a_provider_that_is_not_async_works_too(domo):
    assert await auth_for(domo, None, None, credentials=lambda: ClientCredentials("id", "secret")).token()


async def test_without_arguments_the_environment_is_read_when_a_token_is_needed(domo, monkeypatch):
    auth = auth_for(domo, None, None, deadline=1)
    with pytest.raises(MissingCredentialsError, match="DOMO_CLIENT_ID"):
        await auth.token()
    monkeypatch.setenv("DOMO_CLIENT_ID", " id ")
    auth = auth_for(domo, None, None)
    with pytest.raises(MissingCredentialsError, match="DOMO_CLIENT_SECRET"):
        await auth.token()
    monkeypatch.setenv("DOMO_CLIENT_SECRET", "secret\n")

    assert await auth_for(domo, None, None).token()


# Construction


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"client_id": "id"}, MissingCredentialsError, "DOMO_CLIENT_SECRET"),
        ({"client_secret": "secret"}, MissingCredentialsError, "DOMO_CLIENT_ID"),
        ({"client_id": "a:b", "client_secret": "s"}, ConfigurationError, "colon"),
        ({"client_id": "id", "client_secret": "a\x00b"}, ConfigurationError, "client secret contains characters"),
        ({"client_id": "id\udcff", "client_secret": "s"}, ConfigurationError, "client id contains characters"),
        ({"client_id": "id", "credentials": print}, ConfigurationError, "together"),
        ({"credentials": "id:secret"}, ConfigurationError, "no function"),
        ({"client_id": "id", "client_secret": "s", "api_url": "http://api.domo.com"}, ConfigurationError, "plain http"),
        ({"client_id": "id", "client_secret": "s", "scopes": ["da ta"]}, InvalidArgumentError, "not a scope"),
        ({"client_id": 5, "client_secret": "s"}, ConfigurationError, "are text"),
    ],
)
def test_settings_that_make_no_sense_are_named_at_once(arguments, error, words):
    with pytest.raises(error, match=words):
        DomoAuth(**arguments)


def test_credentials_show_no_secret_and_do_not_pickle():
    credentials = ClientCredentials("id", " s3cr3t \n")

    assert credentials.client_secret.get_secret_value() == "s3cr3t"
    assert credentials == ClientCredentials("id", "s3cr3t")
    assert "s3cr3t" not in repr(credentials) + str(credentials)
    for copier in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="do not pickle"):
            copier(credentials)


async def test_it_shows_nothing_and_does_not_pickle(domo):
    auth = auth_for(domo, client_secret="secret")
    await auth.token()

    assert repr(auth) == "<DomoAuth https://api.domo.com grants=1>"
    with pytest.raises(TypeError, match="ship settings and build one per process"):
        pickle.dumps(auth)
    with pytest.raises(TypeError, match="pickle"):
        pickle.dumps(AsyncDomo("id", "secret"))


def test_a_client_that_is_not_async_gets_a_clear_error(domo):
    with (
        httpx.Client(auth=auth_for(domo), transport=domo.transport) as client,
        pytest.raises(ConfigurationError, match=r"AsyncClient only\. Use async with httpx\.AsyncClient"),
    ):
        client.get(API)
    assert domo.seen == []


def test_one_auth_serves_several_loops_and_threads(domo):
    auth = auth_for(domo)
    statuses = []

    async def call():
        async with client_for(domo, auth) as client:
            statuses.append((await client.get("/v1/datasets")).status_code)

    anyio.run(call, backend="asyncio")
    anyio.run(call, backend="trio")
    threads = [
        threading.Thread(target=anyio.run, args=(call,), kwargs={"backend": backend})
        for backend in ("asyncio", "trio") * 4
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses == [200] * 10
    assert domo.grants == 1


async def test_the_lent_transport_is_not_closed(domo):
    class Closing(httpx.MockTransport):
        closed = False

        async def aclose(self):
            self.closed = True

    transport = Closing(domo)
    await DomoAuth("id", "secret", transport=transport).token()

    assert not transport.closed


async def test_the_token_can_be_asked_for(domo):
    auth = auth_for(domo)

    token = await auth.token()

    assert token.access_token.get_secret_value() == "token-1"
    assert (await auth.token()) is token
    assert auth.grants == 1
    assert json.loads(token.model_dump_json())["access_token"] == "**********"
