"""Pages: what goes over the wire, and the tree that they form."""

from __future__ import annotations

import json

import pytest

from domo_async.errors import BadRequestError, InvalidArgumentError, NotFoundError
from domo_async.models import PageOwner, Visibility

pytestmark = pytest.mark.anyio

PAGE = {"id": 5, "name": "Tides", "ownerId": 7}
SHARED = Visibility(user_ids=[7], group_ids=[9])


@pytest.mark.parametrize(
    ("call", "method", "path", "body", "status", "document"),
    [
        (
            lambda p: p.create(name="T", parent_id="4", locked=True, card_ids=[1, 1, 2], visibility=SHARED),
            "POST",
            "/v1/pages",
            {
                "name": "T",
                "parentId": 4,
                "locked": True,
                "cardIds": [1, 2],
                "visibility": {"userIds": [7], "groupIds": [9]},
            },
            201,
            PAGE,
        ),
        (lambda p: p.create(name="T"), "POST", "/v1/pages", {"name": "T"}, 200, PAGE),
        (lambda p: p.get(5), "GET", "/v1/pages/5", None, 200, PAGE),
        (lambda p: p.update(5, parent_id=None), "PUT", "/v1/pages/5", {"parentId": 0}, 204, None),
        (lambda p: p.update(5, parent_id=0), "PUT", "/v1/pages/5", {"parentId": 0}, 200, None),
        (lambda p: p.update(5, parent_id=4), "PUT", "/v1/pages/5", {"parentId": 4}, 200, PAGE),
        (lambda p: p.update(5, owner_id=7), "PUT", "/v1/pages/5", {"ownerId": 7}, 204, None),
        (
            lambda p: p.update(5, owners=[PageOwner(id=7, display_name="Ada"), PageOwner(id=9, type="GROUP")]),
            "PUT",
            "/v1/pages/5",
            {"owners": [{"id": 7, "type": "USER", "displayName": "Ada"}, {"id": 9, "type": "GROUP"}]},
            204,
            None,
        ),
        (lambda p: p.update(5, collection_ids=[3, 2]), "PUT", "/v1/pages/5", {"collectionIds": [3, 2]}, 204, None),
        (lambda p: p.delete(5), "DELETE", "/v1/pages/5", None, 204, None),
        (
            lambda p: p.create_collection(5, title="Daily", card_ids=[1]),
            "POST",
            "/v1/pages/5/collections",
            {"title": "Daily", "cardIds": [1]},
            201,
            {"id": 3, "title": "Daily"},
        ),
        (
            lambda p: p.create_collection(5, title="Daily"),
            "POST",
            "/v1/pages/5/collections",
            {"title": "Daily"},
            200,
            None,
        ),
        (
            lambda p: p.update_collection(5, 3, description=None),
            "PUT",
            "/v1/pages/5/collections/3",
            {"description": None},
            204,
            None,
        ),
        (lambda p: p.delete_collection(5, 3), "DELETE", "/v1/pages/5/collections/3", None, 204, None),
    ],
)
async def test_the_wire(wire, domo, sent, call, method, path, body, status, document):
    """Each operation sends its one request, and takes every answer that a source documents."""
    wire.route(method=method, path=path).respond(status, **({} if document is None else {"json": document}))

    result = await call(domo.pages)

    assert (result is None) is (document is None)
    assert (sent().method, sent().url.path) == (method, path)
    assert (json.loads(sent().content) if sent().content else None) == body


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"name": " "}, "name"),
        ({"parent_id": "top"}, "parent_id"),
        ({"parent_id": -1}, "parent_id"),
        ({"card_ids": "12"}, "card_ids"),
        ({"owners": [7]}, "owners"),
        ({"owners": [PageOwner()]}, "owners"),
        ({"owners": [], "owner_id": 7}, "owners and owner_id"),
        ({"visibility": Visibility(user_ids=[0])}, "visibility"),
    ],
)
async def test_nonsense_is_not_sent(wire, domo, wrong, name):
    """The error names the argument, and the wire stays silent."""
    with pytest.raises(InvalidArgumentError, match=f"^{name}"):
        await domo.pages.update(5, **wrong)
    assert not wire.calls


async def test_the_tree(live):
    """Pages go under others, back to the top, and outlive those above them."""
    top = await live.pages.create(name="Operations")
    middle = await live.pages.create(name="Tides", parent_id=top.id)
    leaf = await live.pages.create(name="North", parent_id=middle.id)
    assert [node.name for node in (await live.pages.tree()).path(leaf.id)] == ["Operations", "Tides", "North"]

    with pytest.raises(BadRequestError):  # a page cannot go below itself
        await live.pages.update(top.id, parent_id=leaf.id)
    await live.pages.update(leaf.id, parent_id=None)
    assert (await live.pages.get(leaf.id)).is_top_level

    await live.pages.delete(top.id)
    tree = await live.pages.tree()
    assert [node.name for node in tree.roots] == ["Tides", "North"]
    with pytest.raises(NotFoundError):
        await live.pages.get(top.id)


async def test_a_page_can_be_handed_over_in_both_ways(live, emulator):
    """`owner_id` and `owners` end in the same place."""
    ada, bo = (emulator.people.add_user(name, f"{name}@x.example") for name in ("Ada", "Bo"))
    page = await live.pages.create(name="Tides", visibility=SHARED)
    assert page.visibility == SHARED
    await live.pages.update(page.id, owner_id=ada)
    assert (await live.pages.get(page.id)).owner_ids == (ada,)
    await live.pages.update(page.id, owners=[PageOwner(id=bo)], locked=True)
    page = await live.pages.get(page.id)
    assert [(owner.id, owner.display_name) for owner in page.owners] == [(bo, "Bo")]
    assert page.locked is True


async def test_collections(live):
    """They hold cards of the page, change, go into another order, and go."""
    page = await live.pages.create(name="Tides", card_ids=[1, 2])
    first = await live.pages.create_collection(page.id, title="Daily", card_ids=[1])
    second = await live.pages.create_collection(page.id, title="Weekly")
    with pytest.raises(BadRequestError):
        await live.pages.create_collection(page.id, title="Foreign", card_ids=[99])

    await live.pages.update_collection(page.id, second.id, title="Monthly", card_ids=[2])
    await live.pages.update(page.id, collection_ids=[second.id, first.id])

    found = await live.pages.list_collections(page.id)
    assert [(each.title, each.card_ids) for each in found] == [("Monthly", [2]), ("Daily", [1])]
    await live.pages.delete_collection(page.id, first.id)
    assert [each.title for each in await live.pages.list_collections(page.id)] == ["Monthly"]


async def test_more_pages_than_a_page_holds(live):
    """Fifty at a time, each once."""
    for number in range(55):
        await live.pages.create(name=f"P{number}")
    assert len({node.id async for node in live.pages.list()}) == 55
    assert len(await live.pages.list()) == 50
