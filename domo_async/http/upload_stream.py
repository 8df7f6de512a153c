"""A request body that is produced while it is sent."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import TYPE_CHECKING, Final, Self

import anyio
import httpx

if TYPE_CHECKING:
    from domo_async.http.bodies import Body

__all__ = ["UploadStream"]

_LAST_CHUNK: Final = 5.0


class UploadStream(httpx.AsyncByteStream, AsyncIterator[bytes]):
    """A request body that is produced while it is sent.

    The iterators that the caller's body makes are closed when the request is over, also if it broke off half-way.

    Attributes:
        sent: Bytes handed out so far.
        failure: What the caller's iterator raised.
    """

    def __init__(self, body: Body) -> None:
        self._body = body
        self._iterators: list[AsyncIterator[bytes]] = []
        self._idle: anyio.Event | None = None
        self._over = False
        self.sent: int = 0
        self.failure: Exception | None = None

    def __aiter__(self) -> Self:
        if self._iterators and not self._body.replayable:
            raise httpx.StreamConsumed
        if not isinstance(self._body.content, bytes):
            self._iterators.append(aiter(self._body.content))
        return self

    async def __anext__(self) -> bytes:
        if self._over:
            raise StopAsyncIteration
        self._idle = idle = anyio.Event()
        try:
            chunk = await anext(self._iterators[-1])
        except StopAsyncIteration:
            raise
        except Exception as error:
            self.failure = error
            raise
        else:
            self.sent += len(chunk)
            return chunk
        finally:
            idle.set()

    async def aclose(self) -> None:
        """Close the iterators, as far as nothing is running in them."""
        self._over = True
        if self._idle is not None:
            # aiohttp sends in a task of its own, which goes on after an early answer, or is cancelled when the
            # connection breaks: it may still be in the generator, and a generator that runs cannot be closed.
            with anyio.move_on_after(_LAST_CHUNK, shield=True):
                await self._idle.wait()
            if not self._idle.is_set():
                return
        for iterator in self._iterators:
            if isinstance(iterator, AsyncGenerator):
                with anyio.CancelScope(shield=True):
                    await iterator.aclose()
