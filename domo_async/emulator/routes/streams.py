"""Streams: list, search, get, create, update, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from starlette.responses import Response

from domo_async.emulator.operations import Call, Operation, answer
from domo_async.emulator.refusals import RefusedError
from domo_async.emulator.routes.datasets import columns_of
from domo_async.models import UpdateMethod

if TYPE_CHECKING:
    from collections.abc import Collection

    from domo_async.emulator.streams import StreamEntry

__all__ = ["OPERATIONS", "stream_of", "update_method_of"]

_PAGE = 50
_LARGEST_PAGE = 500


def stream_of(call: Call, *, deleted: bool = False) -> StreamEntry:
    """The stream that the path names.

    Raises:
        RefusedError: 404, there is none, or its DataSet is deleted and `deleted` does not allow that.
    """
    entry = call.instance.streams.get(call.path_number("stream_id"))
    if entry is None or (entry.dataset.deleted and not deleted):
        raise RefusedError.gateway(404)
    return entry


def update_method_of(value: object) -> UpdateMethod | None:
    """Read an update method; null is none.

    Raises:
        RefusedError: 400, it is no word that any client documents.
    """
    if value is None:
        return None
    if not isinstance(value, str) or value not in UpdateMethod.__members__:
        raise RefusedError.gateway(400, "Bad Request")
    return UpdateMethod(value)


async def list_streams(call: Call) -> Response:
    """One page of all streams, short unless fields are named."""
    offset = call.number("offset", default=0)
    limit = call.number("limit", default=_PAGE, maximum=_LARGEST_PAGE)
    page = call.instance.streams.current()[offset : offset + limit]
    return answer([_shown(call, entry) if "fields" in call.request.query_params else entry.short() for entry in page])


async def search_streams(call: Call) -> Response:
    """The streams of a DataSet, of an owner, or of DataSets with a name."""
    key, _, wanted = call.request.query_params.get("q", "").partition(":")
    found: list[StreamEntry] = []
    for entry in call.instance.streams.current():
        dataset = entry.dataset
        match key:
            case "dataSource.id":
                matches = dataset.id == wanted
            case "dataSource.owner.id":
                matches = str(dataset.owner_id) == wanted
            case "dataSource.name":
                matches = wanted.casefold() in dataset.name.casefold()
            case _:
                raise RefusedError.gateway(400, "Bad Request")
        if matches:
            found.append(entry)
    return answer([_shown(call, entry) for entry in found])


async def get_stream(call: Call) -> Response:
    """One stream, or the stub of one whose DataSet is deleted."""
    entry = stream_of(call, deleted=True)
    return answer(entry.stub() if entry.dataset.deleted else _shown(call, entry))


async def create_stream(call: Call) -> Response:
    """A new stream, and the DataSet that belongs to it."""
    body = await call.json_object()
    dataset = body.get("dataSet")
    if not isinstance(dataset, dict):
        raise RefusedError.gateway(400, "Bad Request")
    described = cast("dict[str, object]", dataset)
    name, description = described.get("name"), described.get("description")
    if not isinstance(name, str) or not name or not isinstance(description, str | None):
        raise RefusedError.gateway(400, "Bad Request")
    columns = columns_of(described.get("schema"))
    method = update_method_of(body.get("updateMethod")) or UpdateMethod.REPLACE
    keys = _keys(body, {column.name for column in columns})
    if method is UpdateMethod.UPSERT and not keys:
        raise RefusedError.gateway(400, "Bad Request")
    owned = await call.work(lambda: call.instance.create_dataset(call.client, name, columns, description=description))
    entry = call.instance.streams.add(owned, method, keys)
    # The guide shows a host that nobody outside can reach.
    return answer(entry.document(), 201, {"Location": f"https://api.local.domo.com/v1/streams/{entry.id}"})


async def update_stream(call: Call) -> Response:
    """Change the update method, and the keys if they are named."""
    entry = stream_of(call)
    body = await call.json_object()
    method = update_method_of(body.get("updateMethod")) or entry.update_method
    keys = _keys(body, {column.name for column in entry.dataset.columns}) or entry.keys
    if method is UpdateMethod.UPSERT and not keys:
        raise RefusedError.gateway(400, "Bad Request")
    entry.update_method, entry.keys = method, keys
    return answer(entry.document())


async def delete_stream(call: Call) -> Response:
    """Delete a stream. Its DataSet stays."""
    call.instance.streams.remove(stream_of(call, deleted=True).id)
    return Response(status_code=204)


def _keys(body: dict[str, object], names: Collection[str]) -> tuple[str, ...]:
    # One client writes the singular.
    given = body.get("keyColumnNames") or body.get("keyColumnName") or []
    keys = [given] if isinstance(given, str) else given
    if not isinstance(keys, list):
        raise RefusedError.gateway(400, "Bad Request")
    known = [key for key in cast("list[object]", keys) if isinstance(key, str) and key in names]
    if len(known) < len(cast("list[object]", keys)):
        raise RefusedError.gateway(400, "Bad Request")
    return tuple(known)


def _shown(call: Call, entry: StreamEntry) -> dict[str, object]:
    fields = call.request.query_params.get("fields", "all")
    document = entry.document()
    wanted = {field.strip().casefold() for field in fields.split(",")}
    if "all" in wanted:
        return document
    return {name: value for name, value in document.items() if name.casefold() in wanted | {"id"}}


OPERATIONS = [
    Operation("GET", "/v1/streams", list_streams),
    Operation("POST", "/v1/streams", create_stream),
    Operation("GET", "/v1/streams/search", search_streams),
    Operation("GET", "/v1/streams/{stream_id}", get_stream),
    Operation("PATCH", "/v1/streams/{stream_id}", update_stream),
    Operation("DELETE", "/v1/streams/{stream_id}", delete_stream),
]
