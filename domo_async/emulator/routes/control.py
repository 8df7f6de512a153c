"""The emulator's own endpoints under ``/_emulator``, for tests that run in another process. They take no token."""

from __future__ import annotations

import re

from starlette.responses import Response

from domo_async.emulator.operations import Call, Operation, answer
from domo_async.emulator.refusals import RefusedError

__all__ = ["OPERATIONS"]


async def stats(call: Call) -> Response:
    """What happened so far."""
    return answer(
        {
            "grants": call.instance.grants,
            "grantRequests": call.instance.grant_requests,
            "requests": call.instance.requests.count,
            "datasets": {entry.name: entry.id for entry in call.instance.datasets.current()},
        }
    )


async def revoke(call: Call) -> Response:
    """Refuse every token issued so far, or those of the client in the body."""
    client_id = (await call.json_object()).get("client_id") if await call.request.body() else None
    if not isinstance(client_id, str | None):
        raise RefusedError.gateway(400, "Bad Request")
    return answer({"revoked": call.instance.tokens.revoke(client_id)})


async def list_faults(call: Call) -> Response:
    """The faults that are on."""
    return answer([fault.describe() for fault in call.instance.faults.active()])


async def add_fault(call: Call) -> Response:
    """Switch a fault on; the body holds the arguments of `Faults.add`."""
    arguments = await call.json_object()
    try:
        fault = call.instance.faults.add(**arguments)
    except (TypeError, ValueError, re.error) as error:
        raise RefusedError.gateway(400, str(error)) from error
    return answer(fault.describe(), 201)


async def clear_faults(call: Call) -> Response:
    """Switch all faults off."""
    call.instance.faults.clear()
    return Response(status_code=204)


async def remove_fault(call: Call) -> Response:
    """Switch one fault off."""
    if not call.instance.faults.remove(call.path_number("fault_id")):
        raise RefusedError.gateway(404)
    return Response(status_code=204)


OPERATIONS = [
    Operation("GET", "/_emulator/faults", list_faults, scope=None),
    Operation("POST", "/_emulator/faults", add_fault, scope=None, changes=False),
    Operation("DELETE", "/_emulator/faults", clear_faults, scope=None, changes=False),
    Operation("DELETE", "/_emulator/faults/{fault_id}", remove_fault, scope=None, changes=False),
    Operation("GET", "/_emulator/stats", stats, scope=None),
    Operation("POST", "/_emulator/revoke", revoke, scope=None, changes=False),
]
