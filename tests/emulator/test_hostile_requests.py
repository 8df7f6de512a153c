"""Requests that no honest client sends: each gets an answer that says so, and nobody else notices."""

from __future__ import annotations

import gzip
import json

import pyarrow as pa
import pytest

from domo_async.emulator.json_reading import read_json

ENDLESS = "9" * 5_000
"""More digits than Python turns into a number."""

COMPONENT = {
    **{key: [] for key in ("columns", "groupBy", "orderBy", "filters")},
    **dict.fromkeys(("distinct", "fiscal", "projection"), False),
    **dict.fromkeys(("limit", "offset")),
}


@pytest.fixture(scope="module")
def client(shared_client):
    """All of these share one emulator: what one does to it the others would notice."""
    return shared_client


@pytest.fixture(scope="module")
def flights(shared_emulator):
    table = pa.table({"tail": ["N101", "", None], "delay": [1, 2, None]})
    return f"/v1/datasets/{shared_emulator.add_dataset('Flights', table)}"


@pytest.fixture(scope="module")
def stream(client):
    schema = {"columns": [{"type": "STRING", "name": "a"}]}
    document = {"dataSet": {"name": "s", "schema": schema}, "updateMethod": "APPEND"}
    return f"/v1/streams/{client.post('/v1/streams', json=document).json()['id']}"


@pytest.fixture
def most(shared_emulator):
    """The most bytes that a body may have here."""
    usual, shared_emulator.largest_body = shared_emulator.largest_body, 1_000_000
    yield
    shared_emulator.largest_body = usual


@pytest.fixture
def chart(flights):
    dataset_id = flights.rsplit("/", 1)[1]
    parts = {"chartBody": COMPONENT, "summaryNumber": COMPONENT}
    return {"title": "t", "dataSetId": dataset_id, "chartType": "badge_table", **parts}


@pytest.mark.parametrize("number", [ENDLESS, "٣", "1.0", "-1", "%00", "%ff"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/streams/{}"),
        ("GET", "{stream}/executions/{}"),
        ("PUT", "{stream}/executions/1/part/{}"),
        ("PUT", "{stream}/executions/{}/commit"),
        ("GET", "{flights}/policies/{}"),
        ("DELETE", "/v1/groups/1324037000/users/{}"),
        ("GET", "/v1/users/{}"),
        ("GET", "/v1/pages/{}"),
        ("DELETE", "/_emulator/faults/{}"),
    ],
)
def test_what_is_no_number_is_not_found(client, stream, flights, method, path, number):
    """Not one of Python's digits of other scripts either."""
    client.post(f"{stream}/executions")
    response = client.request(method, path.format(number, stream=stream, flights=flights), content=b"x")

    assert response.status_code == (400 if "/part/" in path else 404)


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "\\ud800"}',
        b'{"name": "\xed\xa0\x80"}',
        b'{"name": "a", "x": NaN}',
        b'{"name": "a", "x": 1e999}',
        b'{"name": "a", "x": -Infinity}',
        b'{"name": "\xff"}',
        b'{"name": ' + ENDLESS.encode() + b"}",
        '{"name": "a"}'.encode("utf-16"),
        b'{"name": "a", "x": ' + b"[" * 500 + b"]" * 500 + b"}",
        b'{"name": ' + b"[" * 100_000,
        b"\x00",
        b"",
    ],
    ids=lambda body: repr(body[:24]),
)
def test_json_that_no_answer_could_repeat_is_refused(client, body):
    """Nothing of it is kept, so the listing stays what it was."""
    before = client.get("/v1/groups").json()
    response = client.post("/v1/groups", content=body)

    assert response.status_code == 400
    assert client.get("/v1/groups").json() == before


def test_what_is_read_can_be_written():
    """A document as deep as it may be, and characters beyond the first 65,536, escaped and not."""
    deepest = b"[" * 400 + b"]" * 400
    assert json.dumps(read_json(deepest)) == deepest.decode()
    assert read_json(b'["\\ud83d\\ude00", "\xf0\x9f\x98\x80"]') == ["😀", "😀"]
    with pytest.raises(ValueError, match="400"):
        read_json(b"[" + deepest + b"]")


def test_a_deep_chart_is_answered(client, chart):
    """Fields that nobody knows are kept as they are."""
    deep = "[" * 390 + "]" * 390
    answer = client.post("/v1/cards/chart", content=json.dumps(chart)[:-1] + f', "unheard": {deep}}}')
    assert deep in answer.text


@pytest.mark.parametrize("keys", [[[]], [{}], [None], ["a", 1], {"a": 1}, 1])
def test_keys_of_a_stream_are_names(client, keys):
    schema = {"columns": [{"type": "STRING", "name": "a"}]}
    document = {"dataSet": {"name": "s", "schema": schema}, "updateMethod": "APPEND", "keyColumnNames": keys}
    assert client.post("/v1/streams", json=document).status_code == 400


@pytest.mark.parametrize(
    "field",
    [{"type": []}, {"type": ""}, {"type": 1}, {"users": [ENDLESS]}, {"groups": [{"id": ENDLESS}]}, {"users": ["٣"]}],
    ids=lambda field: str(field)[:30],
)
def test_fields_of_a_policy_have_their_types(client, flights, field):
    document = {"name": "p", "filters": [], **field}
    assert client.post(f"{flights}/policies", json=document).status_code == 400


def test_null_leaves_the_name_of_a_policy(client, flights):
    policy = client.post(f"{flights}/policies", json={"name": "p", "filters": []}).json()
    changed = client.put(f"{flights}/policies/{policy['id']}", json={"name": None, "type": None})
    assert changed.json() == policy


@pytest.mark.parametrize("owner", [{"id": [1]}, {"id": True}, {"name": {}}, "me", [1]])
def test_an_owner_has_a_number_and_a_name(client, flights, owner):
    """What is stored as an owner is in every listing."""
    before = client.get(flights).json()
    assert client.put(flights, json={"owner": owner}).status_code == 400
    assert client.get(flights).json() == before


@pytest.mark.parametrize("index", [-(10**30), -1, 0, 10**30])
def test_a_list_goes_as_far_as_there_are_lists(client, index):
    project = client.post("/v1/projects", json={"name": "P", "members": [], "public": True}).json()["id"]
    lists = f"/v1/projects/{project}/lists"
    first = client.get(lists).json()[0]
    moved = client.put(f"{lists}/{first['id']}", json={"name": "moved", "type": "TODO", "index": index})
    assert moved.json()["index"] == (3 if index > 0 else 1)


@pytest.mark.parametrize(
    ("expression", "written"),
    [
        ("date '0001-01-01' - interval 1 year", "0000-01-01T00:00:00"),
        ("date '9999-12-31' + interval 1 day", "10000-01-01T00:00:00"),
        ("cast('infinity' as date)", None),
        ("cast('-infinity' as timestamp)", None),
        ("cast('2020-02-02 10:00:00.5' as timestamp)", "2020-02-02T10:00:00.500000"),
        ("cast('2020-02-02' as date)", "2020-02-02"),
    ],
)
def test_moments_that_python_does_not_know(client, flights, query, expression, written):
    """The answer has begun when rows are written, so a value that cannot be would cut it off."""
    response = query(client, flights, f"SELECT {expression} AS moment FROM table LIMIT 1")
    assert response.json()["rows"] == [[written]]


@pytest.fixture(scope="module")
def attachments(client):
    project = client.post("/v1/projects", json={"name": "P", "members": [], "public": True}).json()["id"]
    lists = f"/v1/projects/{project}/lists"
    tasks = f"{lists}/{client.get(lists).json()[0]['id']}/tasks"
    return f"{tasks}/{client.post(tasks, json={'taskName': 'T'}).json()['id']}/attachments"


def form(disposition=b'form-data; name="file"; filename="\xff\xfe.."', kind=b"text/plain"):
    head = b"Content-Disposition: " + disposition + b"\r\nContent-Type: " + kind
    return b"--x\r\n" + head + b"\r\n\r\nhello\r\n--x--\r\n"


@pytest.mark.parametrize("charset", ["utf-8", "idna", "punycode", "undefined", "rot13", "nonsense", "utf-16"])
def test_a_form_in_any_character_set(client, attachments, charset):
    """Also in those that Python calls codecs and that are none for text."""
    headers = {"content-type": f"multipart/form-data; boundary=x; charset={charset}"}
    response = client.post(attachments, content=form(), headers=headers)
    assert response.status_code in {200, 400}
    assert client.get(attachments).status_code == 200


@pytest.mark.parametrize("kind", [b"te\x00xt", b"t\xff/\x01", b"a\tb", b"text/html; charset=utf-8"])
def test_the_type_of_a_file_goes_into_a_header(client, attachments, kind):
    headers = {"content-type": "multipart/form-data; boundary=x"}
    made = client.post(attachments, content=form(kind=kind), headers=headers)
    file = client.get(f"{attachments}/{made.json()['id']}")
    assert file.content == b"hello"
    assert file.headers["content-type"] == made.json()["mimeType"]


@pytest.mark.parametrize(
    "body",
    [b"", b"garbage", form()[:-20], form(b"form-data"), form(b'form-data; name="\xff"'), b"--x\r\n\r\nx\r\n" * 2_000],
    ids=range(6),
)
def test_a_broken_form_is_refused(client, attachments, body):
    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert client.post(attachments, content=body, headers=headers).status_code == 400


@pytest.mark.usefixtures("most")
def test_a_body_that_unfolds_to_more_than_anybody_sends(client, flights, stream):
    """A few kilobytes of gzip become gigabytes; they are counted while they do."""
    execution = f"{stream}/executions/{client.post(f'{stream}/executions').json()['id']}"
    bomb = gzip.compress(b"0\n" * 5_000_000)
    assert len(bomb) < 20_000
    for path in (f"{execution}/part/1", f"{flights}/data"):
        assert client.put(path, content=bomb).status_code == 413
    several = gzip.compress(b"a\n" * 100_000) * 6
    assert client.put(f"{execution}/part/1", content=several).status_code == 413
    assert client.put(f"{execution}/part/1", content=several[: len(several) // 6 * 4]).status_code == 200
    assert client.get(execution).json()["rows"] == 400_000


@pytest.mark.usefixtures("most")
@pytest.mark.parametrize("announced", [True, False], ids=["with a length", "in chunks"])
def test_a_body_that_does_not_end(client, flights, attachments, announced):
    """It is counted as it comes, and the connection goes on afterwards."""
    endless = [b"x" * 100_000] * 40
    headers = {"content-type": "multipart/form-data; boundary=x"}
    for method, path in (("PUT", f"{flights}/data"), ("POST", "/v1/groups"), ("POST", attachments)):
        content = [form().removesuffix(b"\r\n--x--\r\n"), *endless]
        response = client.request(
            method, path, content=b"".join(content) if announced else iter(content), headers=headers
        )
        assert response.status_code == 413
        assert "1,000,000" in response.json()["message"]
    assert client.get("/v1/groups").status_code == 200


@pytest.mark.parametrize("body", [b"\x1f\x8b", b"\x1f\x8bgarbage", gzip.compress(b"a" * 9_999)[:-9]], ids=range(3))
def test_gzip_that_is_none(client, flights, body):
    assert client.put(f"{flights}/data", content=body).status_code == 400


def test_zeros_behind_gzip(client, create):
    """Tapes and some file systems leave them, and gzip looks over them."""
    path = create(client, ("STRING", "a"))
    assert client.put(f"{path}/data", content=gzip.compress(b"b\n") + b"\0" * 512).status_code == 204
    assert client.get(f"{path}/data").text == "b\n"


@pytest.mark.parametrize("moment", ["", "tomorrow", "2025-13-01", 5])
def test_a_due_date_is_a_date(client, moment):
    """Half a change is none: the name that came with it is not taken either."""
    project = {"name": "P", "members": [], "public": True}
    assert client.post("/v1/projects", json={**project, "dueDate": moment}).status_code == 400
    made = client.post("/v1/projects", json={**project, "dueDate": "2025-06-01T00:00:00Z"}).json()
    path = f"/v1/projects/{made['id']}"
    assert client.put(path, json={"name": "Q", "dueDate": moment}).status_code == 400
    assert client.get(path).json() == made
    tasks = f"{path}/lists/{client.get(f'{path}/lists').json()[0]['id']}/tasks"
    assert client.post(tasks, json={"taskName": "T", "dueDate": moment}).status_code == 400
    assert client.put(path, json={"dueDate": None}).json() == {k: v for k, v in made.items() if k != "dueDate"}


def test_a_client_that_is_refused_is_not_made(shared_emulator, client):
    session = shared_emulator.people.open_session(27, "emulator.domo.com")
    headers = {"X-DOMO-Authentication": session, "X-DOMO-CustomerDomain": "emulator.domo.com"}
    document = {"name": "nightly", "scope": ["data"]}
    assert client.post("/clients", json={**document, "description": []}, headers=headers).status_code == 400
    assert client.post("/clients", json=document, headers=headers).status_code == 201
