"""Slots are fair, come back whatever happens, and follow the load; a pause holds everybody."""

import anyio
import pytest
from anyio import wait_all_tasks_blocked
from anyio.lowlevel import checkpoint

from domo_async.errors import InvalidArgumentError
from domo_async.http.limits import ConcurrencyLimit, Pause, RateLimit

pytestmark = pytest.mark.anyio


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


async def test_slots_are_handed_out_in_the_order_in_which_they_were_asked_for():
    limit = ConcurrencyLimit(1)
    order = []

    async def work(number):
        await limit.acquire()
        order.append(number)
        await checkpoint()
        limit.release()

    async with anyio.create_task_group() as tasks:
        await limit.acquire()
        for number in range(50):
            tasks.start_soon(work, number)
            await wait_all_tasks_blocked()
        limit.release()

    assert order == list(range(50))
    assert (limit.in_flight, limit.waiting) == (0, 0)


async def test_a_newcomer_does_not_overtake_those_who_wait():
    limit = ConcurrencyLimit(1)
    await limit.acquire()
    order = []

    async def work(name):
        await limit.acquire()
        order.append(name)
        limit.release()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work, "waiting")
        await wait_all_tasks_blocked()
        limit.release()
        await work("newcomer")

    assert order == ["waiting", "newcomer"]


async def test_no_more_than_the_limit_are_inside():
    limit = ConcurrencyLimit(7)
    inside, most = 0, 0

    async def work():
        nonlocal inside, most
        await limit.acquire()
        inside += 1
        most = max(most, inside)
        await checkpoint()
        inside -= 1
        limit.release()

    async with anyio.create_task_group() as tasks:
        for _ in range(1_000):
            tasks.start_soon(work)

    assert most == 7
    assert (limit.in_flight, limit.waiting) == (0, 0)


async def test_a_cancelled_waiter_leaves_the_queue():
    limit = ConcurrencyLimit(1)
    await limit.acquire()
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(limit.acquire)
            await wait_all_tasks_blocked()
            assert limit.waiting == 1
            scope.cancel()
    assert (limit.in_flight, limit.waiting) == (1, 0)
    limit.release()
    assert limit.in_flight == 0


async def test_a_waiter_cancelled_with_the_slot_just_handed_over_passes_it_on():
    limit = ConcurrencyLimit(1)
    await limit.acquire()
    reached = []

    async def next_in_line():
        await limit.acquire()
        reached.append(True)
        limit.release()

    async with anyio.create_task_group() as tasks:
        scope = anyio.CancelScope()

        async def unlucky():
            with scope:
                await limit.acquire()
                try:
                    await checkpoint()
                finally:
                    limit.release()

        tasks.start_soon(unlucky)
        await wait_all_tasks_blocked()
        tasks.start_soon(next_in_line)
        await wait_all_tasks_blocked()
        limit.release()
        scope.cancel()

    assert True in reached
    assert (limit.in_flight, limit.waiting) == (0, 0)


async def test_it_shrinks_once_a_second_and_grows_by_one_for_each_round_of_successes():
    clock = Clock()
    limit = ConcurrencyLimit((4, 20), clock=clock)
    assert limit.limit == 20
    for _ in range(100):
        limit.overloaded()
    assert limit.limit == 12
    clock.now += 1.0
    limit.overloaded()
    assert limit.limit == 7
    before = limit.limit
    for _ in range(before + 1):
        limit.succeeded()
    assert limit.limit == before + 1
    for _ in range(20):
        clock.now += 1.0
        limit.overloaded()
    assert limit.limit == 4
    for _ in range(10_000):
        limit.succeeded()
    assert limit.limit == 20


async def test_growing_lets_those_in_who_wait():
    clock = Clock()
    limit = ConcurrencyLimit((1, 3), clock=clock)
    for _ in range(10):
        clock.now += 1.0
        limit.overloaded()
    assert limit.limit == 1
    entered = []

    async def work(number):
        await limit.acquire()
        entered.append(number)

    async with anyio.create_task_group() as tasks:
        for number in range(3):
            tasks.start_soon(work, number)
        await wait_all_tasks_blocked()
        assert len(entered) == 1
        for _ in range(10):
            limit.succeeded()
        await wait_all_tasks_blocked()
        assert sorted(entered) == [0, 1, 2]


@pytest.mark.parametrize("bounds", [0, -1, True, 1.5, "4", (0, 4), (5, 4), (1, 2.5), (True, 4), (1,), (1, 2, 3)])
async def test_bounds_that_make_no_sense_are_refused(bounds):
    with pytest.raises(InvalidArgumentError):
        ConcurrencyLimit(bounds)


async def test_a_pause_is_prolonged_and_never_shortened():
    clock = Clock()
    pause = Pause(clock=clock)
    assert pause.remaining() <= 0
    pause.hold(5.0)
    pause.hold(1.0)
    assert pause.remaining() == 5.0
    clock.now += 4.0
    pause.hold(2.0)
    assert pause.remaining() == 2.0


async def test_a_pause_is_not_believed_for_longer_than_some_minutes():
    """Retry-After of a day must not silence a client for a day: somebody has to look again."""
    pause = Pause(clock=Clock())
    pause.hold(86_400.0)
    assert pause.remaining() == 300.0


async def test_starts_are_evenly_spaced_and_unused_time_is_not_saved_up():
    clock = Clock()
    rate = RateLimit(4, clock=clock)
    assert [rate.reserve() for _ in range(4)] == [0.0, 0.25, 0.5, 0.75]
    clock.now += 100.0
    assert [rate.reserve() for _ in range(2)] == [0.0, 0.25]


@pytest.mark.parametrize("per_second", [0, -1, float("nan"), float("inf"), True, "4"])
async def test_a_rate_that_makes_no_sense_is_refused(per_second):
    with pytest.raises(InvalidArgumentError):
        RateLimit(per_second)
