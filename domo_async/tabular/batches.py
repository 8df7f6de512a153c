# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""A stream of CSV bytes as a stream of Arrow record batches, in constant memory."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from domo_async.models import Schema
from domo_async.tabular.computing import compute
from domo_async.tabular.csv_blocks import DEFAULT_BLOCK_SIZE, CsvBlock, CsvCutter, FlawedCsvError
from domo_async.tabular.csv_decoder import CsvDecoder
from domo_async.tabular.extras import require
from domo_async.tabular.in_order import in_order
from domo_async.tabular.read_ahead import close_iterator, read_ahead
from domo_async.tabular.selection import column_positions
from domo_async.tabular.types import DEFAULT_DECIMAL, DecimalType, arrow_schema

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Sequence

    import pyarrow as pa

    from domo_async.models import DataSet

__all__ = ["collected", "gathered", "read_batches"]

BLOCKS_AHEAD = 1
"""Blocks of bytes that wait for the parser: enough to bridge a pause of the network."""

DECODERS = min((os.cpu_count() or 1) + 1, 5)
"""Blocks that are decoded at once, or have been and wait for the consumer. Each takes some five times its bytes."""


@asynccontextmanager
async def read_batches(
    chunks: AsyncIterable[bytes],
    schema: Schema,
    *,
    columns: Sequence[str] | None = None,
    decimal: DecimalType = DEFAULT_DECIMAL,
    block_size: int = DEFAULT_BLOCK_SIZE,
    has_header: bool = False,
    kept: bool = False,
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
        kept: Whether the consumer keeps all batches.
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
    cutter = CsvCutter(block_size, has_header=has_header)
    decoder = CsvDecoder(schema, columns=columns, decimal=decimal, kept=kept)

    async def decode(block: CsvBlock) -> pa.RecordBatch:
        return await compute(partial(decoder.decode, block))

    async with (
        read_ahead(gathered(chunks, block_size), BLOCKS_AHEAD) as groups,
        in_order(_cut(groups, cutter), decode, DECODERS) as batches,
    ):
        yield _Counted(batches, dataset)


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


async def _cut(groups: AsyncIterable[list[bytes]], cutter: CsvCutter) -> AsyncGenerator[CsvBlock]:
    async for group in groups:
        for chunk in group:
            cutter.feed(chunk)
        while cutter.ready:
            block = await compute(cutter.cut)
            if block is not None:
                yield block
    cutter.end()
    while cutter.ready:
        block = await compute(cutter.cut)
        if block is not None:
            yield block


class _Counted(AsyncIterator["pa.RecordBatch"]):
    """The batches that have rows. Knows how many there were, so that errors can say which row they mean."""

    def __init__(self, batches: AsyncIterator[pa.RecordBatch], dataset: str) -> None:
        self._batches = batches
        self._dataset = dataset
        self._rows = 0

    async def __anext__(self) -> pa.RecordBatch:
        while True:
            try:
                batch = await anext(self._batches)
            except FlawedCsvError as flaw:
                raise flaw.located(self._dataset, self._rows) from flaw.__cause__
            self._rows += batch.num_rows
            if batch.num_rows:
                return batch


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
