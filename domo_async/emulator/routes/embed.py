"""Tokens for embedded cards and pages."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from typing import TYPE_CHECKING
from uuid import uuid4

from domo_async.emulator.entities.fields import Fields, bad_request
from domo_async.emulator.operations import Call, Operation, answer
from domo_async.models import EmbedOperator

if TYPE_CHECKING:
    from starlette.responses import Response

__all__ = ["OPERATIONS"]

_KEY = secrets.token_bytes(32)
_LONGEST = 480  # minutes; no instance here says otherwise
_PERMISSIONS = {"READ", "FILTER", "EXPORT"}


async def create_token(call: Call) -> Response:
    """A token for what the body names."""
    fields = Fields(await call.json_object())
    authorizations = fields.objects("authorizations")
    length = fields.number("sessionLength")
    if not authorizations or (length is not None and length < 1):
        raise bad_request()
    emb = [_authorized(each) for each in authorizations]
    now = int(time.time())
    claims: dict[str, object] = {
        "sub": str(call.client.user_id),
        "nbf": now - 10,
        "iss": "emulator",
        "emb": emb,
        "exp": now + 60 * min(length or _LONGEST, _LONGEST),
        "iat": now,
        "jti": str(uuid4()),
    }
    signed = f"{_segment({'alg': 'HS256'})}.{_segment(claims)}"
    signature = base64.urlsafe_b64encode(hmac.digest(_KEY, signed.encode(), hashlib.sha256)).rstrip(b"=").decode()
    return answer({"authentication": f"{signed}.{signature}"})


def _authorized(fields: Fields) -> str:
    """One authorization as the token holds it: JSON within JSON."""
    token, permissions = fields.required("token"), fields.texts("permissions")
    if not permissions or not _PERMISSIONS.issuperset(permissions):
        raise bad_request()
    for each in fields.objects("filters") or []:
        each.required("column")
        # The specification's own samples spell the key in two ways.
        operator = each.text("operator") or each.text("operand")
        if operator not in EmbedOperator.__members__ or not each.texts("values"):
            raise bad_request()
    kept: dict[str, object] = {"token": token, "linkType": "SEARCHABLE", "permissions": permissions}
    extra = ("filters", "sqlFilters", "policies", "datasetRedirects")
    return json.dumps(kept | {key: value for key, value in fields.raw().items() if key in extra})


def _segment(document: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


OPERATIONS = [
    Operation("POST", "/v1/cards/embed/auth", create_token, scope="dashboard", changes=False),
    Operation("POST", "/v1/stories/embed/auth", create_token, scope="dashboard", changes=False),
]
