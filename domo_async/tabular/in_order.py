"""A stage of a pipeline that works on several items at once, and hands the results over in the order of the items."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Generic, TypeVar

import anyio

from domo_async.tabular.read_ahead import close_iterator

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
    from types import TracebackType

    from anyio.abc import TaskGroup
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

__all__ = ["in_order"]

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


def in_order(
    source: AsyncIterable[ItemT], work: Callable[[ItemT], Awaitable[ResultT]], depth: int
) -> AbstractAsyncContextManager[AsyncIterator[ResultT]]:
    """Iterate over what `work` makes of each item of `source`, up to `depth` items at once.

    Inside the block, iterate over what the context manager gives. An error, of the source or of the work, is raised in
    its turn: after the results of all items before it. When the block is left early, by whatever way, all tasks are
    cancelled and the source closed before the block ends.

    Args:
        source: Any async iterable. If its iterator has ``aclose``, as generators do, that is called.
        work: Called with each item, in tasks of its own.
        depth: How many items are worked on or wait as results, 1 or more. One more item waits for its turn.
    """
    return _InOrder(source, work, depth)


class _Turn(Generic[ResultT]):
    """The place of an item in the line, and what became of it."""

    __slots__ = ("done", "error", "results")

    def __init__(self) -> None:
        self.done = anyio.Event()
        self.error: Exception | None = None
        self.results: list[ResultT] = []


class _InOrder(AbstractAsyncContextManager["AsyncIterator[ResultT]"], Generic[ItemT, ResultT]):
    def __init__(self, source: AsyncIterable[ItemT], work: Callable[[ItemT], Awaitable[ResultT]], depth: int) -> None:
        self._source = source
        self._work = work
        self._depth = depth
        self._failure: Exception | None = None
        self._next: _Turn[ResultT] | None = None
        self._tasks: TaskGroup
        self._line: MemoryObjectReceiveStream[_Turn[ResultT]]

    async def __aenter__(self) -> AsyncIterator[ResultT]:
        # One is out of the line as soon as the consumer waits for it.
        send, self._line = anyio.create_memory_object_stream[_Turn[ResultT]](self._depth - 1)
        self._tasks = anyio.create_task_group()
        await self._tasks.__aenter__()
        self._tasks.start_soon(self._fill, send)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tasks.cancel_scope.cancel()
        self._line.close()
        # The group must not see an error of the block: it would come back wrapped in an exception group.
        await self._tasks.__aexit__(None, None, None)

    def __aiter__(self) -> AsyncIterator[ResultT]:
        return self

    async def __anext__(self) -> ResultT:
        if self._next is None:
            try:
                self._next = await self._line.receive()
            except anyio.EndOfStream:
                if self._failure is not None:
                    failure, self._failure = self._failure, None
                    raise failure from failure.__cause__
                raise StopAsyncIteration from None
        turn = self._next
        await turn.done.wait()
        self._next = None
        if turn.error is not None:
            raise turn.error from turn.error.__cause__
        return turn.results[0]

    async def _fill(self, line: MemoryObjectSendStream[_Turn[ResultT]]) -> None:
        iterator = aiter(self._source)
        async with line:
            try:
                async for item in iterator:
                    turn = _Turn[ResultT]()
                    await line.send(turn)
                    self._tasks.start_soon(self._do, item, turn)
            except Exception as error:  # noqa: BLE001 - raised again at the consumer
                self._failure = error
            finally:
                await close_iterator(iterator)

    async def _do(self, item: ItemT, turn: _Turn[ResultT]) -> None:
        try:
            turn.results.append(await self._work(item))
        except Exception as error:  # noqa: BLE001 - raised again at the consumer, when its turn has come
            turn.error = error
        turn.done.set()
