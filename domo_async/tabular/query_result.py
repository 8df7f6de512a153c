# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""Rows of a query, and the tables they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from domo_async.errors import IncompleteDataError, InvalidArgumentError, InvalidResponseError
from domo_async.models import ColumnType, QueryResponse
from domo_async.models.html_view import Column, table_html
from domo_async.tabular.exact_numbers import exact_rows
from domo_async.tabular.extras import require
from domo_async.tabular.frames import to_duckdb, to_pandas, to_polars
from domo_async.tabular.text_values import UnreadableValueError, read_text_column
from domo_async.tabular.types import DEFAULT_DECIMAL, DecimalType, arrow_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

    from domo_async.tabular.exact_numbers import Scalar

__all__ = ["QueryResult"]

_EXACT_IN_DOUBLE = 2**53


class QueryResult(QueryResponse):
    """The answer to a SQL query: n rows of k values, as JSON carried them or as a table.

    ``len(result)`` is n, and iterating gives the rows. In them, a DECIMAL is a float; where a float is too short for
    it, it still shows all its digits (``str``, ``repr``), and so do the tables.

    Example:
        ::

            result = await domo.datasets.query(dataset_id, "SELECT Region, SUM(Sales) AS Sales FROM table GROUP BY 1")
            for region, sales in result: ...
            frame = result.to_polars()
    """

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[list[Scalar]]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        # pydantic iterates over fields; nobody who asks for rows expects those.
        return iter(self.rows)

    def _repr_html_(self) -> str:
        numbers = {ColumnType.LONG, ColumnType.DOUBLE, ColumnType.DECIMAL}
        types = [column.type for column in self.metadata] + [None] * len(self.columns)
        columns = [Column(name, kind in numbers) for name, kind in zip(self.columns, types, strict=False)]
        words = f"{len(self.rows):,} rows, {len(self.columns):,} columns"
        return table_html(words, columns, self.rows, total=len(self.rows))

    def to_dicts(self) -> list[dict[str, Scalar]]:
        """The rows as dictionaries of JSON values: DATE and DATETIME are text here.

        Raises:
            InvalidArgumentError: Two columns have the same name; give one of them another in the query.
        """
        if len(set(self.columns)) != len(self.columns):
            raise InvalidArgumentError("two columns of the query have the same name", hint="Rename one with AS")
        self._check_shape()
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def to_arrow(self, *, decimal: DecimalType = DEFAULT_DECIMAL) -> pa.Table:
        """The rows as an Arrow table, typed by what Domo says of the columns.

        LONG and DECIMAL are exact: they have the digits that Domo has sent, also those that no float holds. DATE and
        DATETIME are parsed. A column whose values are not what Domo announces (an average under the name LONG) is not
        forced and nothing of it is lost: it becomes DOUBLE if all its values are numbers, and STRING otherwise.

        Args:
            decimal: Precision and scale for DECIMAL columns.

        Returns:
            A table of n rows x k columns in the order of the query.

        Raises:
            InvalidResponseError: A row has other than k values.
            MissingExtraError: pyarrow is not installed.
        """
        pa = require("pyarrow", feature="An Arrow table")
        self._check_shape()
        columns = [[row[index] for row in self.rows] for index in range(len(self.columns))]
        types = [self.metadata[i].type if i < len(self.metadata) else None for i in range(len(self.columns))]
        arrays = [_array(values, kind, decimal) for values, kind in zip(columns, types, strict=True)]
        return pa.Table.from_arrays(arrays, names=self.columns)

    def to_pandas(self, *, decimal: DecimalType = DEFAULT_DECIMAL) -> pd.DataFrame:
        """The rows as a pandas frame with Arrow-backed columns; types as in `to_arrow`.

        Raises:
            InvalidResponseError: A row has other than k values.
            MissingExtraError: pandas or pyarrow is not installed.
        """
        return to_pandas(self.to_arrow(decimal=decimal))

    def to_polars(self, *, decimal: DecimalType = DEFAULT_DECIMAL) -> pl.DataFrame:
        """The rows as a polars frame; types as in `to_arrow`.

        Raises:
            InvalidArgumentError: Two columns have the same name.
            InvalidResponseError: A row has other than k values.
            MissingExtraError: polars or pyarrow is not installed.
        """
        return to_polars(self.to_arrow(decimal=decimal))

    def to_duckdb(
        self, connection: DuckDBPyConnection | None = None, *, decimal: DecimalType = DEFAULT_DECIMAL
    ) -> DuckDBPyRelation:
        """The rows as a relation of DuckDB, to go on with SQL; types as in `to_arrow`.

        Args:
            connection: The connection that it belongs to; None for DuckDB's default connection.
            decimal: Precision and scale for DECIMAL columns.

        Returns:
            A relation that keeps its rows. DuckDB numbers columns whose names differ only by case: ``x``, ``X_1``.

        Raises:
            InvalidArgumentError: The connection is closed, or there is no column.
            InvalidResponseError: A row has other than k values.
            MissingExtraError: duckdb or pyarrow is not installed.

        Example:
            ::

                result = await domo.datasets.query(dataset_id, "SELECT * FROM table")
                sales = result.to_duckdb()
                print(duckdb.sql("SELECT Region, SUM(Sales) FROM sales GROUP BY ALL"))
        """
        return to_duckdb(self.to_arrow(decimal=decimal), connection)

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Read an answer, and keep all digits of its DECIMAL columns.

        Raises:
            IncompleteDataError: It has fewer rows than it says.
            pydantic.ValidationError: It is not an answer to a query.
        """
        result = cls.model_validate_json(body)
        # Domo does not say what this number counts. Where it is smaller than what came, it is not these rows, and none
        # of them is missing.
        arrived, counted = len(result.rows), result.num_rows
        if counted is not None and arrived < counted:
            raise IncompleteDataError(f"{arrived} rows of the query arrived, and Domo counted {counted}")
        decimals = [index for index, column in enumerate(result.metadata) if column.type == ColumnType.DECIMAL]
        rows = exact_rows(result.rows, body, decimals)
        return result if rows is result.rows else result.model_copy(update={"rows": rows})

    def _check_shape(self) -> None:
        width = len(self.columns)
        for number, row in enumerate(self.rows, 1):
            if len(row) != width:
                raise InvalidResponseError(f"row {number} of the query has {len(row)} values for {width} columns")


def _array(values: Sequence[Scalar], kind: ColumnType | str | None, decimal: DecimalType) -> pa.Array:
    pa = require("pyarrow", feature="An Arrow table")
    fields = pa.array([None if value is None else _text(value).encode() for value in values], pa.binary())
    try:
        return read_text_column(fields, arrow_type(kind or _natural_type(values), decimal=decimal))
    except UnreadableValueError:
        return read_text_column(fields, arrow_type(_natural_type(values)))


def _natural_type(values: Sequence[Scalar]) -> ColumnType:
    present = [value for value in values if value is not None]
    if not present or not all(_is_number(value) for value in present):
        return ColumnType.STRING
    if all(isinstance(value, int) and -(2**63) <= value < 2**63 for value in present):
        return ColumnType.LONG
    if all(isinstance(value, float) or abs(int(value or 0)) <= _EXACT_IN_DOUBLE for value in present):
        return ColumnType.DOUBLE
    return ColumnType.STRING


def _is_number(value: Scalar) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)
