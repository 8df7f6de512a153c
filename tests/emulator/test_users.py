"""Users, as any client sees them."""

from __future__ import annotations

import pytest

ADA = {"name": "Ada", "email": "ada@x.example", "role": "Admin"}


@pytest.fixture
def ada(client):
    response = client.post("/v1/users?sendInvite=False", json={**ADA, "timezone": "Europe/Oslo", "employeeNumber": "7"})
    assert response.status_code == 201
    return response.json()


def test_creation_leaves_out_time_zone_and_locale(client, ada):
    """As the specification says; the detail has them."""
    assert "timezone" not in ada
    assert ada["employeeNumber"] == 7
    detail = client.get(f"/v1/users/{ada['id']}/").json()
    assert detail["timezone"] == "Europe/Oslo"
    assert detail["groups"] == [{"id": detail["groups"][0]["id"], "name": "Default"}]
    assert detail["deleted"] is False


def test_listing_is_a_summary(client, ada):
    """Without what only the detail shows; the client's own user is there from the beginning."""
    first, second = client.get("/v1/users/").json()
    assert (first["id"], second["id"]) == (27, ada["id"])
    assert not {"groups", "timezone", "deleted"} & set(second)


def test_pages_are_clamped(emulator, client):
    """50 by default, 500 at most."""
    for number in range(510):
        emulator.people.add_user(f"U{number}", f"u{number}@x.example")
    assert len(client.get("/v1/users").json()) == 50
    assert len(client.get("/v1/users?limit=10000").json()) == 500
    assert len(client.get("/v1/users?limit=500&offset=500").json()) == 11


def test_update_needs_the_address(client, ada):
    """Whatever else the body names, as was seen; a null empties."""
    path = f"/v1/users/{ada['id']}"
    assert client.put(path, json={"title": "Countess"}).status_code == 400
    changed = client.put(path, json={"email": ADA["email"], "title": "Countess", "employeeNumber": None}).json()
    assert (changed["title"], changed["name"]) == ("Countess", "Ada")
    assert "employeeNumber" not in changed
    assert client.put(path, json={**ADA, "id": 1, "createdAt": "x"}).json()["id"] == ada["id"]


def test_addresses_are_unique(client, ada):
    """In any case."""
    assert client.post("/v1/users", json={**ADA, "email": "ADA@x.example"}).status_code == 409
    other = client.post("/v1/users", json={**ADA, "email": "bo@x.example"}).json()
    assert client.put(f"/v1/users/{other['id']}", json=ADA).status_code == 409


def test_deletion_leaves_a_stub(emulator, client, ada):
    """A bare 204, then a stub, or 404 where those are switched off."""
    path = f"/v1/users/{ada['id']}"
    response = client.delete(path)
    assert (response.status_code, response.content) == (204, b"")
    assert client.get(path).json() == {"id": ada["id"], "name": "Ada", "deleted": True}
    assert client.delete(path).status_code == 404
    assert client.put(path, json=ADA).status_code == 404
    emulator.deleted_stubs = False
    assert client.get(path).status_code == 404
    assert client.post("/v1/users", json=ADA).status_code == 201  # the address is free again


@pytest.mark.parametrize(
    "body", [{}, {**ADA, "name": " "}, {**ADA, "email": "nobody"}, {**ADA, "role": None}, {**ADA, "title": []}, []]
)
def test_malformed_users_are_refused(client, body):
    assert client.post("/v1/users", json=body).status_code == 400
