"""Client id and secret, and where they come from when they rotate."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Never

from pydantic import SecretStr

from domo_async.errors import ConfigurationError, DomoError, MissingCredentialsError

__all__ = ["ClientCredentials", "CredentialsProvider", "CredentialsSource", "environment_credentials"]


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """What proves to the token endpoint who is asking.

    Args:
        client_id: Client id from Domo's developer portal. Public.
        client_secret: Client secret. Shown nowhere.

    Source: RFC 6749 section 2.3.1.
    """

    client_id: str
    client_secret: SecretStr = field(repr=False)

    def __post_init__(self) -> None:
        if not self.client_id or not self.client_secret.get_secret_value():
            raise _missing("client_id" if not self.client_id else "client_secret")
        if ":" in self.client_id:
            # The user name ends at the first colon: RFC 7617 section 2.
            raise ConfigurationError("The client id contains a colon, which HTTP Basic authentication cannot carry")

    def __reduce__(self) -> Never:
        raise TypeError("client credentials are secret and do not pickle; read them where they are used")


CredentialsProvider = Callable[[], Awaitable[ClientCredentials]]
"""An async function that looks credentials up, in a vault say. Called again after Domo refused the last ones."""


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
    return ClientCredentials(
        os.environ.get("DOMO_CLIENT_ID", "").strip(), SecretStr(os.environ.get("DOMO_CLIENT_SECRET", "").strip())
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
        """Credentials newer than the `refused` ones, or None when the provider knows no others."""
        if isinstance(self._provider, ClientCredentials):
            return None
        newest = await self._ask()
        return newest if newest != refused else None

    async def _ask(self) -> ClientCredentials:
        if isinstance(self._provider, ClientCredentials):
            return self._provider
        try:
            found = await self._provider()
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
