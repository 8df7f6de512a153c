"""The wire of the grant: what is asked, what counts as an answer, and what the answers that are none turn into."""

import base64
import json
import logging
from urllib.parse import parse_qs

import anyio
import httpx
import pytest
import respx

from domo_async import DomoAuth
from domo_async.auth.grants import normalize_scopes
from domo_async.errors import (
    CallTimeoutError,
    ConfigurationError,
    ConnectionFailedError,
    DomoError,
    InvalidArgumentError,
    InvalidCredentialsError,
    InvalidResponseError,
    InvalidScopeError,
    MaintenanceError,
    NotFoundError,
    RateLimitError,
    ServerError,
    StatusError,
)

pytestmark = pytest.mark.anyio

TOKEN_URL = "https://api.domo.com/oauth/token"
# The fields of the example on Domo's page, with values of our own; the two user ids differ there, too.
EXAMPLE = {
    "access_token": "eyJhbGciOiJSUzI1NiJ9."
    + base64.urlsafe_b64encode(
        json.dumps(
            {"role": "Admin", "scope": ["data", "user"], "exp": 1501783519, "env": "prod1", "userId": 7}
        ).encode()
    )
    .decode()
    .rstrip("=")
    + ".c2lnbmF0dXJl",
    "customer": "acmecompany",
    "expires_in": 3599,
    "jti": "5b0f1b44-6f0a-4c0e-9d7f-0f6d6c1f2b11",
    "role": "Admin",
    "scope": "data user",
    "token_type": "bearer",
    "userId": 964382593,
}
MAINTENANCE = "<!DOCTYPE html><html><head><title>Domo Maintenance</title></head><body>Back soon</body></html>"
PORTAL = "<html><head><title>Sign in to Airport WiFi</title></head><body>Accept the terms</body></html>"


def auth(client_id="id", client_secret="secret", **options):
    """An auth that gives up after its first attempt, unless told otherwise."""
    options.setdefault("deadline", 0.05)
    return DomoAuth(client_id, client_secret, **options)


@pytest.fixture
def endpoint():
    with respx.mock(assert_all_called=False) as router:
        yield router.route(url__startswith=TOKEN_URL)


def answers(route, body, status=200, **headers):
    content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    headers.setdefault("content_type", "application/json;charset=UTF-8")
    route.respond(status, content=content, headers={name.replace("_", "-"): value for name, value in headers.items()})


# What goes out


async def test_the_request_is_the_one_on_domos_page(endpoint):
    answers(endpoint, EXAMPLE)

    await auth("441e307a", "f103fc45", scopes=["data", "user"]).token()

    (call,) = endpoint.calls
    assert call.request.method == "GET"
    assert call.request.url.raw_path == b"/oauth/token?grant_type=client_credentials&scope=data%20user"
    assert call.request.headers["authorization"] == "Basic " + base64.b64encode(b"441e307a:f103fc45").decode()
    assert call.request.headers["accept"] == "application/json"
    assert call.request.content == b""
    assert "bearer" not in str(call.request.headers.raw).lower()


@pytest.mark.parametrize("scopes", [None, "", [], (), " , "])
async def test_without_scopes_the_parameter_is_left_out_and_never_empty(endpoint, scopes):
    answers(endpoint, EXAMPLE)

    await auth(scopes=scopes).token()

    assert endpoint.calls.last.request.url.query == b"grant_type=client_credentials"


@pytest.mark.parametrize("scopes", ["data user", "data,user", "data, user", ["data", "user"], ("data", "user", "data")])
async def test_scopes_may_be_written_in_several_ways(endpoint, scopes):
    answers(endpoint, EXAMPLE)

    await auth(scopes=scopes).token()

    assert endpoint.calls.last.request.url.query == b"grant_type=client_credentials&scope=data%20user"


async def test_post_sends_the_same_as_a_form(endpoint):
    answers(endpoint, EXAMPLE)

    await auth(scopes="data user", grant_method="POST").token()

    request = endpoint.calls.last.request
    assert (request.method, request.url.query) == ("POST", b"")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(request.content.decode()) == {"grant_type": ["client_credentials"], "scope": ["data user"]}
    assert request.headers["authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("client_id", "secret"),
    [("id", "a:b:c"), ("id", "100%25 &?=+/"), ("Ørsted", "pässwörd 🔑"), ("id", 'quo"te\\')],
)
async def test_credentials_go_out_as_they_are_in_utf_8(endpoint, client_id, secret):
    answers(endpoint, EXAMPLE)

    await auth(client_id, secret).token()

    sent = base64.b64decode(endpoint.calls.last.request.headers["authorization"].removeprefix("Basic "))
    assert sent.decode() == f"{client_id}:{secret}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_of_the_endpoint_are_not_followed(endpoint, status):
    elsewhere = respx.route(host="elsewhere.example").respond(json=EXAMPLE)
    endpoint.respond(status, headers={"location": "https://elsewhere.example/oauth/token"})

    with pytest.raises(StatusError, match="check the API URL") as caught:
        await auth().token()

    assert caught.value.status == status
    assert not elsewhere.called


@pytest.mark.parametrize("scope", ["da ta", 'da"ta', "dätä", "da\\ta", "", 5, None, "da\nta"])
def test_what_is_no_scope_is_refused_before_the_wire(scope):
    with pytest.raises(InvalidArgumentError, match="is not a scope"):
        normalize_scopes([scope])


def test_the_grant_is_get_or_post():
    with pytest.raises(InvalidArgumentError, match="neither GET nor POST"):
        auth(grant_method="PUT")


@pytest.mark.parametrize("option", ["timeout", "deadline"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), True, None, "3"])
def test_patience_is_a_positive_number_of_seconds(option, value):
    with pytest.raises(ConfigurationError, match=option):
        auth(**{option: value})


# Answers that are tokens


async def test_every_field_of_the_example_is_read(endpoint):
    endpoint.respond(
        200,
        content=json.dumps(EXAMPLE).encode(),
        headers=[
            ("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate"),
            ("Cache-Control", "no-store"),
            ("Content-Type", "application/json;charset=UTF-8"),
            ("Pragma", "no-cache"),
            ("Pragma", "no-cache"),
        ],
    )

    token = await auth().token()

    assert token.access_token.get_secret_value() == EXAMPLE["access_token"]
    assert (token.customer, token.expires_in, token.jti) == ("acmecompany", 3599, EXAMPLE["jti"])
    assert (token.role, token.scope, token.token_type, token.user_id) == ("Admin", "data user", "bearer", 964382593)
    assert token.scopes == {"data", "user"}
    assert token.claims["userId"] == 7


async def test_unknown_fields_are_kept_and_not_shown(endpoint):
    answers(endpoint, {**EXAMPLE, "refresh_token": "hidden-away", "newField": 5})

    token = await auth().token()

    assert token.model_extra == {"refresh_token": "hidden-away", "newField": 5}
    assert "hidden-away" not in repr(token) + str(token) + token.model_dump_json() + str(token.model_dump())


@pytest.mark.parametrize("field", sorted(set(EXAMPLE) - {"access_token", "expires_in"}))
@pytest.mark.parametrize("value", [None, 17, 1.5, True, ["x"], {"x": 1}, "other"])
async def test_fields_for_information_never_cost_the_token(endpoint, field, value):
    answers(endpoint, {**EXAMPLE, field: value})

    assert (await auth().token()).access_token.get_secret_value() == EXAMPLE["access_token"]


@pytest.mark.parametrize("answer", [{"access_token": "opaque"}, {"access_token": "opaque", "expires_in": None}])
async def test_the_token_alone_is_enough(endpoint, answer):
    answers(endpoint, answer)

    token = await auth().token()

    assert token.expires_in is None
    assert token.claims is None


async def test_any_success_may_carry_the_token(endpoint):
    answers(endpoint, EXAMPLE, status=201, content_type="text/plain")

    assert (await auth().token()).expires_in == 3599


# Answers that are none


SECRET_TOKEN = "tok-3n-that-must-not-leak"
NO_LIFETIMES: list[object] = [True, False, 0, -1, float("nan"), float("inf"), "soon", "", [], {}, 10**400, "1e999"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        json.dumps([{"access_token": SECRET_TOKEN}]).encode(),
        f'{{"access_token": "{SECRET_TOKEN}", "expires_in"'.encode(),
        json.dumps({"access_token": None, "expires_in": 3599}).encode(),
        json.dumps({"access_token": ""}).encode(),
        json.dumps({"access_token": 5}).encode(),
        json.dumps({"access_token": {"value": SECRET_TOKEN}}).encode(),
        json.dumps({"access_token": f"{SECRET_TOKEN}\r\nX-Evil: 1"}).encode(),
        json.dumps({"access_token": f"{SECRET_TOKEN} blank"}).encode(),
        json.dumps({"access_token": f"{SECRET_TOKEN}é"}).encode(),
        json.dumps({"accessToken": SECRET_TOKEN}).encode(),
        *(json.dumps({"access_token": SECRET_TOKEN, "expires_in": lifetime}).encode() for lifetime in NO_LIFETIMES),
        b"\xff\xfe" + SECRET_TOKEN.encode(),
        b'{"access_token": "' + SECRET_TOKEN.encode() + b'", "pad": "' + b"x" * (2 << 20) + b'"}',
    ],
    ids=lambda body: repr(body[:40]),
)
async def test_an_answer_without_a_usable_token_is_an_invalid_response_that_shows_nothing_of_it(endpoint, body):
    answers(endpoint, body)

    with pytest.raises(InvalidResponseError, match="The token endpoint answered 200 with") as caught:
        await auth().token()

    error = caught.value
    assert (error.operation, error.method, error.path) == ("oauth.token", "GET", "/oauth/token")
    link: BaseException | None = error
    while link is not None:
        assert SECRET_TOKEN not in f"{link!r} {link} {link.__dict__}"
        link = link.__cause__ or link.__context__


@pytest.mark.parametrize("lifetime", [3599, 3599.0, "3599"])
async def test_a_lifetime_may_be_written_as_text(endpoint, lifetime):
    answers(endpoint, {"access_token": "opaque", "expires_in": lifetime})

    assert (await auth().token()).expires_in == 3599


@pytest.mark.parametrize("status", [200, 503])
async def test_the_maintenance_page_is_recognised_whatever_its_status(endpoint, status):
    answers(endpoint, MAINTENANCE, status=status, content_type="text/html")

    with pytest.raises(MaintenanceError, match="Domo Maintenance") as caught:
        await auth().token()

    assert caught.value.retryable


@pytest.mark.parametrize("content_type", ["text/html", "application/json"])
async def test_the_page_of_a_captive_portal_is_no_token(endpoint, content_type):
    answers(endpoint, PORTAL, content_type=content_type)

    with pytest.raises(InvalidResponseError, match=r"a page for people: Sign in to Airport WiFi.*sign-in page"):
        await auth().token()


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (
            401,
            {"status": 401, "statusReason": "Unauthorized", "message": "Bad credentials"},
            InvalidCredentialsError,
            "Bad",
        ),
        (401, "", InvalidCredentialsError, "gave no explanation"),
        (400, {"error": "invalid_client", "error_description": "No such client"}, InvalidCredentialsError, "No such"),
        (
            400,
            {"error": "invalid_scope", "error_description": "Invalid scope: x"},
            InvalidScopeError,
            "Asked for: data",
        ),
        (404, "nothing", NotFoundError, "check the API URL"),
        (500, "", ServerError, "gave no explanation"),
        (502, "<html><title>Bad Gateway</title></html>", ServerError, "Bad Gateway"),
        (429, {"message": "Slow down"}, RateLimitError, "Slow down"),
    ],
)
async def test_refusals_have_a_name_and_say_where_they_come_from(endpoint, status, body, kind, words):
    answers(endpoint, body, status=status)

    with pytest.raises(kind, match=words) as caught:
        await auth(scopes="data").token()

    assert type(caught.value) is kind
    assert caught.value.operation == "oauth.token"
    assert str(caught.value).startswith("oauth.token: GET /oauth/token: ")


async def test_a_refusal_that_repeats_the_credentials_is_cleared_of_them(endpoint):
    basic = base64.b64encode(b"id:s3cr3t-of-mine").decode()
    answers(endpoint, {"message": f"s3cr3t-of-mine is wrong, as is Authorization: Basic {basic}"}, status=401)

    with pytest.raises(InvalidCredentialsError, match="is wrong") as caught:
        await auth("id", "s3cr3t-of-mine").token()

    assert "s3cr3t-of-mine" not in str(caught.value)
    assert basic not in str(caught.value)


async def test_retry_after_of_the_endpoint_is_waited_for(endpoint):
    endpoint.side_effect = [
        httpx.Response(429, headers={"retry-after": "0.01"}),
        httpx.Response(503, headers={"retry-after": "0.01"}),
        httpx.Response(200, json=EXAMPLE),
    ]

    assert (await auth(deadline=10).token()).expires_in == 3599


async def test_a_retry_after_beyond_the_deadline_ends_the_grant_at_once(endpoint):
    answers(endpoint, {"message": "Slow down"}, status=429, retry_after="40")
    domo = auth(deadline=30)

    with anyio.fail_after(5):
        for _ in range(3):
            with pytest.raises(RateLimitError) as caught:
                await domo.token()

    assert caught.value.retry_after == 40
    assert endpoint.call_count == 1, "and is remembered"


async def test_an_endpoint_that_is_not_there_is_tried_again(endpoint):
    endpoint.side_effect = [httpx.ConnectError("refused"), httpx.Response(200, json=EXAMPLE)]

    assert (await auth(deadline=10).token()).expires_in == 3599


async def test_an_endpoint_that_stays_away_is_a_connection_failure(endpoint):
    endpoint.side_effect = httpx.ConnectError("refused")

    with pytest.raises(ConnectionFailedError, match="could not be reached"):
        await auth().token()


# Patience, on a socket


class Dribbling:
    """A server that sends one byte after the other and never comes to an end, to the first `victims` at least."""

    def __init__(self, victims=1_000):
        self.connections = 0
        self.victims = victims

    async def serve(self, stream):
        self.connections += 1
        async with stream:
            try:
                await stream.receive()
                if self.connections > self.victims:
                    body = json.dumps(EXAMPLE).encode()
                    await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                    return
                await stream.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99999\r\n\r\n")
                while True:
                    await stream.send(b" ")
                    await anyio.sleep(0.02)
            except (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream):
                pass


@pytest.mark.parametrize(("timeout", "deadline"), [(0.2, 0.3), (15.0, 0.3)])
async def test_an_endpoint_that_dribbles_for_ever_ends_in_a_timeout(timeout, deadline):
    server = Dribbling()
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, server.serve)
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        domo = DomoAuth("id", "secret", api_url=f"http://127.0.0.1:{port}", timeout=timeout, deadline=deadline)

        with anyio.fail_after(5), pytest.raises(CallTimeoutError, match="did not answer within") as caught:
            await domo.token()

        assert caught.value.phase == "deadline"
        assert caught.value.operation == "oauth.token"
        assert isinstance(caught.value, TimeoutError)
        assert server.connections >= 1
        tasks.cancel_scope.cancel()


async def test_one_attempt_that_dribbles_leaves_time_for_the_next():
    server = Dribbling(victims=1)
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, server.serve)
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        domo = DomoAuth("id", "secret", api_url=f"http://127.0.0.1:{port}", timeout=0.2, deadline=20)

        with anyio.fail_after(10):
            assert (await domo.token()).customer == "acmecompany"

        assert server.connections == 2
        tasks.cancel_scope.cancel()


async def test_the_log_says_that_there_is_a_token_and_not_which(endpoint, caplog):
    answers(endpoint, EXAMPLE)
    with caplog.at_level(logging.DEBUG):
        await auth("id", "s3cr3t-of-mine").token()

    assert "Token granted for 3599 s" in caplog.text
    assert EXAMPLE["access_token"] not in caplog.text
    assert "s3cr3t-of-mine" not in caplog.text
    assert base64.b64encode(b"id:s3cr3t-of-mine").decode() not in caplog.text


async def test_only_our_own_errors_come_out(endpoint):
    for failure in (
        httpx.ReadError("x"),
        httpx.RemoteProtocolError("x"),
        httpx.DecodingError("x"),
        httpx.ProxyError("x"),
    ):
        endpoint.side_effect = failure
        with pytest.raises(DomoError):
            await auth().token()
