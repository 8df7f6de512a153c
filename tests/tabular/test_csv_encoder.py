"""What becomes of each value on its way into Domo's CSV, and which values have no way."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from domo_async.errors import InvalidArgumentError, InvalidDataError
from domo_async.models import Column, Schema
from domo_async.tabular.csv_encoder import CsvEncoder
from domo_async.tabular.writing_rules import WritingRules

if TYPE_CHECKING:
    from collections.abc import Sequence

BERLIN = "Europe/Berlin"


def fields(array: pa.Array, kind: str | None = None, **rules: str) -> list[str]:
    """The values as they stand in the CSV, in a column beside another one."""
    batch = pa.record_batch({"x": array, "end": pa.nulls(len(array))})
    columns = Schema.from_arrow(batch.schema)
    if kind is not None:
        columns = Schema(columns=[Column(name="x", type=kind), Column(name="end")])
    encoder = CsvEncoder(batch.schema, columns, WritingRules(**rules), source="orders")
    text = bytes(encoder.encode(batch, 1)).decode()
    return text.removesuffix(",\n").split(",\n")


def refused(array: pa.Array, kind: str | None = None, **rules: str) -> InvalidDataError:
    with pytest.raises(InvalidDataError) as caught:
        fields(array, kind, **rules)
    assert caught.value.source == "orders"
    assert caught.value.column == "x"
    return caught.value


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (pa.array(["a", "", None, 'q"', "\\N", "a\nb", "é"]), ['"a"', '""', "", '"q"""', '"\\N"', '"a\nb"', '"é"']),
        (pa.array([True, False, None]), ["true", "false", ""]),
        (pa.array([1, -(2**63), 2**63 - 1]), ["1", "-9223372036854775808", "9223372036854775807"]),
        (pa.array([0.1, -0.0, 1e300, 5e-324, 100.0]), ["0.1", "-0", "1e+300", "5e-324", "100"]),
        (pa.array([0.1], pa.float32()), ["0.1"]),
        (pa.array([Decimal(0), Decimal("12.50")], pa.decimal128(38, 18)), ["0.00", "12.50"]),
        (pa.array([Decimal(0), Decimal("1e-7")], pa.decimal128(38, 18)), ['"0"', '"0.0000001"']),
        (pa.array([Decimal("-1.123456789"), None], pa.decimal128(38, 18)), ['"-1.123456789"', ""]),
        (pa.array([Decimal(1000)], pa.decimal128(5, -2)), ["1000"]),
        (pa.array([Decimal(10) ** 30], pa.decimal256(76, 2)), [f"1{'0' * 30}"]),
        (pa.array([dt.date(1, 1, 1), dt.date(9999, 12, 31)]), ["0001-01-01", "9999-12-31"]),
        (pa.array([0, -1], pa.timestamp("s")), ["1970-01-01 00:00:00", "1969-12-31 23:59:59"]),
        (pa.array([0, 10**6], pa.timestamp("us")), ["1970-01-01 00:00:00", "1970-01-01 00:00:01"]),
        (pa.array([0, 10**3], pa.timestamp("us")), ["1970-01-01 00:00:00.000", "1970-01-01 00:00:00.001"]),
        (pa.array([0], pa.timestamp("s", BERLIN)), ["1970-01-01 00:00:00"]),
        (pa.array([dt.time(1, 2, 3, 4)]), ['"01:02:03.000004"']),
        (pa.array([[1, None], [], None]), ['"[1,null]"', '"[]"', ""]),
        (pa.array([{"a": Decimal("1.50"), "b": "é"}]), ['"{""a"":1.50,""b"":""é""}"']),
        (pa.array([[("k", 1)], []], pa.map_(pa.string(), pa.int8())), ['"{""k"":1}"', '"{}"']),
        (pa.array([[(1, "v")]], pa.map_(pa.int8(), pa.string())), ['"[[1,""v""]]"']),
        (
            pa.array([[dt.datetime(2024, 7, 1, 12, tzinfo=dt.UTC)]], pa.list_(pa.timestamp("s", BERLIN))),
            ['"[""2024-07-01T12:00:00Z""]"'],
        ),
        (pa.nulls(2), ["", ""]),
        (pc.run_end_encode(pa.array([1, 1, None])), ["1", "1", ""]),
        (
            pa.array([uuid.UUID(int=1).bytes, None], pa.binary(16)).cast(pa.uuid()),
            ['"00000000-0000-0000-0000-000000000001"', ""],
        ),
        (pa.array([1, 0], pa.int8()).cast(pa.bool8()), ["true", "false"]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_values_of_the_type_they_have(array: pa.Array, expected: list[str]) -> None:
    assert fields(array) == expected


@pytest.mark.parametrize(
    ("array", "kind", "expected"),
    [
        (pa.array([1, None]), "STRING", ['"1"', ""]),
        (pa.array([1.5]), "STRING", ['"1.5"']),
        (pa.array([Decimal("1E-9")], pa.decimal128(38, 18)), "STRING", ['"0.000000001"']),
        (pa.array([dt.date(2024, 1, 2)]), "STRING", ['"2024-01-02"']),
        (pa.array([1.0, None]), "LONG", ["1", ""]),
        (pa.array([Decimal("7.00")]), "LONG", ["7"]),
        (pa.array(["7", " 8.0", None]), "LONG", ["7", "8", ""]),
        (pa.array([2**53, -(2**53)]), "DOUBLE", [str(2**53), str(-(2**53))]),
        (pa.array([Decimal("0.1"), Decimal(10) ** 20], pa.decimal128(38, 2)), "DOUBLE", ["0.10", f"1{'0' * 20}.00"]),
        (pa.array(["1e5"]), "DOUBLE", ["100000"]),
        (pa.array([2**64 - 1], pa.uint64()), "DECIMAL", [str(2**64 - 1)]),
        (pa.array([0.1, 1e-10]), "DECIMAL", ['"0.1"', '"0.0000000001"']),
        (pa.array(["12.5"]), "DECIMAL", ["12.50"]),
        (pa.array([dt.datetime(2024, 1, 2)]), "DATE", ["2024-01-02"]),
        (pa.array(["2024-01-02"]), "DATE", ["2024-01-02"]),
        (pa.array([dt.date(2024, 1, 2)]), "DATETIME", ["2024-01-02 00:00:00"]),
        (pa.array(["2024-01-02T03:04:05+01:00"]), "DATETIME", ["2024-01-02 02:04:05"]),
        (pa.nulls(1), "LONG", [""]),
        (pa.array([1]), "GEOMETRY", ['"1"']),
    ],
)
def test_values_of_a_type_that_the_dataset_has(array: pa.Array, kind: str, expected: list[str]) -> None:
    """Whatever has an exact form in it is written in it."""
    assert fields(array, kind) == expected


@pytest.mark.parametrize(
    ("array", "kind", "value"),
    [
        (pa.array([1, 2**63], pa.uint64()), None, "9223372036854775808"),
        (pa.array([1.0, float("nan")]), None, "nan"),
        (pa.array([1.0, float("-inf")], pa.float32()), None, "-inf"),
        (pa.array([None, Decimal(10) ** 60], pa.decimal256(76, 2)), None, f"1{'0' * 60}.00"),
        (pa.array([0, 10**7], pa.date32()), None, "29349-01-26"),
        (pa.array([0, 10**15], pa.timestamp("s")), None, "<value out of range: 1000000000000000>"),
        (pa.array([None, -(2**62)], pa.timestamp("ms")), None, f"<value out of range: {-(2**62)}>"),
        (pa.array([0, 1], pa.timestamp("ns")), None, "1970-01-01 00:00:00.000000001"),
        (pa.array([[1.0], [float("nan")]]), None, "[nan]"),
        (pa.array([1.0, 1.5]), "LONG", "1.5"),
        (pa.array([1.0, 2.0**63]), "LONG", "9.223372036854776e+18"),
        (pa.array([Decimal("1.0"), Decimal("1.1")]), "LONG", "1.1"),
        (pa.array(["1", "x"]), "LONG", "'x'"),
        (pa.array(["1", " "]), "LONG", "' '"),
        (pa.array([None, True]), "LONG", "true"),
        (pa.array([None, [1]]), "LONG", "[1]"),
        (pa.array([None, {"a": 1}]), "DATE", "[('a', 1)]"),
        (pa.array([None, 0], pa.timestamp("s", "Nowhere/Atall")), "LONG", "0 timestamp[s, tz=Nowhere/Atall]"),
        (pa.array([2**53, 2**53 + 1]), "DOUBLE", "9007199254740993"),
        (pa.array([0, -(2**53) - 1]), "DOUBLE", "-9007199254740993"),
        (pa.array([0, 2**64 - 1], pa.uint64()), "DOUBLE", "18446744073709551615"),
        (pa.array([Decimal("0.1"), Decimal("0.1234567890123456")]), "DOUBLE", "0.1234567890123456"),
        (pa.array(["1", "nan"]), "DOUBLE", "nan"),
        (pa.array([1.0, 1e30]), "DECIMAL", "'1e+30'"),
        (pa.array([dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 1, 1)]), "DATE", "2024-01-01 01:00:00.000000"),
        (pa.array([None, "2024-02-30"]), "DATE", "'2024-02-30'"),
        (pa.array([None, 1]), "DATETIME", "1"),
    ],
)
def test_values_without_an_exact_form(array: pa.Array, kind: str | None, value: str) -> None:
    """The error names the row, the column and the value."""
    error = refused(array, kind)
    assert (error.row, error.value) == (2, value)
    assert str(error).startswith("orders, row 2, column 'x': the value ")
    assert value in str(error)


def test_a_long_value_is_cut() -> None:
    error = refused(pa.array(["x" * 10_000]), "LONG")
    assert error.value is not None
    assert len(error.value) < 200


def test_nan_may_become_null() -> None:
    """But only if that is asked for, and in nested values too."""
    assert fields(pa.array([1.5, float("nan"), float("inf")]), not_finite="null") == ["1.5", "", ""]
    assert fields(pa.array([[1.5, float("nan")]]), not_finite="null") == ['"[1.5,null]"']


def test_nanoseconds_may_be_cut_off() -> None:
    """Downwards, before 1970 as well."""
    array = pa.array([1_999, -1], pa.timestamp("ns"))
    assert fields(array, nanoseconds="truncate") == ["1970-01-01 00:00:00.000001", "1969-12-31 23:59:59.999999"]


@pytest.mark.parametrize(
    ("array", "kind"),
    [
        (pa.array([None, 0], pa.timestamp("s", BERLIN)), None),
        (pa.array([None, 0], pa.timestamp("s", BERLIN)), "DATE"),
        (pa.array([None, "2024-01-01T00:00:00Z"]), "DATETIME"),
        (pa.array(["2024-01-01 00:00", "2024-01-01 00:00:00+0100"]), "DATETIME"),
    ],
)
def test_zones_may_be_refused(array: pa.Array, kind: str | None) -> None:
    assert refused(array, kind, timestamps="refuse").row == 2


def test_a_null_of_a_single_column_is_no_blank_line() -> None:
    """Domo's grammar has none; text that reads like the marker is quoted."""
    batch = pa.record_batch({"x": ["a", None, "", "\\N", 'q"']})
    encoder = CsvEncoder(batch.schema, Schema.from_arrow(batch.schema), WritingRules())
    assert bytes(encoder.encode(batch, 1)) == b'"a"\n\\N\n""\n"\\N"\n"q"""\n'
    numbers = pa.record_batch({"x": [1, None]})
    encoder = CsvEncoder(numbers.schema, Schema.from_arrow(numbers.schema), WritingRules())
    assert bytes(encoder.encode(numbers, 1)) == b"1\n\\N\n"


@pytest.mark.parametrize(
    ("names", "columns", "problem"),
    [
        (["x"], [], "without columns"),
        (["x", "y"], ["x"], "no column 'y'"),
        (["x", "X"], ["x"], "several columns have the name 'X'"),
    ],
)
def test_columns_that_do_not_fit(names: Sequence[str], columns: Sequence[str], problem: str) -> None:
    incoming = pa.schema([(name, pa.int8()) for name in names])
    with pytest.raises(InvalidArgumentError, match=problem):
        CsvEncoder(incoming, Schema(columns=[Column(name=name) for name in columns]), WritingRules())
