"""What is remembered of each request, for tests that want to know what was sent."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["CONTROL", "Exchange", "Recorder", "RequestLog", "RequestRecord", "is_own"]

CONTROL = "/_emulator"
"""Where the emulator's own endpoints are, besides the page at ``/``."""

_MEMORY = 10_000


def is_own(scope: Scope) -> bool:
    """Whether a request is for the emulator itself and not for the Domo that it plays.

    Such requests are not recorded, no fault touches them, and they need no token.
    """
    path = scope["path"].removeprefix(scope.get("root_path", "")).rstrip("/")
    return path in {"", CONTROL} or path.startswith(f"{CONTROL}/")


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request that was answered, or dropped.

    Attributes:
        method: HTTP method.
        path: Path without the query.
        query: Query string as it was sent, without the question mark.
        status: HTTP status that was sent; None if the connection ended before.
        client_id: The API client, None where no token or secret said so.
        started: When the request came, in seconds since 1970.
        seconds: How long it took until the last byte was handed over.
    """

    method: str
    path: str
    query: str
    status: int | None
    client_id: str | None
    started: float
    seconds: float


@dataclass(slots=True)
class Exchange:
    """A request while it is being answered."""

    method: str
    path: str
    query: str
    client_id: str | None = None
    status: int | None = None
    started: float = field(default_factory=time.time)
    clock: float = field(default_factory=time.perf_counter)
    recorded: bool = False


class RequestLog:
    """The newest requests. Thread-safe.

    Attributes:
        count: Requests answered or dropped so far, the forgotten ones included.
    """

    def __init__(self) -> None:
        self.count: int = 0
        self._records: deque[RequestRecord] = deque(maxlen=_MEMORY)

    def add(self, record: RequestRecord) -> None:
        """Take in one more."""
        self.count += 1
        self._records.append(record)

    def newest(self) -> tuple[RequestRecord, ...]:
        """The newest 10,000, oldest first."""
        while True:
            try:
                return tuple(self._records)
            except RuntimeError:  # the server's thread appended meanwhile
                continue

    def clear(self) -> None:
        """Forget the requests so far, but not how many there were."""
        self._records.clear()


class Recorder:
    """ASGI middleware that notes every request of the API.

    A request is recorded before its last bytes leave, so that whoever has the whole answer finds it in the log.
    """

    def __init__(self, app: ASGIApp, log: RequestLog) -> None:
        self._app = app
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note how it ends."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = Exchange(scope["method"], scope["path"], scope["query_string"].decode("latin-1"))
        exchange.recorded = is_own(scope)
        scope["domo_async.exchange"] = exchange

        async def note(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
            elif message["type"] == "http.response.body" and not message.get("more_body", False):
                self._record(exchange)
            await send(message)

        try:
            await self._app(scope, receive, note)
        finally:
            self._record(exchange)

    def _record(self, exchange: Exchange) -> None:
        if exchange.recorded:
            return
        exchange.recorded = True
        self._log.add(
            RequestRecord(
                method=exchange.method,
                path=exchange.path,
                query=exchange.query,
                status=exchange.status,
                client_id=exchange.client_id,
                started=exchange.started,
                seconds=time.perf_counter() - exchange.clock,
            )
        )
