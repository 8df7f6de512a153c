"""A body that is read while it comes, and goes on where it broke off."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

from domo_async.errors import CallError, ClientClosedError, IncompleteDataError
from domo_async.http.exchange import OpenAnswer

__all__ = ["Download"]

Open = Callable[[CallError | None], Awaitable[tuple[OpenAnswer, AsyncExitStack]]]


def _checksum() -> Callable[[bytes, int], int]:
    try:
        from isal.isal_zlib import crc32  # an order of magnitude faster; part of the extra `fast`
    except ImportError:
        return zlib.crc32
    return crc32


class Download:
    """The bytes of an answer as they arrive: ``async for chunk in download``.

    Domo's exports know neither ranges nor entity tags, so after a break the export is asked for again. What was
    delivered already is skipped, and compared by checksum on the way: if the DataSet is not the same any more, the
    download ends with `IncompleteDataError` instead of mixing two states of it. Memory stays constant.

    Attributes:
        headers: Headers of the answer.
        received: Bytes delivered so far.
        resumed: How often it was asked for again.
    """

    def __init__(self, open_answer: Open, *, resumable: bool) -> None:
        self._open = open_answer
        self._resumable = resumable
        self._answer: OpenAnswer | None = None
        self._stack: AsyncExitStack | None = None
        self._crc32 = _checksum() if resumable else None
        self._sum = 0
        self._closed = False
        self.headers: dict[str, str] = {}
        self.received = 0
        self.resumed = 0

    async def start(self) -> None:
        """Ask for the answer; returns when its first bytes are there."""
        self._answer, self._stack = await self._open(None)
        self.headers = self._answer.headers

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        """The next bytes.

        Raises:
            CallError: The connection broke, and going on was not possible either.
            ClientClosedError: The client, or this download, was closed.
        """
        chunk = await self._next()
        if chunk is None:
            raise StopAsyncIteration
        if self._crc32 is not None:
            self._sum = self._crc32(chunk, self._sum)
        self.received += len(chunk)
        return chunk

    async def _next(self) -> bytes | None:
        failure: CallError | None = None
        while True:
            if failure is not None:
                failure.attempts = self.resumed + 1
                await self._release()
                self._answer, self._stack = await self._open(failure)
                self.resumed += 1
            if self._closed or self._answer is None:
                raise ClientClosedError("The download is closed", hint="Read it inside its `async with` block")
            try:
                if failure is not None:
                    await self._skip_delivered(self._answer, failure)
                return await self._answer.read()
            except IncompleteDataError:
                raise
            except CallError as error:
                if not self._resumable or not error.retryable:
                    raise
                failure = error

    async def _skip_delivered(self, answer: OpenAnswer, failure: CallError) -> None:
        skipped, checksum = 0, 0
        while skipped < self.received:
            chunk = await answer.read()
            if chunk is None:
                break
            seen, rest = chunk[: self.received - skipped], chunk[self.received - skipped :]
            skipped += len(seen)
            if self._crc32 is not None:
                checksum = self._crc32(seen, checksum)
            if rest:
                answer.unread(rest)
        if skipped < self.received or checksum != self._sum:
            raise IncompleteDataError(
                f"The connection broke after {self.received} bytes, and the data changed before it could go on",
                operation=failure.operation,
                method=failure.method,
                path=failure.path,
                hint="Read the DataSet again from its beginning",
            ) from failure

    async def _release(self) -> None:
        self._answer = None
        stack, self._stack = self._stack, None
        if stack is not None:
            await stack.aclose()

    async def aclose(self) -> None:
        """Give the connection back; if the end was not reached, close it."""
        self._closed = True
        await self._release()
