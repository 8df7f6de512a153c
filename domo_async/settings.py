"""Where configuration comes from: arguments, then DOMO_* variables, then a profile, then a ``.env`` file."""

from __future__ import annotations

from functools import partial
from typing import Annotated, ClassVar, Self

from anyio import to_thread
from pydantic import SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from domo_async.auth.credentials import ClientCredentials
from domo_async.auth.profiles import Profiles
from domo_async.errors import ConfigurationError
from domo_async.transport.origin import DEFAULT_API_URL, Origin

__all__ = ["DomoSettings"]


class DomoSettings(BaseSettings):
    """What can be set from outside the program.

    Attributes:
        client_id: DOMO_CLIENT_ID.
        client_secret: DOMO_CLIENT_SECRET.
        scopes: DOMO_SCOPES, separated by spaces or commas. None asks for all scopes that the client has.
        api_url: DOMO_API_URL.
        token_store: DOMO_TOKEN_STORE: a folder, or a URL of Redis, in which there may be a password.
        profile: DOMO_PROFILE: name of a profile that ``domo-async login`` made.

    Example:
        ::

            DOMO_CLIENT_ID=441e307a-... DOMO_SCOPES="data user" python pull.py
    """

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(
        env_prefix="DOMO_", env_file=".env", env_file_encoding="utf-8-sig", env_ignore_empty=True, extra="ignore"
    )

    client_id: str | None = None
    client_secret: SecretStr | None = None
    scopes: Annotated[tuple[str, ...] | None, NoDecode] = None
    api_url: str = DEFAULT_API_URL
    token_store: SecretStr | None = None
    profile: str | None = None

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
    async def current_credentials(cls, profile: str | None = None) -> ClientCredentials:
        """Read client id and secret anew, so that a rotated secret is seen without a restart.

        Args:
            profile: Name of the profile to read them from; None as in `of`.
        """
        settings = cls.load()
        if profile is None and settings.profile is None:
            return settings.credentials
        # A keyring may ask for its password, and wait for it.
        found = await to_thread.run_sync(partial(cls.of, profile), abandon_on_cancel=True)
        return found.credentials

    @classmethod
    def of(cls, profile: str | None = None, *, api_url: str | None = None) -> Self:
        """Read the environment, ``.env``, and a profile.

        A profile is taken whole or not at all. Named by an argument it goes before all else; named by DOMO_PROFILE it
        goes before ``.env``, and is not looked at if a variable says client id or secret. It is never used with another
        API than the one it was made for.

        Args:
            profile: Its name, None for what DOMO_PROFILE says, if anything.
            api_url: Where the API is, None if nobody said.

        Raises:
            MissingCredentialsError: There is no such profile.
            ConfigurationError: It belongs to another API; or it, a variable, or the file cannot be read.
        """
        settings = cls.load()
        name = profile or settings.profile
        if name is None:
            return settings
        variables = _Variables.load()
        if profile is None and (variables.client_id is not None or variables.client_secret is not None):
            return settings
        profiles = Profiles()
        chosen, credentials = profiles.get(name), profiles.credentials(name)
        asked = api_url or (variables.api_url if "api_url" in variables.model_fields_set else chosen.api_url)
        if Origin.parse(asked) != Origin.parse(chosen.api_url):
            raise ConfigurationError(
                f"The profile {name!r} was made for {chosen.api_url}, and is not used with {Origin.parse(asked)}",
                hint="Unset DOMO_API_URL, or log in there under another name",
            )
        own_scopes = profile is None and variables.scopes is not None
        return settings.model_copy(
            update={
                "client_id": credentials.client_id,
                "client_secret": credentials.client_secret,
                "api_url": chosen.api_url,
                "scopes": variables.scopes if own_scopes else chosen.scopes,
            }
        )

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


class _Variables(DomoSettings):
    """The same without ``.env``."""

    model_config = SettingsConfigDict(env_file=None)
