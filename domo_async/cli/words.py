"""Values as people read them."""

from __future__ import annotations

from datetime import datetime

__all__ = ["count", "many", "printable", "size", "words"]

_KILO = 1000


def printable(text: str) -> str:
    """Text from a server, made harmless: what would steer the terminal is written as an escape."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else _escaped(letter) for letter in text)


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")


def words(value: object) -> str:
    """One value as text. Null looks different from empty text."""
    match value:
        case None:
            return "null"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M UTC")
        case _:
            return printable(str(value))


def count(number: int | None) -> str:
    """A number of things with thousands apart, nothing if unknown."""
    return "" if number is None else f"{number:,}"


def many(number: int, thing: str) -> str:
    """How many of a thing: 1 row, 2 rows."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def size(number: float) -> str:
    """A number of bytes with three digits at least."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < _KILO:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= _KILO
    return f"{number:.1f} TB"
