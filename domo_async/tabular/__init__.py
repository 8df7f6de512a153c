"""Rows in and out: Domo's types and CSV on one side, Arrow on the other.

pyarrow, pandas and polars are imported when a table is asked for, not with this package.
"""

from domo_async.tabular.batches import read_batches
from domo_async.tabular.export_file import WrittenFile, write_export
from domo_async.tabular.file_format import FILE_FORMATS, FileFormat, format_of
from domo_async.tabular.types import DEFAULT_DECIMAL, DecimalType, arrow_schema, domo_schema

__all__ = [
    "DEFAULT_DECIMAL",
    "FILE_FORMATS",
    "DecimalType",
    "FileFormat",
    "WrittenFile",
    "arrow_schema",
    "domo_schema",
    "format_of",
    "read_batches",
    "write_export",
]
