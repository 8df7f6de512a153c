"""A write that is cancelled, wherever it is: the rows are the old ones or the new ones, and no execution is open."""

from __future__ import annotations

import asyncio

import anyio
import pyarrow as pa
import pytest

from domo_async import AsyncDomo
from domo_async.emulator import Emulator
from tests.hooked import hooked

pytestmark = pytest.mark.anyio

OLD = [("old", 0)]
NEW = [(f"new {n}", n) for n in range(3)]
MOST = 40


@pytest.fixture(scope="module")
def emulator():
    with Emulator() as emulator:
        emulator.indexing_time = 0.0
        yield emulator


def table(rows):
    return pa.Table.from_batches([pa.record_batch({"t": [text], "n": [number]}) for text, number in rows])


class Countdown:
    """Cancels when the n-th request is about to be sent, or has been answered but nobody has seen the answer."""

    def __init__(self, moment):
        self.moment = moment
        self.left = 0
        self.cancel = lambda: None

    def start(self, number, cancel):
        self.left, self.cancel = number, cancel

    def count(self):
        self.left -= 1
        if self.left == 0:
            self.cancel()

    async def before(self, request):
        if self.moment == "before":
            self.count()
            await anyio.lowlevel.checkpoint()

    async def after(self, request, response):
        if self.moment == "after":
            self.count()
            await anyio.lowlevel.checkpoint()
        return response


async def check(emulator, domo, name, *, existed):
    streams = await domo.streams.search(name=name).collect()
    assert len(streams) <= 1
    for stream in streams:
        executions = await domo.streams.list_executions(stream.id).collect()
        assert [execution.id for execution in executions if not execution.ended] == []
        rows = [tuple(row.values()) for row in emulator.table(name).to_pylist()]
        assert rows in ([OLD, NEW] if existed else [[], NEW])
        return rows == NEW
    assert not existed
    return False


@pytest.mark.parametrize("existed", [True, False], ids=["existing", "new"])
@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_write_that_is_cancelled_at_any_request(emulator, anyio_backend_name, moment, existed):
    countdown = Countdown(moment)
    async with AsyncDomo(**emulator.connection) as calm, hooked(emulator, countdown.before, countdown.after) as domo:
        outcomes = []
        for number in range(1, MOST):
            name = f"{anyio_backend_name} {moment} {existed} {number:02}"
            if existed:
                await calm.datasets.write(name, table(OLD))
            with anyio.fail_after(20), anyio.CancelScope() as scope:
                countdown.start(number, scope.cancel)
                await domo.datasets.write(name, table(NEW), part_size=1, concurrency=2)
            outcomes.append(await check(emulator, calm, name, existed=existed))
            if not scope.cancelled_caught:
                break
        assert not scope.cancelled_caught
        assert outcomes[-1]
        # First it is too early, and then it is too late: with the commit, and never before it.
        assert outcomes == sorted(outcomes)
        assert outcomes.count(False) >= 5


async def test_a_cancellation_of_asyncio_at_any_request(emulator, anyio_backend_name):
    """``Task.cancel`` knows nothing of scopes and shields."""
    if anyio_backend_name == "trio":
        pytest.skip("asyncio only")
    countdown = Countdown("after")
    async with AsyncDomo(**emulator.connection) as calm, hooked(emulator, countdown.before, countdown.after) as domo:
        for number in range(1, MOST):
            name = f"native {number:02}"
            await calm.datasets.write(name, table(OLD))
            task = asyncio.create_task(domo.datasets.write(name, table(NEW), part_size=1, concurrency=2))
            countdown.start(number, task.cancel)
            (outcome,) = await asyncio.gather(task, return_exceptions=True)
            is_new = await check(emulator, calm, name, existed=True)
            if not isinstance(outcome, asyncio.CancelledError):
                break
        assert outcome.rows == len(NEW)
        assert is_new


async def test_a_client_that_is_closed_meanwhile_mixes_nothing(emulator, anyio_backend_name):
    """It cannot even abort any more; Domo keeps the old rows all the same."""
    name = f"{anyio_backend_name} closed"
    async with AsyncDomo(**emulator.connection) as calm:
        await calm.datasets.write(name, table(OLD))
        domo = AsyncDomo(**emulator.connection)
        async with anyio.create_task_group() as tasks:

            def close(rows, size):
                tasks.start_soon(domo.aclose)

            with pytest.raises(Exception, match="The client is closed"):
                await domo.datasets.write(name, table(NEW), part_size=1, concurrency=1, on_progress=close)
        assert [tuple(row.values()) for row in emulator.table(name).to_pylist()] == OLD
        await calm.datasets.write(name, table(NEW), take_over=True)
        await check(emulator, calm, name, existed=True)
