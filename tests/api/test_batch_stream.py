"""Batches reach whoever asks for them, whatever becomes of the asking."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager

import anyio
import pyarrow as pa
import pytest

from domo_async.api.batch_stream import BatchStream
from domo_async.errors import IncompleteDataError

BATCHES = [pa.record_batch({"n": [number]}) for number in range(4)]


def stream_of(batches, failure=None):
    @asynccontextmanager
    async def opened():
        async def arriving():
            for batch in batches:
                for _ in range(3):
                    await anyio.lowlevel.checkpoint()
                yield batch
            if failure is not None:
                raise failure

        async with aclosing(arriving()) as iterator:
            yield iterator

    return BatchStream(opened)


async def asked_impatiently(stream, turns):
    """All batches, where every other task that asks is cancelled after some turns of the loop."""
    seen = []
    while True:
        task = asyncio.create_task(anext(stream))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            if isinstance(task.exception(), StopAsyncIteration | RuntimeError):
                return seen
            seen.append(task.result())
        try:
            seen.append(await anext(stream))
        except StopAsyncIteration:
            return seen


@pytest.mark.parametrize("turns", range(12))
@pytest.mark.asyncio
async def test_a_batch_whose_asker_was_cancelled_comes_next_time(turns):
    """``Task.cancel``, and so ``asyncio.timeout``, may come between the handing over and the waking up."""
    async with stream_of(BATCHES) as stream:
        assert await asked_impatiently(stream, turns) == BATCHES


@pytest.mark.parametrize("turns", range(12))
@pytest.mark.asyncio
async def test_a_failure_whose_asker_was_cancelled_comes_next_time(turns):
    failure = IncompleteDataError("other rows arrived")
    async with stream_of([], failure) as stream:
        task = asyncio.create_task(anext(stream))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        with pytest.raises(IncompleteDataError):
            await anext(stream)


@pytest.mark.anyio
async def test_two_who_ask_share_the_batches():
    stream = stream_of(BATCHES)
    shares = [[], []]

    async def ask(share):
        async for batch in stream:
            share.append(batch)
            await anyio.lowlevel.checkpoint()

    async with stream, anyio.create_task_group() as tasks:
        for share in shares:
            tasks.start_soon(ask, share)
    assert sorted(batch["n"][0].as_py() for share in shares for batch in share) == [0, 1, 2, 3]


@pytest.mark.anyio
async def test_closed_is_over():
    stream = stream_of(BATCHES)
    assert await anext(stream) == BATCHES[0]
    await stream.aclose()
    assert [batch async for batch in stream] == []
