"""A pull that is cancelled while the target works gives the target back."""

from __future__ import annotations

import asyncio
import threading

import anyio
import pyarrow as pa
import pytest

from domo_async import AsyncDomo
from domo_async.emulator import Emulator
from domo_async.jobs.targets.folder import FolderTarget

ROWS = pa.table({"n": range(10)})


@pytest.fixture(scope="module")
def emulator():
    with Emulator(datasets={"Rows": ROWS}) as emulator:
        yield emulator


@pytest.mark.parametrize("step", ["open", "staging", "commit", "close"])
@pytest.mark.asyncio
async def test_the_target_is_free_after_a_cancellation(emulator, tmp_path, monkeypatch, step):
    begun, go = threading.Event(), threading.Event()
    work = getattr(FolderTarget, step)

    def slowly(self, *given, **named):
        begun.set()
        go.wait(10)
        return work(self, *given, **named)

    async with AsyncDomo(**emulator.connection) as domo:
        ids = list(emulator.dataset_ids.values())
        with monkeypatch.context() as patch:
            patch.setattr(FolderTarget, step, slowly)
            task = asyncio.create_task(domo.pull(ids, to=tmp_path / "lake"))
            await anyio.to_thread.run_sync(begun.wait, 10)
            for _ in range(3):
                task.cancel()
                await asyncio.sleep(0)
            go.set()
            with pytest.raises(asyncio.CancelledError):
                await task
        report = await domo.pull(ids, to=tmp_path / "lake")
        assert [transfer.rows for transfer in report.transfers] == [10]
        assert list((tmp_path / "lake").glob(".*.part-*")) == []
