# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""Anything tabular as a stream of Arrow record batches."""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self, TypeAlias, Union

from domo_async.errors import InvalidArgumentError
from domo_async.tabular.computing import compute
from domo_async.tabular.extras import require
from domo_async.tabular.read_ahead import close_iterator, read_ahead

if TYPE_CHECKING:
    from types import TracebackType

    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from domo_async.models import Schema


class ArrowStream(Protocol):
    """Anything that hands out its rows through Arrow's C interface, such as a DuckDB relation."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


RowSource: TypeAlias = Union[
    "pa.Table",
    "pa.RecordBatch",
    "pa.RecordBatchReader",
    "pd.DataFrame",
    "pl.DataFrame",
    "pl.LazyFrame",
    ArrowStream,
    AsyncIterable["pa.RecordBatch"],
    AsyncIterable["pa.Table"],
    Iterable["pa.RecordBatch"],
    os.PathLike[str],
    str,
]

__all__ = ["ArrowStream", "RowSource", "Rows", "open_rows"]

_BATCHES_AHEAD = 2


class Rows:
    """Rows on their way out of a source: an async context manager that closes the source.

    Attributes:
        schema: Arrow schema of every batch.
        replayable: Whether the same source can be opened again, and gives the same rows.
        name: How error messages call the source.
    """

    def __init__(
        self, schema: pa.Schema, batches: AsyncIterator[pa.RecordBatch], *, replayable: bool, name: str
    ) -> None:
        self.schema = schema
        self.replayable = replayable
        self.name = name
        self._source = batches
        self._ahead: AbstractAsyncContextManager[AsyncIterator[pa.RecordBatch]] | None = None
        self._batches: AsyncIterator[pa.RecordBatch] | None = None

    async def __aenter__(self) -> Self:
        self._ahead = read_ahead(self._source, _BATCHES_AHEAD)
        self._batches = await self._ahead.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._ahead is not None:
            await self._ahead.__aexit__(kind, error, trace)
        await close_iterator(self._source)

    def batches(self) -> AsyncIterator[pa.RecordBatch]:
        """The rows, once: read in worker threads, a few batches ahead."""
        if self._batches is None:
            raise InvalidArgumentError("the rows are not open, or were read already")
        batches, self._batches = self._batches, None
        return batches


async def open_rows(source: RowSource, *, schema: Schema | None = None) -> Rows:
    """Open a source of rows.

    Args:
        source: The rows.
        schema: Columns of the DataSet that they go to, for files that say no types.
    """
    pa = require("pyarrow", feature="Writing rows")
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        return await _from_reader(partial(_open_file, path), replayable=True, name=str(path))
    if isinstance(source, pa.RecordBatch):
        source = pa.Table.from_batches([source])
    if isinstance(source, pa.Table):
        return await _from_reader(source.to_reader, replayable=True, name="")
    if type(source).__module__.partition(".")[0] == "pandas":
        table = await compute(partial(pa.Table.from_pandas, source, preserve_index=False))
        return await _from_reader(table.to_reader, replayable=True, name="")
    if isinstance(source, pa.RecordBatchReader):
        return await _from_reader(lambda: source, replayable=False, name="")
    if hasattr(source, "__arrow_c_stream__"):
        return await _from_reader(partial(pa.RecordBatchReader.from_stream, source), replayable=True, name="")
    if hasattr(source, "collect_batches"):
        frame = await compute(source.collect)
        return await _from_reader(partial(pa.RecordBatchReader.from_stream, frame), replayable=True, name="")
    if isinstance(source, AsyncIterable):
        batches = _flat(aiter(source))
        try:
            first = await anext(batches)
        except StopAsyncIteration:
            raise InvalidArgumentError("no batch came, so the columns are not known") from None
        return Rows(first.schema, _after(first, batches), replayable=False, name="")
    if isinstance(source, Iterable):
        return await _from_reader(partial(_open_iterable, iter(source)), replayable=False, name="")
    raise InvalidArgumentError(f"{type(source).__name__} is no source of rows")


class _Reader(Protocol):
    schema: pa.Schema

    def read_next_batch(self) -> pa.RecordBatch: ...


async def _from_reader(opening: Callable[[], _Reader], *, replayable: bool, name: str) -> Rows:
    reader = await compute(opening)
    return Rows(reader.schema, _read(reader), replayable=replayable, name=name)


async def _read(reader: _Reader) -> AsyncIterator[pa.RecordBatch]:
    def take() -> pa.RecordBatch | None:
        try:
            return reader.read_next_batch()
        except StopIteration:
            return None

    while (batch := await compute(take)) is not None:
        yield batch


def _open_iterable(batches: Iterator[pa.RecordBatch]) -> pa.RecordBatchReader:
    pa = require("pyarrow", feature="Writing rows")
    first = next(batches, None)
    if first is None:
        raise InvalidArgumentError("no batch came, so the columns are not known")

    def all_of_them() -> Iterator[pa.RecordBatch]:
        yield first
        yield from batches

    return pa.RecordBatchReader.from_batches(first.schema, all_of_them())


def _open_file(path: Path) -> pa.RecordBatchReader:
    pa = require("pyarrow", feature="Writing rows")
    name = path.name.lower()
    if name.endswith(".parquet"):
        file = require("pyarrow.parquet", feature="Reading a Parquet file").ParquetFile(path)
        return pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches())
    if name.endswith((".csv", ".csv.gz")):
        return require("pyarrow.csv", feature="Reading CSV").open_csv(path)
    if name.endswith((".arrow", ".feather", ".ipc")):
        file = require("pyarrow.ipc", feature="Reading an Arrow file").open_file(str(path))
        return pa.RecordBatchReader.from_batches(
            file.schema, (file.get_batch(index) for index in range(file.num_record_batches))
        )
    raise InvalidArgumentError(f"the name {path.name!r} says no file format")


async def _flat(source: AsyncIterator[pa.RecordBatch | pa.Table]) -> AsyncIterator[pa.RecordBatch]:
    pa = require("pyarrow", feature="Writing rows")
    try:
        async for item in source:
            for batch in item.to_batches() if isinstance(item, pa.Table) else [item]:
                yield batch
    finally:
        await close_iterator(source)


async def _after(first: pa.RecordBatch, rest: AsyncIterator[pa.RecordBatch]) -> AsyncIterator[pa.RecordBatch]:
    try:
        yield first
        async for batch in rest:
            yield batch
    finally:
        await close_iterator(rest)
