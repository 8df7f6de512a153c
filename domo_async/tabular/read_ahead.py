"""A stage of a pipeline that works ahead of its consumer by a bounded number of items."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Generic, TypeVar

import anyio

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator
    from types import TracebackType

    from anyio.abc import TaskGroup
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

__all__ = ["close_iterator", "read_ahead"]

T_co = TypeVar("T_co", covariant=True)

_CLOSE_SECONDS = 5.0


def read_ahead(source: AsyncIterable[T_co], depth: int) -> AbstractAsyncContextManager[AsyncIterator[T_co]]:
    """Iterate over `source` in a task of its own, up to `depth` items ahead.

    Inside the block, iterate over what the context manager gives. An error of the source is raised where the item
    would have come, as itself and not in a group. When the block is left early, by whatever way, the task is cancelled
    and the source closed before the block ends.

    Args:
        source: Any async iterable. If its iterator has ``aclose``, as generators do, that is called.
        depth: How many finished items may wait, 0 or more. One more is in the making.
    """
    return _ReadAhead(source, depth)


class _ReadAhead(AbstractAsyncContextManager["AsyncIterator[T_co]"], Generic[T_co]):
    def __init__(self, source: AsyncIterable[T_co], depth: int) -> None:
        self._source = source
        self._depth = depth
        self._failure: Exception | None = None
        self._tasks: TaskGroup
        self._items: MemoryObjectReceiveStream[T_co]

    async def __aenter__(self) -> AsyncIterator[T_co]:
        send, self._items = anyio.create_memory_object_stream[T_co](self._depth)
        self._tasks = anyio.create_task_group()
        await self._tasks.__aenter__()
        self._tasks.start_soon(self._fill, send)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tasks.cancel_scope.cancel()
        self._items.close()
        # The group must not see an error of the block: it would come back wrapped in an exception group.
        await self._tasks.__aexit__(None, None, None)

    def __aiter__(self) -> AsyncIterator[T_co]:
        return self

    async def __anext__(self) -> T_co:
        try:
            return await self._items.receive()
        except anyio.EndOfStream:
            if self._failure is not None:
                failure, self._failure = self._failure, None
                raise failure from failure.__cause__
            raise StopAsyncIteration from None

    async def _fill(self, items: MemoryObjectSendStream[T_co]) -> None:
        iterator = aiter(self._source)
        async with items:
            try:
                async for item in iterator:
                    await items.send(item)
            except Exception as error:  # noqa: BLE001 - raised again at the consumer
                self._failure = error
            finally:
                await close_iterator(iterator)


async def close_iterator(iterator: AsyncIterator[object]) -> None:
    """Close an iterator that is not iterated any further, if it can be closed, also in a cancelled task.

    A generator that is merely dropped closes itself at some later time, and its connection stays open until then.
    """
    close = getattr(iterator, "aclose", None)
    if close is not None:
        with anyio.move_on_after(_CLOSE_SECONDS, shield=True):
            await close()
