"""An event loop, and one client per connection, for as long as a Python worker of Spark lives.

Spark calls readers and writers from plain threads and uses a worker for many tasks. The loop runs in a thread of its
own, so that tasks share connections and the token.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import ExitStack, aclosing, contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

import anyio
from anyio.from_thread import start_blocking_portal

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal

    from domo_async.client import AsyncDomo
    from domo_async.integrations.spark.connection import Connection

__all__ = ["Worker", "worker_for"]

T = TypeVar("T")
_CONNECTIONS: Final = 4  # a worker runs one task at a time; the rest is for what is asked on the side
_ITEMS_AHEAD: Final = 2


class Worker:
    """Runs asynchronous work for synchronous callers.

    Args:
        connection: Which client to use.
    """

    def __init__(self, connection: Connection) -> None:
        self._stack = ExitStack()
        self._portal: BlockingPortal = self._stack.enter_context(start_blocking_portal("asyncio"))
        try:
            self._domo: AsyncDomo = connection.client(concurrency=_CONNECTIONS)
        except BaseException:
            self._stack.close()
            raise

    def run(self, work: Callable[[AsyncDomo], Awaitable[T]]) -> T:
        """Run work to its end and return what it returns. Ctrl-C cancels it, and waits until that is done."""
        over = threading.Event()

        async def call() -> T:
            try:
                return await work(self._domo)
            finally:
                over.set()

        running = self._portal.start_task_soon(call)
        try:
            return running.result()
        except BaseException:
            if running.cancel():
                over.wait()
            raise

    @contextmanager
    def items(self, stream: Callable[[AsyncDomo], AsyncGenerator[T]]) -> Generator[Generator[T]]:
        """Iterate over an asynchronous generator, which runs a little ahead. Leaving the block ends it."""
        sender, receiver = anyio.create_memory_object_stream[T](_ITEMS_AHEAD)

        async def produce() -> None:
            async with sender, aclosing(stream(self._domo)) as items:
                async for item in items:
                    await sender.send(item)

        produced = self._portal.start_task_soon(produce)

        def consume() -> Generator[T]:
            while True:
                try:
                    item = self._portal.call(receiver.receive)
                except anyio.EndOfStream:
                    break
                yield item
            produced.result()

        try:
            yield consume()
        finally:
            produced.cancel()
            self._portal.call(receiver.aclose)

    def close(self) -> None:
        """Close the connections and end the loop."""
        try:
            self._portal.call(self._domo.aclose)
        finally:
            self._stack.close()


_workers: dict[tuple[int, Connection], Worker] = {}
_lock = threading.Lock()


def worker_for(connection: Connection) -> Worker:
    """The worker of this process, started on first use.

    Raises:
        ConfigurationError: The credentials are missing.
    """
    key = (os.getpid(), connection)  # Spark forks its workers, and a loop does not survive that
    with _lock:
        if key not in _workers:
            _workers[key] = Worker(connection)
        return _workers[key]


@atexit.register
def _close_all() -> None:
    for (process, _), worker in list(_workers.items()):
        if process == os.getpid():
            worker.close()
    _workers.clear()
