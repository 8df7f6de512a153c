"""Pages and collections, as any client sees them."""

from __future__ import annotations

import pytest


def make(client, name="Tides", **fields):
    response = client.post("/v1/pages", json={"name": name, **fields})
    assert response.status_code == 201, response.text
    return response.json()


def test_a_new_page(client):
    """Its creator owns it and sees it."""
    page = make(client, locked="TRUE", cardIds=[1, "2"])
    assert page == {
        "id": page["id"],
        "name": "Tides",
        "owners": [{"id": 27, "type": "USER", "displayName": "DomoSupport"}],
        "locked": True,
        "collectionIds": [],
        "cardIds": [1, 2],
        "visibility": {"userIds": [27], "groupIds": []},
    }
    assert client.get(f"/v1/pages/{page['id']}").json() == page


def test_an_unknown_page_is_refused_without_a_message(client):
    """As was recorded."""
    response = client.get("/v1/pages/123")
    assert response.status_code == 404
    assert set(response.json()) == {"status", "statusReason", "toe"}


def test_the_listing_is_a_tree(client):
    """Nodes hold nothing but names and children, and pages count at the top."""
    top = make(client, "Top")
    child = make(client, "Child", parentId=top["id"])
    other = make(client, "Other")
    assert client.get("/v1/pages").json() == [
        {"id": top["id"], "name": "Top", "children": [{"id": child["id"], "name": "Child", "children": []}]},
        {"id": other["id"], "name": "Other", "children": []},
    ]
    assert [node["name"] for node in client.get("/v1/pages?limit=1&offset=1").json()] == ["Other"]


def test_updates_answer_204(client):
    """Without a body; what is not named stays."""
    top, page = make(client, "Top"), make(client)
    path = f"/v1/pages/{page['id']}"
    response = client.put(path, json={"parentId": top["id"], "ownerId": 27, "visibility": {"groupIds": [9]}})
    assert (response.status_code, response.content) == (204, b"")
    after = client.get(path).json()
    assert after["parentId"] == top["id"]
    assert after["visibility"] == {"userIds": [], "groupIds": [9]}
    assert after["name"] == "Tides"
    client.put(path, json={"parentId": 0})
    assert "parentId" not in client.get(path).json()


def test_deleted_pages_leave_their_children(client):
    top = make(client, "Top")
    child = make(client, "Child", parentId=top["id"])
    assert client.delete(f"/v1/pages/{top['id']}").status_code == 204
    assert [node["id"] for node in client.get("/v1/pages").json()] == [child["id"]]


def test_collections(client):
    page = make(client, cardIds=[1, 2])
    path = f"/v1/pages/{page['id']}/collections"
    made = client.post(path, json={"title": "Daily", "cardIds": [1]})
    assert made.status_code == 201
    collection = made.json()
    assert collection == {"id": collection["id"], "title": "Daily", "description": "", "cardIds": [1]}
    assert client.post(path, json={"title": "Foreign", "cardIds": [99]}).status_code == 400
    assert client.put(f"{path}/{collection['id']}", json={"description": "d"}).status_code == 204
    assert client.get(path).json() == [{**collection, "description": "d"}]
    assert client.put(f"/v1/pages/{page['id']}", json={"collectionIds": []}).status_code == 400
    assert client.delete(f"{path}/{collection['id']}").status_code == 204
    assert client.delete(f"{path}/{collection['id']}").status_code == 404
    assert client.get(path).json() == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "x", "parentId": 12345},
        {"name": "x", "cardIds": "12"},
        {"name": "x", "visibility": []},
        {"name": "x", "locked": "perhaps"},
    ],
)
def test_malformed_pages_are_refused(client, body):
    assert client.post("/v1/pages", json=body).status_code == 400


@pytest.mark.parametrize("body", [{"owners": [{}]}, {"owners": [{"id": 1, "type": "ROBOT"}]}, {"parentId": 5}])
def test_malformed_changes_are_refused(client, body):
    page = make(client)
    assert client.put(f"/v1/pages/{page['id']}", json=body).status_code == 400
    assert client.put(f"/v1/pages/{page['id']}", json={"parentId": page["id"]}).status_code == 400
