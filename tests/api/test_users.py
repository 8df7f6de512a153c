"""Users: what goes over the wire, and what becomes of them."""

from __future__ import annotations

import json

import pytest

from domo_async import AsyncDomo
from domo_async.errors import ConflictError, InsufficientScopeError, InvalidArgumentError, NotFoundError

pytestmark = pytest.mark.anyio

ADA = {"id": 7, "name": "Ada", "email": "ada@x.example", "role": "Admin", "title": "Countess"}
NEW = {"name": "Ada", "email": "ada@x.example", "role": "Admin"}


async def test_create_sends_what_was_passed(wire, domo, sent):
    """Camel case, no key for what was left out, and the invitation in the query."""
    wire.post("/v1/users").respond(201, json=ADA)

    user = await domo.users.create(**NEW, role_id=2, alternate_email="a@y.example", employee_number=5)

    assert user.id == 7
    assert sent().url.query == b"sendInvite=false"
    assert json.loads(sent().content) == {**NEW, "roleId": 2, "alternateEmail": "a@y.example", "employeeNumber": 5}


async def test_update_looks_up_what_domo_wants(wire, domo):
    """Address, name and role are always sent; what is passed wins, and None empties."""
    wire.get("/v1/users/7").respond(json=ADA)
    put = wire.put("/v1/users/7").respond(200)

    assert await domo.users.update(7, name="Ada L.", title=None) is None

    assert json.loads(put.calls.last.request.content) == {**NEW, "name": "Ada L.", "title": None}


async def test_update_asks_once_if_nothing_is_missing(wire, domo, sent):
    """No lookup for what the caller says himself."""
    wire.put("/v1/users/7").respond(json=ADA)

    assert (await domo.users.update(7, **NEW)).name == "Ada"

    assert sent().method == "PUT"


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"email": "nobody"},
        {"email": "a b@x.example"},
        {"role": ""},
        {"timezone": "Mars/Olympus"},
        {"timezone": "../etc/passwd"},
        {"locale": "english please"},
    ],
)
async def test_nonsense_is_not_sent(wire, domo, wrong):
    """The error names the argument, and the wire stays silent."""
    (name,) = wrong
    with pytest.raises(InvalidArgumentError, match=f"^{name}: "):
        await domo.users.create(**{**NEW, **wrong})
    with pytest.raises(InvalidArgumentError, match=f"^{name}: "):
        await domo.users.update(7, **wrong)
    assert not wire.calls


@pytest.mark.parametrize("user_id", ["", "..", True])
async def test_ids_stay_in_their_place(wire, domo, user_id):
    """An id cannot lead to another path."""
    with pytest.raises(InvalidArgumentError, match="user_id"):
        await domo.users.get(user_id)
    assert not wire.calls


async def test_pages_are_of_500(wire, domo, sent):
    """The documented maximum is the default, and more is refused."""
    wire.get("/v1/users").respond(json=[ADA])
    assert [user.name async for user in domo.users.list()] == ["Ada"]
    assert sent().url.query == b"limit=500&offset=0"
    with pytest.raises(InvalidArgumentError, match="page_size"):
        domo.users.list(page_size=501)


async def test_the_life_of_a_user(live):
    """Created, found, changed, deleted, and a stub in the end."""
    user = await live.users.create(name="Ines", email="ines@x.example", role="Privileged", timezone="Europe/Oslo")
    assert (await live.users.get(user.id)).timezone == "Europe/Oslo"
    assert [group.name for group in user.groups] == ["Default"]
    assert (await live.users.find(email="INES@x.example")).id == user.id
    assert await live.users.find(email="nobody@x.example") is None
    with pytest.raises(ConflictError):
        await live.users.create(name="Other", email="ines@X.example", role="Privileged")

    changed = await live.users.update(user.id, title="Tide Analyst", timezone=None)
    assert (changed.title, changed.timezone, changed.name) == ("Tide Analyst", None, "Ines")

    await live.users.delete(user.id)
    assert (await live.users.get(user.id)).deleted is True
    with pytest.raises(NotFoundError):
        await live.users.delete(user.id)


async def test_all_pages_are_read(live):
    """More users than fit into a page arrive once each."""
    for number in range(7):
        await live.users.create(name=f"U{number}", email=f"u{number}@x.example", role="Participant")
    names = [user.name async for user in live.users.list(page_size=3)]
    assert sorted(names) == sorted({"DomoSupport", *(f"U{number}" for number in range(7))})


async def test_the_scope_is_named(emulator):
    """A token without the scope is refused with an error that says which one it takes."""
    client = emulator.add_client(scopes=["data"])
    async with AsyncDomo(client.client_id, client.client_secret, api_url=emulator.url, transport="httpx") as domo:
        with pytest.raises(InsufficientScopeError, match="'user'"):
            await domo.users.list()
