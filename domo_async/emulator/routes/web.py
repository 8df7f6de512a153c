"""The page that shows what is inside, and those that it leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.emulator.operations import Call, Operation
from domo_async.emulator.web import views
from domo_async.emulator.web.rendering import page

if TYPE_CHECKING:
    from starlette.responses import Response

    from domo_async.emulator.rows.handles import Rows

__all__ = ["OPERATIONS"]

_HEIGHT, _WIDTH, _LENGTH = 50, 60, 200
_SLICES = ("datasets", "streams", "clients", "tokens", "requests")


async def show_overview(call: Call) -> Response:
    """All there is."""
    offsets = {name: call.number(name, default=0) for name in _SLICES}
    shown = views.overview(call.instance, offsets)
    return page("overview", root=_root(call), shown=shown, offsets={k: v for k, v in offsets.items() if v})


async def show_dataset(call: Call) -> Response:
    """A DataSet with its first rows. PDP hides nothing here."""
    entry = call.instance.datasets.get(call.path["dataset_id"])
    if entry is None or entry.deleted:
        return page("missing", root=_root(call), status=404, what="DataSet", id=call.path["dataset_id"])

    def look(rows: Rows) -> list[tuple[str | None, ...]]:
        return call.instance.rows.preview(rows, height=_HEIGHT, width=_WIDTH, length=_LENGTH + 1)

    cells = await call.work(call.instance.with_rows, entry, look)
    return page(
        "dataset",
        root=_root(call),
        dataset=views.dataset_view(entry),
        policies=views.policy_views(entry),
        streams=views.streams_of(call.instance, entry),
        preview=[
            [cell if cell is None or len(cell) <= _LENGTH else f"{cell[:_LENGTH]}…" for cell in row] for row in cells
        ],
        width=_WIDTH,
    )


async def show_stream(call: Call) -> Response:
    """A stream with its executions."""
    number = call.path["stream_id"]
    entry = call.instance.streams.get(int(number)) if number.isascii() and number.isdigit() else None
    if entry is None or entry.dataset.deleted:
        return page("missing", root=_root(call), status=404, what="stream", id=number)
    executions = views.execution_views(entry, call.number("executions", default=0))
    return page(
        "stream",
        root=_root(call),
        stream=views.stream_view(entry),
        executions=executions,
        offsets={"executions": executions.offset} if executions.offset else {},
    )


def _root(call: Call) -> str:
    return str(call.request.scope.get("root_path", "")).rstrip("/")


OPERATIONS = [
    Operation("GET", "/", show_overview, scope=None),
    Operation("GET", "/_emulator/datasets/{dataset_id}", show_dataset, scope=None),
    Operation("GET", "/_emulator/streams/{stream_id}", show_stream, scope=None),
]
