"""Accounts and the types that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.emulator.entities.shelf import Document, Shelf

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["TYPES", "AccountBook"]


def _kind(type_id: str, name: str, *properties: tuple[str, str, bool]) -> Document:
    return {
        "id": type_id,
        "name": name,
        "_templates": {
            "default": {
                "title": f"Create {name} Account",
                "contentType": "application/json",
                "method": "post",
                "key": "default",
                "properties": [
                    {"name": key, "prompt": prompt, "regex": "{}", "required": required}
                    for key, prompt, required in properties
                ],
            }
        },
    }


TYPES: dict[str, Document] = {
    kind["id"]: kind
    for kind in (
        _kind(
            "acme-db", "Acme DB", ("username", "Username", True), ("password", "Password", True), ("url", "URL", False)
        ),
        _kind("sftp", "SFTP", ("host", "Host", True), ("username", "Username", True), ("password", "Password", True)),
        _kind("token-api", "Token API", ("token", "Token", True)),
    )
}
"""Types of accounts by their ids. Domo has hundreds; accounts of any other type are taken as well."""


class AccountBook:
    """The accounts of an instance. What they hold goes in, and only Python gets it out again."""

    def __init__(self) -> None:
        self.accounts: Shelf[Document] = Shelf()
        self.owners: dict[int, int] = {}
        self.shares: dict[int, set[int]] = {}
        self._properties: dict[int, Document] = {}

    def add(self, owner_id: int, name: str, type_id: str, properties: Document) -> Document:
        """Store an account."""
        number = self.accounts.number()
        self.owners[number] = owner_id
        self.shares[number] = set()
        self._properties[number] = properties
        return self.accounts.put(
            number, {"id": str(number), "name": name, "valid": True, "type": {"id": type_id, "properties": {}}}
        )

    def replace_properties(self, number: int, properties: Document) -> None:
        """Store other credentials."""
        self._properties[number] = properties

    def properties(self, account_id: int | str) -> Document:
        """The credentials of an account, for tests that want to know what arrived.

        Raises:
            KeyError: There is no such account.
        """
        return self._properties[int(account_id)]

    def visible_to(self, user_id: int) -> list[Document]:
        """The accounts that a user owns, or that are shared with him."""
        return [account for account in self.accounts.all() if self.may_see(account, user_id)]

    def may_see(self, account: Document, user_id: int) -> bool:
        """Whether a user owns an account, or it is shared with him."""
        number = int(account["id"])
        return self.owners[number] == user_id or user_id in self.shares[number]

    def saved(self) -> Iterator[tuple[str, Document]]:
        """Every account with all that belongs to it, credentials included."""
        for number, account in self.accounts.numbered():
            yield (
                str(number),
                {
                    "account": account,
                    "owner": self.owners[number],
                    "shares": sorted(self.shares[number]),
                    "properties": self._properties.get(number, {}),
                },
            )

    def restore(self, key: str, document: Document) -> None:
        """Take an account back that `saved` gave."""
        number = int(key)
        self.owners[number] = document["owner"]
        self.shares[number] = set(document["shares"])
        self._properties[number] = document["properties"]
        self.accounts.put(number, document["account"])

    def delete(self, number: int) -> None:
        """Delete an account with its credentials."""
        self.accounts.remove(number)
        self._properties.pop(number, None)
