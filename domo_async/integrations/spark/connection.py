"""What is shipped to the executors instead of a client: where Domo is, and how to come by the credentials there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Self

from pydantic import SecretStr

from domo_async.auth.credentials import ClientCredentials
from domo_async.client import AsyncDomo
from domo_async.errors import ConfigurationError, MissingCredentialsError
from domo_async.integrations.spark.shipped import Shipped

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["Connection", "SecretSource"]

_WAYS: Final = (
    "Pass secrets= to register() or pull(); or set DOMO_CLIENT_ID and DOMO_CLIENT_SECRET for the driver and for "
    "executors; or set spark.domo.clientId and spark.domo.clientSecret before register(), except with Spark Connect, "
    "which may hide the secret from its clients"
)

SecretSource = Callable[[], tuple[str, str]]
"""A function that looks up client id and client secret, on the driver and in each Python worker. It must pickle."""


@dataclass(frozen=True, slots=True)
class Connection:
    """How a Python worker of Spark makes its client.

    Equal connections share one client within a worker.

    Attributes:
        api_url: Where the API is; None reads DOMO_API_URL.
        client_id: Client id; None reads DOMO_CLIENT_ID.
        client_secret: Client secret; None reads DOMO_CLIENT_SECRET.
        secrets: Looks both up instead.
        scopes: Scopes to ask for, separated by blanks; None asks for all that the client has.
    """

    api_url: str | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = field(default=None, repr=False)
    secrets: SecretSource | None = field(default=None, repr=False)
    scopes: str | None = None

    @classmethod
    def of(cls, spark: SparkSession, secrets: SecretSource | None = None) -> Self:
        """What the configuration of a session says, and a function that looks up the secret.

        Spark Connect may hide from its clients what it redacts, as that of 4.3 does: then it has no secret to tell.

        Raises:
            InvalidArgumentError: The function cannot be sent to executors.
        """
        secret = spark.conf.get("spark.domo.clientSecret", None)
        return cls(
            api_url=spark.conf.get("spark.domo.apiUrl", None),
            client_id=spark.conf.get("spark.domo.clientId", None),
            client_secret=SecretStr(secret) if secret else None,
            secrets=None if secrets is None else Shipped(secrets, name="secrets"),
            scopes=spark.conf.get("spark.domo.scopes", None),
        )

    def without_secret(self) -> Self:
        """The same for who looks the secret up himself: by the function, or in DOMO_CLIENT_SECRET."""
        return replace(self, client_secret=None)

    def client(self, *, concurrency: int) -> AsyncDomo:
        """A client of this process.

        Args:
            concurrency: Most requests at once.

        Raises:
            ConfigurationError: The credentials are missing, or the function that looks them up failed.
        """
        if self.secrets is None:
            try:
                return AsyncDomo(
                    self.client_id,
                    self.client_secret,
                    api_url=self.api_url,
                    scopes=self.scopes,
                    concurrency=concurrency,
                    deadline=1_800,
                )
            except MissingCredentialsError as error:
                missing = "client_id" if "client_id" in error.message else "client_secret"
                raise MissingCredentialsError(f"No {missing} for Domo", hint=_WAYS) from None
        return AsyncDomo(
            credentials=self._look_up,
            api_url=self.api_url,
            scopes=self.scopes,
            concurrency=concurrency,
            deadline=1_800,
        )

    async def _look_up(self) -> ClientCredentials:
        if self.secrets is None:
            raise ConfigurationError("secrets: no function was given")
        found = self.secrets()
        if not isinstance(found, tuple) or len(found) != 2:
            raise ConfigurationError("secrets: the function returned something else than a client id and a secret")
        return ClientCredentials(*found)
