# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""Record batches into Parquet and Arrow files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.tabular.extras import require

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa
    import pyarrow.parquet as pq

    from domo_async.models import DataSet

__all__ = ["ROW_GROUP_BYTES", "ArrowFile", "ParquetFile", "describe"]

ROW_GROUP_BYTES = 6 * 2**20
"""Arrow bytes per row group: some 100,000 rows of six columns. They stay in memory until they are encoded, and the
next group comes together meanwhile, for each DataSet that is being pulled."""

_SAMPLE = 10_000


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
    """A Parquet file in the making: Zstandard, one row group for each list of batches that is written.

    Args:
        path: Where to write; an existing file is overwritten.
        schema: Schema of the batches, with its metadata.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._pa = require("pyarrow", feature="Writing a Parquet file")
        self._parquet = require("pyarrow.parquet", feature="Writing a Parquet file")
        self._schema = schema
        self._file = self._pa.OSFile(str(path), "wb")
        self._writer: pq.ParquetWriter | None = None

    def write(self, batches: Sequence[pa.RecordBatch]) -> int:
        """Add rows as a row group of their own.

        Returns:
            0: the rows are counted where the group comes together.
        """
        # Encoding needs memory of its own. What decoding has used and given up would otherwise stay with its threads.
        self._pa.default_memory_pool().release_unused()
        table = self._pa.Table.from_batches(batches, schema=self._schema)
        if self._writer is None:
            self._writer = self._open(_repetitive(table))
        self._writer.write_table(table, row_group_size=table.num_rows)
        return 0

    def close(self) -> int:
        """Write the footer.

        Returns:
            0: all rows have been counted.
        """
        writer = self._open([]) if self._writer is None else self._writer
        writer.close()
        self._file.close()
        return 0

    def abort(self) -> None:
        """Let go of the file, whatever state it is in."""
        if self._writer is not None:
            # The writer would try to write its footer when it is collected, to a disk that may be full.
            self._writer.is_open = False
        self._file.close()

    def _open(self, dictionaries: list[str]) -> pq.ParquetWriter:
        return self._parquet.ParquetWriter(
            self._file, self._schema, compression="zstd", use_dictionary=dictionaries or False
        )


def _repetitive(table: pa.Table) -> list[str]:
    """Names of the columns whose values repeat, as the first of them tell.

    Parquet writes those as numbers of a dictionary. For all others, trying to costs more than half of the writing, and
    in the end a dictionary that has grown too large is given up: identifiers, moments, amounts of money.
    """
    compute = require("pyarrow.compute", feature="Writing a Parquet file")
    names: list[str] = []
    for name, column in zip(table.column_names, table.columns, strict=True):
        sample = column.slice(0, _SAMPLE)
        if 2 * compute.count_distinct(sample).as_py() <= len(sample) - sample.null_count:
            names.append(name)
    return names


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
