"""Every status on which Domo's sources disagree, or an SDK insists, row by row; and what holds for all paths."""

from __future__ import annotations

import re
from uuid import uuid4

import httpx
import pytest

from domo_async.emulator import Emulator
from domo_async.emulator.application import FAMILIES
from domo_async.emulator.clients import SCOPES

DOMOS = [
    operation
    for family in FAMILIES
    for operation in family.OPERATIONS
    if operation.path.startswith(("/v1", "/oauth", "/api", "/clients"))
]
SCHEMA = {"columns": [{"type": "STRING", "name": "tail"}]}
COMPONENT = dict.fromkeys(
    ("columns", "groupBy", "orderBy", "filters", "distinct", "fiscal", "projection", "limit", "offset")
)
CHART = {"title": "t", "chartType": "badge_table", "chartBody": COMPONENT, "summaryNumber": COMPONENT}
ATTACHED = {"files": {"file": ("a.txt", b"b")}}

# Operation, method, path, what goes with it, status, and what the body is: an object's field, a list, text, or nothing.
# Names in braces are filled in from answers before; a field ``x>y`` is kept under the name y.
ROWS = [
    ("DS-2", "POST", "/v1/datasets", {"json": {"name": "n", "schema": SCHEMA}}, 201, "id>ds"),
    ("DS-1", "GET", "/v1/datasets", {}, 200, list),
    ("DS-3", "GET", "/v1/datasets/{ds}", {}, 200, "schema"),
    ("DS-4", "PUT", "/v1/datasets/{ds}", {"json": {"name": "m"}}, 200, "policies"),
    ("DS-6", "PUT", "/v1/datasets/{ds}/data", {"content": "N101\n"}, 204, None),
    ("DS-7", "GET", "/v1/datasets/{ds}/data", {}, 200, "N101\n"),
    ("DS-8", "POST", "/v1/datasets/query/execute/{ds}", {"json": {"sql": "SELECT * FROM table"}}, 200, "rows"),
    ("PDP-1", "GET", "/v1/datasets/{ds}/policies", {}, 200, list),
    ("PDP-2", "POST", "/v1/datasets/{ds}/policies", {"json": {"name": "p", "filters": []}}, 201, "id>pdp"),
    ("PDP-3", "GET", "/v1/datasets/{ds}/policies/{pdp}", {}, 200, "id"),
    ("PDP-4", "PUT", "/v1/datasets/{ds}/policies/{pdp}", {"json": {"name": "q"}}, 200, "id"),
    ("PDP-5", "DELETE", "/v1/datasets/{ds}/policies/{pdp}", {}, 204, None),
    ("S3-1", "POST", "/api/query/v1/export/{ds}", {"json": {}}, 200, "exportId"),
    ("S3-2", "GET", "/api/query/v1/export/{ds}", {}, 200, list),
    ("CA-3", "POST", "/v1/cards/chart", {"json": {**CHART, "dataSetId": "{ds}"}}, 200, "urn>card"),
    ("CA-1", "GET", "/v1/cards", {}, 200, "totalCardCount"),
    ("CA-2", "GET", "/v1/cards/{card}", {}, 200, "ownerName"),
    ("CA-4", "GET", "/v1/cards/chart/{card}", {}, 200, "urn"),
    ("CA-5", "PUT", "/v1/cards/chart/{card}", {"json": {**CHART, "dataSetId": "{ds}"}}, 200, "urn"),
    ("CA-6", "POST", "/v1/cards/chart/{card}/drill", {"json": {**CHART, "dataSetId": "{ds}"}}, 200, "urn"),
    ("CA-7", "GET", "/v1/cards/chart/{card}/drillpath", {}, 200, "drillOrder"),
    ("DS-5", "DELETE", "/v1/datasets/{ds}", {}, 204, None),
    (
        *("ST-1", "POST", "/v1/streams"),
        *({"json": {"dataSet": {"name": "s", "schema": SCHEMA}, "updateMethod": "APPEND"}}, 201, "id>st"),
    ),
    ("ST-2", "GET", "/v1/streams", {}, 200, list),
    ("ST-3", "GET", "/v1/streams/{st}", {}, 200, "dataSet"),
    ("ST-4", "PATCH", "/v1/streams/{st}", {"json": {"updateMethod": "REPLACE"}}, 200, "updateMethod"),
    ("ST-6", "GET", "/v1/streams/search?q=dataSource.name:s", {}, 200, list),
    ("ST-7", "POST", "/v1/streams/{st}/executions", {}, 200, "id>ex"),
    ("ST-8", "GET", "/v1/streams/{st}/executions", {}, 200, list),
    ("ST-9", "GET", "/v1/streams/{st}/executions/{ex}", {}, 200, "currentState"),
    ("ST-10", "PUT", "/v1/streams/{st}/executions/{ex}/part/1", {"content": "N101\n"}, 200, "currentState"),
    ("ST-11", "PUT", "/v1/streams/{st}/executions/{ex}/commit", {}, 200, "currentState"),
    ("ST-7", "POST", "/v1/streams/{st}/executions", {}, 200, "id>ex"),
    ("ST-12", "PUT", "/v1/streams/{st}/executions/{ex}/abort", {}, 200, "endedAt"),
    ("ST-13", "PUT", "/v1/streams/{st}/executions/abort", {}, 204, None),
    ("ST-5", "DELETE", "/v1/streams/{st}", {}, 204, None),
    ("SI-1", "POST", "/v1/json", {"json": {"name": "j"}}, 201, "id>si"),
    ("SI-2", "PUT", "/v1/json/{si}/data", {"json": [{"a": 1}]}, 204, None),
    ("US-2", "POST", "/v1/users", {"json": {"name": "I", "email": "i@x.example", "role": "Admin"}}, 201, "id>us"),
    ("US-1", "GET", "/v1/users", {}, 200, list),
    ("US-3", "GET", "/v1/users/{us}", {}, 200, "email"),
    ("US-4", "PUT", "/v1/users/{us}", {"json": {"email": "i@x.example", "title": "t"}}, 200, "title"),
    ("GR-2", "POST", "/v1/groups", {"json": {"name": "g"}}, 201, "id>gr"),
    ("GR-1", "GET", "/v1/groups", {}, 200, list),
    ("GR-3", "GET", "/v1/groups/{gr}", {}, 200, "memberCount"),
    ("GR-4", "PUT", "/v1/groups/{gr}", {"json": {"name": "h"}}, 200, "name"),
    ("GR-7", "PUT", "/v1/groups/{gr}/users/{us}", {}, 204, None),
    ("GR-6", "GET", "/v1/groups/{gr}/users", {}, 200, list),
    ("GR-8", "DELETE", "/v1/groups/{gr}/users/{us}", {}, 204, None),
    ("GR-5", "DELETE", "/v1/groups/{gr}", {}, 204, None),
    ("US-5", "DELETE", "/v1/users/{us}", {}, 204, None),
    ("PG-2", "POST", "/v1/pages", {"json": {"name": "p"}}, 201, "id>pg"),
    ("PG-1", "GET", "/v1/pages", {}, 200, list),
    ("PG-3", "GET", "/v1/pages/{pg}", {}, 200, "owners"),
    ("PG-4", "PUT", "/v1/pages/{pg}", {"json": {"name": "q"}}, 204, None),
    ("PG-7", "POST", "/v1/pages/{pg}/collections", {"json": {"title": "c"}}, 201, "id>co"),
    ("PG-6", "GET", "/v1/pages/{pg}/collections", {}, 200, list),
    ("PG-8", "PUT", "/v1/pages/{pg}/collections/{co}", {"json": {"title": "d"}}, 204, None),
    ("PG-9", "DELETE", "/v1/pages/{pg}/collections/{co}", {}, 204, None),
    ("PG-5", "DELETE", "/v1/pages/{pg}", {}, 204, None),
    ("AC-2", "POST", "/v1/accounts", {"json": {"name": "a", "type": {"id": "x"}}}, 200, "id>ac"),
    ("AC-1", "GET", "/v1/accounts", {}, 200, list),
    ("AC-3", "GET", "/v1/accounts/{ac}", {}, 200, "valid"),
    ("AC-4", "PATCH", "/v1/accounts/{ac}", {"json": {"name": "b"}}, 202, "name"),
    ("AC-8", "POST", "/v1/accounts/{ac}/shares", {"json": {"user": {"id": 27}}}, 200, None),
    ("AC-5", "DELETE", "/v1/accounts/{ac}", {}, 204, None),
    ("AC-6", "GET", "/v1/account-types", {}, 200, list),
    ("AC-7", "GET", "/v1/account-types/acme-db", {}, 200, "_templates"),
    ("AL-1", "GET", "/v1/audit", {}, 200, list),
    (
        *("EM-1", "POST", "/v1/cards/embed/auth"),
        *({"json": {"authorizations": [{"token": "t", "permissions": ["READ"]}]}}, 200, "authentication"),
    ),
    (
        *("EM-2", "POST", "/v1/stories/embed/auth"),
        *({"json": {"authorizations": [{"token": "t", "permissions": ["READ"]}]}}, 200, "authentication"),
    ),
    ("PT-2", "POST", "/v1/projects", {"json": {"name": "p", "members": [], "public": "TRUE"}}, 200, "id>pt"),
    ("PT-1", "GET", "/v1/projects/", {}, 200, list),
    ("PT-3", "GET", "/v1/projects/me", {}, 200, "id"),
    ("PT-4", "PUT", "/v1/projects/{pt}", {"json": {"name": "q"}}, 200, "name"),
    ("PT-7", "PUT", "/v1/projects/{pt}/members", {"json": [27]}, 200, None),
    ("PT-6", "GET", "/v1/projects/{pt}/members", {}, 200, list),
    ("PT-9", "POST", "/v1/projects/{pt}/lists", {"json": {"name": "l", "type": "TODO"}}, 200, "id>li"),
    ("PT-8", "GET", "/v1/projects/{pt}/lists", {}, 200, list),
    ("PT-10", "GET", "/v1/projects/{pt}/lists/{li}", {}, 200, "index"),
    ("PT-11", "PUT", "/v1/projects/{pt}/lists/{li}", {"json": {"name": "l", "type": "TODO", "index": 1}}, 200, "index"),
    ("PT-15", "PUT", "/v1/projects/{pt}/lists/{li}/tasks", {"json": {"taskName": "t"}}, 200, "id"),
    ("PT-15", "POST", "/v1/projects/{pt}/lists/{li}/tasks", {"json": {"taskName": "t"}}, 200, "id>ta"),
    ("PT-13", "GET", "/v1/projects/{pt}/tasks", {}, 200, list),
    ("PT-14", "GET", "/v1/projects/{pt}/lists/{li}/tasks", {}, 200, list),
    ("PT-16", "GET", "/v1/projects/{pt}/lists/{li}/tasks/{ta}", {}, 200, "taskName"),
    ("PT-17", "PUT", "/v1/projects/{pt}/lists/{li}/tasks/{ta}", {"json": {"taskName": "u"}}, 200, "taskName"),
    ("PT-20", "POST", "/v1/projects/{pt}/lists/{li}/tasks/{ta}/attachments", ATTACHED, 200, "id>at"),
    ("PT-19", "GET", "/v1/projects/{pt}/lists/{li}/tasks/{ta}/attachments", {}, 200, list),
    ("PT-21", "GET", "/v1/projects/{pt}/lists/{li}/tasks/{ta}/attachments/{at}", {}, 200, "b"),
    ("PT-22", "DELETE", "/v1/project/{pt}/tasks/{ta}/attachments/{at}", {}, 200, None),
    ("PT-20", "POST", "/v1/projects/{pt}/lists/{li}/tasks/{ta}/attachments", ATTACHED, 200, "id>at"),
    ("PT-22", "DELETE", "/v1/projects/{pt}/tasks/{ta}/attachments/{at}", {}, 200, None),
    ("PT-20", "POST", "/v1/projects/{pt}/lists/{li}/tasks/{ta}/attachments", ATTACHED, 200, "id>at"),
    ("PT-22", "DELETE", "/v1/projects/{pt}/lists/{li}/tasks/{ta}/attachments/{at}", {}, 200, None),
    ("PT-18", "DELETE", "/v1/projects/{pt}/lists/{li}/tasks/{ta}", {}, 200, None),
    ("PT-12", "DELETE", "/v1/projects/{pt}/lists/{li}", {}, 200, None),
    ("PT-5", "DELETE", "/v1/projects/{pt}", {}, 200, None),
    (
        *("CL-1", "POST", "/api/content/v2/authentication"),
        {
            "json": {"method": "password", "emailAddress": "ines@x.example", "password": "p"},
            "headers": {"origin": "https://emulator.domo.com"},
        },
        *(200, "sessionToken>se"),
    ),
    (
        *("CL-2", "POST", "/clients"),
        {
            "json": {"name": "c", "scope": ["data"]},
            "headers": {"X-DOMO-Authentication": "{se}", "X-DOMO-CustomerDomain": "emulator.domo.com"},
        },
        *(201, "client_secret"),
    ),
    ("OA-1", "GET", "/oauth/token?grant_type=client_credentials", {"auth": "client"}, 200, "access_token"),
    ("OA-1", "POST", "/oauth/token", {"auth": "client", "data": {"grant_type": "client_credentials"}}, 200, "jti"),
]


@pytest.fixture(scope="module")
def lived_through():
    """What every row was answered, in their order."""
    with Emulator() as emulator:
        emulator.people.add_user("Ines", "ines@x.example", password="p")
        yield list(_live(emulator))


def _live(emulator):
    known = {}
    who = (emulator.connection["client_id"], emulator.connection["client_secret"])
    token = httpx.get(f"{emulator.url}/oauth/token?grant_type=client_credentials", auth=who).json()["access_token"]
    with httpx.Client(base_url=emulator.url, headers={"authorization": f"bearer {token}"}) as client:
        for _, method, path, options, _, body in ROWS:
            sent = {key: who if value == "client" else _filled(value, known) for key, value in options.items()}
            response = client.request(method, _filled(path, known), **sent)
            if isinstance(body, str) and ">" in body:
                field, name = body.split(">")
                known[name] = str(response.json()[field])
            yield response


def _filled(value, known):
    if isinstance(value, str):
        return re.sub(r"{(\w+)}", lambda match: known[match[1]], value)
    if isinstance(value, dict):
        return {key: _filled(each, known) for key, each in value.items()}
    return value


@pytest.mark.parametrize("place", range(len(ROWS)), ids=[f"{row[0]} {row[1]} {row[2]}" for row in ROWS])
def test_the_status_that_clients_expect(lived_through, place):
    """Domo's Python SDK compares statuses exactly, and reads a body wherever there is one."""
    _, _, _, _, status, body = ROWS[place]
    response = lived_through[place]

    assert response.status_code == status, response.text
    if body is None:
        assert response.content == b""
    elif body is list:
        assert isinstance(response.json(), list)
    elif response.headers["content-type"].startswith("application/json"):
        assert body.partition(">")[0] in response.json()
    else:
        assert response.text == body


def test_all_operations_are_in_the_table():
    """But sharing an account with GET, which has a test of its own."""
    missing = {f"{operation.method} {operation.path}" for operation in DOMOS}
    for _, method, path, *_ in ROWS:
        called = re.sub(r"{\w+}", "1", path.partition("?")[0]).rstrip("/")
        missing -= {
            f"{operation.method} {operation.path}"
            for operation in DOMOS
            if operation.method == method and re.fullmatch(re.sub(r"{\w+}", "[^/]+", operation.path), called)
        }

    assert missing == {"GET /v1/accounts/{account_id}/shares"}


def test_a_slash_at_the_end_changes_nothing(shared_emulator):
    """Of any path: without a token both are refused for that, and not because they are not there."""
    with httpx.Client(base_url=shared_emulator.url) as stranger:
        for operation in DOMOS:
            path = re.sub(r"{\w+}", "1", operation.path)
            answers = [stranger.request(operation.method, path + end, content=b"{}") for end in ("", "/")]
            assert len({answer.status_code for answer in answers}) == 1, path
            assert answers[0].status_code not in {404, 405}, path


@pytest.mark.parametrize(
    "operation", [each for each in DOMOS if each.scope], ids=lambda each: f"{each.method} {each.path}"
)
def test_a_token_without_the_scope_is_refused(shared_emulator, tokens, operation):
    """With all other scopes, and before the path or the body are looked at."""
    path = re.sub(r"{\w+}", "1", operation.path)
    headers = {"authorization": f"bearer {tokens[operation.scope]}"}
    response = httpx.request(operation.method, shared_emulator.url + path, headers=headers)
    assert response.status_code == 403
    assert response.json()["message"] == "Forbidden"


@pytest.fixture(scope="module")
def tokens(shared_emulator, grant):
    """For each scope a token that has all the others."""
    return {
        scope: grant(shared_emulator, scope=" ".join(other for other in SCOPES if other != scope)).json()[
            "access_token"
        ]
        for scope in SCOPES
    }


@pytest.mark.parametrize("word", ["True", "true", "TRUE", "False", "false"])
def test_booleans_in_the_query_may_be_pythons(shared_client, create, word):
    path = create(shared_client, ("STRING", "tail"))
    shared_client.put(f"{path}/data", content="N101\n")
    header = "tail\n" if word.lower() == "true" else ""
    assert shared_client.get(f"{path}/data", params={"includeHeader": word}).text == f"{header}N101\n"
    formulas = shared_client.get(f"{path}/data", params={"disableFormulaInterpretation": word})
    assert formulas.status_code == 200
    user = {"name": "I", "email": f"{uuid4()}@x.example", "role": "Admin"}
    assert shared_client.post("/v1/users", params={"sendInvite": word}, json=user).status_code == 201
