# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.
"""JSON Lines files as record batches, with all digits of their numbers, where Arrow's own reader makes doubles of some.

Imports pyarrow: import this where rows are written.
"""

from __future__ import annotations

import json
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from math import isfinite
from typing import TYPE_CHECKING, Final, NoReturn, cast

import pyarrow as pa

from domo_async.errors import InvalidDataError
from domo_async.models import Column, ColumnType, Schema
from domo_async.models.arrow_types import DEFAULT_DECIMAL, arrow_schema
from domo_async.tabular.csv_blocks import BYTE_ORDER_MARK, shown
from domo_async.tabular.json_values import json_of
from domo_async.tabular.records import MAX_RECORD_BYTES
from domo_async.tabular.text_files import TextFile
from domo_async.tabular.text_values import UnreadableValueError, read_text_column

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    Record = dict[str, object]

__all__ = ["JsonLinesReader"]

_WIDE: Final = Context(prec=1000, Emax=MAX_EMAX, Emin=MIN_EMIN)
_LONG: Final = range(-(2**63), 2**63)


class JsonLinesReader:
    """Reads a file of JSON objects, one on each line. Their keys are the columns; a key that is missing is null.

    The whole file is read once beforehand, for any line may have a key that no other has.

    Args:
        path: The file.
        known: Types of columns by name. Others are found out: LONG, DOUBLE or DECIMAL where every value is a number
            that fits exactly, else STRING.

    Raises:
        InvalidDataError: A line is no JSON object.
    """

    replayable = True

    def __init__(self, path: Path, known: Schema | None) -> None:
        self._source = str(path)
        types = {column.name.casefold(): column.type for column in known.columns} if known else {}
        found: dict[str, _Kinds] = {}
        for records in _read(path):
            for record in records:
                for key, value in record.items():
                    (found.get(key) or found.setdefault(key, _Kinds())).add(value)
        columns = [Column(name=key, type=types.get(key.casefold(), kinds.type())) for key, kinds in found.items()]
        self._columns = Schema(columns=columns)
        self.schema: pa.Schema = arrow_schema(self._columns)
        self._records = _read(path)
        self._rows = 0

    def take(self) -> pa.RecordBatch | None:
        """The next rows.

        Raises:
            InvalidDataError: A value is not one of its column.
        """
        records = next(self._records, None)
        if records is None:
            return None
        arrays = [self._array(records, index) for index in range(len(self._columns.columns))]
        self._rows += len(records)
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def close(self) -> None:
        """Close the file."""
        self._records.close()

    def _array(self, records: list[Record], index: int) -> pa.Array:
        column = self._columns.columns[index]
        fields = [_field(record.get(column.name)) for record in records]
        # Half of a surrogate pair is no text; it is found out, and named, where the bytes are read.
        raw = pa.array([None if one is None else one.encode(errors="surrogatepass") for one in fields], pa.binary())
        try:
            if column.type != ColumnType.STRING:
                blank = next((row for row, field in enumerate(fields) if field is not None and not field.strip()), None)
                if blank is not None:
                    raise UnreadableValueError(blank, fields[blank] or "")
            return read_text_column(raw, self.schema.field(index).type)
        except UnreadableValueError as error:
            raise InvalidDataError(
                f"the value is not a readable {column.type}",
                source=self._source,
                row=self._rows + error.index + 1,
                column=column.name,
                value=shown(error.text),
            ) from None


class _Kinds:
    """Which types the values of a column leave."""

    __slots__ = ("_decimal", "_double", "_long", "_seen")

    def __init__(self) -> None:
        self._long = self._double = self._decimal = True
        self._seen = False

    def add(self, value: object) -> None:
        if value is None:
            return
        self._seen = True
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            self._long = self._double = self._decimal = False
            return
        self._long = self._long and isinstance(value, int) and value in _LONG
        self._double = self._double and _is_double(value)
        self._decimal = self._decimal and _is_decimal(value)

    def type(self) -> ColumnType:
        if not self._seen:
            return ColumnType.STRING
        if self._long:
            return ColumnType.LONG
        if self._double:
            return ColumnType.DOUBLE
        return ColumnType.DECIMAL if self._decimal else ColumnType.STRING


def _is_double(value: int | Decimal) -> bool:
    """Whether a double has it, or comes back as it: the shortest digits that tell it from its neighbours are these."""
    try:
        double = float(value)
    except OverflowError:
        return False
    return isfinite(double) and Decimal(repr(double)) == value


def _is_decimal(value: int | Decimal) -> bool:
    _, digits, exponent = Decimal(value).normalize(_WIDE).as_tuple()
    precision, scale = DEFAULT_DECIMAL
    return int(exponent) >= -scale and int(exponent) + len(digits) <= precision - scale


def _field(value: object) -> str | None:
    """A value as it would stand in a CSV."""
    if value is None or isinstance(value, str):
        return value
    return json_of(value)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


_decode: Final = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse).decode


def _read(path: Path) -> Generator[list[Record]]:
    """The objects of a file, some at a time."""
    row = 0
    for lines in _lines(path):
        records: list[Record] = []
        for line in lines:
            row += 1
            try:
                record: object = _decode(line.decode())
            except (ValueError, RecursionError) as error:
                raise InvalidDataError(f"the line is no JSON: {error}", source=str(path), row=row) from error
            if not isinstance(record, dict):
                raise InvalidDataError("the line is no JSON object", source=str(path), row=row, value=shown(record))
            records.append(cast("Record", record))
        if records:
            yield records


def _lines(path: Path) -> Generator[list[bytes]]:
    """The lines of a file that are not blank, some at a time."""
    file = TextFile(path)
    try:
        rest = b""
        first = True
        while data := file.read():
            if first:
                data, first = data.removeprefix(BYTE_ORDER_MARK), False
            *lines, last = data.split(b"\n")
            if lines:
                lines[0] = rest + lines[0]
                yield [line for line in lines if line.strip()]
                rest = last
            else:
                rest += last
            if len(rest) > MAX_RECORD_BYTES:
                raise InvalidDataError(f"a line is longer than {MAX_RECORD_BYTES} bytes", source=str(path))
        if rest.strip():
            yield [rest]
    finally:
        file.close()
