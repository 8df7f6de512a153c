"""What every model shares: tolerant reading, and the forms in which Domo writes lists and times."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

__all__ = ["DomoModel", "Items", "Timestamp", "parse_timestamp"]

T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TWELVE_HOURS = "%Y-%m-%d %I:%M:%S %p"
_DIGITS = re.compile(r"-?\d{1,18}(\.\d+)?\Z")


class DomoModel(BaseModel):
    """Base of everything that Domo answers.

    Unknown fields are kept (``model_extra``), null and missing fields are fine, and names are Python's on our side and
    Domo's camelCase on the wire.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="allow",
        populate_by_name=True,
        protected_namespaces=(),
        frozen=True,
    )


def _empty_for_null(value: object) -> object:
    return [] if value is None else value


Items = Annotated[list[T], BeforeValidator(_empty_for_null)]
"""A list whose absence Domo writes as null, as a missing key, or as ``[]``."""


def parse_timestamp(value: object) -> datetime | None:
    """Read any of the forms in which Domo writes a time.

    Accepted are ISO 8601 with or without zone and fraction, epoch milliseconds as a number or as digits, and the
    12-hour form of the activity log (``2017-12-13 10:57:35 PM``). A time without zone is UTC.

    Args:
        value: What stands in the JSON document.

    Returns:
        An aware datetime in UTC, or None for null and for text that is no time. Domo's own documentation contains
        such text (``017-06-12T20:23:57Z``), and one odd date must not cost a whole listing.
    """
    if isinstance(value, datetime):
        return _in_utc(value)
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _from_epoch_milliseconds(float(value))
    if not isinstance(value, str):
        return None
    text = value.strip()
    if _DIGITS.match(text):
        return _from_epoch_milliseconds(float(text))
    try:
        return _in_utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        pass
    try:
        return _in_utc(datetime.strptime(text, _TWELVE_HOURS))  # noqa: DTZ007 - Domo writes no zone here and means UTC
    except (ValueError, OverflowError):
        return None


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _from_epoch_milliseconds(milliseconds: float) -> datetime | None:
    if not math.isfinite(milliseconds):
        return None
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None


Timestamp = Annotated[datetime | None, BeforeValidator(parse_timestamp)]
"""An aware UTC datetime, or None."""
