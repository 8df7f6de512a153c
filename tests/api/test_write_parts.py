"""Rows on their way as parts: several at a time, in their order, in bounded memory, and all or none of them."""

from __future__ import annotations

import gc

import anyio
import httpx
import pyarrow as pa
import pytest

from domo_async import AsyncDomo
from domo_async.errors import ExecutionError, InvalidArgumentError, InvalidDataError, SchemaMismatchError
from tests.hooked import hooked

pytestmark = pytest.mark.anyio

TIDES = pa.table({"gauge": ["north", None, ""], "level": [1, 2, None]})
MORE = pa.table({"level": [7], "gauge": ["east"]})


def in_pieces(table, rows=1):
    """A table of such small batches that each becomes a part, with a part size of one byte."""
    return pa.Table.from_batches(table.to_batches(max_chunksize=rows))


def rows(emulator, name="Tides"):
    return [tuple(row.values()) for row in emulator.table(name).to_pylist()]


def calls(emulator):
    return [f"{record.method} {record.path}" for record in emulator.requests if record.path != "/oauth/token"]


async def test_parts_go_up_several_at_a_time_in_their_order(emulator):
    table = pa.table({"n": list(range(12))})
    now, most = 0, 0
    enough = anyio.Event()

    async def before(request):
        nonlocal now, most
        if "/part/" in request.url.path:
            now += 1
            most = max(most, now)
            if now == 3:
                enough.set()
            await enough.wait()

    async def after(request, response):
        nonlocal now
        now -= "/part/" in request.url.path
        return response

    progress = []
    async with hooked(emulator, before, after) as domo:
        done = await domo.datasets.write(
            "Numbers",
            in_pieces(table),
            part_size=1,
            concurrency=3,
            on_progress=lambda rows, size: progress.append((rows, size)),
        )
    assert most == 3
    assert emulator.table("Numbers").column(0).to_pylist() == list(range(12))
    assert (done.rows, done.parts) == (12, 12)
    assert len(progress) == 12
    assert [sum(each) for each in zip(*progress, strict=True)] == [done.rows, done.sent_bytes]
    parts = sorted(int(path.rpartition("/")[2]) for path in calls(emulator) if "/part/" in path)
    assert parts == list(range(1, 13))


async def test_parts_wait_to_be_cut_until_there_is_room(emulator):
    """While none gets away, only so many batches are taken from the source."""
    taken = 0
    stuck = anyio.Event()

    async def source():
        nonlocal taken
        for number in range(500):
            taken += 1
            yield pa.record_batch({"n": [number]})

    async def before(request):
        if request.url.path.endswith("/part/1"):
            await anyio.wait_all_tasks_blocked()
            stuck.set()
        if "/part/" in request.url.path:
            await stuck.wait()

    async with hooked(emulator, before) as domo:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: domo.datasets.write("Numbers", source(), part_size=1, concurrency=2))
            await stuck.wait()
            assert taken < 50
    assert emulator.table("Numbers").num_rows == 500


async def test_an_error_of_the_source_is_raised_as_it_is(live, emulator):
    class OwnError(Exception):
        pass

    async def source():
        yield pa.record_batch({"gauge": ["a"], "level": [1]})
        raise OwnError

    await live.datasets.write("Tides", TIDES)
    with pytest.raises(OwnError):
        await live.datasets.write("Tides", source(), part_size=1)
    assert len(rows(emulator)) == 3
    assert emulator.dataset_ids.keys() == {"Tides"}


async def test_a_value_that_does_not_fit_aborts(live, emulator):
    await live.datasets.write("Tides", TIDES)
    table = pa.table({"gauge": ["a"] * 30, "level": [1.0] * 29 + [0.5]})
    with pytest.raises(InvalidDataError, match="row 30, column 'level'"):
        await live.datasets.write("Tides", in_pieces(table), part_size=1)
    assert (await live.streams.get_execution(1, 2)).failed
    assert len(rows(emulator)) == 3


async def test_a_progress_callback_that_fails_aborts(live, emulator):
    def fail(rows, size):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await live.datasets.write("Tides", TIDES, on_progress=fail)
    assert calls(emulator)[-1].endswith("/1/abort")


# One's own execution


async def test_uploads_number_their_parts_after_those_that_are_there(live, emulator):
    stream = await live.streams.create(
        name="Tides", schema={"gauge": "STRING", "level": "LONG"}, update_method="REPLACE"
    )
    async with live.streams.execution(stream.id) as execution:
        await execution.upload_part(1, "first,1\n")
        sent = await execution.upload(in_pieces(TIDES), part_size=1)
        assert (sent.rows, sent.parts) == (3, 3)
        await execution.upload_part(5, "last,9\n")
        with pytest.raises(InvalidArgumentError, match="part: 3 stands for rows that `upload` has sent"):
            await execution.upload_part(3, "")
        await execution.upload(MORE)
    await execution.wait()
    assert [row[0] for row in rows(emulator)] == ["first", "north", None, "", "last", "east"]


async def test_uploads_at_the_same_time_leave_no_gap(live, emulator):
    stream = await live.streams.create(name="Numbers", schema={"n": "LONG"}, update_method="REPLACE")
    async with live.streams.execution(stream.id) as execution, anyio.create_task_group() as tasks:
        for start in (0, 10, 20):
            table = in_pieces(pa.table({"n": list(range(start, start + 10))}))
            tasks.start_soon(lambda table: execution.upload(table, part_size=1, concurrency=2), table)
    await execution.wait()
    assert sorted(emulator.table("Numbers").column(0).to_pylist()) == list(range(30))


async def test_an_upload_that_failed_cannot_be_committed(live, emulator):
    """Some of its rows are there: an error that is swallowed must not make a DataSet of them."""
    stream = await live.streams.create(name="Numbers", schema={"n": "LONG"}, update_method="REPLACE")
    with pytest.raises(ExecutionError, match="lacks rows: an upload failed"):
        async with live.streams.execution(stream.id) as execution:
            with pytest.raises(InvalidDataError):
                await execution.upload(in_pieces(pa.table({"n": [1.0] * 40 + [0.5]})), part_size=1)
    assert emulator.table("Numbers").num_rows == 0
    assert (await live.streams.get_execution(stream.id, 1)).failed


async def test_an_upload_of_other_columns_sends_nothing(live):
    stream = await live.streams.create(name="Numbers", schema={"n": "LONG"}, update_method="REPLACE")
    async with live.streams.execution(stream.id) as execution:
        with pytest.raises(SchemaMismatchError, match=r"the DataSet of stream \d+: new: 'gauge'"):
            await execution.upload(TIDES)
        await execution.upload(pa.table({"N": [5]}))
    assert (await live.streams.schema(stream.id)).names == ["n"]


def exchanges():
    """Requests and answers that are in memory."""
    return [one for one in gc.get_objects() if isinstance(one, httpx.Request | httpx.Response)]


async def test_what_was_sent_is_let_go_at_once(emulator):
    """Nothing waits for the garbage collector: until that comes, a long upload would keep all of its parts."""
    table = pa.table({"n": list(range(12))})
    async with AsyncDomo(**emulator.connection) as domo:
        await domo.datasets.write("Numbers", in_pieces(table), part_size=1)
        gc.collect()
        gc.disable()
        try:
            others = {id(one) for one in exchanges()}
            await domo.datasets.write("Numbers", in_pieces(table), part_size=1)
            kept = [one for one in exchanges() if id(one) not in others]
        finally:
            gc.enable()
    assert kept == []
