"""Reading DataSets into tables, frames and batches: nothing is lost, and leaving early leaves nothing behind."""

from __future__ import annotations

import gc
from datetime import date, datetime
from decimal import Decimal

import anyio
import anyio.lowlevel
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from domo_async import AsyncDomo
from domo_async.emulator import Emulator
from domo_async.errors import (
    IncompleteDataError,
    InvalidArgumentError,
    InvalidResponseError,
    NotFoundError,
    UnreadableRowError,
)
from domo_async.models import Column, Schema

pytestmark = pytest.mark.anyio

ID = "4405ff58-1957-45f0-82bd-914d989a3ea3"
TABLE = pa.table(
    {
        "text": pa.array(["", None, "NA", 'say "hi"', "two\nlines", "æ😀"]),
        "whole": pa.array([1, None, -(2**63), 2**63 - 1, 0, 2**53 + 1], pa.int64()),
        "real": pa.array([0.1, None, 1e300, -0.0, 5e-324, 3.0]),
        "exact": pa.array(
            [Decimal("12345678901234567.89"), None, *map(Decimal, ["0", "1", "-1", "0.5"])], pa.decimal128(38, 18)
        ),
        "day": pa.array(
            [date(2024, 2, 29), None, date(1, 1, 1), date(9999, 12, 31), date(1970, 1, 1), date(2000, 1, 1)]
        ),
        "moment": pa.array(
            [datetime(2024, 2, 29, 12, 30, 15, 123456), None, *[datetime(2000, 1, 1)] * 4], pa.timestamp("us")
        ),
    }
)
FORMATS = ("parquet", "csv")
LONG = pa.table({"n": range(200_000), "text": ["some text that takes its place"] * 200_000})


@pytest.fixture(scope="module")
def emulator():
    with Emulator(datasets={"Kinds": TABLE, "Long": LONG}) as running:
        yield running


@pytest.fixture
async def domo(emulator):
    async with AsyncDomo(**emulator.connection) as client:
        yield client


@pytest.fixture
async def wire_domo(wire):
    async with AsyncDomo("id", "secret", transport="httpx", retries=0) as client:
        yield client


async def test_a_table_comes_back_as_it_is(emulator, domo):
    assert (await domo.datasets.read(emulator.dataset_ids["Kinds"])).equals(TABLE)


async def test_the_first_cell_may_be_a_piece_of_html(emulator, domo):
    pages = pa.table({"page": ["<html><body>hello</body>", "<!-- nothing -->"]})
    dataset_id = emulator.add_dataset("Pages", pages)

    assert (await domo.datasets.read(dataset_id)).equals(pages)


async def test_columns_are_chosen_and_ordered_by_the_caller(emulator, domo):
    table = await domo.datasets.read(emulator.dataset_ids["Kinds"], columns=["whole", "text"])

    assert table.equals(TABLE.select(["whole", "text"]))


async def test_an_empty_dataset_has_its_columns(domo):
    created = await domo.datasets.create(
        name="Empty", schema=Schema(columns=[Column(name="n", type="LONG"), Column(name="s", type="STRING")])
    )

    assert (await domo.datasets.read(created.id)).schema == pa.schema([("n", pa.int64()), ("s", pa.string())])


async def test_frames_keep_what_pandas_usually_loses(emulator, domo):
    frame = await domo.datasets.read_pandas(emulator.dataset_ids["Kinds"])
    assert frame["text"].tolist()[2] == "NA"
    assert frame["whole"].tolist()[5] == 2**53 + 1
    assert frame["exact"].tolist()[0] == Decimal("12345678901234567.89")

    frame = await domo.datasets.read_polars(emulator.dataset_ids["Kinds"])
    assert frame["text"].to_list() == TABLE["text"].to_pylist()
    assert frame["whole"].to_list() == TABLE["whole"].to_pylist()


async def test_a_relation_belongs_to_the_callers_connection(emulator, domo):
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect() as connection:
        kinds = await domo.datasets.read_duckdb(
            emulator.dataset_ids["Kinds"], connection=connection, columns=["exact", "text", "moment"]
        )
        gc.collect()

        assert kinds.filter("text = ''").project("exact, moment").fetchall() == [
            (Decimal("12345678901234567.89"), datetime(2024, 2, 29, 12, 30, 15, 123456))
        ]
        assert connection.sql("SELECT count(*) FROM kinds WHERE text IS NULL").fetchall() == [(1,)]
    with pytest.raises(InvalidArgumentError, match="closed"):
        await domo.datasets.read_duckdb(emulator.dataset_ids["Kinds"], connection=connection)


async def test_queries_are_as_exact_as_exports(emulator, domo):
    result = await domo.datasets.query(emulator.dataset_ids["Kinds"], "SELECT whole, exact, text FROM table")

    assert result.to_arrow().equals(TABLE.select(["whole", "exact", "text"]))


async def test_batches_come_in_order_and_make_up_the_dataset(emulator, domo):
    batches = [batch async for batch in domo.datasets.read_batches(emulator.dataset_ids["Long"])]

    assert len(batches) > 1
    assert pa.Table.from_batches(batches).equals(LONG)


async def test_leaving_the_loop_gives_the_connection_back(emulator, domo):
    async for batch in domo.datasets.read_batches(emulator.dataset_ids["Long"]):
        assert batch.num_rows
        break
    gc.collect()
    with anyio.fail_after(5):
        while domo.stats.in_flight:
            await anyio.lowlevel.checkpoint()


async def test_leaving_the_block_waits_for_the_end(emulator, domo):
    async with domo.datasets.read_batches(emulator.dataset_ids["Long"]) as batches:
        async for _ in batches:
            break
    assert domo.stats.in_flight == 0

    with pytest.raises(StopAsyncIteration):
        await anext(batches)


async def test_a_cancelled_reader_leaves_nothing_behind(emulator, domo):
    started = anyio.Event()

    async def read():
        async with domo.datasets.read_batches(emulator.dataset_ids["Long"]) as batches:
            async for _ in batches:
                started.set()
                await anyio.sleep_forever()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        await started.wait()
        tasks.cancel_scope.cancel()
    assert domo.stats.in_flight == 0


async def test_errors_come_out_of_the_iteration(emulator, domo):
    with pytest.raises(NotFoundError):
        async for _ in domo.datasets.read_batches("00000000-0000-0000-0000-000000000000"):
            pass
    with pytest.raises(InvalidArgumentError, match="nope"):
        async for _ in domo.datasets.read_batches(emulator.dataset_ids["Kinds"], columns=["nope"]):
            pass


async def test_broken_connections_are_cured_on_the_way(emulator, domo):
    emulator.faults.add("reset_after", path="/v1/datasets/*/data", times=2, bytes=1_000_000)
    try:
        table = await domo.datasets.read(emulator.dataset_ids["Long"])
    finally:
        emulator.faults.clear()

    assert table.equals(LONG)


def told(domo, *versions):
    """The DataSets of a client to which Domo describes the DataSet in these ways, one after the other."""

    class Told(type(domo.datasets)):
        asked = 0

        async def get(self, dataset_id):
            dataset = await super().get(dataset_id)
            version = versions[min(self.asked, len(versions) - 1)]
            self.asked += 1
            return dataset.model_copy(update=version)

    return Told(domo._session)


@pytest.fixture(params=["read", "export_to", "read_batches"])
def bring(request, tmp_path):
    """All ways of typed rows out of a DataSet, with the table as result."""

    async def bring(datasets, dataset_id):
        if request.param == "read":
            return await datasets.read(dataset_id)
        if request.param == "export_to":
            await datasets.export_to(dataset_id, tmp_path / "rows.parquet")
            return pq.ParquetFile(tmp_path / "rows.parquet").read().replace_schema_metadata()
        return pa.Table.from_batches([batch async for batch in datasets.read_batches(dataset_id)])

    bring.starts_over = request.param != "read_batches"
    return bring


@pytest.fixture(
    params=["read", "read_batches", "read_pandas", "read_polars", "read_duckdb", *(f"export_to .{f}" for f in FORMATS)]
)
def count(request, tmp_path):
    """All ways of counted rows out of a DataSet, with their number as result."""
    verb, _, suffix = request.param.partition(" ")

    async def count(datasets, dataset_id):
        if verb == "export_to":
            return (await datasets.export_to(dataset_id, tmp_path / f"rows{suffix}")).rows
        if verb == "read_batches":
            return sum([batch.num_rows async for batch in datasets.read_batches(dataset_id)])
        return len(await getattr(datasets, verb)(dataset_id))

    count.starts_over = verb != "read_batches"
    return count


async def test_rows_that_are_missing_are_an_error(emulator, domo, count):
    with pytest.raises(IncompleteDataError, match="DataSet 'Kinds': 6 rows arrived, and it has 7"):
        await count(told(domo, {"rows": 7}), emulator.dataset_ids["Kinds"])


async def test_a_dataset_that_grew_meanwhile_has_the_rows_it_has(emulator, domo, count):
    datasets = told(domo, {"rows": 5}, {"rows": 6})

    assert await count(datasets, emulator.dataset_ids["Kinds"]) == 6
    assert datasets.asked == 2


async def test_rows_of_neither_before_nor_after_are_an_error(emulator, domo, count):
    """Whoever can start over does so, and then finds the DataSet in peace."""
    datasets = told(domo, {"rows": 5}, {"rows": 7}, {})

    if count.starts_over:
        assert await count(datasets, emulator.dataset_ids["Kinds"]) == 6
    else:
        with pytest.raises(IncompleteDataError, match="6 rows arrived, and it has 7"):
            await count(datasets, emulator.dataset_ids["Kinds"])


async def test_a_number_that_is_right_is_not_asked_for_again(emulator, domo, count):
    datasets = told(domo, {})

    assert await count(datasets, emulator.dataset_ids["Kinds"]) == 6
    assert datasets.asked == 1


@pytest.mark.parametrize("unknown", [{"rows": 7, "pdp_enabled": True}, {"rows": None}], ids=["pdp", "no-count"])
async def test_where_nobody_knows_the_number_of_rows_it_is_not_compared(emulator, domo, count, unknown):
    assert await count(told(domo, unknown), emulator.dataset_ids["Kinds"]) == 6


async def test_columns_that_changed_meanwhile_are_read_anew(emulator, domo, bring):
    """The export has the new ones; after a second look, so has the reader. A loop that is on its way cannot go back."""
    datasets = told(domo, {"schema": Schema(columns=[Column(name="text")])}, {})

    if bring.starts_over:
        assert (await bring(datasets, emulator.dataset_ids["Kinds"])).equals(TABLE)
    else:
        with pytest.raises(UnreadableRowError, match="6 fields where the schema has 1 columns"):
            await bring(datasets, emulator.dataset_ids["Kinds"])


async def test_columns_that_do_not_fit_and_did_not_change_are_an_error_at_once(emulator, domo, bring):
    datasets = told(domo, {"schema": Schema(columns=[Column(name="text")])})

    with pytest.raises(UnreadableRowError, match="DataSet 'Kinds', row 1: 6 fields where the schema has 1 columns"):
        await bring(datasets, emulator.dataset_ids["Kinds"])
    assert datasets.asked <= 2


@pytest.fixture
def served(wire):
    """Lets the wire answer with a DataSet of two columns and this export."""

    def serve(csv, *, rows):
        columns = [{"name": "Units", "type": "LONG"}, {"name": "Buyer", "type": "STRING"}]
        wire.get(f"/v1/datasets/{ID}").respond(
            json={"id": ID, "name": "Sales", "rows": rows, "schema": {"columns": columns}}
        )
        wire.get(f"/v1/datasets/{ID}/data").respond(content=csv, content_type="text/csv")

    return serve


@pytest.mark.parametrize(
    ("csv", "row", "column", "value"),
    [
        (b"1,Ana\n2\n", 2, None, "'2'"),
        (b"1,Ana\n2,Bo,3\n", 2, None, "'2,Bo,3'"),
        (b"1,Ana\nmany,Bo\n", 2, "Units", "'many'"),
        (b"1.5,Ana\n", 1, "Units", "'1.5'"),
        (b"1,Ana\n2,J\xfcrgen\n", 2, "Buyer", r"'J\\xfcrgen'"),
        (b"1,Ana\n" + b"9" * 5000 + b",Bo\n", 2, "Units", "'" + "9" * 119 + "…"),
    ],
    ids=["too-few", "too-many", "no-number", "no-integer", "other-encoding", "long"],
)
async def test_a_row_that_cannot_be_read_is_named(wire, wire_domo, served, bring, csv, row, column, value):
    served(csv, rows=2)

    with pytest.raises(UnreadableRowError) as caught:
        await bring(wire_domo.datasets, ID)
    error = caught.value
    assert (error.dataset, error.row, error.column, error.value) == ("Sales", row, column, value)
    assert str(error).count(value) == 1
    assert len(str(error)) < 300


@pytest.mark.parametrize("csv", [b"<!DOCTYPE html><title>Welcome</title>", b'1,Ana\n2,"B'])
async def test_pages_and_halves_are_no_rows(wire, wire_domo, served, bring, csv):
    served(csv, rows=2)

    with pytest.raises(InvalidResponseError):
        await bring(wire_domo.datasets, ID)


async def test_a_column_may_be_named_twice(wire, wire_domo, bring):
    columns = [{"name": "x", "type": "LONG"}, {"name": "x", "type": "STRING"}]
    wire.get(f"/v1/datasets/{ID}").respond(json={"id": ID, "rows": 1, "schema": {"columns": columns}})
    wire.get(f"/v1/datasets/{ID}/data").respond(content=b"1,a\n", content_type="text/csv")

    table = await bring(wire_domo.datasets, ID)
    assert table.column_names == ["x", "x"]
    assert [column.to_pylist() for column in table.columns] == [[1], ["a"]]
    with pytest.raises(InvalidArgumentError, match="two columns have the name 'x'"):
        await wire_domo.datasets.read_polars(ID)
