"""Many DataSets into a lake."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from domo_async.errors import InvalidArgumentError
from domo_async.jobs.budget import Budget
from domo_async.jobs.job import Job
from domo_async.jobs.patience import Patience
from domo_async.jobs.plan import PullPlan, make_plan
from domo_async.jobs.recipe import DataSetOptions, Recipe, Recipes
from domo_async.jobs.settings import CalledAfter, JobSettings
from domo_async.jobs.targets import Target, target_for
from domo_async.tabular.file_format import FileFormat, check_format
from domo_async.tabular.types import DEFAULT_DECIMAL, DecimalType

if TYPE_CHECKING:
    import os
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from domo_async.http.stats import Stats
    from domo_async.jobs.events import PullEvent
    from domo_async.jobs.listing import Selectable
    from domo_async.jobs.report import PullReport
    from domo_async.jobs.source import DatasetSource

__all__ = ["plan_pull", "pull"]


async def pull(
    datasets: DatasetSource,
    selection: Selectable,
    *,
    to: str | os.PathLike[str] | Target,
    filesystem: object = None,
    format: FileFormat = "parquet",
    names: CalledAfter = "name",
    columns: Sequence[str] | None = None,
    include_header: bool = True,
    decimal: DecimalType | None = None,
    rows_per_file: int | None = None,
    options: Mapping[str, DataSetOptions] | None = None,
    concurrency: int = 16,
    memory: int | None = None,
    scratch: str | os.PathLike[str] | None = None,
    refresh: bool = False,
    verify: bool = False,
    prune: bool = False,
    retries: int = 3,
    patience: float = 600.0,
    max_failures: int | None = None,
    fail_fast: bool = False,
    on_event: Callable[[PullEvent], None] | None = None,
    stats: Callable[[], Stats] | None = None,
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
) -> PullReport:
    """Bring DataSets into a lake, many at a time, and only what has changed since the last time.

    The target keeps a manifest. DataSets whose listing says what the manifest says are skipped, without a call for
    each. All others are fetched into files beside their place, counted against the metadata, and put there when they
    are whole: under a final name there is never half a file. What a killed job left is removed, and what it had
    finished is not fetched again. Two jobs on one target exclude each other.

    A DataSet that fails does not stop the others: the report says so, and `PullReport.raise_for_failures` turns that
    into an exception. What would fail for every other DataSet too (a full disk, a missing package, refused
    credentials) stops the job at once. However it ends, also by cancellation, what is finished stays and is known to
    the next job; the same call again goes on from there.

    Args:
        datasets: Where they come from: ``domo.datasets``.
        selection: A `Selection`, or ids, or DataSets of a listing, or a listing itself. A listing is read to its end
            while transfers go on. An id that comes again is skipped.
        to: A folder, created when missing; a file that ends in ``.duckdb``, for one table per DataSet; a URI such as
            ``s3://bucket/lake``, for whatever pyarrow or fsspec know; or a `Target` of your own.
        filesystem: A file system of pyarrow or fsspec, in which `to` is a path.
        format: Kind of the files.
        names: What the files are called after. With ``name``, the second of two equal names gets a part of its id;
            ``id`` is the choice when names repeat or change and the files should not.
        columns: Names of the columns to keep, None for all. All DataSets must have them; see `options`.
        include_header: Whether CSV files begin with a line of names.
        decimal: Precision and scale for DECIMAL columns, None for (38, 18).
        rows_per_file: Most rows in one file. With it, each DataSet gets a folder of files. None for one file each.
        options: What is different for some DataSets, by id or by name; names may have ``*`` and ``?``, and the first
            that fits counts.
        concurrency: How many DataSets are on their way at a time.
        memory: Bytes that rows on their way may take in memory; with little, fewer DataSets are decoded at a time.
            None for as much as `concurrency` and up to 8 processors can use: some 50 MiB for each processor, and 2 MiB
            for each DataSet on its way.
        scratch: Folder for files that are to be uploaded, None for the system's place for temporary files.
        refresh: Fetch what has not changed, too.
        verify: Read the files that are there, and fetch those anew whose bytes are not as they were left.
            Otherwise size and time of modification decide.
        prune: Remove the files of DataSets that the target has and that do not belong to the selection any more.
        retries: How often a transfer is begun again after any error that waiting can cure, 0 or more.
        patience: Seconds for which a transfer is begun again beyond that, while Domo is not there: maintenance,
            overload, no connection.
        max_failures: DataSets that may fail before the job is stopped, None for any number.
        fail_fast: Stop with the first failure; the same as ``max_failures=0``.
        on_event: Called in the event loop with each event; must not block. If it raises, the job stops with that.
        stats: Reads the numbers of the client that `datasets` belongs to, for the report; None if there is none.
        sleep: Waits between retries, in seconds.

    Returns:
        What became of each DataSet, in the order of the selection.

    Raises:
        InvalidArgumentError: An argument makes no sense; nothing was sent.
        TargetError: The target refuses: no space, no permission, another job at work, or a manifest that a newer
            version wrote.
        PullError: More DataSets failed than may.
        ConfigurationError: A setting or a package is missing.
        AuthenticationError: The credentials or the scope were refused.
        CallError: The listing failed.
        ClientClosedError: The client was closed meanwhile.

    Example:
        ::

            report = await pull(domo.datasets, Selection.names("sales*"), to="lake", concurrency=8)
            report.raise_for_failures()
    """
    recipe = Recipe(
        format=check_format(format),
        columns=None if columns is None else tuple(columns),
        include_header=include_header,
        decimal=DEFAULT_DECIMAL if decimal is None else decimal,
        rows_per_file=rows_per_file,
    )
    _check(selection, columns, concurrency)
    settings = JobSettings(
        recipes=Recipes(recipe, options),
        budget=Budget.of(concurrency, memory),
        patience=Patience(retries, patience),
        names=names,
        refresh=refresh,
        verify=verify,
        prune=prune,
        max_failures=0 if fail_fast else max_failures,
    )
    target = target_for(to, filesystem=filesystem, scratch=None if scratch is None else Path(scratch))
    settings.check(target)
    return await Job(datasets, target, settings, on_event or _ignore, sleep, stats).run(selection)


async def plan_pull(
    datasets: DatasetSource,
    selection: Selectable,
    *,
    to: str | os.PathLike[str] | Target,
    filesystem: object = None,
    format: FileFormat = "parquet",
    names: CalledAfter = "name",
    columns: Sequence[str] | None = None,
    include_header: bool = True,
    decimal: DecimalType | None = None,
    rows_per_file: int | None = None,
    options: Mapping[str, DataSetOptions] | None = None,
    refresh: bool = False,
    verify: bool = False,
    prune: bool = False,
    concurrency: int = 16,
) -> PullPlan:
    """Say what `pull` with the same arguments would do, and do nothing.

    The target is neither locked nor changed; while another job works there, the plan may be out of date at once.

    Args:
        datasets: See `pull`, as for all others.
        selection: The DataSets.
        to: The target.
        filesystem: File system of the target.
        format: Kind of the files.
        names: What the files are called after.
        columns: Names of the columns to keep.
        include_header: Whether CSV files begin with a line of names.
        decimal: Precision and scale for DECIMAL columns, None for (38, 18).
        rows_per_file: Most rows in one file.
        options: What is different for some DataSets.
        refresh: Fetch what has not changed, too.
        verify: Read the files that are there, and compare their hashes.
        prune: Remove what does not belong to the selection any more.
        concurrency: How many DataSets are asked for at a time, of those of which a listing does not tell enough.

    Raises:
        InvalidArgumentError: An argument makes no sense.
        TargetError: The target cannot be read.
        CallError: The listing failed.
    """
    recipe = Recipe(
        format=check_format(format),
        columns=None if columns is None else tuple(columns),
        include_header=include_header,
        decimal=DEFAULT_DECIMAL if decimal is None else decimal,
        rows_per_file=rows_per_file,
    )
    _check(selection, columns, concurrency)
    settings = JobSettings(
        recipes=Recipes(recipe, options),
        budget=Budget.of(concurrency, None),
        patience=Patience(0, 0.0),
        names=names,
        refresh=refresh,
        verify=verify,
        prune=prune,
    )
    target = target_for(to, filesystem=filesystem)
    settings.check(target)
    return await make_plan(datasets, target, settings, selection)


def _check(selection: object, columns: object, concurrency: int) -> None:
    if concurrency < 1:
        raise InvalidArgumentError(f"concurrency={concurrency} is not 1 or more")
    if isinstance(selection, str | bytes):
        raise InvalidArgumentError("selection is one text and not a list of ids")
    if isinstance(columns, str):
        raise InvalidArgumentError(f"columns={columns!r} is one text and not a list of names")


def _ignore(event: PullEvent) -> None:
    pass
