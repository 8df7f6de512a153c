"""A target from within the event loop."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import anyio

from domo_async.tabular.threads import in_thread, to_its_end

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from domo_async.jobs.manifest import DataSetRecord
    from domo_async.jobs.targets.protocol import Contents, StagedFile, Target

__all__ = ["TargetCalls"]

T = TypeVar("T")

_CALLS = 8
_COMMITS = 4


class TargetCalls:
    """Calls the methods of a target in worker threads of their own: an object store far away must keep no processor
    from computing.

    A call that has begun is waited for, also by who is cancelled meanwhile; and what `commit` and `note` have put into
    the manifest is told even then, so that nothing is done that the caller does not know of.

    Args:
        target: The target.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self._calls = anyio.CapacityLimiter(_CALLS)
        self._commits = anyio.CapacityLimiter(_COMMITS)

    async def open(self) -> Contents:
        """See `Target.open`."""
        return await self._call(self.target.open)

    async def peek(self) -> Contents:
        """See `Target.peek`."""
        return await self._call(self.target.peek)

    async def staging(self) -> Path:
        """See `Target.staging`."""
        return await self._call(self.target.staging)

    async def free_space(self) -> int:
        """Bytes that are free where files are staged."""
        return await self._call(self._free_space)

    async def check(self, record: DataSetRecord, *, verify: bool) -> DataSetRecord | str:
        """See `Target.check`."""
        return await self._call(partial(self.target.check, record, verify=verify))

    async def commit(
        self, dataset_id: str, record: DataSetRecord, files: Sequence[StagedFile], obsolete: Sequence[str]
    ) -> DataSetRecord:
        """See `Target.commit`. Not cancelled once it has begun."""
        async with self._commits:
            return await self._to_its_end(partial(self.target.commit, dataset_id, record, files, obsolete))

    async def note(self, dataset_id: str, record: DataSetRecord) -> None:
        """See `Target.note`."""
        await self._to_its_end(partial(self.target.note, dataset_id, record))

    async def forget(self, dataset_id: str) -> tuple[str, ...]:
        """See `Target.forget`."""
        return await self._to_its_end(partial(self.target.forget, dataset_id))

    async def renew(self) -> None:
        """See `Target.renew`."""
        await self._call(self.target.renew)

    async def close(self) -> None:
        """See `Target.close`. Not cancelled."""
        await self._to_its_end(self.target.close)

    async def _call(self, work: Callable[[], T]) -> T:
        return await in_thread(work, limiter=self._calls)

    async def _to_its_end(self, work: Callable[[], T]) -> T:
        return await to_its_end(work, limiter=self._calls)

    def _free_space(self) -> int:
        folder = self.target.staging()
        try:
            return shutil.disk_usage(folder).free
        finally:
            shutil.rmtree(folder, ignore_errors=True)
