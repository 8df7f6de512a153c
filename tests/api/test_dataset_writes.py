"""Making, changing, filling and finding DataSets."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterable

import pytest

from domo_async import AsyncDomo
from domo_async.api.uploads import csv_body
from domo_async.errors import BadRequestError, CallError, InvalidArgumentError, NotFoundError
from domo_async.models import Column, ColumnType, Owner, Schema

pytestmark = pytest.mark.anyio

ID = "7c0d2a16-52a4-4f0f-8d7a-8f3f9b1f0c21"
PATH = f"/v1/datasets/{ID}"
DATASET = {"id": ID, "name": "Harbour Tides", "rows": 0, "columns": 0}
COLUMNS = {"columns": [{"type": "STRING", "name": "gauge"}, {"type": "LONG", "name": "samples"}]}


@pytest.mark.parametrize(
    "schema",
    [
        {"gauge": "STRING", "samples": ColumnType.LONG},
        [("gauge", "STRING"), Column(name="samples", type=ColumnType.LONG)],
        Schema(columns=[Column(name="gauge"), Column(name="samples", type=ColumnType.LONG)]),
        {"gauge": "STRING", "samples": "LONG"}.items(),
    ],
)
async def test_create_sends_name_description_and_schema(wire, domo, sent, schema):
    """Whatever form the columns come in, Domo gets one."""
    wire.post("/v1/datasets").respond(201, json=DATASET)

    dataset = await domo.datasets.create(name="Harbour Tides", schema=schema, description="hourly")

    assert json.loads(sent().content) == {"name": "Harbour Tides", "description": "hourly", "schema": COLUMNS}
    assert sent().headers["content-type"] == "application/json"
    assert dataset.id == ID


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({}, "at least one column"),
        ({"a": "STRING", "A": "LONG"}, "'a' and 'A' differ only by case"),
        ([("a", "LONG"), ("a", "LONG")], "two columns 'a'"),
        ({"a": "TEXT"}, "'TEXT', which is none of STRING"),
        ({"a": "string"}, "'string'"),
        ({" ": "LONG"}, "not the name of a column"),
        (["a"], "neither a Column nor a pair"),
        ([("a", 5)], "neither a Column nor a pair"),
    ],
)
async def test_a_schema_that_domo_would_regret_is_not_sent(wire, domo, schema, words):
    """Domo creates some of these, and refuses every upload later."""
    with pytest.raises(InvalidArgumentError, match=r"^schema: ") as caught:
        await domo.datasets.create(name="x", schema=schema)
    assert words in str(caught.value)
    assert not wire.calls


async def test_create_needs_a_name(wire, domo):
    with pytest.raises(InvalidArgumentError, match=r"^name: "):
        await domo.datasets.create(name=" ", schema={"a": "LONG"})
    assert not wire.calls


async def test_update_sends_what_was_passed_and_nothing_else(wire, domo, sent):
    wire.put(PATH).respond(json=DATASET | {"pdpEnabled": True})

    dataset = await domo.datasets.update(
        ID, pdp_enabled=True, schema={"gauge": "STRING", "samples": "LONG"}, owner=Owner(id=27, name="DomoSupport")
    )

    assert json.loads(sent().content) == {
        "pdpEnabled": True,
        "schema": COLUMNS,
        "owner": {"id": 27, "name": "DomoSupport"},
    }
    assert dataset.pdp_enabled


async def test_update_without_an_answer_looks_the_dataset_up(wire, domo):
    """Some versions of the API answer updates with nothing."""
    wire.put(PATH).respond(204)
    wire.get(PATH).respond(json=DATASET | {"name": "New"})

    assert (await domo.datasets.rename(ID, "New")).name == "New"


async def test_delete(wire, domo, sent):
    wire.delete(PATH).respond(204)

    await domo.datasets.delete(ID)

    assert (sent().method, sent().url.raw_path, sent().content) == ("DELETE", PATH.encode(), b"")


def spelled_out():
    async def chunks():
        yield b"north,"
        yield b"5\n"

    return chunks()


@pytest.mark.parametrize("form", [str, str.encode, lambda text: bytearray(text.encode()), lambda _: spelled_out])
async def test_import_sends_csv(wire, domo, sent, form):
    """Text, bytes, and functions that make iterators are all the same on the wire."""
    wire.put(PATH + "/data").respond(204)

    await domo.datasets.import_csv(ID, form("north,5\n"), update_method="APPEND")

    assert sent().url.raw_path == f"{PATH}/data?updateMethod=APPEND".encode()
    assert sent().headers["content-type"] == "text/csv"
    assert sent().content == b"north,5\n"


async def test_import_replaces_unless_told_otherwise(wire, domo, sent):
    """The method is always spelled out."""
    wire.put(PATH + "/data").respond(204)
    await domo.datasets.import_csv(ID, "north,5\n")
    assert sent().url.query == b"updateMethod=REPLACE"


async def test_import_sends_a_file(wire, domo, sent, tmp_path):
    """A path is a file, read piece by piece."""
    file = tmp_path / "a.csv"
    file.write_bytes(b"north,5\n" * 300_000)
    wire.put(PATH + "/data").respond(204)
    await domo.datasets.import_csv(ID, file)
    assert sent().content == file.read_bytes()
    assert sent().headers["content-length"] == str(file.stat().st_size)
    assert not {"content-encoding", "transfer-encoding"} & set(sent().headers)


async def test_a_file_that_changes_meanwhile_is_sent_as_long_as_it_was(tmp_path):
    """Never more than was announced; less is an error, and no body that a server would wait for."""
    file = tmp_path / "a.csv"
    file.write_bytes(b"north,5\n")
    body = await csv_body(file)
    assert body.length == 8
    assert isinstance(body.content, AsyncIterable)
    file.write_bytes(b"north,5\nsouth,6\n")
    assert b"".join([chunk async for chunk in body.content]) == b"north,5\n"
    file.write_bytes(b"north")
    with pytest.raises(InvalidArgumentError, match="became shorter"):
        [chunk async for chunk in body.content]


@pytest.mark.parametrize("in_memory", [True, False])
async def test_what_is_gzip_already_is_labelled_so(wire, domo, sent, tmp_path, in_memory):
    packed = gzip.compress(b"south,6\n")
    file = tmp_path / "b.csv"
    file.write_bytes(packed)
    wire.put(PATH + "/data").respond(204)
    await domo.datasets.import_csv(ID, packed if in_memory else file)
    assert sent().headers["content-encoding"] == "gzip"
    assert sent().content == packed


async def test_a_file_that_is_not_there_is_an_argument_error(wire, domo, tmp_path):
    with pytest.raises(InvalidArgumentError, match=r"^source: .*nothing\.csv cannot be read: No such file"):
        await domo.datasets.import_csv(ID, tmp_path / "nothing.csv")
    assert not wire.calls


@pytest.mark.parametrize("method", ["append", "Append", "APPEND ", "UPSERT", "", "replace", None])
async def test_any_other_update_method_is_not_sent(wire, domo, method):
    """Domo takes it for REPLACE, and every row is gone."""
    with pytest.raises(InvalidArgumentError, match=r"^update_method: .* none of REPLACE, APPEND"):
        await domo.datasets.import_csv(ID, "x", update_method=method)
    assert not wire.calls


# Against the emulator


async def test_a_dataset_through_its_life(live, emulator):
    """Create, fill, append, look at, rename, delete."""
    dataset = await live.datasets.create(name="Tides", schema={"gauge": "STRING", "level": "DECIMAL"})
    await live.datasets.import_csv(dataset.id, 'north,1.50\n"",\n')
    await live.datasets.import_csv(dataset.id, b",2\n", update_method="APPEND")

    async with live.datasets.export(dataset.id) as body:
        assert b"".join([chunk async for chunk in body]) == b'north,1.50\n"",\n,2.00\n'
    assert (await live.datasets.schema(dataset.id)).names == ["gauge", "level"]

    assert (await live.datasets.rename(dataset.id, "Harbour")).name == "Harbour"
    assert await live.datasets.find(name="Tides") is None
    await live.datasets.delete(dataset.id)
    assert emulator.dataset_ids == {}


async def test_find_wants_the_exact_name_and_the_first_of_several(live):
    """`nameLike` finds parts of names in any case; `find` does not."""
    first = await live.datasets.create(name="Sales", schema={"a": "LONG"})
    for name in ("Sales 2026", "sales", "Sales"):
        await live.datasets.create(name=name, schema={"a": "LONG"})

    found = await live.datasets.find(name="Sales")
    twins = [dataset async for dataset in live.datasets.list(name_like="sales") if dataset.name == "Sales"]
    assert found is not None
    assert found.id == min((d.created_at, d.id) for d in twins)[1]
    assert first.id in {d.id for d in twins}
    assert await live.datasets.find(name="Sale") is None


@pytest.mark.parametrize("transport", ["httpx", "aiohttp"])
async def test_a_file_is_sent_again_after_a_broken_connection(emulator, tmp_path, transport, anyio_backend):
    """Through either transport, with the same bytes."""
    if transport == "aiohttp" and anyio_backend == "trio":
        pytest.skip("aiohttp knows asyncio only")
    file = tmp_path / "rows.csv"
    file.write_bytes(b"1\n2\n" * 400_000)
    async with AsyncDomo(**emulator.connection, transport=transport) as live:
        dataset = await live.datasets.create(name="T", schema={"a": "LONG"})
        emulator.faults.add("reset", path="*/data", times=1)
        await live.datasets.import_csv(dataset.id, file)
    assert emulator.table("T").num_rows == 800_000


async def test_rows_that_do_not_fit_are_a_bad_request(live):
    dataset = await live.datasets.create(name="T", schema={"a": "LONG"})
    with pytest.raises(BadRequestError, match="too many columns"):
        await live.datasets.import_csv(dataset.id, "1,2\n")


async def test_a_replacement_whose_answer_was_lost_is_sent_again(live, emulator):
    dataset = await live.datasets.create(name="T", schema={"a": "LONG"})
    fault = emulator.faults.add("lost_answer", path="*/data", times=1)
    await live.datasets.import_csv(dataset.id, "1\n2\n")
    assert fault.hits == 1
    assert emulator.table("T").num_rows == 2


async def test_an_append_whose_answer_was_lost_is_not(live, emulator):
    """The rows would be there twice."""
    dataset = await live.datasets.create(name="T", schema={"a": "LONG"})
    emulator.faults.add("lost_answer", path="*/data")
    with pytest.raises(CallError) as caught:
        await live.datasets.import_csv(dataset.id, "1\n2\n", update_method="APPEND")
    assert caught.value.attempts == 1
    assert emulator.table("T").num_rows == 2


async def test_an_append_that_domo_turned_away_is_sent_again(live, emulator):
    dataset = await live.datasets.create(name="T", schema={"a": "LONG"})
    emulator.faults.add("status", status=429, retry_after=0, path="*/data", times=1)
    await live.datasets.import_csv(dataset.id, "1\n2\n", update_method="APPEND")
    assert emulator.table("T").num_rows == 2


async def test_a_deletion_whose_answer_was_lost_is_done(live, emulator):
    """The second attempt finds nothing, which is what was asked for; a first attempt that finds nothing is an error."""
    dataset = await live.datasets.create(name="T", schema={"a": "LONG"})
    emulator.faults.add("lost_answer", method="DELETE", times=1)
    await live.datasets.delete(dataset.id)
    with pytest.raises(NotFoundError):
        await live.datasets.delete(dataset.id)
