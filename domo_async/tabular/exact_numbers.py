"""Numbers of a JSON document that have more digits than a float."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Self

__all__ = ["ExactFloat", "exact_rows"]

# Fifteen digits survive the way through a float and back. Anything shorter than this needs no second look.
_MANY_DIGITS = re.compile(rb"[0-9.]{17}")

Scalar = str | int | float | bool | None


class ExactFloat(float):
    """A float that remembers its digits: it counts as what a float can hold, and shows what Domo has sent.

    So it goes wherever a float goes, and ``str``, ``repr``, ``Decimal(repr(number))``, CSV files and the tables made
    of it have all digits.

    Args:
        text: The number as JSON writes it.

    Example:
        >>> ExactFloat("12345678901234567.89")
        12345678901234567.89
        >>> ExactFloat("12345678901234567.89") == 12345678901234568.0
        True
    """

    __slots__ = ("_text",)

    _text: str

    def __new__(cls, text: str) -> Self:
        """Read a number."""
        number = super().__new__(cls, text)
        number._text = text
        return number

    def __repr__(self) -> str:
        return self._text

    __str__ = __repr__

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (self._text,)


def exact_rows(rows: list[list[Scalar]], body: bytes, columns: Sequence[int]) -> list[list[Scalar]]:
    """The rows of a query with all the digits that the answer has.

    Args:
        rows: n rows of k values, as they were read from `body`.
        body: The answer, whose ``rows`` they are. It has been validated.
        columns: Positions of the columns whose digits matter.

    Returns:
        The same rows if no digit is missing; otherwise new ones, in which an `ExactFloat` stands in the place of each
        float of those columns that has lost some.
    """
    if not columns or _MANY_DIGITS.search(body) is None:
        return rows
    document = json.loads(body, parse_float=_number)
    exact: list[list[Scalar]] = document["rows"]
    wanted = frozenset(columns)
    return [
        [new if position in wanted else old for position, (old, new) in enumerate(zip(row, exact_row, strict=True))]
        for row, exact_row in zip(rows, exact, strict=True)
    ]


def _number(text: str) -> float:
    number = float(text)
    return number if Decimal(repr(number)) == Decimal(text) else ExactFloat(text)
