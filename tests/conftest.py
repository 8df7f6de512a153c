"""What all tests share: both event loops, and an environment without anybody's credentials."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says something of the machine and nothing of the law.
settings.register_profile("domo_async", deadline=None)
settings.load_profile("domo_async")


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
