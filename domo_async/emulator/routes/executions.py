"""Executions of a stream: parts come in, and become rows when they are committed."""

# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Never, cast

import duckdb
import pyarrow as pa
from starlette.responses import Response

from domo_async.emulator.bodies import plain
from domo_async.emulator.json_reading import read_json
from domo_async.emulator.operations import Call, Operation, answer
from domo_async.emulator.parts import Part
from domo_async.emulator.refusals import RefusedError
from domo_async.emulator.routes.streams import stream_of, update_method_of
from domo_async.emulator.rows.csv_reading import InvalidCsvError, read_csv
from domo_async.emulator.rows.types import arrow_type
from domo_async.models import ExecutionState, UpdateMethod

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domo_async.emulator.instance import Instance
    from domo_async.emulator.rows.types import StoredColumn
    from domo_async.emulator.streams import ExecutionEntry, StreamEntry

__all__ = ["OPERATIONS"]

_PAGE = 50
_LARGEST_PAGE = 500


async def create_execution(call: Call) -> Response:
    """Begin an execution; one that is still open ends."""
    stream = stream_of(call)
    # Clients send nothing, `{}`, `null`, or an update method for this one execution.
    method = update_method_of((await _loose_object(call)).get("updateMethod"))
    return answer(stream.begin(method).document())


async def list_executions(call: Call) -> Response:
    """One page of all executions, oldest first."""
    offset = call.number("offset", default=0)
    limit = call.number("limit", default=_PAGE, maximum=_LARGEST_PAGE)
    executions = list(stream_of(call).executions.values())[offset : offset + limit]
    return answer([execution.document() for execution in executions])


async def get_execution(call: Call) -> Response:
    """One execution."""
    return answer(_execution(call, stream_of(call)).document())


async def put_part(call: Call) -> Response:
    """Take a part in, whatever the headers say of its compression."""
    stream = stream_of(call)
    execution = _execution(call, stream)
    number = call.path_number("part", refusal=400)
    _check_open(execution)
    body = await call.request.body()
    part = await call.work(_parse, body, call.instance.largest_body, stream.dataset.columns)
    _check_open(execution)  # it may have ended while the part was on its way
    execution.keep(number, part)
    return answer(execution.document())


async def commit(call: Call) -> Response:
    """Make rows of the parts. The answer still says ACTIVE."""
    stream = stream_of(call)
    execution = _execution(call, stream)
    _check_open(execution)
    if not execution.is_contiguous():
        message = "Too many non-consecutive part ids. Make consecutive or upload multiple data versions"
        raise RefusedError.gateway(400, message)
    interval = call.instance.streams.commit_interval
    last = stream.committed_at
    if interval and last is not None and datetime.now(UTC) < last + timedelta(seconds=interval):
        # How Domo says this is not documented. A 429 would ask clients to hold everything else back, too.
        raise RefusedError.gateway(400, f"A stream can be committed every {interval:g} seconds only")
    execution.commit()
    try:
        await call.work(_store, call.instance, stream, execution)
    except BaseException:
        execution.fail()
        raise
    document = execution.document()
    return answer({k: v for k, v in document.items() if k != "endedAt"} | {"currentState": "ACTIVE"})


async def abort(call: Call) -> Response:
    """End an execution without its rows. Once more does no harm, but what is committed stays."""
    execution = _execution(call, stream_of(call))
    if execution.state is ExecutionState.ACTIVE:
        _check_open(execution)
        execution.fail()
    elif execution.state is ExecutionState.SUCCESS:
        _refuse_ended(execution)
    return answer(execution.document())


async def abort_current(call: Call) -> Response:
    """End whichever execution is open, if one is."""
    execution = stream_of(call).current()
    if execution is not None:
        execution.fail()
    return Response(status_code=204)


def _execution(call: Call, stream: StreamEntry) -> ExecutionEntry:
    execution = stream.executions.get(call.path_number("execution_id"))
    if execution is None:
        raise RefusedError.gateway(404)
    return execution


def _check_open(execution: ExecutionEntry) -> None:
    if not execution.open:
        _refuse_ended(execution)


def _refuse_ended(execution: ExecutionEntry) -> Never:
    # Not documented either.
    raise RefusedError.gateway(409, f"Execution {execution.id} takes no more parts: it is {execution.state.value}")


async def _loose_object(call: Call) -> dict[str, object]:
    """The body if it is a JSON object, else nothing: clients send all sorts of things where no body is needed."""
    try:
        document = read_json(await call.request.body())
    except ValueError:
        return {}
    return cast("dict[str, object]", document) if isinstance(document, dict) else {}


def _parse(body: bytes, most: int, columns: Sequence[StoredColumn]) -> Part:
    text = plain(body, most)
    try:
        # Parts have no header; a line that looks like one is data.
        stored, table = read_csv(text, columns, header=False)
    except InvalidCsvError as error:
        raise RefusedError.gateway(400, f"Invalid CSV provided during upload. msg={error}") from error
    return Part(stored, table, len(text))


def _store(instance: Instance, stream: StreamEntry, execution: ExecutionEntry) -> None:
    columns, table = _joined(execution, stream.dataset.columns)
    method = execution.update_method
    upsert = method is UpdateMethod.UPSERT or (method is UpdateMethod.APPEND and bool(stream.keys))

    def done() -> None:
        stream.committed_at = datetime.now(UTC)
        execution.index(instance.indexing_time)

    try:
        if upsert and stream.keys:
            instance.upsert(stream.dataset, columns, table.to_reader(), stream.keys, then=done)
        else:
            append = method is not UpdateMethod.REPLACE
            instance.write(stream.dataset, columns, table.to_reader(), append=append, then=done)
    except (duckdb.Error, ValueError) as error:
        # The schema was changed after the parts had come, or decimals that fit alone do not fit together.
        message = f"Data import failed for dataset {stream.dataset.id}."
        raise RefusedError.gateway(400, message, detail=str(error)) from error


def _joined(execution: ExecutionEntry, columns: Sequence[StoredColumn]) -> tuple[list[StoredColumn], pa.Table]:
    """All parts in the order of their numbers, with the scale that the decimals of all of them need."""
    parts = [execution.parts[number] for number in sorted(execution.parts)] or [Part(*read_csv(b"", columns), size=0)]
    widest = [
        replace(column, scale=max(part.columns[i].scale for part in parts)) for i, column in enumerate(parts[0].columns)
    ]
    schema = pa.schema([(f"c{i}", arrow_type(column)) for i, column in enumerate(widest)])
    return widest, pa.concat_tables([part.rows.cast(schema) for part in parts])


_EXECUTIONS = "/v1/streams/{stream_id}/executions"
OPERATIONS = [
    Operation("GET", _EXECUTIONS, list_executions),
    Operation("POST", _EXECUTIONS, create_execution),
    Operation("PUT", _EXECUTIONS + "/abort", abort_current),
    Operation("GET", _EXECUTIONS + "/{execution_id}", get_execution),
    Operation("PUT", _EXECUTIONS + "/{execution_id}/part/{part}", put_part),
    Operation("PUT", _EXECUTIONS + "/{execution_id}/commit", commit),
    Operation("PUT", _EXECUTIONS + "/{execution_id}/abort", abort),
]
