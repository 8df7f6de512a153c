"""One DataSet read by several queries at once."""

from __future__ import annotations

import datetime as dt
import random
from contextlib import aclosing
from decimal import Decimal
from typing import TYPE_CHECKING

import anyio.lowlevel
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from domo_async import AsyncDomo
from domo_async.emulator import Emulator
from domo_async.errors import IncompleteDataError, InvalidArgumentError, QueryError, ServerError
from domo_async.jobs import DataSetOptions, plan_pull, pull
from domo_async.jobs import ranges as ranges_module
from domo_async.jobs.ranges import RangedRows
from domo_async.models import Column, ColumnType, DataSet, Schema
from domo_async.tabular import QueryResult
from tests.jobs.shelf import Naps, Shelf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

ROWS = 2_000
RANDOM = random.Random(7)
START = dt.datetime(2024, 1, 1)
ON_ASYNCIO = pytest.mark.parametrize("anyio_backend", ["asyncio"])  # the other event loop has the tests that are quick
COLUMNS = ["Id", "Skewed", "Amount", "Ratio", "Day", "Moment"]


def _rows() -> pa.Table:
    """Every kind of column that can be cut, nulls and skew in all of them; text that needs quotes."""

    def some(values: list) -> list:
        return [None if RANDOM.random() < 0.02 else value for value in values]

    numbers = list(range(ROWS))
    RANDOM.shuffle(numbers)
    return pa.table(
        {
            "Text": [RANDOM.choice(['a, "b"\nc', "", None, "NA", "Ærø"]) for _ in numbers],
            "Id": pa.array(some(numbers), pa.int64()),
            "Skewed": pa.array(some([10**12 if n == 7 else n % 300 for n in numbers]), pa.int64()),
            "Amount": pa.array(some([Decimal(n) / 100 for n in numbers]), pa.decimal128(38, 9)),
            "Ratio": pa.array(some([n / 7 for n in numbers]), pa.float64()),
            "Day": pa.array(some([(START + dt.timedelta(days=n % 400)).date() for n in numbers])),
            "Moment": pa.array(some([START + dt.timedelta(seconds=n * 37) for n in numbers]), pa.timestamp("us")),
        }
    )


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(datasets={"Sales": _rows(), "Empty": pa.table({"Id": pa.array([], pa.int64())})}) as running:
        yield running


@pytest.fixture
async def domo(emulator: Emulator):
    emulator.clear_requests()
    async with AsyncDomo(**emulator.connection) as client:
        yield client


@pytest.fixture(autouse=True)
def small_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers of 100 rows, so that few rows make many of them."""
    monkeypatch.setattr(ranges_module, "_CELL", 10**9)
    monkeypatch.setattr(ranges_module, "_FEWEST_ROWS", 100)


def queries(emulator: Emulator) -> list[str]:
    return [one.path for one in emulator.requests if "/query/" in one.path]


def sorted_rows(table: pa.Table) -> list[tuple]:
    return sorted((tuple(row.values()) for row in table.to_pylist()), key=repr)


@ON_ASYNCIO
@pytest.mark.parametrize("column", COLUMNS)
async def test_rows_are_those_of_an_export(domo: AsyncDomo, emulator: Emulator, tmp_path: Path, column: str) -> None:
    """None is missing, none comes twice, and they are in the order of the column with nulls at the end."""
    identity = emulator.dataset_ids["Sales"]
    report = await domo.pull([identity], to=tmp_path, options={identity: DataSetOptions(range_column=column)})
    report.raise_for_failures()
    table = pq.read_table(report.transfers[0].path)

    assert sorted_rows(table) == sorted_rows(await domo.datasets.read(identity))
    values = table[column].to_pylist()
    present = [value for value in values if value is not None]
    assert present == sorted(present)
    assert len(present) < ROWS
    assert values[: len(present)] == present
    assert len(queries(emulator)) >= ROWS / 100


@ON_ASYNCIO
async def test_bytes_do_not_depend_on_how_many_at_once(domo: AsyncDomo, emulator: Emulator, tmp_path: Path) -> None:
    """Nor does the manifest: another number of queries fetches nothing anew."""
    identity = emulator.dataset_ids["Sales"]
    found = []
    for count in (1, 3, 8):
        options = {identity: DataSetOptions(range_column="Skewed", ranges=count)}
        report = await domo.pull([identity], to=tmp_path / str(count), options=options)
        found.append(report.transfers[0].path.read_bytes())
    assert found[0] == found[1] == found[2]

    options = {identity: DataSetOptions(range_column="Skewed", ranges=2)}
    assert (await plan_pull(domo.datasets, [identity], to=tmp_path / "8", options=options)).to_fetch == ()
    assert len((await plan_pull(domo.datasets, [identity], to=tmp_path / "8")).to_fetch) == 1


@ON_ASYNCIO
async def test_several_files_and_some_columns(domo: AsyncDomo, emulator: Emulator, tmp_path: Path) -> None:
    """The files are cut as those of an export are, and columns that nobody wants do not travel."""
    identity = emulator.dataset_ids["Sales"]
    options = DataSetOptions(range_column="Id", rows_per_file=700, columns=["Text", "Ratio"])
    report = await domo.pull([identity], to=tmp_path, options={identity: options})
    [transfer] = report.transfers
    tables = [pq.read_table(tmp_path / name) for name in transfer.files]
    assert [table.num_rows for table in tables] == [700, 700, 600]
    expected = await domo.datasets.read(identity, columns=["Text", "Ratio"])
    assert sorted_rows(pa.concat_tables(tables)) == sorted_rows(expected)


async def test_csv_and_empty_datasets(domo: AsyncDomo, emulator: Emulator, tmp_path: Path) -> None:
    """Null and empty text stay apart; no rows are no queries for rows."""
    ids = [emulator.dataset_ids[name] for name in ("Sales", "Empty")]
    options = {identity: DataSetOptions(range_column="Id") for identity in ids}
    report = await domo.pull(ids, to=tmp_path, format="csv", options=options)
    report.raise_for_failures()
    lines = (tmp_path / "Sales.csv").read_text()
    assert lines.startswith("Text,Id,")
    assert '\n"",' in lines
    assert "\nNA," in lines
    assert (tmp_path / "Empty.csv").read_text() == "Id\n"


async def test_failed_query_is_made_again_and_not_the_others(
    domo: AsyncDomo, emulator: Emulator, tmp_path: Path
) -> None:
    """Retries are a matter of each call."""
    identity = emulator.dataset_ids["Sales"]
    emulator.faults.add("status", status=503, path="*/query/*", times=3, retry_after=0)
    report = await domo.pull([identity], to=tmp_path, options={identity: DataSetOptions(range_column="Id")})
    assert report.transfers[0].rows == ROWS
    assert report.transfers[0].retries == 0


@ON_ASYNCIO
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (DataSetOptions(range_column="Text"), "Choose a number"),
        (DataSetOptions(range_column="Missing"), "not a column"),
        (DataSetOptions(range_column="Id", columns=["Nope"]), "no column 'Nope'"),
    ],
)
async def test_columns_that_do_not_do(
    domo: AsyncDomo, emulator: Emulator, tmp_path: Path, options: DataSetOptions, words: str
) -> None:
    identity = emulator.dataset_ids["Sales"]
    report = await domo.pull([identity], to=tmp_path, options={identity: options})
    assert isinstance(report.transfers[0].error, InvalidArgumentError)
    assert words in str(report.transfers[0].error) + str(report.transfers[0].error.hint)


@pytest.mark.parametrize(
    "options",
    [
        DataSetOptions(ranges=4),
        DataSetOptions(ranges=0, range_column="Id"),
        DataSetOptions(ranges=33, range_column="Id"),
        DataSetOptions(range_column="Id", sql="SELECT 1"),
    ],
)
async def test_senseless_options(tmp_path: Path, options: DataSetOptions) -> None:
    with pytest.raises(InvalidArgumentError, match="range"):
        await pull(Shelf(), ["a"], to=tmp_path, options={"a": options})


DATASET = DataSet(id="a", name="A", rows=10, schema=Schema(columns=[Column(name="n", type=ColumnType.LONG)]))


class Answers:
    """A source whose queries answer what the test says."""

    def __init__(self, bounds: list, counts: list[int] | None = None, rows: list[int] | None = None) -> None:
        self.bounds, self.counts, self.rows = bounds, counts, rows
        self.now = DATASET
        self.most = self.running = 0
        self.failure: Exception | None = None

    async def get(self, dataset_id: str) -> DataSet:
        return self.now

    async def query(self, dataset_id: str, sql: str) -> QueryResult:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            for _ in range(20):
                await anyio.lowlevel.checkpoint()
            return QueryResult(columns=[], rows=self._answer(sql))
        finally:
            self.running -= 1

    def _answer(self, sql: str) -> list:
        if "MIN(" in sql:
            return [self.bounds]
        if "SUM(" in sql:
            return [self.counts or [1] * sql.count("SUM(")]
        if self.failure is not None:
            raise self.failure
        return [[n] for n in self.rows or [1]]


async def rows_of(source: Answers, queries: int = 4) -> bytes:
    ranged = RangedRows(source, DATASET, "n", queries, columns=None, memory=1)
    async with aclosing(ranged.chunks()) as chunks:
        return b"".join([chunk async for chunk in chunks])


async def test_change_meanwhile_is_an_error() -> None:
    """Told by the counts, by an answer, or by the description afterwards; waiting cures it."""
    for source, words in (
        (Answers([0, 9, 10, 10], counts=[3, 3, 3, 3]), "counted twice"),
        (Answers([0, 9, 4, 4], rows=[1, 2]), "a range had 1 rows, and 2 came"),
    ):
        with pytest.raises(IncompleteDataError, match=words) as caught:
            await rows_of(source)
        assert caught.value.retryable
    source = Answers([0, 9, 4, 4])
    source.now = DATASET.model_copy(update={"rows": 11})
    with pytest.raises(IncompleteDataError, match="it had 10 rows"):
        await rows_of(source)


async def test_changed_dataset_is_read_again(domo: AsyncDomo, emulator: Emulator, tmp_path: Path) -> None:
    """The job tries again, and what arrives is one state."""
    identity = emulator.add_dataset("Moving", pa.table({"n": list(range(500))}))
    datasets = domo.datasets
    query = datasets.query
    changes = [b"".join(b"%d\n" % n for n in range(1000, 1600))]

    async def disturbed(dataset_id: str, sql: str) -> QueryResult:
        if "MIN(" not in sql and changes:
            await datasets.import_csv(identity, changes.pop())
        return await query(dataset_id, sql)

    datasets.query = disturbed
    naps = Naps()
    options = {identity: DataSetOptions(range_column="n")}
    report = await pull(datasets, [identity], to=tmp_path, options=options, sleep=naps)
    assert report.transfers[0].retries == 1
    assert pq.read_table(report.transfers[0].path)["n"].to_pylist() == list(range(1000, 1600))


async def test_one_value_that_is_everywhere() -> None:
    """A range that cannot be cut further is refused before it takes the memory; so are too many rows without one."""
    with pytest.raises(InvalidArgumentError, match="900 rows have the same value"):
        await rows_of(Answers([5, 5, 900, 900]))
    with pytest.raises(InvalidArgumentError, match="900 rows have no value"):
        await rows_of(Answers([None, None, 900, 0]))


async def test_never_more_queries_than_asked_for() -> None:
    source = Answers([0, 1000, 3000, 3000])
    source.counts = None
    with pytest.raises(IncompleteDataError):
        await rows_of(source, 3)
    assert source.most == 1
    source = Answers([0, 99, 20, 20])
    assert await rows_of(source, 20) == b"1\n" * 20
    assert 1 < source.most <= 20


async def test_errors_come_as_themselves() -> None:
    """Not in a group, and nothing goes on behind them."""
    source = Answers([0, 9, 4, 4])
    for failure in (QueryError("no", status=400), ServerError("down", status=500)):
        source.failure = failure
        with pytest.raises(type(failure)):
            await rows_of(source)
        assert source.running == 0
