"""DataSets without their rows: list, get, create, update, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from domo_async.emulator.entities.audit import note
from domo_async.emulator.entities.fields import Fields
from domo_async.emulator.operations import Call, Operation, answer
from domo_async.emulator.refusals import RefusedError
from domo_async.emulator.rows.types import StoredColumn
from domo_async.models import ColumnType

if TYPE_CHECKING:
    from domo_async.emulator.catalog import DataSetEntry

__all__ = ["OPERATIONS", "columns_of", "existing"]

_PAGE = 50


def existing(call: Call, name: str = "dataset_id") -> DataSetEntry:
    """The DataSet that the path names.

    Raises:
        RefusedError: 404, there is none, or it is deleted.
    """
    entry = call.instance.datasets.get(call.path[name])
    if entry is None or entry.deleted:
        raise RefusedError.gateway(404)
    return entry


async def list_datasets(call: Call) -> Response:
    """One page of all DataSets."""
    query = call.request.query_params
    return answer(
        call.instance.datasets.select(
            name_like=query.get("nameLike", ""),
            sort=query.get("sort"),
            offset=call.number("offset", default=0),
            limit=call.number("limit", default=_PAGE, maximum=_PAGE),
        )
    )


async def get_dataset(call: Call) -> Response:
    """One DataSet in full, or the stub of a deleted one."""
    entry = call.instance.datasets.get(call.path["dataset_id"])
    if entry is not None and entry.deleted and call.instance.deleted_stubs:
        return answer(entry.stub())
    return answer(existing(call).detail())


async def create_dataset(call: Call) -> Response:
    """A new DataSet without rows."""
    body = await call.json_object()
    name, description = body.get("name"), body.get("description")
    if not isinstance(name, str) or not name or not isinstance(description, str | None):
        raise RefusedError.gateway(400, "Bad Request")
    columns = columns_of(body.get("schema"))
    entry = await call.work(lambda: call.instance.create_dataset(call.client, name, columns, description=description))
    note(call, "CREATED", "DATA_SOURCE", entry.id, entry.name)
    return answer(entry.created(), 201)


async def update_dataset(call: Call) -> Response:
    """Change what the body names; everything else, read-only fields included, is left alone."""
    entry = existing(call)
    body = await call.json_object()
    name, description, enabled = body.get("name"), body.get("description"), _boolean(body.get("pdpEnabled"))
    if not isinstance(name, str | None) or name == "" or not isinstance(description, str | None):
        raise RefusedError.gateway(400, "Bad Request")
    columns = None if body.get("schema") is None else columns_of(body["schema"])
    owner = Fields(body["owner"]) if body.get("owner") is not None else None
    owner_id, owner_name = (owner.number("id"), owner.text("name")) if owner is not None else (None, None)
    if name is not None:
        entry.name = name
    if description is not None:
        entry.description = description
    if enabled is not None:
        entry.pdp_enabled = enabled
    if owner_id is not None:
        entry.owner_id = owner_id
    if owner_name is not None:
        entry.owner_name = owner_name
    if columns is not None and [(c.name, c.type) for c in columns] != [(c.name, c.type) for c in entry.columns]:
        await call.work(call.instance.reshape, entry, columns)
    entry.touch()
    note(call, "UPDATED", "DATA_SOURCE", entry.id, entry.name)
    return answer(entry.detail())


async def delete_dataset(call: Call) -> Response:
    """Delete a DataSet and its rows."""
    entry = existing(call)
    await call.work(call.instance.delete, entry)
    note(call, "DELETED", "DATA_SOURCE", entry.id, entry.name)
    return Response(status_code=204)


def columns_of(schema: object) -> list[StoredColumn]:
    """Read the schema of a request.

    Raises:
        RefusedError: 400, it has no columns, or one without a name or a documented type.
    """
    columns = schema.get("columns") if isinstance(schema, dict) else None
    if not isinstance(columns, list) or not columns:
        raise RefusedError.gateway(400, "Bad Request")
    return [_column(column) for column in columns]


def _column(column: object) -> StoredColumn:
    if not isinstance(column, dict):
        raise RefusedError.gateway(400, "Bad Request")
    name, kind = column.get("name"), column.get("type")
    if not isinstance(name, str) or not name or not isinstance(kind, str) or kind not in ColumnType.__members__:
        raise RefusedError.gateway(400, "Bad Request")
    return StoredColumn(name, ColumnType(kind))


def _boolean(value: object) -> bool | None:
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        # Some clients write booleans as text.
        return value.lower() == "true"
    if value is None or isinstance(value, bool):
        return value
    raise RefusedError.gateway(400, "Bad Request")


OPERATIONS = [
    Operation("GET", "/v1/datasets", list_datasets),
    Operation("POST", "/v1/datasets", create_dataset),
    Operation("GET", "/v1/datasets/{dataset_id}", get_dataset),
    Operation("PUT", "/v1/datasets/{dataset_id}", update_dataset),
    Operation("DELETE", "/v1/datasets/{dataset_id}", delete_dataset),
]
