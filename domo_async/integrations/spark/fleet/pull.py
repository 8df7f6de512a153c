"""The job of `domo_async.jobs`, with executors to do the work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from domo_async.errors import InvalidArgumentError
from domo_async.integrations.spark.connection import Connection, SecretSource
from domo_async.integrations.spark.fleet.fetcher import FleetFetcher
from domo_async.integrations.spark.fleet.place import FileSystemSource, Place
from domo_async.integrations.spark.fleet.tasks import Tasks
from domo_async.integrations.spark.session import is_on_this_computer
from domo_async.integrations.spark.worker import worker_for
from domo_async.jobs.budget import Budget
from domo_async.jobs.job import Job
from domo_async.jobs.patience import Patience
from domo_async.jobs.recipe import DataSetOptions, Recipe, Recipes
from domo_async.jobs.settings import CalledAfter, JobSettings
from domo_async.tabular.file_format import FileFormat, check_format
from domo_async.tabular.types import DEFAULT_DECIMAL, DecimalType

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pyspark.sql import SparkSession

    from domo_async.client import AsyncDomo
    from domo_async.jobs.events import PullEvent
    from domo_async.jobs.report import PullReport
    from domo_async.jobs.selection import Selection
    from domo_async.models import DataSetSummary

__all__ = ["pull"]


def pull(
    spark: SparkSession,
    selection: Selection | Iterable[str | DataSetSummary],
    *,
    to: str | os.PathLike[str],
    filesystem: FileSystemSource | None = None,
    shared: bool | None = None,
    secrets: SecretSource | None = None,
    format: FileFormat = "parquet",
    names: CalledAfter = "name",
    columns: Sequence[str] | None = None,
    include_header: bool = True,
    decimal: DecimalType | None = None,
    rows_per_file: int | None = None,
    options: Mapping[str, DataSetOptions] | None = None,
    concurrency: int = 8,
    scratch: str | os.PathLike[str] | None = None,
    refresh: bool = False,
    verify: bool = False,
    prune: bool = False,
    retries: int = 3,
    patience: float = 600.0,
    max_failures: int | None = None,
    fail_fast: bool = False,
    on_event: Callable[[PullEvent], None] | None = None,
) -> PullReport:
    """Bring DataSets into a lake, as `domo_async.jobs.pull` does, by the executors of a cluster.

    The driver plans: it reads the selection, compares it with the manifest of the target, and skips what has not
    changed. Each DataSet that is left is one task. It downloads, decodes, counts, and puts complete files beside their
    place; the driver gives them their names and writes them down. So everything that is promised of the job holds: no
    file under a final name is ever half a file, whatever was killed; the same call goes on from there; and two jobs on
    one target exclude each other, also one on Spark and one on a single machine. The files are the same to the byte,
    if the versions of pyarrow are.

    A DataSet is never divided: a fleet helps with many of them, and not with a single large one. A task that Spark
    repeats, or runs twice, works in a place of its own, and only the answer that the driver takes counts.

    Args:
        spark: The session; a classic one or one of Spark Connect.
        selection: A `Selection`, or ids, or DataSets of a listing.
        to: A URI that pyarrow or fsspec know on the driver and on all executors, without secrets in it; or a folder.
        filesystem: Makes a file system of pyarrow or fsspec, in which `to` is a path; called on the driver and once in
            each Python worker. It is pickled, so let it look credentials up and not hold them.
        shared: Whether a folder is one of all computers: NFS, or one that is mounted everywhere. None for yes if
            all of the cluster is certain to be on this computer, and no otherwise, as with Spark Connect.
        secrets: Looks up client id and secret, as in `register`. Without it, the driver takes them from
            Spark's configuration or from the DOMO_* variables, and executors from their variables alone: no secret is
            in any task.
        format: Kind of the files; see `domo_async.jobs.pull`, as for all that is not explained here.
        names: What the files are called after.
        columns: Names of the columns to keep, None for all.
        include_header: Whether CSV files begin with a line of names.
        decimal: Precision and scale for DECIMAL columns, None for (38, 18).
        rows_per_file: Most rows in one file, None for one file for each DataSet.
        options: What is different for some DataSets, by id or by name.
        concurrency: DataSets on their way at a time on the whole cluster. Each makes one call at a time, so this is
            also the most calls at once; more than the cluster has slots for wait there.
        scratch: Folder of each executor for files that are to be uploaded, None for its system's temporary folder.
        refresh: Fetch what has not changed, too.
        verify: Let the driver read the files that are there, and fetch those anew that were changed.
        prune: Remove the files of DataSets that do not belong to the selection any more.
        retries: How often a transfer is begun again after an error that waiting can cure, and after a task that Spark
            gave up.
        patience: Seconds for which it is begun again beyond that, while Domo is not there.
        max_failures: DataSets that may fail before the job is stopped, None for any number.
        fail_fast: Stop with the first failure.
        on_event: Called with each event, in a thread of its own; must not block. Progress within a DataSet is told
            when its task is over.

    Returns:
        What became of each DataSet, in the order of the selection.

    Raises:
        InvalidArgumentError: An argument makes no sense, or executors cannot reach the target.
        TargetError: The target refuses, or another job is at work there.
        PullError: More DataSets failed than may.
        ConfigurationError: The credentials are missing, here or on an executor.
        ClientClosedError: The session was stopped meanwhile.
        CallError: The listing failed.

    Example:
        ::

            report = pull(spark, Selection.names("sales*"), to="s3://bucket/lake", concurrency=16)
            report.raise_for_failures()
    """
    if isinstance(selection, str | bytes):
        raise InvalidArgumentError("selection is one text and not a list of ids")
    if isinstance(columns, str):
        raise InvalidArgumentError(f"columns={columns!r} is one text and not a list of names")
    if concurrency < 1:
        raise InvalidArgumentError(f"concurrency={concurrency} is not 1 or more")
    recipe = Recipe(
        format=check_format(format),
        columns=None if columns is None else tuple(columns),
        include_header=include_header,
        decimal=DEFAULT_DECIMAL if decimal is None else decimal,
        rows_per_file=rows_per_file,
    )
    settings = JobSettings(
        recipes=Recipes(recipe, options),
        budget=Budget(concurrency, 1),
        patience=Patience(retries, patience),
        names=names,
        refresh=refresh,
        verify=verify,
        prune=prune,
        max_failures=0 if fail_fast else max_failures,
    )
    place = Place.of(to, filesystem, shared=is_on_this_computer(spark) if shared is None else shared)
    target = place.target(None)
    settings.check(target)
    connection = Connection.of(spark, secrets)
    fetcher = FleetFetcher(Tasks(spark), connection, place, scratch=None if scratch is None else str(Path(scratch)))

    async def run(domo: AsyncDomo) -> PullReport:
        try:
            return await Job(domo.datasets, target, settings, on_event or _ignore, anyio.sleep, fetch=fetcher).run(
                selection
            )
        finally:
            with anyio.CancelScope(shield=True):
                await fetcher.sweep()

    return worker_for(connection).run(run)


def _ignore(event: PullEvent) -> None:
    pass
