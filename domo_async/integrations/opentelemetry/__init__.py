"""Traces and metrics of a client, by OpenTelemetry.

Example:
    ::

        from domo_async import AsyncDomo
        from domo_async.integrations.opentelemetry import OpenTelemetry

        async with AsyncDomo(observer=OpenTelemetry()) as domo:
            ...

It needs the package opentelemetry-api only. Where spans and metrics go is what the application says, to OpenTelemetry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.errors import MissingExtraError

if TYPE_CHECKING:
    from domo_async.integrations.opentelemetry.telemetry import OpenTelemetry

__all__ = ["OpenTelemetry"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    try:
        from domo_async.integrations.opentelemetry.telemetry import OpenTelemetry
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("domo_async"):
            raise
        msg = "Traces and metrics"
        raise MissingExtraError(msg, extra="opentelemetry") from error
    return OpenTelemetry


def __dir__() -> list[str]:
    return sorted(__all__)
