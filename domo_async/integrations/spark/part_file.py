# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""The rows of one partition as a compressed file."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from domo_async.tabular.csv_encoder import CsvEncoder

if TYPE_CHECKING:
    import pyarrow as pa

    from domo_async.models import Schema
    from domo_async.tabular.writing_rules import WritingRules

__all__ = ["write_part"]


def write_part(
    path: Path, batches: Iterator[pa.RecordBatch], columns: Schema, rules: WritingRules, *, source: str
) -> int:
    """Write rows as CSV, compressed, in constant memory.

    Args:
        path: The file to make.
        batches: The rows.
        columns: Columns of the DataSet.
        rules: What becomes of values that Domo has no exact place for.
        source: How error messages call the rows.

    Returns:
        How many rows.

    Raises:
        InvalidDataError: A value has no exact form in the type of its column.
    """
    rows = 0
    encoder: CsvEncoder | None = None
    with _gzip_file(path) as file:
        for batch in batches:
            if not batch.num_rows:
                continue
            encoder = encoder or CsvEncoder(batch.schema, columns, rules, source=source)
            file.write(encoder.encode(batch, rows + 1))
            rows += batch.num_rows
    return rows


def _gzip_file(path: Path) -> IO[bytes]:
    try:
        from isal import igzip
    except ImportError:
        return cast("IO[bytes]", gzip.GzipFile(path, "wb", compresslevel=1))
    file = igzip.IGzipFile(path, "wb", compresslevel=1)  # type: ignore[no-untyped-call]
    return cast("IO[bytes]", file)
