"""What an executor does: it brings one DataSet to where the job can see it whole, and under no name of the lake.

Whatever runs here may be killed, may run twice at the same time, and may go on when nobody wants it any more. So each
run has a place of its own among what the target keeps apart for files in the making. Only the driver gives names.
"""

from __future__ import annotations

import pickle
import secrets
import shutil
import socket
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from domo_async.errors import ConfigurationError, DomoError, MissingCredentialsError, TargetError
from domo_async.integrations.spark.worker import worker_for
from domo_async.jobs.fetch import Means, Part, Watch, fetch_here
from domo_async.jobs.spool import Room
from domo_async.jobs.targets.scratch import Scratch
from domo_async.jobs.targets.stores import again
from domo_async.tabular.replacement import refusal

if TYPE_CHECKING:
    from domo_async.client import AsyncDomo
    from domo_async.integrations.spark.connection import Connection
    from domo_async.integrations.spark.fleet.place import Place
    from domo_async.jobs.recipe import Recipe
    from domo_async.jobs.targets.stores import ObjectStore
    from domo_async.models import DataSet

__all__ = ["Carried", "Order", "carry_out"]


@dataclass(frozen=True, slots=True)
class Order:
    """What an executor is told.

    Attributes:
        connection: How it makes its client; holds no secret.
        place: Where the files go.
        staging: The folder for files in the making, or where their names begin in an object store.
        scratch: Where to make files that are to be uploaded, None for the system's place for temporary files.
        dataset: The DataSet, with its schema.
        recipe: How to make the files.
        stem: What they are called after.
    """

    connection: Connection
    place: Place
    staging: str
    scratch: str | None
    dataset: DataSet
    recipe: Recipe
    stem: str


@dataclass(frozen=True, slots=True)
class Carried:
    """What an executor answers.

    Attributes:
        parts: The files, where they are now: their paths, or their names in the object store.
        received: Bytes of CSV that came.
        host: Name of the computer that did it.
        error: Why there are no files.
    """

    parts: Sequence[Part] = ()
    received: int = 0
    host: str = ""
    error: DomoError | None = None


def carry_out(order: Order) -> bytes:
    """Do it. An error of Domo is an answer: how often to try again is for the job to say, and not for Spark."""
    try:
        carried = _carry_out(order)
    except MissingCredentialsError as error:
        hint = "Pass secrets=, or set DOMO_CLIENT_ID and DOMO_CLIENT_SECRET for executors; tasks carry no secret"
        carried = Carried(error=ConfigurationError(f"On an executor: {error.message}", hint=hint))
    except DomoError as error:
        carried = Carried(error=error)
    return pickle.dumps(carried)


def _carry_out(order: Order) -> Carried:
    place = order.place.open()
    if isinstance(place, Path):
        with _own_folder(Path(order.staging)) as folder:
            return _fetched(order, folder)
    scratch = Scratch(None if order.scratch is None else Path(order.scratch))
    try:
        scratch.open()
        fetched = _fetched(order, scratch.new())
        return _uploaded(order, place, fetched)
    finally:
        scratch.close()


@contextmanager
def _own_folder(staging: Path) -> Generator[Path]:
    """A folder beside those of other runs. It stays if all goes well; the driver removes all of them together."""
    try:
        folder = Path(tempfile.mkdtemp(dir=staging))
    except FileNotFoundError:
        raise TargetError(
            f"{staging} is not there on {socket.gethostname()}", hint="Executors must have the folder of the driver"
        ) from None
    except OSError as error:
        raise refusal(staging, error) from error
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _fetched(order: Order, folder: Path) -> Carried:
    received = 0

    def count(size: int) -> None:
        nonlocal received
        received += size

    async def fetch(domo: AsyncDomo) -> list[Part]:
        # A Python worker does one task at a time, so there is nobody to wait for, and nothing to put on the disk.
        means = Means(domo.datasets, anyio.CapacityLimiter(1), Room(0))
        watch = Watch(received=count, arrived=_ignore, decoding=_ignore, written=_ignore)
        return await fetch_here(means, order.dataset, order.recipe, order.stem, folder, watch)

    return Carried(worker_for(order.connection).run(fetch), received, socket.gethostname())


def _uploaded(order: Order, store: ObjectStore, fetched: Carried) -> Carried:
    prefix = f"{order.staging}/{secrets.token_hex(6)}"
    parts: list[Part] = []
    try:
        for number, part in enumerate(fetched.parts, 1):
            name = f"{prefix}/{number:05}{order.recipe.suffix}"
            again(partial(store.put, name, part.path))
            parts.append(Part(Path(name), part.rows, part.bytes, part.sha256))
    except BaseException:
        for part in parts:
            with suppress(DomoError):
                store.delete(part.path.as_posix())
        raise
    return Carried(parts, fetched.received, fetched.host)


def _ignore(_: object = None) -> None:
    pass
