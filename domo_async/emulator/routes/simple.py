"""The Simple API: DataSets out of JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from starlette.responses import Response

from domo_async.emulator.operations import Call, Operation, answer
from domo_async.emulator.refusals import RefusedError
from domo_async.emulator.routes.datasets import existing
from domo_async.emulator.rows.csv_reading import InvalidCsvError, read_csv
from domo_async.emulator.rows.types import StoredColumn
from domo_async.models import ColumnType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domo_async.emulator.catalog import DataSetEntry
    from domo_async.emulator.instance import Instance

__all__ = ["OPERATIONS"]

Record = dict[str, object]


async def create_dataset(call: Call) -> Response:
    """A new DataSet without a schema; the first import brings one."""
    body = await call.json_object()
    name, description = body.get("name"), body.get("description")
    if not isinstance(name, str) or not name or not isinstance(description, str | None):
        raise RefusedError.gateway(400, "Bad Request")
    entry = await call.work(lambda: call.instance.create_dataset(call.client, name, (), description=description))
    document = entry.detail()
    del document["schema"]
    return answer(document, 201)


async def import_json(call: Call) -> Response:
    """Replace the rows, or add to them."""
    entry = existing(call)
    append = call.request.query_params.get("updateMethod") == "APPEND"
    document = await call.json()
    rows = cast("list[object]", document) if isinstance(document, list) else []
    if not rows or not all(isinstance(row, dict) for row in rows):
        raise _refused(entry.columns)
    await call.work(_import, call.instance, entry, cast("list[Record]", rows), append)
    return Response(status_code=204)


def _import(instance: Instance, entry: DataSetEntry, rows: list[Record], append: bool) -> None:
    columns: Sequence[StoredColumn] = entry.columns
    if not append or not columns:
        append = False
        columns = _inferred(rows)
    names = [column.name for column in columns]
    if not all(names) or not names or (append and any(set(row) != set(names) for row in rows)):
        raise _refused(entry.columns)
    csv = "".join(",".join(_cell(row.get(c.name), c) for c in columns) + "\n" for row in rows)
    try:
        stored, table = read_csv(csv.encode(), columns, header=False)
    except InvalidCsvError as error:
        raise _refused(columns) from error
    if append:
        instance.write(entry, stored, table.to_reader(), append=True)
    else:
        instance.recreate(entry, stored, table.to_reader())


def _inferred(rows: list[Record]) -> list[StoredColumn]:
    """The columns in the order in which their names appear, with the types of their values."""
    found: dict[str, set[type]] = {}
    for row in rows:
        for name, value in row.items():
            kinds = found.setdefault(name, set())
            if value is not None:
                kinds.add(type(value))
    return [StoredColumn(name, _type(kinds)) for name, kinds in found.items()]


def _type(kinds: set[type]) -> ColumnType:
    if kinds == {int}:
        return ColumnType.LONG
    return ColumnType.DOUBLE if kinds in ({float}, {int, float}) else ColumnType.STRING


def _cell(value: object, column: StoredColumn) -> str:
    if isinstance(value, bool):
        value = "true" if value else "false"
    elif isinstance(value, list):
        value = "List"  # all that Domo keeps of it
    elif isinstance(value, dict):
        value = json.dumps(value)
    if value is None or (value == "" and column.type is not ColumnType.STRING):
        return ""
    return '"' + str(value).replace('"', '""') + '"'


def _refused(columns: Sequence[StoredColumn]) -> RefusedError:
    expected = ", ".join(f"{{type='{column.type.value}', name='{column.name}', metadata=null}}" for column in columns)
    message = f"Invalid data provided during upload. Invalid schema. Expected: {{columns=[{expected}]}}"
    return RefusedError.text(400, message)


OPERATIONS = [
    Operation("POST", "/v1/json", create_dataset),
    Operation("PUT", "/v1/json/{dataset_id}/data", import_json),
]
