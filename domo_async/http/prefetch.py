"""Work that is started before anybody asks for it, and ends when nobody can ask any more."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import anyio
import sniffio
from anyio.lowlevel import current_token

__all__ = ["Ahead"]

T = TypeVar("T")


class Ahead(Generic[T]):
    """The result of an async function that runs ahead of its use.

    A generator cannot keep a task group open between two items, since breaking out of a loop does not close it in
    time. So the function runs in a task that belongs to this object, and losing the object, or `cancel`, ends it. The
    task holds no reference to the object, only to the box in which it leaves the outcome.

    Args:
        function: What to run.
    """

    __slots__ = ("__weakref__", "_box")

    def __init__(self, function: Callable[[], Awaitable[T]]) -> None:
        self._box = box = _Box[T]()
        if sniffio.current_async_library() == "trio":
            import trio

            box.post = trio.lowlevel.current_trio_token().run_sync_soon
            trio.lowlevel.spawn_system_task(box.run, function, context=contextvars.copy_context())
        else:
            loop = asyncio.get_running_loop()
            box.post = loop.call_soon_threadsafe
            box.task = loop.create_task(box.run(function))

    async def result(self) -> T:
        """Wait for the outcome: return it, or raise what the function raised.

        Raises:
            anyio.ClosedResourceError: The function was cancelled.
        """
        return await self._box.outcome()

    async def ended(self) -> None:
        """Wait until the task is over, however it went."""
        await self._box.done.wait()

    def cancel(self) -> None:
        """End the task if it still runs. May be called from any thread, also after the event loop is gone."""
        self._box.cancel()

    def __del__(self) -> None:
        # The garbage collector runs in whatever thread it likes.
        self._box.cancel()


class _Box(Generic[T]):
    def __init__(self) -> None:
        self.done = anyio.Event()
        self.scope = anyio.CancelScope()
        self.loop = current_token()
        self.task: asyncio.Task[None] | None = None
        self.post: Callable[[Callable[[], None]], object] | None = None
        self.value: list[T] = []
        self.error: Exception | None = None

    async def run(self, function: Callable[[], Awaitable[T]]) -> None:
        try:
            with self.scope:
                self.value.append(await function())
        except Exception as error:  # noqa: BLE001 - raised again by whoever asks for the result
            self.error = error
        finally:
            self.done.set()

    def cancel(self) -> None:
        if self.done.is_set() or self.post is None:
            return
        try:
            here = current_token() == self.loop
        except (anyio.NoEventLoopError, RuntimeError):
            here = False
        try:
            if here:
                self.scope.cancel()
            else:
                self.post(self.scope.cancel)
        except RuntimeError:
            return  # the event loop is gone, and its tasks with it (trio.RunFinishedError is a RuntimeError)

    async def outcome(self) -> T:
        await self.done.wait()
        if self.error is not None:
            raise self.error
        if not self.value:
            raise anyio.ClosedResourceError
        return self.value[0]
