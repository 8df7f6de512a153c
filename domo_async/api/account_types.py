"""Types of accounts, and what an account of each is made of."""

from __future__ import annotations

from typing import Final

from pydantic import TypeAdapter

from domo_async.api.family import Family, check_page_size
from domo_async.http.operations import Operation, Safety
from domo_async.http.paging import Pager
from domo_async.models import AccountType

__all__ = ["AccountTypes"]

LIST: Final = Operation("account_types.list", "GET", "/v1/account-types", Safety.SAFE, scope="account")
GET: Final = Operation("account_types.get", "GET", "/v1/account-types/{type_id}", Safety.SAFE, scope="account")

_PAGE_SIZE: Final = 50  # 500 is documented, and pages of 50 were seen
_LARGEST_PAGE: Final = 500
_TYPE: Final = TypeAdapter(AccountType)
_TYPES: Final = TypeAdapter(list[AccountType])


class AccountTypes(Family):
    """The account types of the Account API. Scope: ``account``."""

    def list(self, *, limit: int | None = None, offset: int = 0, page_size: int = _PAGE_SIZE) -> Pager[AccountType]:
        """List the types of accounts that there can be.

        Args:
            limit: Types in all, None for as many as there are.
            offset: Types to skip.
            page_size: Types to ask for at once, 1 to 500.

        Raises:
            InvalidArgumentError: A number is out of range.
            CallError: Asking failed (raised when the pager is awaited or iterated over).

        Source: Account API, ``GET /v1/account-types``.
        """
        check_page_size(page_size, _LARGEST_PAGE)
        return self._listing(LIST, _TYPES, page_size=page_size, limit=limit, offset=offset, key=lambda kind: kind.id)

    async def get(self, type_id: str) -> AccountType:
        """One type, with the properties that its accounts have.

        Raises:
            NotFoundError: There is no such type.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                kind = await domo.account_types.get("acme-db")
                needed = [each.name for each in kind.properties if each.required]

        Source: Account API, ``GET /v1/account-types/{id}``.
        """
        return await self._call(GET, _TYPE, ids={"type_id": type_id})
