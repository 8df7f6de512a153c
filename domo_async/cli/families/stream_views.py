"""How streams and their executions are shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from domo_async.cli.sheets import Heading
from domo_async.cli.views import View
from domo_async.cli.words import count, size

if TYPE_CHECKING:
    from domo_async.models import Execution, Stream

__all__ = ["EXECUTION", "STREAM"]


def _stream_facts(stream: Stream) -> Iterable[tuple[str, object]]:
    dataset, newest = stream.dataset, stream.last_execution
    return (
        ("Id", stream.id),
        ("DataSet", dataset.name if dataset else None),
        ("DataSet id", dataset.id if dataset else None),
        ("Update method", stream.update_method),
        ("Keys", ", ".join(stream.key_column_names) or None),
        ("Created", stream.created_at),
        ("Modified", stream.modified_at),
        ("Last execution", None if newest is None else f"{newest.id} {newest.current_state or ''}".rstrip()),
        ("Deleted", stream.deleted or None),
    )


STREAM: View[Stream] = View(
    "stream",
    "streams",
    columns={
        Heading("Id", "id"): lambda stream: stream.id,
        Heading("DataSet"): lambda stream: stream.dataset.name if stream.dataset else None,
        Heading("DataSet id", "id", room=80): lambda stream: stream.dataset.id if stream.dataset else None,
        Heading("Method", room=60): lambda stream: stream.update_method,
        Heading("Last execution"): lambda stream: stream.last_execution and stream.last_execution.current_state,
    },
    facts=_stream_facts,
    name=lambda stream: stream.dataset.name if stream.dataset else None,
    identity=lambda stream: stream.id,
)
EXECUTION: View[Execution] = View(
    "execution",
    "executions",
    columns={
        Heading("Id", "id"): lambda execution: execution.id,
        Heading("State"): lambda execution: execution.current_state,
        Heading("Started"): lambda execution: execution.started_at,
        Heading("Ended", room=60): lambda execution: execution.ended_at,
        Heading("Rows", "count"): lambda execution: execution.rows,
        Heading("Bytes", "count", room=80): lambda execution: execution.bytes,
    },
    facts=lambda execution: (
        ("Id", execution.id),
        ("State", execution.current_state),
        ("Update method", execution.update_method),
        ("Started", execution.started_at),
        ("Ended", execution.ended_at),
        ("Rows", count(execution.rows) or None),
        ("Received", None if execution.bytes is None else size(execution.bytes)),
    ),
    name=lambda _: None,
    identity=lambda execution: execution.id,
)
