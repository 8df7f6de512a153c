"""Waiting for DataSets to change."""

from __future__ import annotations

import logging
import math
import random
import time
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Self

import anyio
import anyio.lowlevel

from domo_async.errors import DomoError, InvalidArgumentError
from domo_async.jobs.changes import (
    DataSetChange,
    DataSetChanged,
    DataSetCreated,
    DataSetGone,
    SeenDataSet,
    WatchState,
)
from domo_async.jobs.selection import Selection
from domo_async.jobs.watch_look import Looker

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import TracebackType

    from domo_async.jobs.source import DatasetSource
    from domo_async.models import DataSetSummary

__all__ = ["DataSetWatch"]

logger: logging.Logger = logging.getLogger(__name__)

_SPREAD: Final = 0.1
"""Share of the interval by which looks come earlier or later, so that many processes do not ask in step."""

_FIRST_WAIT: Final = 1.0
_MOST_DOUBLINGS: Final = 20


class DataSetWatch:
    """Changes of DataSets, as an asynchronous iterator that never ends by itself.

    It looks only while somebody waits for the next change, so there is no task behind it and nothing to clean up:
    leaving the loop is enough. What happens while the caller works is found by the next look. Several changes of a
    DataSet between two looks are one event, with its latest state; so no more is ever held than one event for each
    DataSet, however slow the caller is. Several tasks may iterate over one watch: each event goes to one of them.

    While Domo is away the watch goes on asking, says so in the log, and compares with what it knew before. What waiting
    does not cure (refused credentials, a missing scope, a closed client) is raised; the watch can be iterated over
    again after that, and has lost nothing.

    Args:
        source: Whom to ask: ``domo.datasets``.
        selection: A `Selection`, or ids, or DataSets of a listing.
        every: Seconds between the beginnings of two looks, give or take a tenth.
        since: What the caller knows; changes since then come at once. ``WatchState()`` makes every DataSet an event.
            None begins with what is there at the first look, which then has no events.
        clock: Monotonic seconds.
        sleep: Waits some seconds.

    Raises:
        InvalidArgumentError: An argument makes no sense.
    """

    def __init__(
        self,
        source: DatasetSource,
        selection: Selection | Iterable[str | DataSetSummary],
        *,
        every: float = 60.0,
        since: WatchState | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        if not 0 < every < math.inf:
            raise InvalidArgumentError(f"every={every} is no number of seconds above 0")
        if since is not None and not isinstance(since, WatchState):
            raise InvalidArgumentError("since: expected a WatchState", hint="WatchState.from_json reads one from text")
        self._selection = _selection_of(selection)
        self._looker = Looker(source, self._selection)
        self._every = every
        self._clock = clock
        self._sleep = sleep
        self._told: dict[str, SeenDataSet] | None = None if since is None else dict(since.datasets)
        if self._told is not None and not self._selection.needs_listing:
            named = set(self._selection.named_ids)
            self._told = {key: seen for key, seen in self._told.items() if key in named}
        self._pending: deque[tuple[DataSetChange, SeenDataSet | None]] = deque()
        self._due = -math.inf
        self._failures = 0
        self._closed = False
        self._waiting: set[anyio.CancelScope] = set()
        self._turn: anyio.Lock | None = None
        self.checked_at: datetime | None = None
        """When the last look that saw everything was begun, None before there was one. For a check of readiness."""
        self.error: DomoError | None = None
        """Why the last look failed, None if it did not."""

    @property
    def state(self) -> WatchState:
        """What the caller knows: the beginning, and all events that were handed out.

        Keep it when an event has been dealt with. What was seen and not handed out yet comes again after a restart.
        """
        return WatchState(datasets=dict(self._told or {}))

    async def __aenter__(self) -> Self:
        """Make the first look, unless the beginning was given: changes from here on are not missed.

        Raises:
            CallError: The first look failed.
        """
        if self._told is None:
            await self._look()
            self._due = self._next_look()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End the iteration, also in tasks that wait for the next change."""
        self._closed = True
        for scope in self._waiting:
            scope.cancel()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> DataSetChange:
        """Wait for the next change.

        Raises:
            DomoError: What waiting does not cure.
        """
        if self._turn is None:
            self._turn = anyio.Lock()
        with anyio.CancelScope() as scope:
            self._waiting.add(scope)
            try:
                await anyio.lowlevel.checkpoint()
                async with self._turn:
                    while not self._closed:
                        if self._pending:
                            return self._hand_out()
                        await self._sleep(max(0.0, self._due - self._clock()))
                        await self._try_to_look()
            finally:
                self._waiting.discard(scope)
        raise StopAsyncIteration

    def _hand_out(self) -> DataSetChange:
        change, seen = self._pending.popleft()
        told = self._told if self._told is not None else {}
        if seen is None:
            told.pop(change.dataset_id, None)
        else:
            told[change.dataset_id] = seen
        return change

    def _next_look(self) -> float:
        return self._clock() + self._every * random.uniform(1 - _SPREAD, 1 + _SPREAD)  # noqa: S311 - no secret

    async def _try_to_look(self) -> None:
        began = self._clock()
        self._due = self._next_look()
        try:
            await self._look()
        except DomoError as error:
            self.error = error
            if not error.retryable:
                raise
            self._wait_after(error)
            return
        except BaseException:
            self._due = began  # cancelled half-way, it is made again for whoever asks next
            raise
        # Whom looking takes long is left in peace for as long.
        now = self._clock()
        self._due = max(self._due, now + min(self._every, now - began))
        if self._failures:
            logger.info("The DataSets can be looked at again, after %d failures", self._failures)
        self._failures = 0
        self.error = None

    def _wait_after(self, error: DomoError) -> None:
        """Look again soon, and no more often than every interval once that has not helped for a while."""
        self._failures += 1
        bound = min(self._every, _FIRST_WAIT * 2.0 ** min(self._failures, _MOST_DOUBLINGS))
        wait = random.uniform(bound / 2, bound)  # noqa: S311 - no secret
        wait = max(wait, getattr(error, "retry_after", None) or 0.0)
        self._due = self._clock() + wait
        level = logging.WARNING if self._failures == 1 else logging.DEBUG
        logger.log(level, "The DataSets cannot be looked at; the next attempt is in %.1f s: %s", wait, error)

    async def _look(self) -> None:
        began = datetime.now(UTC)
        found, failure = await self._looker.look(self._told)
        self._compare(found)
        if failure is not None:
            raise failure
        self.checked_at = began

    def _compare(self, found: dict[str, DataSetSummary | None]) -> None:
        """Make events of what is other than the caller knows. Called only when all earlier ones are handed out."""
        first = self._told is None
        told = self._told = {} if self._told is None else self._told
        for dataset_id, dataset in found.items():
            reason = self._reason_against(dataset_id, dataset)
            if dataset is None or reason is not None:
                self._gone(dataset_id, reason or "it is deleted, or may not be seen any more", first=first)
                continue
            now, before = SeenDataSet.of(dataset), told.get(dataset_id)
            if first:
                told[dataset_id] = now
            elif before is None:
                self._pending.append((DataSetCreated(dataset_id, "it was not there", dataset), now))
            elif (difference := before.difference(now)) is not None:
                self._pending.append((DataSetChanged(dataset_id, difference, dataset, before), now))
            else:
                told[dataset_id] = now.completed_by(before)

    def _reason_against(self, dataset_id: str, dataset: DataSetSummary | None) -> str | None:
        if dataset is None:
            return None
        if dataset.deleted:
            return "it is deleted"
        if dataset_id in self._selection.named_ids or self._selection.matches(dataset):
            return None
        return "it does not belong to the selection any more"

    def _gone(self, dataset_id: str, reason: str, *, first: bool) -> None:
        if first:
            logger.warning("DataSet %s is watched, and not there yet", dataset_id)
        before = (self._told or {}).get(dataset_id)
        if before is not None:
            self._pending.append((DataSetGone(dataset_id, reason, before), None))

    def __repr__(self) -> str:
        return f"<DataSetWatch {self._selection.words}, every {self._every:g} s>"


def _selection_of(items: object) -> Selection:
    if isinstance(items, Selection):
        return items
    if isinstance(items, str | bytes) or not isinstance(items, Iterable):
        raise InvalidArgumentError("items: expected a Selection, or a list of ids")
    selection = Selection.ids(*items)
    if not selection.named_ids:
        raise InvalidArgumentError("items: there is no id in it")
    return selection
