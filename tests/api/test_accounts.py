"""Accounts and their types: what goes over the wire, and what must never come out again."""

from __future__ import annotations

import json
import logging
import pickle
import traceback

import pytest
from pydantic import SecretStr

from domo_async.errors import BadRequestError, CallError, InvalidArgumentError, NotFoundError

pytestmark = pytest.mark.anyio

SECRET = "hunter2-and-more"
ACCOUNT = {"id": "513", "name": "Login", "valid": True, "type": {"id": "acme-db", "properties": {}}}
PROPERTIES = {"username": "svc", "password": SecretStr(SECRET), "port": 22}
ON_THE_WIRE = {"username": "svc", "password": SECRET, "port": 22}


@pytest.mark.parametrize(
    ("call", "method", "path", "body", "status", "document"),
    [
        (
            lambda a: a.create(name="Login", type_id="acme-db", properties=PROPERTIES),
            "POST",
            "/v1/accounts",
            {"name": "Login", "type": {"id": "acme-db", "properties": ON_THE_WIRE}},
            201,
            ACCOUNT,
        ),
        (lambda a: a.get("513"), "GET", "/v1/accounts/513", None, 200, ACCOUNT),
        (lambda a: a.update(513, name="New"), "PATCH", "/v1/accounts/513", {"name": "New"}, 202, ACCOUNT),
        (
            lambda a: a.update(513, type_id="sftp", properties={"password": SECRET}),
            "PATCH",
            "/v1/accounts/513",
            {"type": {"id": "sftp", "properties": {"password": SECRET}}},
            200,
            None,
        ),
        (lambda a: a.delete(513), "DELETE", "/v1/accounts/513", None, 200, None),
        (lambda a: a.delete(513), "DELETE", "/v1/accounts/513", None, 204, None),
        (
            lambda a: a.share(513, user_id="7"),
            "POST",
            "/v1/accounts/513/shares",
            {"user": {"id": 7}},
            200,
            None,
        ),
    ],
)
async def test_the_wire(wire, domo, sent, call, method, path, body, status, document):
    """Each operation sends its one request, and takes every answer that a source documents."""
    wire.route(method=method, path=path).respond(status, **({} if document is None else {"json": document}))

    result = await call(domo.accounts)

    assert (result is None) is (document is None)
    assert (sent().method, sent().url.path) == (method, path)
    assert (json.loads(sent().content) if sent().content else None) == body


async def test_new_credentials_look_up_their_type(wire, domo):
    """Domo wants the type along with the properties."""
    wire.get("/v1/accounts/513").respond(json=ACCOUNT)
    patch = wire.patch("/v1/accounts/513").respond(202, json=ACCOUNT)

    await domo.accounts.update(513, properties={"password": SECRET})

    body = json.loads(patch.calls.last.request.content)
    assert body == {"type": {"id": "acme-db", "properties": {"password": SECRET}}}


@pytest.mark.parametrize("plain", [True, False])
async def test_credentials_stay_out_of_everything(wire, domo, caplog, plain):
    """Neither the error, nor its pickle, nor the log, nor a traceback with local variables shows one."""
    caplog.set_level(logging.DEBUG)
    wire.post("/v1/accounts").respond(400, json={"status": 400, "message": f"Wrong password {SECRET} for svc"})
    properties = {"password": SECRET if plain else SecretStr(SECRET)}

    with pytest.raises(BadRequestError, match=r"Wrong password \[hidden\] for svc") as caught:
        await domo.accounts.create(name="Login", type_id="acme-db", properties=properties)

    del properties
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    own = [frame for frame in told.stack if "domo_async" in frame.filename]
    assert own
    for frame in own:
        for name, value in (frame.locals or {}).items():
            assert SECRET not in value, f"{frame.filename}:{frame.lineno} {name}"
    for text in (
        str(caught.value),
        repr(caught.value),
        repr([frame.locals for frame in own]),
        caplog.text,
    ):
        assert SECRET not in text
    assert SECRET.encode() not in pickle.dumps(caught.value)


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"type_id": " "}, {"properties": "user:password"}, {"properties": None}]
)
async def test_nonsense_is_not_sent(wire, domo, wrong):
    """The error names the argument, and the wire stays silent."""
    (name,) = wrong
    with pytest.raises(InvalidArgumentError, match=f"^{name}: "):
        await domo.accounts.create(**{"name": "Login", "type_id": "x", "properties": {}, **wrong})
    assert not wire.calls


async def test_share_needs_a_user(wire, domo):
    with pytest.raises(InvalidArgumentError, match=r"^user_id: "):
        await domo.accounts.share(1, user_id="ada")
    assert not wire.calls


async def test_the_life_of_an_account(live, emulator):
    """Credentials go in, and only the emulator knows them afterwards."""
    account = await live.accounts.create(
        name="Login", type_id="acme-db", properties={"username": "svc", "password": SECRET}
    )
    assert account.type.properties == {}
    assert emulator.accounts.properties(account.id) == {"username": "svc", "password": SECRET}

    changed = await live.accounts.update(account.id, properties={"username": "svc", "password": "other-one"})
    assert (changed.id, changed.type.id) == (account.id, "acme-db")
    assert emulator.accounts.properties(account.id)["password"] == "other-one"

    assert (await live.accounts.update(account.id, name="Renamed")).name == "Renamed"
    assert [each.name async for each in live.accounts.list()] == ["Renamed"]
    await live.accounts.delete(account.id)
    with pytest.raises(NotFoundError):
        await live.accounts.get(account.id)


async def test_an_account_is_seen_by_whom_it_is_shared_with(live, emulator):
    """Others do not even learn that it exists."""
    from domo_async import AsyncDomo

    client = emulator.add_client(user_id=99, name="Bo")
    account = await live.accounts.create(name="Login", type_id="any", properties={})
    async with AsyncDomo(client.client_id, client.client_secret, api_url=emulator.url, transport="httpx") as bo:
        with pytest.raises(NotFoundError):
            await bo.accounts.get(account.id)
        await live.accounts.share(account.id, user_id=99)
        assert (await bo.accounts.get(account.id)).name == "Login"


async def test_types_say_what_accounts_are_made_of(live):
    """Listings name them, the detail names their properties, and Domo holds accounts to that."""
    kinds = [kind.id async for kind in live.account_types.list(page_size=2)]
    assert "acme-db" in kinds
    kind = await live.account_types.get("acme-db")
    assert [each.name for each in kind.properties if each.required] == ["username", "password"]
    with pytest.raises(CallError, match="Password is required"):
        await live.accounts.create(name="Login", type_id="acme-db", properties={"username": "svc"})
    with pytest.raises(NotFoundError):
        await live.account_types.get("unheard-of")


async def test_listings_ask_for_50(wire, domo, sent):
    """What surely works is the default; what the specification allows may be asked for."""
    wire.get("/v1/account-types").respond(json=[{"id": "x", "name": "X"}])
    assert [kind.name async for kind in domo.account_types.list()] == ["X"]
    assert sent().url.query == b"limit=50&offset=0"
    domo.accounts.list(page_size=500)
    with pytest.raises(InvalidArgumentError, match="page_size"):
        domo.accounts.list(page_size=501)
