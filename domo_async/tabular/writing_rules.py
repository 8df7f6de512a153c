"""What becomes of values that Domo has no exact place for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["WritingRules"]


@dataclass(frozen=True, slots=True)
class WritingRules:
    """What to do where exact writing is not possible.

    Attributes:
        timestamps: ``utc`` writes a moment with a zone as what clocks in UTC show; ``refuse`` makes it an error.
        nanoseconds: ``refuse`` makes a fraction finer than a microsecond an error; ``truncate`` drops it.
        not_finite: ``refuse`` makes NaN and the infinities errors; ``null`` writes them as null.
    """

    timestamps: Literal["utc", "refuse"] = "utc"
    nanoseconds: Literal["refuse", "truncate"] = "refuse"
    not_finite: Literal["refuse", "null"] = "refuse"
