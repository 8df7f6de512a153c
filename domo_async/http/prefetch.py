"""Work that is started before anybody asks for it, and ends when nobody can ask any more."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import anyio
import sniffio

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

            trio.lowlevel.spawn_system_task(box.run, function, context=contextvars.copy_context())
        else:
            box.task = asyncio.get_running_loop().create_task(box.run(function))

    async def result(self) -> T:
        """Wait for the outcome: return it, or raise what the function raised."""
        return await self._box.outcome()

    def cancel(self) -> None:
        """End the task if it still runs."""
        self._box.scope.cancel()

    def __del__(self) -> None:
        if not self._box.done.is_set():
            self._box.abandon()


class _Box(Generic[T]):
    def __init__(self) -> None:
        self.done = anyio.Event()
        self.scope = anyio.CancelScope()
        self.task: asyncio.Task[None] | None = None
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

    def abandon(self) -> None:
        try:
            self.scope.cancel()
        except RuntimeError:
            return  # the event loop is gone, and its tasks with it

    async def outcome(self) -> T:
        await self.done.wait()
        if self.error is not None:
            raise self.error
        if not self.value:
            raise anyio.ClosedResourceError
        return self.value[0]
