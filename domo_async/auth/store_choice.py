"""Which store tokens are kept in."""

from __future__ import annotations

import os

from domo_async.auth.file_store import FileTokenStore
from domo_async.auth.guarded_store import GuardedStore
from domo_async.auth.token_store import TokenStore
from domo_async.errors import ConfigurationError

__all__ = ["TokenStoreChoice", "open_store"]

TokenStoreChoice = TokenStore | str | os.PathLike[str]
"""A folder, a URL of Redis (``redis``, ``rediss`` or ``unix``), or a store of your own."""


def open_store(choice: TokenStoreChoice) -> GuardedStore:
    """The store, behind a guard.

    Args:
        choice: See `TokenStoreChoice`.

    Raises:
        ConfigurationError: It is none of these.
        MissingExtraError: It is Redis, and the package is not installed.
    """
    if isinstance(choice, str) and "://" in choice:
        from domo_async.auth.redis_store import RedisTokenStore

        return GuardedStore(RedisTokenStore(choice))
    if isinstance(choice, str | os.PathLike):
        return GuardedStore(FileTokenStore(choice))
    if not isinstance(choice, TokenStore):
        raise ConfigurationError(
            f"token_store: {type(choice).__name__} is no token store", hint="Pass a folder, a URL of Redis or a store"
        )
    return GuardedStore(choice)
