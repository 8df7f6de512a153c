"""The asyncio-native Python SDK for Domo."""

from domo_async.auth.credentials import ClientCredentials
from domo_async.auth.domo_auth import DomoAuth
from domo_async.client import AsyncDomo
from domo_async.errors import DomoError
from domo_async.http.paging import Page, Pager
from domo_async.models import AccessToken

__all__ = ["AccessToken", "AsyncDomo", "ClientCredentials", "DomoAuth", "DomoError", "Page", "Pager"]
