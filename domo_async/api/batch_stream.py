# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""The record batches of a DataSet, to iterate over with or without a block around it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Self

import anyio

from domo_async.http.prefetch import Ahead

if TYPE_CHECKING:
    import pyarrow as pa
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

__all__ = ["BatchStream"]


class BatchStream(AsyncIterator["pa.RecordBatch"]):
    """Record batches while they arrive: ``async for batch in stream``.

    The reading begins with the first batch that is asked for, and runs in a task that belongs to this object. Leaving
    the loop, by whatever way, drops the object and so ends the task; ``async with`` around it waits until it has ended.

    Args:
        batches: Opens the pipeline that decodes the batches.
    """

    def __init__(self, batches: Callable[[], AbstractAsyncContextManager[AsyncIterator[pa.RecordBatch]]]) -> None:
        self._open = batches
        self._task: Ahead[None] | None = None
        self._received: MemoryObjectReceiveStream[pa.RecordBatch] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> pa.RecordBatch:
        if self._received is None:
            send, self._received = anyio.create_memory_object_stream["pa.RecordBatch"](0)
            self._task = Ahead(_Pipeline(self._open, send).run)
        try:
            return await self._received.receive()
        except (anyio.EndOfStream, anyio.ClosedResourceError):
            if self._task is not None:
                task, self._task = self._task, None
                await task.result()
            raise StopAsyncIteration from None

    async def aclose(self) -> None:
        """End the reading, if it has not ended by itself, and wait for the end."""
        task, self._task = self._task, None
        if self._received is not None:
            self._received.close()
        if task is not None:
            task.cancel()
            with anyio.CancelScope(shield=True):
                await task.ended()

    def __del__(self) -> None:
        if self._received is not None:
            self._received.close()


class _Pipeline:
    """What the task runs; it must not know the stream, or dropping that would not end it."""

    def __init__(
        self,
        batches: Callable[[], AbstractAsyncContextManager[AsyncIterator[pa.RecordBatch]]],
        send: MemoryObjectSendStream[pa.RecordBatch],
    ) -> None:
        self._open = batches
        self._send = send

    async def run(self) -> None:
        async with self._send, self._open() as batches:
            async for batch in batches:
                try:
                    await self._send.send(batch)
                except anyio.BrokenResourceError:
                    return  # nobody listens any more
