"""Fixtures for pytest, registered by installing the package: a local Domo, and a client of it.

``domo_emulator``
    A running `Emulator`, new for each test. ``@pytest.mark.domo(datasets={...}, faults=[...], token_lifetime=3)`` says
    what it begins with: arguments of `Emulator`, and faults as dictionaries for ``emulator.faults.add``.
``domo``
    An `AsyncDomo` connected to it, for tests that run under anyio (asyncio and trio) or pytest-asyncio.

Nothing of the emulator is imported before a test asks for it. Needs the extra ``emulator``.

Example:
    ::

        @pytest.mark.domo(datasets={"Sales": {"region": ["West"], "amount": [3]}})
        async def test_my_report(domo, domo_emulator):
            domo_emulator.faults.add("status", status=503, times=1)
            assert await my_report(domo) == ...
"""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncGenerator, Generator, Mapping
from typing import TYPE_CHECKING, cast

import pytest

if TYPE_CHECKING:
    from domo_async.client import AsyncDomo
    from domo_async.emulator import Emulator

__all__ = ["domo", "domo_emulator"]


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        "domo(datasets={...}, faults=[{...}], **arguments): what the emulator of this test begins with: "
        "arguments of domo_async.emulator.Emulator, and faults as arguments of its faults.add",
    )


@pytest.fixture
def domo_emulator(request: pytest.FixtureRequest) -> Generator[Emulator]:
    """A local Domo on a free port, for this test alone."""
    from domo_async.emulator import Emulator

    arguments: dict[str, object] = {}
    # The marker of the test itself comes first, and wins.
    for marker in request.node.iter_markers("domo"):
        if marker.args:
            pytest.fail("@pytest.mark.domo takes keyword arguments only, such as datasets={...}")
        arguments = {**marker.kwargs, **arguments}
    faults = cast("list[Mapping[str, object]]", arguments.pop("faults", []))
    with Emulator(**arguments) as emulator:  # type: ignore[arg-type]
        for fault in faults:
            emulator.faults.add(**fault)  # type: ignore[arg-type]
        yield emulator


@pytest.fixture
def domo(request: pytest.FixtureRequest) -> AsyncDomo:
    """A client connected to ``domo_emulator``, closed after the test."""
    # Each of the two plugins runs async fixtures in its own way, and neither those of the other.
    if "anyio_backend" in request.fixturenames:
        return cast("AsyncDomo", request.getfixturevalue("_domo_under_anyio"))
    if request.config.pluginmanager.hasplugin("asyncio"):
        return cast("AsyncDomo", request.getfixturevalue("_domo_under_asyncio"))
    pytest.fail("The fixture `domo` needs a test that runs under anyio (@pytest.mark.anyio) or pytest-asyncio")


async def _client(domo_emulator: Emulator) -> AsyncGenerator[AsyncDomo]:
    from domo_async.client import AsyncDomo

    async with AsyncDomo(**domo_emulator.connection) as client:
        yield client


_domo_under_anyio = pytest.fixture(_client, name="_domo_under_anyio")

if importlib.util.find_spec("pytest_asyncio") is not None:
    import pytest_asyncio

    async def _client_under_asyncio(domo_emulator: Emulator) -> AsyncGenerator[AsyncDomo]:
        async for client in _client(domo_emulator):
            yield client

    _domo_under_asyncio = pytest_asyncio.fixture(_client_under_asyncio, name="_domo_under_asyncio")
