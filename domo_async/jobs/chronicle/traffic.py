"""Amounts over time, in as few numbers as a chart can show."""

from __future__ import annotations

__all__ = ["Amounts"]

_MOST_STEPS = 240
_FIRST_STEP = 0.25


class Amounts:
    """Sums in steps of equal length. When there would be too many steps, they are made twice as long.

    So the memory is the same for a minute and for a week, and nothing is ever dropped.

    Attributes:
        step: Seconds of a step.
        received: Bytes in each step.
        rows: Rows in each step.
    """

    def __init__(self) -> None:
        self.step: float = _FIRST_STEP
        self.received: list[int] = []
        self.rows: list[int] = []

    def add(self, at: float, received: int, rows: int) -> None:
        """Count something.

        Args:
            at: Seconds from the beginning, 0 or more.
            received: Bytes.
            rows: Rows.
        """
        while at >= self.step * _MOST_STEPS:
            self.step *= 2
            self.received = _in_pairs(self.received)
            self.rows = _in_pairs(self.rows)
        place = int(at / self.step)
        missing = place + 1 - len(self.received)
        if missing > 0:
            self.received += [0] * missing
            self.rows += [0] * missing
        self.received[place] += received
        self.rows[place] += rows


def _in_pairs(numbers: list[int]) -> list[int]:
    return [sum(numbers[place : place + 2]) for place in range(0, len(numbers), 2)]
