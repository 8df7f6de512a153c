"""The activity log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.emulator.operations import Call, Operation, answer

if TYPE_CHECKING:
    from starlette.responses import Response

__all__ = ["OPERATIONS"]

_PAGE, _MOST = 50, 1000
_UNSET = -1


async def list_entries(call: Call) -> Response:
    """One page of what happened, newest first. `start` is required by the specification, and not by Domo's guide."""
    start, end = call.number("start", default=_UNSET), call.number("end", default=_UNSET)
    user = call.number("user", default=_UNSET)
    return answer(
        call.instance.audit.select(
            start=None if start == _UNSET else start,
            end=None if end == _UNSET else end,
            user_id=None if user == _UNSET else user,
            offset=call.number("offset", default=0),
            limit=call.number("limit", default=_PAGE, maximum=_MOST),
        )
    )


OPERATIONS = [Operation("GET", "/v1/audit", list_entries, scope="audit")]
