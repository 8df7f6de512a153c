"""The ASGI application: all operations of all families, and what every request passes on its way to them."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import anyio

from domo_async.emulator.operations import Endpoint
from domo_async.emulator.recording import CONTROL, Recorder
from domo_async.emulator.routes import (
    accounts,
    activity_log,
    cards,
    clients,
    control,
    datasets,
    embed,
    executions,
    groups,
    oauth,
    pages,
    policies,
    projects,
    queries,
    rows,
    s3_exports,
    simple,
    streams,
    tasks,
    users,
)
from domo_async.emulator.routing import Router
from domo_async.emulator.striking import FaultMiddleware

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from domo_async.emulator.instance import Instance

__all__ = ["FAMILIES", "build"]

FAMILIES = (
    oauth,
    queries,
    datasets,
    rows,
    policies,
    streams,
    executions,
    simple,
    s3_exports,
    users,
    groups,
    pages,
    accounts,
    activity_log,
    cards,
    embed,
    projects,
    tasks,
    clients,
    control,
)
"""Modules with ``OPERATIONS``. Where two paths could match, the first one wins."""


def build(instance: Instance, latency: Callable[[], float]) -> Recorder:
    """Put the application together.

    Args:
        instance: The state that the operations act on.
        latency: Seconds that every answer is held back; asked again for each request.
    """
    operations = chain.from_iterable(family.OPERATIONS for family in FAMILIES)
    router = Router((op.method, op.path, Endpoint(op, instance)) for op in operations)
    return Recorder(_Latency(FaultMiddleware(router, instance.faults), latency), instance.count_request)


class _Latency:
    """ASGI middleware that makes the server as far away as the user wants."""

    def __init__(self, app: ASGIApp, latency: Callable[[], float]) -> None:
        self._app = app
        self._latency = latency

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].startswith(CONTROL) and (seconds := self._latency()) > 0:
            await anyio.sleep(seconds)
        await self._app(scope, receive, send)
