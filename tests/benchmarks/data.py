"""What the rehearsed Domo holds: DataSets whose numbers are known, and rows of CSV whose sums are known."""

from __future__ import annotations

import random
from bisect import bisect_right
from dataclasses import dataclass, field

__all__ = ["COLUMNS", "QUERY_ROWS", "QUERY_SUM", "CsvBlock", "check_dataset", "dataset_id", "rows_of"]

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

QUERY_ROWS = [[f"channel {index}", 1000 + 13 * index, index / 8] for index in range(20)]
"""Rows that every query answers with."""

QUERY_SUM = sum(1000 + 13 * index for index in range(20))
"""Sum of their second column."""

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
        nulls: Nulls of the column ``note`` up to each row.
    """

    text: bytes = b""
    ends: list[int] = field(default_factory=list)
    units: list[int] = field(default_factory=list)
    nulls: list[int] = field(default_factory=list)

    @classmethod
    def of_size(cls, size: int, *, seed: int = 7) -> CsvBlock:
        """The whole rows that fit into `size` bytes."""
        block, length, units, nulls = cls(), 0, 0, 0
        rows: list[bytes] = []
        chance = random.Random(seed)
        while True:
            row, some, is_null = _row(chance, len(rows))
            if length + len(row) > size:
                break
            length, units, nulls = length + len(row), units + some, nulls + is_null
            rows.append(row)
            block.ends.append(length)
            block.units.append(units)
            block.nulls.append(nulls)
        block.text = b"".join(rows)
        return block

    def rows_within(self, size: int) -> int:
        """How many whole rows `size` bytes hold."""
        return bisect_right(self.ends, size)


def _row(chance: random.Random, index: int) -> tuple[bytes, int, bool]:
    units = chance.randrange(1, 500)
    note = _LINE_BREAK if chance.random() < 0.01 else chance.choice(_NOTES)
    day = f"20{chance.randrange(15, 26)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
    shipped = "" if chance.random() < 0.05 else f"{day}T{chance.randrange(24):02}:{chance.randrange(60):02}:07"
    discount = "" if chance.random() < 0.3 else repr(round(chance.random(), 4))
    line = (
        f"{10_000_000 + index},{chance.choice(_NAMES)} {chance.choice(_SURNAMES)},{chance.choice(_CITIES)},{day},"
        f"{shipped},{units},{chance.randrange(1, 99_999) / 100:.2f},{discount},{chance.choice(_CHANNELS)},{note}\n"
    )
    return line.encode(), units, note == ""
