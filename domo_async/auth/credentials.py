"""Client id and secret, and where they come from when they rotate."""

from __future__ import annotations

import inspect
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Never, TypeVar

from pydantic import SecretStr

from domo_async.errors import ConfigurationError, DomoError, InvalidCredentialsError, MissingCredentialsError

__all__ = [
    "ClientCredentials",
    "CredentialsProvider",
    "CredentialsSource",
    "environment_credentials",
    "no_credentials",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, init=False, repr=False)
class ClientCredentials:
    """What proves to the token endpoint who is asking.

    Blanks and line ends around both are dropped: they come from files and copying, and belong to neither.

    Args:
        client_id: Client id from Domo's developer portal. Public.
        client_secret: Client secret, plain or wrapped. Shown nowhere.

    Raises:
        MissingCredentialsError: One of them is empty.
        ConfigurationError: One of them cannot be sent as HTTP Basic authentication.

    Source: RFC 6749 section 2.3.1; RFC 7617 section 2.
    """

    client_id: str
    client_secret: SecretStr

    def __init__(self, client_id: str, client_secret: str | SecretStr) -> None:
        # The plain secret stays out of local variables, which error reporters like to show.
        if isinstance(client_secret, str):
            client_secret = SecretStr(client_secret)
        if not isinstance(client_id, str) or not isinstance(client_secret, SecretStr):
            raise ConfigurationError("Client id and client secret are text")
        client_id, client_secret = client_id.strip(), SecretStr(client_secret.get_secret_value().strip())
        if not client_id or not client_secret.get_secret_value():
            raise _missing("client_id" if not client_id else "client_secret")
        if ":" in client_id:
            # The user name ends at the first colon: RFC 7617 section 2.
            raise ConfigurationError("The client id contains a colon, which HTTP Basic authentication cannot carry")
        for name, holds in (("id", client_id), ("secret", client_secret)):
            if not _can_be_sent(holds):
                raise ConfigurationError(f"The client {name} contains characters that cannot be sent")
        object.__setattr__(self, "client_id", client_id)
        object.__setattr__(self, "client_secret", client_secret)

    def __repr__(self) -> str:
        # Refused ones are half built when an error reporter asks for this.
        return f"ClientCredentials(client_id={getattr(self, 'client_id', None)!r})"

    def __reduce__(self) -> Never:
        raise TypeError("client credentials are secret and do not pickle; read them where they are used")


CredentialsProvider = Callable[[], Awaitable[ClientCredentials]]
"""An async function that looks credentials up, in a vault say. Called again after Domo refused the last ones."""


def _can_be_sent(text: str | SecretStr) -> bool:
    # Lone surrogates stand for bytes of the environment that are no UTF-8; control characters are excluded by RFC 7617.
    plain = text.get_secret_value() if isinstance(text, SecretStr) else text
    return not any(sign < " " or sign == "\x7f" or "\ud800" <= sign <= "\udfff" for sign in plain)


def _missing(what: str) -> MissingCredentialsError:
    return MissingCredentialsError(
        f"No {what} for Domo: pass {what}= or set DOMO_{what.upper()}",
        hint="Create a client at https://developer.domo.com/manage-clients",
    )


async def environment_credentials() -> ClientCredentials:
    """Read DOMO_CLIENT_ID and DOMO_CLIENT_SECRET at this moment, so that a rotated secret is seen without a restart.

    Raises:
        MissingCredentialsError: One of them is not set.
    """
    return ClientCredentials(os.environ.get("DOMO_CLIENT_ID", ""), SecretStr(os.environ.get("DOMO_CLIENT_SECRET", "")))


async def no_credentials() -> ClientCredentials:
    """For a client that only lends its connections to others, and makes no calls itself.

    Raises:
        MissingCredentialsError: Always.

    Example:
        ::

            async with AsyncDomo(credentials=no_credentials) as domo:
                acme = domo.for_client(acme_id, acme_secret)
    """
    raise MissingCredentialsError(
        "This client has no credentials of its own", hint="Make calls through what for_client or Tenants returns"
    )


class CredentialsSource:
    """Credentials as last seen, and the way to ask for newer ones."""

    def __init__(self, provider: ClientCredentials | CredentialsProvider) -> None:
        self._provider = provider
        self._known: ClientCredentials | None = provider if isinstance(provider, ClientCredentials) else None

    async def current(self) -> ClientCredentials:
        """The credentials to use now."""
        known = self._known
        return known if known is not None else await self._ask()

    async def renewed(self, refused: ClientCredentials) -> ClientCredentials | None:
        """Credentials newer than the `refused` ones, or None when the provider knows no others.

        Refused credentials are forgotten: the next grant begins with asking the provider, not with sending them again.
        """
        if isinstance(self._provider, ClientCredentials):
            return None
        self._known = None
        newest = await self._ask()
        if newest == refused:
            self._known = None
            return None
        return newest

    async def use(self, call: Callable[[ClientCredentials], Awaitable[T]]) -> T:
        """Call with the credentials of now; once more if they were refused and the provider knows newer ones."""
        credentials = await self.current()
        try:
            return await call(credentials)
        except InvalidCredentialsError:
            renewed = await self.renewed(credentials)
            if renewed is None:
                raise
            return await call(renewed)

    async def _ask(self) -> ClientCredentials:
        if isinstance(self._provider, ClientCredentials):
            return self._provider
        try:
            promised = self._provider()
            found = await promised if inspect.isawaitable(promised) else promised
        except DomoError:
            raise
        except Exception as error:
            raise MissingCredentialsError(f"The credentials provider failed: {type(error).__name__}") from error
        if not isinstance(found, ClientCredentials):
            raise ConfigurationError(
                f"The credentials provider returned {type(found).__name__}", hint="It must return ClientCredentials"
            )
        self._known = found
        return found

    def __repr__(self) -> str:
        return f"<CredentialsSource {type(self._provider).__name__}>"
