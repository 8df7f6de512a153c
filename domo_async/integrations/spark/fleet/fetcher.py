"""The rows of a DataSet, fetched by an executor."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from domo_async.errors import DomoError, TargetError
from domo_async.integrations.spark.fleet.carrying import Order
from domo_async.jobs.targets.stores import STAGING

if TYPE_CHECKING:
    from domo_async.integrations.spark.connection import Connection
    from domo_async.integrations.spark.fleet.place import Place
    from domo_async.integrations.spark.fleet.tasks import Tasks
    from domo_async.jobs.fetch import Part, Watch
    from domo_async.jobs.recipe import Recipe
    from domo_async.models import DataSet

__all__ = ["FleetFetcher"]


class FleetFetcher:
    """The `Fetcher` of a job: it hands DataSets to executors, and looks whether what they say is true.

    Args:
        tasks: Takes orders to executors.
        connection: How they make their clients.
        place: Where files go.
        scratch: Where they make files that are to be uploaded.
    """

    def __init__(self, tasks: Tasks, connection: Connection, place: Place, *, scratch: str | None) -> None:
        self._tasks = tasks
        self._connection = connection.without_secret()
        self._place = place
        self._found = place.open()
        self._scratch = scratch
        # Apart from those of a job that lost its lease and whose executors have not noticed yet.
        self._staging = f"{STAGING}/{secrets.token_hex(8)}"

    async def __call__(self, dataset: DataSet, recipe: Recipe, stem: str, folder: Path, watch: Watch) -> Sequence[Part]:
        """Let an executor fetch a DataSet.

        Raises:
            TargetError: What the executor has put there is not to be seen from here.
            ExecutorError: Spark gave up.
            DomoError: Whatever the executor says.
        """
        staging = str(folder) if isinstance(self._found, Path) else self._staging
        order = Order(self._connection, self._place, staging, self._scratch, dataset, recipe, stem)
        carried = await self._tasks.run(order)
        if carried.error is not None:
            raise carried.error
        await anyio.to_thread.run_sync(partial(self._check, carried.parts, carried.host))
        watch.received(carried.received)
        watch.arrived()
        watch.decoding()
        watch.written(sum(part.rows for part in carried.parts))
        return carried.parts

    def _check(self, parts: Sequence[Part], host: str) -> None:
        for part in parts:
            if self._size_of(part.path) != part.bytes:
                raise TargetError(
                    f"{host} has put {part.path.as_posix()} into {self._place.address}, and here it is not to be seen",
                    hint="The driver and all executors must reach the same place by this address",
                )

    def _size_of(self, path: Path) -> int | None:
        if isinstance(self._found, Path):
            with suppress(OSError):
                return path.stat().st_size
            return None
        facts = self._found.facts(path.as_posix())
        return None if facts is None else facts.bytes

    async def sweep(self) -> None:
        """Remove what tasks have left that were repeated, or that nobody waited for."""
        await anyio.to_thread.run_sync(self._sweep)

    def _sweep(self) -> None:
        if not isinstance(self._found, Path):
            with suppress(DomoError):
                for name in self._found.list(self._staging):
                    self._found.delete(name)
