"""Which number each part of an execution gets."""

from __future__ import annotations

from domo_async.errors import InvalidArgumentError

__all__ = ["PartNumbers", "check_part_number"]


def check_part_number(number: int) -> int:
    """Refuse what is no number of a part.

    Raises:
        InvalidArgumentError: It is no whole number of at least 0.
    """
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise InvalidArgumentError(f"part: {number!r} is not a number of at least 0")
    return number


class PartNumbers:
    """Hands out part numbers, beside those that the caller chooses himself.

    A number that was handed out stands for rows that are already cut, so the caller may not use it for others. What is
    handed out begins after the highest number so far, with 1 at first: gaps are the caller's own, and for him to fill.
    """

    def __init__(self) -> None:
        self._highest = 0
        self._handed_out: set[int] = set()

    def next(self) -> int:
        """The next free number."""
        self._highest += 1
        self._handed_out.add(self._highest)
        return self._highest

    def note(self, number: int) -> None:
        """Note a number that the caller chose.

        Raises:
            InvalidArgumentError: It was handed out before.
        """
        if check_part_number(number) in self._handed_out:
            raise InvalidArgumentError(f"part: {number} stands for rows that `upload` has sent")
        self._highest = max(self._highest, number)
