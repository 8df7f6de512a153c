# pyright: reportUnknownParameterType=false
# duckdb, pyarrow, pandas and polars types are unknown to a checker that does not have them installed.
"""Arrow tables as frames of pandas and polars and as relations of DuckDB, value for value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.errors import InvalidArgumentError
from domo_async.tabular.extras import require

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

__all__ = ["to_duckdb", "to_pandas", "to_polars"]


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """The table as a pandas frame with Arrow-backed columns.

    pandas' own types cannot hold these values: an integer column with a null would turn into floats, decimals into
    objects, and dates before 1678 into errors.

    Args:
        table: n rows x k columns.

    Returns:
        A frame of the same shape with a plain row index; every dtype is a ``pandas.ArrowDtype``.

    Raises:
        MissingExtraError: pandas is not installed.
    """
    pandas = require("pandas", feature="A pandas frame")
    return table.to_pandas(types_mapper=pandas.ArrowDtype)


def to_polars(table: pa.Table) -> pl.DataFrame:
    """The table as a polars frame.

    Args:
        table: n rows x k columns.

    Returns:
        A frame of the same shape.

    Raises:
        InvalidArgumentError: Two columns have the same name, which polars does not allow.
        MissingExtraError: polars is not installed.
    """
    polars = require("polars", feature="A polars frame")
    names: list[str] = table.column_names
    for name in names:
        if names.count(name) > 1:
            raise InvalidArgumentError(f"two columns have the name {name!r}, which polars does not allow")
    frame: pl.DataFrame = polars.from_arrow(table)
    return frame


def to_duckdb(table: pa.Table, connection: DuckDBPyConnection | None = None) -> DuckDBPyRelation:
    """The table as a relation of DuckDB, which reads it where it is.

    Args:
        table: n rows x k >= 1 columns.
        connection: The connection that the relation belongs to; None for DuckDB's default connection, which
            ``duckdb.sql`` uses too.

    Returns:
        A relation of the same shape, which keeps the table alive. DuckDB numbers columns whose names differ only by
        case: ``x``, ``X_1``.

    Raises:
        InvalidArgumentError: The connection is closed, or the table has no column.
        MissingExtraError: duckdb is not installed.
    """
    duckdb = require("duckdb", feature="A DuckDB relation")
    try:
        relation: DuckDBPyRelation = (duckdb if connection is None else connection).from_arrow(table)
    except duckdb.Error as error:
        raise InvalidArgumentError(f"DuckDB does not take the table: {error}") from error
    return relation
