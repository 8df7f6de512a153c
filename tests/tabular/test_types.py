"""Domo's types and Arrow's."""

from __future__ import annotations

import subprocess
import sys

import pyarrow as pa
import pytest

from domo_async.errors import InvalidArgumentError, MissingExtraError
from domo_async.models import Column, ColumnType, Schema
from domo_async.tabular import arrow_schema, domo_schema

PAIRS = [
    (ColumnType.STRING, pa.string()),
    (ColumnType.LONG, pa.int64()),
    (ColumnType.DOUBLE, pa.float64()),
    (ColumnType.DECIMAL, pa.decimal128(38, 18)),
    (ColumnType.DATE, pa.date32()),
    (ColumnType.DATETIME, pa.timestamp("us")),
]


@pytest.mark.parametrize(("domo", "arrow"), PAIRS)
def test_each_type_goes_there_and_back(domo: ColumnType, arrow: pa.DataType) -> None:
    schema = Schema(columns=[Column(name="x", type=domo)])
    assert arrow_schema(schema) == pa.schema([("x", arrow)])
    assert domo_schema(arrow_schema(schema)) == schema
    assert Schema.from_arrow(schema.to_arrow()) == schema


def test_text_of_a_type_will_do_and_an_unknown_one_is_text() -> None:
    schema = Schema.model_validate({"columns": [{"name": "a", "type": "LONG"}, {"name": "b", "type": "GEOMETRY"}]})
    assert arrow_schema(schema).types == [pa.int64(), pa.string()]


@pytest.mark.parametrize("decimal", [(38, 0), (1, 1), (10, 2)])
def test_decimals_of_choice(decimal: tuple[int, int]) -> None:
    schema = Schema(columns=[Column(name="x", type=ColumnType.DECIMAL)])
    assert arrow_schema(schema, decimal=decimal).field("x").type == pa.decimal128(*decimal)


@pytest.mark.parametrize("decimal", [(0, 0), (39, 0), (5, 6), (5, -1)])
def test_impossible_decimals(decimal: tuple[int, int]) -> None:
    with pytest.raises(InvalidArgumentError, match="precision"):
        arrow_schema(Schema(columns=[Column(name="x", type=ColumnType.DECIMAL)]), decimal=decimal)


@pytest.mark.parametrize(
    ("arrow", "domo"),
    [
        (pa.bool_(), "STRING"),
        (pa.null(), "STRING"),
        (pa.large_string(), "STRING"),
        (pa.string_view(), "STRING"),
        (pa.dictionary(pa.int8(), pa.string()), "STRING"),
        (pa.dictionary(pa.int8(), pa.int32()), "LONG"),
        (pa.run_end_encoded(pa.int32(), pa.float32()), "DOUBLE"),
        (pa.int8(), "LONG"),
        (pa.uint64(), "LONG"),
        (pa.float16(), "DOUBLE"),
        (pa.decimal256(50, 2), "DECIMAL"),
        (pa.date64(), "DATE"),
        (pa.timestamp("ns", "Europe/Berlin"), "DATETIME"),
        (pa.time64("us"), "STRING"),
        (pa.uuid(), "STRING"),
        (pa.list_(pa.int8()), "STRING"),
        (pa.struct([]), "STRING"),
        (pa.map_(pa.string(), pa.int8()), "STRING"),
    ],
)
def test_types_that_domo_has_by_another_name(arrow: pa.DataType, domo: str) -> None:
    schema = pa.schema([("x", arrow)])
    assert domo_schema(schema).columns[0].type == domo
    assert Schema.from_arrow(schema) == domo_schema(schema)


@pytest.mark.parametrize(
    "arrow",
    [
        pa.duration("s"),
        pa.binary(),
        pa.binary(4),
        pa.month_day_nano_interval(),
        pa.opaque(pa.int64(), "month", "somebody"),
        pa.dictionary(pa.int8(), pa.binary()),
        pa.list_(pa.struct([("ok", pa.int8()), ("not", pa.binary())])),
        pa.map_(pa.string(), pa.duration("s")),
    ],
)
def test_types_that_domo_has_not(arrow: pa.DataType) -> None:
    with pytest.raises(InvalidArgumentError, match="column 'x' has the Arrow type"):
        domo_schema(pa.schema([("x", arrow)]))


@pytest.mark.parametrize("names", [("Id", "ID"), ("x", "x"), ("straße", "STRASSE")])
def test_names_that_differ_only_by_case(names: tuple[str, str]) -> None:
    with pytest.raises(InvalidArgumentError, match="differ only by case"):
        domo_schema(pa.schema([(name, pa.int8()) for name in names]))


def test_a_column_has_a_name() -> None:
    with pytest.raises(InvalidArgumentError, match="no name"):
        Schema.from_arrow(pa.schema([("", pa.int8())]))


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError) as caught:
        arrow_schema(Schema())
    assert caught.value.extra == "arrow"


def test_tables_cost_nothing_until_they_are_used() -> None:
    """Importing the package and the jobs imports none of the large libraries."""
    code = "import sys, domo_async.tabular, domo_async.jobs; print({'pyarrow', 'pandas', 'polars'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
