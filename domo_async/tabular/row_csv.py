# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.
"""CSV files as record batches.

Imports pyarrow: import this where rows are written.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from domo_async.errors import InvalidDataError
from domo_async.models import Column, Schema
from domo_async.tabular.csv_blocks import BYTE_ORDER_MARK, DEFAULT_BLOCK_SIZE, CsvCutter, FlawedCsvError, shown
from domo_async.tabular.csv_decoder import CsvDecoder
from domo_async.tabular.records import RecordSplitter, RecordTooLongError
from domo_async.tabular.text_files import TextFile
from domo_async.tabular.type_inference import TypeFinder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from domo_async.models import ColumnType
    from domo_async.tabular.csv_blocks import CsvBlock

__all__ = ["CsvReader", "types_of_csv"]

_START: Final = 2**16
_OTHER_SEPARATORS: Final = (";", "\t", "|")


class CsvReader:
    """Reads a CSV file whose first record holds the names of the columns.

    Args:
        path: The file.
        columns: Names and types of all its columns, in the order of the file.
    """

    replayable = True

    def __init__(self, path: Path, columns: Schema) -> None:
        self._source = str(path)
        self._decoder = CsvDecoder(columns)
        self.schema: pa.Schema = self._decoder.schema
        self._rows = 0
        self._blocks = _Blocks(path)

    def take(self) -> pa.RecordBatch | None:
        """The next rows.

        Raises:
            InvalidDataError: A record has too many or too few fields, or a value that its column cannot have.
        """
        try:
            for block in self._blocks:
                batch = self._decoder.decode(block)
                self._rows += batch.num_rows
                if batch.num_rows:
                    return batch
        except FlawedCsvError as flaw:
            raise _located(flaw, self._source, self._rows) from flaw.__cause__
        return None

    def close(self) -> None:
        """Close the file."""
        self._blocks.close()


def types_of_csv(path: Path, known: Schema | None) -> Schema:
    """The columns of a CSV file, in its order.

    Args:
        path: The file.
        known: Types of columns by name. For others, all of the file is read.

    Raises:
        InvalidDataError: There is no line of names, two names are the same, or the file is no CSV.
    """
    names = _names(path)
    types = {column.name.casefold(): column.type for column in known.columns} if known else {}
    if unknown := [name for name in names if name.casefold() not in types]:
        types |= {name.casefold(): kind for name, kind in _found_types(path, names, unknown).items()}
    return Schema(columns=[Column(name=name, type=types[name.casefold()]) for name in names])


def _found_types(path: Path, names: list[str], wanted: list[str]) -> dict[str, ColumnType]:
    """Types of some columns, as all of the file has them."""
    finder = TypeFinder(wanted)
    as_text = Schema(columns=[Column(name=name) for name in names])
    blocks = _Blocks(path)
    rows = 0
    decoder: CsvDecoder | None = None
    looked_at: list[str] = []
    try:
        for block in blocks:
            if looked_at != finder.open_columns:
                # Columns that are text for sure are converted no more.
                looked_at = finder.open_columns
                decoder = CsvDecoder(as_text, columns=looked_at) if looked_at else None
            if decoder is None:
                break
            batch = decoder.decode(block)
            finder.look(batch)
            rows += batch.num_rows
    except FlawedCsvError as flaw:
        raise _located(flaw, str(path), rows) from flaw.__cause__
    finally:
        blocks.close()
    return finder.types()


class _Blocks:
    """The blocks of a file; an iterator that goes on where it was left."""

    def __init__(self, path: Path) -> None:
        self._cutter = CsvCutter(DEFAULT_BLOCK_SIZE, has_header=True)
        self._file = TextFile(path)
        self._ended = False

    def __iter__(self) -> Iterator[CsvBlock]:
        while True:
            while self._cutter.ready:
                if (block := self._cutter.cut()) is not None:
                    yield block
            if self._ended:
                return
            data = self._file.read()
            if data:
                self._cutter.feed(data)
            else:
                self._cutter.end()
                self._ended = True

    def close(self) -> None:
        self._file.close()


def _names(path: Path) -> list[str]:
    """What stands in the first record of a file."""
    source = str(path)
    try:
        # As Latin-1, in which every byte is a character: records are not cut into fields before that.
        text = _start(path).removeprefix(BYTE_ORDER_MARK).decode("latin-1")
        record = next(filter(None, csv.reader(io.StringIO(text, newline=""), strict=True)), [])
        names = [name.encode("latin-1").decode() for name in record]
    except (UnicodeDecodeError, csv.Error, RecordTooLongError) as error:
        raise InvalidDataError(f"the line of names cannot be read: {error}", source=source) from error
    if not names:
        raise InvalidDataError("there is no line of names", source=source)
    if len(names) == 1 and any(separator in names[0] for separator in _OTHER_SEPARATORS):
        raise InvalidDataError(
            f"the line of names is one field: {shown(names[0])}", source=source, hint="Separate fields by commas"
        )
    seen: set[str] = set()
    for number, name in enumerate(names, 1):
        if not name:
            raise InvalidDataError(f"column {number} has no name", source=source)
        if name.casefold() in seen:
            raise InvalidDataError("two columns have that name, if not in the same case", source=source, column=name)
        seen.add(name.casefold())
    return names


def _start(path: Path) -> bytes:
    """The first records of a file."""
    splitter = RecordSplitter(_START)
    file = TextFile(path)
    try:
        while not splitter.ready:
            data = file.read()
            splitter.feed(data)
            if not data:
                splitter.end()
                break
        return splitter.take() or b""
    finally:
        file.close()


def _located(flaw: FlawedCsvError, source: str, rows_before: int) -> InvalidDataError:
    return InvalidDataError(
        flaw.problem.replace("the export", "the file"),
        source=source,
        row=None if flaw.row is None else rows_before + flaw.row,
        column=flaw.column,
        value=flaw.value,
        # About a value, it speaks of an argument that reading has and writing has not.
        hint=None if flaw.column else flaw.hint,
    )
