"""Moments as people type them, without anything to guess."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import typer

__all__ = ["moment"]

_AGO = re.compile(r"(\d{1,6})([mhdw])", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str) -> datetime:
    """Read a moment: ISO 8601 with a zone, or how long ago it was: ``30m``, ``24h``, ``7d``, ``2w``.

    Raises:
        typer.BadParameter: It is none, or it has no zone, so that it could be any of many moments.
    """
    if ago := _AGO.fullmatch(text.strip()):
        try:
            return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        except OverflowError:
            raise typer.BadParameter(f"{text!r} is longer ago than the calendar goes back") from None
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no moment: write 2026-01-31T00:00:00Z, or 30m, 24h, 7d, 2w for how long ago"
        ) from None
    if found.utcoffset() is None:
        day = found.date().isoformat()
        raise typer.BadParameter(
            f"{text!r} has no time zone: write {day}T{found:%H:%M:%S}Z for UTC, or an offset such as "
            f"{day}T{found:%H:%M:%S}+01:00"
        )
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise typer.BadParameter(f"{text!r} is outside of the calendar") from None
