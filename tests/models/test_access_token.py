"""The access token as a model: what it says of itself, and what it keeps to itself."""

import base64
import copy
import json
import pickle

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from domo_async.models import AccessToken

# Examples may take their time: other work on the machine must not fail a test.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


def jwt(payload):
    document = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return f"eyJhbGciOiJSUzI1NiJ9.{base64.urlsafe_b64encode(document).decode().rstrip('=')}.c2lnbmF0dXJl"


def token(value="opaque", **fields):
    return AccessToken.model_validate({"access_token": value, **fields})


def test_the_claims_of_a_jwt_can_be_looked_at():
    claims = {"role": "Admin", "scope": ["data", "user"], "exp": 1767225599, "userId": 412200871}

    assert token(jwt(claims)).claims == claims


@pytest.mark.parametrize(
    "value",
    ["opaque", "a.b", "a.b.c.d", "a..c", "...", jwt(b"no json"), jwt([1]), jwt(b"\xff"), "a.!!!.c", jwt(b"[" * 10_000)],
)
def test_an_opaque_token_has_no_claims(value):
    assert token(value).claims is None


@pytest.mark.parametrize(
    ("fields", "scopes"),
    [
        ({"scope": "data user"}, {"data", "user"}),
        ({"scope": "account, dashboard, data"}, {"account", "dashboard", "data"}),
        ({"scope": ["data", "user"]}, {"data", "user"}),
        ({"scope": ""}, set()),
        ({"scope": None}, set()),
        ({}, set()),
    ],
)
def test_scopes_in_every_form(fields, scopes):
    granted = token(**fields)

    assert granted.scopes == scopes
    assert granted.has_scope("data") is ("data" in scopes)
    assert not granted.has_scope("dat")


@pytest.mark.parametrize(
    ("claimed", "scopes"),
    [(["data", "user"], {"data", "user"}), ("data user", {"data", "user"}), ([], set()), (None, set())],
)
def test_without_a_scope_field_the_claims_say_it(claimed, scopes):
    assert token(jwt({"scope": claimed})).scopes == scopes


def test_the_answer_counts_more_than_the_claims_and_they_may_differ():
    granted = token(
        jwt({"scope": ["audit"], "userId": 1, "customer": "training"}), scope="data", userId=2, customer="acme"
    )

    assert granted.scopes == {"data"}
    assert (granted.user_id, granted.claims["userId"]) == (2, 1)


def test_nothing_shows_the_token_or_what_is_unknown():
    granted = token(
        "s3cr3t-token", expires_in=60, userId=7, refresh_token="s3cr3t-refresh", customer="acme", token_type="bearer"
    )
    shown = [repr(granted), str(granted), f"{granted}", granted.model_dump_json(), repr(granted.model_dump())]
    shown += [
        repr(granted.model_dump(mode="json", by_alias=True)),
        repr(granted.model_copy()),
        repr(copy.deepcopy(granted)),
    ]

    assert all("s3cr3t" not in text for text in shown)
    assert repr(granted) == "AccessToken(token_type='bearer', expires_in=60.0, customer='acme', user_id=7)"
    assert granted.model_extra == {"refresh_token": "s3cr3t-refresh"}
    assert set(json.loads(granted.model_dump_json())) >= {"access_token", "expires_in", "scope", "user_id"}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_does_not_pickle(protocol):
    with pytest.raises(TypeError, match="let each process make its own grant"):
        pickle.dumps(token(), protocol)


@pytest.mark.parametrize(
    "value", ["", " ", "a b", "a\nb", "a\x00", "é", "\udcff", None, 5, b"bytes", [], SecretStr("")]
)
def test_what_fits_into_no_header_is_no_token(value):
    with pytest.raises(ValidationError, match="access_token"):
        token(value)


@pytest.mark.parametrize("value", ["opaque", "a-._~+/b==", "eyJ.eyJ.sig", "!", SecretStr("wrapped")])
def test_what_fits_is_one(value):
    assert token(value).access_token.get_secret_value()


@PATIENT
@given(st.text(), st.one_of(st.none(), st.text(), st.lists(st.text()), st.integers()))
def test_looking_never_raises(value, scope):
    try:
        granted = token(value, scope=scope)
    except ValidationError:
        return
    assert granted.claims is None or isinstance(granted.claims, dict)
    assert isinstance(granted.scopes, frozenset)
