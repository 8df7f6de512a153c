"""Tokens in Redis, for the processes of many machines. Needs the extra ``redis``."""

from __future__ import annotations

import ipaddress
import logging
import random
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, Never
from urllib.parse import urlsplit

import anyio
import sniffio

from domo_async.auth.token_store import Release
from domo_async.errors import ConfigurationError
from domo_async.models.extras import require

if TYPE_CHECKING:
    from redis.asyncio import Redis

__all__ = ["RedisTokenStore"]

logger: logging.Logger = logging.getLogger(__name__)

_SCHEMES: Final = ("redis", "rediss", "unix")
_PATIENCE: Final = 1.0
_LOCKED_FOR: Final = 20.0
_SHORTEST_PAUSE: Final = 0.02
_LONGEST_PAUSE: Final = 0.2

# What is not there any more has ended by itself, and may be replaced whatever it was.
_SAVE: Final = """
local there = redis.call('GET', KEYS[1])
if there and there ~= ARGV[1] then
    return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
"""
_RELEASE: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
    return redis.call('DEL', KEYS[1])
end
return 0
"""


class RedisTokenStore:
    """A `TokenStore` in Redis: one token for all processes on all machines that use the same server.

    A value ends by itself when its token does. Tokens are stored **in clear text**: whoever can read the keys of this
    server can use the tokens until they end, and whoever can write them can make your calls go out under another
    account. Give it a user and a password, and use ``rediss`` between machines. The client secret is not stored.

    Token requests are rare, so a connection is made for each use and not kept. Nothing here belongs to an event loop,
    unless you pass a client of your own.

    A process that is killed while it asks for a token holds the others up for ten seconds at most; then they ask for
    themselves. While Redis is down every process gets tokens of its own, and a warning is logged.

    Runs on asyncio only, as redis-py does.

    Args:
        redis: URL such as ``rediss://user:password@host:6379/0``, or a client (`redis.asyncio.Redis`) of your own,
            which is not closed here.
        prefix: What the names of all keys begin with.

    Raises:
        MissingExtraError: The package ``redis`` is not installed.
        ConfigurationError: The URL makes no sense.

    Example:
        ::

            store = RedisTokenStore("rediss://my-service@cache.internal:6379/0")
            async with AsyncDomo(token_store=store) as domo:
                print(await domo.datasets.list(limit=1))
    """

    def __init__(self, redis: str | Redis, *, prefix: str = "domo_async:") -> None:
        require("redis.asyncio", feature="RedisTokenStore")
        self._lent: Redis | None = None if isinstance(redis, str) else redis
        self._url = redis if isinstance(redis, str) else ""
        self._prefix = prefix
        if isinstance(redis, str):
            _check(redis)

    async def load(self, key: str) -> bytes | None:
        """The value under a key, None if there is none."""
        async with self._client() as client:
            value: bytes | str | None = await client.get(f"{self._prefix}{key}")
        return value.encode() if isinstance(value, str) else value

    async def save(self, key: str, value: bytes, *, instead_of: bytes | None, lifetime: float) -> bool:
        """Put a value under a key, unless another one is there by now; in one step."""
        milliseconds = max(1, round(lifetime * 1000))
        async with self._client() as client:
            done = await client.eval(_SAVE, 1, f"{self._prefix}{key}", instead_of or b"", value, milliseconds)
        return bool(done)

    async def acquire(self, key: str, *, wait: float) -> Release | None:
        """Take the lock of a key; None if another process has it."""
        name, ours = f"{self._prefix}{key}:lock", secrets.token_hex(16)
        until = anyio.current_time() + wait
        pause = _SHORTEST_PAUSE

        async def release() -> None:
            # It may have ended by itself, and be somebody else's by now.
            async with self._client() as client:
                await client.eval(_RELEASE, 1, name, ours)

        async with self._client() as client:
            while True:
                # Not cancelled half-way, or nobody would know whether it is ours. The socket has its own time-outs.
                with anyio.CancelScope(shield=True):
                    if await client.set(name, ours, nx=True, px=round(_LOCKED_FOR * 1000)):
                        return release
                left = until - anyio.current_time()
                if left <= 0:
                    return None
                await anyio.sleep(min(left, pause * (0.5 + random.random())))  # noqa: S311 - not a secret
                pause = min(2 * pause, _LONGEST_PAUSE)

    @asynccontextmanager
    async def _client(self) -> AsyncGenerator[Redis]:
        library = sniffio.current_async_library()
        if library != "asyncio":
            raise ConfigurationError(
                f"RedisTokenStore runs on asyncio only, not on {library}", hint="Use FileTokenStore"
            )
        if self._lent is not None:
            yield self._lent
            return
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        client = Redis.from_url(
            self._url,
            decode_responses=False,
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=_PATIENCE,
            socket_timeout=_PATIENCE,
        )
        try:
            yield client
        finally:
            with anyio.move_on_after(_PATIENCE, shield=True):
                await client.aclose()

    def __repr__(self) -> str:
        return f"<RedisTokenStore {_place(self._url) if self._url else 'of a client'}>"

    def __reduce__(self) -> Never:
        raise TypeError("a RedisTokenStore does not pickle; ship its URL and build one in each process")


def _check(url: str) -> None:
    problem: str | None = None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        parts, problem = None, "is not a URL"
    if parts is not None and parts.scheme not in _SCHEMES:
        problem = f"begins with none of {', '.join(_SCHEMES)}"
    if problem is not None:
        # Without the URL, in which there may be a password.
        raise ConfigurationError(f"The address of Redis {problem}", hint="Write it like rediss://user:password@host/0")
    if parts is not None and parts.scheme == "redis" and not _is_here(parts.hostname or "localhost"):
        logger.warning("Tokens travel to Redis on %s in clear text: use rediss", parts.hostname)


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or parts.path}"


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
