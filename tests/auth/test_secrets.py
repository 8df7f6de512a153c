"""No secret, no Basic value and no token in anything that a program may show: at whatever step a call fails."""

import base64
import contextlib
import logging
import pickle
import traceback

import anyio
import httpx
import pytest

from domo_async import AsyncDomo, ClientCredentials, DomoAuth, no_credentials
from domo_async.emulator import Emulator
from domo_async.errors import (
    CallTimeoutError,
    ConfigurationError,
    ConnectionFailedError,
    ConnectionLostError,
    DomoError,
    InvalidCredentialsError,
    InvalidResponseError,
    MissingCredentialsError,
    ServerError,
)
from domo_async.settings import DomoSettings

pytestmark = pytest.mark.anyio

SECRET = "s3cr3t-0f-the-client"
TOKEN = "t0ken-that-nobody-may-see"


@pytest.fixture
def emulator():
    with Emulator(client_id="the-id", client_secret=SECRET) as emulator:
        yield emulator


@pytest.fixture
def log(caplog):
    """Everything that our loggers, and those of the libraries below, say at their most talkative."""
    with caplog.at_level(logging.DEBUG):
        yield caplog


def chain(error):
    """An exception and everything that hangs on to it, by cause and by context, in groups, shown or suppressed."""
    seen = {}
    waiting = [error]
    while waiting:
        link = waiting.pop()
        if link is None or id(link) in seen:
            continue
        seen[id(link)] = link
        waiting += [link.__cause__, link.__context__, *getattr(link, "exceptions", ())]
    return list(seen.values())


def everything_that_shows(error):
    """All texts that an error reporter could make of an error: its own, its frames' locals, its pickle."""
    texts = ["".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())]
    for link in chain(error):
        texts += [repr(link), str(link), repr(link.args), repr(vars(link))]
        # Not the frames of this file, which have the secrets in their hands to compare.
        for frame, _ in traceback.walk_tb(link.__traceback__):
            if frame.f_code.co_filename != __file__:
                for value in list(frame.f_locals.values()):
                    with contextlib.suppress(Exception):
                        texts.append(repr(value))
    if isinstance(error, DomoError):
        texts.append(pickle.dumps(error).decode("latin-1"))
    return texts


def assert_hidden(texts, *tokens):
    basic = base64.b64encode(f"the-id:{SECRET}".encode()).decode()
    for text in texts:
        for secret in (SECRET, basic, *tokens):
            assert secret not in text


def domo_for(emulator, **options):
    options.setdefault("grant_deadline", 5)
    return AsyncDomo(**emulator.connection, transport="httpx", retries=0, **options)


async def failure(kind, call):
    # Not pytest.raises: its own frames would join the traceback.
    try:
        await call()
    except kind as error:
        return error
    raise AssertionError("nothing was raised")


async def test_a_refused_grant(emulator, log):
    emulator.disable_client("the-id")
    async with domo_for(emulator) as domo:
        error = await failure(InvalidCredentialsError, domo.datasets.list().collect)
        again = await failure(InvalidCredentialsError, domo.datasets.list().collect)

    assert_hidden([*everything_that_shows(error), *everything_that_shows(again), log.text, repr(domo), repr(domo.auth)])


async def test_an_endpoint_that_cannot_be_reached(emulator, log):
    async with domo_for(emulator) as domo:
        emulator.stop()
        error = await failure(ConnectionFailedError, domo.datasets.list().collect)

    assert_hidden([*everything_that_shows(error), log.text])


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"kind": "reset"}, ConnectionLostError),
        ({"kind": "truncate", "bytes": 30}, ConnectionLostError),
        ({"kind": "stall", "bytes": 30}, CallTimeoutError),
        ({"kind": "malformed_json"}, InvalidResponseError),
        ({"kind": "status", "status": 500}, ServerError),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
async def test_a_grant_that_breaks_down(emulator, log, fault, kind):
    emulator.token_format = "opaque"
    emulator.faults.add(path="/oauth/token", **fault)
    silence = kind is CallTimeoutError  # only that takes as long as we wait; a busy machine needs its time for the rest
    async with domo_for(emulator, grant_deadline=0.5 if silence else 1.5, timeout=0.3 if silence else 5) as domo:
        error = await failure(kind, domo.datasets.list().collect)

    tokens = list(emulator._instance.tokens._tokens)
    assert tokens or kind in {ServerError, ConnectionLostError}
    assert_hidden([*everything_that_shows(error), log.text], *(token[:20] for token in tokens))


async def test_waiters_see_neither_secrets_nor_each_others_frames(emulator, log):
    emulator.disable_client("the-id")
    errors = []

    async def call(my_private_matter):
        errors.append(await failure(InvalidCredentialsError, lambda: domo.datasets.list(name_like=my_private_matter)))

    async with domo_for(emulator) as domo, anyio.create_task_group() as tasks:
        for number in range(10):
            tasks.start_soon(call, f"private-{number}")

    for error in errors:
        texts = everything_that_shows(error)
        assert_hidden([*texts, log.text])
        assert "_get_slowly" in {frame.name for frame in traceback.extract_tb(error.__traceback__)}
        others = {name for text in texts for name in (f"private-{n}" for n in range(10)) if f"'{name}'" in text}
        assert len(others) <= 1


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"kind": "status", "status": 500}, ServerError),
        ({"kind": "reset"}, ConnectionLostError),
        ({"kind": "truncate", "bytes": 1}, ConnectionLostError),
        ({"kind": "malformed_json"}, InvalidResponseError),
        ({"kind": "stall"}, CallTimeoutError),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
@pytest.mark.parametrize("token_format", ["jwt", "opaque"])
async def test_a_call_that_breaks_down(emulator, log, fault, kind, token_format):
    emulator.token_format = token_format
    emulator.faults.add(path="/v1/datasets", **fault)
    async with domo_for(emulator, timeout=0.3, grant_deadline=10) as domo:
        token = (await domo.token()).access_token.get_secret_value()
        error = await failure(kind, domo.datasets.list().collect)

    assert_hidden([*everything_that_shows(error), log.text, repr(domo.stats)], token)


async def test_a_call_to_a_server_that_is_gone(emulator, log):
    async with domo_for(emulator, grant_deadline=10) as domo:
        token = (await domo.token()).access_token.get_secret_value()
        emulator.stop()
        error = await failure(ConnectionFailedError, domo.datasets.list().collect)

    assert_hidden([*everything_that_shows(error), log.text], token)


async def test_a_token_that_breaks_the_header_is_refused_where_it_comes_in(log):
    def serve(request):
        return httpx.Response(200, json={"access_token": f"{TOKEN}\n", "expires_in": 60})

    auth = DomoAuth("the-id", SECRET, transport=httpx.MockTransport(serve), deadline=0.05)
    error = await failure(InvalidResponseError, auth.token)

    assert_hidden([*everything_that_shows(error), log.text], TOKEN)


async def test_a_refusal_that_echoes_the_token(log):
    def serve(request):
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json={"access_token": TOKEN, "expires_in": 60})
        return httpx.Response(500, text=f"you sent {request.headers['authorization']}")

    async with AsyncDomo("the-id", SECRET, transport=httpx.MockTransport(serve), retries=0) as domo:
        error = await failure(ServerError, domo.datasets.list().collect)

    assert "you sent [hidden]" in str(error)
    assert_hidden([*everything_that_shows(error), log.text], TOKEN)


@pytest.mark.parametrize(
    "settings",
    [
        {"api_url": "http://api.domo.com"},
        {"client_id": "a:b"},
        {"client_id": ""},
        {"client_secret": f"{SECRET}\x00"},
        {"client_secret": f"{SECRET}\udc80"},
        {"timeout": -1},
        {"grant_deadline": -1},
        {"concurrency": 0},
        {"transport": "carrier pigeon"},
        {"scopes": ["not a scope"]},
        {"grant_method": "PUT"},
    ],
    ids=lambda settings: next(iter(settings)),
)
async def test_settings_that_are_refused(settings, log):
    async def build():
        domo = AsyncDomo(**{"client_id": "the-id", "client_secret": SECRET, **settings})
        await domo.datasets.list()

    error = await failure(DomoError, build)

    assert_hidden([*frames_of_ours(error), log.text])


def test_credentials_in_the_url_are_not_repeated():
    try:
        AsyncDomo("the-id", "other", api_url=f"https://the-id:{SECRET}@api.domo.com")
    except ConfigurationError as error:
        caught = error

    assert_hidden([str(caught), repr(caught), *(str(link) for link in chain(caught))])


def frames_of_ours(error):
    """What the frames inside the package show; those that passed the secret in are the caller's own."""
    texts = []
    for link in chain(error):
        texts += [repr(link), str(link), repr(vars(link))]
        for frame, _ in traceback.walk_tb(link.__traceback__):
            if "/domo_async/" in frame.f_code.co_filename:
                texts += [repr(value) for value in frame.f_locals.values()]
    return texts


def test_a_dotenv_file_that_cannot_be_read_shows_none_of_it(tmp_path):
    (tmp_path / ".env").write_bytes(f"DOMO_CLIENT_SECRET={SECRET}\nX=\xff\n".encode("latin-1"))
    try:
        DomoSettings.load()
    except ConfigurationError as error:
        caught = error

    assert str(caught) == "The file .env cannot be read: UnicodeDecodeError"
    assert_hidden(everything_that_shows(caught))


def test_settings_show_no_secret(monkeypatch):
    monkeypatch.setenv("DOMO_CLIENT_ID", "the-id")
    monkeypatch.setenv("DOMO_CLIENT_SECRET", SECRET)
    settings = DomoSettings.load()

    assert settings.credentials == ClientCredentials("the-id", SECRET)
    assert_hidden([repr(settings), str(settings), settings.model_dump_json(), repr(settings.credentials)])


async def test_missing_credentials_show_what_is_there_to_nobody(monkeypatch):
    monkeypatch.setenv("DOMO_CLIENT_SECRET", SECRET)

    async def build():
        AsyncDomo()

    assert_hidden(everything_that_shows(await failure(MissingCredentialsError, build)))


# Stores that processes share


class Prying:
    """A store whose every error repeats what it was told."""

    def __init__(self, *, works=True):
        self.works = works
        self.told = []

    def tell(self, *facts):
        self.told += [fact for fact in facts if fact is not None]
        if not self.works:
            raise ValueError(f"{self.told}: redis://user:{SECRET}@host")

    async def load(self, key):
        self.tell(key)
        return self.value if hasattr(self, "value") else None

    async def save(self, key, value, *, instead_of, lifetime):
        self.tell(key, value, instead_of)
        self.value = value
        return True

    async def acquire(self, key, *, wait):
        self.tell(key)

        async def release():
            self.tell(key)

        return release

    def __repr__(self):
        return f"<Prying {self.told}>"


@pytest.mark.parametrize("works", [True, False])
async def test_a_grant_that_fails_shows_nothing_of_the_store_that_was_asked_first(emulator, log, works):
    store = Prying()
    async with domo_for(emulator, token_store=store) as domo:
        token = (await domo.token()).access_token.get_secret_value()
        await domo.datasets.list().collect()
        store.works = works
        emulator.disable_client("the-id")
        emulator.revoke_tokens()
        error = await failure(InvalidCredentialsError, domo.datasets.list().collect)

    assert token in store.value.decode()
    shared = repr(domo.auth.tokens._attempts._shared)
    assert_hidden([*everything_that_shows(error), log.text, repr(domo.auth), shared], token)
    assert works or "ValueError" in log.text


async def test_a_stored_token_that_is_spoilt_is_not_quoted(emulator, log, tmp_path):
    async with domo_for(emulator, token_store=tmp_path / "tokens") as domo:
        token = (await domo.token()).access_token.get_secret_value()
    (file,) = (tmp_path / "tokens").glob("*.token")
    file.write_bytes(file.read_bytes()[:-10])
    emulator.disable_client("the-id")
    async with domo_for(emulator, token_store=tmp_path / "tokens") as domo:
        error = await failure(InvalidCredentialsError, domo.datasets.list().collect)

    names = [entry.name for entry in (tmp_path / "tokens").iterdir()]
    assert_hidden([*everything_that_shows(error), log.text, *names], token)


def test_a_redis_that_is_down_is_logged_without_its_password(emulator, log):
    pytest.importorskip("redis")

    async def use():
        store = f"redis://user:{SECRET}@127.0.0.1:9/0"
        async with domo_for(emulator, token_store=store) as domo:
            token = (await domo.token()).access_token.get_secret_value()
        assert_hidden([log.text, repr(domo.auth), repr(domo.auth._store)], token)

    anyio.run(use)
    assert "RedisTokenStore does not work" in log.text


def test_the_address_of_the_store_shows_in_no_settings(monkeypatch):
    monkeypatch.setenv("DOMO_TOKEN_STORE", f"rediss://user:{SECRET}@host")

    assert_hidden([repr(DomoSettings.load()), DomoSettings.load().model_dump_json()])


async def test_tenants_show_no_secrets(emulator, log):
    async with AsyncDomo(credentials=no_credentials, api_url=emulator.url, retries=0) as domo:
        tenant = domo.for_client("the-id", SECRET)
        token = (await tenant.token()).access_token.get_secret_value()
        emulator.disable_client("the-id")
        emulator.revoke_tokens()
        error = await failure(InvalidCredentialsError, tenant.datasets.list().collect)

    assert_hidden([*everything_that_shows(error), log.text, repr(tenant), repr(tenant.stats)], token)
