"""API clients without a session in between: Domo documents no way to list or to delete them, tests need both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from domo_async.emulator.clients import ADMIN, SCOPES
from domo_async.emulator.entities.fields import Fields, bad_request
from domo_async.emulator.operations import Call, Operation, answer
from domo_async.emulator.refusals import RefusedError

if TYPE_CHECKING:
    from domo_async.emulator.clients import Client
    from domo_async.emulator.entities.shelf import Document

__all__ = ["OPERATIONS"]


async def list_clients(call: Call) -> Response:
    """All clients, oldest first, without their secrets."""
    return answer([_shown(client) for client in call.instance.clients.all()])


async def add_client(call: Call) -> Response:
    """A new client; the body holds what `Client` has, and what is missing is made up. The secret is shown here only."""
    fields = Fields(await call.json_object())
    scopes, user_id = fields.texts("scopes"), fields.number("user_id")
    client_id = fields.text("client_id")
    if client_id is not None and call.instance.clients.get(client_id) is not None:
        raise RefusedError.gateway(409, "There is a client with this id")
    try:
        client = call.instance.meet_client(
            client_id=client_id,
            client_secret=fields.text("client_secret"),
            scopes=SCOPES if scopes is None else scopes,
            user_id=27 if user_id is None else user_id,
            name=fields.text("name") or "DomoSupport",
            role=fields.text("role") or ADMIN,
            title=fields.text("title"),
        )
    except ValueError as error:
        raise bad_request(str(error)) from error
    return answer({**_shown(client), "client_secret": client.client_secret}, 201)


async def change_client(call: Call) -> Response:
    """Enable or disable a client, or give it another secret or other scopes."""
    fields = Fields(await call.json_object())
    try:
        client = call.instance.clients.change(
            call.path["client_id"],
            enabled=fields.flag("enabled"),
            client_secret=fields.text("client_secret"),
            scopes=fields.texts("scopes"),
        )
    except KeyError:
        raise RefusedError.gateway(404) from None
    except ValueError as error:
        raise bad_request(str(error)) from error
    return answer(_shown(client))


async def remove_client(call: Call) -> Response:
    """Delete a client. Tokens that it has stay live until they end."""
    try:
        call.instance.clients.remove(call.path["client_id"])
    except KeyError:
        raise RefusedError.gateway(404) from None
    return Response(status_code=204)


def _shown(client: Client) -> Document:
    return {
        "client_id": client.client_id,
        "title": client.title,
        "scopes": list(client.scopes),
        "user_id": client.user_id,
        "name": client.name,
        "role": client.role,
        "enabled": client.enabled,
    }


_CLIENTS = "/_emulator/clients"
OPERATIONS = [
    Operation("GET", _CLIENTS, list_clients, scope=None),
    Operation("POST", _CLIENTS, add_client, scope=None),
    Operation("PATCH", _CLIENTS + "/{client_id}", change_client, scope=None),
    Operation("DELETE", _CLIENTS + "/{client_id}", remove_client, scope=None),
]
