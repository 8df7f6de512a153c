"""One look at the DataSets of a watch: what Domo says of them now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import anyio

from domo_async.errors import (
    BlockedError,
    DomoError,
    InsufficientScopeError,
    NotFoundError,
    PermissionDeniedError,
)
from domo_async.jobs.listing import wanted
from domo_async.tabular.read_ahead import close_iterator

if TYPE_CHECKING:
    from domo_async.jobs.changes import SeenDataSet
    from domo_async.jobs.selection import Selection
    from domo_async.jobs.source import DatasetSource
    from domo_async.models import DataSetSummary

    Told = Mapping[str, SeenDataSet]

__all__ = ["Looker"]

_AT_ONCE: Final = 8
_WRAPPED_REFUSAL: Final = 400


class Looker:
    """Asks Domo for DataSets: by a listing where that pays, and one by one where it proves nothing.

    Args:
        source: Whom to ask.
        selection: The DataSets.
    """

    def __init__(self, source: DatasetSource, selection: Selection) -> None:
        self._source = source
        self._selection = selection
        self._listing_pays = True

    async def look(self, told: Told | None) -> tuple[dict[str, DataSetSummary | None], DomoError | None]:
        """Look once.

        Args:
            told: What the caller knows; None before the first look.

        Returns:
            The DataSets that something is known of, by id: as they are, None for those that are gone. And why nothing
            is known of others, None if there are none.

        Raises:
            DomoError: The listing failed.
        """
        found, missing = await self._listed(told)
        failure = await self._ask(missing, found, told)
        return found, failure

    async def _listed(self, told: Told | None) -> tuple[dict[str, DataSetSummary | None], list[str]]:
        """What a listing says, and the ids that have to be asked for one by one."""
        selection, pays = self._selection, self._listing_pays
        known = selection.named_ids if pays and told is None else (told or {}) if pays else ()
        found: dict[str, DataSetSummary | None] = {}
        missing: list[str] = []
        iterator = wanted(selection, self._source, known)
        try:
            async for dataset_id, summary in iterator:
                if summary is None:
                    missing.append(dataset_id)
                else:
                    found[dataset_id] = summary
        finally:
            await close_iterator(iterator)
        if len(missing) > len(found):
            self._listing_pays = False
        # Whoever reads a listing page by page may miss what moves to an earlier page: that is no proof.
        asked = {*found, *missing}
        return found, [*missing, *(one for one in told or {} if one not in asked)]

    async def _ask(
        self, missing: list[str], found: dict[str, DataSetSummary | None], told: Told | None
    ) -> DomoError | None:
        """Ask for DataSets one by one; returns the first failure that says nothing about the DataSet."""
        limit = anyio.CapacityLimiter(_AT_ONCE)
        failures: list[DomoError] = []
        denied: dict[str, DomoError] = {}

        async def ask(dataset_id: str) -> None:
            async with limit:
                if len(failures) >= _AT_ONCE and not found:
                    return
                try:
                    found[dataset_id] = await self._source.get(dataset_id)
                except NotFoundError:
                    found[dataset_id] = None
                except PermissionDeniedError as error:
                    denied[dataset_id] = error
                except DomoError as error:
                    failures.append(error)

        async with anyio.create_task_group() as tasks:
            for dataset_id in missing:
                tasks.start_soon(ask, dataset_id)
        sees_others = any(dataset is not None for dataset in found.values())
        for dataset_id, error in denied.items():
            was_away = told is not None and dataset_id not in told
            if was_away or _is_about_the_dataset(error, sees_others=sees_others):
                found[dataset_id] = None
            else:
                failures.insert(0, error)
        return failures[0] if failures else None


def _is_about_the_dataset(error: DomoError, *, sees_others: bool) -> bool:
    """Whether a refusal is about one DataSet, and not about the client as a whole.

    Domo says "Access is denied" within a 400 where a DataSet may not be seen. A plain 403 it says for a missing scope,
    too, and then no DataSet is gone.
    """
    if isinstance(error, InsufficientScopeError | BlockedError):
        return False
    return sees_others or getattr(error, "status", None) == _WRAPPED_REFUSAL
