"""What has to be done for a DataSet: what Domo says of it now, against what the manifest says of the last time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from domo_async.jobs.manifest import schema_digest
from domo_async.models import DataSet

if TYPE_CHECKING:
    from datetime import datetime

    from domo_async.jobs.manifest import DataSetRecord
    from domo_async.jobs.recipe import Recipe
    from domo_async.models import DataSetSummary

__all__ = ["Action", "Decision", "decide", "same_moment"]

Action = Literal["new", "changed", "resume", "repair", "unchanged"]
"""What is done for a DataSet.

- ``new``: it was never pulled to this target.
- ``changed``: its rows, its schema, its name, or the options are other than the last time.
- ``resume``: the last run did not finish it, so it is pulled from its beginning.
- ``repair``: it has not changed, but its file is gone or was changed by somebody else.
- ``unchanged``: nothing.
"""


@dataclass(frozen=True, slots=True)
class Decision:
    """What has to be done, and why.

    Attributes:
        action: What to do.
        reason: Why, as a clause.
        certain: Whether this stands. If not, the listing does not suffice: the DataSet's schema has to be seen.
    """

    action: Action
    reason: str
    certain: bool = True


def decide(
    now: DataSetSummary, record: DataSetRecord | None, recipe: Recipe, file: str, *, refresh: bool = False
) -> Decision:
    """Compare a DataSet with its record.

    Domo's moment of the last change to the rows, its count of rows and of columns, and the name must all be as
    recorded. The moment of the last change to anything may differ if the schema is seen to be the same: new
    descriptions and new owners fetch nothing.

    Args:
        now: The DataSet, as a listing shows it or in full.
        record: What the manifest says of it.
        recipe: How its files are to be made.
        file: How its first file is to be called.
        refresh: Whether to fetch it in any case.
    """
    if record is None:
        return Decision("new", "it is not there yet")
    if record.state == "unfinished":
        return Decision("resume", f"the last run did not finish it{_because(record)}")
    if refresh:
        return Decision("changed", "everything is to be fetched again")
    if difference := _difference(now, record, recipe, file):
        return Decision("changed", difference)
    return _by_moments(now, record)


def _because(record: DataSetRecord) -> str:
    return f" ({record.run.error})" if record.run.error else ""


def _difference(now: DataSetSummary, record: DataSetRecord, recipe: Recipe, file: str) -> str | None:
    if record.options != recipe.to_dict():
        return "the options are other ones"
    if now.name is not None and now.name != record.name:
        return f"its name was {record.name!r}"
    if not record.files or record.files[0].name != file:
        return "its file is called differently now"
    if now.rows is not None and now.rows != record.dataset_rows:
        return f"it had {record.dataset_rows} rows" if record.dataset_rows is not None else "it had no count of rows"
    if now.pdp_enabled is not None and bool(now.pdp_enabled) != bool(record.pdp_enabled):
        return "its row policies were switched on or off"
    digest = schema_digest(now)
    if digest is not None and digest != record.schema_digest:
        return "its columns are other ones"
    return None


def _by_moments(now: DataSetSummary, record: DataSetRecord) -> Decision:
    if now.data_current_at is not None and not same_moment(now.data_current_at, record.data_current_at):
        return Decision("changed", "its rows were changed")
    if same_moment(now.updated_at, record.updated_at):
        return Decision("unchanged", "it has not changed")
    if now.data_current_at is None and isinstance(now, DataSet):
        return Decision("changed", "it was changed, and Domo does not say whether its rows were")
    if now.pdp_enabled:
        return Decision("changed", "it was changed, maybe in who sees which rows")
    if isinstance(now, DataSet):
        return Decision("unchanged", "only its description was changed")
    return Decision("changed", "it was changed", certain=False)


def same_moment(one: datetime | None, other: datetime | None) -> bool:
    """Whether two forms of a moment mean the same: some of Domo's answers have milliseconds where others have none."""
    if one is None or other is None:
        return False
    if one.microsecond and other.microsecond:
        return one == other
    return one.replace(microsecond=0) == other.replace(microsecond=0)
