"""Domo inside a web service of FastAPI or Starlette.

Example:
    ::

        from fastapi import FastAPI
        from domo_async.integrations.fastapi import (
            DomoDep, domo_lifespan, install_error_handlers, readiness_check, stream_csv
        )

        app = FastAPI(lifespan=domo_lifespan())
        install_error_handlers(app)
        app.add_api_route("/ready", readiness_check(), include_in_schema=False)

        @app.get("/datasets/{dataset_id}.csv")
        async def export(domo: DomoDep, dataset_id: str):
            return stream_csv(domo, dataset_id)

All but `DomoDep` needs Starlette only.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from domo_async.errors import MissingExtraError

if TYPE_CHECKING:
    from domo_async.integrations.fastapi.dependency import DomoDep
    from domo_async.integrations.fastapi.error_responses import install_error_handlers
    from domo_async.integrations.fastapi.exports import ExportResponse, stream_csv
    from domo_async.integrations.fastapi.lifespan import domo_lifespan, get_domo
    from domo_async.integrations.fastapi.readiness import readiness_check

__all__ = [
    "DomoDep",
    "ExportResponse",
    "domo_lifespan",
    "get_domo",
    "install_error_handlers",
    "readiness_check",
    "stream_csv",
]

_HOMES = {
    "DomoDep": "dependency",
    "ExportResponse": "exports",
    "domo_lifespan": "lifespan",
    "get_domo": "lifespan",
    "install_error_handlers": "error_responses",
    "readiness_check": "readiness",
    "stream_csv": "exports",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    try:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("domo_async"):
            raise
        msg = "The web service integration"
        raise MissingExtraError(msg, extra="fastapi") from error


def __dir__() -> list[str]:
    return sorted(__all__)
