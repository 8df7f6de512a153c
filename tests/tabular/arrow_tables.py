"""Arrow tables in every layout that has a place in Domo, and what they have to be when they come back."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import strategies as st

from domo_async.models import ColumnType, Schema
from tests.tabular.domo_csv import TEXT, VALUES

UTC = dt.UTC
EVERY_PLANE = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.sampled_from(
    ["\U0010ffff", "𐀀", "\U000e0001", "﷽", "a\u0301", "\u2028", "\x85", "\x1a", "\\N", "\\", "'", "=1+1", "-"]
)
_TEXT = TEXT | EVERY_PLANE
_MOMENTS = VALUES[ColumnType.DATETIME]
_SECONDS = _MOMENTS.map(lambda moment: moment.replace(microsecond=0))
_NANO_ERA = st.datetimes(dt.datetime(1678, 1, 1), dt.datetime(2262, 1, 1))
_DECIMALS = VALUES[ColumnType.DECIMAL]
_SHORT_DECIMALS = st.integers(-(10**10) + 1, 10**10 - 1).map(lambda i: Decimal(i).scaleb(-2))

LAYOUTS: list[tuple[pa.DataType, st.SearchStrategy[object]]] = [
    (pa.string(), _TEXT),
    (pa.large_string(), _TEXT),
    (pa.string_view(), _TEXT),
    (pa.dictionary(pa.int8(), pa.string()), _TEXT),
    (pa.dictionary(pa.int32(), pa.large_string()), _TEXT),
    (pa.run_end_encoded(pa.int32(), pa.string()), _TEXT),
    (pa.null(), st.none()),
    (pa.bool_(), st.booleans()),
    (pa.int64(), VALUES[ColumnType.LONG]),
    (pa.uint64(), st.integers(0, 2**63 - 1)),
    (pa.int8(), st.integers(-128, 127)),
    (pa.dictionary(pa.int8(), pa.int64()), VALUES[ColumnType.LONG]),
    (pa.float64(), st.floats(allow_nan=False, allow_infinity=False)),
    (pa.float32(), st.floats(allow_nan=False, allow_infinity=False, width=32)),
    (pa.float16(), st.floats(allow_nan=False, allow_infinity=False, width=16)),
    (pa.decimal128(38, 18), _DECIMALS),
    (pa.decimal256(60, 18), _DECIMALS),
    (pa.decimal128(10, 2), _SHORT_DECIMALS),
    (pa.decimal128(38, 18), _SHORT_DECIMALS),
    (pa.date32(), VALUES[ColumnType.DATE]),
    (pa.date64(), VALUES[ColumnType.DATE]),
    (pa.timestamp("us"), _MOMENTS),
    (pa.timestamp("s"), _SECONDS),
    (pa.timestamp("ms"), _SECONDS),
    (pa.timestamp("ns"), _NANO_ERA),
    (pa.timestamp("us", "UTC"), _MOMENTS.map(lambda moment: moment.replace(tzinfo=UTC))),
    (pa.time64("us"), st.times()),
]


@dataclass(frozen=True)
class Written:
    """A table to write, and what Domo has then."""

    batches: list[pa.RecordBatch]
    columns: Schema
    expected: pa.Table


@st.composite
def tables(draw: st.DrawFn, max_rows: int = 12) -> Written:
    layouts = draw(st.lists(st.sampled_from(LAYOUTS), min_size=1, max_size=6))
    count = draw(st.integers(0, max_rows))
    arrays = [
        array_of(draw(st.lists(st.none() | values, min_size=count, max_size=count)), kind) for kind, values in layouts
    ]
    batch = pa.RecordBatch.from_arrays(arrays, names=[f"column {index}" for index in range(len(arrays))])
    cuts = sorted(draw(st.lists(st.integers(0, count), max_size=3)))
    batches = [batch.slice(start, end - start) for start, end in zip([0, *cuts], [*cuts, count], strict=True)]
    columns = Schema.from_arrow(batch.schema)
    expected = pa.Table.from_arrays(
        [in_domo(array, field.type) for array, field in zip(arrays, columns.to_arrow(), strict=True)],
        schema=columns.to_arrow(),
    )
    return Written(batches, columns, expected)


def array_of(values: list[object], kind: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(kind):
        return pa.array(values, kind.value_type).dictionary_encode().cast(kind)
    if pa.types.is_run_end_encoded(kind):
        return pc.run_end_encode(pa.array(values, kind.value_type), run_end_type=kind.run_end_type)
    if pa.types.is_float16(kind):
        return pa.array(values, pa.float32()).cast(kind)  # which in version 18 takes no float of Python
    return pa.array(values, kind)


def in_domo(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """The values in the type that Domo's are read as, by way of Python and not of what is being tested."""
    values = array.to_pylist()
    if pa.types.is_float32(array.type) or pa.types.is_float16(array.type):
        # What the shortest digits say that tell these floats apart is another double, and the same float again.
        return array.cast(pa.float32()).cast(pa.string()).cast(kind)
    if pa.types.is_string(kind):
        return pa.array([None if value is None else _text(value) for value in values], kind)
    if pa.types.is_timestamp(kind):
        return pa.array([value and value.replace(tzinfo=None) for value in values], kind)
    return pa.array(values, kind)


def _text(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case dt.time():
            return value.isoformat(timespec="microseconds")
        case _:
            return str(value)
