"""Pages (dashboards) and the collections of cards on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domo_async.models.base import DomoModel, Items

__all__ = ["Collection", "OwnerType", "Page", "PageNode", "PageOwner", "PageTree", "Visibility"]


class OwnerType(StrEnum):
    """What kind of owner a page has."""

    USER = "USER"
    GROUP = "GROUP"


class PageOwner(DomoModel):
    """A user or group that owns a page."""

    id: int | str | None = None
    type: Annotated[OwnerType | str | None, Field(union_mode="left_to_right")] = None
    display_name: str | None = None


class Visibility(DomoModel):
    """With whom a page is shared."""

    user_ids: Items[int] = []
    group_ids: Items[int] = []


class Page(DomoModel):
    """A page.

    Attributes:
        parent_id: Page above it; None or 0 at the top.
        owners: Who owns it, as Domo says it today.
        owner_id: Who owns it, as Domo's guide and older answers say it. `owner_ids` reads both.
        card_ids: Its cards. Domo was seen to leave this empty for pages full of cards; `cards.list` knows better.
        collection_ids: Its collections in their order.

    Source: Page API, ``GET /v1/pages/{id}``.
    """

    id: int | str
    name: str | None = None
    parent_id: int | None = None
    owners: Items[PageOwner] = []
    owner_id: int | str | None = None
    locked: bool | None = None
    collection_ids: Items[int] = []
    card_ids: Items[int] = []
    visibility: Visibility | None = None

    @property
    def is_top_level(self) -> bool:
        """Whether it has no page above it."""
        return not self.parent_id

    @property
    def owner_ids(self) -> tuple[int | str, ...]:
        """Ids of its owners, in whichever form Domo named them."""
        ids = [owner.id for owner in self.owners if owner.id is not None]
        return tuple(ids) or (() if self.owner_id is None else (self.owner_id,))


class PageNode(DomoModel):
    """A page as listings show it: its name, and the pages below it."""

    id: int | str
    name: str | None = None
    children: Items[PageNode] = []

    def walk(self) -> Iterator[PageNode]:
        """This page and all below it, each before its children."""
        yield from _walk([self])


@dataclass(frozen=True, slots=True)
class PageTree:
    """All pages that a client may see.

    Attributes:
        roots: Pages at the top, in Domo's order.
    """

    roots: tuple[PageNode, ...]

    def walk(self) -> Iterator[PageNode]:
        """All pages, each before its children."""
        return _walk(self.roots)

    def find(self, page_id: int | str) -> PageNode | None:
        """The page with this id, None if it is not there."""
        return next((node for node in self.walk() if str(node.id) == str(page_id)), None)

    def path(self, page_id: int | str) -> tuple[PageNode, ...]:
        """The pages from the top down to this one; nothing if it is not there."""
        wanted = str(page_id)
        trails: list[tuple[PageNode, ...]] = [(root,) for root in reversed(self.roots)]
        while trails:
            trail = trails.pop()
            if str(trail[-1].id) == wanted:
                return trail
            trails.extend((*trail, child) for child in reversed(trail[-1].children))
        return ()


def _walk(roots: Iterable[PageNode]) -> Iterator[PageNode]:
    stack = list(roots)[::-1]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.children))


class Collection(DomoModel):
    """Cards that a page shows together under a title.

    Source: Page API, ``GET /v1/pages/{id}/collections``.
    """

    id: int | str | None = None
    title: str | None = None
    description: str | None = None
    card_ids: Items[int] = []
