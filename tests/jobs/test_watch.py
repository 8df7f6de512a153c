"""Watching DataSets: what is told, what is never lost, and what it costs."""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pytest
from anyio.lowlevel import checkpoint

from domo_async import AsyncDomo
from domo_async.emulator import Emulator
from domo_async.errors import (
    ClientClosedError,
    ConnectionFailedError,
    InvalidArgumentError,
    InvalidCredentialsError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
)
from domo_async.jobs import (
    DataSetChanged,
    DataSetCreated,
    DataSetGone,
    DataSetWatch,
    SeenDataSet,
    Selection,
    WatchState,
)
from domo_async.testing import ManualClock
from tests.jobs.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from domo_async.models import DataSet, DataSetSummary

pytestmark = pytest.mark.anyio

MOMENT = datetime(2026, 7, 8, 1, 2, 3, 456000, tzinfo=UTC)
LATER = MOMENT + timedelta(hours=1)
EVERYTHING = Selection.everything()


class Moody(Shelf):
    """A shelf whose listing and whose DataSets can fail."""

    def __init__(self) -> None:
        super().__init__()
        self.away: Exception | None = None
        self.refusals: dict[str, Exception] = {}
        self.looks = 0

    async def list(self, *, name_like: str | None = None, sort: str | None = None) -> AsyncIterator[DataSetSummary]:
        self.looks += 1
        if self.away is not None:
            raise self.away
        async with aclosing(super().list(name_like=name_like, sort=sort)) as listing:
            async for dataset in listing:
                yield dataset

    async def get(self, dataset_id: str) -> DataSet:
        if self.away is not None:
            raise self.away
        if dataset_id in self.refusals:
            raise self.refusals[dataset_id]
        return await super().get(dataset_id)


@pytest.fixture
def shelf() -> Moody:
    shelf = Moody()
    for name in "abc":
        shelf.put(name, 10, updated_at=MOMENT, data_current_at=MOMENT.replace(microsecond=0), columns=2)
    return shelf


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def watching(shelf: Shelf, items: object, clock: ManualClock, **options) -> DataSetWatch:
    return DataSetWatch(shelf, items, clock=clock, sleep=clock.sleep, **options)


async def next_of(watch: DataSetWatch, clock: ManualClock):
    """The next event; time passes as long as nobody has it."""
    found: list[object] = []

    async def take() -> None:
        found.append(await anext(watch))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(take)
        while not found:
            await anyio.wait_all_tasks_blocked()
            if clock.sleeping:
                clock.advance(10)
            await checkpoint()
    return found[0]


async def look(watch: DataSetWatch, clock: ManualClock, times: int = 1) -> None:
    """Let it look so often, without an event."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(anext, watch)
        for _ in range(times):
            await anyio.wait_all_tasks_blocked()
            assert clock.sleeping == 1, "it looks only when its time has come"
            clock.advance(66.1)
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize("items", [EVERYTHING, ["a", "b", "c"]], ids=["listing", "ids"])
async def test_rows_that_change_are_told_once(shelf: Moody, clock: ManualClock, items: object) -> None:
    """A new moment of the data is an event, with what was there before; a new description is none."""
    async with watching(shelf, items, clock) as changes:
        shelf.change("a", description="New words", updated_at=LATER)
        shelf.change("b", data_current_at=LATER, updated_at=LATER)
        change = await next_of(changes, clock)

        assert isinstance(change, DataSetChanged)
        assert (change.dataset_id, change.reason) == ("b", "its rows were changed")
        assert change.before.data_current_at == MOMENT.replace(microsecond=0)
        assert change.dataset.data_current_at == LATER
        assert changes.state.datasets["b"].data_current_at == LATER
        await look(changes, clock, times=3)


async def test_changes_between_two_looks_are_one(shelf: Moody, clock: ManualClock) -> None:
    """However slow the caller is, the last state wins, and what happened during the block's beginning counts."""
    async with watching(shelf, EVERYTHING, clock) as changes:
        for rows in range(11, 200):
            shelf.change("a", rows=rows)
            clock.advance(60)
        change = await next_of(changes, clock)
        assert (change.before.rows, change.dataset.rows) == (10, 199)
        assert len(shelf.listings) == 2
        await look(changes, clock)


async def test_dataset_comes_and_goes(shelf: Moody, clock: ManualClock) -> None:
    """A new one is created, a deleted one is gone, and the same id may come again."""
    async with watching(shelf, EVERYTHING, clock) as changes:
        shelf.put("d", 5)
        created = await next_of(changes, clock)
        del shelf.datasets["d"]
        gone = await next_of(changes, clock)
        shelf.put("d", 6)
        again = await next_of(changes, clock)

    assert isinstance(created, DataSetCreated)
    assert isinstance(gone, DataSetGone)
    assert isinstance(again, DataSetCreated)
    assert (created.dataset.rows, gone.before.rows, again.dataset.rows) == (5, 5, 6)


async def test_stub_of_a_deleted_dataset_is_gone(shelf: Moody, clock: ManualClock) -> None:
    """Domo keeps a stub that says so."""
    async with watching(shelf, ["a"], clock) as changes:
        shelf.change("a", deleted=True)
        change = await next_of(changes, clock)
    assert isinstance(change, DataSetGone)
    assert change.reason == "it is deleted"


async def test_dataset_that_leaves_the_selection_is_gone(shelf: Moody, clock: ManualClock) -> None:
    """Renamed, it is not deleted; the event says why."""
    async with watching(shelf, Selection.names("Name *"), clock) as changes:
        shelf.change("b", name="Something else", updated_at=LATER)
        change = await next_of(changes, clock)
    assert isinstance(change, DataSetGone)
    assert change.reason == "it does not belong to the selection any more"


async def test_listing_that_leaves_one_out_proves_nothing(shelf: Moody, clock: ManualClock) -> None:
    """Pages that move while they are read may skip one: it is asked for before it is called gone."""
    async with watching(shelf, EVERYTHING, clock) as changes:
        hidden = shelf.datasets.pop("b")

        async def get(dataset_id: str) -> DataSet:
            shelf.gets.append(dataset_id)
            return hidden

        shelf.get = get
        await look(changes, clock)
        assert shelf.gets == ["b"]
        assert "b" in changes.state.datasets


async def test_id_that_is_not_there_yet(shelf: Moody, clock: ManualClock, caplog: pytest.LogCaptureFixture) -> None:
    """It is watched, the log says so, and it is created when it comes."""
    async with watching(shelf, ["a", "new"], clock) as changes:
        assert "DataSet new is watched, and not there yet" in caplog.text
        shelf.put("new", 1)
        assert isinstance(await next_of(changes, clock), DataSetCreated)


async def test_outage_is_said_and_survived(shelf: Moody, clock: ManualClock, caplog: pytest.LogCaptureFixture) -> None:
    """One warning for the whole outage, soon another look, and no event is lost or made up."""
    caplog.set_level(logging.INFO)
    async with watching(shelf, EVERYTHING, clock) as changes:
        shelf.away = ConnectionFailedError("nobody there")
        shelf.change("c", rows=11)
        await look(changes, clock, times=5)
        assert isinstance(changes.error, ConnectionFailedError)
        before = changes.checked_at
        shelf.away = None
        change = await next_of(changes, clock)

        assert (change.dataset_id, change.dataset.rows) == ("c", 11)
        assert changes.error is None
        assert changes.checked_at > before
    assert Counter(record.levelname for record in caplog.records) == {"WARNING": 1, "INFO": 1}


async def test_retry_after_is_kept(shelf: Moody, clock: ManualClock) -> None:
    """Domo's own wish comes before the interval."""
    async with watching(shelf, EVERYTHING, clock, every=5.0) as changes:
        shelf.away = RateLimitError("slow down", status=429, retry_after=1000.0)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(anext, changes)
            await anyio.wait_all_tasks_blocked()
            clock.advance(6)
            await anyio.wait_all_tasks_blocked()
            looks = shelf.looks
            clock.advance(990)
            await anyio.wait_all_tasks_blocked()
            assert shelf.looks == looks
            clock.advance(11)
            await anyio.wait_all_tasks_blocked()
            assert shelf.looks == looks + 1
            tasks.cancel_scope.cancel()


async def test_what_waiting_does_not_cure_is_raised(shelf: Moody, clock: ManualClock) -> None:
    """Refused credentials end the loop; the watch goes on from there if somebody wants it to."""
    async with watching(shelf, EVERYTHING, clock) as changes:
        shelf.away = InvalidCredentialsError("no such client", status=401)
        shelf.change("a", rows=11)
        with pytest.raises(InvalidCredentialsError):
            clock.advance(100)
            await anext(changes)
        shelf.away = None
        assert (await next_of(changes, clock)).dataset_id == "a"


async def test_first_look_of_a_block_raises(shelf: Moody, clock: ManualClock) -> None:
    """Without it there is nothing to promise; the plain loop waits instead."""
    shelf.away = ConnectionFailedError("nobody there")
    with pytest.raises(ConnectionFailedError):
        async with watching(shelf, EVERYTHING, clock):
            pass
    changes = watching(shelf, EVERYTHING, clock)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(anext, changes)
        await anyio.wait_all_tasks_blocked()
        assert changes.error is shelf.away
        shelf.away = None
        clock.advance(10)
        await anyio.wait_all_tasks_blocked()
        assert set(changes.state.datasets) == set("abc")
        tasks.cancel_scope.cancel()


async def test_403_for_everything_deletes_nothing(shelf: Moody, clock: ManualClock) -> None:
    """A scope that was taken away is no loss of DataSets; one that only one user may not see any more is."""
    async with watching(shelf, ["a", "b"], clock) as changes:
        shelf.refusals = {name: PermissionDeniedError("no", status=403) for name in "ab"}
        clock.advance(100)
        with pytest.raises(PermissionDeniedError):
            await anext(changes)
        del shelf.refusals["b"]
        assert isinstance(await next_of(changes, clock), DataSetGone)
        shelf.refusals["b"] = PermissionDeniedError("Access is denied", status=400)
        assert (await next_of(changes, clock)).dataset_id == "b"


async def test_one_that_always_fails_hides_no_other(shelf: Moody, clock: ManualClock) -> None:
    """Its failure is noted, and the rest is compared."""
    async with watching(shelf, ["a", "b", "c"], clock) as changes:
        shelf.refusals = {"a": ConnectionFailedError("only this one")}
        shelf.change("c", rows=11)
        assert (await next_of(changes, clock)).dataset_id == "c"
        assert changes.error is shelf.refusals["a"]


async def test_restart_goes_on_where_it_was(shelf: Moody, clock: ManualClock) -> None:
    """The state is text; what was seen and not handed out comes again, and what happened in between comes too."""
    async with watching(shelf, EVERYTHING, clock) as changes:
        for name in "abc":
            shelf.change(name, rows=11)
        first = await next_of(changes, clock)
        text = changes.state.to_json()
    shelf.put("d", 1)
    del shelf.datasets[first.dataset_id]

    told = []
    async with watching(shelf, EVERYTHING, clock, since=WatchState.from_json(text)) as changes:
        for _ in range(4):
            told.append(await next_of(changes, clock))
    assert clock.now < 100, "the first look of a restart does not wait"
    assert sorted((type(change).__name__, change.dataset_id) for change in told) == sorted(
        [("DataSetChanged", "b"), ("DataSetChanged", "c"), ("DataSetCreated", "d"), ("DataSetGone", first.dataset_id)]
    )


async def test_beginning_with_nothing_and_with_a_listing(shelf: Moody, clock: ManualClock) -> None:
    """An empty state makes everything an event; DataSets that somebody has seen are a state."""
    async with watching(shelf, EVERYTHING, clock, since=WatchState()) as changes:
        told = [await next_of(changes, clock) for _ in range(3)]
    assert {type(change) for change in told} == {DataSetCreated}
    since = WatchState.of([change.dataset for change in told])
    shelf.change("b", rows=0)
    async with watching(shelf, EVERYTHING, clock, since=since) as changes:
        assert (await next_of(changes, clock)).dataset_id == "b"


async def test_many_ids_cost_few_calls(clock: ManualClock) -> None:
    """As long as a listing finds them in fewer calls than there are ids."""
    shelf = Moody()
    for number in range(100):
        shelf.put(str(number), 1)
    async with watching(shelf, map(str, range(40)), clock) as changes:
        await look(changes, clock)
    assert (len(shelf.listings), shelf.gets) == (2, [])

    for number in range(100, 5000):
        shelf.put(str(number), 1)
    async with watching(shelf, map(str, range(4970, 5000)), clock) as changes:
        shelf.listings.clear()
        await look(changes, clock, times=2)
    assert len(shelf.listings) == 0
    assert len(shelf.gets) == 30 * 3


async def test_closing_wakes_who_waits(shelf: Moody, clock: ManualClock) -> None:
    """All tasks that share the watch leave their loops."""
    changes = watching(shelf, EVERYTHING, clock)
    left: list[int] = []

    async def work() -> None:
        async for _ in changes:
            pass
        left.append(1)

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(work)
        await anyio.wait_all_tasks_blocked()
        await changes.aclose()
    assert len(left) == 3
    assert clock.sleeping == 0


async def test_several_tasks_share_the_events(shelf: Moody, clock: ManualClock) -> None:
    """Each event goes to one of them."""
    changes = watching(shelf, EVERYTHING, clock, since=WatchState())
    told: list[str] = []

    async def work() -> None:
        async for change in changes:
            told.append(change.dataset_id)
            await checkpoint()
            if len(told) == 3:
                await changes.aclose()

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(work)
    assert sorted(told) == ["a", "b", "c"]


async def test_cancelled_step_loses_nothing(shelf: Moody, clock: ManualClock) -> None:
    """Whoever waits with a time-out asks again."""
    changes = watching(shelf, EVERYTHING, clock, since=WatchState())
    told = []

    async def take() -> None:
        told.append((await anext(changes)).dataset_id)

    for patience in range(60):
        if len(told) == 3:
            break
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(take)
            for _ in range(patience):
                await checkpoint()
            tasks.cancel_scope.cancel()
    assert sorted(told) == ["a", "b", "c"]
    assert clock.now == 0, "a look that was cancelled is made again at once"


@pytest.mark.parametrize(
    ("before", "now", "reason"),
    [
        ({"rows": 1}, {"rows": 1}, None),
        ({"rows": 1}, {"rows": 2}, "it had 1 rows"),
        ({"rows": 1}, {"rows": None}, None),
        ({"columns": 1}, {"columns": 2}, "its columns are other ones"),
        ({"pdp_enabled": False}, {"pdp_enabled": True}, "its row policies were switched on or off"),
        ({"data_current_at": MOMENT}, {"data_current_at": MOMENT.replace(microsecond=0)}, None),
        ({"data_current_at": MOMENT}, {"data_current_at": LATER}, "its rows were changed"),
        ({"data_current_at": MOMENT, "updated_at": MOMENT}, {"data_current_at": MOMENT, "updated_at": LATER}, None),
        ({"updated_at": MOMENT}, {"updated_at": LATER}, "it was changed, and Domo does not say whether its rows were"),
        ({"updated_at": MOMENT}, {"updated_at": None}, None),
        ({"name": "One"}, {"name": "Two"}, None),
    ],
)
def test_what_counts_as_a_change(before: dict, now: dict, reason: str | None) -> None:
    assert SeenDataSet(**before).difference(SeenDataSet(**now)) == reason


def test_senseless_arguments(shelf: Moody) -> None:
    for every in (0, -1, float("nan"), float("inf")):
        with pytest.raises(InvalidArgumentError, match="every"):
            DataSetWatch(shelf, ["a"], every=every)
    for items in ("a", [], [1], 3):
        with pytest.raises(InvalidArgumentError):
            DataSetWatch(shelf, items)
    with pytest.raises(InvalidArgumentError, match="since"):
        DataSetWatch(shelf, ["a"], since="{}")
    for text in ("", "[]", '{"version": 2}', '{"datasets": {"a": 1}}'):
        with pytest.raises(InvalidArgumentError, match="no state of a watch"):
            WatchState.from_json(text)


async def test_over_the_wire() -> None:
    """Rows that are written, a DataSet that is deleted, and a client that is closed."""
    clock = ManualClock()
    import pyarrow as pa

    with Emulator(datasets={"Flights": pa.table({"n": [1]}), "Other": pa.table({"n": [1]})}) as emulator:
        domo = AsyncDomo(**emulator.connection)
        flights = emulator.dataset_ids["Flights"]
        async with domo.watch(Selection.names("Fl*"), clock=clock, sleep=clock.sleep) as changes:
            await domo.datasets.import_csv(flights, b"1\n2\n3\n")
            change = await next_of(changes, clock)
            assert isinstance(change, DataSetChanged)
            assert change.dataset.rows == 3
            await domo.datasets.delete(flights)
            assert isinstance(await next_of(changes, clock), DataSetGone)
            await domo.aclose()
            with pytest.raises(ClientClosedError):
                await next_of_raising(changes, clock)


async def next_of_raising(watch: DataSetWatch, clock: ManualClock) -> None:
    clock.advance(100)
    await anext(watch)


async def test_not_found_without_a_listing(shelf: Moody, clock: ManualClock) -> None:
    """A 404 is about the DataSet, and never about the client."""
    async with watching(shelf, ["a"], clock) as changes:
        shelf.refusals["a"] = NotFoundError("gone", status=404)
        assert isinstance(await next_of(changes, clock), DataSetGone)
