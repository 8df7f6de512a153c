"""What the package offers for tests of those who use it."""

import httpx
import pytest
import respx

from domo_async import AsyncDomo
from domo_async.errors import NotFoundError
from domo_async.testing import ManualClock, mock_grant, mocked_domo

pytestmark = pytest.mark.anyio


async def test_a_mocked_client_needs_one_line():
    with respx.mock(base_url="https://api.domo.com", assert_all_called=False) as router:
        router.get("/v1/datasets/1").respond(json={"id": "1", "name": "Sales"})
        router.get("/v1/datasets/2").respond(404)
        async with mocked_domo(router, retries=0) as domo:
            assert (await domo.datasets.get("1")).name == "Sales"
            with pytest.raises(NotFoundError):
                await domo.datasets.get("2")
            assert domo.stats.grants == 1


async def test_tokens_end_when_the_clock_says_so():
    clock = ManualClock()
    with respx.mock(base_url="https://api.domo.com") as router:
        grants = mock_grant(router, expires_in=100)
        router.get("/v1/datasets/1").respond(json={"id": "1"})
        transport = httpx.MockTransport(router.async_handler)
        async with AsyncDomo("id", "secret", api_url="https://api.domo.com", transport=transport, clock=clock) as domo:
            await domo.datasets.get("1")
            await domo.datasets.get("1")
            assert grants.call_count == 1
            clock.advance(101)
            await domo.datasets.get("1")
            assert grants.call_count == 2


def test_time_does_not_go_backwards():
    clock = ManualClock(5)
    clock.advance(0.5)
    assert clock() == 5.5
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(-1)
