"""Files into DataSets, many at a time."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio

from domo_async.api.part_cutting import one_of
from domo_async.errors import InvalidArgumentError
from domo_async.jobs.manifest import HOME
from domo_async.jobs.patience import Patience
from domo_async.jobs.push_job import PushJob
from domo_async.jobs.push_options import PushOptions, Writings
from domo_async.jobs.push_plan import PushPlan, make_push_plan
from domo_async.jobs.push_sources import NameTemplate, PushItem, PushSource, base_of, find_items
from domo_async.jobs.push_state import PushState
from domo_async.jobs.push_transfer import PushSurroundings
from domo_async.models import UpdateMethod
from domo_async.tabular.computing import compute

if TYPE_CHECKING:
    import os
    from collections.abc import Awaitable, Callable, Mapping

    from domo_async.api.datasets import DataSets
    from domo_async.api.streams import Streams
    from domo_async.jobs.push_events import PushEvent
    from domo_async.jobs.push_options import Unsettled
    from domo_async.jobs.push_report import PushReport

__all__ = ["plan_push", "push"]

_MIB: Final = 2**20
_PARTS: Final = 2
_FIXED: Final = 32 * _MIB
"""Bytes that a DataSet on its way takes for batches and buffers, whatever the size of its parts."""


async def push(
    datasets: DataSets,
    streams: Streams,
    source: PushSource,
    *,
    api_url: str,
    into: str | None = None,
    name: str = "{name}",
    common: PushOptions = PushOptions(),  # noqa: B008 - it is frozen
    options: Mapping[str, PushOptions] | None = None,
    state: str | os.PathLike[str] | None = None,
    concurrency: int = 8,
    memory: int | None = None,
    part_size: int = 16 * _MIB,
    refresh: bool = False,
    verify: bool = False,
    unsettled: Unsettled = "refuse",
    retries: int = 3,
    patience: float = 600.0,
    max_failures: int | None = None,
    fail_fast: bool = False,
    on_event: Callable[[PushEvent], None] | None = None,
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
) -> PushReport:
    """Write files into DataSets; see ``AsyncDomo.push``, which calls this.

    Args:
        datasets: The DataSet API.
        streams: The Stream API.
        source: Files, folders, patterns.
        api_url: URL of the API, which what is written down is kept under.
        into: Id or exact name of the one DataSet that everything goes into.
        name: What DataSets are called after.
        common: How all of them are written.
        options: What is different for some.
        state: File that keeps what was pushed.
        concurrency: DataSets at a time.
        memory: Bytes that rows on their way may take.
        part_size: Bytes of CSV per part.
        refresh: Write what has not changed, too.
        verify: Read all files, and ask Domo whether others have written.
        unsettled: What to do about rows of which nobody can tell whether they were appended.
        retries: How often a DataSet is begun again after any error that waiting can cure.
        patience: Seconds for which it is begun again beyond that, while Domo is not there.
        max_failures: DataSets that may fail before the push is stopped, None for any number.
        fail_fast: Stop with the first failure.
        on_event: Called in the event loop with each event; must not block. If it raises, the push stops with that.
        sleep: Waits between retries, in seconds.
    """
    if retries < 0:
        raise InvalidArgumentError(f"retries={retries} is not 0 or more")
    if not patience >= 0:
        raise InvalidArgumentError(f"patience={patience} is not 0 or more seconds")
    if max_failures is not None and max_failures < 0:
        raise InvalidArgumentError(f"max_failures={max_failures} is not 0 or more")
    one_of("unsettled", unsettled, "refuse", "done", "again")
    writers = _writers(concurrency, memory, part_size)
    writings = _writings(common, options, refresh=refresh)
    items, base, path = await compute(partial(_look, source, name, into, state))
    around = PushSurroundings(
        datasets=datasets,
        streams=streams,
        state=PushState(path, api_url),
        base=base,
        patience=Patience(retries, patience),
        emit=on_event or _ignore,
        sleep=sleep,
        refresh=refresh,
        verify=verify,
        unsettled=unsettled,
        part_size=part_size,
        parts=_PARTS,
    )
    most = 0 if fail_fast else max_failures
    return await PushJob(around, writings, concurrency=writers, max_failures=most, target=api_url).run(items)


async def plan_push(
    datasets: DataSets,
    source: PushSource,
    *,
    api_url: str,
    into: str | None = None,
    name: str = "{name}",
    common: PushOptions = PushOptions(),  # noqa: B008 - it is frozen
    options: Mapping[str, PushOptions] | None = None,
    state: str | os.PathLike[str] | None = None,
    refresh: bool = False,
    verify: bool = False,
) -> PushPlan:
    """Say what `push` with the same arguments would do, and do nothing; see ``AsyncDomo.plan_push``."""
    writings = _writings(common, options, refresh=refresh)
    items, base, path = await compute(partial(_look, source, name, into, state))
    return await make_push_plan(
        datasets, PushState(path, api_url), items, writings, base=base, refresh=refresh, verify=verify
    )


def _look(
    source: PushSource, name: str, into: str | None, state: str | os.PathLike[str] | None
) -> tuple[list[PushItem], Path, Path]:
    """The sources, the folder that their names begin at, and the file of the state."""
    items = find_items(source, NameTemplate(name), into)
    if state is not None:
        path = Path(state)
        return items, path.parent, path
    base = base_of(source)
    return items, base, base / HOME / "push.json"


def _writings(common: PushOptions, options: Mapping[str, PushOptions] | None, *, refresh: bool) -> Writings:
    writings = Writings(common, options)
    if refresh and any(writing.update_method is UpdateMethod.APPEND for writing in writings.all):
        raise InvalidArgumentError("refresh: rows that were appended would be appended a second time")
    return writings


def _writers(concurrency: int, memory: int | None, part_size: int) -> int:
    """How many DataSets at a time."""
    if concurrency < 1:
        raise InvalidArgumentError(f"concurrency={concurrency} is not 1 or more")
    if memory is None:
        return concurrency
    one = _FIXED + (_PARTS + 2) * part_size
    if memory < one:
        raise InvalidArgumentError(f"memory={memory} is less than one DataSet may take ({one} bytes)")
    return min(concurrency, memory // one)


def _ignore(event: PushEvent) -> None:
    pass
