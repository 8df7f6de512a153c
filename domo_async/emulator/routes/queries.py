"""SQL over one DataSet."""

# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import anyio
import duckdb
from anyio import to_thread
from starlette.responses import Response

from domo_async.emulator.operations import Call, Operation
from domo_async.emulator.refusals import JSON, RefusedError
from domo_async.emulator.routes.datasets import existing
from domo_async.emulator.rows.dialect import Translation, UnparsableSqlError, translate
from domo_async.emulator.rows.handles import Stop
from domo_async.emulator.rows.json_writing import domo_type, json_rows

if TYPE_CHECKING:
    import pyarrow as pa
    from starlette.types import Receive, Scope, Send

    from domo_async.emulator.catalog import DataSetEntry
    from domo_async.emulator.clients import Client
    from domo_async.emulator.instance import Instance
    from domo_async.emulator.rows.handles import Rows

__all__ = ["OPERATIONS"]

_PROBLEM = "There was a problem executing the SQL query: "
_CHUNK_ROWS = 4_096


async def execute(call: Call) -> Response:
    """Run a SELECT over the table that is called ``table``."""
    entry = existing(call)
    body = await call.json()
    sql = body.get("sql") if isinstance(body, dict) else body
    if not isinstance(sql, str) or not isinstance(body, dict):
        message = "Cannot deserialize instance of java.lang.String out of START_OBJECT token"
        raise RefusedError.gateway(400, message)
    stop = Stop()
    head, result = await call.work_unless_gone(stop, _run, call.instance, entry, call.client, sql, stop)
    return _QueryResponse(head, result)


def _run(
    instance: Instance, entry: DataSetEntry, client: Client, sql: str, stop: Stop
) -> tuple[dict[str, object], pa.Table]:
    def run(rows: Rows) -> tuple[Translation, list[str], list[str], pa.Table]:
        query = translate(sql, instance.visible_rows(entry, rows, client).relation())
        return (query, *instance.rows.select(query.sql, stop))

    try:
        query, names, types, result = instance.with_rows(entry, run)
    except UnparsableSqlError as error:
        message = f"{_PROBLEM}Error processing query request: Unable to parse SQL: {sql}"
        raise RefusedError.text(400, message) from error
    except duckdb.BinderException as error:
        raise RefusedError.text(400, f"{_PROBLEM}Invalid column(s) referenced") from error
    except duckdb.Error as error:
        raise RefusedError.text(400, f"{_PROBLEM}{str(error).splitlines()[0]}") from error
    return {
        "datasource": entry.id,
        "columns": names,
        "metadata": _metadata(entry.id, types, query),
    }, result


def _metadata(dataset_id: str, types: list[str], query: Translation) -> list[dict[str, object]]:
    aggregated = query.aggregated if len(query.aggregated) == len(types) else (False,) * len(types)
    described: list[dict[str, object]] = []
    for kind, computed in zip(types, aggregated, strict=True):
        column: dict[str, object] = {
            "type": domo_type(kind).value,
            "dataSourceId": dataset_id,
            "maxLength": -1,
            "minLength": -1,
            "periodIndex": 0,
        }
        described.append(column | {"aggregated": True} if computed else column)
    return described


class _QueryResponse(Response):
    """Writes the rows a few thousand at a time, so that a large result blocks nobody else."""

    def __init__(self, head: dict[str, object], result: pa.Table) -> None:
        super().__init__(status_code=200, media_type=JSON)
        del self.headers["content-length"]
        self._head = json.dumps(head, ensure_ascii=False, separators=(",", ":"))[:-1] + ',"rows":['
        shape = f'"numRows":{result.num_rows},"numColumns":{result.num_columns}'
        self._tail = f'],{shape},"fromcache":false}}'
        self._result = result

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        text = self._head
        for number, batch in enumerate(self._result.to_batches(max_chunksize=_CHUNK_ROWS)):
            rows = await to_thread.run_sync(json_rows, batch)
            body = (text + "," if number else text) + rows
            await send({"type": "http.response.body", "body": body.encode(), "more_body": True})
            text = ""
            await anyio.lowlevel.checkpoint()
        await send({"type": "http.response.body", "body": (text + self._tail).encode(), "more_body": False})


OPERATIONS = [Operation("POST", "/v1/datasets/query/execute/{dataset_id}", execute, changes=False)]
