"""A server that does on its socket exactly what a test tells it to, and clients that talk to it."""

import contextlib
import json
import socket
import ssl
import struct
import threading
from dataclasses import dataclass, field
from email.utils import formatdate
from importlib.util import find_spec

import pytest

from domo_async import AsyncDomo

TOKEN = "the-bearer-that-nobody-may-see"
SECRET = "the-secret-that-nobody-may-see"


@dataclass
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int


class GoneError(Exception):
    """The client left."""


class Peer:
    """One connection, seen from the server."""

    def __init__(self, server, sock, number):
        self.server = server
        self.sock = sock
        self.number = number
        self.buffer = b""

    def _fill(self):
        try:
            data = self.sock.recv(1 << 16)
        except OSError:
            data = b""
        if not data:
            raise GoneError
        self.buffer += data

    def read_head(self):
        while b"\r\n\r\n" not in self.buffer:
            self._fill()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ", 2)
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        return method, path, headers

    def read_request(self):
        """The next request. Token requests are answered on the way, unless the server was told not to."""
        while True:
            method, path, headers = self.read_head()
            if headers.get("transfer-encoding", "").lower() == "chunked":
                body = self._read_chunked()
            else:
                body = self._take(int(headers.get("content-length", 0)))
            received = Received(method, path, headers, body, self.number)
            self.server.requests.append(received)
            if path.startswith("/oauth/token") and self.server.grants_tokens:
                self.respond(
                    body=json.dumps({"access_token": TOKEN, "expires_in": 3599, "token_type": "bearer"}).encode(),
                    close=True,
                )
                continue
            return received

    def _take(self, size):
        while len(self.buffer) < size:
            self._fill()
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def _read_chunked(self):
        body = b""
        while True:
            while b"\r\n" not in self.buffer:
                self._fill()
            line, self.buffer = self.buffer.split(b"\r\n", 1)
            piece = self._take(int(line.split(b";")[0], 16))
            self._take(2)
            if not piece:
                return body
            body += piece

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError as error:
            raise GoneError from error

    def respond(self, status=200, body=b"{}", *, headers=None, close=False):
        fields = {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}
        if close:
            fields["Connection"] = "close"
        head = f"HTTP/1.1 {status} Whatever\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self.send(head.encode("latin-1") + b"\r\n" + (b"" if status == 204 else body))

    def reset(self):
        """Drop the connection with a TCP reset."""
        raw = self.sock
        with contextlib.suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise GoneError

    def wait_until_client_leaves(self):
        while True:
            self._fill()


class WireServer:
    """Runs `script(peer)` in a thread for each connection; when the script is over, so is the connection."""

    def __init__(self, script, ssl_context=None, host="127.0.0.1"):
        self.script = script
        self.ssl_context = ssl_context
        self.requests = []
        self.connections = 0
        self.grants_tokens = True
        self.closed = threading.Condition()
        self.open = set()
        self._listener = socket.create_server((host, 0), backlog=512)
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if ssl_context else 'http'}://{'localhost' if ssl_context else host}:{self.port}"
        self._threads = []
        self._stopping = False
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def calls(self):
        return [request for request in self.requests if not request.path.startswith("/oauth/token")]

    @property
    def grants(self):
        return len(self.requests) - len(self.calls)

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            if self._stopping:
                sock.close()
                return
            self.connections += 1
            self.open.add(sock)
            thread = threading.Thread(target=self._serve, args=(sock, self.connections), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock, number):
        raw = sock
        try:
            if self.ssl_context is not None:
                sock.settimeout(10)
                sock = self.ssl_context.wrap_socket(sock, server_side=True)
                sock.settimeout(None)
            self.script(Peer(self, sock, number))
        except (GoneError, ssl.SSLError, OSError):
            pass
        finally:
            with contextlib.suppress(OSError):
                sock.close()
            with self.closed:
                self.open.discard(raw)
                self.closed.notify_all()

    def wait_for_open(self, count, timeout=10.0):
        """Wait until at most `count` connections are open."""
        with self.closed:
            return self.closed.wait_for(lambda: len(self.open) <= count, timeout)

    def stop(self):
        self._stopping = True
        with contextlib.suppress(OSError):
            socket.create_connection(self._listener.getsockname()[:2], timeout=5).close()
        self._thread.join(5)
        self._listener.close()
        for sock in list(self.open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)


def answering(*steps, last=None):
    """A script that answers the calls in order with the steps, over all connections, and repeats the last one.

    A step is a function of the peer and the request, or a tuple of arguments for `respond`.
    """
    lock = threading.Lock()
    taken = [0]

    def script(peer):
        while True:
            request = peer.read_request()
            with lock:
                step = steps[min(taken[0], len(steps) - 1)]
                taken[0] += 1
            if callable(step):
                step(peer, request)
            else:
                status, body, *headers = step
                peer.respond(status, body, headers=headers[0] if headers else None)

    return script


@dataclass
class Wire:
    """What tests of this folder need, without importing anything."""

    token: str = field(default=TOKEN, repr=False)
    secret: str = field(default=SECRET, repr=False)
    servers: list = field(default_factory=list, repr=False)

    answering = staticmethod(answering)
    Server = WireServer

    def serve(self, script, **options):
        server = WireServer(script, **options)
        self.servers.append(server)
        return server

    @staticmethod
    def client(server, transport="httpx", **options):
        options.setdefault("api_url", server if isinstance(server, str) else server.url)
        return AsyncDomo("the-client", SECRET, transport=transport, **options)

    @staticmethod
    def free_port():
        with socket.create_server(("127.0.0.1", 0)) as sock:
            return sock.getsockname()[1]

    @staticmethod
    def http_date(seconds_from_epoch):
        return formatdate(seconds_from_epoch, usegmt=True)

    @staticmethod
    def resetting(peer, request):
        peer.reset()

    @staticmethod
    def closing(peer, request):
        raise GoneError

    @staticmethod
    def silent(peer, request):
        peer.wait_until_client_leaves()


@pytest.fixture
def wire():
    wire = Wire()
    yield wire
    for server in wire.servers:
        server.stop()


@dataclass(frozen=True)
class Carrier:
    backend: str
    transport: str


@pytest.fixture(
    params=[Carrier("asyncio", "httpx"), Carrier("asyncio", "aiohttp"), Carrier("trio", "httpx")],
    ids=lambda carrier: f"{carrier.backend}-{carrier.transport}",
)
def carrier(request):
    """Each event loop with each transport that runs on it. Modules that use it take `anyio_backend` from it."""
    if request.param.transport == "aiohttp" and find_spec("aiohttp") is None:
        pytest.skip("the extra fast is not installed")
    return request.param
