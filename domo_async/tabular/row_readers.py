# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.
"""Rows that are in memory, or come from other libraries, as record batches.

Imports pyarrow: import this where rows are written.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, cast

import pyarrow as pa

from domo_async.errors import InvalidArgumentError, InvalidDataError

if TYPE_CHECKING:
    from domo_async.models import Schema

__all__ = ["BatchReader", "RowReader", "batches_of", "open_object"]

_BATCH_ROWS = 2**16
_LAZY = "LazyFrame"


class RowReader(Protocol):
    """Rows that are read one batch at a time. Called from worker threads, one call at a time.

    Attributes:
        schema: Arrow schema of all batches.
        replayable: Whether the same source can be opened once more, for the same rows.
    """

    schema: pa.Schema
    replayable: bool

    def take(self) -> pa.RecordBatch | None:
        """The next rows, None at the end.

        Raises:
            InvalidDataError: The source cannot be read, or has something that is no row.
        """
        ...

    def close(self) -> None:
        """Let go of the source."""
        ...


class BatchReader:
    """Reads what iterates over record batches.

    Args:
        schema: Arrow schema of all batches.
        batches: The batches. If the iterator has ``close``, as generators do, that is called at the end.
        replayable: Whether the same source can be opened once more.
        source: How error messages call it.
    """

    def __init__(
        self, schema: pa.Schema, batches: Iterator[pa.RecordBatch], *, replayable: bool, source: str = ""
    ) -> None:
        self.schema = schema
        self.replayable = replayable
        self._batches = batches
        self._source = source

    def take(self) -> pa.RecordBatch | None:
        """The next batch."""
        try:
            return next(self._batches, None)
        except (pa.ArrowException, OSError) as error:
            if isinstance(error, InvalidDataError | MemoryError):
                raise
            raise InvalidDataError(f"the rows cannot be read: {error}", source=self._source) from error

    def close(self) -> None:
        """Close the iterator."""
        close = getattr(self._batches, "close", None)
        if close is not None:
            close()


def open_object(source: object, schema: Schema | None) -> RowReader:
    """Open anything but a file.

    Args:
        source: The rows.
        schema: Columns of the rows, for an iterable that has none.

    Raises:
        InvalidArgumentError: It is no source of rows.
        InvalidDataError: Its columns cannot be told.
    """
    if isinstance(source, pa.RecordBatchReader):
        reader: pa.RecordBatchReader = source
        return BatchReader(reader.schema, iter(reader), replayable=False)
    if isinstance(source, pa.Table | pa.RecordBatch):
        return BatchReader(source.schema, iter(batches_of(source)), replayable=True)
    if _is_of("pandas", "DataFrame", source):
        from domo_async.tabular.row_pandas import PandasReader

        return PandasReader(source)
    if _is_of("polars", "LazyFrame", source):
        return _open_lazy(source)
    if hasattr(source, "__arrow_c_stream__"):
        return _open_stream(source)
    if isinstance(source, Iterable) and not isinstance(source, bytes | bytearray | memoryview | dict):
        return _open_iterable(cast("Iterable[object]", source), schema)
    raise InvalidArgumentError(
        f"rows: {type(source).__name__} is no source of rows",
        hint="Pass an Arrow table, a frame of pandas or polars, batches, or the path of a file",
    )


def batches_of(item: object) -> Sequence[pa.RecordBatch]:
    """The batches of a table or a frame, or one batch.

    Raises:
        InvalidArgumentError: It is none of them.
    """
    if isinstance(item, pa.RecordBatch):
        return [item]
    if isinstance(item, pa.Table):
        return cast("Sequence[pa.RecordBatch]", item.to_batches())
    if hasattr(item, "__arrow_c_stream__"):
        return cast("Sequence[pa.RecordBatch]", pa.table(item).to_batches())
    raise InvalidArgumentError(
        f"rows: {type(item).__name__} came where a record batch or a table was expected",
        hint="pyarrow.Table.from_pylist(rows) makes a table of them" if isinstance(item, dict) else None,
    )


def _is_of(module: str, name: str, source: object) -> bool:
    """Whether it is an instance of a class of a package, which is not imported for that."""
    found = sys.modules.get(module)
    return found is not None and isinstance(source, getattr(found, name))


def _open_stream(source: object, *, replayable: bool = True) -> RowReader:
    name = type(source).__name__
    try:
        stream = pa.RecordBatchReader.from_stream(source)
    except (pa.ArrowException, OSError) as error:
        raise InvalidDataError(f"the columns cannot be read as Arrow: {error}", source=name) from error
    return BatchReader(stream.schema, iter(stream), replayable=replayable, source=name)


def _open_lazy(frame: object) -> RowReader:
    """A lazy frame, batch by batch where this version of polars can do that."""
    import polars as pl

    lazy = cast("pl.LazyFrame", frame)

    def batches() -> Iterator[pa.RecordBatch]:
        with _polars_errors():
            collect_batches = getattr(lazy, "collect_batches", None)
            for one in collect_batches(chunk_size=_BATCH_ROWS) if collect_batches else [lazy.collect()]:
                yield from pa.RecordBatchReader.from_stream(one)

    with _polars_errors():
        schema = pa.RecordBatchReader.from_stream(lazy.collect_schema().to_frame()).schema
    return BatchReader(schema, batches(), replayable=True, source=_LAZY)


@contextmanager
def _polars_errors() -> Generator[None]:
    from polars.exceptions import PolarsError

    try:
        yield
    except (PolarsError, pa.ArrowException, OSError) as error:
        raise InvalidDataError(f"polars cannot compute the rows: {error}", source=_LAZY) from error


def _open_iterable(source: Iterable[object], schema: Schema | None) -> RowReader:
    replayable = isinstance(source, Sequence)
    batches = (batch for item in source for batch in batches_of(item))
    first = next(batches, None)
    if first is None:
        if schema is None:
            raise InvalidArgumentError("rows: not one batch came, so their columns are not known")
        return BatchReader(schema.to_arrow(), batches, replayable=replayable)

    def whole() -> Iterator[pa.RecordBatch]:
        yield first
        yield from batches

    return BatchReader(first.schema, whole(), replayable=replayable)
