"""CSV to frames and back with pyarrow and nothing else, for those who have nothing else; and the checks of both."""

from __future__ import annotations

import gzip
import io
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from tests.benchmarks.data import COLUMNS, Export

__all__ = [
    "PART_ROWS",
    "facts_of_csv",
    "facts_of_frame",
    "facts_of_table",
    "open_csv",
    "packed",
    "read_frame",
    "rows_to_write",
    "schema",
]

PART_ROWS = 540_000
"""Rows of the parts that are written by hand: about 50 MB of CSV, as Domo advises."""

_TYPES = {
    "LONG": pa.int64(),
    "DOUBLE": pa.float64(),
    "DECIMAL": pa.decimal128(38, 18),
    "DATE": pa.date32(),
    "DATETIME": pa.timestamp("us"),
    "STRING": pa.string(),
}


def schema() -> pa.Schema:
    """What the rows are in Arrow."""
    return pa.schema([(name, _TYPES[kind]) for name, kind in COLUMNS])


def _options(types: pa.Schema) -> dict[str, Any]:
    return {
        "read_options": pa_csv.ReadOptions(column_names=types.names, block_size=1 << 20),
        "parse_options": pa_csv.ParseOptions(newlines_in_values=True),
        "convert_options": pa_csv.ConvertOptions(
            column_types=types, strings_can_be_null=True, quoted_strings_can_be_null=False, null_values=[""]
        ),
    }


def open_csv(csv: Any) -> pa_csv.CSVStreamingReader:
    """Read typed batches of a file, which may still be arriving."""
    return pa_csv.open_csv(pa.PythonFile(csv, mode="r"), **_options(schema()))


def read_frame(csv: Any) -> Any:
    """A frame of a file, which may still be arriving; its columns stay in Arrow, where nothing is lost."""
    import pandas as pd

    return open_csv(csv).read_all().to_pandas(types_mapper=pd.ArrowDtype)


def packed(rows: pa.Table) -> bytes:
    """A part to upload."""
    place = rows.column_names.index("unit_price")
    rows = rows.set_column(place, "unit_price", rows["unit_price"].cast(pa.decimal128(12, 2)))  # not 18 digits each
    csv = io.BytesIO()
    pa_csv.write_csv(rows, csv, pa_csv.WriteOptions(include_header=False))
    return gzip.compress(csv.getvalue(), 6)


def rows_to_write(size: int) -> pa.Table:
    """So many bytes of CSV as a table, whose chunks repeat and share their memory."""
    export = Export(size)
    block = pa_csv.read_csv(io.BytesIO(export.block.text), **_options(schema())).combine_chunks()
    return pa.concat_tables([*[block] * export.repeats, block.slice(0, export.tail_rows)])


def facts_of_table(table: pa.Table) -> dict[str, int]:
    """Rows, a sum and nulls."""
    return {
        "rows": table.num_rows,
        "units": pc.sum(table["units"]).as_py(),
        "nulls": table["note"].null_count,
        "gaps": table["discount"].null_count,
    }


def facts_of_frame(frame: Any) -> dict[str, int]:
    """The same of a frame of pandas."""
    return {
        "rows": len(frame),
        "units": int(frame["units"].sum()),
        "nulls": int(frame["note"].isna().sum()),
        "gaps": int(frame["discount"].isna().sum()),
    }


def facts_of_csv(csv: bytes) -> dict[str, int]:
    """The same of CSV without a header. What is not of its column's type is an error."""
    return facts_of_table(pa_csv.read_csv(pa.BufferReader(csv), **_options(schema())))
