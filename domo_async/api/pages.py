"""Pages (dashboards), the tree that they form, and their collections of cards."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pydantic import JsonValue, TypeAdapter

from domo_async.api.family import Family, check_page_size
from domo_async.api.values import id_number, id_numbers, text
from domo_async.errors import InvalidArgumentError
from domo_async.http.operations import Operation, Safety
from domo_async.http.options import UNSET, Unset
from domo_async.http.paging import Pager
from domo_async.models import Collection, OwnerType, Page, PageNode, PageOwner, PageTree, Visibility

__all__ = ["Pages"]

_PAGE_PATH: Final = "/v1/pages/{page_id}"
_COLLECTIONS_PATH: Final = "/v1/pages/{page_id}/collections"
_COLLECTION_PATH: Final = "/v1/pages/{page_id}/collections/{collection_id}"
LIST: Final = Operation("pages.list", "GET", "/v1/pages", Safety.SAFE, scope="dashboard")
CREATE: Final = Operation("pages.create", "POST", "/v1/pages", Safety.UNSAFE, scope="dashboard")
GET: Final = Operation("pages.get", "GET", _PAGE_PATH, Safety.SAFE, scope="dashboard")
UPDATE: Final = Operation("pages.update", "PUT", _PAGE_PATH, Safety.IDEMPOTENT, scope="dashboard")
DELETE: Final = Operation("pages.delete", "DELETE", _PAGE_PATH, Safety.IDEMPOTENT, scope="dashboard")
LIST_COLLECTIONS: Final = Operation("pages.list_collections", "GET", _COLLECTIONS_PATH, Safety.SAFE, scope="dashboard")
CREATE_COLLECTION: Final = Operation(
    "pages.create_collection", "POST", _COLLECTIONS_PATH, Safety.UNSAFE, scope="dashboard"
)
UPDATE_COLLECTION: Final = Operation(
    "pages.update_collection", "PUT", _COLLECTION_PATH, Safety.IDEMPOTENT, scope="dashboard"
)
DELETE_COLLECTION: Final = Operation(
    "pages.delete_collection", "DELETE", _COLLECTION_PATH, Safety.IDEMPOTENT, scope="dashboard"
)

# The specification allows 500; Domo's own Python SDK refuses more than 50, so that is what surely works.
_PAGE_SIZE: Final = 50
_LARGEST_PAGE: Final = 500
_NODES: Final = TypeAdapter(list[PageNode])
_PAGE: Final = TypeAdapter(Page)
_COLLECTION: Final = TypeAdapter(Collection)
_COLLECTIONS: Final = TypeAdapter(list[Collection])


class Pages(Family):
    """The Page API. Scope: ``dashboard``."""

    def list(self, *, limit: int | None = None, offset: int = 0, page_size: int = _PAGE_SIZE) -> Pager[PageNode]:
        """List the pages at the top, each with the pages below it.

        Args:
            limit: Pages at the top in all, None for as many as there are.
            offset: Pages at the top to skip.
            page_size: Pages at the top to ask for at once, 1 to 500.

        Raises:
            InvalidArgumentError: A number is out of range.
            CallError: Asking failed (raised when the pager is awaited or iterated over).

        Source: Page API, ``GET /v1/pages``.
        """
        check_page_size(page_size, _LARGEST_PAGE)
        return self._listing(LIST, _NODES, page_size=page_size, limit=limit, offset=offset, key=lambda node: node.id)

    async def tree(self) -> PageTree:
        """All pages, as the tree that they form.

        Raises:
            CallError: Anything that can happen to a call.

        Example:
            ::

                tree = await domo.pages.tree()
                print(" / ".join(page.name or "" for page in tree.path(page_id)))
        """
        return PageTree(tuple(await self.list().collect()))

    async def get(self, page_id: int | str) -> Page:
        """One page in full.

        Raises:
            NotFoundError: There is no such page.
            CallError: Anything else that can happen to a call.

        Source: Page API, ``GET /v1/pages/{id}``.
        """
        return await self._call(GET, _PAGE, ids={"page_id": page_id})

    async def create(
        self,
        *,
        name: str,
        parent_id: int | str | Unset = UNSET,
        locked: bool | Unset = UNSET,
        card_ids: Iterable[int | str] | Unset = UNSET,
        visibility: Visibility | Unset = UNSET,
    ) -> Page:
        """Make a page.

        Args:
            name: Name of the page.
            parent_id: Page that it goes under; left out for one at the top.
            locked: Whether only its owners may change it.
            card_ids: Cards to show.
            visibility: With whom to share it.

        Raises:
            InvalidArgumentError: The name is blank, or an id is none.
            CallError: Anything that can happen to a call.

        Example:
            ::

                page = await domo.pages.create(name="Sales", visibility=Visibility(group_ids=[group_id]))

        Source: Page API, ``POST /v1/pages``.
        """
        return await self._call(
            CREATE,
            _PAGE,
            fields={
                "name": text("name", name),
                "parentId": parent_id if isinstance(parent_id, Unset) else id_number("parent_id", parent_id),
                "locked": locked,
                "cardIds": _ids("card_ids", card_ids),
                "visibility": _visibility(visibility),
            },
        )

    async def update(
        self,
        page_id: int | str,
        *,
        name: str | Unset = UNSET,
        parent_id: int | str | Unset | None = UNSET,
        owners: Iterable[PageOwner] | Unset = UNSET,
        owner_id: int | str | Unset = UNSET,
        locked: bool | Unset = UNSET,
        collection_ids: Iterable[int | str] | Unset = UNSET,
        card_ids: Iterable[int | str] | Unset = UNSET,
        visibility: Visibility | Unset = UNSET,
    ) -> Page | None:
        """Change a page; what is not passed stays.

        Args:
            page_id: Id of the page.
            name: Its name.
            parent_id: Page to move it under; None or 0 moves it to the top.
            owners: Who owns it, as the specification has it.
            owner_id: Who owns it, as Domo's guide and its SDKs have it. Pass one of the two.
            locked: Whether only its owners may change it.
            collection_ids: Its collections in a new order; none can be added or left out here.
            card_ids: All cards that it should show outside of collections.
            visibility: With whom to share it, instead of those it is shared with.

        Returns:
            The page, or None where Domo answers without a body, as it usually does.

        Raises:
            NotFoundError: There is no such page.
            InvalidArgumentError: The name is blank, an id is none, or the owner is named twice.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                await domo.pages.update(page_id, name="Sales 2026", locked=True)

        Source: Page API, ``PUT /v1/pages/{id}``.
        """
        if not isinstance(owners, Unset) and not isinstance(owner_id, Unset):
            raise InvalidArgumentError("owners and owner_id say the same in two ways: pass one of them")
        return await self._call_if_answered(
            UPDATE,
            _PAGE,
            ids={"page_id": page_id},
            fields={
                "name": text("name", name),
                "parentId": _parent(parent_id),
                "owners": owners if isinstance(owners, Unset) else [_owner(owner) for owner in owners],
                "ownerId": owner_id if isinstance(owner_id, Unset) else id_number("owner_id", owner_id),
                "locked": locked,
                "collectionIds": _ids("collection_ids", collection_ids),
                "cardIds": _ids("card_ids", card_ids),
                "visibility": _visibility(visibility),
            },
        )

    async def delete(self, page_id: int | str) -> None:
        """Delete a page for good. The pages below it are not deleted.

        Raises:
            NotFoundError: There is no such page.
            CallError: Anything else that can happen to a call.

        Source: Page API, ``DELETE /v1/pages/{id}``.
        """
        await self._do(DELETE, ids={"page_id": page_id})

    def list_collections(self, page_id: int | str) -> Pager[Collection]:
        """List the collections of a page. Domo sends all of them at once.

        Args:
            page_id: Id of the page.

        Raises:
            NotFoundError: There is no such page (raised when the pager is awaited or iterated over).
            CallError: Anything else that can happen to a call.

        Source: Page API, ``GET /v1/pages/{id}/collections``.
        """
        return self._whole_list(LIST_COLLECTIONS, _COLLECTIONS, ids={"page_id": page_id})

    async def create_collection(
        self,
        page_id: int | str,
        *,
        title: str,
        description: str | Unset = UNSET,
        card_ids: Iterable[int | str] | Unset = UNSET,
    ) -> Collection | None:
        """Make a collection on a page.

        Args:
            page_id: Id of the page.
            title: Its title.
            description: What it is about.
            card_ids: Its cards, which must be on the page already.

        Returns:
            The collection, or None where Domo answers without a body, as its specification has it.

        Raises:
            NotFoundError: There is no such page.
            InvalidArgumentError: The title is blank, or an id is none.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                await domo.pages.create_collection(page_id, title="By region", card_ids=card_ids)

        Source: Page API, ``POST /v1/pages/{id}/collections``.
        """
        return await self._call_if_answered(
            CREATE_COLLECTION,
            _COLLECTION,
            ids={"page_id": page_id},
            fields={
                "title": text("title", title),
                "description": description,
                "cardIds": _ids("card_ids", card_ids),
            },
        )

    async def update_collection(
        self,
        page_id: int | str,
        collection_id: int | str,
        *,
        title: str | Unset = UNSET,
        description: str | Unset | None = UNSET,
        card_ids: Iterable[int | str] | Unset = UNSET,
    ) -> Collection | None:
        """Change a collection; what is not passed stays. See `create_collection`.

        Returns:
            The collection, or None where Domo answers without a body, as it usually does.

        Raises:
            NotFoundError: There is no such page or collection.
            InvalidArgumentError: The title is blank, or an id is none.
            CallError: Anything else that can happen to a call.

        Source: Page API, ``PUT /v1/pages/{id}/collections/{id}``.
        """
        return await self._call_if_answered(
            UPDATE_COLLECTION,
            _COLLECTION,
            ids={"page_id": page_id, "collection_id": collection_id},
            fields={
                "title": text("title", title),
                "description": description,
                "cardIds": _ids("card_ids", card_ids),
            },
        )

    async def delete_collection(self, page_id: int | str, collection_id: int | str) -> None:
        """Delete a collection. Its cards stay on the page.

        Raises:
            NotFoundError: There is no such page or collection.
            CallError: Anything else that can happen to a call.

        Source: Page API, ``DELETE /v1/pages/{id}/collections/{id}``.
        """
        await self._do(DELETE_COLLECTION, ids={"page_id": page_id, "collection_id": collection_id})


def _ids(name: str, values: Iterable[int | str] | Unset) -> JsonValue | Unset:
    return values if isinstance(values, Unset) else [*id_numbers(name, values)]


def _parent(parent_id: int | str | Unset | None) -> int | Unset:
    if isinstance(parent_id, Unset):
        return parent_id
    # Nothing else takes a page out of another one: null and a missing field leave it where it is.
    return id_number("parent_id", parent_id) if parent_id and str(parent_id) != "0" else 0


def _owner(owner: PageOwner) -> JsonValue:
    if not isinstance(owner, PageOwner) or owner.id is None:
        raise InvalidArgumentError(f"owners: {owner!r} is no PageOwner with an id")
    wire: dict[str, JsonValue] = {
        "id": id_number("owners", owner.id),
        "type": str(owner.type) if owner.type is not None else OwnerType.USER.value,
    }
    if owner.display_name is not None:
        wire["displayName"] = owner.display_name
    return wire


def _visibility(visibility: Visibility | Unset) -> JsonValue | Unset:
    if isinstance(visibility, Unset):
        return visibility
    return {
        "userIds": [*id_numbers("visibility", visibility.user_ids)],
        "groupIds": [*id_numbers("visibility", visibility.group_ids)],
    }
