"""Groups of users."""

from __future__ import annotations

from domo_async.models.base import DomoModel, Items

__all__ = ["Group"]


class Group(DomoModel):
    """A group of users. Listings show only some of the attributes.

    Attributes:
        active: Whether the group is in use. Members of an inactive group cannot be changed.
        default: Whether new users join it.
        creator_id: Who made it; text in the specification, a number in answers that were recorded.
        member_count: How many users it has.
        user_ids: Its users, where Domo names them.
        deleted: True for the stub that stands for a deleted group.

    Source: Group API, ``GET /v1/groups/{id}``.
    """

    id: int | str
    name: str | None = None
    active: bool | None = None
    default: bool | None = None
    creator_id: int | str | None = None
    member_count: int | None = None
    user_ids: Items[int] = []
    deleted: bool | None = None
