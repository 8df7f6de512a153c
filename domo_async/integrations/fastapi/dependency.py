"""The client as a parameter of a FastAPI endpoint."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import Depends

from domo_async.client import AsyncDomo
from domo_async.integrations.fastapi.lifespan import get_domo

__all__ = ["DomoDep"]

DomoDep: TypeAlias = Annotated[AsyncDomo, Depends(get_domo)]
"""The client of the application, as the type of a parameter: ``async def endpoint(domo: DomoDep)``."""
