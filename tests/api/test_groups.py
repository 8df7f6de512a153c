"""Groups: what goes over the wire, and who belongs to them."""

from __future__ import annotations

import json

import pytest

from domo_async.errors import BadRequestError, ConflictError, InvalidArgumentError

pytestmark = pytest.mark.anyio

CREATED = {"name": "Crew", "active": True}
CREW = {"id": 90210, "name": "Harbour crew", "active": True, "creatorId": "7", "default": False}


@pytest.mark.parametrize(
    ("call", "method", "path", "body", "status", "document"),
    [
        (
            lambda g: g.create(name="Crew", active=True),
            "POST",
            "/v1/groups",
            {"name": "Crew", "active": True},
            201,
            CREW,
        ),
        (lambda g: g.get(90210), "GET", "/v1/groups/90210", None, 200, CREW),
        (lambda g: g.update(90210, active=False), "PUT", "/v1/groups/90210", {"active": False}, 200, None),
        (lambda g: g.update("90210", name="x"), "PUT", "/v1/groups/90210", {"name": "x"}, 200, CREW),
        (lambda g: g.delete(90210), "DELETE", "/v1/groups/90210", None, 204, None),
        (lambda g: g.add_member(90210, "7"), "PUT", "/v1/groups/90210/users/7", None, 204, None),
        (lambda g: g.remove_member(90210, 7), "DELETE", "/v1/groups/90210/users/7", None, 204, None),
    ],
)
async def test_the_wire(wire, domo, sent, call, method, path, body, status, document):
    """Each operation sends its one request."""
    wire.route(method=method, path=path).respond(status, **({} if document is None else {"json": document}))

    result = await call(domo.groups)

    assert (result is None) is (document is None)
    assert (sent().method, sent().url.path) == (method, path)
    assert (json.loads(sent().content) if sent().content else None) == body


async def test_nonsense_is_not_sent(wire, domo):
    """Names say something, ids are numbers, and lists of ids are lists."""
    with pytest.raises(InvalidArgumentError, match="name"):
        await domo.groups.create(name="")
    with pytest.raises(InvalidArgumentError, match="user_id"):
        await domo.groups.add_member(1, "ada")
    for wrong in ("12", [1, -1], [True], [None]):
        with pytest.raises(InvalidArgumentError, match="user_ids"):
            await domo.groups.set_members(1, wrong)
    assert not wire.calls


async def test_members_are_brought_to_what_was_asked_for(live, emulator):
    """Only the difference is sent, and the answer says what it was."""
    ada, bo, cy = (emulator.people.add_user(name, f"{name}@x.example") for name in ("ada", "bo", "cy"))
    group = await live.groups.create(name="Crew")
    await live.groups.set_members(group.id, [ada, bo])
    emulator.clear_requests()

    change = await live.groups.set_members(group.id, [bo, str(cy)])

    assert (change.added, change.removed) == ((cy,), (ada,))
    assert sorted(await live.groups.list_members(group.id).collect()) == sorted([bo, cy])
    assert [request.method for request in emulator.requests] == ["GET", "PUT", "DELETE", "GET"]
    assert (await live.groups.set_members(group.id, [cy, bo])).added == ()
    assert (await live.groups.get(group.id)).member_count == 2


async def test_a_group_with_members_is_deleted_on_demand_only(live, emulator):
    """Domo refuses; `remove_members` empties it first."""
    group = await live.groups.create(name="Crew")
    await live.groups.add_member(group.id, emulator.people.add_user("ada", "ada@x.example"))
    with pytest.raises(ConflictError):
        await live.groups.delete(group.id)

    await live.groups.delete(group.id, remove_members=True)

    assert (await live.groups.get(group.id)).deleted is True
    assert [each.name async for each in live.groups.list()] == ["Default"]


async def test_an_inactive_group_keeps_its_members(live, emulator):
    """Its members cannot be changed until it is active again."""
    group = await live.groups.create(name="Crew", active=False)
    user_id = emulator.people.add_user("ada", "ada@x.example")
    with pytest.raises(BadRequestError):
        await live.groups.add_member(group.id, user_id)
    assert (await live.groups.update(group.id, active=True)).active is True
    await live.groups.add_member(group.id, user_id)
