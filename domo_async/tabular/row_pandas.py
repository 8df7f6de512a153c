# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.
"""Frames of pandas as record batches.

Imports pyarrow: import this where rows are written.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final, cast

import pyarrow as pa

from domo_async.errors import InvalidDataError

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

__all__ = ["PandasReader"]

_BATCH_ROWS: Final = 2**16
_SHOWN: Final = 120
_SOURCE: Final = "DataFrame"
# pyarrow raises whatever the conversion of one value raised.
_UNCONVERTIBLE: Final = (pa.ArrowException, ValueError, TypeError, OverflowError)


class PandasReader:
    """Reads a frame of pandas, some rows at a time, so that little of it is in memory twice.

    The index is left out, as Domo's own SDK does; ``frame.reset_index()`` makes columns of it. NaN, NaT and None are
    null, as they are to pandas. All values of a column of objects have to be of one kind.

    Args:
        frame: n rows x k columns.

    Raises:
        InvalidDataError: A column of objects begins with a value of a type that Arrow does not know.
    """

    replayable = True

    def __init__(self, frame: object) -> None:
        self._frame = cast("pd.DataFrame", frame)
        self._position = 0
        names = [str(name) for name in self._frame.columns]
        types = [self._type(index, name) for index, name in enumerate(names)]
        self.schema: pa.Schema = pa.schema(list(zip(names, types, strict=True)))

    def take(self) -> pa.RecordBatch | None:
        """The next rows.

        Raises:
            InvalidDataError: A column of objects has a value of another kind; says in which row.
        """
        start, self._position = self._position, self._position + _BATCH_ROWS
        rows = self._frame.iloc[start : self._position]
        if not len(rows):
            return None
        arrays = [_converted(rows.iloc[:, index], field, start) for index, field in enumerate(self.schema)]
        table = pa.Table.from_arrays(arrays, schema=self.schema).combine_chunks()
        return table.to_batches()[0]

    def close(self) -> None:
        """Let go of the frame."""
        del self._frame

    def _type(self, index: int, name: str) -> pa.DataType:
        series = self._frame.iloc[:, index]
        if series.dtype == object:
            return _checked(_common_type, series, name, 0)
        # All other types of pandas say what the values are.
        return pa.Array.from_pandas(series.iloc[:0]).type


def _common_type(values: pd.Series) -> pa.DataType:
    # As an array of numpy: a series would be asked for its values by their labels.
    return pa.infer_type(values.to_numpy(), from_pandas=True)


def _converted(series: pd.Series, field: pa.Field, first: int) -> pa.Array:
    def convert(values: pd.Series) -> pa.Array:
        if values.dtype == object and pa.types.is_temporal(field.type):
            _refuse_other_times(values, field.type)
        return pa.Array.from_pandas(values, type=field.type)

    return _checked(convert, series, field.name, first)


def _refuse_other_times(values: pd.Series, kind: pa.DataType) -> None:
    """Arrow would drop the time of a moment among days, and the zone of one among moments without."""
    for value in values:
        if not isinstance(value, dt.datetime):
            continue
        if not pa.types.is_timestamp(kind):
            raise TypeError
        if value == value and (value.tzinfo is None) != (kind.tz is None):  # NaT is not equal to itself
            raise TypeError


def _checked(convert: Callable[[pd.Series], pa.Array], values: pd.Series, name: str, first: int) -> pa.Array:
    """Convert, or say which value it is that cannot be."""
    try:
        return convert(values)
    except _UNCONVERTIBLE as error:
        cause = error
    fits, fails = 0, len(values)
    while fails - fits > 1:
        middle = (fits + fails) // 2
        try:
            convert(values.iloc[fits:middle])
        except _UNCONVERTIBLE as error:
            fails, cause = middle, error
        else:
            fits = middle
    value: object = values.iloc[fits]
    shown = repr(value)
    raise InvalidDataError(
        f"the value, of type {type(value).__name__}, does not go with those before it",
        source=_SOURCE,
        row=first + fits + 1,
        column=name,
        value=shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "…",
        hint="Give the column one type, for example with .astype('string')",
    ) from cause
