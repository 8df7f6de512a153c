"""PDP policies on their way to Domo: what they may say, and when two say the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from pydantic import JsonValue

from domo_async.api.arguments import check_name
from domo_async.errors import InvalidArgumentError
from domo_async.http.options import Unset
from domo_async.models import FilterOperator, Policy, PolicyFilter

__all__ = ["check_filters", "comparable", "filter_documents", "policies_by_name", "policy_document"]

_VALUES_LIMIT: Final = 255


def policies_by_name(wanted: Iterable[Policy]) -> dict[str, Policy]:
    """The wanted policies.

    Raises:
        InvalidArgumentError: One has no name or breaks a rule, or two have the same name.
    """
    targets: dict[str, Policy] = {}
    for policy in wanted:
        name = check_name("wanted", policy.name or "")
        if name in targets:
            raise InvalidArgumentError(f"wanted: two policies are called {name!r}")
        if policy.filters:
            check_filters(policy.filters)
        targets[name] = policy
    return targets


def policy_document(policy: Policy) -> dict[str, JsonValue | Unset]:
    """A whole policy as Domo wants it."""
    return {
        "name": policy.name,
        "filters": [_filter_document(condition) for condition in policy.filters],
        "users": _plain_ids(policy.users),
        "groups": _plain_ids(policy.groups),
        "virtualUsers": [*policy.virtual_users],
    }


def _plain_ids(members: Sequence[int | str | dict[str, object]]) -> list[JsonValue]:
    """Ids only: some answers have objects where requests have numbers."""
    ids = [member.get("id") if isinstance(member, dict) else member for member in members]
    return [member for member in ids if isinstance(member, int | str)]


def comparable(policy: Policy) -> object:
    """Something that is equal for two policies that mean the same, whatever the order of their parts."""
    return (
        sorted((c.column or "", str(c.operator), _comparable_values(c), bool(c.negated)) for c in policy.filters),
        sorted(map(str, _plain_ids(policy.users))),
        sorted(map(str, _plain_ids(policy.groups))),
        sorted(policy.virtual_users),
    )


def _comparable_values(condition: PolicyFilter) -> tuple[str, ...]:
    values = [str(value) for value in condition.values]
    return tuple(values if condition.operator == FilterOperator.BETWEEN else sorted(values))


def filter_documents(filters: Sequence[PolicyFilter]) -> list[JsonValue]:
    """Filters as Domo wants them.

    Raises:
        InvalidArgumentError: See `check_filters`.
    """
    check_filters(filters)
    return [_filter_document(condition) for condition in filters]


def _filter_document(condition: PolicyFilter) -> JsonValue:
    return {
        "column": condition.column,
        "operator": str(condition.operator),
        "values": [str(value) for value in condition.values],
        "not": bool(condition.negated),
    }


def check_filters(filters: Sequence[PolicyFilter]) -> None:
    """Refuse filters that Domo refuses, and none at all.

    Raises:
        InvalidArgumentError: A filter has no column, no values or an unknown operator, or their values are too long.
    """
    if not filters:
        raise InvalidArgumentError("filters: a policy needs at least one; without any it would show every row")
    characters = 0
    for condition in filters:
        if not condition.column:
            raise InvalidArgumentError("filters: one has no column")
        if condition.operator not in set(FilterOperator):
            raise InvalidArgumentError(f"filters: {condition.operator!r} is none of {', '.join(FilterOperator)}")
        if not condition.values or None in condition.values:
            raise InvalidArgumentError(f"filters: the one on {condition.column!r} has no values, or None among them")
        characters += sum(len(str(value)) + 1 for value in condition.values)
    if characters >= _VALUES_LIMIT:
        raise InvalidArgumentError(
            f"filters: the values have {characters} characters with their delimiters; Domo takes fewer than"
            f" {_VALUES_LIMIT} in one policy",
            hint="Split the values among several policies for the same users",
        )
