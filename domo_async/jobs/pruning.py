"""Removes what does not belong to a pull any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from domo_async.jobs.events import FilesRemoved

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable

    from domo_async.jobs.events import PullEvent
    from domo_async.jobs.survey import Survey
    from domo_async.jobs.targets.calls import TargetCalls
    from domo_async.models import DataSetSummary

__all__ = ["Pruning"]


class Pruning:
    """Forgets DataSets, with their files, and tells so.

    Attributes:
        all_read: Set by the job when its selection was read to the end.

    Args:
        target: Where the files are.
        survey: What is known of the files, and which names they have.
        wanted: Ids of the DataSets of the job, as far as its selection was read.
        removed: Takes the names of the files that are gone.
        tell: Takes the events.
        allowed: Whether anything may be removed.
    """

    def __init__(
        self,
        target: TargetCalls,
        survey: Survey,
        wanted: Container[str],
        removed: list[str],
        tell: Callable[[PullEvent], None],
        *,
        allowed: bool,
    ) -> None:
        self._target = target
        self._survey = survey
        self._wanted = wanted
        self._removed = removed
        self._tell = tell
        self._allowed = allowed
        self._forgotten: set[str] = set()
        self.all_read: anyio.Event = anyio.Event()

    def has_rival(self, dataset: DataSetSummary) -> bool:
        """Whether its name belongs to a DataSet that will be pruned, unless it turns up in the selection."""
        rival = self._survey.rival_of(dataset) if self._allowed else None
        return rival is not None and rival not in self._wanted

    async def make_way(self, dataset: DataSetSummary) -> None:
        """Prune the DataSet that had this name before: one that is made anew at Domo keeps its file name."""
        await self.all_read.wait()
        rival = self._survey.rival_of(dataset)
        if rival is not None and rival not in self._wanted:
            await self._forget(rival, "another DataSet has its name now")
            self._survey.release(rival)

    async def forget_gone(self, dataset_id: str) -> bool:
        """Forget a DataSet that Domo does not have any more, if there are files of it and they may be removed."""
        if not self._allowed or self._survey.record_of(dataset_id) is None:
            return False
        await self._forget(dataset_id, "their DataSet is gone")
        return True

    def left(self, recorded: Iterable[str]) -> list[str]:
        """What is left to be forgotten: the DataSets of a manifest that do not belong to the job."""
        if not self._allowed:
            return []
        return [one for one in recorded if one not in self._wanted and one not in self._forgotten]

    async def forget_all(self, dataset_ids: Iterable[str]) -> None:
        """Forget DataSets that do not belong to the job."""
        for dataset_id in dataset_ids:
            await self._forget(dataset_id, "their DataSet does not belong to the job any more")

    async def _forget(self, dataset_id: str, reason: str) -> None:
        self._forgotten.add(dataset_id)
        files = await self._target.forget(dataset_id)
        self._removed += files
        self._tell(FilesRemoved(files, reason))
