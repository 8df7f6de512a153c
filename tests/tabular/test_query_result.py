"""Rows of a query as tables."""

from __future__ import annotations

import copy
import datetime as dt
import gc
import json
import pickle
import sys
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domo_async.errors import InvalidArgumentError, InvalidResponseError, MissingExtraError
from domo_async.tabular import QueryResult
from domo_async.tabular.exact_numbers import ExactFloat


def result(types: str, *rows: list[object], names: str = "abcdefgh") -> QueryResult:
    kinds = types.split()
    document = {
        "datasource": "1",
        "columns": list(names[: len(kinds)]),
        "metadata": [{"type": kind} for kind in kinds],
        "rows": rows,
        "numRows": len(rows),
        "fromcache": True,
    }
    return QueryResult.model_validate_json(json.dumps(document))


FULL = result(
    "STRING LONG DOUBLE DECIMAL DATE DATETIME",
    ["NA", 2**53 + 1, 0.1, 12.34, "2024-01-02", "2019-03-19T18:49:02"],
    ["", None, 3, -5, None, "2019-03-19 18:49:02.5Z"],
    [None, 3.0, None, None, "0001-01-01", None],
)


def test_types_come_from_metadata() -> None:
    table = FULL.to_arrow()
    assert table.schema.types == [
        pa.string(),
        pa.int64(),
        pa.float64(),
        pa.decimal128(38, 18),
        pa.date32(),
        pa.timestamp("us"),
    ]
    assert table.to_pydict() == {
        "a": ["NA", "", None],
        "b": [2**53 + 1, None, 3],
        "c": [0.1, 3.0, None],
        "d": [Decimal("12.34"), Decimal(-5), None],
        "e": [dt.date(2024, 1, 2), None, dt.date(1, 1, 1)],
        "f": [dt.datetime(2019, 3, 19, 18, 49, 2), dt.datetime(2019, 3, 19, 18, 49, 2, 500_000), None],
    }


def test_it_is_a_sequence_of_rows() -> None:
    assert len(FULL) == 3
    assert [row[0] for row in FULL] == ["NA", "", None]
    assert FULL.from_cache is True
    assert FULL.to_dicts()[1]["c"] == 3


@pytest.mark.parametrize(
    ("announced", "values", "type_", "read"),
    [
        ("LONG", [1, 2.5, None], pa.float64(), [1.0, 2.5, None]),
        ("LONG", [2**63], pa.string(), [str(2**63)]),
        ("LONG", [2**60, 0.5], pa.string(), [str(2**60), "0.5"]),
        ("LONG", ["x", 1, True], pa.string(), ["x", "1", "true"]),
        ("LONG", ["7", ""], pa.int64(), [7, None]),
        ("DATE", [20240102], pa.int64(), [20240102]),
        ("DATETIME", ["yesterday"], pa.string(), ["yesterday"]),
        ("DECIMAL", [1e25], pa.float64(), [1e25]),
        ("STRING", [1, 1.5, False], pa.string(), ["1", "1.5", "false"]),
        ("NEW", ["x"], pa.string(), ["x"]),
    ],
)
def test_what_is_not_as_announced_is_not_lost(
    announced: str, values: list[object], type_: pa.DataType, read: list[object]
) -> None:
    """It keeps its value, in the type that it has."""
    column = result(announced, *([value] for value in values)).to_arrow().column(0)
    assert column.type == type_
    assert column.to_pylist() == read


def test_without_metadata_values_speak_for_themselves() -> None:
    answer = QueryResult(columns=["a", "b", "c", "d"], rows=[[1, 1.5, "x", None], [2, 2, None, None]])
    assert answer.to_arrow().schema.types == [pa.int64(), pa.float64(), pa.string(), pa.string()]
    assert QueryResult().to_arrow().shape == (0, 0)


def test_no_rows_keep_their_types() -> None:
    table = result("LONG DATE").to_arrow()
    assert (table.num_rows, table.schema.types) == (0, [pa.int64(), pa.date32()])


def test_rows_of_another_width_are_refused() -> None:
    crooked = result("LONG LONG", [1, 2], [3])
    for method in (crooked.to_arrow, crooked.to_dicts):
        with pytest.raises(InvalidResponseError, match="row 2 of the query has 1 values for 2 columns"):
            method()


def test_names_that_repeat() -> None:
    """Fine in Arrow, impossible elsewhere."""
    twice = result("LONG LONG", [1, 2], names="xx")
    assert twice.to_arrow().column_names == ["x", "x"]
    for method in (twice.to_dicts, twice.to_polars):
        with pytest.raises(InvalidArgumentError, match="name"):
            method()


def test_pandas_keeps_every_value() -> None:
    """A LONG with nulls stays exact, "NA" stays text, and null differs from empty."""
    pd = pytest.importorskip("pandas")
    frame = FULL.to_pandas()
    assert frame["b"].tolist()[0] == 2**53 + 1
    assert frame["b"].isna().tolist() == [False, True, False]
    assert frame["a"].isna().tolist() == [False, False, True]
    assert frame["a"][0] == "NA"
    assert all(isinstance(dtype, pd.ArrowDtype) for dtype in frame.dtypes)


def test_polars_keeps_every_value() -> None:
    pytest.importorskip("polars")
    frame = FULL.to_polars()
    assert frame["b"].to_list() == [2**53 + 1, None, 3]
    assert frame["d"][0] == Decimal("12.34")
    assert frame["a"].to_list() == ["NA", "", None]


def test_duckdb_goes_on_with_sql() -> None:
    """On the caller's connection, and long after the result is forgotten."""
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect() as connection:
        relation = result("STRING LONG DECIMAL", ["a", 1, 0.5], ["b", 2, None]).to_duckdb(connection)
        gc.collect()
        total = connection.sql("SELECT sum(a.b), any_value(c) FROM relation AS a")
        assert total.fetchall() == [(3, Decimal("0.5"))]
        assert [str(kind) for kind in relation.types] == ["VARCHAR", "BIGINT", "DECIMAL(38,18)"]
    with pytest.raises(InvalidArgumentError, match="closed"):
        FULL.to_duckdb(connection)
    with pytest.raises(InvalidArgumentError, match="DuckDB does not take"):
        QueryResult().to_duckdb()
    here = FULL.to_duckdb()
    assert duckdb.sql("SELECT b FROM here WHERE a = ''").fetchall() == [(None,)]
    assert here.shape == (3, 6)


DIGITS = [
    "12345678901234567.891234567890123456",
    "-0.000000000000000001",
    "99999999999999999999.999999999999999999",
    "0.1",
    "1234567890123456",
    "9007199254740993.0",
    "1.2345678901234567890E+4",
]


def test_decimals_keep_all_their_digits() -> None:
    """JSON has them; a float has fifteen."""
    rows = ",".join(f"[{number},{number}]" for number in DIGITS)
    body = f'{{"columns":["a","b"],"metadata":[{{"type":"DECIMAL"}},{{"type":"DOUBLE"}}],"rows":[{rows}]}}'.encode()
    answer = QueryResult.from_json(body)
    assert answer.to_arrow()["a"].to_pylist() == [Decimal(number) for number in DIGITS]
    assert answer.to_arrow()["b"].to_pylist() == [float(number) for number in DIGITS]
    assert [row[0] for row in answer] == [float(number) for number in DIGITS]
    assert [repr(row[0]) for row in answer][:4] == ["12345678901234567.891234567890123456", "-1e-18", *DIGITS[2:4]]
    assert type(answer.rows[3][0]) is float
    assert type(answer.rows[0][1]) is float


@given(st.lists(st.decimals(-(10**19), 10**19, places=18), max_size=5))
@settings(deadline=None)
def test_any_decimal_comes_through(numbers: list[Decimal]) -> None:
    """Whatever its length; texts that look like numbers stay what they are."""
    rows = ",".join(f'[{number:f},"{number:f}"]' for number in numbers)
    body = f'{{"columns":["a","b"],"metadata":[{{"type":"DECIMAL"}},{{"type":"STRING"}}],"rows":[{rows}]}}'.encode()
    table = QueryResult.from_json(body).to_arrow()
    assert table.to_pydict() == {"a": numbers, "b": [f"{number:f}" for number in numbers]}


def test_a_number_with_all_its_digits_is_a_float() -> None:
    number = ExactFloat("12345678901234567.89")
    assert isinstance(number, float)
    assert number + 0.5 == 12345678901234567.89 + 0.5
    assert f"{number} {number!s} {number!r}" == " ".join(["12345678901234567.89"] * 3)
    for copied in (copy.deepcopy(number), pickle.loads(pickle.dumps(number))):
        assert (type(copied), repr(copied)) == (ExactFloat, "12345678901234567.89")


def test_crooked_rows_of_long_numbers_are_refused() -> None:
    body = b'{"columns":["a"],"metadata":[{"type":"DECIMAL"}],"rows":[[1.00000000000000000001],[1,2]]}'
    with pytest.raises(InvalidResponseError, match="row 2 of the query has 2 values for 1 columns"):
        QueryResult.from_json(body).to_arrow()


@pytest.mark.parametrize(
    ("module", "method"),
    [("pandas", "to_pandas"), ("polars", "to_polars"), ("pyarrow", "to_arrow"), ("duckdb", "to_duckdb")],
)
def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, module: str, method: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match="domo-async"):
        getattr(FULL, method)()
