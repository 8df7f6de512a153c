from __future__ import annotations

import base64
import json

import httpx
import pytest

from domo_async.emulator import SCOPES, Emulator

GRANT = {"grant_type": "client_credentials"}


def ask(emulator, form, *, auth=None, scope=None):
    connection = emulator.connection
    auth = auth or (connection["client_id"], connection["client_secret"])
    parameters = GRANT | ({"scope": scope} if scope is not None else {})
    url = f"{emulator.url}/oauth/token"
    if form == "get":
        return httpx.get(url, params=parameters, auth=auth)
    if form == "post form":
        return httpx.post(url, data=parameters, auth=auth)
    return httpx.post(url, params=parameters, auth=auth)


@pytest.mark.parametrize("form", ["get", "post form", "post query"])
def test_every_form_of_the_grant_gives_a_token_that_works(emulator, form):
    """GET with a query, POST with a form and POST with a query are the same grant."""
    response = ask(emulator, form)
    assert response.status_code == 200
    document = response.json()
    assert document["token_type"] == "bearer"
    assert document["expires_in"] == 3599
    assert set(document["scope"].split()) == set(SCOPES)
    assert {"access_token", "customer", "env", "domain", "jti", "role", "userId"} <= set(document)
    headers = {"Authorization": f"Bearer {document['access_token']}"}
    assert httpx.get(f"{emulator.url}/v1/datasets", headers=headers).status_code == 200
    assert (emulator.grants, emulator.grant_requests) == (1, 1)


def test_grant_has_the_documented_headers(emulator, grant):
    """An answer with a token may not be cached, and says so twice."""
    response = grant(emulator)
    assert response.headers.get_list("cache-control") == [
        "no-cache, no-store, max-age=0, must-revalidate",
        "no-store",
    ]
    assert response.headers["pragma"] == "no-cache"
    assert response.headers["content-type"] == "application/json;charset=UTF-8"


def test_token_reads_as_a_jwt(emulator, grant):
    """A token of the format `jwt` says who it is for, until when, and for which scopes."""
    _, payload, _ = grant(emulator, scope="data user").json()["access_token"].split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["scope"] == ["data", "user"]
    assert claims["client_id"] == emulator.connection["client_id"]
    assert {"exp", "env", "jti", "role", "userId", "customer"} <= set(claims)


def test_opaque_tokens_work_too(emulator, flights, open_client):
    """A token need not be a JWT."""
    emulator.token_format = "opaque"
    with open_client(emulator) as client:
        assert "." not in client.headers["authorization"]
        assert client.get(flights).status_code == 200


@pytest.mark.parametrize("scope", ["data user", "data,user", "user  data"])
def test_scope_narrows_the_token(emulator, scope):
    """The `scope` parameter asks for fewer scopes; blanks and commas both separate."""
    assert set(ask(emulator, "get", scope=scope).json()["scope"].split()) == {"data", "user"}


@pytest.mark.parametrize("scope", ["nonsense", "data nonsense"])
def test_unknown_scope_is_refused(emulator, scope):
    """A scope that Domo does not have is a 400 with the OAuth envelope."""
    response = ask(emulator, "post form", scope=scope)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_scope")
    assert (emulator.grants, emulator.grant_requests) == (0, 1)


def test_scope_beyond_the_client_is_refused(emulator):
    """A client gets no scope that it was not created with."""
    narrow = emulator.add_client(scopes=["user"])
    response = ask(emulator, "get", auth=(narrow.client_id, narrow.client_secret), scope="data")
    assert (response.status_code, response.json()["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize(
    ("parameters", "error"),
    [({"grant_type": "password"}, "unsupported_grant_type"), ({}, "invalid_request")],
)
def test_other_grants_are_refused(emulator, parameters, error):
    """Only client credentials are granted."""
    connection = emulator.connection
    auth = (connection["client_id"], connection["client_secret"])
    response = httpx.get(f"{emulator.url}/oauth/token", params=parameters, auth=auth)
    assert (response.status_code, response.json()["error"]) == (400, error)


@pytest.mark.parametrize("header", [None, "Basic !!!", "Basic bm9jb2xvbg==", "Bearer x", "Basic eDp5"])
def test_wrong_credentials_are_refused(emulator, header):
    """Without the right id and secret there is a 401 with Domo's envelope."""
    headers = {"Authorization": header} if header else {}
    response = httpx.get(f"{emulator.url}/oauth/token", params=GRANT, headers=headers)
    assert response.status_code == 401
    assert response.json()["status"] == 401
    assert response.json()["message"]


def test_client_can_be_disabled_and_enabled(emulator):
    """A disabled client gets no token; its old ones stay live."""
    extra = emulator.add_client()
    auth = (extra.client_id, extra.client_secret)
    token = ask(emulator, "get", auth=auth).json()["access_token"]
    emulator.disable_client(extra.client_id)
    assert ask(emulator, "get", auth=auth).status_code == 401
    headers = {"Authorization": f"bearer {token}"}
    assert httpx.get(f"{emulator.url}/v1/datasets", headers=headers).status_code == 200
    emulator.enable_client(extra.client_id)
    assert ask(emulator, "get", auth=auth).status_code == 200


def test_rotated_secret_replaces_the_old_one(emulator, grant):
    """After a rotation only the new secret is good, and `connection` holds it."""
    old = emulator.connection
    secret = emulator.rotate_secret(old["client_id"])
    assert ask(emulator, "get", auth=(old["client_id"], old["client_secret"])).status_code == 401
    assert emulator.connection["client_secret"] == secret
    assert grant(emulator).status_code == 200


def test_revoked_tokens_are_refused(emulator, client, open_client):
    """Revocation ends the tokens so far, not those to come."""
    assert emulator.revoke_tokens() == 1
    response = client.get("/v1/datasets")
    assert response.status_code == 401
    assert response.json() == {
        "error": "invalid_token",
        "error_description": "Cannot convert access token to JSON",
    }
    assert 'error="invalid_token"' in response.headers["www-authenticate"]
    with open_client(emulator) as fresh:
        assert fresh.get("/v1/datasets").status_code == 200


def test_revocation_can_be_for_one_client(emulator, client):
    """Tokens of other clients stay live."""
    other = emulator.add_client()
    token = ask(emulator, "get", auth=(other.client_id, other.client_secret)).json()["access_token"]
    assert emulator.revoke_tokens(other.client_id) == 1
    headers = {"Authorization": f"bearer {token}"}
    assert httpx.get(f"{emulator.url}/v1/datasets", headers=headers).status_code == 401
    assert client.get("/v1/datasets").status_code == 200


def test_expired_token_is_refused_with_domo_s_challenge(emulator, client):
    """An expired token is a 401 whose only explanation is the challenge."""
    assert emulator.expire_tokens() == 1
    response = client.get("/v1/datasets")
    assert response.status_code == 401
    assert response.content == b""
    assert "Jwt expired at 2" in response.headers["www-authenticate"]


def test_lifetime_of_zero_expires_at_once(emulator, grant, open_client):
    """`token_lifetime` is settable while the server runs."""
    emulator.token_lifetime = 0
    assert grant(emulator).json()["expires_in"] == 0
    with open_client(emulator) as client:
        assert client.get("/v1/datasets").status_code == 401


def test_missing_token_is_refused(emulator):
    """A call without a token is a 401 in the gateway's odd envelope."""
    response = httpx.get(f"{emulator.url}/v1/datasets")
    assert response.status_code == 401
    assert "Full authentication is required" in response.json()["message"]
    assert response.json()["path"] == "/v1/datasets"


@pytest.mark.parametrize("value", ["bearer garbage", "bearer a.b.c"])
def test_garbage_token_is_refused(emulator, value):
    """A token that was never issued is no token."""
    response = httpx.get(f"{emulator.url}/v1/datasets", headers={"Authorization": value})
    assert response.status_code == 401
    assert response.json()["error_description"] == "Cannot convert access token to JSON"


def test_csv_refusal_can_be_the_html_406(emulator, flights):
    """Where CSV is asked for, a bad token may be answered as the older gateway does."""
    emulator.csv_refusal = 406
    headers = {"Authorization": "bearer garbage", "Accept": "text/csv"}
    response = httpx.get(f"{emulator.url}{flights}/data", headers=headers)
    assert response.status_code == 406
    assert response.headers["content-type"].startswith("text/html")
    assert "Full authentication is required" in response.text
    assert httpx.get(f"{emulator.url}{flights}", headers={"Authorization": "bearer x"}).status_code == 401


def test_missing_scope_is_forbidden(emulator, open_client):
    """A token without the scope of the operation is a 403."""
    with open_client(emulator, scope="user") as client:
        response = client.get("/v1/datasets")
    assert response.status_code == 403
    assert response.json()["statusReason"] == "Forbidden"
    assert response.json()["message"] == "Forbidden"
    assert response.json()["toe"]


def test_scheme_of_the_token_may_be_written_in_any_case(emulator, client):
    """`bearer`, `Bearer` and `BEARER` are the same scheme."""
    token = client.headers["authorization"].split()[1]
    for scheme in ("bearer", "Bearer", "BEARER"):
        headers = {"Authorization": f"{scheme} {token}"}
        assert httpx.get(f"{emulator.url}/v1/datasets", headers=headers).status_code == 200


def test_scopes_of_the_emulator_limit_its_client(grant):
    """The first client can be narrower than everything."""
    with Emulator(scopes=["user"], client_id="me", client_secret="secret") as emulator:
        assert grant(emulator).json()["scope"] == "user"
        assert emulator.connection == {"api_url": emulator.url, "client_id": "me", "client_secret": "secret"}


def test_client_hides_its_secret(emulator):
    """The repr of a client can be logged."""
    client = emulator.add_client(client_secret="hush-hush")
    assert "hush" not in repr(client)


def test_unknown_scope_and_known_client_are_no_new_client(emulator):
    """Clients are checked when they are added."""
    with pytest.raises(ValueError, match="no scope 'dat'"):
        emulator.add_client(scopes=["dat"])
    with pytest.raises(ValueError, match="already"):
        emulator.add_client(client_id=emulator.connection["client_id"])
