# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.
"""Portions of rows into compressed CSV, as jobs for threads.

Imports pyarrow: import this where rows are written.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa

from domo_async.errors import InvalidDataError
from domo_async.tabular.csv_encoder import CsvEncoder
from domo_async.tabular.deflate import Piece, deflated

if TYPE_CHECKING:
    from collections.abc import Callable

    from domo_async.models import Schema
    from domo_async.tabular.portions import Portion
    from domo_async.tabular.writing_rules import WritingRules

__all__ = ["EncodedRows", "PortionEncoder"]


@dataclass(frozen=True, slots=True)
class EncodedRows:
    """A portion of rows, encoded and compressed."""

    rows: int
    piece: Piece


class PortionEncoder:
    """Makes jobs of portions.

    Args:
        columns: The columns of the DataSet.
        rules: What becomes of values that Domo has no exact place for.
        source: How error messages call the rows.
    """

    def __init__(self, columns: Schema, rules: WritingRules, source: str) -> None:
        self._columns = columns
        self._rules = rules
        self._source = source
        self._encoder: CsvEncoder | None = None
        self._schema: pa.Schema | None = None

    def job(self, portion: Portion) -> Callable[[], EncodedRows]:
        """What is to be done for a portion; to be called in any thread.

        Raises:
            InvalidArgumentError: The rows have columns that the DataSet does not have.
        """
        schema = portion.batches[0].schema
        if self._encoder is None or not schema.equals(self._schema):
            self._encoder = CsvEncoder(schema, self._columns, self._rules, source=self._source)
            self._schema = schema
        return partial(self._encode, self._encoder, portion)

    def _encode(self, encoder: CsvEncoder, portion: Portion) -> EncodedRows:
        try:
            (batch,) = portion.batches if len(portion.batches) == 1 else _joined(portion.batches)
            return EncodedRows(portion.rows, deflated(encoder.encode(batch, portion.first_row)))
        except pa.ArrowException as error:
            if isinstance(error, MemoryError):
                raise
            last = portion.first_row + portion.rows - 1
            raise InvalidDataError(
                f"rows {portion.first_row} to {last} cannot be written: {error}", source=self._source
            ) from error


def _joined(batches: list[pa.RecordBatch]) -> list[pa.RecordBatch]:
    table: pa.Table = pa.Table.from_batches(batches).combine_chunks()
    joined: list[pa.RecordBatch] = table.to_batches()
    return joined
