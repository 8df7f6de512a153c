"""Users, groups, and who is signed in."""

from __future__ import annotations

import hmac
import secrets
from datetime import UTC, datetime

from domo_async.emulator.catalog import iso_seconds
from domo_async.emulator.entities.shelf import Document, Shelf
from domo_async.emulator.tokens import CUSTOMER

__all__ = ["People"]

_FIRST_USER = 412_200_871
_FIRST_GROUP = 1_324_037_000


class People:
    """The users and groups of an instance. It begins with the group "Default", which every user joins."""

    def __init__(self) -> None:
        self.users: Shelf[Document] = Shelf(_FIRST_USER)
        self.groups: Shelf[Document] = Shelf(_FIRST_GROUP)
        self._passwords: dict[int, str] = {}
        self._sessions: dict[str, tuple[int, str]] = {}
        self.add_group("Default", creator_id=27, default=True)

    def add_user(self, name: str, email: str, *, password: str | None = None, role: str = "Privileged") -> int:
        """Add a user.

        Args:
            name: Full name.
            email: Address, which is the login.
            password: What signs the user in; None for nothing.
            role: Role.

        Returns:
            The user's id.
        """
        user_id = self.users.number()
        self._enter({"id": user_id, "name": name, "email": email, "role": role})
        if password is not None:
            self.set_password(user_id, password)
        return user_id

    def passwords(self) -> dict[int, str]:
        """What signs users in, by their ids."""
        return dict(self._passwords)

    def set_password(self, user_id: int, password: str) -> None:
        """Set what signs a user in."""
        self._passwords[user_id] = password

    def meet(self, user_id: int, name: str, role: str) -> None:
        """Make sure that there is such a user: the one behind an API client."""
        if self.users.get(user_id) is None:
            self._enter({"id": user_id, "name": name, "email": f"{user_id}@{CUSTOMER}.example", "role": role})

    def enter(self, attributes: Document) -> Document:
        """Add a user with these attributes."""
        return self._enter({"id": self.users.number(), **attributes})

    def _enter(self, attributes: Document) -> Document:
        now = iso_seconds(datetime.now(UTC))
        user: Document = {
            **attributes,
            "createdAt": now,
            "updatedAt": now,
            "image": f"https://{CUSTOMER}.domo.com/avatar/thumb/domo/{attributes['id']}",
            "deleted": False,
        }
        self.users.put(user["id"], user)
        for group in self.groups.all():
            if group["default"] and not group["deleted"]:
                group["members"].append(user["id"])
        return user

    def by_email(self, email: str) -> Document | None:
        """The user with this address."""
        wanted = email.casefold()
        return next((user for user in self.current_users() if user.get("email", "").casefold() == wanted), None)

    def current_users(self) -> list[Document]:
        """Every user that is not deleted."""
        return [user for user in self.users.all() if not user["deleted"]]

    def delete_user(self, user: Document) -> None:
        """Delete a user, who leaves all groups."""
        user["deleted"] = True
        for group in self.groups.all():
            if user["id"] in group["members"]:
                group["members"].remove(user["id"])

    def groups_of(self, user_id: int) -> list[Document]:
        """The groups that a user is in."""
        return [group for group in self.current_groups() if user_id in group["members"]]

    def add_group(self, name: str, *, creator_id: int, active: bool = True, default: bool = False) -> Document:
        """Add a group without members."""
        number = self.groups.number()
        group: Document = {
            "id": number,
            "name": name,
            "active": active,
            "creatorId": str(creator_id),
            "default": default,
            "members": [],
            "deleted": False,
        }
        return self.groups.put(number, group)

    def current_groups(self) -> list[Document]:
        """Every group that is not deleted."""
        return [group for group in self.groups.all() if not group["deleted"]]

    def sign_in(self, email: str, password: str, domain: str) -> tuple[Document, str] | None:
        """Open a session for a user with this password: the user, and what proves the session."""
        user = self.by_email(email)
        known = self._passwords.get(user["id"]) if user is not None else None
        if user is None or known is None or not hmac.compare_digest(known.encode(), password.encode()):
            return None
        return user, self.open_session(user["id"], domain)

    def open_session(self, user_id: int, domain: str) -> str:
        """Open a session on an instance's domain without a password; returns what proves it."""
        token = secrets.token_urlsafe(32)
        self._sessions[token] = (user_id, domain)
        return token

    def signed_in(self, token: str, domain: str) -> Document | None:
        """Whose session this is."""
        user_id, home = self._sessions.get(token, (0, ""))
        user = self.users.get(user_id) if home == domain else None
        return None if user is None or user["deleted"] else user
