"""Embedding: what a token is asked for with, and how a browser uses it."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from pydantic import SecretStr

from domo_async.errors import BadRequestError, InvalidArgumentError, InvalidResponseError
from domo_async.models import EmbedAuthorization, EmbedFilter, EmbedSqlFilter, EmbedToken

pytestmark = pytest.mark.anyio

OHIO = EmbedFilter("State", "IN", ["Ohio", 5])


def jwt(**claims):
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJIUzI1NiJ9.{payload}.c2ln"


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (
            lambda e: e.card_token(EmbedAuthorization("bc36f", filters=[OHIO]), session_length=60),
            "/v1/cards/embed/auth",
        ),
        (
            lambda e: e.dashboard_token([EmbedAuthorization("bc36f", filters=[OHIO])], session_length=60),
            "/v1/stories/embed/auth",
        ),
    ],
)
async def test_the_wire(wire, domo, sent, call, path):
    """The documented body, with values as text."""
    wire.post(path).respond(json={"authentication": jwt(emb=["{}"])})

    token = await call(domo.embed)

    assert token.shows_anything is True
    assert json.loads(sent().content) == {
        "sessionLength": 60,
        "authorizations": [
            {
                "token": "bc36f",
                "permissions": ["READ", "FILTER", "EXPORT"],
                "filters": [{"column": "State", "operator": "IN", "values": ["Ohio", "5"]}],
            }
        ],
    }


def test_everything_that_domos_sample_knows():
    """SQL filters, policies and other DataSets go under the sample's names."""
    wanted = EmbedAuthorization(
        "bc36f",
        permissions=["READ"],
        filters=[EmbedFilter("n", "BETWEEN", [1, 2], dataset_id="ds")],
        sql_filters=[EmbedSqlFilter("`n` > 2", ["ds"]), EmbedSqlFilter("`n` < 9")],
        policies=[{"id": 1}],
        dataset_redirects={"old": "new"},
    )
    assert wanted.to_wire() == {
        "token": "bc36f",
        "permissions": ["READ"],
        "filters": [{"column": "n", "operator": "BETWEEN", "values": ["1", "2"], "datasourceId": "ds"}],
        "sqlFilters": [{"sqlFilter": "`n` > 2", "datasourceIds": ["ds"]}, {"sqlFilter": "`n` < 9"}],
        "policies": [{"id": 1}],
        "datasetRedirects": {"old": "new"},
    }


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: EmbedFilter("", "IN", ["a"]), "column"),
        (lambda: EmbedFilter("State", "in", ["a"]), "operator"),
        (lambda: EmbedFilter("State", "IN", []), "values"),
        (lambda: EmbedFilter("State", "IN", "Ohio"), "values"),
        (lambda: EmbedFilter("n", "BETWEEN", [1]), "values"),
        (lambda: EmbedAuthorization(" "), "token"),
        (lambda: EmbedAuthorization("bc36f", permissions=cast("Any", ["WRITE"])), "permissions"),
        (lambda: EmbedAuthorization("bc36f", permissions=[]), "permissions"),
        (lambda: EmbedAuthorization("bc36f", permissions=cast("Any", "READ")), "permissions"),
    ],
)
def test_nonsense_cannot_be_written_down(make, name):
    with pytest.raises(InvalidArgumentError, match=f"^{name}: "):
        make()


@pytest.mark.parametrize("wrong", [([], None), ("bc36f", None), ([EmbedAuthorization("a")], 0)])
async def test_nonsense_is_not_sent(wire, domo, wrong):
    authorizations, length = wrong
    with pytest.raises(InvalidArgumentError):
        await domo.embed.card_token(authorizations, session_length=length)
    assert not wire.calls


@pytest.mark.parametrize(
    "body", [{"error": "no access to bc36f"}, {"error": "no access to bc36f", "authentication": ""}]
)
async def test_no_token_is_an_error_with_domos_words(wire, domo, body):
    """Domo refuses with a status of success, and asking again would not help."""
    route = wire.post("/v1/cards/embed/auth").respond(json=body)
    with pytest.raises(InvalidResponseError, match="no access to bc36f"):
        await domo.with_options(retries=3).embed.card_token(EmbedAuthorization("bc36f"))
    assert route.call_count == 1


def test_what_a_token_tells():
    """Its end, and whether it covers anything; nothing if it is no JWT."""
    token = EmbedToken(authentication=SecretStr(jwt(exp=1769860800, emb=[])))
    assert token.expires_at == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert token.shows_anything is False
    for odd in ("opaque", "a.b.c", "a.!!.c", jwt(exp="soon", emb="x"), jwt(exp=True), "a.W10.c"):
        token = EmbedToken(authentication=SecretStr(odd))
        assert (token.expires_at, token.shows_anything) == (None, None)
        assert odd not in repr(token)


async def test_the_page_for_a_browser(domo):
    """A form that posts itself; addresses and tokens cannot break out of it."""
    token = EmbedToken(authentication=SecretStr('a"><script>'))
    assert domo.embed.card_url("bc36f") == "https://public.domo.com/cards/bc36f"
    assert domo.embed.dashboard_url("a/b") == "https://public.domo.com/embed/pages/a%2Fb"
    page = domo.embed.html(token, domo.embed.dashboard_url("bc36f"))
    assert 'action="https://public.domo.com/embed/pages/bc36f"' in page
    assert 'name="embedToken" value="a&quot;&gt;&lt;script&gt;"' in page
    with pytest.raises(InvalidArgumentError, match="https"):
        domo.embed.html(token, "http://public.domo.com/cards/bc36f")
    with pytest.raises(InvalidArgumentError, match="embed_id"):
        domo.embed.card_url("..")


async def test_tokens_of_the_emulator(live):
    """They cover what was asked for, for as long as Domo allows."""
    token = await live.embed.dashboard_token(EmbedAuthorization("bc36f", filters=[OHIO]), session_length=1440)
    assert token.shows_anything is True
    assert token.expires_at <= datetime.now(UTC) + timedelta(hours=8)
    with pytest.raises(BadRequestError):
        await live.request("POST", "/v1/cards/embed/auth", json={"cardId": 5})
