"""A transport that tells a test of every request on its way, and lets it meddle with the answers."""

from __future__ import annotations

from contextlib import asynccontextmanager

import httpx

from domo_async import AsyncDomo
from domo_async.transport.slots import SlotTransport

__all__ = ["Hooked", "hooked"]


class Hooked(httpx.AsyncBaseTransport):
    """Our own transport between two hooks; token requests pass by them.

    Args:
        before: Awaited with each request before it is sent.
        after: Awaited with each request and its answer, read to the end; returns the answer to hand on.
    """

    def __init__(self, before=None, after=None):
        self.before = before
        self.after = after
        self.inner = SlotTransport(slots=8)

    async def handle_async_request(self, request):
        if request.url.path == "/oauth/token":
            return await self.inner.handle_async_request(request)
        if self.before is not None:
            await self.before(request)
        response = await self.inner.handle_async_request(request)
        if self.after is None:
            return response
        try:
            await response.aread()
        finally:
            await response.aclose()
        return await self.after(request, response)

    async def aclose(self):
        await self.inner.aclose()


@asynccontextmanager
async def hooked(emulator, before=None, after=None, **options):
    """A client of an emulator with such a transport."""
    transport = Hooked(before, after)
    try:
        async with AsyncDomo(**emulator.connection, transport=transport, **options) as domo:
            yield domo
    finally:
        await transport.aclose()
