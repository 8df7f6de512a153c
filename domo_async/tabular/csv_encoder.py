# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.
r"""Arrow record batches into the CSV that Domo takes for uploads. No I/O and no thread of its own.

No line of names, LF at the end of a record, ``,,`` for null. Text stands in quotes: ``""`` is the empty one, and
``"\N"`` is not the null marker. Numbers, days and moments stand without (but for decimals of more than six digits after
the point; to Domo that is the same). In a table of one column a null is ``\N``, for Domo's grammar has no blank lines.

Imports pyarrow: import this where rows are written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from domo_async.errors import InvalidArgumentError, InvalidDataError
from domo_async.models.arrow_types import is_text
from domo_async.tabular.text_lines import joined_lines
from domo_async.tabular.writable_values import UnwritableValueError, writable

if TYPE_CHECKING:
    from domo_async.models import Schema
    from domo_async.tabular.writing_rules import WritingRules

__all__ = ["CsvEncoder"]

_SHOWN: Final = 120


class CsvEncoder:
    """Writes record batches as CSV, in the order of a DataSet's columns. May be used from several threads at once.

    Args:
        incoming: Schema of the batches.
        columns: The columns of the DataSet. One that the batches do not have is null in every row.
        rules: What becomes of values that Domo has no exact place for.
        source: How error messages call the rows.

    Raises:
        InvalidArgumentError: There are no columns, two of the batches' columns differ only by case, or the batches have
            one that the DataSet does not have.
    """

    def __init__(self, incoming: pa.Schema, columns: Schema, rules: WritingRules, *, source: str = "") -> None:
        if not columns.columns:
            raise InvalidArgumentError("a table without columns cannot be written")
        known = {name.casefold() for name in columns.names}
        positions: dict[str, int] = {}
        for index, name in enumerate(incoming.names):
            if name.casefold() not in known:
                raise InvalidArgumentError(f"{source}{': ' * bool(source)}the DataSet has no column {name!r}")
            if positions.setdefault(name.casefold(), index) != index:
                raise InvalidArgumentError(f"{source}{': ' * bool(source)}several columns have the name {name!r}")
        self._columns = [(column, positions.get(column.name.casefold())) for column in columns.columns]
        self._names = [str(index) for index in range(len(self._columns))]
        self._rules = rules
        self._source = source

    def encode(self, batch: pa.RecordBatch, first_row: int) -> bytes | memoryview:
        """Write a batch.

        Args:
            batch: n rows of the incoming schema.
            first_row: Number of its first row, for error messages.

        Returns:
            n records.

        Raises:
            InvalidDataError: A value has no exact form in the type of its column; names row, column and value.
        """
        arrays = [self._column(batch, index, first_row) for index in range(len(self._columns))]
        if len(arrays) == 1:
            return _lines(arrays[0])
        target = pa.BufferOutputStream()
        # "needed" quotes all text, and no number: what looks for commas in each text would take longer.
        options = csv.WriteOptions(include_header=False, batch_size=max(1, batch.num_rows), quoting_style="needed")
        csv.write_csv(pa.RecordBatch.from_arrays(arrays, names=self._names), target, options)
        return memoryview(target.getvalue())

    def _column(self, batch: pa.RecordBatch, index: int, first_row: int) -> pa.Array:
        column, position = self._columns[index]
        if position is None:
            return pa.nulls(batch.num_rows, pa.string())
        try:
            return writable(batch.column(position), column.type, self._rules)
        except UnwritableValueError as error:
            raise InvalidDataError(
                f"the value {error.problem}",
                source=self._source,
                row=first_row + error.index,
                column=column.name,
                value=error.value if len(error.value) <= _SHOWN else error.value[:_SHOWN] + "…",
                hint=error.hint,
            ) from error.__cause__


def _lines(array: pa.Array) -> bytes:
    """Records of one column."""
    text = array.cast(pa.string())
    if is_text(array.type):
        text = pc.binary_join_element_wise('"', pc.replace_substring(text, '"', '""'), '"', "")
    return joined_lines([pc.fill_null(text, r"\N")])
