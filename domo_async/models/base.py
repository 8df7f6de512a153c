"""What every model shares: tolerant reading, and the forms in which Domo writes lists and times."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, ClassVar, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

from domo_async.models.html_view import facts_html, model_facts

__all__ = ["DomoModel", "Items", "Timestamp", "or_default", "parse_timestamp"]

T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# By hand and not by strptime, whose %p means what the process's locale says.
_TWELVE_HOURS = re.compile(r"(\d{4}-\d\d-\d\d) (\d{1,2}):(\d\d:\d\d) ([AaPp])[Mm]", re.ASCII)
_DIGITS = re.compile(r"-?\d{1,18}(\.\d{1,18})?", re.ASCII)


class DomoModel(BaseModel):
    """Base of everything that Domo answers.

    Unknown fields are kept (``model_extra``), null and missing fields are fine, a number where text is documented is
    read as text, and names are Python's on our side and Domo's camelCase on the wire.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        alias_generator=to_camel,
        extra="allow",
        populate_by_name=True,
        protected_namespaces=(),
        coerce_numbers_to_str=True,
        frozen=True,
    )

    def _repr_html_(self) -> str:
        """What a notebook shows: plain values, and neither secrets nor fields that this version does not know."""
        return facts_html(type(self).__name__, model_facts(self))


def _empty_for_null(value: object) -> object:
    return [] if value is None else value


def or_default(default: object) -> BeforeValidator:
    """Read null like a field that is missing."""
    return BeforeValidator(lambda value: default if value is None else value)


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
    if isinstance(value, bool) or value is None:
        return None
    try:
        if isinstance(value, datetime):
            return _in_utc(value)
        if isinstance(value, int | float):
            return _from_epoch_milliseconds(float(value))
        return _from_text(value.strip()) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def _from_text(text: str) -> datetime:
    if _DIGITS.fullmatch(text):
        return _from_epoch_milliseconds(float(text))
    half_day = _TWELVE_HOURS.fullmatch(text)
    if half_day is None:
        return _in_utc(datetime.fromisoformat(text))
    day, hour, rest, half = half_day.groups()
    if not 1 <= int(hour) <= 12:
        raise ValueError("no hour of a half day")
    in_day = int(hour) % 12 + (12 if half in "Pp" else 0)
    return _in_utc(datetime.fromisoformat(f"{day}T{in_day:02}:{rest}"))


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _from_epoch_milliseconds(milliseconds: float) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)  # ValueError for NaN, OverflowError for what no calendar has


Timestamp = Annotated[datetime | None, BeforeValidator(parse_timestamp)]
"""An aware UTC datetime, or None."""
