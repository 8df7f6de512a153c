"""Embedding cards and pages in pages of your own: what is asked for, and the token that comes back."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal, cast

from pydantic import JsonValue, SecretStr

from domo_async.errors import InvalidArgumentError
from domo_async.models.base import DomoModel, parse_timestamp

__all__ = [
    "EmbedAnswer",
    "EmbedAuthorization",
    "EmbedFilter",
    "EmbedOperator",
    "EmbedPermission",
    "EmbedSqlFilter",
    "EmbedToken",
]

EmbedPermission = Literal["READ", "FILTER", "EXPORT"]
_PERMISSIONS: Final[tuple[EmbedPermission, ...]] = ("READ", "FILTER", "EXPORT")


class EmbedOperator(StrEnum):
    """How a filter compares a column with its values."""

    IN = "IN"
    NOT_IN = "NOT_IN"
    EQUALS = "EQUALS"
    NOT_EQUALS = "NOT_EQUALS"
    GREATER_THAN = "GREATER_THAN"
    GREATER_THAN_EQUALS_TO = "GREATER_THAN_EQUALS_TO"
    # So it stands in the specification, and without the missing letters in Domo's other texts.
    GREAT_THAN_EQUALS_TO = "GREAT_THAN_EQUALS_TO"
    LESS_THAN = "LESS_THAN"
    LESS_THAN_EQUALS_TO = "LESS_THAN_EQUALS_TO"
    # Only in the samples of the specification.
    BETWEEN = "BETWEEN"


@dataclass(frozen=True, slots=True)
class EmbedFilter:
    """Which rows a viewer sees.

    Args:
        column: Column that is compared; case counts.
        operator: An `EmbedOperator`, or its text.
        values: Values to compare with. Numbers are sent as text, as Domo wants them.
        dataset_id: DataSet that it is for; None for every DataSet with such a column.

    Raises:
        InvalidArgumentError: There is no such operator, or the values do not fit it.
    """

    column: str
    operator: EmbedOperator | str
    values: Sequence[str | int | float]
    dataset_id: str | None = None

    def __post_init__(self) -> None:
        if not self.column:
            raise InvalidArgumentError("column: a filter needs the name of a column")
        if self.operator not in list(EmbedOperator):
            raise InvalidArgumentError(f"operator: {self.operator!r} is none of {', '.join(EmbedOperator)}")
        if isinstance(self.values, str) or not self.values:
            raise InvalidArgumentError("values: expected a list with at least one value")
        if self.operator == EmbedOperator.BETWEEN and len(self.values) != 2:
            raise InvalidArgumentError("values: BETWEEN takes two")

    def to_wire(self) -> dict[str, JsonValue]:
        """As Domo wants it."""
        wire: dict[str, JsonValue] = {
            "column": self.column,
            "operator": str(self.operator),
            "values": [str(value) for value in self.values],
        }
        if self.dataset_id is not None:
            wire["datasourceId"] = self.dataset_id
        return wire


@dataclass(frozen=True, slots=True)
class EmbedSqlFilter:
    """Which rows a viewer sees, as a condition in SQL such as ```level_m` > 2``.

    Args:
        sql: The condition.
        dataset_ids: DataSets that it is for; none for all.

    Source: Domo's sample for embedding with filters.
    """

    sql: str
    dataset_ids: Sequence[str] = ()

    def to_wire(self) -> dict[str, JsonValue]:
        """As Domo wants it."""
        wire: dict[str, JsonValue] = {"sqlFilter": self.sql}
        if self.dataset_ids:
            wire["datasourceIds"] = list(self.dataset_ids)
        return wire


@dataclass(frozen=True, slots=True)
class EmbedAuthorization:
    """What a viewer may do with one embedded thing.

    Args:
        token: Embed id of the card or page: the five characters in the address of its embed dialogue.
        permissions: Domo says that all three should always be there.
        filters: Which rows he sees; all must hold.
        sql_filters: The same in SQL.
        policies: PDP policies to apply, as Domo's sample for embedding passes them on.
        dataset_redirects: DataSets to read instead of others, new ids by old ones.

    Raises:
        InvalidArgumentError: The embed id is empty, or a permission does not exist.
    """

    token: str
    permissions: Sequence[EmbedPermission] = _PERMISSIONS
    filters: Sequence[EmbedFilter] = ()
    sql_filters: Sequence[EmbedSqlFilter] = ()
    policies: Sequence[JsonValue] = ()
    dataset_redirects: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        if not isinstance(self.token, str) or not self.token.strip():
            raise InvalidArgumentError("token: expected the embed id of a card or page")
        if not self.permissions or isinstance(self.permissions, str):
            raise InvalidArgumentError(f"permissions: expected a list of {', '.join(_PERMISSIONS)}")
        for permission in self.permissions:
            if permission not in _PERMISSIONS:
                raise InvalidArgumentError(f"permissions: {permission!r} is none of {', '.join(_PERMISSIONS)}")

    def to_wire(self) -> dict[str, JsonValue]:
        """As Domo wants it; what is empty is left out, since only the first two are in the specification."""
        wire: dict[str, JsonValue] = {"token": self.token, "permissions": list(self.permissions)}
        if self.filters:
            wire["filters"] = [each.to_wire() for each in self.filters]
        if self.sql_filters:
            wire["sqlFilters"] = [each.to_wire() for each in self.sql_filters]
        if self.policies:
            wire["policies"] = list(self.policies)
        if self.dataset_redirects:
            wire["datasetRedirects"] = dict(self.dataset_redirects)
        return wire


class EmbedAnswer(DomoModel):
    """What Domo answers: a token, or why there is none, with the same status."""

    authentication: SecretStr | None = None
    error: str | None = None


class EmbedToken(DomoModel):
    """A token that a browser trades for an embedded card or page. Whoever has it sees what it shows.

    Attributes:
        authentication: The token, a JWT.

    Source: Embed Token API, ``POST /v1/cards/embed/auth``.
    """

    authentication: SecretStr

    @property
    def expires_at(self) -> datetime | None:
        """When it ends; None if it does not say. Nothing here checks its signature."""
        expiry = self._claims().get("exp")
        seconds = expiry if isinstance(expiry, int | float) and not isinstance(expiry, bool) else None
        return None if seconds is None else parse_timestamp(seconds * 1000)

    @property
    def shows_anything(self) -> bool | None:
        """Whether it covers at least one thing; None if it does not say.

        Domo grants a token that covers nothing if the user behind the API client may not see what was asked for.
        """
        covered = self._claims().get("emb")
        return bool(cast("list[object]", covered)) if isinstance(covered, list) else None

    def _claims(self) -> dict[str, object]:
        parts = self.authentication.get_secret_value().split(".")
        if len(parts) != 3:
            return {}
        try:
            claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        except (ValueError, binascii.Error, RecursionError):
            return {}
        return cast("dict[str, object]", claims) if isinstance(claims, dict) else {}
