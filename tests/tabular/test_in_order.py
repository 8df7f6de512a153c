"""Work on several items at once: the order stays, errors wait for their turn, and nothing is left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pytest

from domo_async.tabular.in_order import in_order

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.anyio


async def numbers(count: int) -> AsyncIterator[int]:
    for number in range(count):
        yield number


async def test_results_come_in_the_order_of_the_items() -> None:
    """Also when the later ones are ready first."""
    gates = [anyio.Event() for _ in range(4)]

    async def work(number: int) -> int:
        if number < 3:
            await gates[number + 1].wait()  # each waits for the one after it
        gates[number].set()
        return number * 10

    async with in_order(numbers(4), work, 4) as results:
        assert [result async for result in results] == [0, 10, 20, 30]


async def test_as_many_at_once_as_there_may_be() -> None:
    """And no more, however long nobody takes a result."""
    running = peak = made = 0

    async def source() -> AsyncIterator[int]:
        nonlocal made
        while True:
            made += 1
            yield made

    async def work(number: int) -> int:
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        await anyio.wait_all_tasks_blocked()
        running -= 1
        return number

    async with in_order(source(), work, 3) as results:
        assert await anext(results) == 1
        await anyio.wait_all_tasks_blocked()
        assert 2 <= peak <= 3
        assert made <= 5
        assert await anext(results) == 2


@pytest.mark.parametrize("depth", [1, 3])
async def test_an_error_waits_for_its_turn(depth: int) -> None:
    """The results before it are delivered, and after it the iteration is over."""

    async def work(number: int) -> int:
        if number == 2:
            raise ZeroDivisionError
        await anyio.lowlevel.checkpoint()
        return number

    async with in_order(numbers(9), work, depth) as results:
        assert [await anext(results), await anext(results)] == [0, 1]
        with pytest.raises(ZeroDivisionError):
            await anext(results)


async def test_an_error_of_the_source_comes_after_all_results() -> None:
    async def source() -> AsyncIterator[int]:
        yield 1
        yield 2
        raise ZeroDivisionError

    async def work(number: int) -> int:
        await anyio.wait_all_tasks_blocked()
        return number

    async with in_order(source(), work, 3) as results:
        assert [await anext(results), await anext(results)] == [1, 2]
        with pytest.raises(ZeroDivisionError):
            await anext(results)
        assert [result async for result in results] == []


async def test_a_consumer_that_loses_patience_loses_no_result() -> None:
    may_end = anyio.Event()

    async def work(number: int) -> int:
        await may_end.wait()
        return number

    async with in_order(numbers(2), work, 2) as results:
        with anyio.CancelScope() as impatient:
            async with anyio.create_task_group() as tasks:

                async def give_up() -> None:
                    await anyio.wait_all_tasks_blocked()
                    impatient.cancel()

                tasks.start_soon(give_up)
                await anext(results)
        assert impatient.cancelled_caught
        may_end.set()
        assert [result async for result in results] == [0, 1]


async def test_leaving_ends_the_work_and_closes_the_source() -> None:
    closed = cancelled = False

    async def source() -> AsyncIterator[int]:
        nonlocal closed
        try:
            yield 0
            yield 1
            await anyio.sleep_forever()
        finally:
            closed = True

    async def work(number: int) -> int:
        nonlocal cancelled
        try:
            if number:
                await anyio.sleep_forever()
        except anyio.get_cancelled_exc_class():
            cancelled = True
            raise
        return number

    with pytest.raises(ZeroDivisionError):
        async with in_order(source(), work, 2) as results:
            assert await anext(results) == 0
            await anyio.wait_all_tasks_blocked()
            raise ZeroDivisionError
    assert closed
    assert cancelled
