"""The Simple API: its wire, and rows of JSON that become DataSets."""

from __future__ import annotations

import json

import pytest

from domo_async.errors import BadRequestError, CallError, InvalidArgumentError

pytestmark = pytest.mark.anyio

ID = "7c0d2a16-52a4-4f0f-8d7a-8f3f9b1f0c21"


async def test_create(wire, domo, sent):
    wire.post("/v1/json").respond(201, json={"id": ID, "name": "Guests", "rows": 0, "policies": [{"id": 1}]})
    dataset = await domo.simple.create(name="Guests")
    assert (sent().url.raw_path, json.loads(sent().content)) == (b"/v1/json", {"name": "Guests"})
    assert (dataset.id, dataset.schema) == (ID, None)


async def test_import_rows(wire, domo, sent):
    wire.put(f"/v1/json/{ID}/data").respond(204)
    rows = [{"who": "Ana", "n": 1, "there": True}, {"who": None, "n": 2.5, "there": ""}]
    await domo.simple.import_rows(ID, rows, update_method="APPEND")
    assert sent().url.raw_path == f"/v1/json/{ID}/data?updateMethod=APPEND".encode()
    assert sent().headers["content-type"] == "application/json"
    assert json.loads(sent().content) == rows


@pytest.mark.parametrize(
    ("rows", "method", "words"),
    [
        ([], "REPLACE", "rows: there is none"),
        ([{"a": [1]}], "REPLACE", "rows: row 1 holds 'a' of type list"),
        ([{"a": 1}, {"a": {"b": 1}}], "REPLACE", "rows: row 2 holds 'a' of type dict"),
        ([{1: 1}], "REPLACE", "rows: row 1"),
        (["a"], "REPLACE", "rows: row 1 is a str"),
        ([{"a": 1}, {"b": 1}], "APPEND", "rows: row 2 has other keys"),
        ([{"a": 1}], "append", "update_method: 'append'"),
        ([{"a": 1}], "UPSERT", "update_method: 'UPSERT'"),
    ],
)
async def test_rows_that_would_lose_something_are_not_sent(wire, domo, rows, method, words):
    with pytest.raises(InvalidArgumentError) as caught:
        await domo.simple.import_rows(ID, rows, update_method=method)
    assert words in str(caught.value)
    assert not wire.calls


async def test_rows_come_back(live, emulator):
    """The first import brings the columns; rows to append must have them, rows to replace may lack some."""
    dataset = await live.simple.create(name="Guests", description="d")
    await live.simple.import_rows(dataset.id, [{"who": "Ana", "n": 1}, {"who": ""}, {"n": None, "who": 'B"o, Jr'}])
    await live.simple.import_rows(dataset.id, [{"n": 4, "who": None}], update_method="APPEND")
    assert emulator.table("Guests").to_pylist() == [
        {"who": "Ana", "n": 1},
        {"who": "", "n": None},
        {"who": 'B"o, Jr', "n": None},
        {"who": None, "n": 4},
    ]
    assert [(c.name, c.type) for c in (await live.datasets.schema(dataset.id)).columns] == [
        ("who", "STRING"),
        ("n", "LONG"),
    ]
    with pytest.raises(BadRequestError, match=r"Expected: \{columns=\[\{type='STRING', name='who', metadata=null\}"):
        await live.simple.import_rows(dataset.id, [{"name": "x"}], update_method="APPEND")


async def test_only_replacements_are_sent_again(live, emulator):
    dataset = await live.simple.create(name="Guests")
    emulator.faults.add("lost_answer", path="/v1/json/*", times=1)
    await live.simple.import_rows(dataset.id, [{"n": 1}])
    emulator.faults.add("lost_answer", path="/v1/json/*")
    with pytest.raises(CallError):
        await live.simple.import_rows(dataset.id, [{"n": 2}], update_method="APPEND")
    assert emulator.table("Guests").to_pydict() == {"n": [1, 2]}
