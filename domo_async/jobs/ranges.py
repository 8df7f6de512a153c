"""One DataSet in several queries at once, each over a range of a column."""

from __future__ import annotations

import math
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from domo_async.errors import IncompleteDataError, InvalidArgumentError, InvalidResponseError
from domo_async.jobs.changes import SeenDataSet
from domo_async.jobs.query_csv import as_csv
from domo_async.models import Schema
from domo_async.tabular.computing import compute
from domo_async.tabular.in_order import in_order
from domo_async.tabular.ranges import Range, Scale
from domo_async.tabular.sql import column_name, select

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Sequence
    from decimal import Decimal

    from domo_async.jobs.source import DatasetSource
    from domo_async.models import Column, DataSet

__all__ = ["RangedRows"]

T = TypeVar("T")

_CELL: Final = 100
"""Bytes that a value of an answer takes at most times, as JSON and as an object: 82 were measured."""

_FEWEST_ROWS: Final = 1_000
_MOST_TOGETHER: Final = 8
"""How many times the rows of a query may have one and the same value: they cannot be divided."""

_MOST_PIECES: Final = 10_000
_COUNTED_AT_ONCE: Final = 50
_MOST_ROUNDS: Final = 24


@dataclass(frozen=True, slots=True)
class _Piece:
    """What one query asks for: a range, or the rows that have no value at all."""

    range: Range | None
    rows: int


class RangedRows:
    """The rows of a DataSet in the order of a column, read by several queries at once.

    One query asks for the lowest and the highest value and for the number of rows. The span between is cut into ranges
    of equal width; their rows are counted, and ranges with too many of them are cut again, until each is small enough
    to be an answer of a query. Answers come as one JSON document each, so it is their size that takes the memory.

    Domo gives several queries no common moment. What can be done is done: each answer must have the rows that were
    counted, and at the end the DataSet must be described as it was before.

    Args:
        source: Where the DataSet is.
        dataset: The DataSet, with its schema.
        column: Name of a column of numbers, dates or moments.
        queries: How many queries at once.
        columns: Names of the columns to read, None for all.
        memory: Bytes that all answers on their way may take together.

    Raises:
        InvalidArgumentError: There is no such column, or its values have no distance from each other.
    """

    def __init__(
        self,
        source: DatasetSource,
        dataset: DataSet,
        column: str,
        queries: int,
        *,
        columns: Sequence[str] | None,
        memory: int,
    ) -> None:
        every = (dataset.schema or Schema()).columns
        known = {one.name: one for one in every}
        unknown = [name for name in columns or () if name not in known]
        if unknown:
            raise InvalidArgumentError(f"columns: DataSet {dataset.name or dataset.id!r} has no column {unknown[0]!r}")
        kind = known[column].type if column in known else None
        self._source = source
        self._dataset = dataset
        self._scale = Scale.of(column, kind)
        self._queries = queries
        self.columns: list[Column] = every if columns is None else [known[name] for name in columns]
        """The columns of the rows, in order."""
        self._limit = max(_FEWEST_ROWS, memory // queries // _CELL // max(1, len(self.columns)))
        names = [column_name(one.name) for one in self.columns]
        self._wanted = ", ".join(names)
        key = column_name(column)
        # By all columns: rows with the same key would come in whatever order otherwise, and make other files each time.
        self._order = ", ".join([key, *(name for name in names if name != key)])

    async def chunks(self) -> AsyncGenerator[bytes]:
        """The rows as CSV, those without a value in the column at the end.

        Raises:
            IncompleteDataError: The DataSet changed meanwhile, or rows are missing.
            InvalidArgumentError: Too many rows have the same value, or none.
            CallError: A query failed.
        """
        pieces = await self._plan()
        async with aclosing(_each(pieces)) as each, in_order(each, self._read, self._queries) as answers:
            async for answer in answers:
                yield answer
        now = await self._source.get(self._dataset.id)
        difference = SeenDataSet.of(self._dataset).difference(SeenDataSet.of(now))
        if difference is not None:
            raise self._changed(difference)

    async def _read(self, piece: _Piece) -> bytes:
        sql = f"{select(self._wanted, [self._condition(piece)])} ORDER BY {self._order}"
        result = await self._source.query(self._dataset.id, sql)
        if len(result.rows) != piece.rows:
            raise self._changed(f"a range had {piece.rows} rows, and {len(result.rows)} came")
        if any(len(row) != len(self.columns) for row in result.rows):
            raise InvalidResponseError(f"a row of a query over {self._dataset.id} has other than the columns asked for")
        return await compute(partial(as_csv, result.rows))

    def _condition(self, piece: _Piece) -> str:
        if piece.range is None:
            return f"{column_name(self._scale.column)} IS NULL"
        return self._scale.condition(piece.range) or ""

    async def _plan(self) -> list[_Piece]:
        key = column_name(self._scale.column)
        nulls_too = f"MIN({key}) AS low, MAX({key}) AS high, COUNT(*) AS n, COUNT({key}) AS present"
        found = await self._source.query(self._dataset.id, select(nulls_too))
        try:
            [[lowest, highest, total, present]] = found.rows
            rows, keyed = int(total or 0), int(present or 0)
        except (ValueError, TypeError):
            raise InvalidResponseError("the lowest and highest value of a column are not what was asked for") from None
        if keyed and (lowest is None or highest is None):
            raise InvalidResponseError("the lowest and highest value of a column are missing")
        pieces: list[_Piece] = []
        if keyed:
            low, high = self._scale.position(lowest), self._scale.position(highest)
            pieces = await self._divided(low, high, keyed)
        if rows > keyed:
            pieces.append(self._small_enough(_Piece(None, rows - keyed)))
        return pieces

    async def _divided(self, low: Decimal, high: Decimal, rows: int) -> list[_Piece]:
        """Ranges with their rows, none of them too large."""
        wanted = min(_MOST_PIECES, max(self._queries, math.ceil(rows / self._limit)))
        ranges = _without_nulls(self._scale.cut(low, high, wanted))
        pieces = await self._counted(ranges, rows)
        for _ in range(_MOST_ROUNDS):
            if all(piece.rows <= self._limit for piece in pieces):
                break
            before, pieces = pieces, await self._smaller(pieces, low, high)
            if pieces == before:
                break
        return [self._small_enough(piece) for piece in pieces]

    async def _smaller(self, pieces: list[_Piece], low: Decimal, high: Decimal) -> list[_Piece]:
        """The same with the large ones cut into several, as far as their values allow."""
        smaller: list[_Piece] = []
        for piece in pieces:
            if piece.rows <= self._limit or piece.range is None:
                smaller.append(piece)
                continue
            # Twice as many as would do, if rows were spread evenly: a range is too large because they are not.
            parts = min(_MOST_PIECES, 2 * math.ceil(piece.rows / self._limit))
            ranges = _without_nulls(self._scale.within(piece.range, low, high, parts))
            smaller += await self._counted(ranges, piece.rows) if len(ranges) > 1 else [piece]
        return smaller

    async def _counted(self, ranges: Sequence[Range], rows: int) -> list[_Piece]:
        """How many rows the ranges have, without those that have none."""
        if len(ranges) == 1:
            return [_Piece(ranges[0], rows)]
        batches = [ranges[start : start + _COUNTED_AT_ONCE] for start in range(0, len(ranges), _COUNTED_AT_ONCE)]
        pieces: list[_Piece] = []
        async with aclosing(_each(batches)) as each, in_order(each, self._count, self._queries) as counts:
            async for counted in counts:
                pieces += counted
        if sum(piece.rows for piece in pieces) != rows:
            raise self._changed("its rows were counted twice, with different results")
        return [piece for piece in pieces if piece.rows]

    async def _count(self, ranges: Sequence[Range]) -> list[_Piece]:
        sums = (
            f"SUM(CASE WHEN {self._scale.condition(one)} THEN 1 ELSE 0 END) AS n{number}"
            for number, one in enumerate(ranges)
        )
        found = await self._source.query(self._dataset.id, select(", ".join(sums)))
        if len(found.rows) != 1 or len(found.rows[0]) != len(ranges):
            raise InvalidResponseError("the counts of the ranges are not what was asked for")
        return [_Piece(one, int(count or 0)) for one, count in zip(ranges, found.rows[0], strict=True)]

    def _small_enough(self, piece: _Piece) -> _Piece:
        if piece.rows > self._limit * _MOST_TOGETHER:
            words = "no value" if piece.range is None else "the same value, or nearly so,"
            raise InvalidArgumentError(
                f"range_column: {piece.rows} rows have {words} in {self._scale.column!r}, too many for one query",
                hint="Choose a column with more different values, or export the DataSet as a whole",
            )
        return piece

    def _changed(self, words: str) -> IncompleteDataError:
        name = self._dataset.name or self._dataset.id
        return IncompleteDataError(f"DataSet {name!r} changed while it was read in ranges: {words}")


def _without_nulls(ranges: Iterable[Range]) -> list[Range]:
    return [replace(one, nulls=False) for one in ranges]


async def _each(items: Sequence[T]) -> AsyncGenerator[T]:
    for item in items:
        yield item
