# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""Record batches into Parquet and Arrow files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.tabular.extras import require

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from domo_async.models import DataSet

__all__ = ["ArrowFile", "ParquetFile", "describe"]

ROW_GROUP_BYTES = 16 * 2**20
"""Arrow bytes per row group: some 100,000 rows of ten columns. They stay in memory until they are encoded, once for
each DataSet that is being pulled."""


def describe(schema: pa.Schema, dataset: DataSet) -> pa.Schema:
    """The same schema with the facts of the DataSet as metadata, which Parquet and Arrow files keep.

    The keys are ``domo.dataset.id``, ``domo.dataset.name``, ``domo.dataset.schema`` (Domo's JSON) and
    ``domo.dataset.data_current_at`` (ISO 8601). Nothing of the moment of writing is among them: the same data makes the
    same file.
    """
    facts = {"domo.dataset.id": dataset.id}
    if dataset.name is not None:
        facts["domo.dataset.name"] = dataset.name
    if dataset.schema is not None:
        facts["domo.dataset.schema"] = dataset.schema.model_dump_json(by_alias=True)
    if dataset.data_current_at is not None:
        facts["domo.dataset.data_current_at"] = dataset.data_current_at.isoformat()
    return schema.with_metadata(facts)


class ParquetFile:
    """A Parquet file in the making: Zstandard, row groups of about `ROW_GROUP_BYTES`.

    Args:
        path: Where to write; an existing file is overwritten.
        schema: Schema of the batches, with its metadata.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        parquet = require("pyarrow.parquet", feature="Writing a Parquet file")
        arrow = require("pyarrow", feature="Writing a Parquet file")
        self._schema = schema
        self._file = arrow.OSFile(str(path), "wb")
        self._writer = parquet.ParquetWriter(self._file, schema, compression="zstd")
        self._batches: list[pa.RecordBatch] = []
        self._bytes = 0

    def write(self, batch: pa.RecordBatch) -> int:
        """Add rows.

        Returns:
            How many.
        """
        self._batches.append(batch)
        self._bytes += batch.nbytes
        if self._bytes >= ROW_GROUP_BYTES:
            self._flush()
        return int(batch.num_rows)

    def close(self) -> int:
        """Write what is left, and the footer.

        Returns:
            0: `write` has counted all rows.
        """
        if self._batches:
            self._flush()
        self._writer.close()
        self._file.close()
        return 0

    def abort(self) -> None:
        """Let go of the file, whatever state it is in."""
        # The writer would try to write its footer when it is collected, to a disk that may be full.
        self._writer.is_open = False
        self._file.close()

    def _flush(self) -> None:
        pa = require("pyarrow", feature="Writing a Parquet file")
        table = pa.Table.from_batches(self._batches, schema=self._schema)
        self._batches, self._bytes = [], 0
        self._writer.write_table(table, row_group_size=table.num_rows)


class ArrowFile:
    """An Arrow IPC file in the making: Zstandard, one record batch for each that is written.

    Args:
        path: Where to write; an existing file is overwritten.
        schema: Schema of the batches, with its metadata.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        pa = require("pyarrow", feature="Writing an Arrow file")
        ipc = require("pyarrow.ipc", feature="Writing an Arrow file")
        self._schema = schema
        self._file = pa.OSFile(str(path), "wb")
        self._writer = ipc.new_file(self._file, schema, options=ipc.IpcWriteOptions(compression="zstd"))

    def write(self, batch: pa.RecordBatch) -> int:
        """Add rows.

        Returns:
            How many.
        """
        self._writer.write_batch(batch.replace_schema_metadata(self._schema.metadata))
        return int(batch.num_rows)

    def close(self) -> int:
        """Write the footer.

        Returns:
            0: `write` has counted all rows.
        """
        self._writer.close()
        self._file.close()
        return 0

    def abort(self) -> None:
        """Let go of the file, whatever state it is in."""
        self._file.close()
