"""Accounts: stored credentials for the systems that connectors read from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue, Secret, TypeAdapter

from domo_async.api.family import Family, check_page_size, json_body
from domo_async.api.secrecy import SecretValue, concealing, reveal, wrap
from domo_async.api.values import id_number, text
from domo_async.errors import InvalidArgumentError
from domo_async.http.bodies import Body
from domo_async.http.operations import Operation, Safety
from domo_async.http.options import UNSET, Unset
from domo_async.http.paging import Pager
from domo_async.models import Account

__all__ = ["Accounts"]

_ACCOUNT_PATH: Final = "/v1/accounts/{account_id}"
LIST: Final = Operation("accounts.list", "GET", "/v1/accounts", Safety.SAFE, scope="account")
CREATE: Final = Operation("accounts.create", "POST", "/v1/accounts", Safety.UNSAFE, scope="account")
GET: Final = Operation("accounts.get", "GET", _ACCOUNT_PATH, Safety.SAFE, scope="account")
UPDATE: Final = Operation("accounts.update", "PATCH", _ACCOUNT_PATH, Safety.IDEMPOTENT, scope="account")
DELETE: Final = Operation("accounts.delete", "DELETE", _ACCOUNT_PATH, Safety.IDEMPOTENT, scope="account")
# The specification says GET, with a body; Domo's SDKs POST.
SHARE: Final = Operation("accounts.share", "POST", f"{_ACCOUNT_PATH}/shares", Safety.IDEMPOTENT, scope="account")

# The specification allows 500; Domo's own SDKs stay below 51, so that is what surely works.
_PAGE_SIZE: Final = 50
_LARGEST_PAGE: Final = 500
_ACCOUNT: Final = TypeAdapter(Account)
_ACCOUNTS: Final = TypeAdapter(list[Account])


class Accounts(Family):
    """The Account API: accounts that the user behind the client owns, or that are shared with him. Scope: ``account``.

    Credentials go in only. Domo never shows them, and no error, log or repr of this library does.
    """

    def list(self, *, limit: int | None = None, offset: int = 0, page_size: int = _PAGE_SIZE) -> Pager[Account]:
        """List the accounts.

        Args:
            limit: Accounts in all, None for as many as there are.
            offset: Accounts to skip.
            page_size: Accounts to ask for at once, 1 to 500.

        Raises:
            InvalidArgumentError: A number is out of range.
            CallError: Asking failed (raised when the pager is awaited or iterated over).

        Source: Account API, ``GET /v1/accounts``.
        """
        check_page_size(page_size, _LARGEST_PAGE)
        return self._listing(
            LIST, _ACCOUNTS, page_size=page_size, limit=limit, offset=offset, key=lambda account: account.id
        )

    async def get(self, account_id: int | str) -> Account:
        """One account.

        Raises:
            NotFoundError: There is no such account.
            CallError: Anything else that can happen to a call.

        Source: Account API, ``GET /v1/accounts/{id}``.
        """
        return await self._call(GET, _ACCOUNT, ids={"account_id": account_id})

    async def create(self, *, name: str, type_id: str, properties: Mapping[str, SecretValue]) -> Account:
        """Store credentials.

        Args:
            name: Name of the account.
            type_id: Id of its type; see `AccountTypes.list`.
            properties: Credentials, as plain or secret text; `AccountTypes.get` says what the type needs.

        Raises:
            InvalidArgumentError: The name or the type is blank, or the properties are no mapping.
            CallError: Anything that can happen to a call.

        Example:
            ::

                await domo.accounts.create(
                    name="Warehouse login",
                    type_id="acme-db",
                    properties={"username": "svc", "password": SecretStr(os.environ["ACME_PASSWORD"])},
                )

        Source: Account API, ``POST /v1/accounts``.
        """
        properties = wrap("properties", properties)
        body = _body(name=name, type_id=type_id, properties=properties)
        return await concealing(properties.values(), self._call(CREATE, _ACCOUNT, body=body))

    async def update(
        self,
        account_id: int | str,
        *,
        name: str | Unset = UNSET,
        type_id: str | Unset = UNSET,
        properties: Mapping[str, SecretValue] | Unset = UNSET,
    ) -> Account | None:
        """Change the name or the credentials of an account; what is not passed stays.

        Args:
            account_id: Id of the account.
            name: Its name.
            type_id: Its type; looked up if new credentials are passed without it, since Domo wants both.
            properties: New credentials.

        Returns:
            The account, or None where Domo answers without a body.

        Raises:
            NotFoundError: There is no such account.
            InvalidArgumentError: The name or the type is blank, or the properties are no mapping.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                await domo.accounts.update(account_id, properties={"password": new_password})

        Source: Account API, ``PATCH /v1/accounts/{id}``.
        """
        wrapped = UNSET if isinstance(properties, Unset) else wrap("properties", properties)
        del properties
        if not isinstance(wrapped, Unset) and isinstance(type_id, Unset):
            kind = (await self.get(account_id)).type
            if kind is None or not kind.id:
                raise InvalidArgumentError("type_id: Domo does not tell the type of this account, so pass it")
            type_id = kind.id
        body = _body(name=name, type_id=type_id, properties=wrapped)
        call = self._call_if_answered(UPDATE, _ACCOUNT, ids={"account_id": account_id}, body=body)
        return await concealing(() if isinstance(wrapped, Unset) else wrapped.values(), call)

    async def delete(self, account_id: int | str) -> None:
        """Delete an account for good.

        Raises:
            NotFoundError: There is no such account.
            CallError: Anything else that can happen to a call.

        Source: Account API, ``DELETE /v1/accounts/{id}``.
        """
        await self._do(DELETE, ids={"account_id": account_id})

    async def share(self, account_id: int | str, *, user_id: int | str) -> None:
        """Let a user use an account.

        Raises:
            NotFoundError: There is no such account.
            InvalidArgumentError: The id is none.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                await domo.accounts.share(account_id, user_id=27)

        Source: Account API, ``/v1/accounts/{id}/shares``; the method is that of Domo's SDKs.
        """
        await self._do(SHARE, ids={"account_id": account_id}, fields={"user": {"id": id_number("user_id", user_id)}})


def _body(*, name: str | Unset, type_id: str | Unset, properties: Mapping[str, Secret[JsonValue]] | Unset) -> Body:
    """The body here and now, so that no waiting frame holds the credentials."""
    text("name", name)
    text("type_id", type_id)
    kind: dict[str, JsonValue] = {}
    if not isinstance(type_id, Unset):
        kind["id"] = type_id
    if not isinstance(properties, Unset):
        kind["properties"] = reveal(properties)
    document: dict[str, JsonValue] = {}
    if not isinstance(name, Unset):
        document["name"] = name
    if kind:
        document["type"] = kind
    return json_body(document)
