"""The emulator's own endpoints under ``/_emulator``, for tests that run in another process. They take no token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.emulator.operations import Call, Operation, answer
from domo_async.emulator.refusals import RefusedError

if TYPE_CHECKING:
    from starlette.responses import Response

__all__ = ["OPERATIONS"]


async def stats(call: Call) -> Response:
    """What happened so far."""
    return answer(
        {
            "grants": call.instance.grants,
            "grantRequests": call.instance.grant_requests,
            "requests": call.instance.served,
            "datasets": {entry.name: entry.id for entry in call.instance.datasets.current()},
        }
    )


async def revoke(call: Call) -> Response:
    """Refuse every token issued so far, or those of the client in the body."""
    client_id = (await call.object()).get("client_id") if await call.request.body() else None
    if not isinstance(client_id, str | None):
        raise RefusedError.gateway(400, "Bad Request")
    return answer({"revoked": call.instance.tokens.revoke(client_id)})


OPERATIONS = [
    Operation("GET", "/_emulator/stats", stats, scope=None),
    Operation("POST", "/_emulator/revoke", revoke, scope=None),
]
