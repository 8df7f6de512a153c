"""Rows into parts: lossless, in order, in bounded memory, and leaving nothing behind."""

from __future__ import annotations

import gzip
import zlib
from contextlib import aclosing
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domo_async.errors import InvalidArgumentError, InvalidDataError
from domo_async.models import Column, ColumnType, Schema
from domo_async.tabular.computing import computing_limiter
from domo_async.tabular.csv_blocks import CsvBlock
from domo_async.tabular.csv_decoder import CsvDecoder
from domo_async.tabular.parts import Part, cut_parts
from tests.tabular.arrow_tables import Written, tables

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

NUMBERS = Schema(columns=[Column(name="n", type=ColumnType.LONG), Column(name="text")])


async def stream(batches: Iterable[pa.RecordBatch]) -> AsyncIterator[pa.RecordBatch]:
    for batch in batches:
        await anyio.lowlevel.checkpoint()
        yield batch


def numbers(count: int, start: int = 0) -> pa.RecordBatch:
    return pa.record_batch({"n": range(start, start + count), "text": [f"row {start + i}" for i in range(count)]})


async def parts_of(batches: Iterable[pa.RecordBatch], columns: Schema, **options: object) -> list[Part]:
    async with aclosing(cut_parts(stream(batches), columns, **options)) as parts:
        return [part async for part in parts]


def decode(parts: list[Part], columns: Schema) -> pa.Table:
    decoder = CsvDecoder(columns)
    batches = [decoder.decode(CsvBlock(gzip.decompress(part.content))) for part in parts]
    return pa.Table.from_batches(batches, schema=decoder.schema)


@pytest.fixture
async def nothing_is_left(anyio_backend: str) -> AsyncIterator[None]:
    yield
    assert computing_limiter().borrowed_tokens == 0  # each thread holds one until its work is done


@given(tables(), st.sampled_from([1, 40, 2**20]))
@settings(max_examples=120)
def test_what_is_written_is_what_is_read(table: Written, part_size: int) -> None:
    """Any table of any layout, cut anywhere: the same values, null and empty text apart."""

    async def write() -> list[Part]:
        return await parts_of(table.batches, table.columns, part_size=part_size)

    parts = anyio.run(write)
    assert decode(parts, table.columns).equals(table.expected)
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))
    assert sum(part.rows for part in parts) == table.expected.num_rows
    assert [part.csv_bytes for part in parts] == [len(gzip.decompress(part.content)) for part in parts]
    if part_size == 1:
        assert {part.rows for part in parts} <= {1}


@pytest.mark.anyio
async def test_parts_are_of_the_size_that_was_asked_for(nothing_is_left: None) -> None:
    """All but the last are as full as they can be, whatever the batches were."""
    batches = [numbers(1 + start * 7919 % 2000, start) for start in range(300)]
    parts = await parts_of(batches, NUMBERS, part_size=500_000)
    assert len(parts) > 5
    assert all(350_000 < part.csv_bytes <= 500_000 for part in parts[:-1])
    assert sum(part.rows for part in parts) == sum(batch.num_rows for batch in batches)
    assert decode(parts, NUMBERS).equals(pa.Table.from_batches(batches))


@pytest.mark.anyio
@pytest.mark.parametrize("workers", [1, 2, 5])
async def test_the_same_rows_make_the_same_bytes(workers: int, nothing_is_left: None) -> None:
    batches = [numbers(40_000, start) for start in range(0, 200_000, 40_000)]
    assert await parts_of(batches, NUMBERS, workers=workers) == await parts_of(batches, NUMBERS, workers=1)


@pytest.mark.anyio
async def test_no_rows_are_no_parts(nothing_is_left: None) -> None:
    assert await parts_of([], NUMBERS) == []
    assert await parts_of([numbers(0)], NUMBERS) == []


@pytest.mark.anyio
async def test_a_part_is_one_gzip_member(nothing_is_left: None) -> None:
    """Some readers of gzip, Java's among them, may stop after the first."""
    (part,) = await parts_of([numbers(200_000)], NUMBERS)
    reader = zlib.decompressobj(31)
    text = reader.decompress(part.content)
    assert reader.eof
    assert reader.unused_data == b""
    assert text.count(b"\n") == part.rows == 200_000


@pytest.mark.anyio
async def test_a_huge_cell(nothing_is_left: None) -> None:
    """A row as large as can be read at all, among small ones."""
    huge = "x," * (31 * 2**20) + '"'
    batch = pa.record_batch({"n": [1, 2, 3], "text": ["a", huge, None]})
    parts = await parts_of([batch], NUMBERS, part_size=2**20)
    assert [part.rows for part in parts] == [1, 1, 1]
    assert gzip.decompress(parts[1].content) == f'2,"{huge}""\n'.encode()
    assert gzip.decompress(parts[2].content) == b"3,\n"


@pytest.mark.anyio
async def test_columns_are_found_by_name(nothing_is_left: None) -> None:
    """In the DataSet's order, without regard to case; one that does not come is null."""
    columns = Schema(columns=[Column(name="TEXT"), Column(name="New", type=ColumnType.DATE), *NUMBERS.columns[:1]])
    (part,) = await parts_of([numbers(2)], columns)
    assert gzip.decompress(part.content) == b'"row 0",,0\n"row 1",,1\n'


@pytest.mark.anyio
async def test_a_column_that_the_dataset_has_not(nothing_is_left: None) -> None:
    with pytest.raises(InvalidArgumentError, match="no column 'text'"):
        await parts_of([numbers(2)], Schema(columns=NUMBERS.columns[:1]))


@pytest.mark.anyio
async def test_batches_may_change_their_layout(nothing_is_left: None) -> None:
    """A column that was null so far has no type until a value comes."""
    batches = [
        pa.record_batch({"n": [1], "text": pa.nulls(1)}),
        pa.record_batch({"text": pa.array(["a"]).dictionary_encode(), "n": pa.array([2], pa.int8())}),
    ]
    (part,) = await parts_of(batches, NUMBERS)
    assert gzip.decompress(part.content) == b'1,\n2,"a"\n'


@pytest.mark.anyio
async def test_dictionaries_may_differ_from_batch_to_batch(nothing_is_left: None) -> None:
    batches = [pa.record_batch({"n": [n], "text": pa.array([f"{n}"]).dictionary_encode()}) for n in range(3)]
    (part,) = await parts_of(batches, NUMBERS)
    assert gzip.decompress(part.content) == b'0,"0"\n1,"1"\n2,"2"\n'


@pytest.mark.anyio
async def test_the_row_of_an_error_is_counted_over_all_batches(nothing_is_left: None) -> None:
    batches = [numbers(1000, start).cast(pa.schema([("n", pa.uint64()), ("text", pa.string())])) for start in range(5)]
    batches.append(pa.record_batch({"n": pa.array([1, 2**63], pa.uint64()), "text": ["", ""]}))
    with pytest.raises(InvalidDataError, match=r"orders, row 5002, column 'n': .* LONG: 9223372036854775808") as caught:
        await parts_of(batches, NUMBERS, dataset="orders")
    error = caught.value
    assert (error.source, error.row, error.column, error.value) == ("orders", 5002, "n", "9223372036854775808")


@pytest.mark.parametrize("options", [{"part_size": 0}, {"workers": 0}])
def test_impossible_options(options: dict[str, int]) -> None:
    with pytest.raises(InvalidArgumentError, match="not a positive number"):
        cut_parts(stream([]), NUMBERS, **options)


def test_no_columns() -> None:
    with pytest.raises(InvalidArgumentError, match="without columns"):
        cut_parts(stream([]), Schema())


class Endless:
    """Batches without end, which knows how many were taken, and whether it was closed."""

    def __init__(self, *, then: Exception | None = None, after: int = 10**9) -> None:
        self.taken = 0
        self.closed = False
        self._then = then
        self._after = after

    async def __aiter__(self) -> AsyncIterator[pa.RecordBatch]:
        try:
            while self.taken < self._after:
                self.taken += 1
                await anyio.lowlevel.checkpoint()
                yield BATCH
            if self._then:
                raise self._then
            await anyio.sleep_forever()
        finally:
            self.closed = True


BATCH = numbers(20_000)


@pytest.mark.anyio
async def test_rows_wait_for_whoever_takes_the_parts(nothing_is_left: None) -> None:
    """An endless source fills a few portions and no more."""
    source = Endless()
    async with aclosing(cut_parts(aiter(source), NUMBERS, part_size=2**20)) as parts:
        await anext(parts)
        taken = source.taken
        await anyio.wait_all_tasks_blocked()
        assert source.taken == taken < 40
    assert source.closed


@pytest.mark.anyio
async def test_cancelled_while_threads_compute(nothing_is_left: None) -> None:
    source = Endless()
    with anyio.CancelScope() as scope:
        async with aclosing(cut_parts(aiter(source), NUMBERS, part_size=10**9)) as parts:
            async with anyio.create_task_group() as tasks:

                async def cancel() -> None:
                    while not computing_limiter().borrowed_tokens:
                        await anyio.lowlevel.checkpoint()
                    scope.cancel()

                tasks.start_soon(cancel)
                await anext(parts)
    assert scope.cancelled_caught
    assert source.closed


@pytest.mark.anyio
async def test_cancelled_while_it_waits_for_rows(nothing_is_left: None) -> None:
    source = Endless(after=3)
    with anyio.CancelScope() as scope:
        async with aclosing(cut_parts(aiter(source), NUMBERS, part_size=10**9)) as parts:
            async with anyio.create_task_group() as tasks:

                async def cancel() -> None:
                    while source.taken < 3:
                        await anyio.lowlevel.checkpoint()
                    await anyio.wait_all_tasks_blocked()
                    scope.cancel()

                tasks.start_soon(cancel)
                await anext(parts)
    assert scope.cancelled_caught
    assert source.closed


@pytest.mark.anyio
async def test_an_error_of_the_source_comes_out_as_itself(nothing_is_left: None) -> None:
    source = Endless(then=ZeroDivisionError(), after=3)
    with pytest.raises(ZeroDivisionError):
        async with aclosing(cut_parts(aiter(source), NUMBERS)) as parts:
            await anext(parts)
    assert source.closed


@pytest.mark.anyio
async def test_it_may_be_held_over_the_scopes_of_its_consumer(nothing_is_left: None) -> None:
    """Begun inside a task group and closed after it: it has no scope of its own that could be left in wrong order."""
    source = Endless()
    parts = cut_parts(aiter(source), NUMBERS, part_size=2**20)
    async with anyio.create_task_group() as tasks:
        await anext(parts)
        tasks.cancel_scope.cancel()
    await anext(parts)
    await parts.aclose()
    assert source.closed
