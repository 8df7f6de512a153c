"""Signing in and creating API clients, as any client sees it."""

from __future__ import annotations

import httpx
import pytest

PASSWORD = "hunter2-and-more"
SIGN_IN = "/api/content/v2/authentication"
ORIGIN = {"origin": "https://emulator.domo.com"}
WHO = {"method": "password", "emailAddress": "ada@x.example", "password": PASSWORD}


@pytest.fixture
def plain(emulator):
    """A client without a token."""
    emulator.people.add_user("Ada", "ada@x.example", password=PASSWORD)
    with httpx.Client(base_url=emulator.url) as client:
        yield client


@pytest.fixture
def proof(plain):
    token = plain.post(SIGN_IN, json=WHO, headers=ORIGIN).json()["sessionToken"]
    return {"X-DOMO-Authentication": token, "X-DOMO-CustomerDomain": "emulator.domo.com"}


def test_a_session(plain):
    answer = plain.post(SIGN_IN, json=WHO, headers=ORIGIN)
    assert answer.status_code == 200
    document = answer.json()
    assert set(document) == {"userId", "success", "sessionToken", "twoFactorInfo", "userRole"}
    assert document["twoFactorInfo"]["status"] == "VALID"
    cookies = {"_dsidv1": document["sessionToken"]}
    with httpx.Client(base_url=plain.base_url, cookies=cookies) as browser:
        again = browser.post(SIGN_IN, json={"method": "exptoken"}, headers=ORIGIN)
    assert again.json()["userId"] == document["userId"]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ({**WHO, "password": "wrong"}, ORIGIN, 401),
        ({**WHO, "emailAddress": "bo@x.example"}, ORIGIN, 401),
        ({**WHO, "emailAddress": "27@emulator.example"}, ORIGIN, 401),  # nobody gave this user a password
        ({"method": "exptoken"}, ORIGIN, 401),
        ({"method": "magic"}, ORIGIN, 400),
        ({}, ORIGIN, 400),
        (WHO, {}, 403),
        (WHO, {"origin": "https://other.domo.com"}, 403),
    ],
)
def test_who_does_not_get_in(plain, body, headers, status):
    assert plain.post(SIGN_IN, json=body, headers=headers).status_code == status


def test_a_client(emulator, plain, proof, grant):
    """It gets tokens for its scopes, and is gone when Python takes it away."""
    body = {"name": "sync", "scope": ["user"], "description": "d"}
    answer = plain.post("/clients", json=body, headers=proof)
    assert answer.status_code == 201
    made = answer.json()
    assert (made["scope"], made["description"], made["authorized_grant_types"]) == (
        ["user"],
        "d",
        ["client_credentials"],
    )
    auth = (made["client_id"], made["client_secret"])
    url = "/oauth/token?grant_type=client_credentials"
    assert plain.get(url, auth=auth).json()["scope"] == "user"
    assert plain.get(f"{url}&scope=data", auth=auth).status_code == 400
    assert plain.post("/clients", json=body, headers=proof).status_code == 409
    assert made["client_id"] in {client.client_id for client in emulator.clients.all()}
    emulator.clients.remove(made["client_id"])
    assert plain.get(url, auth=auth).status_code == 401
    with pytest.raises(KeyError):
        emulator.clients.remove(made["client_id"])


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"X-DOMO-Authentication": "made up"}, 401),
        ({"X-DOMO-CustomerDomain": "other.domo.com"}, 401),
    ],
)
def test_it_takes_the_session_of_this_instance(plain, proof, change, status):
    body = {"name": "sync", "scope": ["user"]}
    assert plain.post("/clients", json=body, headers={**proof, **change}).status_code == status
    assert plain.post("/clients", json=body).status_code == 401


@pytest.mark.parametrize("body", [{}, {"name": "x"}, {"name": "x", "scope": []}, {"name": "x", "scope": ["moon"]}])
def test_malformed_clients_are_refused(plain, proof, body):
    assert plain.post("/clients", json=body, headers=proof).status_code == 400


OWN = "/_emulator/clients"


def test_clients_without_a_session(emulator):
    """They are created, listed, changed and deleted from another process; only the answer to the first has a secret."""
    with httpx.Client(base_url=emulator.url) as plain:
        body = {
            "client_id": "me",
            "scopes": ["data"],
            "name": "Ada",
            "user_id": 31,
            "role": "Participant",
            "title": "t",
        }
        made = plain.post(OWN, json=body)
        assert made.status_code == 201
        assert {name: made.json()[name] for name in body} == body
        auth = ("me", made.json()["client_secret"])
        url = "/oauth/token?grant_type=client_credentials"
        assert plain.get(url, auth=auth).json()["scope"] == "data"
        assert "31" in {str(user["id"]) for user in emulator.people.current_users()}
        assert plain.post(OWN, json=body).status_code == 409
        listed = plain.get(OWN)
        assert [each["client_id"] for each in listed.json()] == [emulator.connection["client_id"], "me"]
        assert "secret" not in listed.text
        assert plain.patch(f"{OWN}/me", json={"enabled": False}).json()["enabled"] is False
        assert plain.get(url, auth=auth).status_code == 401
        changed = plain.patch(f"{OWN}/me", json={"enabled": True, "client_secret": "s", "scopes": ["user"]})
        assert changed.json()["scopes"] == ["user"]
        assert plain.get(url, auth=("me", "s")).json()["scope"] == "user"
        assert plain.delete(f"{OWN}/me").status_code == 204
        assert plain.get(url, auth=("me", "s")).status_code == 401
        assert [plain.request(method, f"{OWN}/me", json={}).status_code for method in ("DELETE", "PATCH")] == [404, 404]
    assert [request.path for request in emulator.requests if request.path.startswith("/_")] == []


@pytest.mark.parametrize("body", [{"scopes": ["moon"]}, {"scopes": "data"}, {"user_id": "x"}, {"title": []}, []])
def test_clients_that_make_no_sense_are_refused(shared_emulator, body):
    assert httpx.post(f"{shared_emulator.url}{OWN}", json=body).status_code == 400
    assert len(shared_emulator.clients.all()) == 1


def test_python_lists_and_deletes_clients(emulator):
    client = emulator.add_client()
    assert [each.client_id for each in emulator.clients.all()] == [emulator.connection["client_id"], client.client_id]
    emulator.remove_client(client.client_id)
    assert emulator.clients.get(client.client_id) is None
    with pytest.raises(KeyError):
        emulator.remove_client(client.client_id)
