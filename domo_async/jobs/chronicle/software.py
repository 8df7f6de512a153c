"""What made a document."""

from __future__ import annotations

import platform

__all__ = ["software"]


def software() -> str:
    """Versions of this library and of Python, and the system."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        own = version("domo-async")
    except PackageNotFoundError:
        own = "unknown"
    return f"domo_async {own}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
