"""What a place has to offer in which several processes keep one token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, runtime_checkable

__all__ = ["Release", "TokenStore"]

Release = Callable[[], Awaitable[None]]
"""Gives a lock back. Called once, also when the caller was cancelled."""


@runtime_checkable
class TokenStore(Protocol):
    """A place in which several processes keep one token, so that one grant is enough for all of them.

    `FileTokenStore` and `RedisTokenStore` are two; any object with these three methods is another. A store need not be
    reliable: whatever a method raises is logged, and this process gets tokens of its own for half a minute before it
    tries the store again. What takes longer than two seconds is cancelled and counts as a failure too.

    A key is 64 hexadecimal digits. It tells apart what must not share a token: the API, client id and secret, and the
    scopes. A value is opaque, at most some kilobytes long, and as secret as the token in it.
    """

    async def load(self, key: str) -> bytes | None:
        """The value under a key, None if there is none."""
        ...

    async def save(self, key: str, value: bytes, *, instead_of: bytes | None, lifetime: float) -> bool:
        """Put a value under a key, unless somebody else has put one there meanwhile.

        Args:
            key: Where to put it.
            value: What to put there.
            instead_of: The value that was there when the caller looked, None for none. If another one is there now it
                stays. Best in one step; a store that cannot do that may do it in two.
            lifetime: Seconds after which the value is of no use and may be forgotten.

        Returns:
            Whether it was put there.
        """
        ...

    async def acquire(self, key: str, *, wait: float) -> Release | None:
        """Take the lock of a key, so that one process at a time asks for a token.

        The lock must free itself when its holder dies.

        Args:
            key: Whose lock.
            wait: Seconds to wait for it; 0 to try once.

        Returns:
            What gives it back; None if another process has it.
        """
        ...
