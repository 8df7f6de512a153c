"""Users."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from starlette.responses import Response

from domo_async.emulator.catalog import iso_seconds
from domo_async.emulator.entities.audit import note
from domo_async.emulator.entities.fields import Fields, bad_request
from domo_async.emulator.operations import Call, Operation, answer
from domo_async.emulator.refusals import RefusedError

if TYPE_CHECKING:
    from domo_async.emulator.entities.shelf import Document

__all__ = ["OPERATIONS", "existing_user"]

_PAGE, _MOST = 50, 500
_TEXTS = ("title", "alternateEmail", "phone", "location", "timezone", "locale", "department", "employeeId", "roleId")
_IN_LISTS = (
    *("id", "title", "email", "alternateEmail", "role", "roleId", "phone", "name", "location"),
    *("employeeNumber", "employeeId", "createdAt", "updatedAt", "image"),
)


async def list_users(call: Call) -> Response:
    """One page of all users, without what only the detail shows."""
    offset, limit = call.number("offset", default=0), call.number("limit", default=_PAGE, maximum=_MOST)
    users = call.instance.people.current_users()[offset : offset + limit]
    return answer([{key: user[key] for key in _IN_LISTS if key in user} for user in users])


async def create_user(call: Call) -> Response:
    """A new user. The answer leaves out time zone and locale, as the specification says."""
    fields = Fields(await call.json_object())
    attributes: Document = {"name": fields.required("name"), "role": fields.required("role")}
    attributes["email"] = _free_address(call, fields.required("email"), None)
    user = call.instance.people.enter({**attributes, **{k: v for k, v in _optional(fields).items() if v is not None}})
    note(call, "CREATED", "USER", user["id"], user["name"])
    document = _detail(call, user)
    return answer({key: value for key, value in document.items() if key not in {"timezone", "locale"}}, 201)


async def get_user(call: Call) -> Response:
    """One user in full, or the stub of a deleted one."""
    user = call.instance.people.users.get(call.path["user_id"])
    if user is not None and user["deleted"] and call.instance.deleted_stubs:
        return answer({"id": user["id"], "name": user["name"], "deleted": True})
    return answer(_detail(call, existing_user(call, call.path["user_id"])))


async def update_user(call: Call) -> Response:
    """Change what the body names; a null empties. The address has to be there, as was seen."""
    user = existing_user(call, call.path["user_id"])
    fields = Fields(await call.json_object())
    changes: Document = {"email": _free_address(call, fields.required("email"), user)}
    for name in ("name", "role"):
        if name in fields:
            changes[name] = fields.required(name)
    changes |= _optional(fields)
    for name, value in changes.items():
        if value is None:
            user.pop(name, None)
        else:
            user[name] = value
    user["updatedAt"] = iso_seconds(datetime.now(UTC))
    note(call, "UPDATED", "USER", user["id"], user["name"])
    return answer(_detail(call, user))


async def delete_user(call: Call) -> Response:
    """Delete a user, who leaves all groups."""
    user = existing_user(call, call.path["user_id"])
    call.instance.people.delete_user(user)
    note(call, "DELETED", "USER", user["id"], user["name"])
    return Response(status_code=204)


def existing_user(call: Call, user_id: int | str) -> Document:
    """The user with this id.

    Raises:
        RefusedError: 404, there is none, or it is deleted.
    """
    user = call.instance.people.users.get(user_id)
    if user is None or user["deleted"]:
        raise RefusedError.gateway(404)
    return user


def _detail(call: Call, user: Document) -> Document:
    groups = call.instance.people.groups_of(user["id"])
    return {**user, "groups": [{"id": group["id"], "name": group["name"]} for group in groups]}


def _optional(fields: Fields) -> Document:
    """The optional attributes that are in the body, those with null included."""
    changes: Document = {name: fields.text(name) for name in _TEXTS if name in fields}
    if "employeeNumber" in fields:
        changes["employeeNumber"] = fields.number("employeeNumber")
    return changes


def _free_address(call: Call, email: str, owner: Document | None) -> str:
    if "@" not in email:
        raise bad_request()
    holder = call.instance.people.by_email(email)
    if holder is not None and holder is not owner:
        raise RefusedError.gateway(409, "The email address is in use")
    return email


OPERATIONS = [
    Operation("GET", "/v1/users", list_users, scope="user"),
    Operation("POST", "/v1/users", create_user, scope="user"),
    Operation("GET", "/v1/users/{user_id}", get_user, scope="user"),
    Operation("PUT", "/v1/users/{user_id}", update_user, scope="user"),
    Operation("DELETE", "/v1/users/{user_id}", delete_user, scope="user"),
]
