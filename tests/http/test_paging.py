"""A pager delivers every item once and in order, asks for no more than it needs, and leaves nothing running."""

import asyncio
import contextlib
import gc

import anyio
import pytest
import sniffio
from anyio import wait_all_tasks_blocked
from anyio.lowlevel import checkpoint

from domo_async.errors import InvalidArgumentError
from domo_async.http.paging import Pager

pytestmark = pytest.mark.anyio


async def settled():
    """Wait until nothing moves; on asyncio a cancellation takes some turns of the loop to arrive."""
    for _ in range(5):
        await checkpoint()
    await wait_all_tasks_blocked()


class Listing:
    """A server that lists the numbers below `total`, and remembers what it was asked for."""

    def __init__(self, total, *, cap=None, ignores_offset=False, ignores_limit=False):
        self.items = list(range(total))
        self.cap = cap
        self.ignores_offset = ignores_offset
        self.ignores_limit = ignores_limit
        self.asked = []
        self.running = 0
        self.most_running = 0
        self.hold = None
        self.failing = {}

    async def fetch(self, offset, limit):
        self.asked.append((offset, limit))
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            if self.hold is not None and offset in self.hold:
                await self.hold[offset].wait()
            await checkpoint()
            if offset in self.failing:
                raise self.failing.pop(offset)
        finally:
            self.running -= 1
        offset = 0 if self.ignores_offset else offset
        limit = len(self.items) if self.ignores_limit else min(limit, self.cap or limit)
        return self.items[offset : offset + limit]

    def pager(self, **options):
        return Pager(self.fetch, **{"page_size": 10, "key": lambda item: item, **options})


def tasks_alive():
    if sniffio.current_async_library() == "asyncio":
        return len(asyncio.all_tasks())
    import trio

    return trio.lowlevel.current_statistics().tasks_living


@contextlib.asynccontextmanager
async def nothing_left_running():
    before = tasks_alive()
    yield
    await settled()
    assert tasks_alive() == before


@pytest.mark.parametrize("total", [0, 1, 9, 10, 11, 20, 99, 100, 101, 777])
@pytest.mark.parametrize("ahead", [1, 2, 16])
async def test_every_item_comes_once_and_in_order(total, ahead):
    listing = Listing(total)
    async with nothing_left_running():
        assert [item async for item in listing.pager(ahead=ahead)] == listing.items
        await settled()
        assert await listing.pager(ahead=ahead).collect() == listing.items
        await settled()
        pages = [page async for page in listing.pager(ahead=ahead).pages()]
    assert [item for page in pages for item in page] == listing.items
    assert [page.offset for page in pages] == list(range(0, total, 10))
    assert not pages or pages[-1].next_offset == total
    assert listing.most_running <= ahead


@pytest.mark.parametrize(("total", "requests"), [(0, 1), (9, 1), (10, 2)])
async def test_without_prefetching_no_request_is_made_in_vain(total, requests):
    listing = Listing(total)
    await listing.pager(ahead=1).collect()
    assert len(listing.asked) == requests


async def test_awaiting_a_pager_makes_one_request():
    listing = Listing(1_000)
    async with nothing_left_running():
        page = await listing.pager()
    assert list(page) == list(range(10))
    assert (page.offset, page.next_offset) == (0, 10)
    assert listing.asked == [(0, 10)]


async def test_a_pager_that_was_not_asked_says_how_to_ask_it():
    listing = Listing(3)
    pager = Pager(listing.fetch, page_size=2)
    with pytest.raises(TypeError, match="async for"):
        for _ in pager:
            pass
    with pytest.raises(TypeError, match="await"):
        pager[0]
    assert listing.asked == []


async def test_awaiting_an_empty_listing_gives_an_empty_page():
    page = await Listing(0).pager(offset=7)
    assert list(page) == []
    assert (page.offset, page.next_offset) == (7, 7)


async def test_leaving_within_the_first_page_makes_one_request():
    listing = Listing(1_000)
    async with nothing_left_running():
        async for item in listing.pager():
            if item == 5:
                break
    assert listing.asked == [(0, 10)]


@pytest.mark.parametrize(
    ("limit", "offset", "expected", "most_asked"),
    [
        (0, 0, range(0), 0),
        (1, 0, range(1), 1),
        (10, 0, range(10), 10),
        (25, 0, range(25), 25),
        (25, 13, range(13, 38), 25),
        (1_000, 90, range(90, 100), 1_000),
        (5, 100, range(0), 5),
        (None, 95, range(95, 100), 10),
    ],
)
async def test_limit_and_offset_are_kept_to(limit, offset, expected, most_asked):
    listing = Listing(100)
    async with nothing_left_running():
        assert await listing.pager(limit=limit, offset=offset).collect() == list(expected)
    assert sum(size for _, size in listing.asked) <= most_asked
    assert all(start >= offset for start, _ in listing.asked)


async def test_a_stored_offset_goes_on_where_the_page_ended():
    listing = Listing(35)
    first = await listing.pager()
    assert await listing.pager(offset=first.next_offset).collect() == list(range(10, 35))


@pytest.mark.parametrize("total", [49, 50, 51, 100, 120, 500, 510])
async def test_a_server_that_clamps_to_50_is_read_to_the_end(total):
    listing = Listing(total, cap=50)
    async with nothing_left_running():
        assert await listing.pager(page_size=500).collect() == listing.items


@pytest.mark.parametrize("key", [None, lambda item: item], ids=["no key", "key"])
async def test_a_server_that_ignores_the_offset_does_not_go_on_for_ever(key):
    listing = Listing(10, ignores_offset=True)
    async with nothing_left_running():
        assert await listing.pager(key=key, ahead=1).collect() == listing.items
        assert await listing.pager(key=key).collect() == listing.items
    assert len(listing.asked) < 60


@pytest.mark.parametrize("key", [None, lambda item: item], ids=["no key", "key"])
async def test_over_long_pages_are_taken_without_repeats(key):
    listing = Listing(100, ignores_limit=True)
    async with nothing_left_running():
        assert await listing.pager(key=key).collect() == listing.items
        assert await listing.pager(key=key, limit=15).collect() == listing.items[:15]


async def test_a_listing_that_grows_at_its_front_shows_no_item_twice_and_loses_none():
    listing = Listing(200)
    seen = []
    async for item in listing.pager(ahead=1):
        seen.append(item)
        if len(seen) in {7, 55}:
            listing.items[:0] = [1_000 + len(seen) * 100 + n for n in range(12)]
    assert len(seen) == len(set(seen))
    assert set(range(200)) <= set(seen)


async def test_pages_come_in_order_though_they_arrive_in_another():
    listing = Listing(60)
    listing.hold = {10: anyio.Event(), 30: anyio.Event()}
    seen = []

    async def read():
        async for page in listing.pager().pages():
            seen.append(page.offset)

    async with nothing_left_running(), anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        await settled()
        assert seen == [0]
        listing.hold[30].set()
        await settled()
        assert seen == [0]
        listing.hold[10].set()
    assert seen == [0, 10, 20, 30, 40, 50]


@pytest.mark.parametrize("items", [True, False], ids=["items", "pages"])
async def test_breaking_out_cancels_what_was_prefetched(items):
    listing = Listing(1_000)
    listing.hold = {offset: anyio.Event() for offset in range(20, 1_000, 10)}
    async with nothing_left_running():
        iterator = aiter(listing.pager() if items else listing.pager().pages())
        for _ in range(15 if items else 2):
            await anext(iterator)
        await settled()
        assert listing.running > 0
        del iterator
        gc.collect()
    assert listing.running == 0


async def test_closing_an_iterator_cancels_what_was_prefetched():
    listing = Listing(1_000)
    listing.hold = {offset: anyio.Event() for offset in range(20, 1_000, 10)}
    async with nothing_left_running():
        async with contextlib.aclosing(aiter(listing.pager())) as iterator:
            for _ in range(15):
                await anext(iterator)
            assert listing.running > 0
        await settled()
        assert listing.running == 0
        with pytest.raises(StopAsyncIteration):
            await anext(iterator)


async def test_a_cancelled_consumer_leaves_nothing_running_and_goes_on_without_a_gap():
    listing = Listing(100)
    listing.hold = {20: anyio.Event()}
    iterator = aiter(listing.pager())
    seen = []

    async def read():
        async for item in iterator:
            seen.append(item)

    async with nothing_left_running():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read)
            await settled()
            tasks.cancel_scope.cancel()
        await settled()
        assert listing.running == 0
    assert seen == list(range(20))
    listing.hold = None
    async for item in iterator:
        seen.append(item)
    assert seen == listing.items


@pytest.mark.parametrize("failing", [0, 10, 30])
async def test_a_page_that_fails_fails_in_its_place_and_the_rest_is_cancelled(failing):
    listing = Listing(100)
    listing.failing = {failing: RuntimeError("broken page")}
    iterator = aiter(listing.pager())
    seen = []
    async with nothing_left_running():
        with pytest.raises(RuntimeError, match="broken page"):
            async for item in iterator:
                seen.append(item)
        await settled()
        assert listing.running == 0
    assert seen == list(range(failing))
    async for item in iterator:
        seen.append(item)
    assert seen == listing.items


async def test_iterating_twice_asks_twice():
    listing = Listing(30)
    pager = listing.pager(ahead=1)
    assert await pager.collect() == await pager.collect() == listing.items
    assert [offset for offset, _ in listing.asked] == [0, 10, 20, 30] * 2


async def test_two_tasks_may_read_one_pager_at_once():
    listing = Listing(100)
    pager = listing.pager()
    results = []

    async def read():
        results.append(await pager.collect())

    async with nothing_left_running(), anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        tasks.start_soon(read)
    assert results == [listing.items, listing.items]


@pytest.mark.parametrize("ahead", [1, 16])
async def test_two_tasks_may_share_one_iterator_and_each_item_goes_to_one_of_them(ahead):
    listing = Listing(300)
    iterator = aiter(listing.pager(ahead=ahead))
    seen = []

    async def read():
        async for item in iterator:
            seen.append(item)
            await checkpoint()

    async with nothing_left_running(), anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(read)
    assert sorted(seen) == listing.items


@pytest.mark.parametrize(
    "options", [{"limit": -1}, {"offset": -1}, {"limit": 1.5}, {"offset": True}, {"page_size": 0}, {"ahead": 0}]
)
async def test_numbers_that_make_no_sense_are_refused_at_once(options):
    with pytest.raises(InvalidArgumentError):
        Listing(1).pager(**options)
