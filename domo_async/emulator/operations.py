"""One operation of the API: where it is, which scope it needs, and what its handler is given."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple, Unpack, cast

import anyio
from anyio import to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from domo_async.emulator.bearer import check_token
from domo_async.emulator.bodies import limited
from domo_async.emulator.json_reading import read_json
from domo_async.emulator.recording import is_own
from domo_async.emulator.refusals import JSON, RefusedError
from domo_async.emulator.visitors import check_visitor
from domo_async.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import Receive, Scope, Send

    from domo_async.emulator.clients import Client
    from domo_async.emulator.instance import Instance
    from domo_async.emulator.recording import Exchange
    from domo_async.emulator.tokens import Token

__all__ = ["Call", "Endpoint", "Operation", "answer", "until_gone"]

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


@dataclass(slots=True)
class Call:
    """One request of one operation.

    Attributes:
        request: The HTTP request.
        instance: The state to act on.
        token: The accepted token, None where the operation needs none.
        exchange: What is recorded of the request.
        changes: Whether it changes something that is to be kept.
    """

    request: Request
    instance: Instance
    token: Token | None
    exchange: Exchange
    changes: bool = False

    @property
    def client(self) -> Client:
        """Who calls."""
        if self.token is None:
            msg = "An operation without a scope has no client"
            raise RuntimeError(msg)
        return self.token.client

    @property
    def path(self) -> dict[str, str]:
        """Parameters in the path."""
        return self.request.path_params

    async def json_object(self) -> dict[str, Any]:
        """The body as a JSON object.

        Raises:
            RefusedError: 400, it is something else.
        """
        document = await self.json()
        if not isinstance(document, dict):
            raise RefusedError.gateway(400, "Bad Request")
        return cast("dict[str, Any]", document)

    async def json(self) -> object:
        """The body as JSON."""
        try:
            return read_json(await self.request.body())
        except ValueError as error:
            raise RefusedError.gateway(400, "Bad Request") from error

    def path_number(self, name: str, *, refusal: int = 404) -> int:
        """A parameter in the path that is a number.

        Raises:
            RefusedError: It is something else, or larger than any number that is given to anything.
        """
        text = self.path[name]
        if not text.isascii() or not text.isdigit() or len(text) > 18:
            raise RefusedError.gateway(refusal)
        return int(text)

    def number(self, name: str, *, default: int, maximum: int | None = None) -> int:
        """A query parameter that counts something; what is above the maximum is taken for the maximum.

        Raises:
            RefusedError: 400, it is negative or no number.
        """
        text = self.request.query_params.get(name, "")
        if not text:
            return default
        if not text.isascii() or not text.isdigit():
            raise RefusedError.gateway(400, "Bad Request")
        value = int(text[:18])
        return value if maximum is None else min(value, maximum)

    def flag(self, name: str) -> bool:
        """A query parameter that is true or false, in any case."""
        return self.request.query_params.get(name, "").lower() == "true"

    @staticmethod
    async def work(function: Callable[[Unpack[Arguments]], T], *args: *Arguments) -> T:
        """Run something slow in a worker thread."""
        return await to_thread.run_sync(function, *args)

    async def work_unless_gone(
        self, stop: Callable[[], None], function: Callable[[Unpack[Arguments]], T], *args: *Arguments
    ) -> T:
        """Run something slow in a worker thread, and stop it if the client leaves meanwhile.

        Args:
            stop: Makes the function fail soon; called until it has.
            function: What to run.
            *args: Its arguments.
        """
        results: list[T] = []
        refusals: list[RefusedError] = []
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_stop_when_gone, self.request.receive, stop)
            try:
                results.append(await to_thread.run_sync(function, *args))
            except RefusedError as refusal:
                refusals.append(refusal)  # it is no failure of the group
            tasks.cancel_scope.cancel()
        if refusals:
            raise refusals[0]
        return results[0]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path.

    Attributes:
        method: HTTP method.
        path: Path with parameters in braces.
        handler: Answers a call.
        scope: Scope that the token needs, None for an operation that takes no token.
        changes: Whether it changes something that is to be kept; None for what its method suggests.
    """

    method: str
    path: str
    handler: Callable[[Call], Awaitable[Response]]
    scope: str | None = "data"
    changes: bool | None = None


class Endpoint:
    """The ASGI application of one operation."""

    def __init__(self, operation: Operation, instance: Instance) -> None:
        self._operation = operation
        self._instance = instance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check who asks, run the handler, and turn its refusal into an answer."""
        exchange: Exchange = scope["domo_async.exchange"]
        request = Request(scope, limited(receive, self._instance.largest_body))
        call = Call(request, self._instance, None, exchange)
        try:
            if self._operation.scope is not None:
                call.token = check_token(call.request.headers, exchange, self._instance, self._operation.scope)
            elif is_own(scope):
                check_visitor(call.request.headers, self._instance.host)
            changes = self._operation.changes
            call.changes = self._operation.method != "GET" if changes is None else changes
            response = await self._operation.handler(call)
        except RefusedError as refusal:
            # A commit that fails ends its execution, so a refusal may have changed something too.
            response = _refusal(refusal)
        except ClientDisconnect:
            return
        if call.changes and self._instance.keeper is not None:
            try:
                await self._instance.keeper.saved()
            except TargetError as error:
                response = _refusal(RefusedError.gateway(500, str(error)))
        await response(scope, receive, send)


async def until_gone(receive: Receive) -> None:
    """Wait until the client has left. The body of its request must have been read."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _stop_when_gone(receive: Receive, stop: Callable[[], None]) -> None:
    await until_gone(receive)
    while True:
        stop()
        await anyio.sleep(0.05)


def _refusal(refusal: RefusedError) -> Response:
    return Response(refusal.body, refusal.status, refusal.headers, refusal.media_type)


def answer(document: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    return Response(body, status, headers, JSON)
