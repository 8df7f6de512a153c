"""What the rehearsed Domo holds: DataSets whose numbers are known, and rows of CSV whose sums are known."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

__all__ = [
    "COLUMNS",
    "HEADER",
    "QUERY_ROWS",
    "QUERY_SUM",
    "CsvBlock",
    "Export",
    "check_dataset",
    "dataset_id",
    "rows_of",
]

COLUMNS = (
    ("order_id", "LONG"),
    ("customer", "STRING"),
    ("city", "STRING"),
    ("ordered_on", "DATE"),
    ("shipped_at", "DATETIME"),
    ("units", "LONG"),
    ("unit_price", "DECIMAL"),
    ("discount", "DOUBLE"),
    ("channel", "STRING"),
    ("note", "STRING"),
)
"""Name and Domo type of each column of the CSV."""

HEADER = ",".join(name for name, _ in COLUMNS).encode() + b"\n"
"""The line of names on top of an export that has one."""

QUERY_ROWS = [[f"channel {index}", 1000 + 13 * index, index / 8] for index in range(20)]
"""Rows that every query answers with."""

QUERY_SUM = sum(1000 + 13 * index for index in range(20))
"""Sum of their second column."""

_BLOCK = 16 * 1024 * 1024
_PIECE = 256 * 1024
_SURNAMES = ("Okafor", "Lindqvist", "O'Brien", "Núñez", "Tanaka", "Papadopoulos", "Smith", "van der Berg")
_NAMES = ("Ines", "Amir", "Solveig", "Kwame", "Yuki", "Léa", "Tom", "Greta")
_CITIES = ("Salt Lake City", "Lehi", "Oslo", '"Washington, DC"', "Köln", "Osaka", "Lagos", "São Paulo")
_CHANNELS = ("web", "store", "partner", "phone")
_NOTES = ("", "", "", '""', "gift", '"said ""call first"""', '"fragile, keep upright"', "repeat customer")
_LINE_BREAK = '"left at the door\nrang twice"'


def dataset_id(index: int) -> str:
    """Id of the DataSet at this place of the listing."""
    return f"{index:08x}-0000-4000-8000-{index * 2654435761 % 2**48:012x}"


def rows_of(index: int) -> int:
    """Number of rows that its description claims."""
    return 1000 + 7 * index


def check_dataset(index: int, identity: object, rows: object) -> int:
    """Compare a description with what it must say.

    Returns:
        1, so that checks can be summed up.

    Raises:
        ValueError: It says something else.
    """
    if identity != dataset_id(index) or rows != rows_of(index):
        raise ValueError(f"DataSet {index} came as {identity!r} with {rows!r} rows")
    return 1


@dataclass(slots=True)
class CsvBlock:
    """Rows of CSV in memory, made once; an export repeats them until it is long enough.

    Attributes:
        text: The rows.
        ends: Where each row ends.
        units: Sum of the column ``units`` up to each row.
        nulls: Nulls of the column ``note`` up to each row. It has empty texts too.
        gaps: Nulls of the column ``discount`` up to each row.
    """

    text: bytes = b""
    ends: list[int] = field(default_factory=list)
    units: list[int] = field(default_factory=list)
    nulls: list[int] = field(default_factory=list)
    gaps: list[int] = field(default_factory=list)

    @classmethod
    def of_size(cls, size: int, *, seed: int = 7) -> CsvBlock:
        """The whole rows that fit into `size` bytes."""
        block, length, units, nulls, gaps = cls(), 0, 0, 0, 0
        rows: list[bytes] = []
        chance = random.Random(seed)
        while True:
            row, some, is_null, is_gap = _row(chance, len(rows))
            if length + len(row) > size:
                break
            length, units, nulls, gaps = length + len(row), units + some, nulls + is_null, gaps + is_gap
            rows.append(row)
            block.ends.append(length)
            block.units.append(units)
            block.nulls.append(nulls)
            block.gaps.append(gaps)
        block.text = b"".join(rows)
        return block

    def rows_within(self, size: int) -> int:
        """How many whole rows `size` bytes hold."""
        return bisect_right(self.ends, size)


class Export:
    """The CSV that every DataSet of a scenario exports.

    Args:
        size: Bytes at most; rows are whole.
        rows_missing: How many rows to leave out at the end.

    Attributes:
        rows: How many rows there are.
        size: How many bytes.
        units: Sum of the column ``units``.
        nulls: Nulls of the column ``note``.
        gaps: Nulls of the column ``discount``.
    """

    def __init__(self, size: int, *, rows_missing: int = 0) -> None:
        self.block = block = _block(min(size, _BLOCK))
        per_block = len(block.ends)
        repeats, rest = divmod(size, len(block.text)) if per_block else (0, 0)
        self.rows = repeats * per_block + block.rows_within(rest) - rows_missing if per_block else 0
        self.repeats, self.tail_rows = divmod(self.rows, per_block) if per_block else (0, 0)
        self._tail = self._sum(block.ends, whole=False)
        self.size = self._sum(block.ends)
        self.units, self.nulls, self.gaps = self._sum(block.units), self._sum(block.nulls), self._sum(block.gaps)

    def _sum(self, up_to_each_row: list[int], *, whole: bool = True) -> int:
        tail = up_to_each_row[self.tail_rows - 1] if self.tail_rows else 0
        return tail + (self.repeats * up_to_each_row[-1] if whole and self.repeats else 0)

    def pieces(self) -> Iterator[memoryview]:
        """The bytes, in pieces that are not copied."""
        whole = memoryview(self.block.text)
        for _ in range(self.repeats):
            yield from _cut(whole)
        yield from _cut(whole[: self._tail])


def _cut(text: memoryview) -> Iterator[memoryview]:
    for start in range(0, len(text), _PIECE):
        yield text[start : start + _PIECE]


@lru_cache(maxsize=4)
def _block(size: int) -> CsvBlock:
    return CsvBlock.of_size(size)


def _row(chance: random.Random, index: int) -> tuple[bytes, int, bool, bool]:
    units = chance.randrange(1, 500)
    note = _LINE_BREAK if chance.random() < 0.01 else chance.choice(_NOTES)
    day = f"20{chance.randrange(15, 26)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
    shipped = "" if chance.random() < 0.05 else f"{day}T{chance.randrange(24):02}:{chance.randrange(60):02}:07"
    discount = "" if chance.random() < 0.3 else repr(round(chance.random(), 4))
    line = (
        f"{10_000_000 + index},{chance.choice(_NAMES)} {chance.choice(_SURNAMES)},{chance.choice(_CITIES)},{day},"
        f"{shipped},{units},{chance.randrange(1, 99_999) / 100:.2f},{discount},{chance.choice(_CHANNELS)},{note}\n"
    )
    return line.encode(), units, note == "", discount == ""
