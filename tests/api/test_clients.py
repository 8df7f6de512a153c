"""API clients: made with the sign-in of a person, and without an access token anywhere."""

from __future__ import annotations

import json
import traceback

import httpx
import pytest
import respx
from pydantic import SecretStr

from domo_async import AsyncDomo
from domo_async.errors import (
    AuthenticationError,
    ConflictError,
    ConnectionFailedError,
    InvalidArgumentError,
    InvalidResponseError,
    MaintenanceError,
)
from domo_async.models import InstanceSession

pytestmark = pytest.mark.anyio

PASSWORD = "hunter2-and-more"
SESSION = {"userId": 7, "sessionToken": "the-session", "success": True}
CLIENT = {"name": "sync", "scope": ["data"], "client_id": "the-id", "client_secret": "the-client-secret"}
SIGN_IN = "https://acme.domo.com/api/content/v2/authentication"
WHO = {"instance": "acme", "email": "ada@acme.example", "password": PASSWORD}


@pytest.fixture
def instance():
    with respx.mock(assert_all_called=False) as router:
        router.post(SIGN_IN, name="sign_in").respond(json=SESSION)
        router.post("https://api.domo.com/clients", name="create").respond(201, json=CLIENT)
        yield router


@pytest.fixture
async def domo(instance):
    async with AsyncDomo("id", "secret", transport="httpx", retries=3) as domo:
        yield domo


async def test_the_wire(instance, domo):
    """Two requests to two places, both without a bearer, and no grant."""
    client = await domo.clients.create(name="sync", scopes=["data", "data"], description="d", **WHO)

    assert (client.client_id, client.client_secret.get_secret_value()) == ("the-id", "the-client-secret")
    first, second = (call.request for call in instance.calls)
    assert str(first.url) == SIGN_IN
    assert first.headers["origin"] == "https://acme.domo.com"
    assert json.loads(first.content) == {"method": "password", "emailAddress": WHO["email"], "password": PASSWORD}
    assert str(second.url) == "https://api.domo.com/clients"
    assert second.headers["x-domo-authentication"] == "the-session"
    assert second.headers["x-domo-customerdomain"] == "acme.domo.com"
    assert json.loads(second.content) == {"name": "sync", "scope": ["data"], "description": "d"}
    assert not any("authorization" in request.headers for request in (first, second))


async def test_a_browser_session_signs_in_too(instance, domo):
    """The other documented method, with its cookie."""
    session = await domo.clients.sign_in("acme.domo.com", browser_session=SecretStr("c00kie"))
    request = instance["sign_in"].calls.last.request
    assert request.headers["cookie"] == "_dsidv1=c00kie"
    assert json.loads(request.content) == {"method": "exptoken"}
    await domo.clients.create(name="sync", scopes="data", instance="acme", session=session)
    assert instance["sign_in"].call_count == 1


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"name": " "}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"instance": "acme.example/"}, "instance"),
        ({"instance": ""}, "instance"),
        ({"email": None}, "email"),
        ({"password": None}, "password, session"),
        ({"session": InstanceSession()}, "password, session"),
        ({"session": InstanceSession(), "password": None}, "session"),
        ({"instance_url": "http://acme.domo.com"}, "instance_url"),
    ],
)
async def test_nonsense_is_not_sent(instance, domo, changes, name):
    """The error names the argument, and the wire stays silent."""
    with pytest.raises(InvalidArgumentError, match=f"^{name}: "):
        await domo.clients.create(**{"name": "sync", "scopes": ["data"], **WHO, **changes})
    assert not instance.calls


@pytest.mark.parametrize("cookie", ["a; b=c", "a\r\nx: y", "a b"])
async def test_a_cookie_cannot_bring_others(instance, domo, cookie):
    with pytest.raises(InvalidArgumentError, match="browser_session"):
        await domo.clients.sign_in("acme", browser_session=cookie)
    assert not instance.calls


@pytest.mark.parametrize("body", [{"success": False}, {"success": True, "sessionToken": None}, {"sessionToken": ""}])
async def test_a_session_that_was_not_opened(instance, domo, body):
    """Whatever the status says."""
    instance["sign_in"].respond(json=body)
    with pytest.raises(AuthenticationError, match="second factor"):
        await domo.clients.sign_in("acme", email="ada@acme.example", password=PASSWORD)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.Response(401, json={"message": f"no {PASSWORD}"}), AuthenticationError),
        (httpx.Response(200, text="<html><title>Sign in</title></html>"), InvalidResponseError),
        (httpx.Response(200, text="<html><title>Domo Maintenance</title></html>"), MaintenanceError),
        (httpx.Response(200, text=f'{{"sessionToken": {{"{PASSWORD}": 1}}}}'), InvalidResponseError),
        (httpx.ConnectError("nobody there"), ConnectionFailedError),
    ],
)
async def test_failures_have_names_and_no_secrets(instance, domo, answer, kind):
    """They are sent once, and nothing of them shows the password, local variables of a traceback included."""
    instance["sign_in"].mock(side_effect=[answer])

    with pytest.raises(kind) as caught:
        await domo.clients.sign_in("acme", email="ada@acme.example", password=PASSWORD)

    assert caught.value.operation == "clients.sign_in"
    assert instance["sign_in"].call_count == 1
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    for frame in told.stack:
        if "/domo_async/" in frame.filename:
            for name, value in (frame.locals or {}).items():
                assert PASSWORD not in value, f"{frame.filename}:{frame.lineno} {name}"
    assert PASSWORD not in str(caught.value)


async def test_a_created_client_works(live, emulator):
    """It gets tokens for its scopes, can be listed and taken away."""
    emulator.people.add_user("Ada", "ada@x.example", password=PASSWORD, role="Admin")
    who = {"instance": "emulator", "instance_url": emulator.url, "email": "ada@x.example"}

    made = await live.clients.create(name="sync", scopes=["user"], password=PASSWORD, **who)

    async with AsyncDomo(made.client_id, made.client_secret, api_url=emulator.url, transport="httpx") as domo:
        assert (await domo.token()).scope == "user"
        assert [user.name async for user in domo.users.list()] == ["DomoSupport", "Ada"]
    assert [client.title for client in emulator.clients.all()] == [None, "sync"]
    with pytest.raises(ConflictError):
        await live.clients.create(name="sync", scopes=["user"], password=PASSWORD, **who)
    with pytest.raises(AuthenticationError):
        await live.clients.create(name="other", scopes=["user"], password="wrong-one", **who)
    emulator.clients.remove(made.client_id)
    async with AsyncDomo(made.client_id, made.client_secret, api_url=emulator.url, transport="httpx") as domo:
        with pytest.raises(AuthenticationError):
            await domo.token()


async def test_a_lent_transport_is_used_and_not_closed(instance):
    """The same network as for everything else, whatever it is."""
    seen = []

    class Transport(httpx.AsyncBaseTransport):
        closed = False

        async def handle_async_request(self, request):
            seen.append(str(request.url))
            return httpx.Response(200, json=SESSION)

        async def aclose(self):
            self.closed = True

    transport = Transport()
    async with AsyncDomo("id", "secret", transport=transport) as domo:
        await domo.clients.sign_in("acme", email="ada@acme.example", password=PASSWORD)
    assert seen == [SIGN_IN]
    assert not transport.closed
