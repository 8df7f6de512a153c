# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""How rows are to be cut into parts."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

from domo_async.errors import InvalidArgumentError
from domo_async.tabular.parts import Part, cut_parts

if TYPE_CHECKING:
    from domo_async.models import Schema
    from domo_async.tabular.row_source import Rows

__all__ = ["Cutting", "NanosecondsRule", "NotFiniteRule", "TimestampsRule", "one_of"]

TimestampsRule = Literal["utc", "refuse"]
NanosecondsRule = Literal["refuse", "truncate"]
NotFiniteRule = Literal["refuse", "null"]

WordT = TypeVar("WordT", bound=str)


@dataclass(frozen=True, slots=True)
class Cutting:
    """See `cut_parts`.

    Raises:
        InvalidArgumentError: A word is none of those that are known.
    """

    part_size: int
    timestamps: TimestampsRule
    nanoseconds: NanosecondsRule
    not_finite: NotFiniteRule

    def __post_init__(self) -> None:
        if isinstance(self.part_size, bool) or not isinstance(self.part_size, int) or self.part_size < 1:
            raise InvalidArgumentError(f"part_size: {self.part_size!r} is not a positive number of bytes")
        one_of("timestamps", self.timestamps, "utc", "refuse")
        one_of("nanoseconds", self.nanoseconds, "refuse", "truncate")
        one_of("not_finite", self.not_finite, "refuse", "null")

    def parts(self, rows: Rows, columns: Schema, *, name: str) -> AsyncGenerator[Part]:
        """Cut rows.

        Args:
            rows: The rows.
            columns: Columns of the DataSet.
            name: How messages call the rows, if their source has no name of its own.
        """
        return cut_parts(
            rows.batches(),
            columns,
            part_size=self.part_size,
            timestamps=self.timestamps,
            nanoseconds=self.nanoseconds,
            not_finite=self.not_finite,
            dataset=rows.name or name,
        )


def one_of(argument: str, value: WordT, *words: WordT) -> WordT:
    """Refuse a word that is none of some.

    Raises:
        InvalidArgumentError: It is another one.
    """
    if value not in words:
        raise InvalidArgumentError(f"{argument}: {value!r} is none of {', '.join(words)}")
    return value
