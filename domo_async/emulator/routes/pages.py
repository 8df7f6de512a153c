"""Pages and their collections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from domo_async.emulator.entities.audit import note
from domo_async.emulator.entities.fields import Fields, bad_request
from domo_async.emulator.operations import Call, Operation, answer
from domo_async.emulator.refusals import RefusedError

if TYPE_CHECKING:
    from domo_async.emulator.entities.shelf import Document

__all__ = ["OPERATIONS"]

_PAGE, _MOST = 50, 500


async def list_pages(call: Call) -> Response:
    """One page of the pages at the top, each with all that is below it."""
    offset, limit = call.number("offset", default=0), call.number("limit", default=_PAGE, maximum=_MOST)
    return answer(call.instance.pages.tree()[offset : offset + limit])


async def create_page(call: Call) -> Response:
    """A new page."""
    fields = Fields(await call.json_object())
    page: Document = {"name": fields.required("name")}
    if parent := fields.number("parentId"):
        if call.instance.pages.pages.get(parent) is None:
            raise bad_request()
        page["parentId"] = parent
    page["owners"] = [_user(call, call.client.user_id)]
    page["locked"] = fields.flag("locked") is True
    page["collectionIds"] = []
    page["cardIds"] = fields.numbers("cardIds") or []
    page["visibility"] = _visibility(fields) or {"userIds": [call.client.user_id], "groupIds": []}
    page = call.instance.pages.add(page)
    note(call, "CREATED", "PAGE", page["id"], page["name"])
    return answer(page, 201)


async def get_page(call: Call) -> Response:
    """One page."""
    return answer(_existing(call))


async def update_page(call: Call) -> Response:
    """Change what the body names. Parent 0 moves a page to the top."""
    page = _existing(call)
    fields = Fields(await call.json_object())
    changes: Document = {"name": fields.text("name"), "locked": fields.flag("locked")}
    changes["owners"], changes["visibility"] = _owners(call, fields), _visibility(fields)
    changes["cardIds"], changes["collectionIds"] = fields.numbers("cardIds"), fields.numbers("collectionIds")
    if changes["name"] is not None and not changes["name"].strip():
        raise bad_request()
    if changes["collectionIds"] is not None and sorted(changes["collectionIds"]) != sorted(page["collectionIds"]):
        raise bad_request()  # here collections are put in another order, and nothing else
    parent = fields.number("parentId")
    if parent:
        book = call.instance.pages
        if book.pages.get(parent) is None or book.is_below(parent, page["id"]):
            raise bad_request()
        page["parentId"] = parent
    elif parent == 0:
        page.pop("parentId", None)
    page |= {name: value for name, value in changes.items() if value is not None}
    note(call, "UPDATED", "PAGE", page["id"], page["name"])
    return Response(status_code=204)


async def delete_page(call: Call) -> Response:
    """Delete a page; the pages below it stay."""
    page = _existing(call)
    call.instance.pages.delete(page)
    note(call, "DELETED", "PAGE", page["id"], page["name"])
    return Response(status_code=204)


async def list_collections(call: Call) -> Response:
    """All collections of a page, in its order."""
    page = _existing(call)
    return answer([call.instance.pages.collections.get(number) for number in page["collectionIds"]])


async def create_collection(call: Call) -> Response:
    """A new collection of cards that are on the page."""
    page = _existing(call)
    fields = Fields(await call.json_object())
    collections = call.instance.pages.collections
    title, cards = fields.required("title"), _cards(call, page, fields) or []
    number = collections.number()
    document = {"id": number, "title": title, "description": fields.text("description") or "", "cardIds": cards}
    collections.put(number, document)
    page["collectionIds"].append(number)
    note(call, "CREATED", "COLLECTION", number, title)
    return answer(document, 201)


async def update_collection(call: Call) -> Response:
    """Change what the body names."""
    page, collection = _collection(call)
    fields = Fields(await call.json_object())
    title = fields.text("title")
    if title is not None and not title.strip():
        raise bad_request()
    changes: Document = {"title": title, "cardIds": _cards(call, page, fields)}
    if "description" in fields:
        changes["description"] = fields.text("description") or ""
    collection |= {name: value for name, value in changes.items() if value is not None}
    note(call, "UPDATED", "COLLECTION", collection["id"], collection["title"])
    return Response(status_code=204)


async def delete_collection(call: Call) -> Response:
    """Delete a collection; its cards stay on the page."""
    page, collection = _collection(call)
    page["collectionIds"].remove(collection["id"])
    call.instance.pages.collections.remove(collection["id"])
    note(call, "DELETED", "COLLECTION", collection["id"], collection["title"])
    return Response(status_code=204)


def _existing(call: Call) -> Document:
    page = call.instance.pages.pages.get(call.path["page_id"])
    if page is None:
        raise RefusedError.gateway(404)
    return page


def _collection(call: Call) -> tuple[Document, Document]:
    page = _existing(call)
    collection = call.instance.pages.collections.get(call.path["collection_id"])
    if collection is None or collection["id"] not in page["collectionIds"]:
        raise RefusedError.gateway(404)
    return page, collection


def _cards(call: Call, page: Document, fields: Fields) -> list[int] | None:
    cards = fields.numbers("cardIds")
    if cards is None:
        return None
    collections = [call.instance.pages.collections.get(number) for number in page["collectionIds"]]
    known = {card for each in (page, *collections) if each is not None for card in each["cardIds"]}
    if not known.issuperset(cards):
        raise bad_request()
    return cards


def _visibility(fields: Fields) -> Document | None:
    visibility = fields.child("visibility")
    if visibility is None:
        return None
    return {"userIds": visibility.numbers("userIds") or [], "groupIds": visibility.numbers("groupIds") or []}


def _owners(call: Call, fields: Fields) -> list[Document] | None:
    owners, owner_id = fields.objects("owners"), fields.number("ownerId")
    if owners is None:
        return None if owner_id is None else [_user(call, owner_id)]
    chosen: list[Document] = []
    for owner in owners:
        number, kind = owner.number("id"), owner.text("type") or "USER"
        if number is None or kind not in {"USER", "GROUP"}:
            raise bad_request()
        if kind == "USER":
            chosen.append(_user(call, number))
        else:
            group = call.instance.people.groups.get(number)
            chosen.append({"id": number, "type": kind, "displayName": group["name"] if group else ""})
    return chosen


def _user(call: Call, user_id: int) -> Document:
    user = call.instance.people.users.get(user_id)
    name = user["name"] if user is not None else call.client.name if user_id == call.client.user_id else ""
    return {"id": user_id, "type": "USER", "displayName": name}


_PATH = "/v1/pages/{page_id}"
_COLLECTION = _PATH + "/collections/{collection_id}"
OPERATIONS = [
    Operation("GET", "/v1/pages", list_pages, scope="dashboard"),
    Operation("POST", "/v1/pages", create_page, scope="dashboard"),
    Operation("GET", _PATH, get_page, scope="dashboard"),
    Operation("PUT", _PATH, update_page, scope="dashboard"),
    Operation("DELETE", _PATH, delete_page, scope="dashboard"),
    Operation("GET", f"{_PATH}/collections", list_collections, scope="dashboard"),
    Operation("POST", f"{_PATH}/collections", create_collection, scope="dashboard"),
    Operation("PUT", _COLLECTION, update_collection, scope="dashboard"),
    Operation("DELETE", _COLLECTION, delete_collection, scope="dashboard"),
]
