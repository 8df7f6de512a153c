"""Groups and their members."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from domo_async.emulator.entities.audit import note
from domo_async.emulator.entities.fields import Fields, bad_request
from domo_async.emulator.operations import Call, Operation, answer
from domo_async.emulator.refusals import RefusedError
from domo_async.emulator.routes.users import existing_user

if TYPE_CHECKING:
    from domo_async.emulator.entities.shelf import Document

__all__ = ["OPERATIONS"]

_PAGE, _MOST = 50, 500


async def list_groups(call: Call) -> Response:
    """One page of all groups."""
    offset, limit = call.number("offset", default=0), call.number("limit", default=_PAGE, maximum=_MOST)
    groups = call.instance.people.current_groups()[offset : offset + limit]
    return answer([_shown(group, "id", "name", "default", "active", "memberCount") for group in groups])


async def create_group(call: Call) -> Response:
    """A new group without members."""
    fields = Fields(await call.json_object())
    active = fields.flag("active")
    if active is None:
        active = fields.flag("isActive")  # as Domo's Java SDK spells it
    group = call.instance.people.add_group(
        fields.required("name"),
        creator_id=call.client.user_id,
        active=active is not False,
        default=fields.flag("default") is True,
    )
    note(call, "CREATED", "GROUP", group["id"], group["name"])
    return answer(_shown(group, "id", "name", "active", "creatorId", "default"), 201)


async def get_group(call: Call) -> Response:
    """One group, or the stub of a deleted one."""
    group = call.instance.people.groups.get(call.path["group_id"])
    if group is not None and group["deleted"] and call.instance.deleted_stubs:
        return answer({"id": group["id"], "name": group["name"], "deleted": True})
    return answer(_detail(_existing(call)))


async def update_group(call: Call) -> Response:
    """Change what the body names."""
    group = _existing(call)
    fields = Fields(await call.json_object())
    name, active, default = fields.text("name"), fields.flag("active"), fields.flag("default")
    if name is not None and not name.strip():
        raise bad_request()
    for key, value in (("name", name), ("active", active), ("default", default)):
        if value is not None:
            group[key] = value
    note(call, "UPDATED", "GROUP", group["id"], group["name"])
    return answer(_detail(group))


async def delete_group(call: Call) -> Response:
    """Delete a group, unless it has members."""
    group = _existing(call)
    if group["members"]:
        raise RefusedError.gateway(409, "The group has members")
    group["deleted"] = True
    note(call, "DELETED", "GROUP", group["id"], group["name"])
    return Response(status_code=204)


async def list_members(call: Call) -> Response:
    """One page of the ids of a group's users."""
    group = _existing(call)
    offset, limit = call.number("offset", default=0), call.number("limit", default=_PAGE, maximum=_MOST)
    return answer(group["members"][offset : offset + limit])


async def add_member(call: Call) -> Response:
    """Let a user join; nothing happens if he has."""
    group, user = _active(call), existing_user(call, call.path["user_id"])
    if user["id"] not in group["members"]:
        group["members"].append(user["id"])
        note(call, "ADDED", "GROUP", group["id"], group["name"])
    return Response(status_code=204)


async def remove_member(call: Call) -> Response:
    """Let a user leave."""
    group = _active(call)
    number = call.path_number("user_id")
    if number not in group["members"]:
        raise RefusedError.gateway(404)
    group["members"].remove(number)
    note(call, "REMOVED", "GROUP", group["id"], group["name"])
    return Response(status_code=204)


def _existing(call: Call) -> Document:
    group = call.instance.people.groups.get(call.path["group_id"])
    if group is None or group["deleted"]:
        raise RefusedError.gateway(404)
    return group


def _active(call: Call) -> Document:
    group = _existing(call)
    if not group["active"]:
        raise bad_request("The group is not active")
    return group


def _detail(group: Document) -> Document:
    return _shown(group, "id", "name", "active", "default", "memberCount", "creatorId")


def _shown(group: Document, *keys: str) -> Document:
    everything = {**group, "memberCount": len(group["members"])}
    return {key: everything[key] for key in keys}


_GROUP, _MEMBER = "/v1/groups/{group_id}", "/v1/groups/{group_id}/users/{user_id}"
OPERATIONS = [
    Operation("GET", "/v1/groups", list_groups, scope="user"),
    Operation("POST", "/v1/groups", create_group, scope="user"),
    Operation("GET", _GROUP, get_group, scope="user"),
    Operation("PUT", _GROUP, update_group, scope="user"),
    Operation("DELETE", _GROUP, delete_group, scope="user"),
    Operation("GET", f"{_GROUP}/users", list_members, scope="user"),
    Operation("PUT", _MEMBER, add_member, scope="user"),
    Operation("DELETE", _MEMBER, remove_member, scope="user"),
]
