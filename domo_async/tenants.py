"""Many tenants, each with credentials of its own, over the connections of one client."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Never

from domo_async.auth.credentials import ClientCredentials
from domo_async.auth.grants import normalize_scopes
from domo_async.client import AsyncDomo
from domo_async.errors import InvalidArgumentError
from domo_async.http.limits import Bounds

__all__ = ["Tenants"]


class Tenants:
    """The clients of many tenants by name, each made when it is first asked for.

    A service that serves on behalf of others must not make a client per request: each would begin with a token request
    and without knowledge of the pause that Domo asked for. Here a tenant keeps its client, and with it token, limits
    and pause, until so many others were asked for meanwhile that it is the one which was not needed for longest. Then
    it is forgotten; calls that are on their way go on.

    Nothing is sent, and no credentials are looked up, before the first call of a tenant.

    Safe to use from several threads.

    Args:
        domo: Whose connections to use. If it makes no calls itself: ``AsyncDomo(credentials=no_credentials)``.
        look_up: An async function that returns the credentials of a tenant, given its name. Asked again after Domo
            refused what it returned.
        most: How many tenants to remember.
        scopes: Scopes to ask for. Default the same as `domo`; ``()`` asks for all that a client has.
        concurrency: Most requests at once of each tenant, or a pair (fewest, most). Default: up to a quarter of the
            connections.
        requests_per_second: Rate limit of each tenant, None for none.

    Raises:
        InvalidArgumentError: `most` is not a positive number.

    Example:
        ::

            async with AsyncDomo(credentials=no_credentials, concurrency=100) as domo:
                tenants = Tenants(domo, ask_the_vault)
                print(await tenants["acme"].datasets.list(limit=1))
    """

    def __init__(
        self,
        domo: AsyncDomo,
        look_up: Callable[[str], Awaitable[ClientCredentials]],
        *,
        most: int = 1000,
        scopes: str | Iterable[str] | None = None,
        concurrency: Bounds | None = None,
        requests_per_second: float | None = None,
    ) -> None:
        if isinstance(most, bool) or not isinstance(most, int) or most < 1:
            raise InvalidArgumentError(f"most: {most!r} is not a positive number of tenants")
        self._domo = domo
        self._look_up = look_up
        self._most = most
        self._scopes = None if scopes is None else normalize_scopes(scopes)
        self._concurrency = concurrency
        self._requests_per_second = requests_per_second
        self._mutex = threading.Lock()
        self._clients: OrderedDict[str, AsyncDomo] = OrderedDict()

    def __getitem__(self, name: str) -> AsyncDomo:
        """The client of a tenant."""
        with self._mutex:
            client = self._clients.get(name)
            if client is None:
                client = self._clients[name] = self._domo.for_client(
                    credentials=partial(self._look_up, name),
                    scopes=self._scopes,
                    concurrency=self._concurrency,
                    requests_per_second=self._requests_per_second,
                )
                if len(self._clients) > self._most:
                    self._clients.popitem(last=False)
            else:
                self._clients.move_to_end(name)
            return client

    def forget(self, name: str) -> None:
        """Let go of a tenant, which begins anew if it is asked for again. Calls that are on their way go on."""
        with self._mutex:
            self._clients.pop(name, None)

    def __contains__(self, name: object) -> bool:
        return name in self._clients

    def __len__(self) -> int:
        return len(self._clients)

    def __repr__(self) -> str:
        return f"<Tenants {len(self)} of at most {self._most}>"

    def __reduce__(self) -> Never:
        raise TypeError("live clients do not pickle; ship their settings and build them in each process")
