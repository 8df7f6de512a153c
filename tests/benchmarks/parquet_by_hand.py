"""CSV to Parquet with pyarrow and nothing else, for those who have nothing else; and the check of the file."""

from __future__ import annotations

import io
import queue
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from tests.benchmarks.rows_by_hand import facts_of_table, open_csv, schema

__all__ = ["Pipe", "facts_of", "write_parquet"]

_GROUP = 16


class Pipe(io.RawIOBase):
    """A file that another thread fills."""

    def __init__(self) -> None:
        self.chunks: queue.Queue[bytes] = queue.Queue(maxsize=8)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if not self._rest:
            self._rest = self.chunks.get()
            if not self._rest:
                self.chunks.put(b"")
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


def write_parquet(csv: IO[bytes] | io.RawIOBase, path: Path) -> None:
    """Convert block by block; some blocks make one row group."""
    with pq.ParquetWriter(path, schema(), compression="zstd") as writer:
        group: list[pa.RecordBatch] = []
        for batch in open_csv(csv):
            group.append(batch)
            if len(group) == _GROUP:
                writer.write_table(pa.Table.from_batches(group))
                group = []
        if group:
            writer.write_table(pa.Table.from_batches(group))


def facts_of(path: Path) -> dict[str, int]:
    """Rows, a sum and a number of nulls, read from the file; to be called when the clock has stopped."""
    kinds = pq.read_schema(path)
    if (kinds.names, kinds.types) != (schema().names, schema().types):
        raise ValueError(f"the file has other columns: {kinds}")
    return facts_of_table(pq.read_table(path, columns=["units", "note", "discount"]))
