"""What all tests share: both event loops, and an environment without anybody's credentials."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says something of the machine and nothing of the law.
settings.register_profile("domo_async", deadline=None)
settings.load_profile("domo_async")

_HAS_EMULATOR = find_spec("starlette") is not None


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Where no extra is installed, leave out the modules that talk to an emulator."""
    if _HAS_EMULATOR or not collection_path.match("test_*.py"):
        return None
    return "domo_async.emulator" in collection_path.read_text(encoding="utf-8") or None


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep DOMO_* variables, profiles, proxies and a .env file of the developer out of the tests."""
    for name in list(os.environ):
        if name.startswith("DOMO_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DOMO_CONFIG_DIR", str(tmp_path / "no-profiles"))
    monkeypatch.chdir(tmp_path)
