# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""An export as a file: written beside its place, counted, and put there when it is complete."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from domo_async.errors import DomoError, InvalidArgumentError
from domo_async.models import Column, Schema
from domo_async.tabular.batches import BLOCKS_AHEAD, gathered, read_batches
from domo_async.tabular.computing import compute, finish
from domo_async.tabular.csv_blocks import DEFAULT_BLOCK_SIZE
from domo_async.tabular.csv_files import CsvFile
from domo_async.tabular.file_format import FileFormat, check_format, format_of
from domo_async.tabular.json_lines import JsonLinesFile
from domo_async.tabular.read_ahead import close_iterator, read_ahead
from domo_async.tabular.replacement import refusal, replacing
from domo_async.tabular.row_count import check_count
from domo_async.tabular.selection import column_positions
from domo_async.tabular.table_files import ROW_GROUP_BYTES, ArrowFile, ParquetFile, describe
from domo_async.tabular.types import DEFAULT_DECIMAL, DecimalType, arrow_schema

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Sequence
    from contextlib import AbstractAsyncContextManager

    import pyarrow as pa

    from domo_async.models import DataSet
    from domo_async.tabular.row_count import RecountCallback


__all__ = ["ProgressCallback", "WrittenFile", "write_export"]

ProgressCallback = Callable[[int, int], None]
"""Takes the rows written and the bytes received since the last call."""

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A finished file.

    Attributes:
        path: Where it is.
        format: What it is.
        rows: Rows in it, the line of names not counted.
        bytes: Its size.
        received: Bytes of CSV that came from Domo for it.
        ends_in_cr: Whether it is the CSV that came, and its first row ends with a lone CR: then `rows` is not right.
    """

    path: Path
    format: FileFormat
    rows: int
    bytes: int
    received: int
    ends_in_cr: bool = False


class _File(Protocol):
    def close(self) -> int: ...

    def abort(self) -> None: ...


FileT = TypeVar("FileT", bound=_File)


async def write_export(
    chunks: AsyncIterable[bytes],
    target: str | os.PathLike[str],
    *,
    dataset: DataSet,
    format: FileFormat | None = None,
    expected_rows: int | None = None,
    recount: RecountCallback | None = None,
    include_header: bool = True,
    columns: Sequence[str] | None = None,
    decimal: DecimalType = DEFAULT_DECIMAL,
    on_progress: ProgressCallback | None = None,
) -> WrittenFile:
    r"""Write an export to a file while it arrives, in constant memory.

    The file appears under its name when it is complete and counted; until then it has a temporary name in the same
    folder (``.sales.parquet.part-…``), which is removed on any error and on cancellation. A file that was there before
    stays as it was until that moment. Download, parsing and encoding overlap in worker threads; the event loop does no
    file work.

    ``csv`` and ``csv.gz`` hold the bytes that Domo sent. With `columns` they are written anew: the same text in the
    same grammar, without needless quotes.

    Args:
        chunks: The CSV of the whole DataSet as it arrives, without a line of names.
        target: The file. Its folder exists.
        dataset: The DataSet with its schema.
        format: Kind of file; None reads it from the suffix of `target`.
        expected_rows: How many rows the DataSet has; None skips the check.
        recount: Asked once when other than the expected rows arrived, since the DataSet may have changed meanwhile;
            answers the number of rows it has now, or None when that is unknown.
        include_header: Whether a CSV file begins with a line of names.
        columns: Names of the columns to keep, in this order; None for all.
        decimal: Precision and scale for DECIMAL columns.
        on_progress: Called in the event loop with the rows written (of a Parquet file: read, since they are written in
            groups) and the bytes received since the last call.

    Returns:
        What was written.

    Raises:
        IncompleteDataError: Other than the expected rows arrived. Nothing was written.
        InvalidArgumentError: No format, an unknown column, or a DataSet without schema where one is needed.
        InvalidResponseError: The bytes are not the CSV of this schema.
        MissingExtraError: The format needs pyarrow, and it is not installed.
        TargetError: The folder is missing, the disk is full, or writing is not permitted; the cause says which.

    Example:
        ::

            async with domo.datasets.export(dataset.id) as body:
                written = await write_export(body, "sales.parquet", dataset=dataset, expected_rows=dataset.rows)
    """
    path = Path(target)
    kind = format_of(path) if format is None else check_format(format)
    schema = dataset.schema or Schema()
    if not schema.columns and (kind not in ("csv", "csv.gz") or include_header or columns is not None):
        raise InvalidArgumentError(f"DataSet {_called(dataset)!r} has no columns to make a {kind} file of")
    export = _Export(path, kind, dataset, schema, on_progress)
    async with replacing(path) as replacement:
        if kind in ("csv", "csv.gz"):
            await export.to_csv(chunks, replacement.path, include_header=include_header, columns=columns)
        else:
            await export.to_table(chunks, replacement.path, columns=columns, decimal=decimal)
        await check_count(export.rows, expected_rows, recount, dataset=_called(dataset), ends_in_cr=export.ends_in_cr)
        size = await compute(replacement.commit)
    return WrittenFile(
        path=path, format=kind, rows=export.rows, bytes=size, received=export.received, ends_in_cr=export.ends_in_cr
    )


class _Export:
    """One export on its way into one file."""

    def __init__(
        self, target: Path, kind: FileFormat, dataset: DataSet, schema: Schema, on_progress: ProgressCallback | None
    ) -> None:
        self._target = target
        self._kind = kind
        self._dataset = dataset
        self._schema = schema
        self._on_progress = on_progress
        self._reported = 0
        self.received = 0
        self.rows = 0
        self.ends_in_cr = False

    async def to_csv(
        self, chunks: AsyncIterable[bytes], path: Path, *, include_header: bool, columns: Sequence[str] | None
    ) -> None:
        wanted = [self._schema.columns[position] for position in column_positions(self._schema, columns)]
        new = partial(
            CsvFile,
            path,
            header=[column.name for column in wanted] if include_header else None,
            width=len(self._schema.columns) or None,
            compressed=self._kind == "csv.gz",
            dataset=_called(self._dataset),
        )
        if columns is None:
            groups = read_ahead(gathered(self._counted(chunks), DEFAULT_BLOCK_SIZE), BLOCKS_AHEAD)
            file = await self._fill(new, groups, CsvFile.write)
            self.ends_in_cr = file.ends_in_cr
        else:
            as_text = Schema(columns=[Column(name=name) for name in self._schema.names])
            batches = read_batches(self._counted(chunks), as_text, columns=columns, dataset=_called(self._dataset))
            await self._fill(new, batches, CsvFile.write_table)

    async def to_table(
        self, chunks: AsyncIterable[bytes], path: Path, *, columns: Sequence[str] | None, decimal: DecimalType
    ) -> None:
        wanted = [self._schema.columns[position] for position in column_positions(self._schema, columns)]
        schema = describe(arrow_schema(Schema(columns=wanted), decimal=decimal), self._dataset)
        batches = read_batches(
            self._counted(chunks), self._schema, columns=columns, decimal=decimal, dataset=_called(self._dataset)
        )
        if self._kind == "parquet":
            async with batches as arriving:
                # One row group is written while the next one comes together.
                groups = read_ahead(self._row_groups(arriving), 0)
                await self._fill(partial(ParquetFile, path, schema), groups, ParquetFile.write)
        elif self._kind == "arrow":
            await self._fill(partial(ArrowFile, path, schema), batches, ArrowFile.write)
        else:
            await self._fill(partial(JsonLinesFile, path), batches, JsonLinesFile.write)

    async def _fill(
        self,
        new: Callable[[], FileT],
        items: AbstractAsyncContextManager[AsyncIterator[ItemT]],
        write: Callable[[FileT, ItemT], int],
    ) -> FileT:
        """Write all items in worker threads, one call at a time, while the next items are being made."""
        file = await self._in_thread(new)
        try:
            async with items as arriving:
                async for item in arriving:
                    self._advance(await self._in_thread(partial(write, file, item)))
                self._advance(await self._in_thread(file.close))
        except BaseException:
            await finish(file.abort)
            raise
        return file

    async def _in_thread(self, work: Callable[[], ResultT]) -> ResultT:
        try:
            return await compute(work)
        except OSError as error:
            if isinstance(error, DomoError):
                raise
            raise refusal(self._target, error) from error

    async def _row_groups(self, batches: AsyncIterator[pa.RecordBatch]) -> AsyncGenerator[list[pa.RecordBatch]]:
        group: list[pa.RecordBatch] = []
        size = 0
        async for batch in batches:
            self._advance(batch.num_rows)
            group.append(batch)
            size += batch.nbytes
            if size >= ROW_GROUP_BYTES:
                yield group
                group, size = [], 0
        if group:
            yield group

    async def _counted(self, chunks: AsyncIterable[bytes]) -> AsyncGenerator[bytes]:
        iterator = aiter(chunks)
        try:
            async for chunk in iterator:
                self.received += len(chunk)
                yield chunk
        finally:
            await close_iterator(iterator)

    def _advance(self, rows: int) -> None:
        self.rows += rows
        received, self._reported = self.received - self._reported, self.received
        if self._on_progress is not None:
            self._on_progress(rows, received)


def _called(dataset: DataSet) -> str:
    return dataset.name or dataset.id
