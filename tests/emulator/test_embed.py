"""Tokens for embedding, as any client sees them."""

from __future__ import annotations

import base64
import json
import time

import pytest

PATHS = ["/v1/cards/embed/auth", "/v1/stories/embed/auth"]
ONE = {"token": "bc36f", "permissions": ["READ", "FILTER", "EXPORT"]}


@pytest.mark.parametrize("path", PATHS)
def test_a_token(client, path):
    """A JWT with the documented claims; what it covers is JSON within JSON."""
    filters = [{"column": "State", "operand": "IN", "values": ["Ohio"]}]
    response = client.post(path, json={"sessionLength": 60, "authorizations": [{**ONE, "filters": filters}]})
    assert response.status_code == 200
    payload = response.json()["authentication"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert set(claims) == {"sub", "nbf", "iss", "emb", "exp", "iat", "jti"}
    (covered,) = map(json.loads, claims["emb"])
    assert (covered["token"], covered["filters"]) == ("bc36f", filters)
    assert claims["exp"] == pytest.approx(time.time() + 3600, abs=60)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"authorizations": []},
        {"authorizations": [{"permissions": ["READ"]}]},
        {"authorizations": [{"token": "bc36f"}]},
        {"authorizations": [{**ONE, "permissions": ["WRITE"]}]},
        {"authorizations": [{**ONE, "filters": [{"column": "a", "operator": "LIKE", "values": ["b"]}]}]},
        {"authorizations": [{**ONE, "filters": [{"column": "a", "operator": "IN", "values": [1]}]}]},
        {"sessionLength": 0, "authorizations": [ONE]},
        {"cardId": 5},
    ],
)
def test_malformed_requests_are_refused(client, body):
    assert client.post(PATHS[0], json=body).status_code == 400
