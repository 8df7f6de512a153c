"""Carrying faults out: ASGI middleware that spoils answers, and connections under them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import anyio
from starlette.datastructures import MutableHeaders
from starlette.responses import Response

from domo_async.emulator.recording import is_own
from domo_async.emulator.refusals import BLOCKED_PAGE, HTML, JSON, MAINTENANCE_PAGE, NOT_ACCEPTABLE_PAGE, envelope
from domo_async.emulator.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from domo_async.emulator.faults import Fault, Faults

__all__ = ["FaultMiddleware"]


class FaultMiddleware:
    """Asks for each request which faults strike it."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or let it come to grief."""
        struck = [] if is_own(scope) else self._faults.strike(scope["method"], scope["path"].rstrip("/"))
        app = self._app
        for fault in struck:
            if fault.kind == "delay":
                await anyio.sleep(float(fault.options["seconds"]))
            elif fault.kind in _PAGES:
                app = _instead(fault)
            elif fault.kind in _TRANSFORMS:
                app = _transformed(app, _TRANSFORMS[fault.kind])
            else:
                await _ON_THE_WIRE[fault.kind](app, fault.options, scope, receive, send)
                return
        await app(scope, receive, send)


# Another answer


def _instead(fault: Fault) -> Response:
    return _PAGES[fault.kind](fault.options)


def _status(options: dict[str, Any]) -> Response:
    status = int(options["status"])
    return Response(envelope(status, options.get("message")), status, _retry_headers(options), JSON)


def _maintenance(options: dict[str, Any]) -> Response:
    return Response(MAINTENANCE_PAGE, int(options["status"]), _retry_headers(options), HTML)


def _blocked(options: dict[str, Any]) -> Response:
    return Response(BLOCKED_PAGE, int(options["status"]), media_type=HTML)


def _not_acceptable(options: dict[str, Any]) -> Response:
    return Response(NOT_ACCEPTABLE_PAGE, int(options["status"]), media_type=HTML)


def _redirect(options: dict[str, Any]) -> Response:
    return Response(b"", int(options["status"]), {"Location": str(options["location"])})


def _retry_headers(options: dict[str, Any]) -> dict[str, str]:
    value = options["retry_after"]
    if value is None:
        return {}
    if isinstance(value, datetime):
        return {"Retry-After": format_datetime(value.astimezone(UTC), usegmt=True)}
    return {"Retry-After": str(value)}


_PAGES: dict[str, Callable[[dict[str, Any]], Response]] = {
    "status": _status,
    "token_outage": _status,
    "maintenance": _maintenance,
    "blocked": _blocked,
    "not_acceptable": _not_acceptable,
    "redirect": _redirect,
}


# Another document


def _transformed(app: ASGIApp, transform: Callable[[bytes], bytes]) -> ASGIApp:
    """An application whose bodies are changed once they are complete."""

    async def changed(scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {}
        parts: list[bytes] = []

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            parts.append(bytes(message.get("body", b"")))
            if message.get("more_body", False):
                return
            body = transform(b"".join(parts))
            headers = MutableHeaders(raw=list(start["headers"]))
            if body:
                headers["content-length"] = str(len(body))
            await send({**start, "headers": headers.raw})
            await send({"type": "http.response.body", "body": body, "more_body": False})

        await app(scope, receive, collect)

    return changed


def _malformed(body: bytes) -> bytes:
    return body[: len(body) // 2]


def _with_unknown_fields(body: bytes) -> bytes:
    try:
        document = json.loads(body)
    except ValueError:
        return body
    return json.dumps(_extended(document)).encode()


def _extended(value: object) -> object:
    if isinstance(value, list):
        return [_extended(item) for item in value]
    if isinstance(value, dict):
        return {name: _extended(item) for name, item in value.items()} | {
            "fieldOfTheFuture": {"nested": [1, "two", None]},
            "_x": True,
        }
    return value


_TRANSFORMS = {"malformed_json": _malformed, "unknown_fields": _with_unknown_fields}


# Another end of the connection


async def _reset(app: ASGIApp, options: dict[str, Any], scope: Scope, receive: Receive, send: Send) -> None:
    wire = Wire(scope, receive, send)
    await wire.reset()


async def _lost_answer(app: ASGIApp, options: dict[str, Any], scope: Scope, receive: Receive, send: Send) -> None:
    async def swallow(message: Message) -> None:
        """Nobody will see the answer."""

    await app(scope, receive, swallow)
    await Wire(scope, receive, send).reset()


async def _reset_after(app: ASGIApp, options: dict[str, Any], scope: Scope, receive: Receive, send: Send) -> None:
    wire = Wire(scope, receive, send)
    await app(scope, receive, wire.cut_after(int(options["bytes"]), wire.reset))


async def _truncate(app: ASGIApp, options: dict[str, Any], scope: Scope, receive: Receive, send: Send) -> None:
    wire = Wire(scope, receive, send)
    await app(scope, receive, wire.cut_after(int(options["bytes"]), wire.close))


async def _stall(app: ASGIApp, options: dict[str, Any], scope: Scope, receive: Receive, send: Send) -> None:
    wire = Wire(scope, receive, send)
    await app(scope, receive, wire.cut_after(int(options["bytes"]), wire.lost))


async def _drip(app: ASGIApp, options: dict[str, Any], scope: Scope, receive: Receive, send: Send) -> None:
    size, interval = max(int(options["bytes"]), 1), float(options["interval"])

    async def slowly(message: Message) -> None:
        body = message.get("body", b"")
        if message["type"] != "http.response.body" or not body:
            await send(message)
            return
        more = message.get("more_body", False)
        for start in range(0, len(body), size):
            last = start + size >= len(body)
            await send({**message, "body": bytes(body[start : start + size]), "more_body": more or not last})
            if not last or more:
                await anyio.sleep(interval)

    await app(scope, receive, slowly)


_ON_THE_WIRE: dict[str, Callable[[ASGIApp, dict[str, Any], Scope, Receive, Send], Awaitable[None]]] = {
    "reset": _reset,
    "lost_answer": _lost_answer,
    "reset_after": _reset_after,
    "truncate": _truncate,
    "stall": _stall,
    "drip": _drip,
}
