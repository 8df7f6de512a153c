# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""CSV files: the bytes of an export as they came, or some of its columns."""

from __future__ import annotations

import re
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from domo_async.tabular.csv_blocks import DEFAULT_BLOCK_SIZE, CsvCutter, FlawedCsvError
from domo_async.tabular.deflate import release_vector_registers
from domo_async.tabular.extras import require
from domo_async.tabular.records import begins_with_cr_record, count_records
from domo_async.tabular.text_lines import joined_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa

__all__ = ["CsvFile", "csv_record", "csv_records"]

_NEEDS_QUOTES = re.compile(r'[",\r\n]|\A\Z|\A\\N\Z')
_GZIP = 31  # zlib's word for "a gzip header and trailer around it"; the header holds no time and no name


class _Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


class CsvFile:
    """A CSV file in the making.

    Args:
        path: Where to write; an existing file is overwritten.
        header: Names of the columns for the first line, or None for a file without.
        width: Number of columns of the export, None when it is not known.
        compressed: Whether to compress with gzip.
        dataset: How error messages call the DataSet.

    Attributes:
        ends_in_cr: Whether the first row that Domo sent ends with a lone CR. The rows are not counted right then.
    """

    def __init__(
        self, path: Path, *, header: Sequence[str] | None, width: int | None, compressed: bool, dataset: str = ""
    ) -> None:
        self._cutter = CsvCutter(DEFAULT_BLOCK_SIZE)
        self._skip_blank_lines = width != 1
        self._dataset = dataset
        self._rows = 0
        self.ends_in_cr: bool = False
        self._compressor: _Compressor | None = _gzip() if compressed else None
        self._file = path.open("wb")
        if header:
            self._put(csv_record(header).encode())

    def write(self, chunks: Sequence[bytes]) -> int:
        """Add bytes as Domo sent them.

        Returns:
            How many rows were completed by them.

        Raises:
            InvalidResponseError: The bytes are a web page, or a row without end.
        """
        for chunk in chunks:
            self._cutter.feed(chunk)
        return self._drain()

    def write_table(self, batch: pa.RecordBatch) -> int:
        """Add rows of text columns.

        Returns:
            How many.
        """
        self._put(csv_records(batch))
        return int(batch.num_rows)

    def close(self) -> int:
        """Write what is left of the body, and finish the file.

        Returns:
            How many rows were left.

        Raises:
            InvalidResponseError: The body ends inside a quoted field: its end is missing.
        """
        self._cutter.end()
        rows = self._drain()
        if self._compressor is not None:
            self._file.write(self._compressor.flush())
        self._file.close()
        return rows

    def abort(self) -> None:
        """Let go of the file, whatever state it is in."""
        with suppress(OSError):  # what is still to be written does not fit on a full disk either
            self._file.close()

    def _drain(self) -> int:
        before = self._rows
        try:
            while (block := self._cutter.cut()) is not None:
                if not self._rows:
                    self.ends_in_cr = begins_with_cr_record(block.data)
                self._rows += count_records(block.data, skip_blank_lines=self._skip_blank_lines)
                self._put(block.data)
        except FlawedCsvError as flaw:
            raise flaw.located(self._dataset, self._rows) from None
        return self._rows - before

    def _put(self, data: bytes) -> None:
        if self._compressor is not None:
            data = self._compressor.compress(data)
            release_vector_registers()
        self._file.write(data)


def csv_record(values: Sequence[str | None]) -> str:
    r"""One record in Domo's grammar, with its newline: null is nothing, empty text is ``""``.

    Example:
        >>> csv_record(["a", "", None, "x,y"])
        'a,"",,"x,y"\n'
    """
    return ",".join("" if value is None else _quoted(value) for value in values) + "\n"


def csv_records(batch: pa.RecordBatch) -> bytes:
    """The rows of a batch of text columns in Domo's grammar.

    Args:
        batch: n rows x k columns of Arrow ``string``.
    """
    compute = require("pyarrow.compute", feature="Writing some columns of an export")
    fields: list[pa.Array] = []
    for column in batch.columns:
        quoted = compute.binary_join_element_wise('"', compute.replace_substring(column, '"', '""'), '"', "")
        needed = compute.match_substring_regex(column, r'[",\r\n]|\A\z|\A\\N\z')
        fields.append(compute.fill_null(compute.if_else(needed, quoted, column), ""))
    return joined_lines(fields)


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if _NEEDS_QUOTES.search(value) else value


def _gzip() -> _Compressor:
    try:
        from isal import isal_zlib
    except ImportError:
        return zlib.compressobj(1, zlib.DEFLATED, _GZIP)
    # Three times as fast as zlib, and smaller; comes with the extra `fast`.
    compressor: _Compressor = isal_zlib.compressobj(1, isal_zlib.DEFLATED, _GZIP)
    return compressor
