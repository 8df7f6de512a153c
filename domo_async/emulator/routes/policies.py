"""PDP policies of a DataSet."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar, cast

from starlette.responses import Response

from domo_async.emulator.operations import Call, Operation, answer
from domo_async.emulator.policies import Filter, PolicyEntry
from domo_async.emulator.refusals import RefusedError
from domo_async.emulator.routes.datasets import existing
from domo_async.models import FilterOperator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from domo_async.emulator.catalog import DataSetEntry

__all__ = ["OPERATIONS"]

T = TypeVar("T")

_VALUES_LIMIT = 255
_TYPES = {"user", "system", "open"}


async def list_policies(call: Call) -> Response:
    """All policies. No page is ever cut out, since none is documented."""
    return answer(existing(call).policies.documents())


async def create_policy(call: Call) -> Response:
    """A new policy; name and filters are required."""
    entry = existing(call)
    body = await call.json_object()
    if body.get("name") is None or body.get("filters") is None:
        raise _bad_request()
    policy = entry.policies.add(_changed(PolicyEntry(0, "user", ""), body, entry))
    return answer(policy.document(), 201)


async def get_policy(call: Call) -> Response:
    """One policy."""
    return answer(_policy(call, existing(call)).document())


async def update_policy(call: Call) -> Response:
    """Change what the body names."""
    entry = existing(call)
    policy = _policy(call, entry)
    policy = _changed(policy, await call.json_object(), entry)
    entry.policies.put(policy)
    return answer(policy.document())


async def delete_policy(call: Call) -> Response:
    """Delete a policy; the built-in one stays."""
    entry = existing(call)
    policy = _policy(call, entry)
    if policy.type == "open":
        raise _bad_request()
    entry.policies.remove(policy.id)
    return Response(status_code=204)


def _policy(call: Call, entry: DataSetEntry) -> PolicyEntry:
    policy = entry.policies.get(call.path_number("policy_id"))
    if policy is None:
        raise RefusedError.gateway(404)
    return policy


def _changed(policy: PolicyEntry, body: Mapping[str, object], entry: DataSetEntry) -> PolicyEntry:
    """The policy with what a request says of it; what is missing or null stays as it is."""
    name, kind = body.get("name"), body.get("type")
    if not isinstance(name, str | None) or name == "" or not isinstance(kind, str | None):
        raise _bad_request()
    if kind is not None and kind not in _TYPES:
        raise _bad_request()
    changed = replace(
        policy,
        name=policy.name if name is None else name,
        # Nobody makes a built-in policy, and none is turned into an ordinary one.
        type=policy.type if kind is None or "open" in {policy.type, kind} else kind,
        users=policy.users if body.get("users") is None else _list(body["users"], _id),
        groups=policy.groups if body.get("groups") is None else _list(body["groups"], _id),
        virtual_users=(
            policy.virtual_users if body.get("virtualUsers") is None else _list(body["virtualUsers"], _text)
        ),
        filters=policy.filters
        if body.get("filters") is None
        else _list(body["filters"], lambda condition: _filter(condition, entry)),
    )
    # Each value counts with its delimiter.
    if sum(len(value) + 1 for condition in changed.filters for value in condition.values) >= _VALUES_LIMIT:
        raise _bad_request()
    return changed


def _list(value: object, read: Callable[[object], T]) -> tuple[T, ...]:
    if not isinstance(value, list):
        raise _bad_request()
    return tuple(read(item) for item in cast("list[object]", value))


def _filter(value: object, entry: DataSetEntry) -> Filter:
    if not isinstance(value, dict):
        raise _bad_request()
    condition = cast("dict[str, object]", value)
    column, operator = condition.get("column"), condition.get("operator")
    if not isinstance(column, str) or not isinstance(operator, str) or operator not in FilterOperator.__members__:
        raise _bad_request()
    if column.casefold() not in {known.name.casefold() for known in entry.columns}:
        raise _bad_request()
    negated = condition.get("not", False)
    if isinstance(negated, str):
        negated = negated.lower() == "true"
    values = _list(condition.get("values"), _text)
    return Filter(column, FilterOperator(operator), values, negated=bool(negated))


def _id(value: object) -> int:
    # The specification shows objects in some places, and numbers in others.
    if isinstance(value, dict):
        value = cast("dict[str, object]", value).get("id")
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _bad_request()
    return value


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise _bad_request()
    return str(value)


def _bad_request() -> RefusedError:
    return RefusedError.gateway(400, "Bad Request")


_POLICIES = "/v1/datasets/{dataset_id}/policies"
OPERATIONS = [
    Operation("GET", _POLICIES, list_policies),
    Operation("POST", _POLICIES, create_policy),
    Operation("GET", _POLICIES + "/{policy_id}", get_policy),
    Operation("PUT", _POLICIES + "/{policy_id}", update_policy),
    Operation("DELETE", _POLICIES + "/{policy_id}", delete_policy),
]
