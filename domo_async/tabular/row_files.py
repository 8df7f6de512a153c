# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.
"""Files of any size as record batches, in constant memory.

Imports pyarrow: import this where rows are written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, Protocol

import pyarrow as pa

from domo_async.errors import DomoError, InvalidArgumentError, InvalidDataError
from domo_async.tabular.file_format import can_be_named
from domo_async.tabular.row_readers import BatchReader

if TYPE_CHECKING:
    from pathlib import Path

    from domo_async.models import Schema
    from domo_async.tabular.row_readers import RowReader

__all__ = ["open_file"]

_BATCH_BYTES: Final = 4 * 2**20
_BATCH_ROWS: Final = 2**16
_BUFFER: Final = 2**20


def open_file(path: Path, schema: Schema | None) -> RowReader:
    """Open a file of the kind that its name says.

    Args:
        path: The file.
        schema: Types of columns, for kinds of file that say none.

    Raises:
        InvalidArgumentError: There is no such file, or its name says no kind that can be read.
        InvalidDataError: It is not what its name says.
    """
    name = path.name.lower()
    opening = next((opening for suffix, opening in _OPENINGS.items() if name.endswith(suffix)), None)
    if opening is None:
        raise InvalidArgumentError(
            f"rows: the name {path.name!r} says no file format", hint=f"End it with one of {', '.join(_OPENINGS)}"
        )
    if not can_be_named(path):
        raise InvalidArgumentError(f"rows: {str(path)!r} cannot be the name of a file")
    try:
        return opening(path, schema)
    except DomoError:
        raise
    except OSError as error:
        if isinstance(error, pa.ArrowException):
            raise InvalidDataError(f"the file cannot be read: {error}", source=str(path)) from error
        raise InvalidArgumentError(f"rows: {path} cannot be read: {error.strerror or error}") from error
    except pa.ArrowException as error:
        raise InvalidDataError(f"the file cannot be read: {error}", source=str(path)) from error


def _open_parquet(path: Path, _: Schema | None) -> RowReader:
    from pyarrow import parquet

    # Read as it is needed, and not a row group at a time.
    file = parquet.ParquetFile(path, pre_buffer=False, buffer_size=_BUFFER)
    groups = [file.metadata.row_group(index) for index in range(file.num_row_groups)]
    row_bytes = max((group.total_byte_size / max(1, group.num_rows) for group in groups), default=1.0)
    rows = max(1, min(_BATCH_ROWS, int(_BATCH_BYTES / max(1.0, row_bytes))))

    def batches() -> Iterator[pa.RecordBatch]:
        with file:
            yield from file.iter_batches(batch_size=rows, use_threads=False)

    return _FileReader(file.schema_arrow, batches(), file, path)


def _open_arrow(path: Path, _: Schema | None) -> RowReader:
    from pyarrow import ipc

    # Not mapped into memory: if somebody shortened the file meanwhile, that would end the process.
    file = pa.OSFile(str(path), "rb")
    try:
        try:
            reader = ipc.open_file(file)
        except pa.ArrowInvalid:
            file.seek(0)
            stream = ipc.open_stream(file)
            return _FileReader(stream.schema, iter(stream), file, path)
    except BaseException:
        file.close()
        raise
    batches = (reader.get_batch(index) for index in range(reader.num_record_batches))
    return _FileReader(reader.schema, batches, file, path)


def _open_csv(path: Path, schema: Schema | None) -> RowReader:
    from domo_async.tabular.row_csv import CsvReader, types_of_csv

    return CsvReader(path, types_of_csv(path, schema))


def _open_json_lines(path: Path, schema: Schema | None) -> RowReader:
    from domo_async.tabular.row_json import JsonLinesReader

    return JsonLinesReader(path, schema)


_OPENINGS: Final[dict[str, Callable[[Path, Schema | None], RowReader]]] = {
    ".parquet": _open_parquet,
    ".arrow": _open_arrow,
    ".feather": _open_arrow,
    ".ipc": _open_arrow,
    ".csv": _open_csv,
    ".csv.gz": _open_csv,
    ".jsonl": _open_json_lines,
    ".ndjson": _open_json_lines,
}


class _Closable(Protocol):
    def close(self) -> None: ...


class _FileReader(BatchReader):
    """Batches of an open file."""

    def __init__(self, schema: pa.Schema, batches: Iterator[pa.RecordBatch], file: _Closable, path: Path) -> None:
        super().__init__(schema, batches, replayable=True, source=str(path))
        self._file = file

    def close(self) -> None:
        """Close the file."""
        super().close()
        self._file.close()
