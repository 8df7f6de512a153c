"""What a push would do, without doing it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from domo_async.errors import DomoError
from domo_async.jobs.push_decision import decide, look_at
from domo_async.jobs.push_finding import find_destinations
from domo_async.tabular.computing import compute

if TYPE_CHECKING:
    from pathlib import Path

    from domo_async.api.datasets import DataSets
    from domo_async.jobs.push_decision import PushAction
    from domo_async.jobs.push_finding import Destination
    from domo_async.jobs.push_options import Writings
    from domo_async.jobs.push_sources import PushItem
    from domo_async.jobs.push_state import PushState

__all__ = ["PlannedUpload", "PushPlan", "make_push_plan"]


@dataclass(frozen=True, slots=True)
class PlannedUpload:
    """What would be done for one DataSet.

    Attributes:
        source: File or folder.
        name: Name of the DataSet.
        dataset_id: Its id, None when it would be made, or when it is not known which one is meant.
        action: What would be done, None when it would fail.
        reason: Why, as a clause.
        update_method: ``REPLACE``, ``APPEND`` or ``UPSERT``.
        file_bytes: Size of the files that would be written.
        files: Their paths.
        error: Why it would fail, None when nothing speaks against it.
    """

    source: str
    name: str
    dataset_id: str | None
    action: PushAction | None
    reason: str
    update_method: str
    file_bytes: int = 0
    files: tuple[str, ...] = ()
    error: DomoError | None = None


@dataclass(frozen=True, slots=True)
class PushPlan:
    """What a push would do.

    Attributes:
        uploads: One for each DataSet, in the order of the sources.
        warnings: What is odd, as sentences.
    """

    uploads: tuple[PlannedUpload, ...]
    warnings: tuple[str, ...] = ()

    def of(self, *actions: PushAction) -> tuple[PlannedUpload, ...]:
        """The DataSets for which one of these would be done."""
        return tuple(one for one in self.uploads if one.action in actions)

    @property
    def to_write(self) -> tuple[PlannedUpload, ...]:
        """The DataSets whose rows would be written."""
        return self.of("create", "new", "changed", "resume", "repair")

    @property
    def file_bytes(self) -> int:
        """Size of the files that would be written."""
        return sum(one.file_bytes for one in self.to_write)

    def to_dict(self) -> dict[str, object]:
        """The plan as JSON types."""
        return {
            "uploads": [
                {
                    "source": one.source,
                    "name": one.name,
                    "dataset_id": one.dataset_id,
                    "action": one.action,
                    "reason": one.reason,
                    "update_method": one.update_method,
                    "file_bytes": one.file_bytes,
                    "files": list(one.files),
                    "error": None if one.error is None else f"{type(one.error).__name__}: {one.error}",
                }
                for one in self.uploads
            ],
            "file_bytes": self.file_bytes,
            "warnings": list(self.warnings),
        }

    def __str__(self) -> str:
        counts = Counter(one.action or "failing" for one in self.uploads)
        words = ", ".join(f"{count} {action}" for action, count in sorted(counts.items())) or "none"
        lines = [f"{len(self.uploads)} DataSets: {words}; {self.file_bytes:,} bytes to push"]
        lines += [f"  {one.action or 'failing'}: {one.name}: {one.reason}" for one in self.uploads]
        return "\n".join([*lines, *(f"  {warning}" for warning in self.warnings)])


async def make_push_plan(
    datasets: DataSets,
    state: PushState,
    items: Sequence[PushItem],
    writings: Writings,
    *,
    base: Path,
    refresh: bool,
    verify: bool,
) -> PushPlan:
    """Plan a push. Nothing is locked or changed.

    Raises:
        TargetError: The state cannot be read.
        InvalidArgumentError: Two sources are meant for one DataSet.
        CallError: The listing failed.
    """
    await compute(state.peek)
    found = await find_destinations(datasets, items, writings)
    planned: list[PlannedUpload] = []
    for one in found:
        plan = partial(_plan, one, state, base, refresh=refresh, verify=verify)
        planned.append(await compute(plan))
    unused = tuple(f"options: {key!r} fits no DataSet of this push" for key in writings.unused)
    return PushPlan(tuple(planned), unused)


def _plan(one: Destination, state: PushState, base: Path, *, refresh: bool, verify: bool) -> PlannedUpload:
    method = one.writing.update_method.value
    record = state.records.get(one.dataset_id) if one.dataset_id is not None else None
    try:
        if one.error is not None:
            raise one.error
        files = look_at(one.item.files, base, record, verify=verify)
        if record is not None and record.pending is not None:
            reason = "the last push was cut off: Domo will be asked whether its rows went in"
            size = sum(file.bytes for file in files)
            names = tuple(file.name for file in files)
            return PlannedUpload(one.item.source, one.name, one.dataset_id, "resume", reason, method, size, names)
        decision = decide(files, record, one.writing, exists=one.dataset_id is not None, refresh=refresh)
    except DomoError as error:
        return PlannedUpload(one.item.source, one.name, one.dataset_id, None, str(error), method, error=error)
    size = sum(file.bytes for file in decision.files)
    names = tuple(file.name for file in decision.files)
    return PlannedUpload(
        one.item.source, one.name, one.dataset_id, decision.action, decision.reason, method, size, names
    )
