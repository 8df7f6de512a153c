"""Which DataSet each source is meant for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from domo_async.errors import AmbiguousNameError, DomoError, InvalidArgumentError, NotFoundError

if TYPE_CHECKING:
    from domo_async.api.datasets import DataSets
    from domo_async.jobs.push_options import Writing, Writings
    from domo_async.jobs.push_sources import PushItem

__all__ = ["Destination", "find_destinations"]

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_FEW: Final = 20
"""Names that are asked for one by one; for more of them, a listing of all DataSets takes fewer calls."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where one source goes.

    Attributes:
        item: The source.
        writing: How it is written.
        name: Name of the DataSet; an id, if that was all that was said.
        dataset_id: Id of the DataSet, None if there is none and it is to be made.
        error: Why it is not known which one, None if it is.
    """

    item: PushItem
    writing: Writing
    name: str
    dataset_id: str | None = None
    error: DomoError | None = None


async def find_destinations(datasets: DataSets, items: Sequence[PushItem], writings: Writings) -> list[Destination]:
    """Find the DataSets of some sources.

    Args:
        datasets: The DataSet API.
        items: The sources.
        writings: How they are written, and into what.

    Raises:
        InvalidArgumentError: Two sources are meant for one DataSet.
        CallError: The listing failed.
    """
    wanted: list[tuple[PushItem, Writing, str, str | None]] = []
    for item in items:
        writing = writings.of(item.dataset_id, item.name)
        name = writing.into or item.name
        dataset_id = name if _UUID.fullmatch(name) else None if writing.into else item.dataset_id
        wanted.append((item, writing, name, dataset_id))
    known = await _ids_by_name(datasets, [name for item, _, name, one in wanted if one is None or item.remembered])
    present = {one for ids in known.values() for one in ids}
    found: list[Destination] = []
    for item, writing, name, said in wanted:
        is_there = said is not None and (not item.remembered or said in present or await _exists(datasets, said))
        ids = [said] if said is not None and is_there else known.get(name, [])
        error = _ambiguous(name, ids) if len(ids) > 1 else None
        found.append(Destination(item, writing, name, ids[0] if len(ids) == 1 else None, error))
    _refuse_rivals(found)
    return found


async def _ids_by_name(datasets: DataSets, names: Sequence[str]) -> dict[str, list[str]]:
    """The ids of all DataSets of some names, the oldest first."""
    wanted = set(names)
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for part in sorted(wanted) if len(wanted) <= _FEW else [None]:
        async for dataset in datasets.list(name_like=part, sort=None if part else "name"):
            if dataset.name in wanted and (part is None or dataset.name == part):
                found[dataset.name].append((str(dataset.created_at or ""), dataset.id))
    return {name: [one for _, one in sorted(set(ids))] for name, ids in found.items()}


async def _exists(datasets: DataSets, dataset_id: str) -> bool:
    try:
        found = await datasets.get(dataset_id)
    except NotFoundError:
        return False
    return not found.deleted


def _ambiguous(name: str, ids: Sequence[str]) -> AmbiguousNameError:
    return AmbiguousNameError(
        f"{len(ids)} DataSets are called {name!r}: {', '.join(ids)}",
        ids=tuple(ids),
        hint="Say which one you mean by its id, with PushOptions(into=...)",
    )


def _refuse_rivals(found: Sequence[Destination]) -> None:
    seen: dict[str, Destination] = {}
    for one in found:
        key = one.dataset_id or f"name {one.name}"
        if key in seen:
            raise InvalidArgumentError(
                f"source: {seen[key].item.source} and {one.item.source} are both meant for DataSet {one.name!r}",
                hint="Give one of them another name or id, or push both with into= as parts of one DataSet",
            )
        seen[key] = one
