"""What a watch tells: which DataSets are other than they were at the last look."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from domo_async.errors import InvalidArgumentError
from domo_async.jobs.decision import same_moment
from domo_async.models import DataSetSummary

__all__ = ["DataSetChange", "DataSetChanged", "DataSetCreated", "DataSetGone", "SeenDataSet", "WatchState"]


class SeenDataSet(BaseModel):
    """What a look at a DataSet said of its data.

    Attributes:
        name: Its name.
        rows: Number of its rows.
        columns: Number of its columns.
        data_current_at: When its rows were last changed, by Domo's word.
        updated_at: When anything of it was last changed, likewise.
        pdp_enabled: Whether row policies were switched on.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="ignore")

    name: str | None = None
    rows: int | None = None
    columns: int | None = None
    data_current_at: datetime | None = None
    updated_at: datetime | None = None
    pdp_enabled: bool | None = None

    @classmethod
    def of(cls, dataset: DataSetSummary) -> Self:
        """What a listing, or the DataSet in full, says."""
        return cls(
            name=dataset.name,
            rows=dataset.rows,
            columns=dataset.columns,
            data_current_at=dataset.data_current_at,
            updated_at=dataset.updated_at,
            pdp_enabled=dataset.pdp_enabled,
        )

    def difference(self, now: SeenDataSet) -> str | None:
        """Why the data must be taken to be other now, as a clause; None if nothing says so.

        A field that one of the two looks did not show says nothing. The moment of the last change to anything counts
        only where Domo does not say when the rows changed: it moves with every new description, too.
        """
        if _differ(self.rows, now.rows):
            return f"it had {self.rows} rows"
        if _differ(self.columns, now.columns):
            return "its columns are other ones"
        if _differ(self.pdp_enabled, now.pdp_enabled):
            return "its row policies were switched on or off"
        if self.data_current_at is not None and now.data_current_at is not None:
            return None if same_moment(self.data_current_at, now.data_current_at) else "its rows were changed"
        if self.updated_at is None or now.updated_at is None or same_moment(self.updated_at, now.updated_at):
            return None
        return "it was changed, and Domo does not say whether its rows were"

    def completed_by(self, earlier: SeenDataSet) -> SeenDataSet:
        """This, and what only an earlier look has shown."""
        known = {name: value for name, value in self if value is not None}
        return earlier.model_copy(update=known)


class WatchState(BaseModel):
    """Where a watch stands: what its caller knows of each DataSet. Keep it as text, and begin there the next time.

    Attributes:
        version: Version of the form.
        datasets: What was seen of the DataSets, by id.

    Example:
        >>> WatchState.from_json(WatchState().to_json())
        WatchState(version=1, datasets={})
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="ignore")

    version: Literal[1] = 1
    datasets: Mapping[str, SeenDataSet] = {}

    @classmethod
    def of(cls, datasets: Iterable[DataSetSummary]) -> Self:
        """The state of somebody who knows these DataSets as they are here.

        Args:
            datasets: DataSets of a listing, or in full, taken **before** their rows were read.
        """
        return cls(datasets={dataset.id: SeenDataSet.of(dataset) for dataset in datasets})

    def to_json(self) -> str:
        """The state as text."""
        return self.model_dump_json(exclude_none=True)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """A state that was kept as text.

        Raises:
            InvalidArgumentError: It is not what `to_json` writes, or a newer version has written it.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise InvalidArgumentError(f"since: no state of a watch: {place}: {first['msg']}") from None


@dataclass(frozen=True, slots=True)
class _Change:
    """A difference between two looks.

    Attributes:
        dataset_id: Id of the DataSet.
        reason: What is different, as a clause.
        at: When it was seen, in seconds since 1970. Two changes are equal if they say the same, whenever that was.
    """

    dataset_id: str
    reason: str
    at: float = field(default_factory=time.time, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class DataSetCreated(_Change):
    """A DataSet is there that was not: it is new, or belongs to the selection now, or may be seen now.

    Attributes:
        dataset: As it is now.
    """

    dataset: DataSetSummary


@dataclass(frozen=True, slots=True)
class DataSetChanged(_Change):
    """The data of a DataSet is other than it was. Several changes between two looks are one.

    Attributes:
        dataset: As it is now.
        before: As its last event, or the beginning, had it.
    """

    dataset: DataSetSummary
    before: SeenDataSet


@dataclass(frozen=True, slots=True)
class DataSetGone(_Change):
    """A DataSet is not there any more: it was deleted, or left the selection, or may not be seen any more.

    Attributes:
        before: As its last event, or the beginning, had it.
    """

    before: SeenDataSet


DataSetChange = DataSetCreated | DataSetChanged | DataSetGone
"""Any of the events of a watch, for ``match``."""


def _differ(one: object, other: object) -> bool:
    return one is not None and other is not None and one != other
