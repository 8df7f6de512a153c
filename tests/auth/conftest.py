"""What tests of shared tokens need: an emulator, workers that are real processes, and a Redis of their own."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

HERD = Path(__file__).with_name("herd.py")


@dataclass
class Herd:
    """Processes that were forked from one, as the workers of a server are, and do what they are told, all at once."""

    popen: subprocess.Popen[str]
    workers: int
    pids: list[int] = field(default_factory=list)

    def tell(self, order: str, *, workers: list[int] | None = None) -> list[dict]:
        """Have workers carry out an order; returns what each of them says."""
        chosen = list(range(self.workers)) if workers is None else workers
        self.send(order, workers=chosen)
        return [self.hear() for _ in chosen]

    def send(self, order: str, *, workers: list[int]) -> None:
        self.popen.stdin.write(json.dumps({"order": order, "workers": workers}) + "\n")
        self.popen.stdin.flush()

    def hear(self) -> dict:
        line = self.popen.stdout.readline()
        assert line, f"the herd is gone: {self.popen.stderr.read()}"
        return json.loads(line)

    def signal(self, worker: int, number: int) -> None:
        os.kill(self.pids[worker], number)


@pytest.fixture
def herd() -> Iterator[Callable[..., Herd]]:
    herds: list[Herd] = []

    def start(emulator, store: str, *, workers: int, backend: str = "asyncio", **settings: object) -> Herd:
        connection = emulator.connection
        setup = {"workers": workers, "backend": backend, "store": store, **connection, **settings}
        popen = subprocess.Popen(
            [sys.executable, str(HERD), json.dumps(setup)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        herds.append(Herd(popen, workers))
        herds[-1].pids = herds[-1].hear()["pids"]
        return herds[-1]

    yield start
    for herd in herds:
        with herd.popen as popen:
            for pid in herd.pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            popen.kill()


@dataclass
class RedisServer:
    """A server on a free port, which keeps nothing."""

    port: int
    popen: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self.popen = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                assert time.monotonic() < deadline, "redis-server does not listen"
                time.sleep(0.02)  # nobody says when it does
            else:
                return

    def stop(self) -> None:
        if self.popen is not None:
            self.popen.kill()
            self.popen.wait()
            self.popen = None


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    pytest.importorskip("redis")
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = RedisServer(port)
    server.start()
    yield server
    server.stop()
