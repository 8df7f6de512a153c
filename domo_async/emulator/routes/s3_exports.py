"""Exports to S3. No file is written anywhere; what callers see is that one would have been."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.emulator.operations import Call, Operation, answer
from domo_async.emulator.refusals import RefusedError
from domo_async.emulator.routes.datasets import existing
from domo_async.emulator.s3_exports import S3ExportEntry

if TYPE_CHECKING:
    from starlette.responses import Response

__all__ = ["OPERATIONS"]

_BUCKET = "domo-exports"


async def start(call: Call) -> Response:
    """Begin an export, unless one is under way or the data is what it was at the last one."""
    entry = existing(call)
    body = await call.json_object() if await call.request.body() else {}
    bucket, folder = body.get("bucket") or _BUCKET, body.get("path") or entry.id
    if not isinstance(bucket, str) or not isinstance(folder, str):
        raise RefusedError.gateway(400, "Bad Request")
    exports = call.instance.s3_exports.setdefault(entry.id, [])
    # A table that is appended to keeps its name, so the number of rows belongs to it.
    version = (entry.rows.table, entry.rows.count)
    if not exports or not (exports[-1].running or exports[-1].version == version):
        exports.append(S3ExportEntry(bucket, folder.strip("/"), entry.rows.count, version, call.instance.indexing_time))
    return answer(exports[-1].document())


async def status(call: Call) -> Response:
    """All exports of a DataSet, newest first."""
    exports = call.instance.s3_exports.get(existing(call).id, [])
    return answer([export.document() for export in reversed(exports)])


_PATH = "/api/query/v1/export/{dataset_id}"
OPERATIONS = [Operation("POST", _PATH, start), Operation("GET", _PATH, status)]
