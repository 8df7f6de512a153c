"""Accounts: stored credentials for the systems that connectors read from, and the types of such accounts."""

from __future__ import annotations

from typing import Annotated

from pydantic import AliasChoices, BeforeValidator, Field, JsonValue, Secret

from domo_async.models.base import DomoModel, Items

__all__ = ["Account", "AccountProperty", "AccountTemplate", "AccountType", "AccountTypeReference"]


def _nothing_for_null(value: object) -> object:
    return {} if value is None else value


class AccountTypeReference(DomoModel):
    """Which type an account has.

    Attributes:
        properties: Credentials. Domo leaves them out of its answers; should it ever not, they stay hidden.
    """

    id: str | None = None
    properties: Annotated[dict[str, Secret[JsonValue]], BeforeValidator(_nothing_for_null)] = {}


class Account(DomoModel):
    """An account.

    Attributes:
        id: Digits, as text.
        valid: False if the credentials were refused and have to be entered anew.
        type: Its type.

    Source: Account API, ``GET /v1/accounts/{id}``.
    """

    id: str
    name: str | None = None
    valid: bool | None = None
    type: AccountTypeReference | None = None


class AccountProperty(DomoModel):
    """One property that accounts of a type have.

    Attributes:
        name: Its key in the properties of an account.
        prompt: What it is called for people.
        required: Whether it cannot be left out.
        regex: Pattern that values have to match.
        value: Preset.
        read_only: Whether the preset cannot be changed.
    """

    name: str | None = None
    prompt: str | None = None
    required: bool | None = None
    regex: str | None = None
    value: JsonValue = None
    # Domo's Java SDK knows the second spelling.
    read_only: bool | None = Field(default=None, validation_alias=AliasChoices("readOnly", "readyOnly", "read_only"))
    templated: bool | None = None


class AccountTemplate(DomoModel):
    """A form to be filled in for a new account."""

    title: str | None = None
    content_type: str | None = None
    method: str | None = None
    key: str | None = None
    properties: Items[AccountProperty] = []


class AccountType(DomoModel):
    """A kind of account, such as a database. Listings show its id and name only.

    Attributes:
        id: A word such as ``facebook``.
        templates: Forms by their keys, of which ``default`` is the usual one (``_templates`` on the wire).

    Source: Account API, ``GET /v1/account-types/{id}``.
    """

    id: str
    name: str | None = None
    templates: Annotated[dict[str, AccountTemplate], BeforeValidator(_nothing_for_null)] = Field(
        default={}, alias="_templates"
    )

    @property
    def properties(self) -> list[AccountProperty]:
        """What an account of this type is made of; empty where Domo does not say."""
        template = self.templates.get("default") or next(iter(self.templates.values()), None)
        return template.properties if template is not None else []
