"""Domo's CSV into Arrow: every value as it was, or an error that says where."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domo_async.errors import InvalidArgumentError, InvalidResponseError, MissingExtraError
from domo_async.models import Column, ColumnType, Schema
from domo_async.tabular.csv_blocks import CsvCutter, FlawedCsvError
from domo_async.tabular.csv_decoder import CsvDecoder
from domo_async.tabular.types import arrow_schema
from tests.tabular.domo_csv import Sheet, sheets, split

if TYPE_CHECKING:
    from collections.abc import Iterable


def schema(*kinds: str) -> Schema:
    return Schema(columns=[Column(name=f"c{index}", type=kind) for index, kind in enumerate(kinds)])


def decode(
    pieces: Iterable[bytes], schema: Schema, *, block_size: int = 2**20, has_header: bool = False, **options: object
) -> pa.Table:
    """What `read_batches` does, without its tasks and threads."""
    cutter = CsvCutter(block_size, has_header=has_header)
    decoder = CsvDecoder(schema, **options)  # type: ignore[arg-type]
    batches: list[pa.RecordBatch] = []

    def take() -> None:
        try:
            while cutter.ready and (block := cutter.cut()) is not None:
                batches.append(decoder.decode(block))
        except FlawedCsvError as flaw:
            raise flaw.located("Sales", sum(batch.num_rows for batch in batches)) from None

    for piece in pieces:
        cutter.feed(piece)
        take()
    cutter.end()
    take()
    return pa.Table.from_batches(batches, schema=decoder.schema)


def read(text: str | bytes, *kinds: str, **options: object) -> list[tuple[object, ...]]:
    data = text if isinstance(text, bytes) else text.encode()
    table = decode([data], schema(*kinds), **options)  # type: ignore[arg-type]
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


@given(sheets(), st.sampled_from([1, 7, 64, 2**20]), st.data())
@settings(max_examples=400, deadline=None)
def test_what_was_written_is_read(sheet: Sheet, block_size: int, more: st.DataObject) -> None:
    """Any table, any pieces, any block size: the same values, null and empty text apart."""
    table = decode(more.draw(st.composite(split)(sheet.csv)), sheet.schema, block_size=block_size)
    expected = pa.Table.from_arrays(
        [
            pa.array([row[index] for row in sheet.rows], field.type)
            for index, field in enumerate(arrow_schema(sheet.schema))
        ],
        schema=arrow_schema(sheet.schema),
    )
    table.validate(full=True)
    assert table.equals(expected)


@given(sheets(), st.data())
@settings(max_examples=100, deadline=None)
def test_some_columns_are_those_of_all(sheet: Sheet, more: st.DataObject) -> None:
    """A selection has the values and the order that were asked for."""
    wanted = more.draw(st.lists(st.sampled_from(sheet.schema.names), min_size=1, unique=True))
    whole = decode([sheet.csv], sheet.schema)
    assert decode([sheet.csv], sheet.schema, columns=wanted).equals(whole.select(wanted))


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("1.0", "LONG", 1),
        ("-9223372036854775808.000", "LONG", -(2**63)),
        ("9223372036854775807.0", "LONG", 2**63 - 1),
        ("+7", "LONG", 7),
        ("1e3", "LONG", 1000),
        ('""', "LONG", None),
        ('" "', "LONG", None),
        ('"12"', "LONG", 12),
        ("+1.5", "DOUBLE", 1.5),
        (".5", "DOUBLE", 0.5),
        ("5.", "DOUBLE", 5.0),
        ("1E5", "DOUBLE", 1e5),
        ("inf", "DOUBLE", float("inf")),
        ('""', "DOUBLE", None),
        ("0.1", "DECIMAL", Decimal("0.1")),
        ("1e-18", "DECIMAL", Decimal("1e-18")),
        ("9999999999999999999999999999999999999e-18", "DECIMAL", Decimal("9999999999999999999.999999999999999999")),
        (" 99999999999999999999.999999999999999999", "DECIMAL", Decimal("99999999999999999999.999999999999999999")),
        ("1.5000000000000000000000000", "DECIMAL", Decimal("1.5")),
        ("2024-01-02T00:00:00", "DATE", dt.date(2024, 1, 2)),
        ("2024-01-02 00:00", "DATE", dt.date(2024, 1, 2)),
        ("2024-01-02T00:00:00.000Z", "DATE", dt.date(2024, 1, 2)),
        ("2024-01-02T03:04:05", "DATETIME", dt.datetime(2024, 1, 2, 3, 4, 5)),
        ("2024-01-02 03:04:05.25", "DATETIME", dt.datetime(2024, 1, 2, 3, 4, 5, 250_000)),
        ("2024-01-02T03:04:05Z", "DATETIME", dt.datetime(2024, 1, 2, 3, 4, 5)),
        ("2024-01-02T03:04:05.123456000", "DATETIME", dt.datetime(2024, 1, 2, 3, 4, 5, 123_456)),
        ("2024-01-02T03:04:05+02:00", "DATETIME", dt.datetime(2024, 1, 2, 1, 4, 5)),
        ("2024-01-02T03:04:05-0530", "DATETIME", dt.datetime(2024, 1, 2, 8, 34, 5)),
        ("2024-01-02", "DATETIME", dt.datetime(2024, 1, 2)),
        ("0001-01-01T00:00:00", "DATETIME", dt.datetime(1, 1, 1)),
        ("NA", "STRING", "NA"),
        ("null", "STRING", "null"),
        ('""', "STRING", ""),
        ('"\\N"', "STRING", "\\N"),
        ("\\N", "STRING", None),
        ('5.5" pipe', "STRING", '5.5" pipe'),
        ("anything", "SOMETHING_NEW", "anything"),
    ],
)
def test_forms_of_a_value(text: str, kind: str, value: object) -> None:
    """The usual ones, and the odd ones with one meaning."""
    usual = {"LONG": "5", "DOUBLE": "5", "DECIMAL": "5", "DATE": "2000-01-01", "DATETIME": "2000-01-01T00:00:00"}
    first = usual.get(kind, "x")
    rows = read(f"a,{first}\nb,{text}\nc,\n" * 3, "STRING", kind, block_size=20)
    assert [row[1] for row in rows[1::3]] == [value] * 3
    assert [row[1] for row in rows[2::3]] == [None] * 3
    assert rows[0][1] is not None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("1.5", "LONG"),
        ("9223372036854775808", "LONG"),
        ("1_000", "LONG"),
        ("٣", "LONG"),
        ("TRUE", "LONG"),
        ("NA", "LONG"),
        ("NA", "DOUBLE"),
        ("1_0.5", "DOUBLE"),
        ("0.1234567890123456789", "DECIMAL"),
        ("123456789012345678901", "DECIMAL"),
        ("9999999999999999999999", "DECIMAL"),
        ("1e25", "DECIMAL"),
        ("1e30", "DECIMAL"),
        ("12345678901.1234567890123456789e0", "DECIMAL"),
        ("1e9999", "DECIMAL"),
        ("nan", "DECIMAL"),
        ("2024-13-01", "DATE"),
        ("2024-01-02T03:00:00", "DATE"),
        ("01/02/2024", "DATE"),
        ("2024-01-02T03:04:05.1234567", "DATETIME"),
        ("2024-01-02T25:00:00", "DATETIME"),
        ("yesterday", "DATETIME"),
        ("20240102", "DATETIME"),
    ],
)
def test_a_value_without_meaning_is_named(text: str, kind: str) -> None:
    """DataSet, row, column and value; repeating the export would not help."""
    with pytest.raises(InvalidResponseError) as caught:
        read(f"a,\nb,\nc,\nd,{text}\ne,\n", "STRING", kind, block_size=6)
    message = str(caught.value)
    assert "DataSet 'Sales', row 4, column 'c1'" in message
    assert repr(text)[1:-1] in message
    assert kind in message
    assert ("decimal=" in message) == (kind == "DECIMAL")
    assert not caught.value.retryable


def test_the_width_of_a_decimal_is_the_callers_choice() -> None:
    """More digits after the point, fewer before it."""
    assert read("0.1234567890123456789\n", "DECIMAL", decimal=(38, 19)) == [(Decimal("0.1234567890123456789"),)]
    with pytest.raises(InvalidArgumentError):
        read("1\n", "DECIMAL", decimal=(39, 2))


@pytest.mark.parametrize("odd", ["a", "a,1,2", '"a'])
def test_a_record_of_another_width_is_named(odd: str) -> None:
    """Its row and its text are in the message."""
    with pytest.raises(InvalidResponseError) as caught:
        read(f"a,1\nb,2\n{odd}\nd,4\n", "STRING", "LONG", block_size=8)
    if odd == '"a':
        assert "inside a quoted field" in str(caught.value)
    else:
        assert "row 3: " in str(caught.value)
        assert "2 columns" in str(caught.value)
        assert caught.value.retryable


def test_long_values_are_cut_in_messages() -> None:
    with pytest.raises(InvalidResponseError) as caught:
        read("x" * 10_000 + "\n", "LONG")
    assert len(str(caught.value)) < 300


def test_text_that_is_not_utf8_is_named() -> None:
    with pytest.raises(InvalidResponseError, match=r"row 2, column 'c0'.*\\\\xff"):
        read(b"ok,1\n\xffbad,2\n", "STRING", "LONG")


@pytest.mark.parametrize("page", [b"<!DOCTYPE html><title>Domo Maintenance</title>", b"\xef\xbb\xbf\n <html><body>no"])
def test_a_web_page_is_not_data(page: bytes) -> None:
    with pytest.raises(InvalidResponseError, match="web page"):
        read(page + b"\n", "STRING")


@pytest.mark.parametrize("block_size", [1, 2**20])
def test_a_byte_order_mark_is_not_data(block_size: int) -> None:
    """At the very start. Later it is text, also where a block begins."""
    assert read("\ufeffa\n\ufeffb\n", "STRING", block_size=block_size) == [("a",), ("\ufeffb",)]


@pytest.mark.parametrize("text", ["", "\ufeff", "\n", "\r\n\n"])
def test_nothing_is_no_rows(text: str) -> None:
    assert read(text, "STRING", "LONG") == []


def test_in_a_single_column_a_blank_line_is_null() -> None:
    assert read("\ufeff", "STRING") == []
    assert read("a\n\nb\n", "STRING") == [("a",), (None,), ("b",)]


@pytest.mark.parametrize("block_size", [1, 2**20])
def test_a_header_is_skipped(block_size: int) -> None:
    """Also one with a line break in a name; rows are counted after it."""
    text = '"first\nname",n\na,1\nb,x\n'
    with pytest.raises(InvalidResponseError, match="row 2, column 'c1'"):
        read(text, "STRING", "LONG", has_header=True, block_size=block_size)
    with pytest.raises(InvalidResponseError, match="row 2: 3 fields"):
        read('"first\nname",n\na,1\nb,2,3\n', "STRING", "LONG", has_header=True, block_size=block_size)
    assert read("h,n\n", "STRING", "LONG", has_header=True, block_size=block_size) == []
    assert read("h,n\nx,1\n", "STRING", "LONG", has_header=True, block_size=block_size) == [("x", 1)]


def test_names_may_repeat() -> None:
    """Columns are told apart by position."""
    twice = Schema(columns=[Column(name="x", type=ColumnType.LONG), Column(name="x")])
    table = decode([b"1,a\n"], twice)
    assert table.column_names == ["x", "x"]
    assert table.column(1).to_pylist() == ["a"]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (["C0"], "Did you mean 'c0'"),
        (["zz"], "There are 'c0', 'c1'"),
        ([], "empty"),
        (["c0", "c0"], "twice"),
        ("c0", "one text"),
    ],
)
def test_columns_that_are_not_there(columns: list[str], words: str) -> None:
    with pytest.raises(InvalidArgumentError, match=words):
        CsvDecoder(schema("STRING", "LONG"), columns=columns)


def test_senseless_arguments() -> None:
    with pytest.raises(InvalidArgumentError):
        CsvDecoder(Schema())
    with pytest.raises(InvalidArgumentError):
        CsvCutter(0)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"domo-async\[arrow\]"):
        CsvDecoder(schema("STRING"))


def test_a_long_row_is_read() -> None:
    """Sixteen times the block and more."""
    text = "x" * (17 * 2**20)
    assert read(f'1,"{text}"\n2,b\n', "LONG", "STRING") == [(1, text), (2, "b")]


@pytest.mark.skipif("jemalloc" not in pa.supported_memory_backends(), reason="Arrow was built without jemalloc")
@pytest.mark.parametrize(
    ("chosen", "kept", "is_elsewhere"), [(None, True, True), (None, False, False), ("mimalloc", True, False)]
)
def test_what_is_kept_lies_in_a_pool_of_its_own(
    monkeypatch: pytest.MonkeyPatch, chosen: str | None, kept: bool, is_elsewhere: bool
) -> None:
    if pa.default_memory_pool().backend_name != "mimalloc":
        pytest.skip("this Arrow uses another pool")
    monkeypatch.delenv("ARROW_DEFAULT_MEMORY_POOL", raising=False)
    if chosen is not None:
        monkeypatch.setenv("ARROW_DEFAULT_MEMORY_POOL", chosen)
    before = pa.jemalloc_memory_pool().bytes_allocated()
    table = decode([b"7\n" * 10_000], schema("LONG"), kept=kept)
    assert table.column(0).to_pylist() == [7] * 10_000
    assert (pa.jemalloc_memory_pool().bytes_allocated() > before) == is_elsewhere
