"""A token store that never gets in the way: what goes wrong with it is logged once, and waiting for it has an end."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final, Never, TypeVar

import anyio
from pydantic import SecretBytes

from domo_async.auth.private_folder import NotPrivateError
from domo_async.auth.token_store import Release, TokenStore
from domo_async.errors import ConfigurationError

__all__ = ["GuardedStore"]

logger: logging.Logger = logging.getLogger(__name__)

T = TypeVar("T")
_PATIENCE: Final = 2.0
_REST: Final = 30.0


class GuardedStore:
    """Stands before a store, and behaves as if it were empty and nobody else there while it does not work.

    Values are wrapped on this side: a traceback with local variables leads through who asks for tokens.

    After a failure the store is left alone for half a minute, so that one which does not answer costs two seconds now
    and then and not two for each step. Settings that can never work, such as Redis under trio, are raised.

    Args:
        store: The store.
        patience: Seconds that it may take for one step.
        clock: Monotonic seconds.
    """

    def __init__(
        self, store: TokenStore, *, patience: float = _PATIENCE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._patience = patience
        self._clock = clock
        self._away_until = float("-inf")
        self._failing = False

    async def load(self, key: str) -> SecretBytes | None:
        """The value under a key."""
        value = await self._try(lambda: self._store.load(key), None)
        return None if value is None else SecretBytes(value)

    async def save(self, key: str, value: SecretBytes, *, instead_of: SecretBytes | None, lifetime: float) -> None:
        """Put a value under a key, unless another one is there by now."""

        def save() -> Awaitable[bool]:
            seen = None if instead_of is None else instead_of.get_secret_value()
            return self._store.save(key, value.get_secret_value(), instead_of=seen, lifetime=lifetime)

        await self._try(save, False)

    async def acquire(self, key: str, *, wait: float) -> Release | None:
        """Take the lock of a key; None if another process has it."""
        alone: Release | None = _nothing
        release = await self._try(lambda: self._store.acquire(key, wait=wait), alone, patience=wait + self._patience)
        if release is None or release is alone:
            return release

        async def give_back() -> None:
            # The next one waits for it, whatever becomes of us.
            with anyio.CancelScope(shield=True):
                await self._bounded(release, None, self._patience)

        return give_back

    async def _try(self, step: Callable[[], Awaitable[T]], otherwise: T, *, patience: float | None = None) -> T:
        if self._clock() < self._away_until:
            return otherwise
        return await self._bounded(step, otherwise, patience if patience is not None else self._patience)

    async def _bounded(self, step: Callable[[], Awaitable[T]], otherwise: T, patience: float) -> T:
        trouble = f"no answer within {patience:g} s"
        with anyio.move_on_after(patience):
            try:
                result = await step()
            except ConfigurationError:
                raise
            except Exception as error:  # noqa: BLE001 - a store is anybody's code, and no token depends on it
                trouble = _what_happened(error)
            else:
                if self._failing:
                    self._failing = False
                    logger.info("The token store %s works again", type(self._store).__name__)
                return result
        self._away_until = self._clock() + _REST
        if not self._failing:
            self._failing = True
            logger.warning(
                "The token store %s does not work, so this process gets tokens of its own: %s",
                type(self._store).__name__,
                trouble,
            )
        return otherwise

    def __repr__(self) -> str:
        return f"<GuardedStore {type(self._store).__name__}>"

    def __reduce__(self) -> Never:
        raise TypeError("a live token store does not pickle; build one in each process")


async def _nothing() -> None:
    """Gives back what was never taken."""


def _what_happened(error: Exception) -> str:
    """A description without what the exception was told, which may be an address with a password, or a value."""
    if isinstance(error, NotPrivateError):
        return str(error)
    name = type(error).__name__
    return f"{name}: {error.strerror}" if isinstance(error, OSError) and error.strerror else name
