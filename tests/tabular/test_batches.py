"""The stream of batches: overlap, order, and every way to leave it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pytest

from domo_async.errors import ConnectionLostError, InvalidArgumentError, InvalidResponseError, UnreadableRowError
from domo_async.models import Column, ColumnType, Schema
from domo_async.tabular import batches as batches_module
from domo_async.tabular import read_batches, records
from domo_async.tabular.computing import computing_limiter
from domo_async.tabular.read_ahead import read_ahead

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.anyio

SCHEMA = Schema(columns=[Column(name="Id", type=ColumnType.LONG), Column(name="Text")])
LINE = b"1,some text\n"


class Download:
    """A body that counts what was taken of it, and knows whether it was closed."""

    def __init__(self, chunks: int, *, then: Exception | None = None, hang: bool = False) -> None:
        self.chunks = chunks
        self.then = then
        self.hang = hang
        self.taken = 0
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            for _ in range(self.chunks):
                await anyio.lowlevel.checkpoint()
                self.taken += 1
                yield LINE * 100
            if self.hang:
                await anyio.sleep_forever()
            if self.then:
                raise self.then
        finally:
            self.closed = True


@pytest.fixture(autouse=True)
async def no_thread_is_left(anyio_backend: str) -> AsyncIterator[None]:
    yield
    assert computing_limiter().borrowed_tokens == 0


async def test_all_rows_arrive_in_order() -> None:
    body = Download(50)
    async with read_batches(body, SCHEMA, block_size=1000) as batches:
        rows = [batch.num_rows async for batch in batches]
    assert sum(rows) == 5000
    assert len(rows) > 20
    assert body.closed


async def test_no_bytes_are_no_rows() -> None:
    async with read_batches(Download(0), SCHEMA) as batches:
        assert [batch async for batch in batches] == []


async def test_the_download_waits_for_the_consumer() -> None:
    """An endless body fills a few blocks and no more."""
    body = Download(10**9)
    async with read_batches(body, SCHEMA, block_size=1200) as batches:
        assert (await anext(batches)).num_rows > 0
        await anyio.wait_all_tasks_blocked()
        taken = body.taken
        await anyio.wait_all_tasks_blocked()
        assert body.taken == taken < 20
    assert body.closed


async def test_leaving_early_closes_the_download() -> None:
    body = Download(10**9)
    async with read_batches(body, SCHEMA, block_size=1200) as batches:
        async for _ in batches:
            break
    assert body.closed


async def test_an_error_of_the_consumer_comes_out_as_itself() -> None:
    body = Download(10**9)
    with pytest.raises(ZeroDivisionError):
        async with read_batches(body, SCHEMA, block_size=1200) as batches:
            async for _ in batches:
                raise ZeroDivisionError
    assert body.closed


async def test_a_consumer_cancelled_while_it_waits() -> None:
    """It waits for bytes that never come; cancelling ends the download at once."""
    body = Download(3, hang=True)

    async def consume() -> None:
        async with read_batches(body, SCHEMA, block_size=10**6) as batches:
            async for _ in batches:
                raise AssertionError

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(consume)
        while body.taken < 3:
            await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    assert body.closed


async def test_a_consumer_cancelled_while_the_parser_works() -> None:
    body = Download(10**9)
    with anyio.CancelScope() as scope:
        async with read_batches(body, SCHEMA, block_size=1200) as batches:
            async for _ in batches:
                scope.cancel()
    assert body.closed


async def test_a_download_that_breaks_raises_its_own_error_after_what_came_before() -> None:
    body = Download(40, then=ConnectionLostError("reset"))
    rows = 0
    with pytest.raises(ConnectionLostError, match="reset"):
        async with read_batches(body, SCHEMA, block_size=1000) as batches:
            async for batch in batches:
                rows += batch.num_rows
    assert rows > 3000
    assert body.closed


async def test_a_value_that_cannot_be_read_closes_the_download() -> None:
    async def body() -> AsyncIterator[bytes]:
        yield LINE * 10
        yield b"x,y\n"
        await anyio.sleep_forever()

    with pytest.raises(InvalidResponseError, match="DataSet 'Sales', row 11"):
        async with read_batches(body(), SCHEMA, block_size=len(LINE) * 10 + 4, dataset="Sales") as batches:
            async for _ in batches:
                pass


async def test_the_first_flaw_counts_and_its_row_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks are decoded side by side, and none of them knows how many rows stand before it."""
    monkeypatch.setattr(batches_module, "DECODERS", 8)
    good = b'%d,"text, with\nlines"\n'
    lines = [good % number for number in range(3000)]
    lines[2000], lines[2003], lines[2900] = b"x,y\n", b"z,y\n", b"1,2,3\n"

    async def body() -> AsyncIterator[bytes]:
        yield b"".join(lines)

    rows = 0
    with pytest.raises(UnreadableRowError, match="row 2001, column 'Id'") as caught:
        async with read_batches(body(), SCHEMA, block_size=len(lines[500]) * 4, dataset="Sales") as batches:
            async for batch in batches:
                rows += batch.num_rows
    assert 1990 <= rows <= 2000
    assert (caught.value.dataset, caught.value.row, caught.value.column) == ("Sales", 2001, "Id")
    assert caught.value.value == "'x'"


async def test_odd_values_in_many_blocks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each decoder may be the first to meet one."""
    monkeypatch.setattr(batches_module, "DECODERS", 8)

    async def body() -> AsyncIterator[bytes]:
        for number in range(2000):
            yield b"%d.0,a\n" % number

    async with read_batches(body(), SCHEMA, block_size=200) as batches:
        numbers = [number async for batch in batches for number in batch.column(0).to_pylist()]
    assert numbers == list(range(2000))


async def test_a_record_without_end_is_counted_from_the_rows_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MAX_RECORD_BYTES", 5000)

    async def body() -> AsyncIterator[bytes]:
        yield LINE * 1000
        yield b'1,"' + b"x\n" * 20_000

    with pytest.raises(UnreadableRowError, match=r"row 1001: .*never closed"):
        async with read_batches(body(), SCHEMA, block_size=1000) as batches:
            async for _ in batches:
                pass


async def test_a_wrong_column_is_refused_before_the_download_begins() -> None:
    body = Download(1)
    with pytest.raises(InvalidArgumentError):
        async with read_batches(body, SCHEMA, columns=["Nope"]):
            raise AssertionError
    assert body.taken == 0


async def test_bodies_that_are_no_generators() -> None:
    """Any async iterable will do."""

    class Body:
        left = 3

        def __aiter__(self) -> Body:
            return self

        async def __anext__(self) -> bytes:
            if not self.left:
                raise StopAsyncIteration
            self.left -= 1
            return LINE

    async with read_batches(Body(), SCHEMA) as batches:
        assert sum([batch.num_rows async for batch in batches]) == 3


async def test_reading_ahead_is_bounded() -> None:
    """One item is in the making and `depth` wait."""
    made = 0

    async def numbers() -> AsyncIterator[int]:
        nonlocal made
        while True:
            made += 1
            yield made

    async with read_ahead(numbers(), 3) as items:
        await anyio.wait_all_tasks_blocked()
        assert made == 4
        assert await anext(items) == 1


async def test_after_an_error_the_iteration_is_over() -> None:
    async def numbers() -> AsyncIterator[int]:
        yield 1
        raise ZeroDivisionError

    async with read_ahead(numbers(), 0) as items:
        assert await anext(items) == 1
        with pytest.raises(ZeroDivisionError):
            await anext(items)
        assert [item async for item in items] == []
