"""The DataSets of a selection, one after the other, with what a listing says of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Sized
from typing import TYPE_CHECKING

from domo_async.errors import InvalidArgumentError
from domo_async.jobs.selection import Selection
from domo_async.models import DataSetSummary
from domo_async.tabular.read_ahead import close_iterator

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from domo_async.jobs.source import DatasetSource

__all__ = ["Selectable", "Wanted", "length_of", "wanted"]

Selectable = Selection | Iterable[str | DataSetSummary] | AsyncIterable[str | DataSetSummary]
"""What a job takes: a selection, ids, DataSets of a listing, or a listing itself."""

Wanted = tuple[str, DataSetSummary | None]
"""An id, and what a listing said of it, if it was seen in one."""

_PAGE = 50
_FEW = 20


def length_of(items: Selectable) -> int | None:
    """How many DataSets that are, None if only asking for them tells."""
    if isinstance(items, Selection):
        return None if items.needs_listing else len(items.named_ids)
    return len(items) if isinstance(items, Sized) else None


async def wanted(items: Selectable, source: DatasetSource, known: Container[str]) -> AsyncGenerator[Wanted]:
    """Go through a selection. An id comes once.

    Args:
        items: The selection.
        source: Whom to ask for a listing.
        known: Ids that the target has. If there are many of those among plain ids, a listing tells in a few calls
            whether they have changed.

    Raises:
        InvalidArgumentError: Something in it is no id.
        CallError: The listing failed.
    """
    seen: set[str] = set()
    iterator = _all(items, source, known)
    try:
        async for dataset_id, summary in iterator:
            if dataset_id not in seen:
                seen.add(dataset_id)
                yield dataset_id, summary
    finally:
        await close_iterator(iterator)


def _all(items: Selectable, source: DatasetSource, known: Container[str]) -> AsyncGenerator[Wanted]:
    if isinstance(items, Selection):
        return _searched(items, source) if items.needs_listing else _named(items.named_ids, source, known)
    if isinstance(items, AsyncIterable):
        return _streamed(items)
    if isinstance(items, Sized):
        plain = [_wanted(item) for item in items]
        if all(summary is None for _, summary in plain):
            return _named([dataset_id for dataset_id, _ in plain], source, known)
        items = (summary or dataset_id for dataset_id, summary in plain)
    return _streamed(_as_async(items))


async def _searched(selection: Selection, source: DatasetSource) -> AsyncGenerator[Wanted]:
    missing = dict.fromkeys(selection.named_ids)
    listing = aiter(source.list(name_like=None if missing else selection.name_like, sort="name"))
    try:
        async for dataset in listing:
            if selection.matches(dataset):
                missing.pop(dataset.id, None)
                yield dataset.id, dataset
    finally:
        await close_iterator(listing)
    for dataset_id in missing:
        yield dataset_id, None


async def _named(ids: Sequence[str], source: DatasetSource, known: Container[str]) -> AsyncGenerator[Wanted]:
    """Plain ids; those that the target has are looked for in the listing, as long as that takes fewer calls."""
    missing = {dataset_id for dataset_id in ids if dataset_id in known}
    found: dict[str, DataSetSummary] = {}
    if len(missing) > _FEW:
        listing = aiter(source.list(sort="name"))
        try:
            calls_left = len(missing) * _PAGE
            async for dataset in listing:
                if dataset.id in missing:
                    missing.discard(dataset.id)
                    found[dataset.id] = dataset
                calls_left -= 1
                if not missing or not calls_left:
                    break
        finally:
            await close_iterator(listing)
    for dataset_id in ids:
        yield dataset_id, found.get(dataset_id)


async def _streamed(items: AsyncIterable[str | DataSetSummary]) -> AsyncGenerator[Wanted]:
    iterator = aiter(items)
    try:
        async for item in iterator:
            yield _wanted(item)
    finally:
        await close_iterator(iterator)


async def _as_async(items: Iterable[str | DataSetSummary]) -> AsyncIterator[str | DataSetSummary]:
    for item in items:
        yield item


def _wanted(item: object) -> Wanted:
    if isinstance(item, DataSetSummary):
        return item.id, item
    if not isinstance(item, str) or not item:
        raise InvalidArgumentError(f"{item!r} is no DataSet id")
    return item, None
