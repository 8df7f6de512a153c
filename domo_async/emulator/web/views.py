"""What the page shows, taken out of an instance: texts and numbers only, and none of its secrets."""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qsl

from domo_async.emulator.web.lines import (
    SLICE,
    ClientView,
    DataSetView,
    ExecutionView,
    FaultView,
    Overview,
    PolicyView,
    RequestView,
    Slice,
    StreamView,
    TokenView,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from domo_async.emulator.catalog import DataSetEntry
    from domo_async.emulator.clients import Client
    from domo_async.emulator.faults import Fault
    from domo_async.emulator.instance import Instance
    from domo_async.emulator.recording import RequestRecord
    from domo_async.emulator.streams import ExecutionEntry, StreamEntry
    from domo_async.emulator.tokens import Token

__all__ = ["dataset_view", "execution_views", "overview", "policy_views", "stream_view", "streams_of"]

T = TypeVar("T")
S = TypeVar("S")

_HARMLESS = {
    *(
        "limit",
        "offset",
        "sort",
        "fields",
        "q",
        "nameLike",
        "updateMethod",
        "includeHeader",
        "fileName",
        "start",
        "end",
    ),
    *("user", "pageId", "grant_type", "scope", "disableFormulaInterpretation"),
}
"""Query parameters whose values are shown. Any other one may be a secret that somebody sent to the wrong place."""


def overview(instance: Instance, offsets: Mapping[str, int]) -> Overview:
    """All there is, newest first.

    Args:
        instance: Where to look.
        offsets: Where slices begin, by their names.
    """
    datasets = instance.datasets.current()

    def cut(name: str, things: Sequence[S], view: Callable[[S], T]) -> Slice[T]:
        offset = offsets.get(name, 0)
        newest = things[len(things) - 1 - offset :: -1] if offset < len(things) else []
        return Slice(name, [view(thing) for thing in newest[:SLICE]], offset, len(things))

    return Overview(
        kept_in="" if instance.keeper is None else str(instance.keeper.path),
        rows=sum(entry.rows.count for entry in datasets),
        grants=instance.grants,
        grant_requests=instance.grant_requests,
        datasets=cut("datasets", datasets, dataset_view),
        streams=cut("streams", instance.streams.current(), stream_view),
        clients=cut("clients", instance.clients.all(), _client_view),
        tokens=cut("tokens", instance.tokens.live(), _token_view),
        faults=[_fault_view(fault) for fault in instance.faults.active()],
        requests=cut("requests", instance.requests.newest(), _request_view),
    )


def dataset_view(entry: DataSetEntry) -> DataSetView:
    """One DataSet."""
    return DataSetView(
        id=entry.id,
        name=entry.name,
        description=entry.description or "",
        rows=entry.rows.count,
        columns=[(column.name, column.type.value) for column in entry.columns],
        owner=f"{entry.owner_name} ({entry.owner_id})",
        created=entry.created_at,
        updated=entry.updated_at,
        pdp=entry.pdp_enabled,
        policies=len(entry.policies.all()),
    )


def policy_views(entry: DataSetEntry) -> list[PolicyView]:
    """The policies of a DataSet."""
    return [
        PolicyView(
            id=policy.id,
            name=policy.name,
            type=policy.type,
            filters="; ".join(
                f"{'not ' if each.negated else ''}{each.column} {each.operator.value} {', '.join(each.values)}"
                for each in policy.filters
            ),
            users=", ".join(map(str, (*policy.users, *policy.virtual_users))),
            groups=", ".join(map(str, policy.groups)),
        )
        for policy in entry.policies.all()
    ]


def streams_of(instance: Instance, entry: DataSetEntry) -> list[StreamView]:
    """The streams that fill a DataSet."""
    return [stream_view(stream) for stream in instance.streams.current() if stream.dataset is entry]


def stream_view(entry: StreamEntry) -> StreamView:
    """One stream."""
    executions = list(entry.executions.values())
    return StreamView(
        id=entry.id,
        dataset_id=entry.dataset.id,
        dataset=entry.dataset.name,
        method=entry.update_method.value,
        keys=", ".join(entry.keys),
        executions=len(executions),
        last=_execution_view(executions[-1]) if executions else None,
    )


def execution_views(entry: StreamEntry, offset: int) -> Slice[ExecutionView]:
    """The executions of a stream, newest first."""
    executions = list(entry.executions.values())[::-1]
    views = [_execution_view(execution) for execution in executions[offset : offset + SLICE]]
    return Slice("executions", views, offset, len(executions))


def _execution_view(execution: ExecutionEntry) -> ExecutionView:
    return ExecutionView(
        id=execution.id,
        state=execution.state.value,
        method=execution.update_method.value,
        parts=execution.part_count,
        rows=execution.rows,
        bytes=execution.bytes,
        started=execution.started_at,
        ended=execution.ended_at,
    )


def _client_view(client: Client) -> ClientView:
    user = f"{client.name} ({client.user_id}), {client.role}"
    return ClientView(client.client_id, client.title or "", client.scopes, user, client.enabled)


def _token_view(token: Token) -> TokenView:
    fingerprint = hashlib.sha256(token.value.encode()).hexdigest()[:12]
    return TokenView(fingerprint, token.client.client_id, token.scopes, max(token.deadline - time.monotonic(), 0.0))


def _fault_view(fault: Fault) -> FaultView:
    described = fault.describe()
    limits = [
        "always" if fault.times is None and fault.probability is None else "",
        "" if fault.times is None else "once" if fault.times == 1 else f"at most {fault.times} times",
        f"with probability {fault.probability:g}" if fault.probability is not None else "",
        f"after {fault.after} requests" if fault.after else "",
    ]
    return FaultView(
        id=fault.id,
        kind=fault.kind,
        method=fault.method or "any",
        path=described["path"] or "any",
        options=", ".join(f"{name}={described[name]}" for name in fault.options if described[name] is not None),
        limits=", ".join(filter(None, limits)),
        hits=fault.hits,
    )


def _request_view(record: RequestRecord) -> RequestView:
    query = "&".join(
        f"{name}={value if name in _HARMLESS else '…'}"
        for name, value in parse_qsl(record.query, keep_blank_values=True)
    )
    return RequestView(
        method=record.method,
        target=f"{record.path}?{query}" if query else record.path,
        status=record.status,
        milliseconds=record.seconds * 1_000,
        client_id=record.client_id or "",
        started=datetime.fromtimestamp(record.started, UTC),
    )
