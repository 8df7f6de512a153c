"""Accounts and account types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from domo_async.emulator.entities.accounts import TYPES
from domo_async.emulator.entities.audit import note
from domo_async.emulator.entities.fields import Fields, bad_request
from domo_async.emulator.operations import Call, Operation, answer
from domo_async.emulator.refusals import RefusedError

if TYPE_CHECKING:
    from domo_async.emulator.entities.shelf import Document

__all__ = ["OPERATIONS"]

_PAGE, _MOST = 50, 500


async def list_accounts(call: Call) -> Response:
    """One page of the accounts that the client's user may see."""
    offset, limit = call.number("offset", default=0), call.number("limit", default=_PAGE, maximum=_MOST)
    return answer(call.instance.accounts.visible_to(call.client.user_id)[offset : offset + limit])


async def create_account(call: Call) -> Response:
    """A new account."""
    fields = Fields(await call.json_object())
    name, kind = fields.required("name"), fields.child("type")
    if kind is None:
        raise bad_request()
    type_id, properties = kind.required("id"), _properties(kind) or {}
    _check(type_id, properties)
    account = call.instance.accounts.add(call.client.user_id, name, type_id, properties)
    note(call, "CREATED", "ACCOUNT", account["id"], name)
    return answer(account)


async def get_account(call: Call) -> Response:
    """One account, without its credentials."""
    return answer(_existing(call))


async def update_account(call: Call) -> Response:
    """Change what the body names; credentials need their type."""
    account = _existing(call)
    fields = Fields(await call.json_object())
    name, kind = fields.text("name"), fields.child("type")
    if name is not None and not name.strip():
        raise bad_request()
    if kind is not None:
        type_id, properties = kind.required("id"), _properties(kind)
        if properties:
            _check(type_id, properties)
            call.instance.accounts.replace_properties(int(account["id"]), properties)
        account["type"]["id"] = type_id
    if name is not None:
        account["name"] = name
    note(call, "UPDATED", "ACCOUNT", account["id"], account["name"])
    return answer(account, 202)


async def delete_account(call: Call) -> Response:
    """Delete an account."""
    account = _existing(call)
    call.instance.accounts.delete(int(account["id"]))
    note(call, "DELETED", "ACCOUNT", account["id"], account["name"])
    return Response(status_code=204)


async def share_account(call: Call) -> Response:
    """Let a user use an account. The specification says GET, with a body; Domo's SDKs POST."""
    account = _existing(call)
    user = Fields(await call.json_object()).child("user")
    user_id = user.number("id") if user is not None else None
    if user_id is None:
        raise bad_request()
    call.instance.accounts.shares[int(account["id"])].add(user_id)
    note(call, "SHARED", "ACCOUNT", account["id"], account["name"])
    return Response(status_code=200)


async def list_types(call: Call) -> Response:
    """One page of the account types."""
    offset, limit = call.number("offset", default=0), call.number("limit", default=_PAGE, maximum=_MOST)
    return answer([{"id": kind["id"], "name": kind["name"]} for kind in [*TYPES.values()][offset : offset + limit]])


async def get_type(call: Call) -> Response:
    """One account type with what its accounts are made of."""
    kind = TYPES.get(call.path["type_id"])
    if kind is None:
        raise RefusedError.gateway(404)
    return answer(kind)


def _existing(call: Call) -> Document:
    account = call.instance.accounts.accounts.get(call.path["account_id"])
    if account is None or not call.instance.accounts.may_see(account, call.client.user_id):
        raise RefusedError.gateway(404)
    return account


def _properties(kind: Fields) -> Document | None:
    properties = kind.child("properties")
    return None if properties is None else properties.raw()


def _check(type_id: str, properties: Document) -> None:
    kind = TYPES.get(type_id)
    needed = kind["_templates"]["default"]["properties"] if kind is not None else []
    for each in needed:
        if each["required"] and not properties.get(each["name"]):
            raise bad_request(f"{each['prompt']} is required")


_PATH = "/v1/accounts/{account_id}"
OPERATIONS = [
    Operation("GET", "/v1/accounts", list_accounts, scope="account"),
    Operation("POST", "/v1/accounts", create_account, scope="account"),
    Operation("GET", _PATH, get_account, scope="account"),
    Operation("PATCH", _PATH, update_account, scope="account"),
    Operation("DELETE", _PATH, delete_account, scope="account"),
    Operation("POST", f"{_PATH}/shares", share_account, scope="account"),
    Operation("GET", f"{_PATH}/shares", share_account, scope="account", changes=True),
    Operation("GET", "/v1/account-types", list_types, scope="account"),
    Operation("GET", "/v1/account-types/{type_id}", get_type, scope="account"),
]
