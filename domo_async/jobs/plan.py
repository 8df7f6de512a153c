"""What a pull would do, without doing it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from domo_async.errors import DomoError, NotFoundError
from domo_async.jobs.html_view import plan_html
from domo_async.jobs.listing import wanted
from domo_async.jobs.survey import Survey
from domo_async.jobs.targets.calls import TargetCalls
from domo_async.tabular.read_ahead import close_iterator

if TYPE_CHECKING:
    from domo_async.jobs.decision import Action
    from domo_async.jobs.listing import Selectable
    from domo_async.jobs.settings import JobSettings
    from domo_async.jobs.source import DatasetSource
    from domo_async.jobs.targets import Target
    from domo_async.models import DataSetSummary

__all__ = ["PlannedTransfer", "PullPlan", "make_plan"]


@dataclass(frozen=True, slots=True)
class PlannedTransfer:
    """What would be done for one DataSet.

    Attributes:
        dataset_id: Its id.
        name: Its name, None when it has none or its metadata could not be read.
        action: What would be done, None when its metadata could not be read.
        reason: Why, as a clause.
        rows: Rows that it has by Domo's count, None when that is not known.
        file_bytes: Size of the files from the last time, None when there are none.
        files: Names of its files in the target: those from the last time, or the first one of those to come.
        error: Why its metadata could not be read, None when it could.
    """

    dataset_id: str
    name: str | None
    action: Action | None
    reason: str
    rows: int | None = None
    file_bytes: int | None = None
    files: tuple[str, ...] = ()
    error: DomoError | None = None


@dataclass(frozen=True, slots=True)
class PullPlan:
    """What a pull would do.

    Attributes:
        transfers: One for each DataSet, in the order of the selection.
        leftovers: Files that a job that was cut off had begun to write; they would be removed.
        removed: Files that would be removed because their DataSets do not belong to the job any more.
        warnings: What is odd, as sentences.
    """

    transfers: tuple[PlannedTransfer, ...]
    leftovers: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def of(self, *actions: Action) -> tuple[PlannedTransfer, ...]:
        """The DataSets for which one of these would be done."""
        return tuple(one for one in self.transfers if one.action in actions)

    @property
    def to_fetch(self) -> tuple[PlannedTransfer, ...]:
        """The DataSets whose rows would be fetched."""
        return self.of("new", "changed", "resume", "repair")

    @property
    def rows(self) -> int:
        """Rows that would be fetched, as far as that is known."""
        return sum(one.rows or 0 for one in self.to_fetch)

    def to_dict(self) -> dict[str, object]:
        """The plan as JSON types."""
        return {
            "transfers": [
                {
                    "dataset_id": one.dataset_id,
                    "name": one.name,
                    "action": one.action,
                    "reason": one.reason,
                    "rows": one.rows,
                    "file_bytes": one.file_bytes,
                    "files": list(one.files),
                    "error": None if one.error is None else f"{type(one.error).__name__}: {one.error}",
                }
                for one in self.transfers
            ],
            "rows": self.rows,
            "leftovers": list(self.leftovers),
            "removed": list(self.removed),
            "warnings": list(self.warnings),
        }

    def _repr_html_(self) -> str:
        return plan_html(self)

    def __str__(self) -> str:
        counts = Counter(one.action or "unknown" for one in self.transfers)
        words = ", ".join(f"{count} {action}" for action, count in sorted(counts.items())) or "none"
        lines = [f"{len(self.transfers)} DataSets: {words}; {self.rows:,} rows to fetch"]
        lines += [f"  {one.action or 'unknown'}: {one.name or one.dataset_id}: {one.reason}" for one in self.transfers]
        lines += [f"  to be removed: {name}" for name in (*self.leftovers, *self.removed)]
        return "\n".join([*lines, *(f"  warning: {words}" for words in self.warnings)])


async def make_plan(source: DatasetSource, target: Target, settings: JobSettings, items: Selectable) -> PullPlan:
    """Compare a selection with what a target holds.

    Args:
        source: Where DataSets come from.
        target: Where they would go. It is neither locked nor changed.
        settings: How.
        items: The selection.

    Raises:
        TargetError: The target cannot be read.
        CallError: The listing failed.
    """
    calls = TargetCalls(target)
    contents = await calls.peek()
    survey = Survey(
        calls,
        contents.records,
        settings.recipes,
        by_name=settings.names == "name",
        refresh=settings.refresh,
        verify=settings.verify,
    )
    planning = _Planning(source, calls, survey, settings)
    iterator = wanted(items, source, contents.records)
    try:
        async for dataset_id, summary in iterator:
            await planning.take(dataset_id, summary)
    finally:
        await close_iterator(iterator)
    await planning.settle_names()
    await planning.ask_for_the_rest()
    gone = [one for one in contents.records if one not in planning.done] if planning.done else []
    gone += [key for key, one in planning.done.items() if isinstance(one.error, NotFoundError)]
    files = (file.name for key in gone if key in contents.records for file in contents.records[key].files)
    return PullPlan(
        tuple(planning.done.values()), contents.leftovers, tuple(files) if settings.prune else (), contents.warnings
    )


class _Planning:
    """Plans one DataSet after the other; those whose metadata is needed come at the end, many at a time."""

    def __init__(self, source: DatasetSource, target: TargetCalls, survey: Survey, settings: JobSettings) -> None:
        self._source = source
        self._target = target
        self._survey = survey
        self._downloads = settings.budget.downloads
        self._prune = settings.prune
        self._open: list[str] = []
        self._rivals: list[DataSetSummary] = []
        self.done: dict[str, PlannedTransfer] = {}

    async def take(self, dataset_id: str, summary: DataSetSummary | None) -> None:
        """Plan a DataSet of the selection."""
        if self._prune and summary is not None and self._has_rival(summary):
            self._rivals.append(summary)
            planned = None
        else:
            planned = None if summary is None else await self._plan(summary)
            self._open += [dataset_id] if planned is None else []
        if planned is None:
            # Holds its place in the order.
            planned = PlannedTransfer(dataset_id, None, None, "its metadata could not be read")
        self.done[dataset_id] = planned

    def _has_rival(self, summary: DataSetSummary) -> bool:
        rival = self._survey.rival_of(summary)
        return rival is not None and rival not in self.done

    async def settle_names(self) -> None:
        """Plan those whose names belong to DataSets that would be pruned: they would get these names."""
        for summary in self._rivals:
            rival = self._survey.rival_of(summary)
            if rival is not None and self._has_rival(summary):
                self._survey.release(rival)
            planned = await self._plan(summary)
            if planned is None:
                self._open.append(summary.id)
            else:
                self.done[summary.id] = planned

    async def ask_for_the_rest(self) -> None:
        """Plan those that need more than a listing tells."""
        found: dict[str, DataSetSummary] = {}
        limit = anyio.CapacityLimiter(self._downloads)
        async with anyio.create_task_group() as tasks:
            for dataset_id in self._open:
                tasks.start_soon(self._ask, dataset_id, limit, found)
        for dataset_id in self._open:
            if dataset_id in found:
                self.done[dataset_id] = await self._plan(found[dataset_id]) or self.done[dataset_id]

    async def _ask(self, dataset_id: str, limit: anyio.CapacityLimiter, found: dict[str, DataSetSummary]) -> None:
        async with limit:
            try:
                dataset = await self._source.get(dataset_id)
                if dataset.deleted:
                    raise NotFoundError("the DataSet is deleted", status=404, operation="datasets.get")
            except DomoError as error:
                words = f"its metadata could not be read: {error}"
                self.done[dataset_id] = PlannedTransfer(dataset_id, None, None, words, error=error)
            else:
                found[dataset_id] = dataset

    async def _plan(self, dataset: DataSetSummary) -> PlannedTransfer | None:
        """What would be done, None if the schema has to be seen."""
        stem = self._survey.stem_for(dataset)
        finding = await self._survey.look_at(dataset, stem)
        if not finding.decision.certain:
            return None
        record = finding.record
        held = tuple(file.name for file in record.files) if record is not None else ()
        return PlannedTransfer(
            dataset.id,
            dataset.name,
            finding.decision.action,
            finding.decision.reason,
            rows=dataset.rows,
            file_bytes=record.bytes if record is not None and held else None,
            files=held or tuple(self._target.target.file_names(stem, finding.recipe, 1)),
        )
