"""Values as Domo wants them on the wire: text, ids, choices, times. Checked before anything is sent."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, TypeVar

from domo_async.errors import InvalidArgumentError
from domo_async.http.options import Unset

__all__ = [
    "choice",
    "email_address",
    "epoch_milliseconds",
    "id_number",
    "id_numbers",
    "iso_time",
    "locale_code",
    "text",
    "time_zone",
]

E = TypeVar("E", bound=StrEnum)

_LOCALE: Final = re.compile(r"[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8})*", re.ASCII)


def text(name: str, value: str | Unset) -> str | Unset:
    """Text that says something.

    Raises:
        InvalidArgumentError: It is blank, or no text.
    """
    if not isinstance(value, Unset) and (not isinstance(value, str) or not value.strip()):
        raise InvalidArgumentError(f"{name}: expected some text, not {value!r}")
    return value


def id_number(name: str, value: int | str) -> int:
    """An id that is a number on the wire; digits as text will do.

    Raises:
        InvalidArgumentError: It is no positive whole number.
    """
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise InvalidArgumentError(f"{name}: {value!r} is not an id")
    return value


def id_numbers(name: str, values: Iterable[int | str]) -> list[int]:
    """Ids that are numbers on the wire, in their order and without repeats.

    Raises:
        InvalidArgumentError: They are one text, or one of them is no positive whole number.
    """
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise InvalidArgumentError(f"{name}: expected a list of ids, not {values!r}")
    return list(dict.fromkeys(id_number(name, value) for value in values))


def choice(name: str, value: E | str | Unset, choices: type[E]) -> str | Unset:
    """One of the values of an enumeration.

    Raises:
        InvalidArgumentError: It is none of them.
    """
    if isinstance(value, Unset):
        return value
    try:
        return choices(value).value
    except ValueError:
        raise InvalidArgumentError(f"{name}: {value!r} is none of {', '.join(choices)}") from None


def email_address(name: str, value: str | Unset) -> str | Unset:
    """An address for e-mail, as far as that can be told without sending one.

    Raises:
        InvalidArgumentError: It is none.
    """
    if isinstance(value, Unset):
        return value
    local, at, domain = value.rpartition("@") if isinstance(value, str) else ("", "", "")
    if not (local and at and domain) or any(character.isspace() for character in value):
        raise InvalidArgumentError(f"{name}: {value!r} is not an address")
    return value


def time_zone(name: str, value: str | Unset | None) -> str | Unset | None:
    """The name of a time zone such as ``Europe/Oslo``; empty text is fine.

    Raises:
        InvalidArgumentError: This machine knows time zones, but not this one.
    """
    if isinstance(value, Unset) or value is None or value == "":
        return value
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        if zoneinfo.available_timezones():  # Windows has none without the package tzdata
            raise InvalidArgumentError(f"{name}: {value!r} is no time zone such as Europe/Oslo") from None
    return value


def locale_code(name: str, value: str | Unset | None) -> str | Unset | None:
    """A language and region such as ``en-GB``; empty text is fine.

    Raises:
        InvalidArgumentError: It does not look like one.
    """
    if isinstance(value, Unset) or value is None or value == "":
        return value
    if not isinstance(value, str) or not _LOCALE.fullmatch(value):
        raise InvalidArgumentError(f"{name}: {value!r} is no locale such as en-GB")
    return value


def iso_time(name: str, moment: datetime | Unset | None) -> str | Unset | None:
    """A moment as ``2026-01-31T00:00:00Z``.

    Raises:
        InvalidArgumentError: It has no time zone, so that it could be any of many moments.
    """
    if isinstance(moment, Unset) or moment is None:
        return moment
    return _aware(name, moment).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def epoch_milliseconds(name: str, moment: datetime) -> int:
    """A moment as milliseconds since 1970.

    Raises:
        InvalidArgumentError: It has no time zone, so that it could be any of many moments.
    """
    passed = _aware(name, moment) - datetime(1970, 1, 1, tzinfo=UTC)
    return passed.days * 86_400_000 + passed.seconds * 1_000 + passed.microseconds // 1_000


def _aware(name: str, moment: datetime) -> datetime:
    if not isinstance(moment, datetime) or moment.utcoffset() is None:
        raise InvalidArgumentError(
            f"{name}: {moment!r} is not a datetime with a time zone",
            hint="Write it like datetime(2026, 1, 31, tzinfo=UTC)",
        )
    return moment.astimezone(UTC)
