"""The raw exchange: anything may be asked, of one origin only."""

import json

import pytest
import respx

from domo_async import AsyncDomo
from domo_async.errors import ForeignOriginError, InvalidArgumentError, NotFoundError, ServerError
from domo_async.http.operations import Safety

pytestmark = pytest.mark.anyio

API = "https://api.domo.com"


@pytest.fixture
def wire():
    with respx.mock(assert_all_called=False) as router:
        router.get(f"{API}/oauth/token").respond(json={"access_token": "the-token", "expires_in": 3599})
        yield router


@pytest.fixture
async def domo(wire):
    async with AsyncDomo("id", "secret", transport="httpx", retries=0) as domo:
        yield domo


def sent(wire):
    (call,) = (call for call in wire.calls if call.request.url.path != "/oauth/token")
    return call.request


async def test_a_request_returns_status_headers_and_body(wire, domo):
    wire.get(f"{API}/v1/new").respond(202, content=b"bytes", headers={"X-Thing": "a"})

    answer = await domo.request("get", "/v1/new", query={"a b": "c&d", "flag": True, "none": None, "n": 1})

    request = sent(wire)
    assert request.method == "GET"
    assert request.url.raw_path == b"/v1/new?a%20b=c%26d&flag=true&n=1"
    assert request.headers["authorization"] == "Bearer the-token"
    assert (answer.status, answer.headers["x-thing"], answer.body) == (202, "a", b"bytes")


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_an_empty_body_is_fine_everywhere(wire, domo, status):
    wire.put(f"{API}/v1/thing").respond(status)

    assert (await domo.request("PUT", "/v1/thing", json={})).body == b""


@pytest.mark.parametrize(
    ("url", "raw_path"),
    [
        (f"{API}/v1/new?a=1", b"/v1/new?a=1&b=2"),
        ("https://API.domo.com:443/v1/new", b"/v1/new?b=2"),
        ("/v1/new?a=%20", b"/v1/new?a=%20&b=2"),
        ("/v1/a%2Fb", b"/v1/a%2Fb?b=2"),
        ("/v1/new#fragment", b"/v1/new?b=2"),
    ],
)
async def test_a_whole_url_of_the_same_origin_will_do(wire, domo, url, raw_path):
    wire.route(url__startswith=f"{API}/v1/").respond(200)

    await domo.request("GET", url, query={"b": 2})

    assert sent(wire).url.host == "api.domo.com"
    assert sent(wire).url.raw_path == raw_path


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/v1/new",
        "http://api.domo.com/v1/new",
        "https://api.domo.com:444/v1/new",
        "//elsewhere.example/v1/new",
        "https://api.domo.com@elsewhere.example/",
        "ftp://api.domo.com/",
        "javascript:alert(1)",
    ],
)
async def test_a_url_of_another_origin_is_refused_before_the_wire(wire, domo, url):
    with pytest.raises(ForeignOriginError, match=r"the token to https://api\.domo\.com"):
        await domo.request("GET", url)

    assert not wire.calls


@pytest.mark.parametrize("path", ["", "v1/new", "?a=1", "http://[", "https://api.domo.com:port/v1", "../v1"])
async def test_what_is_neither_path_nor_url_is_refused_before_the_wire(wire, domo, path):
    with pytest.raises(InvalidArgumentError, match="path"):
        await domo.request("GET", path)

    assert not wire.calls


@pytest.mark.parametrize("document", [{"a": "ü", "n": None}, [1, 2], "text", 0, False, {}, []], ids=repr)
async def test_json_goes_out_as_json(wire, domo, document):
    wire.post(f"{API}/v1/new").respond(200)

    await domo.request("POST", "/v1/new", json=document)

    assert json.loads(sent(wire).content) == document
    assert sent(wire).headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "document", [float("nan"), {"a": float("inf")}, object(), {"a": {1, 2}}], ids=["nan", "inf", "object", "set"]
)
async def test_what_is_no_json_is_refused_before_the_wire(wire, domo, document):
    with pytest.raises(InvalidArgumentError, match="json"):
        await domo.request("POST", "/v1/new", json=document)

    assert not wire.calls


async def test_content_goes_out_as_it_is(wire, domo):
    wire.put(f"{API}/v1/data").respond(204)

    await domo.request("PUT", "/v1/data", content=b"a,b\n", content_type="text/csv", accept="*/*")

    assert sent(wire).content == b"a,b\n"
    assert (sent(wire).headers["content-type"], sent(wire).headers["accept"]) == ("text/csv", "*/*")


async def test_two_bodies_are_one_too_many(wire, domo):
    with pytest.raises(InvalidArgumentError, match="two bodies"):
        await domo.request("POST", "/v1/new", json={}, content=b"")

    assert not wire.calls


@pytest.mark.parametrize(
    ("method", "safety", "attempts"),
    [("GET", None, 2), ("HEAD", None, 2), ("POST", None, 1), ("POST", Safety.SAFE, 2), ("PUT", Safety.IDEMPOTENT, 2)],
)
async def test_only_what_may_happen_twice_is_repeated(wire, method, safety, attempts):
    route = wire.route(method=method, url=f"{API}/v1/new").respond(500)
    async with AsyncDomo("id", "secret", transport="httpx", retries=1) as domo:
        with pytest.raises(ServerError) as caught:
            await domo.request(method, "/v1/new", safety=safety)

    assert route.call_count == caught.value.attempts == attempts


async def test_its_errors_name_the_request_and_never_the_query(wire, domo):
    wire.get(f"{API}/v1/new").respond(404)

    with pytest.raises(NotFoundError, match=r"^request: GET /v1/new: ") as caught:
        await domo.request("GET", "/v1/new?token=abc", query={"email": "ines@example.com"})

    assert "abc" not in str(caught.value)
    assert "ines" not in str(caught.value)


async def test_redirects_are_not_followed_and_say_so(wire, domo):
    elsewhere = wire.get("https://elsewhere.example/").respond(200)
    wire.get(f"{API}/v1/new").respond(302, headers={"location": "https://elsewhere.example/"})

    with pytest.raises(Exception, match="The API redirects, which Domo's does not"):
        await domo.request("GET", "/v1/new")

    assert not elsewhere.called
