"""PDP policies, and what they let through."""

from __future__ import annotations

import httpx
import pyarrow as pa
import pytest

ROWS = pa.table(
    {
        "who": ["Ana", "ann", None, "Bo's, \\N"],
        "n": pa.array([1, 20, 3, None], pa.int64()),
        "d": pa.array([None, "1.50", "2.25", "10"]).cast(pa.decimal128(9, 2)),
        "day": pa.array(["2024-01-31", "2024-02-01", None, "2023-12-31"]).cast(pa.date32()),
    }
)
OPEN = {"type": "open", "name": "All Rows", "filters": [], "users": [], "virtualUsers": [], "groups": []}


@pytest.fixture
def people(emulator):
    emulator.add_dataset("People", ROWS)
    return f"/v1/datasets/{emulator.dataset_ids['People']}"


@pytest.fixture
def reader(emulator):
    """A client of user 5, who is a participant."""
    api_client = emulator.add_client(user_id=5, name="Reader", role="Participant")
    auth = (api_client.client_id, api_client.client_secret)
    token = httpx.get(f"{emulator.url}/oauth/token?grant_type=client_credentials", auth=auth).json()
    assert (token["userId"], token["role"]) == (5, "Participant")
    headers = {"authorization": f"bearer {token['access_token']}"}
    with httpx.Client(base_url=emulator.url, headers=headers, timeout=20) as client:
        yield client


def policy(name="p", column="who", operator="EQUALS", values=("Ana",), users=(5,), **condition):
    condition = {"column": column, "operator": operator, "values": list(values), **condition}
    return {"name": name, "filters": [condition], "users": list(users)}


def test_every_dataset_has_the_open_policy(client, flights):
    [everyone] = client.get(f"{flights}/policies").json()
    assert {k: v for k, v in everyone.items() if k != "id"} == OPEN
    assert client.get(flights).json()["policies"] == [everyone]
    assert client.get(f"{flights}/policies/{everyone['id']}/").json() == everyone
    assert client.delete(f"{flights}/policies/{everyone['id']}").status_code == 400


def test_a_policy_through_its_life(client, people):
    body = policy(values=["Ana", 5], users=[5]) | {"groups": [{"id": 3}, "4"], "virtualUsers": ["vu:1"]}
    response = client.post(f"{people}/policies", json=body)
    assert response.status_code == 201
    made = response.json()
    assert made["filters"] == [{"column": "who", "operator": "EQUALS", "values": ["Ana", "5"], "not": False}]
    assert (made["type"], made["groups"], made["virtualUsers"]) == ("user", [3, 4], ["vu:1"])

    path = f"{people}/policies/{made['id']}"
    changed = client.put(path, json={"name": "q", "users": []}).json()
    assert changed == made | {"name": "q", "users": []}
    assert client.get(path).json() == changed

    response = client.delete(path)
    assert (response.status_code, response.content) == (204, b"")
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"filters": []},
        {"name": "x"},
        {"name": "", "filters": []},
        policy(operator="IN"),
        policy(operator=None),
        policy(column="nobody"),
        policy(values=["x" * 254]),
        policy(values=["x"] * 128),
        policy(users=["x"]),
        policy(users=[True]),
        policy() | {"type": "odd"},
        policy() | {"groups": 3},
        {"name": "x", "filters": ["x"]},
        [],
    ],
)
def test_policies_that_make_no_sense_are_refused(client, people, body):
    assert client.post(f"{people}/policies", json=body).status_code == 400


@pytest.mark.parametrize("end", ["/policies/77", "/policies/x"])
def test_what_is_not_there_is_not_found(client, people, end):
    assert client.get(people + end).status_code == 404


@pytest.mark.parametrize(
    ("column", "operator", "values", "expected"),
    [
        ("who", "EQUALS", ["Ana", "Bo's, \\N"], [0, 3]),
        ("WHO", "EQUALS", ["ann"], [1]),
        ("who", "LIKE", ["An%"], [0]),
        ("who", "BEGINS_WITH", ["a"], [1]),
        ("who", "ENDS_WITH", ["a", "n"], [0, 1]),
        ("who", "CONTAINS", ["'"], [3]),
        ("n", "EQUALS", ["1", "20.0"], [0, 1]),
        ("n", "EQUALS", ["x"], []),
        ("n", "GREATER_THAN", ["3"], [1]),
        ("n", "GREATER_THAN_EQUAL", ["3"], [1, 2]),
        ("d", "LESS_THAN", ["2.25"], [1]),
        ("d", "LESS_THAN_EQUAL", ["2.25"], [1, 2]),
        ("d", "BETWEEN", ["1.5", "2.25"], [1, 2]),
        ("d", "BETWEEN", ["1.5"], []),
        ("day", "BETWEEN", ["2024-01-01", "2024-01-31"], [0]),
        ("day", "LESS_THAN", ["2024-01-01"], [3]),
        ("n", "CONTAINS", ["2"], [1]),
    ],
)
@pytest.mark.parametrize("negated", [False, "TRUE"])
def test_operators(client, reader, people, column, operator, values, expected, negated):
    """Text compares as text, numbers as numbers, days as days; a null is equal to nothing, so `not` shows it."""
    body = policy(column=column, operator=operator, values=values)
    body["filters"][0]["not"] = negated
    assert client.post(f"{people}/policies", json=body).status_code == 201
    client.put(people, json={"pdpEnabled": True})
    if negated:
        expected = [i for i in range(4) if i not in expected]
    shown = [line.split(",")[0] for line in reader.get(f"{people}/data").text.splitlines()]
    everything = [line.split(",")[0] for line in client.get(f"{people}/data").text.splitlines()]
    assert shown == [everything[i] for i in expected]


def test_who_sees_what(client, reader, people, query):
    """All rows while PDP is off; then the rows of any of one's policies; the owner always sees everything."""

    def seen():
        return query(reader, people, "SELECT count(*) FROM table").json()["rows"][0][0]

    client.post(f"{people}/policies", json=policy(users=[6]))
    assert seen() == 4
    client.put(people, json={"pdpEnabled": "true"})
    assert seen() == 0
    two = policy(column="n", operator="GREATER_THAN", values=["0"])
    two["filters"].append({"column": "n", "operator": "LESS_THAN", "values": ["20"]})
    client.post(f"{people}/policies", json=two)
    assert seen() == 2
    client.post(f"{people}/policies", json=policy(values=["ann"]))
    assert seen() == 3
    client.put(f"{people}/policies/1", json={"users": [5]})
    assert seen() == 4
    client.put(f"{people}/policies/1", json={"users": []})
    client.put(people, json={"owner": {"id": 5, "name": "Reader"}})
    assert seen() == 4


def test_policies_of_groups(client, reader, people):
    """Members see what their groups see."""
    group = client.post("/v1/groups", json={"name": "North"}).json()["id"]
    client.post(f"{people}/policies", json=policy(users=[]) | {"groups": [group]})
    client.put(people, json={"pdpEnabled": True})
    assert reader.get(f"{people}/data").text == ""
    assert client.put(f"/v1/groups/{group}/users/5").is_success
    assert reader.get(f"{people}/data").text.startswith("Ana,")


def test_a_policy_on_a_column_that_is_gone_shows_nothing(client, reader, people):
    client.post(f"{people}/policies", json=policy())
    client.put(people, json={"pdpEnabled": True, "schema": {"columns": [{"type": "LONG", "name": "n"}]}})
    assert reader.get(f"{people}/data?includeHeader=True").text == "n\n"
