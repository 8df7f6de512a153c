"""A local Domo to develop and test against.

Example:
    >>> from domo_async.emulator import Emulator
    >>> with Emulator() as emulator:
    ...     print(sorted(emulator.connection))
    ['api_url', 'client_id', 'client_secret']
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from domo_async.errors import MissingExtraError

if TYPE_CHECKING:
    from domo_async.emulator.clients import SCOPES, Client
    from domo_async.emulator.emulator import Connection, Emulator
    from domo_async.emulator.faults import Fault, Faults
    from domo_async.emulator.foreground import serve
    from domo_async.emulator.recording import RequestRecord

__all__ = ["SCOPES", "Client", "Connection", "Emulator", "Fault", "Faults", "RequestRecord", "serve"]

_HOMES = {
    "SCOPES": "clients",
    "Client": "clients",
    "Connection": "emulator",
    "Emulator": "emulator",
    "Fault": "faults",
    "Faults": "faults",
    "RequestRecord": "recording",
    "serve": "foreground",
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
        msg = "The emulator"
        raise MissingExtraError(msg, extra="emulator") from error


def __dir__() -> list[str]:
    return sorted(__all__)
