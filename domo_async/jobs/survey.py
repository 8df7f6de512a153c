"""The DataSets of a job against the manifest: what each is to be called, and what has to be done for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.jobs.decision import Decision, decide
from domo_async.jobs.file_names import FileNames

if TYPE_CHECKING:
    from collections.abc import Mapping

    from domo_async.jobs.manifest import DataSetRecord
    from domo_async.jobs.recipe import Recipe, Recipes
    from domo_async.jobs.targets.calls import TargetCalls
    from domo_async.models import DataSetSummary

__all__ = ["Finding", "Survey"]


class Finding:
    """What was found out about one DataSet.

    Attributes:
        decision: What has to be done.
        recipe: How.
        stem: What its files are called after.
        record: What the manifest says of it, None if nothing.
    """

    __slots__ = ("decision", "recipe", "record", "stem")

    def __init__(self, decision: Decision, recipe: Recipe, stem: str, record: DataSetRecord | None) -> None:
        self.decision: Decision = decision
        self.recipe: Recipe = recipe
        self.stem: str = stem
        self.record: DataSetRecord | None = record

    @property
    def is_settled(self) -> bool:
        """Whether nothing has to be done."""
        return self.decision.action == "unchanged" and self.decision.certain


class Survey:
    """Looks at one DataSet after the other.

    Args:
        target: Where they go.
        records: The manifest at the beginning of the job.
        recipes: How files are made.
        by_name: Whether files are called after names, else after ids.
        refresh: Whether to fetch everything in any case.
        verify: Whether to compare the hashes of what is there.
    """

    def __init__(
        self,
        target: TargetCalls,
        records: Mapping[str, DataSetRecord],
        recipes: Recipes,
        *,
        by_name: bool,
        refresh: bool,
        verify: bool,
    ) -> None:
        self._target = target
        self._records = records
        self._recipes = recipes
        self._by_name = by_name
        self._refresh = refresh
        self._verify = verify
        self._names = FileNames()
        for dataset_id, record in records.items():
            if record.files:
                self._names.hold(target.target.stem(record.files[0].name), dataset_id)

    def record_of(self, dataset_id: str) -> DataSetRecord | None:
        """What the manifest said of a DataSet at the beginning."""
        return self._records.get(dataset_id)

    def stem_for(self, dataset: DataSetSummary) -> str:
        """What the files of a DataSet are called after; no other DataSet is called the same."""
        return self._names.take(self._name_of(dataset) if self._by_name else None, dataset.id)

    def rival_of(self, dataset: DataSetSummary) -> str | None:
        """Which other DataSet has the name of this one, from an earlier job."""
        return self._names.holder(self._name_of(dataset) if self._by_name else None, dataset.id)

    def release(self, dataset_id: str) -> None:
        """Note that a DataSet is gone, and its name free."""
        self._names.release(dataset_id)

    def _name_of(self, dataset: DataSetSummary) -> str | None:
        record = self._records.get(dataset.id)
        return dataset.name if dataset.name is not None or record is None else record.name

    async def look_at(self, dataset: DataSetSummary, stem: str) -> Finding:
        """Decide about a DataSet.

        Args:
            dataset: As a listing shows it, or in full.
            stem: What its files are called after.

        Raises:
            InvalidArgumentError: Its recipe does not fit the target.
            TargetError: The target cannot be read.
        """
        record = self._records.get(dataset.id)
        recipe = self._recipes.of(dataset.id, self._name_of(dataset))
        [first] = self._target.target.file_names(stem, recipe, 1)
        decision = decide(dataset, record, recipe, first, refresh=self._refresh)
        if decision.action == "unchanged" and record is not None:
            found = await self._target.check(record, verify=self._verify)
            if isinstance(found, str):
                decision = Decision("repair", found)
            else:
                record = found
        return Finding(decision, recipe, stem, record)
