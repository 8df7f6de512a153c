"""Users of an instance."""

from __future__ import annotations

from domo_async.models.base import DomoModel, Items, Timestamp

__all__ = ["GroupReference", "User"]


class GroupReference(DomoModel):
    """A group that a user belongs to."""

    id: int | str | None = None
    name: str | None = None


class User(DomoModel):
    """A user. Listings show only some of the attributes.

    Attributes:
        role: ``Admin``, ``Privileged``, ``Participant``, or the name of a role of the instance's own.
        role_id: Id of the role; Domo writes it as text in some places and as a number in others.
        image: URL of the avatar.
        deleted: True for the stub that stands for a deleted user.

    Source: User API, ``GET /v1/users/{id}``.
    """

    id: int | str
    name: str | None = None
    email: str | None = None
    alternate_email: str | None = None
    title: str | None = None
    role: str | None = None
    role_id: int | str | None = None
    phone: str | None = None
    location: str | None = None
    timezone: str | None = None
    locale: str | None = None
    department: str | None = None
    employee_number: int | str | None = None
    employee_id: int | str | None = None
    created_at: Timestamp = None
    updated_at: Timestamp = None
    image: str | None = None
    groups: Items[GroupReference] = []
    deleted: bool | None = None
