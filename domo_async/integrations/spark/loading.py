"""The beginning of a distributed load, on the driver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domo_async.api.row_fitting import fit
from domo_async.api.stream_method import UnconfirmedError, check_confirmed, override_for
from domo_async.api.write_target import Target, Targets
from domo_async.errors import InvalidArgumentError, SchemaMismatchError, StreamBusyError
from domo_async.http.options import UNSET
from domo_async.models import Schema

if TYPE_CHECKING:
    from domo_async.client import AsyncDomo
    from domo_async.integrations.spark.options import WriteOptions

__all__ = ["Load", "begin"]


@dataclass(frozen=True, slots=True)
class Load:
    """An execution that tasks send their parts to. It is shipped to them.

    Attributes:
        dataset_id: Id of the DataSet.
        stream_id: Id of its stream.
        execution_id: Number of the execution within the stream.
        columns: Columns of the DataSet, in the order of the values.
    """

    dataset_id: str
    stream_id: int | str
    execution_id: int | str
    columns: Schema


async def begin(domo: AsyncDomo, options: WriteOptions, incoming: Schema) -> Load:
    """Find or make the DataSet, check its columns, and begin an execution.

    Args:
        domo: The client.
        options: The options of the write.
        incoming: Columns of the frame.

    Raises:
        SchemaMismatchError: The frame has other columns than the DataSet.
        StreamBusyError: Another execution is active.
        InvalidArgumentError: The DataSet has no stream, or the keys are no columns.
        CallError: Anything that can happen to a call.
    """
    if not incoming.columns:
        raise InvalidArgumentError("a frame without columns cannot be written")
    targets = Targets(domo.datasets, domo.streams, retries=3)
    target = await targets.find(options.dataset)
    existing = incoming if target is None else target.schema
    fitting = fit(
        existing,
        incoming,
        dataset=str(target or options.dataset),
        evolve=options.evolve,
        missing=options.missing_columns,
    )
    for key in options.key_columns:
        if key not in fitting.columns.names or key not in incoming.names:
            raise InvalidArgumentError(f"keyColumns: {key!r} is not a column of the frame and of the DataSet")
    if target is None:
        target = await targets.create(
            options.dataset,
            fitting.columns,
            update_method=options.update_method,
            key_columns=options.key_columns,
            description=UNSET,
        )
        if target.schema != fitting.columns:
            raise SchemaMismatchError(f"Another process made {target} at the same time, with other columns")
    elif fitting.needs_change:
        await domo.datasets.update(target.dataset_id, schema=fitting.columns)
    return await _execution(domo, options, target, fitting.columns)


async def _execution(domo: AsyncDomo, options: WriteOptions, target: Target, columns: Schema) -> Load:
    stream = target.stream
    if stream is None:
        raise InvalidArgumentError(
            f"dataset: {target} has no stream, and many tasks can load through a stream only",
            hint="A DataSet gets its stream when it is created: write to a new name",
        )
    active = stream.last_execution
    if active is not None and not active.ended and not options.take_over:
        raise StreamBusyError(
            f"Execution {active.id} of {target} is active: another writer's, or one that a dead driver left",
            execution=active,
            hint="Wait for its end, or let Domo abort it with the option takeOver=true",
        )
    override = await override_for(domo.streams, stream, options.update_method, options.key_columns)
    # If the answer is lost, another one is begun, and with that Domo aborts the one that nobody knows of.
    patient = domo.with_options(retry_unsafe=True).streams
    execution = await patient.create_execution(stream.id, update_method=override)
    try:
        check_confirmed(stream, execution, options.update_method, override)
    except UnconfirmedError as error:
        await domo.streams.abort(stream.id, execution.id)
        raise error.named() from None
    return Load(target.dataset_id, stream.id, execution.id, columns)
