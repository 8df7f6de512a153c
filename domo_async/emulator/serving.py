"""The HTTP server: uvicorn on a socket of its own, in a thread of its own, with an event loop of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import threading
from typing import TYPE_CHECKING

import uvicorn

from domo_async.emulator.protocol import Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp

__all__ = ["ServerThread", "listen"]

_START_TIMEOUT = 30.0
_DROP_TIMEOUT = 2.0


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket, so that a port in use fails at once and in the caller's thread.

    Raises:
        OSError: The address cannot be had.
    """
    [(family, *_), *_] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        # On Windows this would let two servers have the same port, and is not needed.
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


class ServerThread:
    """Serves one ASGI application until it is stopped.

    Args:
        app: What answers.
        listener: A bound socket; it is closed when the server ends.
    """

    def __init__(self, app: ASGIApp, listener: socket.socket) -> None:
        self._listener = listener
        # Without a logging configuration uvicorn leaves the process's own alone.
        config = uvicorn.Config(
            app,
            http=Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level=None,
            access_log=True,
            server_header=False,
            backlog=2048,
            timeout_keep_alive=75,
        )
        self._server = _Server(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="domo-emulator", daemon=True)

    def start(self) -> None:
        """Start serving; returns once connections are accepted."""
        self._thread.start()
        self._ready.wait(_START_TIMEOUT)
        if self._failure is not None:
            raise self._failure

    def stop(self, *, grace: float) -> None:
        """Stop serving and wait until the thread has ended.

        Args:
            grace: Seconds that requests under way get before their connections are dropped.
        """
        if self._loop is not None and self._thread.is_alive():
            # A loop that has just been closed refuses: the thread is ending by itself.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._server.leave, grace)
        self._thread.join()

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=_loop_factory()) as runner:
                self._loop = runner.get_loop()
                runner.run(self._server.serve_until_left(self._listener, self._ready.set))
        except BaseException as error:  # noqa: BLE001 - start() raises it in the caller's thread
            self._failure = error
        finally:
            self._listener.close()
            self._ready.set()


class _Server(uvicorn.Server):
    """Uvicorn's server, but it stops at once instead of looking every tenth of a second whether it should."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._left = asyncio.Event()
        self._grace = 0.0

    async def serve_until_left(self, listener: socket.socket, ready: Callable[[], None]) -> None:
        self.config.load()
        self.lifespan = self.config.lifespan_class(self.config)
        await self.startup(sockets=[listener])
        ready()
        await self.main_loop()
        await self.shutdown(sockets=[listener])

    def leave(self, grace: float) -> None:
        self._grace = grace
        self._left.set()

    async def main_loop(self) -> None:
        seconds = 0
        while not self._left.is_set():
            # Uvicorn's tick renews the Date header at every tenth call.
            await self.on_tick(10 * seconds)
            seconds += 1
            try:
                await asyncio.wait_for(self._left.wait(), 1.0)
            except TimeoutError:
                continue

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await self._finish(self._grace)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await self._finish(_DROP_TIMEOUT)
        # A transport reports its end in the next rounds of the loop.
        while self.server_state.connections:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0)
        for server in self.servers:
            await server.wait_closed()

    async def _finish(self, seconds: float) -> None:
        if self.server_state.tasks and seconds > 0:
            await asyncio.wait(set(self.server_state.tasks), timeout=seconds)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
