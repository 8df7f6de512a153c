"""One write: from rows of any kind to rows in a DataSet."""

from __future__ import annotations

import logging
import time
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from domo_async.api.loading import load
from domo_async.api.part_cutting import Cutting
from domo_async.api.part_upload import UploadProgressCallback
from domo_async.api.plain_import import import_parts
from domo_async.api.row_fitting import Fit, MissingColumns, fit, incoming_columns
from domo_async.api.started_parts import StartedParts
from domo_async.api.stream_method import Override, UnconfirmedError, check_confirmed, override_for
from domo_async.api.streams import Streams
from domo_async.api.write_target import Target, Targets
from domo_async.errors import CallError, InvalidArgumentError, InvalidDataError, SchemaMismatchError, StreamBusyError
from domo_async.http.options import UNSET, Unset
from domo_async.models import Schema, Stream, UpdateMethod, UploadedRows, WriteResult, WriteStep
from domo_async.tabular.row_source import open_rows
from domo_async.tabular.schema_change import compare

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from domo_async.api.dataset_records import DataSetRecords
    from domo_async.http.session import Session
    from domo_async.tabular.row_source import Rows, RowSource

__all__ = ["RowWrite", "WriteOrder"]

logger: logging.Logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WriteOrder:
    """What is to be written, checked; see `DataSetWrites.write`."""

    dataset: str
    update_method: UpdateMethod
    key_columns: tuple[str, ...]
    schema: Schema | None
    evolve: bool
    missing_columns: MissingColumns
    description: str | Unset
    cutting: Cutting
    concurrency: int
    take_over: bool
    wait: bool
    wait_timeout: float | None
    abort_timeout: float
    on_progress: UploadProgressCallback | None
    on_step: Callable[[WriteStep], Awaitable[None]] | None = None


class RowWrite:
    """Carries out one order.

    Nothing is changed at Domo before the first part has been cut, so most of what can be wrong with rows is found out
    before. After that there is one execution, which is committed with all rows or aborted.

    Args:
        datasets: The DataSet API.
        session: Makes the calls.
        order: What is to be written.
    """

    def __init__(self, datasets: DataSetRecords, session: Session, order: WriteOrder) -> None:
        self._datasets = datasets
        self._session = session
        self._streams = Streams(session)
        self._targets = Targets(datasets, self._streams, retries=session.options.retries)
        self._order = order

    async def run(self, source: RowSource) -> WriteResult:
        """Write the rows."""
        started = time.monotonic()
        order = self._order
        target = await self._targets.find(order.dataset)
        if target is not None:
            self._check_target(target)
        existing = None if target is None else target.schema
        async with await open_rows(source, schema=order.schema or existing) as rows:
            fitting = self._fit(rows, target)
            try:
                result = await self._write(rows, target, fitting)
            except InvalidDataError as error:
                if fitting.change.retyped:
                    error.add_note(f"The columns of the DataSet: {fitting.change.describe()}")
                raise
        return replace(result, seconds=time.monotonic() - started)

    def _check_target(self, target: Target) -> None:
        """Refuse what cannot work, before the rows are looked at."""
        stream, order = target.stream, self._order
        if stream is None:
            if order.update_method is UpdateMethod.UPSERT:
                raise InvalidArgumentError(
                    f"update_method: {target} has no stream, and rows are upserted through streams only",
                    hint="A DataSet gets its stream when it is created: write to a new name, or with streams.create",
                )
            return
        active = stream.last_execution
        if active is not None and not active.ended and not order.take_over:
            raise StreamBusyError(
                f"Execution {active.id} of {target} is active: another writer's, one that a dead writer left, or one "
                "that Domo still indexes",
                execution=active,
                hint="Wait for its end with streams.wait, or let Domo abort it with take_over=True",
            )

    def _fit(self, rows: Rows, target: Target | None) -> Fit:
        order = self._order
        existing = target.schema if target is not None else None
        incoming = incoming_columns(rows.schema, order.schema, existing)
        if target is None:
            fitting = fit(incoming, incoming, dataset=order.dataset, evolve=False, missing="refuse")
        else:
            fitting = fit(
                target.schema, incoming, dataset=str(target), evolve=order.evolve, missing=order.missing_columns
            )
        names = {name.casefold() for name in rows.schema.names}
        for key in order.key_columns:
            if key not in fitting.columns.names or key.casefold() not in names:
                raise InvalidArgumentError(f"key_columns: {key!r} is not a column of the rows and of the DataSet")
        return fitting

    async def _write(self, rows: Rows, target: Target | None, fitting: Fit) -> WriteResult:
        order = self._order
        cut = order.cutting.parts(rows, fitting.columns, name=f"rows for {order.dataset!r}")
        async with aclosing(cut):
            parts = StartedParts(cut)
            is_empty = not await parts.look(1)
            target = await self._ready(target, fitting)
            result = WriteResult(
                dataset_id=target.dataset_id,
                stream_id=None if target.stream is None else target.stream.id,
                execution_id=None,
                created=target.created,
                added_columns=tuple(column.name for column in fitting.added),
                rows=0,
                parts=0,
                csv_bytes=0,
                sent_bytes=0,
                seconds=0.0,
            )
            if is_empty and (target.created or order.update_method is not UpdateMethod.REPLACE):
                return result
            if target.stream is None:
                names = fitting.columns.names
                await self._tell(WriteStep("import", target.dataset_id))
                uploaded = await import_parts(self._datasets, target.dataset_id, names, parts, order.update_method)
                if order.on_progress is not None:
                    order.on_progress(uploaded.rows, uploaded.sent_bytes)
            else:
                execution_id, uploaded = await self._load(target.dataset_id, target.stream, parts)
                result = replace(result, execution_id=execution_id)
        return replace(
            result,
            rows=uploaded.rows,
            parts=uploaded.parts,
            csv_bytes=uploaded.csv_bytes,
            sent_bytes=uploaded.sent_bytes,
        )

    async def _ready(self, target: Target | None, fitting: Fit) -> Target:
        """The DataSet with the columns that the parts were cut for."""
        order = self._order
        if target is None:
            target = await self._targets.create(
                order.dataset,
                fitting.columns,
                update_method=order.update_method,
                key_columns=order.key_columns,
                description=order.description,
            )
            if not compare(target.schema, fitting.columns).is_empty:
                raise SchemaMismatchError(f"Another process made {target} at the same time, with other columns")
            self._check_target(target)
        elif fitting.needs_change:
            logger.info("%s is given new columns: %s", target, fitting.change.describe())
            await self._datasets.update(target.dataset_id, schema=fitting.columns)
        return target

    async def _tell(self, step: WriteStep) -> None:
        if self._order.on_step is not None:
            await self._order.on_step(step)

    async def _load(self, dataset_id: str, stream: Stream, parts: StartedParts) -> tuple[int | str, UploadedRows]:
        method = self._order.update_method
        override = await override_for(self._streams, stream, method, self._order.key_columns)
        try:
            return await self._load_as(dataset_id, stream, parts, override)
        except UnconfirmedError as error:
            # The first was aborted before it had any rows.
            logger.warning("Stream %s is set to %s for good: %s", stream.id, method, error)
            await self._streams.update(stream.id, update_method=method)
            try:
                return await self._load_as(dataset_id, await self._streams.get(stream.id), parts, UNSET)
            except UnconfirmedError as again:
                raise again.named() from None

    async def _load_as(
        self, dataset_id: str, stream: Stream, parts: StartedParts, override: Override
    ) -> tuple[int | str, UploadedRows]:
        order = self._order
        newest = None if stream.last_execution is None else stream.last_execution.id
        step = WriteStep("begin", dataset_id, stream.id, newest=newest)
        await self._tell(step)
        async with load(
            self._streams,
            self._session,
            stream.id,
            partial(self._streams.get, stream.id),
            update_method=override,
            limit=order.abort_timeout,
            newest=stream.last_execution,
        ) as execution:
            await self._tell(replace(step, kind="begun", execution_id=execution.id))
            check_confirmed(stream, execution.execution, order.update_method, override)

            uploaded = await execution.upload_cut(parts, concurrency=order.concurrency, on_progress=order.on_progress)
            if not uploaded.parts:
                # An execution without any part may be none to Domo; with a part that holds nothing there is no doubt.
                await execution.upload_part(1, b"")
            await self._tell(replace(step, kind="commit", execution_id=execution.id))
        if order.wait:
            try:
                await execution.wait(timeout=order.wait_timeout)
            except CallError as error:
                committed = f"Execution {execution.id} of stream {stream.id} is committed: do not write the rows again"
                error.hint = f"{error.hint}. {committed}" if error.hint else committed
                raise
        return execution.id, uploaded
