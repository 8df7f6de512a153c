"""The token endpoint: ``/oauth/token``, as GET with a query, POST with a form, or POST with a query."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.responses import Response

from domo_async.emulator.clients import SCOPES, Client
from domo_async.emulator.operations import Call, Operation, answer
from domo_async.emulator.refusals import RefusedError
from domo_async.emulator.tokens import CUSTOMER

if TYPE_CHECKING:
    from domo_async.emulator.tokens import Token

__all__ = ["OPERATIONS"]

_HEADERS = {
    "Cache-Control": "no-cache, no-store, max-age=0, must-revalidate",
    "Pragma": "no-cache",
    "Expires": "0",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-XSS-Protection": "1; mode=block",
}


async def grant(call: Call) -> Response:
    """Give a token to a client that proves who it is."""
    call.instance.grant_requests += 1
    client = _authenticate(call)
    parameters = dict(call.request.query_params)
    if call.request.method == "POST":
        # Form fields count more than the query, should both say something.
        form = parse_qs((await call.request.body()).decode("utf-8", "replace"), keep_blank_values=True)
        parameters |= {name: values[-1] for name, values in form.items()}
    grant_type = parameters.get("grant_type", "")
    if not grant_type:
        raise RefusedError.oauth(400, "invalid_request", "Missing grant type")
    if grant_type != "client_credentials":
        raise RefusedError.oauth(400, "unsupported_grant_type", f"Unsupported grant type: {grant_type}")
    token = call.instance.tokens.issue(client, _scopes(client, parameters.get("scope", "")))
    call.instance.grants += 1
    response = answer(_document(token), headers=_HEADERS)
    response.headers.append("Cache-Control", "no-store")
    return response


def _authenticate(call: Call) -> Client:
    scheme, _, value = call.request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        raise _unauthorized("Full authentication is required to access this resource")
    try:
        decoded = base64.b64decode(value.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        raise _unauthorized("Bad credentials") from None
    client_id, _, client_secret = decoded.partition(":")
    client = call.instance.clients.authenticate(client_id, client_secret)
    call.exchange.client_id = client_id
    if client is None:
        raise _unauthorized("Bad credentials")
    return client


def _unauthorized(message: str) -> RefusedError:
    return RefusedError.gateway(401, message, headers={"WWW-Authenticate": 'Basic realm="domo"'})


def _scopes(client: Client, requested: str) -> tuple[str, ...]:
    # RFC 6749 separates by blanks; Domo's own example has commas.
    names = tuple(dict.fromkeys(name for name in re.split(r"[\s,]+", requested) if name))
    for name in names:
        if name not in SCOPES or name not in client.scopes:
            raise RefusedError.oauth(400, "invalid_scope", f"Invalid scope: {name}")
    return names or client.scopes


def _document(token: Token) -> dict[str, object]:
    return {
        "access_token": token.value,
        "token_type": "bearer",
        "expires_in": token.expires_in,
        "scope": " ".join(token.scopes),
        "customer": CUSTOMER,
        "env": "local",
        "domain": f"{CUSTOMER}.domo.com",
        "userId": token.client.user_id,
        "role": token.client.role,
        "jti": token.jti,
    }


OPERATIONS = [
    Operation("GET", "/oauth/token", grant, scope=None),
    Operation("POST", "/oauth/token", grant, scope=None, changes=False),
]
