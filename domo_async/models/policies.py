"""PDP policies (Personalized Data Permissions): who sees which rows of a DataSet."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AliasChoices, Field

from domo_async.models.base import DomoModel, Items, or_default

__all__ = ["FilterOperator", "Policy", "PolicyFilter", "PolicyType"]


class PolicyType(StrEnum):
    """Where a policy comes from. ``open`` is the built-in policy "All Rows"."""

    USER = "user"
    SYSTEM = "system"
    OPEN = "open"


class FilterOperator(StrEnum):
    """How a filter compares a column with its values."""

    EQUALS = "EQUALS"
    LIKE = "LIKE"
    GREATER_THAN = "GREATER_THAN"
    LESS_THAN = "LESS_THAN"
    GREATER_THAN_EQUAL = "GREATER_THAN_EQUAL"
    LESS_THAN_EQUAL = "LESS_THAN_EQUAL"
    BETWEEN = "BETWEEN"
    BEGINS_WITH = "BEGINS_WITH"
    ENDS_WITH = "ENDS_WITH"
    CONTAINS = "CONTAINS"


class PolicyFilter(DomoModel):
    """One condition of a policy.

    Attributes:
        column: Column that is compared.
        operator: A `FilterOperator`, or the text of one that this version does not know.
        values: Values to compare with, as text.
        negated: Whether the condition is turned round (``not`` on the wire).
    """

    column: str | None = None
    operator: Annotated[FilterOperator | str, Field(union_mode="left_to_right"), or_default(FilterOperator.EQUALS)] = (
        FilterOperator.EQUALS
    )
    values: Items[str | int | float | bool | None] = []
    # Not `alias`, which type checkers take for the name of the argument; no argument can be called `not`.
    negated: bool | None = Field(
        default=False, validation_alias=AliasChoices("not", "negated"), serialization_alias="not"
    )


class Policy(DomoModel):
    """One PDP policy of a DataSet.

    Attributes:
        users: Ids of the users it applies to.
        groups: Ids of the groups it applies to. The specification shows objects in some answers; both are kept.
        virtual_users: Ids of virtual users such as ``vu:324ds``.

    Source: DataSet API, ``GET /v1/datasets/{id}/policies``.
    """

    id: int | str | None = None
    type: Annotated[PolicyType | str | None, Field(union_mode="left_to_right")] = None
    name: str | None = None
    filters: Items[PolicyFilter] = []
    users: Items[int | str | dict[str, object]] = []
    groups: Items[int | str | dict[str, object]] = []
    virtual_users: Items[str] = []
