"""The asyncio-native Python SDK for Domo.

Importing the package costs next to nothing: the public names are loaded when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from domo_async.auth.credentials import ClientCredentials, no_credentials
    from domo_async.auth.domo_auth import DomoAuth
    from domo_async.auth.file_store import FileTokenStore
    from domo_async.auth.redis_store import RedisTokenStore
    from domo_async.auth.token_store import TokenStore
    from domo_async.client import AsyncDomo
    from domo_async.errors import DomoError
    from domo_async.http.paging import Page, Pager
    from domo_async.models import AccessToken
    from domo_async.tenants import Tenants

__all__ = [
    "AccessToken",
    "AsyncDomo",
    "ClientCredentials",
    "DomoAuth",
    "DomoError",
    "FileTokenStore",
    "Page",
    "Pager",
    "RedisTokenStore",
    "Tenants",
    "TokenStore",
    "no_credentials",
]

_HOMES: Final = {
    "AccessToken": "domo_async.models",
    "AsyncDomo": "domo_async.client",
    "ClientCredentials": "domo_async.auth.credentials",
    "DomoAuth": "domo_async.auth.domo_auth",
    "DomoError": "domo_async.errors",
    "FileTokenStore": "domo_async.auth.file_store",
    "Page": "domo_async.http.paging",
    "Pager": "domo_async.http.paging",
    "RedisTokenStore": "domo_async.auth.redis_store",
    "Tenants": "domo_async.tenants",
    "TokenStore": "domo_async.auth.token_store",
    "no_credentials": "domo_async.auth.credentials",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
