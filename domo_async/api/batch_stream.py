# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""The record batches of a DataSet, to iterate over with or without a block around it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Self

import anyio
from anyio.lowlevel import checkpoint

from domo_async.http.prefetch import Ahead

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["BatchStream"]


class BatchStream(AsyncIterator["pa.RecordBatch"]):
    """Record batches while they arrive: ``async for batch in stream``.

    The reading begins with the first batch that is asked for, and runs in a task that belongs to this object. Leaving
    the loop, by whatever way, drops the object and so ends the task; ``async with`` around it waits until it has ended.

    Asking may be cancelled, by a time-out say: the batch that was on its way comes when it is asked for again.

    Args:
        batches: Opens the pipeline that decodes the batches.
    """

    def __init__(self, batches: Callable[[], AbstractAsyncContextManager[AsyncIterator[pa.RecordBatch]]]) -> None:
        self._open = batches
        self._task: Ahead[None] | None = None
        self._handover = _Handover()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> pa.RecordBatch:
        if self._task is None and not self._handover.over:
            self._task = Ahead(_Pipeline(self._open, self._handover).run)
        batch = await self._handover.take()
        if batch is not None:
            return batch
        if self._task is not None:
            await self._task.result()  # it stays, so that nobody who asks again takes a failure for the end
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """End the reading, if it has not ended by itself, and wait for the end."""
        task, self._task = self._task, None
        self._handover.end()
        if task is not None:
            task.cancel()
            with anyio.CancelScope(shield=True):
                await task.ended()


class _Handover:
    """A place for one batch, between the task that reads and whoever asks.

    What lies there is taken without an await in between. A stream of anyio hands a batch to a waiting task, and if
    ``asyncio.Task.cancel`` comes before that task runs, the batch is lost.
    """

    def __init__(self) -> None:
        self.over: bool = False
        self._batch: pa.RecordBatch | None = None
        self._change = anyio.Event()

    async def put(self, batch: pa.RecordBatch) -> None:
        """Lay a batch down, and wait until it was taken."""
        self._batch = batch
        self._changed()
        while self._batch is batch and not self.over:
            await self._change.wait()

    async def take(self) -> pa.RecordBatch | None:
        """The next batch; None when there is no other."""
        await checkpoint()
        while self._batch is None and not self.over:
            await self._change.wait()
        batch, self._batch = self._batch, None
        self._changed()
        return batch

    def end(self) -> None:
        """Say that no other batch comes, or that none is wanted."""
        self.over = True
        self._batch = None
        self._changed()

    def _changed(self) -> None:
        self._change.set()
        self._change = anyio.Event()


class _Pipeline:
    """What the task runs; it must not know the stream, or dropping that would not end it."""

    def __init__(
        self,
        batches: Callable[[], AbstractAsyncContextManager[AsyncIterator[pa.RecordBatch]]],
        handover: _Handover,
    ) -> None:
        self._open = batches
        self._handover = handover

    async def run(self) -> None:
        try:
            async with self._open() as batches:
                async for batch in batches:
                    await self._handover.put(batch)
                    if self._handover.over:
                        return  # nobody listens any more
        finally:
            self._handover.end()
