"""The ASGI application: all operations of all families, and what every request passes on its way to them."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import anyio

from domo_async.emulator.operations import Endpoint
from domo_async.emulator.recording import Recorder, is_own
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
    own_clients,
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
    web,
)
from domo_async.emulator.routing import Router
from domo_async.emulator.striking import FaultMiddleware

if TYPE_CHECKING:
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
    own_clients,
    web,
)
"""Modules with ``OPERATIONS``. Where two paths could match, the first one wins."""


def build(instance: Instance) -> ASGIApp:
    """Put the application together that acts on an instance."""
    operations = chain.from_iterable(family.OPERATIONS for family in FAMILIES)
    router = Router((op.method, op.path, Endpoint(op, instance)) for op in operations)
    return Recorder(_Latency(FaultMiddleware(router, instance.faults), instance), instance.requests)


class _Latency:
    """ASGI middleware that makes the server as far away as the user wants."""

    def __init__(self, app: ASGIApp, instance: Instance) -> None:
        self._app = app
        self._instance = instance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._instance.latency > 0 and not is_own(scope):
            await anyio.sleep(self._instance.latency)
        await self._app(scope, receive, send)
