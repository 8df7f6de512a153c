"""Signing in to the instance, and creating API clients with the session that this opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.emulator.clients import SCOPES
from domo_async.emulator.entities.fields import Fields, bad_request
from domo_async.emulator.operations import Call, Operation, answer
from domo_async.emulator.refusals import RefusedError
from domo_async.emulator.tokens import CUSTOMER

if TYPE_CHECKING:
    from starlette.responses import Response

__all__ = ["OPERATIONS"]

_DOMAIN = f"{CUSTOMER}.domo.com"


async def sign_in(call: Call) -> Response:
    """Open a session with a password, or with the cookie of another session."""
    if call.request.headers.get("origin", "").lower() != f"https://{_DOMAIN}":
        raise RefusedError.gateway(403, "Forbidden")
    fields = Fields(await call.json_object())
    people = call.instance.people
    match fields.required("method"):
        case "password":
            opened = people.sign_in(fields.required("emailAddress"), fields.required("password"), _DOMAIN)
        case "exptoken":
            user = people.signed_in(call.request.cookies.get("_dsidv1", ""), _DOMAIN)
            opened = None if user is None else (user, people.open_session(user["id"], _DOMAIN))
        case _:
            raise bad_request()
    if opened is None:
        raise RefusedError.gateway(401, "Invalid credentials")
    user, token = opened
    return answer(
        {
            "userId": user["id"],
            "success": True,
            "sessionToken": token,
            "twoFactorInfo": {"token": None, "key": None, "status": "VALID", "phoneMask": None},
            "userRole": user["role"],
        }
    )


async def create_client(call: Call) -> Response:
    """A new API client. Its secret is shown here and nowhere else."""
    headers = call.request.headers
    domain = headers.get("x-domo-customerdomain", "").lower()
    user = call.instance.people.signed_in(headers.get("x-domo-authentication", ""), domain)
    if user is None:
        raise RefusedError.gateway(401, "Unauthorized")
    fields = Fields(await call.json_object())
    name, description, scopes = fields.required("name"), fields.text("description"), fields.texts("scope")
    if not scopes or not set(SCOPES).issuperset(scopes):
        raise bad_request()
    if any(client.title == name for client in call.instance.clients.all()):
        raise RefusedError.gateway(409, "A client with this name exists")
    client = call.instance.clients.add(
        scopes=scopes, user_id=user["id"], name=user["name"], role=user["role"], title=name
    )
    call.exchange.client_id = client.client_id
    call.instance.audit.record(
        "CREATED", "API_CLIENT", client.client_id, name, user_id=user["id"], user_name=user["name"]
    )
    return answer(
        {
            "name": name,
            "description": description or "",
            "scope": list(client.scopes),
            "user": client.user_id,
            "role": "Anonymous",
            "client_id": client.client_id,
            "client_secret": client.client_secret,
            "authorized_grant_types": ["client_credentials"],
        },
        201,
    )


OPERATIONS = [
    Operation("POST", "/api/content/v2/authentication", sign_in, scope=None, changes=False),
    Operation("POST", "/clients", create_client, scope=None),
]
