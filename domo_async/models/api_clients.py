"""API clients, and the session of an instance that it takes to create one."""

from __future__ import annotations

from pydantic import Field, SecretStr

from domo_async.models.base import DomoModel, Items

__all__ = ["ApiClient", "InstanceSession", "TwoFactorInfo"]


class TwoFactorInfo(DomoModel):
    """What an instance says of the second factor."""

    status: str | None = None
    phone_mask: str | None = None
    token: SecretStr | None = None
    key: SecretStr | None = None


class InstanceSession(DomoModel):
    """A session of a user on an instance, as it takes to create API clients.

    Attributes:
        session_token: What proves it.
        user_id: Who signed in.
        success: Whether signing in succeeded; may be missing.

    Source: Customer Instance APIs, ``POST /api/content/v2/authentication``.
    """

    user_id: int | str | None = None
    session_token: SecretStr | None = None
    success: bool | None = None
    user_role: str | None = None
    two_factor_info: TwoFactorInfo | None = None


class ApiClient(DomoModel):
    """An API client just after it was created: the only time that Domo shows its secret.

    Attributes:
        scopes: What its tokens may do (``scope`` on the wire).
        user: Id of the user behind it.

    Source: Client APIs, ``POST /clients``.
    """

    client_id: str = Field(alias="client_id")
    client_secret: SecretStr = Field(alias="client_secret")
    name: str | None = None
    description: str | None = None
    scopes: Items[str] = Field(default=[], alias="scope")
    user: int | str | None = None
    role: str | None = None
    authorized_grant_types: Items[str] = Field(default=[], alias="authorized_grant_types")
