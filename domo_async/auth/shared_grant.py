"""One grant for many processes: look into the store, then ask, then let the others know. No HTTP in here."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from domo_async.auth.lifetime import Obtained, lifetime_of, refresh_window, safety_margin
from domo_async.auth.stored_token import StoredToken, fingerprint, token_key

if TYPE_CHECKING:
    from pydantic import SecretBytes

    from domo_async.auth.credentials import ClientCredentials, CredentialsSource
    from domo_async.auth.guarded_store import GuardedStore
    from domo_async.models import AccessToken

__all__ = ["SharedGrant"]

logger: logging.Logger = logging.getLogger(__name__)

_LONGEST_WAIT: Final = 10.0
_OUTWORN_MEMORY: Final = 16


class SharedGrant:
    """Tokens of one set of credentials, shared through a store by all processes that have these credentials.

    Whoever needs a token looks into the store. If there is none to take, it takes the lock of these credentials, looks
    again, and asks; those who waited for the lock find what it got. The lock only saves grants: who waits for it for
    too long, or cannot have it, asks as if it were alone. A process that was killed holding it loses it.

    A token that was to be replaced is never taken again. So where it was refused, one process gets a new one and the
    others find it: they recognise the refused one, whichever of them it was refused to.

    Ahead of the end of a token nobody waits for a lock: one process has it, the others go on with the token they have.

    Args:
        store: Where tokens are kept.
        source: Who is asking. The key of the store is made of the credentials that hold at that moment.
        ask: Makes one token request.
        origin: Where the API is.
        scopes: Scopes that are asked for.
        deadline: Seconds that the manager has for all attempts together.
        clock: Monotonic seconds, the manager's.
        wall_clock: Seconds since 1970.
    """

    def __init__(
        self,
        store: GuardedStore,
        *,
        source: CredentialsSource,
        ask: Callable[[ClientCredentials], Awaitable[AccessToken]],
        origin: str,
        scopes: tuple[str, ...],
        deadline: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._source = source
        self._ask = ask
        self._origin = origin
        self._scopes = scopes
        # Half of the time is left to ask on our own.
        self._wait = min(_LONGEST_WAIT, deadline / 2)
        self._clock = clock
        self._wall_clock = wall_clock
        self._outworn: deque[str] = deque(maxlen=_OUTWORN_MEMORY)

    async def obtain(self, *, instead_of: AccessToken | None) -> Obtained:
        """A token of another process, or one of our own.

        Args:
            instead_of: The token in use so far, which must not come back.
        """
        if instead_of is not None:
            self._outwear(instead_of)
        return await self._source.use(self._obtain)

    async def obtain_ahead(self, *, instead_of: AccessToken) -> Obtained | None:
        """The same with a token at hand that is still good; None if another process is getting the next one."""
        self._outwear(instead_of)
        return await self._source.use(partial(self._obtain_or_leave, wait=0.0, ahead=True))

    async def _obtain(self, credentials: ClientCredentials) -> Obtained:
        obtained = await self._obtain_or_leave(credentials, wait=self._wait, ahead=False)
        if obtained is not None:
            return obtained
        logger.info("Another process has been asking for a token for %g s: asking as well", self._wait)
        key = self._key(credentials)
        return await self._grant(key, await self._store.load(key), credentials)

    async def _obtain_or_leave(self, credentials: ClientCredentials, *, wait: float, ahead: bool) -> Obtained | None:
        key = self._key(credentials)
        value = await self._store.load(key)
        found = self._usable(value, key, ahead=ahead)
        if found is not None:
            return found
        release = await self._store.acquire(key, wait=wait)
        if release is None:
            return None
        try:
            value = await self._store.load(key)
            found = self._usable(value, key, ahead=ahead)
            return found if found is not None else await self._grant(key, value, credentials)
        finally:
            await release()

    async def _grant(self, key: str, seen: SecretBytes | None, credentials: ClientCredentials) -> Obtained:
        """Ask, and put the answer where `seen` was."""
        if seen is not None and StoredToken.from_bytes(seen, key) is None:
            logger.warning("The token store holds something that is no token, it is replaced")
        asked_at, granted_at = self._clock(), self._wall_clock()
        granted = await self._ask(credentials)
        lifetime = lifetime_of(granted)
        value = StoredToken(granted, granted_at, lifetime).to_bytes(key)
        await self._store.save(key, value, instead_of=seen, lifetime=lifetime)
        return Obtained(granted, asked_at, lifetime)

    def _usable(self, value: SecretBytes | None, key: str, *, ahead: bool) -> Obtained | None:
        """What the store held, if it is worth taking: ahead of time that is a token which nobody refreshes yet."""
        stored = StoredToken.from_bytes(value, key) if value is not None else None
        if stored is None:
            return None
        age = stored.age(self._wall_clock())
        if age is None:
            logger.info("The token store holds a token from the future: the clocks of two machines differ")
            return None
        reserve = refresh_window(stored.lifetime) if ahead else safety_margin(stored.lifetime)
        if age + reserve >= stored.lifetime or fingerprint(stored.token) in self._outworn:
            return None
        return Obtained(stored.aged(age), self._clock() - age, stored.lifetime, adopted=True)

    def _outwear(self, token: AccessToken) -> None:
        mark = fingerprint(token)
        if mark not in self._outworn:
            self._outworn.append(mark)

    def _key(self, credentials: ClientCredentials) -> str:
        return token_key(self._origin, self._scopes, credentials)

    def __repr__(self) -> str:
        return f"<SharedGrant {self._origin} {self._store!r}>"
