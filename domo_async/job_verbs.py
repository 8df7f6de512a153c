"""Jobs over many DataSets, as methods of the client."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING

import anyio

from domo_async.families import Families

if TYPE_CHECKING:
    from domo_async.api.arguments import StreamUpdateMethod
    from domo_async.api.row_fitting import MissingColumns
    from domo_async.jobs.changes import WatchState
    from domo_async.jobs.events import PullEvent
    from domo_async.jobs.listing import Selectable
    from domo_async.jobs.plan import PullPlan
    from domo_async.jobs.push_events import PushEvent
    from domo_async.jobs.push_options import PushOptions, Unsettled
    from domo_async.jobs.push_plan import PushPlan
    from domo_async.jobs.push_report import PushReport
    from domo_async.jobs.push_sources import PushSource
    from domo_async.jobs.recipe import DataSetOptions
    from domo_async.jobs.report import PullReport
    from domo_async.jobs.selection import Selection
    from domo_async.jobs.settings import CalledAfter
    from domo_async.jobs.targets import Target
    from domo_async.jobs.watch import DataSetWatch
    from domo_async.models import DataSetSummary
    from domo_async.tabular.file_format import FileFormat
    from domo_async.tabular.types import DecimalType

__all__ = ["JobVerbs"]


class JobVerbs(Families):
    """Pulls, pushes and watches of `AsyncDomo`."""

    async def pull(
        self,
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
    ) -> PullReport:
        """Bring DataSets into a lake, many at a time, and only what has changed since the last time.

        The target keeps a manifest: what has not changed is skipped, what a killed job had finished is not fetched
        again, and the same call again goes on from wherever it ended. Under a final name there is never half a file.

        Args:
            selection: A `domo_async.jobs.Selection`, or ids, or DataSets of a listing;
                ``domo.datasets.list(...)`` may be passed as it is.
            to: A folder, created when missing; a file that ends in ``.duckdb``, for one table per DataSet; or a URI
                such as ``s3://bucket/lake``, for whatever pyarrow or fsspec know.
            filesystem: A file system of pyarrow or fsspec, in which `to` is a path.
            format: ``parquet``, ``arrow``, ``csv``, ``csv.gz`` or ``jsonl``.
            names: What the files are called after: the DataSet's ``name``, or its ``id``.
            columns: Names of the columns to keep, None for all.
            include_header: Whether CSV files begin with a line of names.
            decimal: Precision and scale for DECIMAL columns.
            rows_per_file: Most rows in one file. With it, each DataSet gets a folder of files.
            options: What is different for some DataSets, by id or by name; names may have ``*`` and ``?``.
            concurrency: How many DataSets are on their way at a time.
            memory: Bytes that rows on their way may take in memory, None for some 50 MiB for each processor, of up to
                8, and 2 MiB for each DataSet on its way.
            scratch: Folder for files that are to be uploaded, None for the system's temporary one.
            refresh: Fetch what has not changed, too.
            verify: Read the files that are there, and fetch those anew whose bytes are not as they were left.
            prune: Remove the files of DataSets that do not belong to the selection any more.
            retries: How often a transfer is begun again after any error that waiting can cure.
            patience: Seconds for which it is begun again beyond that, while Domo is not there, 0 for none.
            max_failures: DataSets that may fail before the job is stopped, None for any number.
            fail_fast: Stop with the first failure.
            on_event: Called with each event of the job; must not block.

        Returns:
            What became of each DataSet. One that failed does not stop the others.

        Raises:
            TargetError: The target refuses: no space, no permission, or another job at work.
            PullError: More DataSets failed than may.
            AuthenticationError: The credentials were refused.
            InvalidArgumentError: An argument makes no sense; nothing was sent.

        Example:
            ::

                report = await domo.pull(Selection.names("sales*"), to="lake")
                report.raise_for_failures()
        """
        from domo_async.jobs.pull import pull

        watcher = self._session.engine.watcher
        with nullcontext(on_event) if watcher is None else watcher.pull(on_event) as listener:
            return await pull(
                self.datasets,
                selection,
                to=to,
                filesystem=filesystem,
                format=format,
                names=names,
                columns=columns,
                include_header=include_header,
                decimal=decimal,
                rows_per_file=rows_per_file,
                options=options,
                concurrency=concurrency,
                memory=memory,
                scratch=scratch,
                refresh=refresh,
                verify=verify,
                prune=prune,
                retries=retries,
                patience=patience,
                max_failures=max_failures,
                fail_fast=fail_fast,
                on_event=listener,
                stats=self._session.engine.stats,
            )

    async def plan_pull(
        self,
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
        refresh: bool = False,
        verify: bool = False,
        prune: bool = False,
    ) -> PullPlan:
        """Say what `pull` with the same arguments would do, and do nothing.

        Returns:
            For each DataSet what would be done and why; which files would be removed.

        Raises:
            TargetError: The target cannot be read.
            InvalidArgumentError: An argument makes no sense.
            CallError: The listing failed.

        Example:
            ::

                print(await domo.plan_pull(Selection.names("sales*"), to="lake"))
        """
        from domo_async.jobs.pull import plan_pull

        return await plan_pull(
            self.datasets,
            selection,
            to=to,
            filesystem=filesystem,
            format=format,
            names=names,
            columns=columns,
            include_header=include_header,
            decimal=decimal,
            rows_per_file=rows_per_file,
            options=options,
            concurrency=concurrency,
            refresh=refresh,
            verify=verify,
            prune=prune,
        )

    def watch(
        self,
        selection: Selection | Iterable[str | DataSetSummary],
        *,
        every: float = 60.0,
        since: WatchState | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> DataSetWatch:
        """Wait for DataSets to change: an asynchronous iterator of events, for whoever keeps a copy of them.

        It looks every so many seconds, and only while somebody waits for the next event. Nothing that changes between
        two looks, or while the caller is at work, is lost; several changes of one DataSet become one event. Outages
        of Domo are logged and waited for.

        Args:
            selection: A `domo_async.jobs.Selection`, or ids, or DataSets of a listing.
            every: Seconds between two looks, give or take a tenth.
            since: The `state` of an earlier watch; what has changed since then comes at once. None begins with what
                is there at the first look, which ``async with`` makes before its block.
            clock: Monotonic seconds, for tests.
            sleep: Waits some seconds, for tests: ``ManualClock.sleep``.

        Returns:
            An iterator of `DataSetCreated`, `DataSetChanged` and `DataSetGone`, which ends when it is closed.

        Raises:
            InvalidArgumentError: An argument makes no sense.

        Example:
            ::

                async with domo.watch([dataset_id], every=300) as changes:
                    table = await domo.datasets.read(dataset_id)
                    async for change in changes:
                        table = await domo.datasets.read(change.dataset_id)
        """
        from domo_async.jobs.watch import DataSetWatch

        return DataSetWatch(self.datasets, selection, every=every, since=since, clock=clock, sleep=sleep)

    async def push(
        self,
        source: PushSource,
        *,
        into: str | None = None,
        name: str = "{name}",
        update_method: StreamUpdateMethod = "REPLACE",
        key_columns: Sequence[str] = (),
        evolve: bool = False,
        missing_columns: MissingColumns = "refuse",
        options: Mapping[str, PushOptions] | None = None,
        state: str | os.PathLike[str] | None = None,
        concurrency: int = 8,
        memory: int | None = None,
        part_size: int = 16 * 2**20,
        refresh: bool = False,
        verify: bool = False,
        unsettled: Unsettled = "refuse",
        retries: int = 3,
        patience: float = 600.0,
        max_failures: int | None = None,
        fail_fast: bool = False,
        on_event: Callable[[PushEvent], None] | None = None,
    ) -> PushReport:
        """Write files into DataSets, many at a time, and only what has changed since the last time.

        A file is a DataSet, and so is a folder of part files in the folder that is pushed. The folder that a pull made
        goes back into the DataSets that its manifest names. A name that there is not yet becomes a DataSet.

        What was pushed is written down, each step before it is taken. The same call again skips what has not changed,
        and asks Domo what became of a write that was cut off: rows are never appended twice, and no execution is left
        open. With ``APPEND``, each file is appended once, and the next call appends the files that are new.

        Args:
            source: A file, a folder, a pattern such as ``lake/*.parquet``, or several of them.
            into: Id or exact name of the one DataSet that everything goes into, None for one DataSet for each.
            name: What DataSets are called, with ``{name}``, the name of the file or in the manifest, and ``{folder}``.
            update_method: ``REPLACE``, ``APPEND`` or ``UPSERT``.
            key_columns: Columns that make two rows the same, for ``UPSERT``.
            evolve: Give DataSets columns that they do not have, and widen types where nothing is lost.
            missing_columns: ``refuse`` or ``null``: what to do about columns that do not come.
            options: What is different for some DataSets, by id or by name; names may have ``*`` and ``?``.
            state: File that keeps what was pushed. None for ``.domo-async/push.json`` in the folder of the files.
            concurrency: How many DataSets are on their way at a time.
            memory: Bytes that rows on their way may take; with little, fewer DataSets at a time. None for no bound
                but `concurrency`.
            part_size: Bytes of CSV per part, before compression.
            refresh: Write what has not changed, too; not with ``APPEND``.
            verify: Read all files although size and time are those of the last time, and replace what others have
                written to since.
            unsettled: What to do if Domo cannot tell whether rows were appended: ``refuse``, or what you have found
                out: ``done`` or ``again``.
            retries: How often a DataSet is begun again after any error that waiting can cure.
            patience: Seconds for which it is begun again beyond that, while Domo is not there, 0 for none.
            max_failures: DataSets that may fail before the push is stopped, None for any number.
            fail_fast: Stop with the first failure.
            on_event: Called with each event; must not block.

        Returns:
            What became of each DataSet. One that failed does not stop the others.

        Raises:
            TargetError: What was pushed cannot be written down or read, or another push is at work.
            PushError: More DataSets failed than may.
            AuthenticationError: The credentials were refused.
            InvalidArgumentError: An argument makes no sense, or two files are meant for one DataSet; nothing was sent.
            CallError: The listing failed.

        Example:
            ::

                report = await domo.push("lake/*.parquet", update_method="REPLACE")
                report.raise_for_failures()
        """
        from domo_async.jobs.push import push
        from domo_async.jobs.push_options import PushOptions

        watcher = self._session.engine.watcher
        with nullcontext(on_event) if watcher is None else watcher.push(on_event) as listener:
            return await push(
                self.datasets,
                self.streams,
                source,
                api_url=str(self._session.engine.origin),
                into=into,
                name=name,
                common=PushOptions(
                    update_method=update_method,
                    key_columns=key_columns,
                    evolve=evolve,
                    missing_columns=missing_columns,
                ),
                options=options,
                state=state,
                concurrency=concurrency,
                memory=memory,
                part_size=part_size,
                refresh=refresh,
                verify=verify,
                unsettled=unsettled,
                retries=retries,
                patience=patience,
                max_failures=max_failures,
                fail_fast=fail_fast,
                on_event=listener,
            )

    async def plan_push(
        self,
        source: PushSource,
        *,
        into: str | None = None,
        name: str = "{name}",
        update_method: StreamUpdateMethod = "REPLACE",
        key_columns: Sequence[str] = (),
        evolve: bool = False,
        missing_columns: MissingColumns = "refuse",
        options: Mapping[str, PushOptions] | None = None,
        state: str | os.PathLike[str] | None = None,
        refresh: bool = False,
        verify: bool = False,
    ) -> PushPlan:
        """Say what `push` with the same arguments would do, and do nothing.

        Whether a write that was cut off went in is not asked, and columns are not compared.

        Returns:
            For each DataSet what would be done and why.

        Raises:
            TargetError: What was pushed cannot be read.
            InvalidArgumentError: An argument makes no sense.
            CallError: The listing failed.

        Example:
            ::

                print(await domo.plan_push("lake"))
        """
        from domo_async.jobs.push import plan_push
        from domo_async.jobs.push_options import PushOptions

        return await plan_push(
            self.datasets,
            source,
            api_url=str(self._session.engine.origin),
            into=into,
            name=name,
            common=PushOptions(
                update_method=update_method,
                key_columns=key_columns,
                evolve=evolve,
                missing_columns=missing_columns,
            ),
            options=options,
            state=state,
            refresh=refresh,
            verify=verify,
        )
