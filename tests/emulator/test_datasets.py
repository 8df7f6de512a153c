from __future__ import annotations

import pyarrow as pa
import pytest

from domo_async.emulator import Emulator

MISSING = "/v1/datasets/00000000-0000-4000-8000-000000000000"


def names(client, **parameters):
    response = client.get("/v1/datasets", params=parameters)
    assert response.status_code == 200
    return [dataset["name"] for dataset in response.json()]


@pytest.fixture
def many(emulator):
    for i in range(60):
        emulator.add_dataset(f"Set {i:02}", pa.table({"x": [i]}))
    return emulator


def test_listing_pages_by_row_offset(many, client):
    """`limit` and `offset` cut pages out of the whole; 50 is both the default and the maximum."""
    assert len(names(client)) == 50
    assert len(names(client, limit=1000)) == 50
    assert names(client, limit=2, offset=1) == ["Set 00", "Set 01"]
    assert len(names(client, offset=50)) == 11
    assert names(client, offset=500) == []


@pytest.mark.parametrize("parameters", [{"limit": "-1"}, {"offset": "x"}, {"offset": "-3"}])
def test_nonsense_pages_are_refused(client, parameters):
    """What is no count is a 400."""
    assert client.get("/v1/datasets", params=parameters).status_code == 400


def test_name_like_finds_parts_in_any_case(many, client):
    """`nameLike` is a case-insensitive part of the name; empty means everything."""
    assert names(client, nameLike="SET 1", limit=3) == ["Set 10", "Set 11", "Set 12"]
    assert names(client, nameLike="nowhere") == []
    assert len(names(client, nameLike="")) == 50


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("name", ["a", "B", "c"]),
        ("nameDescending", ["c", "B", "a"]),
        ("-name", ["c", "B", "a"]),
        ("createdAt", ["a", "c", "B"]),
        ("createdAtAscending", ["B", "c", "a"]),
        ("lastTouched", ["c", "a", "B"]),
        ("lastTouchedAscending", ["B", "a", "c"]),
        ("lastUpdated", ["a", "c", "B"]),
        ("lastUpdatedAscending", ["B", "c", "a"]),
        ("cardCount", ["a", "B", "c"]),
        ("cardViewCountAscending", ["a", "B", "c"]),
        ("errorStateDescending", ["a", "B", "c"]),
        ("unheard of", ["a", "B", "c"]),
        (None, ["a", "B", "c"]),
    ],
)
def test_listing_is_sorted_as_documented(shared_sorted, sort, expected):
    """Bare names of times mean newest first, bare names of texts A to Z; by name if nothing is said."""
    assert names(shared_sorted, **({"sort": sort} if sort else {})) == expected


@pytest.fixture(scope="module")
def shared_sorted(open_client):

    with Emulator() as emulator, open_client(emulator) as client:
        for name in ("B", "c", "a"):
            emulator.add_dataset(name, pa.table({"x": [1]}))
        client.put(f"/v1/datasets/{emulator.dataset_ids['c']}", json={"description": "touched last"})
        yield client


def test_sort_by_id(many, client):
    """`dataSourceId` sorts by id."""
    ids = [dataset["id"] for dataset in client.get("/v1/datasets?sort=dataSourceId").json()]
    assert ids == sorted(ids)


def test_list_items_have_no_schema(client):
    """Listings show a summary; the detail shows schema and policies."""
    [item] = client.get("/v1/datasets").json()
    assert item["rows"] == 4
    assert item["columns"] == 2
    assert item["owner"] == {"id": 27, "name": "DomoSupport"}
    assert not {"schema", "policies", "description"} & set(item)


def test_detail_has_schema_and_the_open_policy(client, flights):
    """GET shows everything, with the policy that every DataSet has."""
    document = client.get(flights).json()
    assert document["schema"] == {"columns": [{"type": "STRING", "name": "tail"}, {"type": "LONG", "name": "delay"}]}
    assert document["pdpEnabled"] is False
    assert [policy["name"] for policy in document["policies"]] == ["All Rows"]


def test_created_dataset_counts_no_columns_until_the_first_import(client):
    """`rows` and `columns` stay 0 until data comes."""
    body = {"name": "New", "description": "d", "rows": 0, "schema": {"columns": [{"type": "LONG", "name": "n"}]}}
    response = client.post("/v1/datasets/", json=body)
    assert response.status_code == 201
    document = response.json()
    assert (document["rows"], document["columns"], document["description"]) == (0, 0, "d")
    assert document["schema"] == body["schema"]
    assert "policies" not in document
    path = f"/v1/datasets/{document['id']}"
    assert client.put(f"{path}/data", content="1\n").status_code == 204
    after = client.get(path).json()
    assert (after["rows"], after["columns"]) == (1, 1)
    assert after["dataCurrentAt"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b'{"schema":{"columns":[{"type":"STRING","name":"a"}]}}',
        b'{"name":"x"}',
        b'{"name":"x","schema":{"columns":[]}}',
        b'{"name":"x","schema":{"columns":[{"type":"BOOLEAN","name":"a"}]}}',
        b'{"name":"x","schema":{"columns":[{"type":"STRING"}]}}',
        b'{"name":"x","schema":{"columns":["a"]}}',
        b'{"name":7,"schema":{"columns":[{"type":"STRING","name":"a"}]}}',
    ],
)
def test_malformed_creation_is_refused(shared_client, body):
    """A DataSet needs a name and typed columns; all else is Domo's plain 400."""
    response = shared_client.post("/v1/datasets", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 400
    document = response.json()
    assert document.pop("toe")
    assert document == {"status": 400, "statusReason": "Bad Request", "message": "Bad Request"}


def test_update_changes_what_it_names(client, flights):
    """A partial update leaves the rest alone, read-only fields included."""
    response = client.put(flights, json={"name": "Renamed", "rows": 99, "id": "x", "pdpEnabled": "TRUE"})
    assert response.status_code == 200
    document = response.json()
    assert (document["name"], document["rows"], document["pdpEnabled"]) == ("Renamed", 4, True)
    assert document["policies"]
    assert len(client.put(flights, json={"description": "only"}).json()["schema"]["columns"]) == 2


def test_update_of_the_owner(client, flights):
    """The owner can be handed over."""
    assert client.put(flights, json={"owner": {"id": 8, "name": "Ada"}}).json()["owner"] == {"id": 8, "name": "Ada"}


def test_new_schema_keeps_columns_of_the_same_name(emulator, client, flights):
    """Columns that keep their name keep their values where the type allows it."""
    columns = [{"type": "STRING", "name": "delay"}, {"type": "DOUBLE", "name": "new"}, {"type": "LONG", "name": "tail"}]
    assert client.put(flights, json={"schema": {"columns": columns}}).json()["schema"]["columns"] == columns
    assert emulator.table("Flights").to_pydict() == {
        "delay": ["1", "2", None, "-4"],
        "new": [None] * 4,
        "tail": [None] * 4,
    }


def test_deleted_dataset_leaves_a_stub(emulator, client, flights):
    """DELETE is a bare 204; afterwards GET shows a stub, and nothing else works."""
    response = client.delete(flights)
    assert (response.status_code, response.content) == (204, b"")
    assert client.get(flights).json() == {"id": flights.rsplit("/", 1)[1], "name": "Flights", "deleted": True}
    assert names(client) == []
    assert client.delete(flights).status_code == 404
    assert client.get(f"{flights}/data").status_code == 404
    assert client.put(f"{flights}/data", content="").status_code == 404
    emulator.deleted_stubs = False
    assert client.get(flights).status_code == 404
    with pytest.raises(KeyError, match="Flights"):
        emulator.table("Flights")


@pytest.mark.parametrize("call", ["GET", "PUT", "DELETE"])
def test_unknown_dataset_is_not_found(shared_client, call):
    """What does not exist is a 404 with Domo's envelope."""
    response = shared_client.request(call, MISSING, json={})
    assert response.status_code == 404
    assert response.json()["statusReason"] == "Not Found"
    assert response.json()["toe"]


def test_unknown_paths_and_methods_are_answered_in_json(shared_client):
    """No page of the web framework ever shows."""
    assert shared_client.get("/v1/nowhere").json()["status"] == 404
    response = shared_client.patch("/v1/datasets")
    assert (response.status_code, response.json()["status"]) == (405, 405)
    assert response.headers["allow"] == "GET, POST"


def test_trailing_slashes_are_forgiven(client, flights):
    """Some clients end every path with a slash."""
    for path in ("/v1/datasets/", f"{flights}/", f"{flights}/data/"):
        assert client.get(path).status_code == 200


def test_columns_may_differ_by_case_only(client, create):
    """Domo takes such names, so the storage must."""
    path = create(client, ("STRING", "a"), ("STRING", "A"), name="Twins")
    assert client.put(f"{path}/data", content="x,y\n").status_code == 204
    assert client.get(f"{path}/data?includeHeader=true").text == "a,A\nx,y\n"
