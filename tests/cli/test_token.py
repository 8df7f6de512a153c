"""`domo-async token` says what a token may do, and never what it is."""

from __future__ import annotations

import base64
import json

import pytest


@pytest.mark.parametrize("form", ["jwt", "opaque"])
@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_the_token_itself_is_never_shown(domo_async, emulator, form, flags):
    emulator.token_format = form
    outcome = domo_async("-vv", "token", *flags)
    assert outcome.code == 0
    shown = outcome.out + outcome.err
    assert "eyJ" not in shown, "the beginning of every JWT"
    assert "Bearer" not in shown
    assert base64.b64encode(emulator.connection["client_secret"].encode()).decode() not in shown
    assert emulator.connection["client_secret"] not in shown


def test_scopes_customer_and_life(domo_async, emulator):
    emulator.token_lifetime = 77.0
    document = json.loads(domo_async("token", "--json").out)
    assert "data" in document["scopes"]
    assert document["customer"] == "emulator"
    assert 70 <= document["seconds_left"] <= 77
    assert document["claims"]["client_id"] == emulator.connection["client_id"]


def test_an_opaque_token_has_no_claims(domo_async, emulator):
    emulator.token_format = "opaque"
    assert json.loads(domo_async("token", "--json").out)["claims"] is None
    assert "opaque" in domo_async("token").out
