"""The server: so fast that whatever is measured is the client.

One process, asyncio protocols on uvloop, answers rendered beforehand. It speaks as much of the API as the workloads
need, on a connection that stays open, in the order in which requests come; it waits before it answers, checks tokens,
and fails on demand by a plan that depends on nothing but a seed.

Two routes are its own: ``POST /_scenario`` sets it up and says which facts are then right, ``GET /_stats`` says what it
did so far and what CPU time that took.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import random
import resource
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import parse_qsl

from tests.benchmarks.data import COLUMNS, HEADER, QUERY_ROWS, Export, dataset_id, rows_of
from tests.benchmarks.uploads import Uploads
from tests.benchmarks.workloads import Expected

__all__ = ["Scenario", "main"]

_PIECE = 256 * 1024
_PAGE = 50


@dataclass(frozen=True, slots=True)
class Scenario:
    """How the server behaves.

    Attributes:
        wrong: Answer falsely here and there, to see whether anybody notices.
        chunked: Send exports without a length.
    """

    datasets: int = 1
    csv_bytes: int = 0
    latency: float = 0.0
    grant_latency: float = 0.0
    refused: float = 0.0
    reset: float = 0.0
    seed: int = 1
    wrong: bool = False
    chunked: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has arrived whole."""

    method: bytes
    path: bytes
    query: bytes
    authorization: bytes
    body: bytes | bytearray


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes out: a head and pieces, or nothing but a broken connection."""

    head: bytes
    pieces: Iterator[bytes | memoryview] | None = None
    breaks: bool = False


class Domo:
    """All state, shared by the connections."""

    def __init__(self) -> None:
        self.set_up(Scenario())

    def set_up(self, scenario: Scenario) -> Expected:
        """Behave like this from now on, and forget what was counted."""
        self.scenario = scenario
        self.requests = self.grants = self.refusals = self.resets = self.unauthorized = 0
        self._tokens: dict[bytes, float] = {}
        self._chance = random.Random(scenario.seed)
        self._numbers = {dataset_id(index).encode(): index for index in range(scenario.datasets)}
        right, sent = Export(scenario.csv_bytes), Export(scenario.csv_bytes, rows_missing=int(scenario.wrong))
        self._export = sent
        self._uploads = Uploads(lossy=scenario.wrong)
        rows = [right.rows if scenario.csv_bytes else rows_of(index) for index in range(scenario.datasets)]
        claimed = [rows[0] + 1, *rows[1:]] if scenario.wrong and not scenario.csv_bytes else rows
        self._summaries = [_dump(_summary(index, count)) for index, count in enumerate(claimed)]
        self._details = [_ok(_dump(_detail(index, count))) for index, count in enumerate(claimed)]
        self._query_answer = _ok(_dump(_query_result(wrong=scenario.wrong)))
        self._pages: dict[bytes, bytes] = {}
        return Expected(
            datasets=scenario.datasets,
            dataset_rows=sum(rows),
            csv_bytes=right.size,
            csv_rows=right.rows,
            csv_units=right.units,
            csv_nulls=right.nulls,
            csv_gaps=right.gaps,
        )

    def answer(self, call: Call) -> tuple[float, Reply]:
        """Seconds to wait, and then what to send."""
        if call.path == b"/_stats":
            return 0.0, Reply(_ok(_dump(self._stats())))
        if call.path == b"/_uploaded":
            return 0.0, Reply(_ok(_dump(self._uploads.facts())))
        if call.path == b"/_scenario":
            return 0.0, Reply(_ok(_dump(asdict(self.set_up(Scenario(**json.loads(call.body)))))))
        self.requests += 1
        if call.path == b"/oauth/token":
            self.grants += 1
            return self.scenario.grant_latency, Reply(self._token(call.authorization))
        return self.scenario.latency, self._failure() or self._reply(call)

    def _failure(self) -> Reply | None:
        scenario = self.scenario
        if not scenario.refused and not scenario.reset:
            return None
        draw = self._chance.random()
        if draw < scenario.reset:
            self.resets += 1
            return Reply(b"", breaks=True)
        if draw < scenario.reset + scenario.refused:
            self.refusals += 1
            status = self._chance.choice((429, 503))
            # The standard knows whole seconds only; fractions keep the benchmark short.
            wait = self._chance.choice((None, 0.1, 0.3, 0.5))
            headers = f"Retry-After: {wait}\r\n" if wait else ""
            return Reply(_refusal(status, "Too many requests" if status == 429 else "Unavailable", headers))
        return None

    def _reply(self, call: Call) -> Reply:
        expires_at = self._tokens.get(call.authorization.partition(b" ")[2])
        if expires_at is None or expires_at <= time.time():
            self.unauthorized += 1
            return Reply(_refusal(401, "Unauthorized", 'WWW-Authenticate: Bearer error="invalid_token"\r\n'))
        parts = call.path.strip(b"/").split(b"/")
        if call.method == b"GET" and parts == [b"v1", b"datasets"]:
            return Reply(self._page(call.query))
        if call.method == b"POST" and parts[:4] == [b"v1", b"datasets", b"query", b"execute"]:
            return Reply(self._query_answer if b'"sql"' in call.body else _refusal(400, "No SQL"))
        if parts[:2] == [b"v1", b"streams"]:
            document = self._uploads.answer(call.method, parts[2:], call.body)
            return Reply(_refusal(404, "Not rehearsed") if document is None else _ok(_dump(document)))
        if len(parts) in (3, 4) and parts[2] in self._numbers:
            if len(parts) == 3:
                # A change of columns, by those who want one, changes nothing.
                return Reply(self._details[self._numbers[parts[2]]])
            if call.method == b"GET":
                return self._exported(HEADER if b"includeheader=true" in call.query.lower() else b"")
        return Reply(_refusal(404, "Not rehearsed"))

    def _page(self, query: bytes) -> bytes:
        page = self._pages.get(query)
        if page is None:
            wanted = dict(parse_qsl(query.decode()))
            offset, limit = int(wanted.get("offset", 0)), min(_PAGE, int(wanted.get("limit", _PAGE)))
            found = self._summaries[offset : offset + limit]
            page = self._pages[query] = _ok(b"[" + b",".join(found) + b"]")
        return page

    def _exported(self, header: bytes) -> Reply:
        pieces = itertools.chain([memoryview(header)] if header else [], self._export.pieces())
        if self.scenario.chunked:
            head = _head(200, "Transfer-Encoding: chunked\r\n", media_type="text/csv")
            return Reply(head, _chunked(pieces))
        size = len(header) + self._export.size
        return Reply(_head(200, f"Content-Length: {size}\r\n", media_type="text/csv"), pieces)

    def _token(self, authorization: bytes) -> bytes:
        client_id = base64.b64decode(authorization.partition(b" ")[2]).partition(b":")[0].decode()
        kind, _, life = client_id.partition("life-")
        if kind or not life:
            return _refusal(401, "Bad credentials")
        # The claim counts whole seconds. It must not promise less than expires_in does.
        expires_at = int(time.time()) + 1 + int(life)
        claims = {"role": "Admin", "scope": ["data"], "exp": expires_at, "jti": str(self.grants), "customer": "bench"}
        token = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in (b'{"alg":"RS256"}', _dump(claims)))
        token += b".c2lnbmF0dXJl"
        self._tokens[token] = expires_at
        granted = {"access_token": token.decode(), "token_type": "bearer", "expires_in": int(life), "scope": "data"}
        return _ok(_dump(granted))

    def _stats(self) -> dict[str, float]:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "requests": self.requests,
            "grants": self.grants,
            "refusals": self.refusals,
            "resets": self.resets,
            "unauthorized": self.unauthorized,
        }


class Connection(asyncio.Protocol):
    """One connection: requests come in, are answered in order, one after the other."""

    def __init__(self, domo: Domo, loop: asyncio.AbstractEventLoop) -> None:
        self._domo = domo
        self._loop = loop
        self._buffer = bytearray()
        self._head: bytes | None = None
        self._wanted = 0
        self._busy = False
        self._full = False
        self._pieces: Iterator[bytes | memoryview] | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=4 * _PIECE)
        with contextlib.suppress(OSError):
            transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, exc: Exception | None) -> None:
        self._busy = True

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._serve()

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        if self._pieces is not None:
            self._stream()
            self._serve()

    def _serve(self) -> None:
        while not self._busy and (call := self._take()) is not None:
            self._busy = True
            delay, reply = self._domo.answer(call)
            if delay > 0:
                self._loop.call_later(delay, self._send_late, reply)
            else:
                self._send(reply)

    def _send_late(self, reply: Reply) -> None:
        self._send(reply)
        self._serve()

    def _send(self, reply: Reply) -> None:
        if self._transport.is_closing():
            return
        if reply.breaks:
            # No lingering: the client sees a reset, not an end.
            linger = struct.pack("ii", 1, 0)
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self._transport.abort()
            return
        self._transport.write(reply.head)
        self._pieces = reply.pieces
        if self._pieces is None:
            self._busy = False
        else:
            self._stream()

    def _stream(self) -> None:
        while not self._full and self._pieces is not None:
            piece = next(self._pieces, None)
            if piece is None:
                self._pieces = None
                self._busy = self._transport.is_closing()
            else:
                self._transport.write(piece)

    def _take(self) -> Call | None:
        """The next request if it is complete."""
        if self._head is None:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return None
            self._head = bytes(self._buffer[:end])
            self._wanted = int(_header(self._head, b"content-length") or 0)
            del self._buffer[: end + 4]
            if _header(self._head, b"expect").lower() == b"100-continue":
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if len(self._buffer) < self._wanted:
            return None
        head, self._head = self._head, None
        if len(self._buffer) == self._wanted:
            # The usual case: nothing is copied, however large the body is.
            body, self._buffer = self._buffer, bytearray()
        else:
            body = self._buffer[: self._wanted]
            del self._buffer[: self._wanted]
        method, target, _ = head.partition(b"\r\n")[0].split(b" ")
        path, _, query = target.partition(b"?")
        return Call(method, path, query, _header(head, b"authorization"), body)


def _header(head: bytes, name: bytes) -> bytes:
    found = head.lower().find(b"\r\n" + name + b":")
    if found < 0:
        return b""
    start = found + len(name) + 3
    end = head.find(b"\r\n", start)
    return head[start : end if end >= 0 else len(head)].strip()


def _chunked(pieces: Iterator[memoryview]) -> Iterator[bytes]:
    for piece in pieces:
        yield b"%x\r\n%b\r\n" % (len(piece), bytes(piece))
    yield b"0\r\n\r\n"


def _head(status: int, headers: str = "", *, media_type: str = "application/json;charset=UTF-8") -> bytes:
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: {media_type}\r\n{headers}\r\n".encode()


def _ok(body: bytes) -> bytes:
    return _head(200, f"Content-Length: {len(body)}\r\n") + body


def _refusal(status: int, message: str, headers: str = "") -> bytes:
    body = _dump({"status": status, "statusReason": HTTPStatus(status).phrase, "message": message, "toe": "B-E-N"})
    return _head(status, f"{headers}Content-Length: {len(body)}\r\n") + body


def _dump(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _summary(index: int, rows: int) -> dict[str, Any]:
    return {
        "id": dataset_id(index),
        "name": f"Harbour Tides {index}",
        "description": "hourly gauge readings, both piers",
        "rows": rows,
        "columns": len(COLUMNS),
        "owner": {"id": 412200871, "name": "Ines Okafor"},
        "dataCurrentAt": "2025-03-02T06:10:00Z",
        "createdAt": "2024-11-20T09:00:12Z",
        "updatedAt": "2025-03-02T06:10:03.114Z",
        "pdpEnabled": False,
    }


def _detail(index: int, rows: int) -> dict[str, Any]:
    policy = {"id": 1, "type": "open", "name": "All Rows", "filters": [], "users": [], "virtualUsers": [], "groups": []}
    schema = {"columns": [{"type": kind, "name": name} for name, kind in COLUMNS]}
    return {**_summary(index, rows), "schema": schema, "policies": [policy]}


def _query_result(*, wrong: bool) -> dict[str, Any]:
    rows = [[QUERY_ROWS[0][0], 1, QUERY_ROWS[0][2]], *QUERY_ROWS[1:]] if wrong else QUERY_ROWS
    types = ("STRING", "LONG", "DOUBLE")
    return {
        "datasource": dataset_id(0),
        "columns": ["channel", "units", "share"],
        "metadata": [
            {"type": kind, "dataSourceId": dataset_id(0), "maxLength": -1, "minLength": -1, "periodIndex": 0}
            for kind in types
        ],
        "rows": rows,
        "numRows": len(rows),
        "numColumns": len(types),
        "fromcache": False,
    }


async def _run() -> None:
    loop = asyncio.get_running_loop()
    domo = Domo()
    server = await loop.create_server(lambda: Connection(domo, loop), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    """Serve until killed; the first line of the output is the port."""
    import uvloop

    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(_run())


if __name__ == "__main__":
    main()
