"""DataSets out of JSON."""

from __future__ import annotations

import pytest


@pytest.fixture
def guests(client):
    response = client.post("/v1/json", json={"name": "Guests", "description": "d"})
    assert response.status_code == 201
    document = response.json()
    assert "schema" not in document
    assert (document["rows"], document["columns"], document["pdpEnabled"]) == (0, 0, False)
    assert [policy["name"] for policy in document["policies"]] == ["All Rows"]
    return document["id"]


def put(client, dataset_id, rows, method=None):
    query = {"updateMethod": method} if method else {}
    return client.put(f"/v1/json/{dataset_id}/data", params=query, json=rows)


def test_the_first_import_brings_the_columns(client, guests, emulator):
    """In the order in which their names come up; numbers stay numbers, booleans are text, lists are the word List."""
    rows = [{"s": "x", "b": True, "i": 1, "l": [1, 2]}, {"i": 2, "f": 1, "o": {"a": 1}}, {"f": 0.5, "s": "", "n": None}]
    response = put(client, guests, rows)
    assert (response.status_code, response.content) == (204, b"")
    schema = client.get(f"/v1/datasets/{guests}").json()["schema"]["columns"]
    assert [(column["name"], column["type"]) for column in schema] == [
        ("s", "STRING"),
        ("b", "STRING"),
        ("i", "LONG"),
        ("l", "STRING"),
        ("f", "DOUBLE"),
        ("o", "STRING"),
        ("n", "STRING"),
    ]
    assert emulator.table("Guests").to_pylist()[:2] == [
        {"s": "x", "b": "true", "i": 1, "l": "List", "f": None, "o": None, "n": None},
        {"s": None, "b": None, "i": 2, "l": None, "f": 1.0, "o": '{"a": 1}', "n": None},
    ]


def test_appending_needs_the_same_keys(client, guests, emulator):
    """The refusal is plain text, and names the columns."""
    put(client, guests, [{"name": "a", "n": 1}])
    assert put(client, guests, [{"n": "", "name": ""}], "APPEND").status_code == 204
    for rows in ([{"name": "x"}], [{"name": "x", "n": 1, "more": 1}], [{"name": "x", "n": "text"}]):
        response = put(client, guests, rows, "APPEND")
        assert response.status_code == 400
        assert response.headers["content-type"].startswith("text/plain")
        assert response.text == (
            "Invalid data provided during upload. Invalid schema. Expected: {columns=[{type='STRING', name='name', "
            "metadata=null}, {type='LONG', name='n', metadata=null}]}"
        )
    assert emulator.table("Guests").to_pydict() == {"name": ["a", ""], "n": [1, None]}


@pytest.mark.parametrize("method", [None, "REPLACE", "append", "anything"])
def test_anything_else_replaces_rows_and_columns(client, guests, emulator, method):
    put(client, guests, [{"a": 1}])
    assert put(client, guests, [{"b": "x"}], method).status_code == 204
    assert emulator.table("Guests").to_pydict() == {"b": ["x"]}


def test_appending_to_nothing_is_the_first_import(client, guests, emulator):
    assert put(client, guests, [{"a": 1}], "APPEND").status_code == 204
    assert emulator.table("Guests").to_pydict() == {"a": [1]}


@pytest.mark.parametrize("rows", [[], {}, [1], [{}], [{"": 1}], "x", None])
def test_what_is_no_list_of_objects_is_refused(client, guests, rows):
    assert put(client, guests, rows).status_code == 400


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": 1}, {"name": "x", "description": 1}, []])
def test_a_dataset_needs_a_name(client, body):
    assert client.post("/v1/json", json=body).status_code == 400


def test_before_the_first_import_there_is_nothing(client, guests, query, emulator):
    """No columns, no rows, and CSV has nothing to be compared with."""
    path = f"/v1/datasets/{guests}"
    assert client.get(path).json()["schema"] == {"columns": []}
    for flag in ("False", "True"):
        response = client.get(f"{path}/data?includeHeader={flag}")
        assert (response.status_code, response.text) == (200, "")
    assert query(client, path, "SELECT * FROM table").status_code == 400
    assert client.put(f"{path}/data", content="1\n").status_code == 400
    assert emulator.table("Guests").num_columns == 0


def test_a_schema_can_be_given_before_the_first_import(client, guests, emulator):
    path = f"/v1/datasets/{guests}"
    assert client.put(path, json={"schema": {"columns": [{"type": "LONG", "name": "n"}]}}).status_code == 200
    assert client.put(f"{path}/data", content="1\n").status_code == 204
    assert emulator.table("Guests").to_pydict() == {"n": [1]}


def test_what_is_not_there_is_not_found(client):
    assert put(client, "00000000-0000-4000-8000-000000000000", [{"a": 1}]).status_code == 404
