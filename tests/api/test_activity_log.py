"""The activity log: single pages, and everything since a moment without gaps or repeats."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domo_async.api.activity_windows import ActivityFeed
from domo_async.errors import InvalidArgumentError
from domo_async.models import ActivityEntry

pytestmark = pytest.mark.anyio

START = datetime(2026, 1, 31, 12, tzinfo=UTC)


async def test_list_sends_epoch_milliseconds(wire, domo, sent):
    """Times of any zone become milliseconds; what was left out is not sent."""
    wire.get("/v1/audit").respond(json=[])
    start = datetime(2026, 1, 31, 13, 0, 0, 5999, tzinfo=timezone(timedelta(hours=1)))

    assert await domo.activity_log.list(start, user_id="7").collect() == []

    assert dict(sent().url.params) == {"user": "7", "start": "1769860800005", "limit": "1000", "offset": "0"}


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda log: log.list(datetime(2026, 1, 1)), "start"),
        (lambda log: log.list("2026-01-01"), "start"),
        (lambda log: log.list(START, end=datetime(2027, 1, 1)), "end"),
        (lambda log: log.list(START, end=START - timedelta(days=1)), "end"),
        (lambda log: log.list(START, user_id="ada"), "user_id"),
        (lambda log: log.list(START, page_size=1001), "page_size"),
        (lambda log: log.since(datetime(2026, 1, 1)), "moment"),
        (lambda log: log.since(START, until=START - timedelta(seconds=1)), "until"),
    ],
)
async def test_nonsense_is_not_sent(wire, domo, call, name):
    """A time without a zone could be any of many moments."""
    with pytest.raises(InvalidArgumentError, match=f"^{name}: "):
        call(domo.activity_log)
    assert not wire.calls


@pytest.mark.parametrize("form", ["12h", "iso", "epoch"])
async def test_all_forms_of_time_are_read(live, emulator, form):
    """Whichever way Domo writes it, the moment is the same."""
    emulator.audit.time_form = form
    emulator.audit.record("VIEWED", "PAGE", 5, "Tides", moment=START)

    (entry,) = await live.activity_log.list(START, end=START + timedelta(seconds=1)).collect()

    assert entry.time == START
    assert (entry.action_type, entry.object_id, entry.user_id, entry.event_text) == ("VIEWED", "5", "27", "Viewed page")


async def test_what_happens_is_in_the_log(live):
    """Changes of this client show, newest first."""
    page = await live.pages.create(name="Tides")
    await live.pages.delete(page.id)

    entries = await live.activity_log.list(datetime.now(UTC) - timedelta(minutes=5), user_id=27)

    assert [entry.action_type for entry in entries] == ["DELETED", "CREATED"]
    assert {entry.object_id for entry in entries} == {str(page.id)}


@pytest.mark.parametrize("newest_first", [False, True])
async def test_since_reads_everything_once_and_in_order(live, emulator, newest_first):
    """A burst that no page holds, and long silence around it."""
    moments = [START + timedelta(days=day) for day in range(0, 90, 9)]
    moments += [START + timedelta(days=20, milliseconds=40 * number) for number in range(1500)]
    moments += [START + timedelta(days=40)] * 1200  # more in one second than in one answer, and all alike
    for number, moment in enumerate(sorted(moments)):
        emulator.audit.record("VIEWED", "PAGE", number, "Tides", moment=moment)
    feed = live.activity_log.since(START, until=START + timedelta(days=90), newest_first=newest_first)

    numbers = [int(entry.object_id) async for entry in feed]

    assert numbers == sorted(range(len(moments)), reverse=newest_first)
    assert len(emulator.requests) < 120  # two bursts, each some 23 halvings below 90 days


async def test_new_events_do_not_disturb(live, emulator):
    """What happens while the log is read belongs to the next time, which goes on where this one ended."""
    for second in range(100):
        emulator.audit.record("VIEWED", "PAGE", second, "Tides", moment=START + timedelta(seconds=second))
    feed = live.activity_log.since(START, until=START + timedelta(seconds=100))
    seen = []
    async for entry in feed:
        seen.append(int(entry.object_id))
        emulator.audit.record("VIEWED", "PAGE", 1000 + len(seen), "Later", moment=START + timedelta(seconds=100))
    assert seen == list(range(100))

    rest = await live.activity_log.since(feed.until, until=START + timedelta(seconds=101)).collect()

    assert sorted(int(entry.object_id) for entry in rest) == list(range(1001, 1101))


async def test_until_now_ends_with_the_last_full_second(live, emulator):
    """The running second may still grow, so it is left for the next time."""
    before = datetime.now(UTC)
    feed = live.activity_log.since(before - timedelta(minutes=1))
    assert feed.until.microsecond == 0
    assert feed.until <= datetime.now(UTC)
    assert await live.activity_log.since(before + timedelta(days=1)).collect() == []


class Log:
    """A log like Domo's, with as many unknowns of Domo's as there are."""

    def __init__(self, events, *, cap, ends_count, ascending):
        self.events = sorted(events)
        self.cap = cap
        self.ends_count = ends_count
        self.ascending = ascending
        self.requests = 0

    async def ask(self, start, end, limit, offset):
        self.requests += 1
        chosen = [
            (moment, number)
            for moment, number in self.events
            if start <= moment and (moment <= end if self.ends_count else moment < end)
        ]
        if not self.ascending:
            chosen.reverse()
        return [
            ActivityEntry(object_id=str(number), time=moment // 1000 * 1000)
            for moment, number in chosen[offset : offset + min(limit, self.cap)]
        ]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@given(
    moments=st.lists(st.one_of(st.integers(0, 200_000), st.integers(50_000, 50_200)), max_size=260),
    start=st.integers(0, 3_000),
    cap=st.sampled_from([50, 100]),
    ends_count=st.booleans(),
    ascending=st.booleans(),
    newest_first=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_windows_lose_nothing_and_repeat_nothing(
    anyio_backend, moments, start, cap, ends_count, ascending, newest_first
):
    """Whatever order and borders Domo has, and wherever it caps its answers."""
    import anyio

    log = Log([(m, n) for n, m in enumerate(moments)], cap=cap, ends_count=ends_count, ascending=ascending)
    feed = ActivityFeed(log.ask, start, 200_000, newest_first=newest_first, page_size=100)

    entries = anyio.run(feed.collect)

    expected = [n for n, m in enumerate(moments) if start <= m < 200_000]
    assert sorted(int(entry.object_id or -1) for entry in entries) == expected
    times = [entry.time for entry in entries if entry.time is not None]
    assert times == sorted(times, reverse=newest_first)
