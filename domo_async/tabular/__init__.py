"""Rows in and out: Domo's types and CSV on one side, Arrow on the other.

pyarrow, pandas, polars and duckdb are imported when a table is asked for, not with this package.
"""

from domo_async.tabular.batches import read_batches
from domo_async.tabular.export_file import WrittenFile, write_export
from domo_async.tabular.file_format import FILE_FORMATS, FileFormat, format_of
from domo_async.tabular.frames import to_duckdb, to_pandas, to_polars
from domo_async.tabular.parts import DEFAULT_PART_SIZE, Part, cut_parts
from domo_async.tabular.query_result import QueryResult
from domo_async.tabular.row_source import Rows, RowSource, open_rows
from domo_async.tabular.schema_change import Retyped, SchemaChange, compare
from domo_async.tabular.types import DEFAULT_DECIMAL, DecimalType, arrow_schema, domo_schema

__all__ = [
    "DEFAULT_DECIMAL",
    "DEFAULT_PART_SIZE",
    "FILE_FORMATS",
    "DecimalType",
    "FileFormat",
    "Part",
    "QueryResult",
    "Retyped",
    "RowSource",
    "Rows",
    "SchemaChange",
    "WrittenFile",
    "arrow_schema",
    "compare",
    "cut_parts",
    "domo_schema",
    "format_of",
    "open_rows",
    "read_batches",
    "to_duckdb",
    "to_pandas",
    "to_polars",
    "write_export",
]
