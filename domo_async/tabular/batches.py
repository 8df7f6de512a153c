# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""A stream of CSV bytes as a stream of Arrow record batches, in constant memory."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from domo_async.models import Schema
from domo_async.tabular.computing import compute
from domo_async.tabular.csv_decoder import DEFAULT_BLOCK_SIZE, CsvDecoder
from domo_async.tabular.extras import require
from domo_async.tabular.read_ahead import close_iterator, read_ahead
from domo_async.tabular.selection import column_positions
from domo_async.tabular.types import DEFAULT_DECIMAL, DecimalType, arrow_schema

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Sequence

    import pyarrow as pa

    from domo_async.models import DataSet

__all__ = ["collected", "decoded", "gathered", "read_batches"]

BLOCKS_AHEAD = 2
"""Blocks of bytes that wait for the parser: enough to bridge a pause of the network."""

BATCHES_AHEAD = 1
"""Parsed batches that wait for the consumer."""


@asynccontextmanager
async def read_batches(
    chunks: AsyncIterable[bytes],
    schema: Schema,
    *,
    columns: Sequence[str] | None = None,
    decimal: DecimalType = DEFAULT_DECIMAL,
    block_size: int = DEFAULT_BLOCK_SIZE,
    has_header: bool = False,
    dataset: str = "",
) -> AsyncGenerator[AsyncIterator[pa.RecordBatch]]:
    r"""Decode an export while it arrives.

    Download, parsing and the body of the ``async for`` run at the same time: the parser works in a worker thread, and
    each side waits when the other falls behind, so memory stays at some ten times `block_size`. Leaving the block, by
    ``break``, by an error or by cancellation, stops the download and leaves no thread and no task behind.

    Args:
        chunks: The CSV as it arrives, in pieces of any size. No bytes at all are no rows.
        schema: Schema of the DataSet: names and types, in the order of the fields.
        columns: Names of the columns to convert, in the order of the result; None for all. Others cost no time.
        decimal: Precision and scale for DECIMAL columns.
        block_size: Bytes that are parsed at a time, and about the size of a batch. A longer row makes a longer block.
        has_header: Whether the first record holds the names of the columns.
        dataset: How error messages call the DataSet.

    Yields:
        An iterator over batches of n >= 1 rows x k columns, in the order of the export.

    Raises:
        InvalidArgumentError: An unknown column or an impossible `decimal`.
        InvalidResponseError: The bytes are not the CSV of this schema. Says which row, column and value.
        MissingExtraError: pyarrow is not installed.

    Example:
        ::

            async with read_batches(body, dataset.schema) as batches:
                async for batch in batches:
                    print(batch.num_rows)
    """
    decoder = CsvDecoder(
        schema, columns=columns, decimal=decimal, block_size=block_size, has_header=has_header, dataset=dataset
    )
    async with (
        read_ahead(gathered(chunks, block_size), BLOCKS_AHEAD) as blocks,
        read_ahead(decoded(blocks, decoder), BATCHES_AHEAD) as batches,
    ):
        yield batches


async def gathered(chunks: AsyncIterable[bytes], size: int) -> AsyncGenerator[list[bytes]]:
    """Group chunks until they make up `size` bytes, so that a worker thread is called once per block."""
    group: list[bytes] = []
    length = 0
    iterator = aiter(chunks)
    try:
        async for chunk in iterator:
            group.append(chunk)
            length += len(chunk)
            if length >= size:
                yield group
                group, length = [], 0
        if group:
            yield group
    finally:
        await close_iterator(iterator)


async def decoded(blocks: AsyncIterable[list[bytes]], decoder: CsvDecoder) -> AsyncGenerator[pa.RecordBatch]:
    """Decode in a worker thread."""
    async for block in blocks:
        for chunk in block:
            decoder.feed(chunk)
        while decoder.ready:
            batch = await compute(decoder.take)
            if batch is not None:
                yield batch
    decoder.end()
    while decoder.ready:
        batch = await compute(decoder.take)
        if batch is not None:
            yield batch


async def collected(
    batches: AsyncIterator[pa.RecordBatch],
    dataset: DataSet,
    *,
    columns: Sequence[str] | None = None,
    decimal: DecimalType = DEFAULT_DECIMAL,
) -> pa.Table:
    """All batches as one table, which has the DataSet's columns also when there is no batch."""
    pa = require("pyarrow", feature="An Arrow table")
    schema = dataset.schema or Schema()
    wanted = Schema(columns=[schema.columns[position] for position in column_positions(schema, columns)])
    return pa.Table.from_batches([batch async for batch in batches], schema=arrow_schema(wanted, decimal=decimal))
