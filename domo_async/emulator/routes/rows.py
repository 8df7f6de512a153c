"""The rows of a DataSet as CSV: import and export."""

# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import duckdb
from anyio import to_thread
from starlette.responses import Response

from domo_async.emulator.bodies import plain
from domo_async.emulator.operations import Call, Operation, until_gone
from domo_async.emulator.refusals import RefusedError
from domo_async.emulator.routes.datasets import existing
from domo_async.emulator.rows.csv_reading import InvalidCsvError, read_csv
from domo_async.emulator.rows.csv_writing import CsvWriter

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from domo_async.emulator.catalog import DataSetEntry
    from domo_async.emulator.clients import Client
    from domo_async.emulator.instance import Instance
    from domo_async.emulator.rows.handles import RowReader
    from domo_async.emulator.rows.types import StoredColumn

__all__ = ["OPERATIONS", "import_rows"]


async def import_csv(call: Call) -> Response:
    """Replace the rows, or add to them."""
    entry = existing(call)
    # Anything but the exact word replaces everything, as Domo documents.
    append = call.request.query_params.get("updateMethod") == "APPEND"
    body = await call.request.body()
    await call.work(import_rows, call.instance, entry, body, append)
    return Response(status_code=204)


def import_rows(instance: Instance, entry: DataSetEntry, body: bytes, append: bool) -> None:
    """Parse and store CSV, possibly compressed.

    Raises:
        RefusedError: 400, the text does not fit the schema.
    """
    if not entry.columns:
        # Made by the Simple API, and still without a first import: there is nothing to compare with.
        raise RefusedError.gateway(400, f"Data import failed for dataset {entry.id}.")
    try:
        columns, table = read_csv(plain(body, instance.largest_body), entry.columns)
    except InvalidCsvError as error:
        if error.structural:
            message = f"Invalid CSV provided during upload. msg={error}"
            raise RefusedError.gateway(400, message) from error
        raise _failed(entry, error) from error
    try:
        instance.write(entry, columns, table.to_reader(), append=append)
    except duckdb.ConversionException as error:
        # Decimals that fit their own digits, but not together with those that are there.
        raise _failed(entry, error) from error


def _failed(entry: DataSetEntry, error: Exception) -> RefusedError:
    # Domo's message names no cell. Which one it was is worth a field that clients ignore.
    message = f"Data import failed for dataset {entry.id}."
    return RefusedError.gateway(400, message, detail=str(error))


async def export_csv(call: Call) -> Response:
    """All rows as CSV, as a stream."""
    entry = existing(call)
    columns, reader = await call.work(_open, call.instance, entry, call.client)
    writer = CsvWriter(columns, escape_formulas=call.flag("disableFormulaInterpretation"))
    name = call.request.query_params.get("fileName")
    headers = {"Content-Disposition": f"attachment; filename={_file_name(name)}"} if name else {}
    header = call.flag("includeHeader") and bool(columns)
    return _CsvResponse(reader, writer, header=header, headers=headers)


def _open(instance: Instance, entry: DataSetEntry, client: Client) -> tuple[tuple[StoredColumn, ...], RowReader]:
    return instance.with_rows(
        entry, lambda rows: (rows.columns, instance.rows.read(instance.visible_rows(entry, rows, client)))
    )


def _file_name(name: str) -> str:
    safe = "".join(c for c in name if c.isprintable() and c.isascii() and c not in '"\\/;')
    return safe if safe and " " not in safe else f'"{safe}"'


class _CsvResponse(Response):
    """Streams rows in constant memory: one batch at a time, read and encoded in a worker thread."""

    def __init__(self, reader: RowReader, writer: CsvWriter, *, header: bool, headers: dict[str, str]) -> None:
        super().__init__(status_code=200, headers=headers, media_type="text/csv")
        del self.headers["content-length"]
        self._reader = reader
        self._writer = writer
        self._header = header

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_cancel_when_gone, receive, tasks.cancel_scope)
                await self._stream(send)
                tasks.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(self._reader.close)

    async def _stream(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if self._header:
            await send({"type": "http.response.body", "body": self._writer.header(), "more_body": True})
        while (chunk := await to_thread.run_sync(self._next)) is not None:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _next(self) -> memoryview | None:
        batch = self._reader.next()
        return None if batch is None else memoryview(self._writer.encode(batch))


async def _cancel_when_gone(receive: Receive, scope: anyio.CancelScope) -> None:
    await until_gone(receive)
    scope.cancel()


OPERATIONS = [
    Operation("PUT", "/v1/datasets/{dataset_id}/data", import_csv),
    Operation("GET", "/v1/datasets/{dataset_id}/data", export_csv),
]
