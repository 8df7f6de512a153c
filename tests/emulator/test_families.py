"""What holds for every operation of users, groups, pages, accounts, cards, embedding and projects."""

from __future__ import annotations

import itertools

import httpx
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domo_async.emulator import Emulator
from domo_async.emulator.routes import (
    accounts,
    activity_log,
    cards,
    clients,
    embed,
    groups,
    pages,
    projects,
    tasks,
    users,
)

FAMILIES = (users, groups, pages, accounts, activity_log, cards, embed, projects, tasks)
OPERATIONS = [operation for family in FAMILIES for operation in family.OPERATIONS]
WRITES = [operation for operation in (*OPERATIONS, *clients.OPERATIONS) if operation.method != "DELETE"]


@pytest.fixture(scope="module")
def place():
    """An emulator in which every id that a path can name is there, and a client for it."""
    with Emulator(datasets={"Flights": pa.table({"tail": ["N101"]})}) as emulator:
        connection = emulator.connection
        token = httpx.get(
            f"{emulator.url}/oauth/token?grant_type=client_credentials",
            auth=(connection["client_id"], connection["client_secret"]),
        ).json()["access_token"]
        with httpx.Client(base_url=emulator.url, headers={"authorization": f"bearer {token}"}) as client:
            ids = {"user_id": client.post("/v1/users", json={"name": "A", "email": "a@x.example", "role": "Admin"})}
            ids["group_id"] = client.post("/v1/groups", json={"name": "G"})
            ids["page_id"] = client.post("/v1/pages", json={"name": "P"})
            ids["account_id"] = client.post("/v1/accounts", json={"name": "A", "type": {"id": "x"}})
            ids["project_id"] = client.post("/v1/projects", json={"name": "P", "members": [], "public": True})
            known = {name: str(answer.json()["id"]) for name, answer in ids.items()}
            project = f"/v1/projects/{known['project_id']}"
            known["list_id"] = client.get(f"{project}/lists").json()[0]["id"]
            lists = f"{project}/lists/{known['list_id']}"
            known["task_id"] = client.post(f"{lists}/tasks", json={"taskName": "T"}).json()["id"]
            attachments = f"{lists}/tasks/{known['task_id']}/attachments"
            known["attachment_id"] = str(client.post(attachments, files={"file": ("a", b"b")}).json()["id"])
            page = f"/v1/pages/{known['page_id']}/collections"
            known["collection_id"] = str(client.post(page, json={"title": "C"}).json()["id"])
            yield emulator, client, {**known, "type_id": "acme-db", "card_urn": "880001"}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: f"{operation.method} {operation.path}")
def test_scopes_are_enforced(place, operation):
    """A token with all scopes but the right one is refused, with the word that means this."""
    emulator, client, ids = place
    others = [
        scope for scope in ("data", "user", "dashboard", "account", "audit", "workflow") if scope != operation.scope
    ]
    poor = emulator.add_client(scopes=others)
    token = client.get("/oauth/token?grant_type=client_credentials", auth=(poor.client_id, poor.client_secret)).json()[
        "access_token"
    ]
    response = client.request(
        operation.method, operation.path.format(**ids), headers={"authorization": f"bearer {token}"}
    )
    assert response.status_code == 403
    assert response.json()["message"] == "Forbidden"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: f"{operation.method} {operation.path}")
def test_unknown_ids_are_not_found(place, operation):
    """Numbers, words, and numbers that no computer counts to."""
    _, client, ids = place
    if "{" not in operation.path:
        return
    for name, wrong in itertools.product(
        [key for key in ids if f"{{{key}}}" in operation.path], ["999999", "x", "9" * 60]
    ):
        response = client.request(operation.method, operation.path.format(**{**ids, name: wrong}), json={})
        assert response.status_code in {400, 404}
        assert response.json()["status"] == response.status_code


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6),
    lambda children: st.lists(children, max_size=2) | st.dictionaries(st.text(max_size=6), children, max_size=2),
    max_leaves=4,
)
NAMES = (
    *("name", "email", "role", "title", "active", "parentId", "owners", "ownerId", "cardIds", "collectionIds"),
    *("visibility", "locked", "type", "user", "authorizations", "sessionLength", "members", "public", "index"),
    *("taskName", "projectListId", "tags", "contributors", "dueDate", "chartBody", "summaryNumber", "dataSetId"),
    *("chartType", "calculatedFields", "method", "emailAddress", "password", "scope", "employeeNumber"),
)
BODIES = ANYTHING | st.dictionaries(st.sampled_from(NAMES), ANYTHING | st.just("a@x.example"), max_size=5)


@pytest.mark.parametrize("operation", WRITES, ids=lambda operation: f"{operation.method} {operation.path}")
@given(body=BODIES)
@settings(max_examples=30, deadline=None)
def test_no_body_breaks_the_server(place, operation, body):
    """Whatever comes is taken or refused in Domo's form; nothing else is a 500 than a chart that lacks a key."""
    _, client, ids = place
    response = client.request(operation.method, operation.path.format(**ids), json=body)
    if response.status_code == 500:
        assert response.content == b""
        assert "/cards/chart" in operation.path
