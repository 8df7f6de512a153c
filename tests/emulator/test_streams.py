"""Streams and executions, as clients that nobody here wrote use them."""

from __future__ import annotations

import gzip

import pytest

COLUMNS = [{"type": "LONG", "name": "k"}, {"type": "DECIMAL", "name": "d"}, {"type": "STRING", "name": "s"}]


@pytest.fixture
def stream(client, emulator):
    """Creates a stream; returns its path and the name of its DataSet."""

    def create(method="APPEND", name="Made here", **fields):
        body = {"dataSet": {"name": name, "rows": 0, "schema": {"columns": COLUMNS}}, "updateMethod": method, **fields}
        response = client.post("/v1/streams/", json=body)
        assert response.status_code == 201, response.text
        assert response.headers["location"].endswith(f"/v1/streams/{response.json()['id']}")
        return f"/v1/streams/{response.json()['id']}"

    return create


@pytest.fixture
def load(client):
    """Loads parts in the given order; returns the answer to the commit."""

    def load(path, parts, **execution):
        number = client.post(f"{path}/executions", **execution).json()["id"]
        for part, csv in parts:
            answer = client.put(f"{path}/executions/{number}/part/{part}", content=csv)
            assert answer.status_code == 200, answer.text
        return client.put(f"{path}/executions/{number}/commit")

    return load


def rows(emulator, name="Made here"):
    return [tuple(str(v) if v is not None else None for v in row.values()) for row in emulator.table(name).to_pylist()]


def test_a_stream_shows_its_dataset(client, stream):
    """In full with `fields=all`, and by its id only in listings."""
    path = stream(keyColumnNames=["k"])
    full = client.get(path, params={"fields": "all"}).json()
    assert full["dataSet"]["name"] == "Made here"
    assert "schema" not in full["dataSet"]
    assert full["keyColumnNames"] == ["k"]
    assert client.get(path).json() == full
    [short] = client.get("/v1/streams/").json()
    assert set(short) == {"id", "dataSet", "updateMethod", "createdAt", "modifiedAt"}
    assert set(short["dataSet"]) == {"id", "pdpEnabled"}
    assert client.get("/v1/streams?fields=all").json() == [full]
    assert client.get(path + "?fields=updateMethod").json() == {"id": 1, "updateMethod": "APPEND"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"dataSet": {"name": "x"}, "updateMethod": "APPEND"},
        {"dataSet": {"schema": {"columns": COLUMNS}}},
        {"dataSet": {"name": "x", "schema": {"columns": COLUMNS}}, "updateMethod": "append"},
        {"dataSet": {"name": "x", "schema": {"columns": COLUMNS}}, "updateMethod": "UPSERT"},
        {"dataSet": {"name": "x", "schema": {"columns": COLUMNS}}, "keyColumnNames": ["none"]},
    ],
)
def test_streams_that_make_no_sense_are_refused(client, body):
    assert client.post("/v1/streams", json=body).status_code == 400


def test_search(client, stream):
    """By id, owner and name of the DataSet; the colon may be encoded or not."""
    stream(name="Tides")
    found = client.get("/v1/streams/search?q=dataSource.name:tides").json()
    dataset = found[0]["dataSet"]["id"]
    assert client.get("/v1/streams/search", params={"q": f"dataSource.id:{dataset}"}).json() == found
    assert client.get("/v1/streams/search?q=dataSource.owner.id:27&fields=all").json() == found
    assert client.get("/v1/streams/search?q=dataSource.owner.id:28").json() == []
    assert client.get("/v1/streams/search?q=nonsense").status_code == 400


def test_patch_and_delete(client, stream, emulator):
    """The DataSet stays."""
    path = stream()
    assert client.patch(path, json={"updateMethod": "REPLACE"}).json()["updateMethod"] == "REPLACE"
    assert client.patch(path, json={"updateMethod": "UPSERT"}).status_code == 400
    response = client.delete(path)
    assert (response.status_code, response.content) == (204, b"")
    assert client.get(path).status_code == 404
    assert "Made here" in emulator.dataset_ids


def test_a_stream_of_a_deleted_dataset_is_a_stub(client, stream):
    path = stream()
    dataset = client.get(path).json()["dataSet"]["id"]
    client.delete(f"/v1/datasets/{dataset}")
    assert client.get(path).json()["deleted"] is True
    assert client.get("/v1/streams").json() == []
    assert client.post(f"{path}/executions").status_code == 404
    assert client.delete(path).status_code == 204


@pytest.mark.parametrize("content", [b"", b"{}", b"null", b'""', b'{"updateMethod": null}', b"nonsense"])
def test_an_execution_begins_whatever_the_body(client, stream, content):
    """Every client sends something else where nothing is needed."""
    path = stream()
    for number in (1, 2):
        response = client.post(f"{path}/executions", content=content)
        assert response.status_code == 200
        assert (response.json()["id"], response.json()["currentState"]) == (number, "ACTIVE")
    first, second = client.get(f"{path}/executions/").json()
    assert (first["currentState"], second["currentState"]) == ("ERROR", "ACTIVE")
    assert "endedAt" in first
    assert "endedAt" not in second


@pytest.mark.parametrize("start", [0, 1])
def test_parts_are_put_together_by_number(client, stream, load, emulator, start):
    """From 0 or from 1, in any order; the same number again replaces; decimals of all parts keep their digits."""
    path = stream()
    parts = [(start + 1, "3,1.125,c\n"), (start, "9,9,z\n"), (start, '1,1.5,""\n2,,\n')]
    response = load(path, parts)
    assert (response.status_code, response.json()["currentState"]) == (200, "ACTIVE")
    assert "endedAt" not in response.json()
    assert rows(emulator) == [("1", "1.500", ""), ("2", None, None), ("3", "1.125", "c")]


def test_gzip_is_recognised_whatever_the_headers_say(client, stream, emulator):
    path = stream()
    client.post(f"{path}/executions")
    packed = gzip.compress(b"1,2,x\n")
    forms = [{"content-encoding": "gzip"}, {"content-type": "application/gzip"}, {"content-type": "text/csv"}]
    for part, headers in enumerate(forms):
        assert client.put(f"{path}/executions/1/part/{part}", content=packed, headers=headers).status_code == 200
    client.put(f"{path}/executions/1/commit")
    assert len(rows(emulator)) == 3


def test_a_line_of_names_is_data(client, stream):
    """Parts have no header, so one does not fit the types."""
    path = stream()
    client.post(f"{path}/executions")
    assert client.put(f"{path}/executions/1/part/1", content="k,d,s\n1,2,x\n").status_code == 400


@pytest.mark.parametrize("numbers", [(1, 3), (2,), (0, 2), (5, 6)])
def test_gaps_are_refused(client, stream, load, numbers, emulator):
    """At the commit, since parts may come in any order; what is missing may still come."""
    path = stream()
    response = load(path, [(number, "1,2,x\n") for number in numbers])
    assert response.status_code == 400
    assert response.json()["message"].startswith("Too many non-consecutive part ids.")
    assert client.get(f"{path}/executions/1").json()["currentState"] == "ACTIVE"
    for number in range(max(numbers)):
        client.put(f"{path}/executions/1/part/{number}", content="1,2,x\n")
    assert client.put(f"{path}/executions/1/commit").status_code == 200
    assert len(rows(emulator)) == max(numbers) + 1


def test_success_comes_a_moment_after_the_commit(client, stream, load, emulator):
    path = stream()
    emulator.indexing_time = 3600.0
    load(path, [(1, "1,2,x\n")])
    assert client.get(f"{path}/executions/1").json()["currentState"] == "ACTIVE"
    assert "lastSuccessfulExecution" not in client.get(path).json()
    emulator.indexing_time = 0.0
    load(path, [(1, "1,2,x\n"), (2, "1,2,y\n")])
    done = client.get(f"{path}/executions/2").json()
    assert (done["currentState"], done["rows"], done["bytes"]) == ("SUCCESS", 2, 12)
    assert done["endedAt"]
    assert client.get(path).json()["lastSuccessfulExecution"]["id"] == 2
    # Execution 1 was committed, so the new one did not end it.
    assert client.get(f"{path}/executions/1").json()["currentState"] == "ACTIVE"


@pytest.mark.parametrize(
    ("method", "fields", "override", "expected"),
    [
        ("REPLACE", {}, None, [("2", "8", "b"), ("3", "9", "c")]),
        ("APPEND", {}, None, [("1", "6", "a"), ("2", "7", "a"), ("2", "8", "b"), ("3", "9", "c")]),
        ("REPLACE", {}, "APPEND", [("1", "6", "a"), ("2", "7", "a"), ("2", "8", "b"), ("3", "9", "c")]),
        ("APPEND", {}, "REPLACE", [("2", "8", "b"), ("3", "9", "c")]),
        ("UPSERT", {"keyColumnNames": ["k"]}, None, [("1", "6", "a"), ("2", "8", "b"), ("3", "9", "c")]),
        ("APPEND", {"keyColumnNames": ["k"]}, None, [("1", "6", "a"), ("2", "8", "b"), ("3", "9", "c")]),
        ("UPSERT", {"keyColumnName": "k"}, None, [("1", "6", "a"), ("2", "8", "b"), ("3", "9", "c")]),
    ],
)
def test_what_new_rows_do_to_old_ones(stream, load, emulator, method, fields, override, expected):
    path = stream(method, **fields)
    load(path, [(1, "1,6,a\n2,7,a\n")], json={"updateMethod": "REPLACE"})
    load(path, [(1, "2,8,b\n3,9,c\n")], json={"updateMethod": override})
    assert rows(emulator) == expected


def test_upserts_take_nulls_for_the_same_and_the_last_of_several(stream, load, emulator):
    path = stream("UPSERT", keyColumnNames=["k", "s"])
    load(path, [(1, "1,1,x\n,1,\n")])
    load(path, [(1, ",2,\n,3.5,\n1,4,y\n")])
    assert sorted(rows(emulator), key=str) == [("1", "1.0", "x"), ("1", "4.0", "y"), (None, "3.5", None)]


def test_abort(client, stream, emulator):
    """ERROR; once more does no harm; nothing can be added or committed afterwards."""
    path = stream()
    client.post(f"{path}/executions")
    client.put(f"{path}/executions/1/part/1", content="1,2,x\n")
    for _ in range(2):
        response = client.put(f"{path}/executions/1/abort", content='""')
        assert (response.status_code, response.json()["currentState"]) == (200, "ERROR")
        assert response.json()["endedAt"]
    assert client.put(f"{path}/executions/1/part/2", content="1,2,x\n").status_code == 409
    assert client.put(f"{path}/executions/1/commit").status_code == 409
    assert rows(emulator) == []


def test_abort_whatever_is_open(client, stream):
    path = stream()
    client.post(f"{path}/executions")
    for _ in range(2):
        response = client.put(f"{path}/executions/abort")
        assert (response.status_code, response.content) == (204, b"")
    assert client.get(f"{path}/executions/1").json()["currentState"] == "ERROR"


def test_what_is_committed_stays_so(client, stream, load, emulator):
    path = stream()
    load(path, [(1, "1,2,x\n")])
    assert client.put(f"{path}/executions/1/commit").status_code == 409
    assert client.put(f"{path}/executions/1/abort").status_code == 409
    assert len(rows(emulator)) == 1


def test_commits_may_have_to_wait(stream, load, emulator, client):
    """The rule of one commit every 15 minutes is off unless a test wants it."""
    path = stream()
    emulator.commit_interval = 900.0
    assert load(path, [(1, "1,2,x\n")]).status_code == 200
    assert load(path, [(1, "1,2,x\n")]).status_code == 400
    assert client.get(f"{path}/executions/2").json()["currentState"] == "ACTIVE"
    emulator.commit_interval = None
    assert client.put(f"{path}/executions/2/commit").status_code == 200


def test_executions_come_in_pages(client, stream):
    path = stream()
    for _ in range(3):
        client.post(f"{path}/executions")
    assert [e["id"] for e in client.get(f"{path}/executions?limit=2&offset=1").json()] == [2, 3]


@pytest.mark.parametrize("end", ["", "/executions", "/executions/1", "/executions/x"])
def test_what_is_not_there_is_not_found(client, end):
    assert client.get(f"/v1/streams/77{end}").status_code == 404
    assert client.get(f"/v1/streams/x{end}").status_code == 404


def test_parts_are_checked_when_they_come(client, stream):
    path = stream()
    client.post(f"{path}/executions")
    response = client.put(f"{path}/executions/1/part/1", content="1,2\n")
    assert response.status_code == 400
    assert response.json()["message"].startswith("Invalid CSV provided during upload. msg=There are too few columns.")
    assert client.put(f"{path}/executions/1/part/x", content="1,2,x\n").status_code == 400
    assert client.put(f"{path}/executions/9/part/1", content="1,2,x\n").status_code == 404


def test_nothing_committed_replaces_everything(stream, load, emulator):
    path = stream("REPLACE")
    load(path, [(1, "1,2,x\n")])
    assert load(path, []).status_code == 200
    assert rows(emulator) == []


def test_a_schema_that_changed_under_way_fails_the_commit(client, stream):
    path = stream()
    client.post(f"{path}/executions")
    client.put(f"{path}/executions/1/part/1", content="1,2,x\n")
    dataset = client.get(path).json()["dataSet"]["id"]
    client.put(f"/v1/datasets/{dataset}", json={"schema": {"columns": COLUMNS[:2]}})
    assert client.put(f"{path}/executions/1/commit").status_code == 400
    assert client.get(f"{path}/executions/1").json()["currentState"] == "ERROR"
