"""Two ends for calls: the exact wire, faked below httpx, and an emulator behind a real socket."""

from __future__ import annotations

import pytest
import respx

from domo_async import AsyncDomo
from domo_async.emulator import Emulator


@pytest.fixture
def wire():
    with respx.mock(base_url="https://api.domo.com", assert_all_called=False) as router:
        router.get("/oauth/token", name="grant").respond(json={"access_token": "the-token", "expires_in": 3599})
        yield router


@pytest.fixture
async def domo(wire):
    # respx replaces the network of httpx and cannot see aiohttp's.
    async with AsyncDomo("id", "secret", transport="httpx", retries=0) as domo:
        yield domo


@pytest.fixture
def sent(wire):
    """Finds the one request besides the grant."""

    def find():
        (call,) = (call for call in wire.calls if call.request.url.path != "/oauth/token")
        return call.request

    return find


@pytest.fixture
def emulator():
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
async def live(emulator):
    """A client of the emulator."""
    async with AsyncDomo(**emulator.connection) as domo:
        yield domo
