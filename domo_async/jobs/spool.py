"""Bytes between the network, which must not wait, and the decoder, for which they have to."""

from __future__ import annotations

from collections import deque
from contextlib import AbstractAsyncContextManager, suppress
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, TypeVar

import anyio

from domo_async.tabular.open_elsewhere import remove_file
from domo_async.tabular.read_ahead import close_iterator
from domo_async.tabular.replacement import refusal
from domo_async.tabular.threads import in_thread

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Callable
    from pathlib import Path
    from types import TracebackType

    from anyio.abc import TaskGroup

__all__ = ["Room", "Spool", "Spooled"]

BLOCK = 256 * 2**10
"""Bytes that are handed on at a time."""

_WAITING = 2 * BLOCK
"""Bytes in memory before the reader has come."""

_READING = 4 * BLOCK
"""Bytes in memory once it is there."""

_THREADS = 4

T = TypeVar("T")


class Room:
    """How many bytes all spools of a job may have on the disk, and the threads that bring them there and back.

    Args:
        size: That many.
    """

    def __init__(self, size: int) -> None:
        self._free = size
        # Their own: a download that waits for those who compute holds its buffers for as long.
        self._threads = anyio.CapacityLimiter(_THREADS)

    def take(self, size: int) -> bool:
        """Take some, if there is as much."""
        if size > self._free:
            return False
        self._free -= size
        return True

    def give_back(self, size: int) -> None:
        """Give some back."""
        self._free += size

    async def work(self, work: Callable[[], T]) -> T:
        """Read or write in a worker thread."""
        return await in_thread(work, limiter=self._threads)


class Spool:
    """A line of bytes from one task to another: the first in memory, the rest on the disk.

    It is *waiting* until `connect` says that the reader has come: what does not fit into a little memory goes to the
    disk. Then it is *connected*: what is on the disk is read first, and once that is done the writer waits for the
    reader, and the disk is not needed any more. When the room on the disk is used up, the writer waits for the reader
    in any case; the reader never waits for another spool, so that ends.

    Args:
        path: File for the bytes; made when needed.
        room: What all spools share.
    """

    def __init__(self, path: Path, room: Room) -> None:
        self._path = path
        self._room = room
        self._memory: deque[bytes] = deque()
        self._in_memory = 0
        self._on_disk = 0
        self._written = 0
        self._read = 0
        self._file: BinaryIO | None = None
        self._using_file = anyio.Lock()
        self._connected = False
        self._ended = False
        self._failure: Exception | None = None
        self._change = anyio.Event()

    def connect(self) -> None:
        """Say that the reader is there."""
        self._connected = True
        self._changed()

    async def put(self, block: bytes) -> None:
        """Add bytes.

        Raises:
            TargetError: The disk is full, or refuses.
        """
        while True:
            # What is on the disk comes first, so nothing may overtake it in memory.
            if not self._on_disk and self._fits(len(block)):
                self._memory.append(block)
                self._in_memory += len(block)
                break
            if (self._on_disk or not self._connected) and self._room.take(len(block)):
                await self._to_disk(block)
                break
            await self._change.wait()
        self._changed()

    def end(self, failure: Exception | None = None) -> None:
        """Say that no more bytes come, and why, if it is not their end."""
        self._ended = True
        self._failure = failure
        self._changed()

    def __aiter__(self) -> Spool:
        return self

    async def __anext__(self) -> bytes:
        """The next bytes, or the failure as soon as there is one."""
        while self._failure is None:
            if self._memory:
                block = self._memory.popleft()
                self._in_memory -= len(block)
            elif self._on_disk:
                block = await self._from_disk()
            elif self._ended:
                raise StopAsyncIteration
            else:
                await self._change.wait()
                continue
            self._changed()
            return block
        raise self._failure from self._failure.__cause__

    async def discard(self) -> None:
        """Remove the file. Not called ``aclose``: whoever reads would call that, and the writer may still write."""
        file, self._file = self._file, None
        self._room.give_back(self._on_disk)
        self._on_disk = 0
        if file is not None:
            await self._room.work(partial(_remove, file, self._path))

    def _fits(self, size: int) -> bool:
        if self._connected:
            return not self._memory or self._in_memory + size <= _READING
        return self._in_memory + size <= _WAITING

    def _changed(self) -> None:
        change, self._change = self._change, anyio.Event()
        change.set()

    async def _to_disk(self, block: bytes) -> None:
        async with self._using_file:
            try:
                await self._room.work(partial(self._write, block))
            except BaseException as error:
                self._room.give_back(len(block))
                if isinstance(error, OSError):
                    raise refusal(self._path, error) from error
                raise
            self._on_disk += len(block)

    async def _from_disk(self) -> bytes:
        async with self._using_file:
            try:
                block = await self._room.work(self._read_on)
            except OSError as error:
                raise refusal(self._path, error) from error
            self._on_disk -= len(block)
            self._room.give_back(len(block))
            return block

    def _write(self, block: bytes) -> None:
        if self._file is None:
            self._file = self._path.open("w+b", buffering=0)
        self._file.seek(self._written)
        view = memoryview(block)
        while view:
            view = view[self._file.write(view) :]
        self._written += len(block)

    def _read_on(self) -> bytes:
        if self._file is None:
            raise OSError("the file is closed")
        self._file.seek(self._read)
        block = self._file.read(min(BLOCK, self._on_disk))
        if not block:
            raise OSError("the file has become shorter")
        self._read += len(block)
        if self._read == self._written:
            self._file.truncate(0)
            self._read = self._written = 0
        return block


def _remove(file: BinaryIO, path: Path) -> None:
    file.close()
    with suppress(OSError):
        remove_file(path)


class Spooled(AbstractAsyncContextManager["Spool"]):
    """A download that goes on in a task of its own, as fast as the network is, whether anybody reads it yet or not.

    Inside the block there is a spool to read from. The connection is given back when the last byte has come, not when
    it is read. An error of the download is raised to the reader. When the block is left early, the download is
    cancelled and its connection closed before the block ends.

    Args:
        body: Opens the download.
        spool: What to fill.
        on_bytes: Called in the event loop with the number of bytes that have come.
        on_end: Called in the event loop when the last byte has come.
    """

    def __init__(
        self,
        body: Callable[[], AbstractAsyncContextManager[AsyncIterable[bytes]]],
        spool: Spool,
        on_bytes: Callable[[int], None],
        on_end: Callable[[], None] | None = None,
    ) -> None:
        self._body = body
        self._spool = spool
        self._on_bytes = on_bytes
        self._on_end = on_end
        self._tasks: TaskGroup

    async def __aenter__(self) -> Spool:
        self._tasks = anyio.create_task_group()
        await self._tasks.__aenter__()
        self._tasks.start_soon(self._fill)
        return self._spool

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tasks.cancel_scope.cancel()
        try:
            # The group must not see an error of the block: it would come back wrapped in an exception group.
            await self._tasks.__aexit__(None, None, None)
        finally:
            with anyio.CancelScope(shield=True):
                await self._spool.discard()

    async def _fill(self) -> None:
        try:
            async with self._body() as chunks:
                await self._pour(chunks)
            if self._on_end is not None:
                self._on_end()
        except Exception as error:  # noqa: BLE001 - raised again at the reader
            self._spool.end(error)
        else:
            self._spool.end()

    async def _pour(self, chunks: AsyncIterable[bytes]) -> None:
        pending: list[bytes] = []
        size = 0
        iterator = aiter(chunks)
        try:
            async for chunk in iterator:
                self._on_bytes(len(chunk))
                pending.append(chunk)
                size += len(chunk)
                if size >= BLOCK:
                    await self._spool.put(b"".join(pending))
                    pending, size = [], 0
            if pending:
                await self._spool.put(b"".join(pending))
        finally:
            await close_iterator(iterator)
