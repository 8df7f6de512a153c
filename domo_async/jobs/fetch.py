"""The rows of one DataSet into complete, counted and hashed files on this computer."""

from __future__ import annotations

import hashlib
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import anyio

from domo_async.jobs.budget import DECODER, release_unused_memory
from domo_async.jobs.parts import Parts
from domo_async.jobs.query_csv import as_csv
from domo_async.jobs.ranges import RangedRows
from domo_async.jobs.spool import Room, Spool, Spooled
from domo_async.models import DataSet, Schema
from domo_async.tabular.computing import compute, finish
from domo_async.tabular.export_file import write_export
from domo_async.tabular.replacement import refusal
from domo_async.tabular.row_count import check_count, expected_rows
from domo_async.tabular.types import domo_schema

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Sequence

    from domo_async.jobs.recipe import Recipe
    from domo_async.jobs.source import DatasetSource
    from domo_async.tabular.query_result import QueryResult

__all__ = ["Fetcher", "Fetching", "Means", "Part", "Watch", "fetch_here"]

_ROWS_AT_A_TIME = 5_000


@dataclass(frozen=True, slots=True)
class Means:
    """What all transfers of a job share.

    Attributes:
        source: Where DataSets come from.
        decoders: Lets so many DataSets be decoded at a time.
        room: Bytes on the disk for those that wait for it.
    """

    source: DatasetSource
    decoders: anyio.CapacityLimiter
    room: Room


@dataclass(frozen=True, slots=True)
class Part:
    """A complete file.

    Attributes:
        path: Where it is.
        rows: Rows in it.
        bytes: Its size.
        sha256: SHA-256 of its bytes.
    """

    path: Path
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Watch:
    """Who wants to know how it goes; all are called in the event loop.

    Attributes:
        received: Takes the bytes that have come.
        arrived: Hears that the last byte has come.
        decoding: Hears that the rows are being written from now on.
        written: Takes the rows that have been written.
    """

    received: Callable[[int], None]
    arrived: Callable[[], None]
    decoding: Callable[[], None]
    written: Callable[[int], None]


class Fetcher(Protocol):
    """Brings the rows of one DataSet into files, here or on another computer; for one attempt.

    Args:
        dataset: The DataSet, with its schema.
        recipe: How to make the files.
        stem: What the files are called after.
        folder: An empty folder for them, which is removed afterwards.
        watch: Who wants to know how it goes.
    """

    async def __call__(self, dataset: DataSet, recipe: Recipe, stem: str, folder: Path, watch: Watch) -> Sequence[Part]:
        """The files, in the order of the rows."""
        ...


async def fetch_here(
    means: Means, dataset: DataSet, recipe: Recipe, stem: str, folder: Path, watch: Watch
) -> list[Part]:
    """Fetch a DataSet on this computer; a `Fetcher`, once it has its means."""
    return await Fetching(means, dataset, recipe, folder, watch).run(lambda n: f"{stem}.{n:05}{recipe.suffix}")


class Fetching:
    """One attempt to fetch a DataSet.

    The download runs at the speed of the network, beside all others. Decoding is done for a few DataSets at a time:
    until it is this one's turn, its bytes go to the disk. So the memory of a job depends on the number of decoders, and
    neither on the number of DataSets under way nor on their size.

    Args:
        means: What transfers share.
        dataset: The DataSet, with its schema.
        recipe: How to make the files.
        folder: Where to make them; nobody else works there.
        watch: Who wants to know how it goes.
    """

    def __init__(self, means: Means, dataset: DataSet, recipe: Recipe, folder: Path, watch: Watch) -> None:
        self._means = means
        self._dataset = dataset
        self._recipe = recipe
        self._folder = folder
        self._watch = watch
        self._columns = recipe.columns
        self._ends_in_cr = False

    async def run(self, names: Callable[[int], str]) -> list[Part]:
        """Fetch it.

        Args:
            names: Answers what the file of this number is called, from 1.

        Raises:
            IncompleteDataError: Other than the expected rows arrived.
            TargetError: The disk is full, or refuses.
            CallError: The download failed.
        """
        try:
            if self._recipe.sql is not None:
                return await self._query(self._recipe.sql, names)
            if self._recipe.range_column is not None:
                return await self._in_ranges(self._recipe.range_column, names)
            return await self._export(names)
        finally:
            await finish(release_unused_memory)

    async def _export(self, names: Callable[[int], str]) -> list[Part]:
        dataset = self._dataset
        body = partial(self._means.source.export, dataset.id, include_header=False)
        spool = Spool(self._folder / ".spool", self._means.room)
        async with Spooled(body, spool, self._watch.received, self._watch.arrived) as arriving, self._means.decoders:
            self._watch.decoding()
            spool.connect()
            parts = await self._write(arriving, dataset, names)
        await self._check(sum(part.rows for part in parts))
        return parts

    async def _check(self, rows: int) -> None:
        """Compare with the count of Domo, a second time if the DataSet may have changed meanwhile."""
        dataset = self._dataset
        await check_count(
            rows,
            expected_rows(dataset),
            self._recount,
            dataset=dataset.name or dataset.id,
            ends_in_cr=self._ends_in_cr,
        )

    async def _recount(self) -> int | None:
        return (await self._means.source.get(self._dataset.id)).rows

    async def _query(self, sql: str, names: Callable[[int], str]) -> list[Part]:
        # The answer is in memory as a whole: the more reason to take turns.
        async with self._means.decoders:
            self._watch.decoding()
            result = await self._means.source.query(self._dataset.id, sql)
            table = await compute(partial(result.to_arrow, decimal=self._recipe.decimal))
            dataset = self._dataset.model_copy(update={"schema": domo_schema(table.schema)})
            del table
            return await self._write(self._rows_of(result), dataset, names)

    async def _in_ranges(self, column: str, names: Callable[[int], str]) -> list[Part]:
        async with self._means.decoders:
            self._watch.decoding()
            ranged = RangedRows(
                self._means.source,
                self._dataset,
                column,
                self._recipe.ranges,
                columns=self._recipe.columns,
                memory=DECODER,
            )
            # The queries bring the columns that are wanted, and no others.
            self._columns = None
            dataset = self._dataset.model_copy(update={"schema": Schema(columns=ranged.columns)})
            async with aclosing(self._noted(ranged)) as chunks:
                parts = await self._write(chunks, dataset, names)
        await self._check(sum(part.rows for part in parts))
        return parts

    async def _noted(self, ranged: RangedRows) -> AsyncGenerator[bytes]:
        async with aclosing(ranged.chunks()) as chunks:
            async for chunk in chunks:
                self._watch.received(len(chunk))
                yield chunk
        self._watch.arrived()

    async def _rows_of(self, result: QueryResult) -> AsyncIterator[bytes]:
        for start in range(0, len(result.rows), _ROWS_AT_A_TIME):
            block = await compute(partial(as_csv, result.rows[start : start + _ROWS_AT_A_TIME]))
            self._watch.received(len(block))
            yield block

    async def _write(self, chunks: AsyncIterable[bytes], dataset: DataSet, names: Callable[[int], str]) -> list[Part]:
        if self._recipe.rows_per_file is None:
            return [await self._file(chunks, dataset, names(1))]
        parts: list[Part] = []
        width = len((dataset.schema or Schema()).columns)
        divided = Parts(aiter(chunks), rows=self._recipe.rows_per_file, width=width)
        while await divided.more():
            parts.append(await self._file(divided, dataset, names(len(parts) + 1)))
        return parts

    async def _file(self, chunks: AsyncIterable[bytes], dataset: DataSet, name: str) -> Part:
        recipe = self._recipe
        written = await write_export(
            chunks,
            self._folder / name,
            dataset=dataset,
            format=recipe.format,
            include_header=recipe.include_header,
            columns=self._columns,
            decimal=recipe.decimal,
            on_progress=lambda rows, _: self._watch.written(rows),
        )
        self._ends_in_cr = self._ends_in_cr or written.ends_in_cr
        digest = await compute(partial(_sha256, written.path))
        return Part(written.path, written.rows, written.bytes, digest)


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise refusal(path, error) from error
