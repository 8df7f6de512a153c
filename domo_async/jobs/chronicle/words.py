"""Amounts and moments as people read them."""

from __future__ import annotations

from datetime import datetime, timedelta

__all__ = ["clock", "day", "done", "duration", "many", "moved", "rate", "share", "size", "span"]

_KILO = 1000
_MINUTE = 60
_HOUR = 3600
_TENTHS_BELOW = 10.0
_DONE = {"push": "Written", "run": "Transferred"}
_MOVED = {"push": "Sent", "run": "Received and sent"}


def done(job: str) -> str:
    """What a job of this kind has done with its DataSets."""
    return _DONE.get(job, "Fetched")


def moved(job: str) -> str:
    """What a job of this kind has done with bytes."""
    return _MOVED.get(job, "Received")


def size(count: float) -> str:
    """A number of bytes."""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < _KILO:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= _KILO
    return f"{amount:.1f} TB"


def rate(count: float, seconds: float) -> str:
    """Bytes per second."""
    return f"{size(count / seconds)}/s" if seconds > 0 else "unknown"


def many(number: int, thing: str) -> str:
    """How many of a thing: 1 row, 2 rows."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def share(part: float, whole: float) -> str:
    """A part of a whole in percent; never 0 for something, nor all for less."""
    if whole <= 0:
        return "0 %"
    percent = 100 * part / whole
    if 0 < percent < 1:
        return "less than 1 %"
    return f"{min(percent, 99.0) if part < whole else 100.0:.0f} %"


def duration(seconds: float) -> str:
    """Seconds in two units at most.

    Example:
        >>> [duration(seconds) for seconds in (0.004, 8.25, 59.7, 200, 7920, 200_000)]
        ['0.0 s', '8.2 s', '1 min', '3 min 20 s', '2 h 12 min', '2 d 7 h']
    """
    if seconds < _TENTHS_BELOW:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return _two(whole // _MINUTE, "min", whole % _MINUTE, "s")
    if whole < 24 * _HOUR:
        return _two(whole // _HOUR, "h", whole % _HOUR // _MINUTE, "min")
    return _two(whole // (24 * _HOUR), "d", whole % (24 * _HOUR) // _HOUR, "h")


def _two(large: int, unit: str, small: int, below: str) -> str:
    return f"{large} {unit} {small} {below}" if small else f"{large} {unit}"


def day(moment: datetime) -> str:
    """The date, such as ``Mon 23 Nov 2026``; in English whatever the locale is."""
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{days[moment.weekday()]} {moment.day} {months[moment.month - 1]} {moment.year}"


def clock(began: datetime, at: float, *, seconds: bool = True) -> str:
    """The time of day, so many seconds after `began`, in its zone."""
    return f"{began + timedelta(seconds=at):{'%H:%M:%S' if seconds else '%H:%M'}}"


def span(began: datetime, seconds: float) -> str:
    """A time from one moment to another."""
    end = began + timedelta(seconds=seconds)
    last = f"{clock(end, 0)}" if end.date() == began.date() else f"{day(end)} {clock(end, 0)}"
    return f"{day(began)}, {clock(began, 0)} to {last} UTC"
