"""A body that is read while it comes, and goes on where it broke off."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING

import anyio

from domo_async.errors import CallError, ClientClosedError, ConnectionLostError, IncompleteDataError

if TYPE_CHECKING:
    from domo_async.http.answer import OpenAnswer
    from domo_async.http.lane import Lane

__all__ = ["Download"]

Open = Callable[[CallError | None], Awaitable[tuple["OpenAnswer", "Lane"]]]
"""Asks for the answer; given a failure, waits until asking again is due, or raises the failure."""


def _checksum() -> Callable[[bytes, int], int]:
    try:
        from isal.isal_zlib import crc32  # an order of magnitude faster; part of the extra `fast`
    except ImportError:
        return zlib.crc32

    def checksum(data: bytes, before: int) -> int:
        after: int = crc32(data, before)
        # On CPUs with AVX-512 it leaves the upper halves of the vector registers in use, and all SSE instructions that
        # follow in this thread, the event loop's, take a quarter longer. OpenSSL's SHA-512 clears them when it is done.
        hashlib.sha512(b"", usedforsecurity=False).digest()
        return after

    return checksum


class Download:
    """The bytes of an answer as they arrive: ``async for chunk in download``.

    Domo's exports know neither ranges nor entity tags, so after a break the export is asked for again. What was
    delivered already is skipped, and compared by checksum on the way: if the DataSet is not the same any more, the
    download ends with `IncompleteDataError` instead of mixing two states of it. Memory stays constant. A break counts
    as a failed attempt; bytes that are new begin the count anew.

    Attributes:
        headers: Headers of the answer.
        received: Bytes delivered so far.
        resumed: How often it was asked for again.
    """

    def __init__(self, open_answer: Open, *, resumable: bool) -> None:
        self._open = open_answer
        self._resumable = resumable
        self._answer: OpenAnswer | None = None
        self._lane: Lane | None = None
        self._crc32 = _checksum() if resumable else None
        self._sum = 0
        self._breaks = 0
        self._failure: CallError | None = None
        self._interrupted = False
        self._ended = False
        self._closed = False
        self.headers: dict[str, str] = {}
        self.received: int = 0
        self.resumed: int = 0

    async def start(self) -> None:
        """Ask for the answer; returns when its first bytes are there."""
        self._answer, self._lane = await self._open(None)
        self.headers = self._answer.headers

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        """The next bytes.

        Raises:
            CallError: The connection broke, and going on was not possible either.
            ClientClosedError: The client, or this download, was closed.
        """
        chunk = None if self._ended else await self._next()
        if chunk is None:
            self._ended = True
            raise StopAsyncIteration
        if self._crc32 is not None:
            self._sum = self._crc32(chunk, self._sum)
        self.received += len(chunk)
        self._breaks = 0
        return chunk

    async def _next(self) -> bytes | None:
        while True:
            if self._closed:
                raise ClientClosedError("The download is closed", hint="Read it inside its `async with` block")
            if self._interrupted and self._failure is None:
                # What a cancelled read had received is lost, and what follows it is not what the caller waits for.
                self._failure = ConnectionLostError("An earlier read of this download was cancelled")
                if not self._resumable:
                    raise self._failure
            self._interrupted = True
            try:
                if self._failure is not None:
                    await self._resume(self._failure)
                chunk = await self._read()
            except IncompleteDataError:
                raise
            except CallError as error:
                if self._answer is not None:
                    self._answer.failure = error
                if error is self._failure or not self._resumable or not error.retryable:
                    raise
                self._breaks += 1
                error.attempts = self._breaks
                self._failure = error
            else:
                self._interrupted = False
                return chunk

    async def _resume(self, failure: CallError) -> None:
        """Ask again, and skip what was delivered. Whatever interrupts it, the next read begins with it anew."""
        await self._release()
        self._answer, self._lane = await self._open(failure)
        self.resumed += 1
        skipped, checksum = 0, 0
        while skipped < self.received and (chunk := await self._read()) is not None:
            seen, rest = chunk[: self.received - skipped], chunk[self.received - skipped :]
            skipped += len(seen)
            if self._crc32 is not None:
                checksum = self._crc32(seen, checksum)
            self._answer.unread(rest)
        if skipped < self.received or checksum != self._sum:
            raise IncompleteDataError(
                f"The connection broke after {self.received} bytes, and the data changed before it could go on",
                operation=failure.operation,
                method=failure.method,
                path=failure.path,
                hint="Read the DataSet again from its beginning",
            ) from failure
        self._failure = None

    async def _read(self) -> bytes | None:
        """Bytes of the answer at hand, unless the client is closed meanwhile."""
        if self._answer is None or self._lane is None:
            raise ClientClosedError("The download is closed", hint="Read it inside its `async with` block")
        with self._lane.cancellable(anyio.CancelScope()):
            return await self._answer.read()
        raise self._lane.closed_error()

    async def _release(self) -> None:
        answer, self._answer = self._answer, None
        if answer is not None:
            await answer.aclose()

    async def aclose(self) -> None:
        """Give the connection back; if the end was not reached, close it."""
        self._closed = True
        await self._release()
