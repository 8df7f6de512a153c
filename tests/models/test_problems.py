"""Whatever Domo says when it refuses is read, never raises, and becomes the error that fits."""

import json
import time
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domo_async.errors import (
    AuthenticationError,
    BadRequestError,
    BlockedError,
    ConflictError,
    InsufficientScopeError,
    MaintenanceError,
    NotFoundError,
    PermissionDeniedError,
    QueryError,
    RateLimitError,
    ServerError,
    StatusError,
)
from domo_async.models.problems import Page, looks_like_html, read_problem
from domo_async.models.refusals import parse_retry_after, refusal

# Examples may take their time: other work on the machine must not fail a test.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])

EXPIRED = (
    'Bearer error="invalid_token", error_description="An error occurred while attempting to decode the Jwt: '
    'Jwt expired at 2025-04-25T04:28:44Z", error_uri="https://tools.ietf.org/html/rfc6750#section-3.1"'
)
UNAUTHENTICATED = "com.domo.bedrock.service.exception.UnauthorizedException: Full authentication is required"
PAGE_406 = f"""<html>
<head>
<meta http-equiv="Content-Type" content="text/html;charset=utf-8"/>
<title>Error 406 Not Acceptable</title>
</head>
<body><h2>HTTP ERROR 406</h2><p>Reason: <pre>    {UNAUTHENTICATED} to access this resource</pre></p></body></html>"""
BLOCKED = "<!DOCTYPE html><html><head><title>Domo - Blocked</title></head><body>Not from here</body></html>"
MAINTENANCE = "<!doctype html><HTML><HEAD><TITLE>Domo Maintenance</TITLE></HEAD><BODY>Back soon</BODY></HTML>"


def read(status, body, content_type="", challenge="", **options):
    body = body if isinstance(body, bytes) else body.encode()
    return refusal(status, read_problem(body, content_type=content_type, challenge=challenge), **options)


CATALOGUE = [
    # status, body, kind, message, reason, toe, code
    (
        400,
        '{"status":400,"statusReason":"Bad Request","message":"Data import failed for dataset 7.","toe":"CA6-28C5D"}',
        BadRequestError,
        "Data import failed for dataset 7.",
        "Bad Request",
        "CA6-28C5D",
        None,
    ),
    (
        400,
        '{"status":400,"statusReason":"Bad Request","message":"Bad Request","toe":"UI7PGLVN12-Q56L5-9DHPR"}',
        BadRequestError,
        "Bad Request",
        "Bad Request",
        "UI7PGLVN12-Q56L5-9DHPR",
        None,
    ),
    (
        400,
        '{"status":400,"statusReason":"Odd","message":"Infrastructure problem (403): Access is denied","toe":"D"}',
        PermissionDeniedError,
        "Infrastructure problem (403): Access is denied",
        "Odd",
        "D",
        None,
    ),
    (
        400,
        '{"status":400,"statusReason":"BadRequest","message":"Infrastructure problem (503): Try later"}',
        ServerError,
        "Infrastructure problem (503): Try later",
        "BadRequest",
        None,
        None,
    ),
    (
        401,
        '{"status":401,"statusReason":"Internal Server Error","path":"/v1/streams/662","message":"'
        + UNAUTHENTICATED
        + '","toe":""}',
        AuthenticationError,
        UNAUTHENTICATED,
        "Internal Server Error",
        None,
        None,
    ),
    (
        401,
        '{"error":"invalid_token","error_description":"Cannot convert access token to JSON"}',
        AuthenticationError,
        "Cannot convert access token to JSON",
        None,
        None,
        "invalid_token",
    ),
    (
        401,
        '{"error":"insufficient_scope","error_description":"Insufficient scope for this resource","scope":"data"}',
        InsufficientScopeError,
        "Insufficient scope for this resource",
        None,
        None,
        "insufficient_scope",
    ),
    (
        403,
        '{"status":403,"toe":"694M4LH50R-CFNR0-N0VD2"}',
        PermissionDeniedError,
        "Domo does not allow this",
        None,
        "694M4LH50R-CFNR0-N0VD2",
        None,
    ),
    (403, '{"status":403,"message":"Forbidden"}', InsufficientScopeError, "Forbidden", None, None, None),
    (403, '{"status":403,"message":"Not Allowed"}', PermissionDeniedError, "Not Allowed", None, None, None),
    (
        404,
        '{"status":404,"statusReason":"Not Found","toe":"8VGVLIN8CI-EODB4-G3CUS"}',
        NotFoundError,
        "Nothing is there, or nothing that these credentials may see",
        "Not Found",
        "8VGVLIN8CI-EODB4-G3CUS",
        None,
    ),
    (
        404,
        '{"timestamp":1,"status":404,"error":"Not Found","message":"No handler","path":"/v9"}',
        NotFoundError,
        "No handler",
        "Not Found",
        None,
        None,
    ),
    (406, PAGE_406, AuthenticationError, "Error 406 Not Acceptable", None, None, None),
    (409, "", ConflictError, "Domo gave no explanation", None, None, None),
    (410, "", NotFoundError, "Nothing is there, or nothing that these credentials may see", None, None, None),
    (429, "", RateLimitError, "Too many requests", None, None, None),
    (500, "", ServerError, "Domo gave no explanation", None, None, None),
    (408, "", ServerError, "Domo gave no explanation", None, None, None),
    (502, "<html><title>502 Bad Gateway</title></html>", ServerError, "502 Bad Gateway", None, None, None),
    (503, MAINTENANCE, MaintenanceError, "Domo Maintenance", None, None, None),
    (200, MAINTENANCE, MaintenanceError, "Domo Maintenance", None, None, None),
    (200, BLOCKED, BlockedError, "Domo - Blocked", None, None, None),
    (303, "", StatusError, "Domo gave no explanation", None, None, None),
    (
        400,
        "Invalid data provided during upload. Invalid schema. Expected: {columns=[{type='STRING', name='name'}]}",
        BadRequestError,
        "Invalid data provided during upload. Invalid schema. Expected: {columns=[{type='STRING', name='name'}]}",
        None,
        None,
        None,
    ),
    (400, '{"status":400,"message":', BadRequestError, '{"status":400,"message":', None, None, None),
    (400, "[1, 2]", BadRequestError, "[1, 2]", None, None, None),
    (400, '{"status":400,"message":null,"toe":5}', BadRequestError, "Domo gave no explanation", None, None, None),
]


@pytest.mark.parametrize(("status", "body", "kind", "message", "reason", "toe", "code"), CATALOGUE)
@pytest.mark.parametrize("content_type", ["", "application/json;charset=UTF-8", "text/plain"])
def test_the_catalogue_of_errors(status, body, kind, message, reason, toe, code, content_type):
    error = read(status, body, content_type)

    assert type(error) is kind
    assert (error.status, error.message, error.reason) == (status, message, reason)
    assert (error.toe, error.code) == (toe, code)


def test_an_empty_401_is_explained_by_its_challenge():
    error = read(401, "", challenge=EXPIRED)

    assert type(error) is AuthenticationError
    assert error.code == "invalid_token"
    assert error.message.endswith("Jwt expired at 2025-04-25T04:28:44Z")


@pytest.mark.parametrize(
    ("challenge", "code", "scope"),
    [
        ('Bearer error="insufficient_scope", scope="data user"', "insufficient_scope", "data user"),
        ("Bearer error=invalid_token", "invalid_token", None),
        ('Basic realm="domo", Bearer ERROR="invalid_token"', "invalid_token", None),
        ('Bearer error_description="say \\"please\\"", error="x"', "x", None),
        ('Bearer terror="not this"', None, None),
        ('Bearer error="unfinished', None, None),
        ("Bearer", None, None),
        ("", None, None),
    ],
)
def test_challenges_in_their_many_forms(challenge, code, scope):
    problem = read_problem(b"", challenge=challenge)

    assert (problem.code, problem.scope) == (code, scope)


def test_an_insufficient_scope_names_the_scope():
    named = read(403, '{"error":"insufficient_scope","scope":"audit"}', required_scope="data")
    assumed = read(403, '{"message":"Forbidden"}', required_scope="data")

    assert (named.required_scope, assumed.required_scope) == ("audit", "data")
    assert "The operation needs the scope 'data'. Create the client with this scope" in str(assumed)


def test_a_refused_permission_names_the_scope_it_may_lack():
    assert "needs the scope 'data'" in str(read(403, '{"status":403,"toe":"T"}', required_scope="data"))
    assert "scope" not in str(read(200, BLOCKED, required_scope="data"))


def test_a_kind_without_a_hint_of_its_own_does_not_say_none():
    class SpecialError(PermissionDeniedError):
        pass

    assert read(403, "", kind=SpecialError, required_scope="data").hint == "The operation needs the scope 'data'"


def test_an_operation_may_say_what_a_status_means_there():
    words = "There was a problem executing the SQL query: Invalid column(s) referenced"

    assert type(read(400, words, refusals={400: QueryError})) is QueryError
    assert type(read(400, words)) is BadRequestError
    wrapped = '{"message":"Infrastructure problem (403): Access is denied"}'
    assert type(read(400, wrapped, refusals={400: QueryError})) is PermissionDeniedError
    assert type(read(503, MAINTENANCE, refusals={503: ConflictError})) is MaintenanceError


def test_the_status_line_stands_in_for_a_missing_reason():
    assert read(404, "", http_reason="Not Found").reason == "Not Found"
    assert read(401, '{"statusReason":"Odd"}', http_reason="Unauthorized").reason == "Odd"


def test_json_is_read_as_json_whatever_it_is_labelled_as():
    assert read_problem(b'{"message":"Slow down","toe":"T"}', content_type="text/html").toe == "T"
    assert read_problem(b'\xef\xbb\xbf{"message":"with a mark"}').message == "with a mark"


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        (MAINTENANCE, Page.MAINTENANCE),
        (BLOCKED, Page.BLOCKED),
        (PAGE_406, Page.UNAUTHENTICATED),
        ("<html>?", Page.OTHER),
    ],
)
def test_pages_are_told_apart(page, kind):
    assert read_problem(page.encode()).page == kind
    assert read_problem(b" \r\n\xef\xbb\xbf" + page.encode()).page == kind


@pytest.mark.parametrize(
    "start", [b"<!DOCTYPE html>", b"<html lang=en>", b"\n  <HTML>", b"\xef\xbb\xbf<head>", b"<!-- x -->"]
)
def test_html_is_recognised_by_its_start(start):
    assert looks_like_html(start)


@pytest.mark.parametrize("start", [b"", b"{}", b"[]", b"<a>,<b>", b"a,<html>", b"1 < 2", b"html"])
def test_data_is_not_taken_for_html(start):
    assert not looks_like_html(start)


@pytest.mark.parametrize(
    ("echo", "shown"),
    [
        ("Authorization: Bearer abcdef123456", "Authorization: [hidden]"),
        ("basic dXNlcjpwYXNzd29yZA== was sent", "[hidden] was sent"),
        ("token eyJhbGciOi.eyJyb2xl.c2ln expired", "token [hidden] expired"),
        ('{"access_token": "opaque-token", "x"', '{"[hidden]", "x"'),
        ("client_secret=abc&x=1", "[hidden]&x=1"),
        ("A basic problem, to bear in mind", "A basic problem, to bear in mind"),
    ],
)
def test_credentials_that_a_server_repeats_are_cut_out(echo, shown):
    assert read_problem(echo.encode()).message == shown


def test_a_long_explanation_is_shortened():
    message = read_problem(b"word " * 10_000).message or ""

    assert len(message) == 1_000
    assert message.endswith("…")


HARM = {
    "angles": b"<",
    "scripts": b"<script>",
    "titles": b"<html><title>",
    "brackets": b"[",
    "braces": b'{"a":',
    "quotes": b'"',
    "tokens": b"eyJ-",
    "dotted tokens": b"eyJ-.eyJ-",
    "schemes": b"bearer ",
    "secrets": b"client_secret=",
    "challenges": b'error="',
    "blanks": b" \n",
}


@pytest.mark.parametrize("piece", HARM.values(), ids=HARM)
def test_bodies_that_mean_harm_are_read_in_no_time(piece):
    body = piece * (2_000_000 // len(piece))
    start = time.process_time()
    read_problem(b"<html>" + body, content_type="text/html")
    read_problem(body, challenge=body.decode())

    assert time.process_time() - start < 2


@PATIENT
@given(
    st.one_of(
        st.binary(),
        st.text().map(str.encode),
        st.builds(
            lambda start, rest: start + rest, st.sampled_from([b"{", b"[", b"<html>", b'{"error":']), st.binary()
        ),
        st.dictionaries(
            st.sampled_from(
                ["status", "statusReason", "message", "error", "error_description", "toe", "path", "scope"]
            ),
            st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists),
        ).map(lambda document: json.dumps(document).encode()),
    ),
    st.sampled_from(["", "text/html", "application/json"]),
    st.one_of(st.text(), st.just(EXPIRED)),
    st.integers(100, 599),
    st.one_of(st.none(), st.text()),
)
def test_reading_never_raises_whatever_comes(body, content_type, challenge, status, retry_after):
    problem = read_problem(body, content_type=content_type, challenge=challenge)
    error = refusal(
        status, problem, retry_after=retry_after, required_scope="data", operation="a.b", method="GET", path="/"
    )

    assert isinstance(error, StatusError)
    assert str(error).startswith("a.b: GET /: ")
    assert error.message
    assert len(error.message) <= 1_000


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("120", 120),
        (" 7 ", 7),
        ("0", 0),
        ("1.5", 1.5),
        ("-3", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        ("Wed, 21 Oct 2026 07:28:30 GMT", 30),
        ("Wed, 21 Oct 2026 07:28:30 -0000", 30),
        ("Wed, 21 Oct 2026 09:28:30 +0200", 30),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 99 Oct 2026 07:28:00 GMT", None),
    ],
)
def test_retry_after_in_all_its_forms(header, seconds):
    assert parse_retry_after(header, now=datetime(2026, 10, 21, 7, 28, tzinfo=UTC)) == seconds


@PATIENT
@given(st.text())
def test_retry_after_never_raises(header):
    seconds = parse_retry_after(header)

    assert seconds is None or seconds >= 0
