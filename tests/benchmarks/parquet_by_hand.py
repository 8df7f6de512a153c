"""CSV to Parquet with pyarrow and nothing else, for those who have nothing else; and the check of the file."""

from __future__ import annotations

import io
import queue
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from tests.benchmarks.data import COLUMNS

__all__ = ["Pipe", "facts_of", "write_parquet"]

_GROUP = 16
_TYPES = {
    "LONG": pa.int64(),
    "DOUBLE": pa.float64(),
    "DECIMAL": pa.decimal128(38, 18),
    "DATE": pa.date32(),
    "DATETIME": pa.timestamp("us"),
    "STRING": pa.string(),
}


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
    schema = pa.schema([(name, _TYPES[kind]) for name, kind in COLUMNS])
    reader = pa_csv.open_csv(
        pa.PythonFile(csv, mode="r"),
        read_options=pa_csv.ReadOptions(column_names=schema.names, block_size=1 << 20),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True),
        convert_options=pa_csv.ConvertOptions(
            column_types=schema, strings_can_be_null=True, quoted_strings_can_be_null=False, null_values=[""]
        ),
    )
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        group: list[pa.RecordBatch] = []
        for batch in reader:
            group.append(batch)
            if len(group) == _GROUP:
                writer.write_table(pa.Table.from_batches(group))
                group = []
        if group:
            writer.write_table(pa.Table.from_batches(group))


def facts_of(path: Path) -> dict[str, int]:
    """Rows, a sum and a number of nulls, read from the file; to be called when the clock has stopped."""
    table = pq.read_table(path, columns=["units", "note"])
    kinds = {field.name: field.type for field in pq.read_schema(path)}
    if kinds != {name: _TYPES[kind] for name, kind in COLUMNS}:
        raise ValueError(f"the file has other columns: {kinds}")
    return {"rows": table.num_rows, "units": pc.sum(table["units"]).as_py(), "nulls": table["note"].null_count}
