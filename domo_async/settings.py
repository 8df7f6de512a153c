"""Where configuration comes from: arguments, then DOMO_* variables, then a ``.env`` file."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from domo_async.auth.credentials import ClientCredentials
from domo_async.errors import ConfigurationError
from domo_async.transport.origin import DEFAULT_API_URL

__all__ = ["DomoSettings"]


class DomoSettings(BaseSettings):
    """What can be set from outside the program.

    Attributes:
        client_id: DOMO_CLIENT_ID.
        client_secret: DOMO_CLIENT_SECRET.
        scopes: DOMO_SCOPES, separated by spaces or commas. None asks for all scopes that the client has.
        api_url: DOMO_API_URL.
        token_store: DOMO_TOKEN_STORE: a folder, or a URL of Redis, in which there may be a password.

    Example:
        ::

            DOMO_CLIENT_ID=441e307a-... DOMO_SCOPES="data user" python pull.py
    """

    model_config = SettingsConfigDict(
        env_prefix="DOMO_", env_file=".env", env_file_encoding="utf-8-sig", env_ignore_empty=True, extra="ignore"
    )

    client_id: str | None = None
    client_secret: SecretStr | None = None
    scopes: Annotated[tuple[str, ...] | None, NoDecode] = None
    api_url: str = DEFAULT_API_URL
    token_store: SecretStr | None = None

    @field_validator("scopes", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @property
    def credentials(self) -> ClientCredentials:
        """Client id and secret.

        Raises:
            MissingCredentialsError: One of them is not set.
        """
        return ClientCredentials(self.client_id or "", self.client_secret or SecretStr(""))

    @property
    def shared_tokens(self) -> str | None:
        """Where to share the token with other processes."""
        return self.token_store.get_secret_value() if self.token_store is not None else None

    @classmethod
    async def current_credentials(cls) -> ClientCredentials:
        """Read client id and secret anew, so that a rotated secret is seen without a restart."""
        return cls.load().credentials

    @classmethod
    def load(cls) -> Self:
        """Read the environment and ``.env`` in the current folder.

        Raises:
            ConfigurationError: A variable makes no sense, or the file cannot be read.
        """
        try:
            return cls()
        except ValidationError as error:
            names = ", ".join(f"DOMO_{'.'.join(map(str, part['loc'])).upper()}" for part in error.errors())
            problem = f"These settings make no sense: {names}"
        except (OSError, UnicodeDecodeError) as error:
            problem = f"The file .env cannot be read: {type(error).__name__}"
        # Out here, so that neither the values nor the contents of the file hang on to the error as its context.
        raise ConfigurationError(problem)
