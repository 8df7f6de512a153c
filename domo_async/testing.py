"""For tests of code that uses this library: a clock that is set by hand, and clients whose answers respx makes up.

The emulator is the better half of the same: see `domo_async.emulator`, and the fixtures ``domo_emulator`` and ``domo``
that pytest has when this package is installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, Unpack

import anyio
import anyio.lowlevel
import httpx

from domo_async.client import AsyncDomo

if TYPE_CHECKING:
    import respx

    from domo_async.http.limits import Bounds

__all__ = ["ManualClock", "mock_grant", "mocked_domo"]

_API = "https://api.domo.com"


class ManualClock:
    """Monotonic seconds that pass only when told to: ``AsyncDomo(clock=ManualClock())``.

    Args:
        now: Where it begins.

    Example:
        >>> clock = ManualClock()
        >>> clock.advance(3600)
        >>> clock()
        3600.0
    """

    def __init__(self, now: float = 0.0) -> None:
        self.now: float = now
        self._sleepers: list[tuple[float, anyio.Event]] = []

    def __call__(self) -> float:
        """The time now."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass.

        Raises:
            ValueError: It would go backwards.
        """
        if seconds < 0:
            raise ValueError("monotonic time does not go backwards")
        self.now += seconds
        awake = [event for moment, event in self._sleepers if moment <= self.now]
        self._sleepers = [sleeper for sleeper in self._sleepers if sleeper[0] > self.now]
        for event in awake:
            event.set()

    async def sleep(self, seconds: float) -> None:
        """Wait until so many seconds have passed here: for whatever takes a function to sleep by.

        Call `advance` in the same event loop.
        """
        await anyio.lowlevel.checkpoint()
        if seconds <= 0:
            return
        sleeper = (self.now + seconds, anyio.Event())
        self._sleepers.append(sleeper)
        try:
            await sleeper[1].wait()
        finally:
            if sleeper in self._sleepers:
                self._sleepers.remove(sleeper)

    @property
    def sleeping(self) -> int:
        """How many sleep now."""
        return len(self._sleepers)


class ClientOptions(TypedDict, total=False):
    """Options of `AsyncDomo` that make sense without a network."""

    timeout: float
    deadline: float | None
    retries: int
    concurrency: Bounds


def mock_grant(
    router: respx.Router,
    *,
    token: str = "a-test-token",  # noqa: S107 - no secret
    expires_in: float = 3599,
    api_url: str = _API,
) -> respx.Route:
    """Let a router grant tokens, whichever way they are asked for.

    Args:
        router: The router of respx.
        token: The token.
        expires_in: Seconds that it lives.
        api_url: Where the API is thought to be.

    Returns:
        The route, whose ``call_count`` is the number of grants.
    """
    document = {"access_token": token, "token_type": "bearer", "expires_in": expires_in, "scope": "data user"}
    route: respx.Route = router.route(method__in=["GET", "POST"], url__startswith=f"{api_url}/oauth/token")
    return route.respond(200, json=document)


def mocked_domo(router: respx.Router, *, api_url: str = _API, **options: Unpack[ClientOptions]) -> AsyncDomo:
    """A client whose requests go to a router of respx, whatever transports are installed, with its grant mocked.

    Args:
        router: The router, such as the fixture ``respx_mock``.
        api_url: Where the API is thought to be.
        **options: Patience and concurrency, as `AsyncDomo` takes them.

    Example:
        ::

            async def test_it(respx_mock):
                respx_mock.get("https://api.domo.com/v1/datasets/1").respond(json={"id": "1", "name": "Sales"})
                async with mocked_domo(respx_mock) as domo:
                    assert (await domo.datasets.get("1")).name == "Sales"
    """
    mock_grant(router, api_url=api_url)
    return AsyncDomo(
        "test-client",
        "test-secret",
        api_url=api_url,
        transport=httpx.MockTransport(router.async_handler),
        **options,
    )
