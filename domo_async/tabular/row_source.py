# pyright: reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyarrow ships no annotations.
"""Anything tabular as one stream of Arrow record batches."""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self, TypeAlias

from domo_async.errors import InvalidArgumentError
from domo_async.tabular.computing import compute, finish
from domo_async.tabular.extras import require
from domo_async.tabular.read_ahead import close_iterator, read_ahead

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from types import TracebackType

    import pyarrow as pa

    from domo_async.models import Schema
    from domo_async.tabular.row_readers import RowReader

__all__ = ["ArrowStream", "LazyRows", "RowSource", "Rows", "open_rows"]


class ArrowStream(Protocol):
    """Whatever hands out its rows through Arrow's C interface: pyarrow's tables, frames, DuckDB relations."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


class LazyRows(Protocol):
    """Rows that are computed when they are needed: a lazy frame of polars."""

    def collect_schema(self) -> object:
        """Names and types of the columns."""
        ...


# By what they can, and not by their classes: pyarrow has no annotations, and checkers know installed packages only.
RowSource: TypeAlias = (
    ArrowStream | LazyRows | AsyncIterable[ArrowStream] | Iterable[ArrowStream] | os.PathLike[str] | str
)
"""Rows to write.

- Arrow tables, record batches and readers, and whatever has ``__arrow_c_stream__``.
- Frames of pandas, whose index is left out, and of polars, lazy ones too, which are computed batch by batch.
- Iterables of record batches, tables or frames. An async one is iterated in the event loop, a plain one in worker
  threads, of which the next may be another one each time.
- The path of a ``.parquet``, ``.arrow`` (``.feather``, ``.ipc``), ``.csv``, ``.csv.gz`` or ``.jsonl`` file of any size.
"""

_BATCHES_AHEAD = 2


class Rows:
    """The rows of a source: an async context manager, which closes the source.

    Attributes:
        schema: Arrow schema of the rows, as they come.
        replayable: Whether the same source can be opened once more, for the same rows.
        name: How error messages call the source; empty if it has no name.
    """

    def __init__(
        self,
        schema: pa.Schema,
        batches: AsyncGenerator[pa.RecordBatch],
        *,
        replayable: bool,
        name: str = "",
        close: Callable[[], None] | None = None,
    ) -> None:
        self.schema = schema
        self.replayable = replayable
        self.name = name
        self._source = batches
        self._close = close
        self._ahead: AbstractAsyncContextManager[AsyncIterator[pa.RecordBatch]] | None = None
        self._batches: AsyncIterator[pa.RecordBatch] | None = None

    async def __aenter__(self) -> Self:
        self._ahead = read_ahead(self._source, _BATCHES_AHEAD)
        self._batches = await self._ahead.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._ahead is not None:
                await self._ahead.__aexit__(kind, error, trace)
        finally:
            self._batches = None
            await close_iterator(self._source)
            if self._close is not None:
                await finish(self._close)

    def batches(self) -> AsyncIterator[pa.RecordBatch]:
        """The rows, once. They are read in worker threads, some batches ahead.

        Raises:
            InvalidArgumentError: They are not open, or were taken already.
            InvalidDataError: While iterating: the source cannot be read, or has something that is no row.
        """
        if self._batches is None:
            raise InvalidArgumentError("rows: they are not open, or were read already")
        batches, self._batches = self._batches, None
        return batches


async def open_rows(source: RowSource, *, schema: Schema | None = None) -> Rows:
    """Open a source of rows, and find out which columns it has.

    A CSV or JSON Lines file says no types. Its columns have those of `schema`; what is not in there, or everything if
    there is none, is read once beforehand to find types that every value of the file has exactly.

    Args:
        source: The rows.
        schema: Columns of the DataSet that the rows go to.

    Returns:
        The rows, to be used with ``async with``.

    Raises:
        InvalidArgumentError: It is no source of rows, there is no such file, or it has no columns.
        InvalidDataError: The file is not what its name says.
        MissingExtraError: pyarrow is not installed.
    """
    # Importing it takes a third of a second, in which an event loop has other things to do.
    await compute(partial(require, "pyarrow", feature="Writing rows"))
    rows = await _open_async(source, schema) if isinstance(source, AsyncIterable) else await _open(source, schema)
    if not rows.schema.names:
        async with rows:
            raise InvalidArgumentError(f"rows: {rows.name or 'a table'} has no columns")
    return rows


async def _open(source: RowSource, schema: Schema | None) -> Rows:
    # All of these need pyarrow.
    from domo_async.tabular.row_files import open_file
    from domo_async.tabular.row_readers import open_object

    if isinstance(source, str | os.PathLike):
        path = Path(source)
        reader = await compute(partial(open_file, path, schema))
        name = str(path)
    else:
        reader = await compute(partial(open_object, source, schema))
        name = ""
    return Rows(reader.schema, _taken(reader), replayable=reader.replayable, name=name, close=reader.close)


async def _taken(reader: RowReader) -> AsyncGenerator[pa.RecordBatch]:
    while (batch := await compute(reader.take)) is not None:
        yield batch


async def _open_async(source: AsyncIterable[object], schema: Schema | None) -> Rows:
    from domo_async.tabular.row_readers import batches_of

    async def flat() -> AsyncGenerator[pa.RecordBatch]:
        iterator = aiter(source)
        try:
            async for item in iterator:
                for batch in batches_of(item):
                    yield batch
        finally:
            await close_iterator(iterator)

    batches = flat()
    try:
        first = await anext(batches, None)
    except BaseException:
        await close_iterator(batches)
        raise
    if first is not None:
        return Rows(first.schema, _after(first, batches), replayable=False)
    if schema is None:
        raise InvalidArgumentError("rows: not one batch came, so their columns are not known")
    return Rows(schema.to_arrow(), batches, replayable=False)


async def _after(first: pa.RecordBatch, rest: AsyncGenerator[pa.RecordBatch]) -> AsyncGenerator[pa.RecordBatch]:
    try:
        yield first
        async for batch in rest:
            yield batch
    finally:
        await close_iterator(rest)
