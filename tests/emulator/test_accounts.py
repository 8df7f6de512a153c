"""Accounts and their types, as any client sees them."""

from __future__ import annotations

import pytest

SECRET = "hunter2-and-more"
BODY = {"name": "Login", "type": {"id": "acme-db", "properties": {"username": "svc", "password": SECRET}}}


@pytest.fixture
def account(client):
    return client.post("/v1/accounts", json=BODY).json()


def test_credentials_go_in_only(client, account):
    """No answer shows them."""
    assert account == {"id": "1", "name": "Login", "valid": True, "type": {"id": "acme-db", "properties": {}}}
    for path in ("/v1/accounts", "/v1/accounts/1"):
        assert SECRET not in client.get(path).text


def test_the_statuses_that_sdks_insist_on(emulator, client, account):
    """202 with the account for a change, 204 for the end."""
    response = client.patch("/v1/accounts/1", json={"name": "New", "type": {"id": "acme-db", "properties": {}}})
    assert (response.status_code, response.json()["name"]) == (202, "New")
    assert emulator.accounts.properties(1)["password"] == SECRET  # nothing was said of it
    assert client.delete("/v1/accounts/1").status_code == 204
    assert client.get("/v1/accounts/1").status_code == 404
    with pytest.raises(KeyError):
        emulator.accounts.properties(1)


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_sharing_in_both_documented_ways(client, account, method):
    """The specification says GET, with a body."""
    response = client.request(method, "/v1/accounts/1/shares", json={"user": {"id": 99}})
    assert (response.status_code, response.content) == (200, b"")
    assert client.request(method, "/v1/accounts/1/shares", json={"user": 99}).status_code == 400


def test_types(client):
    """The listing names them, the detail has their forms; pages are cut as everywhere."""
    kinds = client.get("/v1/account-types").json()
    assert {"id": "acme-db", "name": "Acme DB"} in kinds
    assert client.get("/v1/account-types?limit=1&offset=1").json() == kinds[1:2]
    form = client.get("/v1/account-types/acme-db").json()["_templates"]["default"]
    assert {each["name"]: each["required"] for each in form["properties"]} == {
        "username": True,
        "password": True,
        "url": False,
    }
    assert client.get("/v1/account-types/nothing").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "x"},
        {"name": "x", "type": "acme-db"},
        {"name": "x", "type": {"properties": {}}},
        {"name": "x", "type": {"id": "acme-db", "properties": []}},
        {"name": "x", "type": {"id": "acme-db", "properties": {"username": "svc"}}},
    ],
)
def test_malformed_accounts_are_refused(client, body):
    assert client.post("/v1/accounts", json=body).status_code == 400


def test_unknown_types_are_taken(client):
    """Domo has hundreds that the emulator does not know."""
    assert client.post("/v1/accounts", json={"name": "x", "type": {"id": "some-saas"}}).status_code == 200
