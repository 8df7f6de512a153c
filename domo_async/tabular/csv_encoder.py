# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
r"""Arrow record batches into the CSV that Domo takes for uploads. No I/O and no thread of its own.

No header, LF at the end of a record, ``,,`` for null. All text stands in quotes, ``""`` is the empty one, and what
reads like the null marker ``\N`` is text as well. Numbers, days and moments stand without quotes. In a table of one
column a null is ``\N``, since Domo's grammar has no blank lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.errors import InvalidArgumentError, InvalidDataError
from domo_async.tabular.extras import require
from domo_async.tabular.text_lines import joined_lines
from domo_async.tabular.writable_values import Rules, UnwritableValueError, writable

if TYPE_CHECKING:
    import pyarrow as pa

    from domo_async.models import Schema

__all__ = ["CsvEncoder"]

_SHOWN = 120


class CsvEncoder:
    """Writes record batches as CSV in the order of a DataSet's columns. May be used from several threads at once.

    Args:
        incoming: Schema of the batches.
        columns: The columns of the DataSet. One that the batches do not have is written as null.
        rules: What becomes of values that Domo has no exact place for.
        dataset: How error messages call the DataSet.

    Raises:
        InvalidArgumentError: There are no columns, or the batches have one that the DataSet does not have.
    """

    def __init__(self, incoming: pa.Schema, columns: Schema, rules: Rules, *, dataset: str = "") -> None:
        if not columns.columns:
            raise InvalidArgumentError("a table without columns cannot be written")
        positions = {name.casefold(): index for index, name in enumerate(incoming.names)}
        known = {name.casefold() for name in columns.names}
        for name in incoming.names:
            if name.casefold() not in known:
                raise InvalidArgumentError(f"{dataset or 'the DataSet'} has no column {name!r}")
        self._columns = [(column, positions.get(column.name.casefold())) for column in columns.columns]
        self._rules = rules
        self._dataset = dataset

    def encode(self, batch: pa.RecordBatch, first_row: int) -> bytes | memoryview:
        """Write a batch.

        Args:
            batch: n rows of the incoming schema.
            first_row: Number of its first row, for error messages.

        Returns:
            n records.

        Raises:
            InvalidDataError: A value has no exact form; names row, column and value.
        """
        arrays = [self._column(batch, index, first_row) for index in range(len(self._columns))]
        if len(arrays) == 1:
            return _lines(arrays[0])
        pa = require("pyarrow", feature="Writing rows")
        csv = require("pyarrow.csv", feature="Writing rows")
        target = pa.BufferOutputStream()
        names = [str(index) for index in range(len(arrays))]
        options = csv.WriteOptions(include_header=False, batch_size=max(1, batch.num_rows), quoting_style="needed")
        csv.write_csv(pa.RecordBatch.from_arrays(arrays, names=names), target, options)
        return memoryview(target.getvalue())

    def _column(self, batch: pa.RecordBatch, index: int, first_row: int) -> pa.Array:
        pa = require("pyarrow", feature="Writing rows")
        column, position = self._columns[index]
        if position is None:
            return pa.nulls(batch.num_rows, pa.string())
        try:
            return writable(batch.column(position), column.type, self._rules)
        except UnwritableValueError as error:
            raise InvalidDataError(
                f"the value {error.problem}",
                source=self._dataset,
                row=first_row + error.index,
                column=column.name,
                value=error.value if len(error.value) <= _SHOWN else error.value[:_SHOWN] + "…",
                hint=error.hint,
            ) from None


def _lines(array: pa.Array) -> bytes:
    pa = require("pyarrow", feature="Writing rows")
    compute = require("pyarrow.compute", feature="Writing rows")
    text = array.cast(pa.string())
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        text = compute.binary_join_element_wise('"', compute.replace_substring(text, '"', '""'), '"', "")
    return joined_lines([compute.fill_null(text, r"\N")])
