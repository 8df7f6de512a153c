"""Where records end, and how many there are."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domo_async.tabular import records
from domo_async.tabular.records import (
    RecordSplitter,
    RecordTooLongError,
    begins_with_cr_record,
    count_records,
    ends_inside_quotes,
)
from tests.tabular.domo_csv import Sheet, sheets, split

WILD = st.text('a",\n\r', max_size=60).map(str.encode)


def ends(data: bytes) -> tuple[list[int], bool]:
    """Ends of all records, byte by byte, and whether the last quoted field is open."""
    found: list[int] = []
    quoted, at_start, index = False, True, 0
    while index < len(data):
        char = data[index : index + 1]
        if quoted and char == b'"':
            if data[index + 1 : index + 2] == b'"':
                index += 1
            else:
                quoted = False
        elif not quoted:
            quoted = char == b'"' and at_start
            if char == b"\n":
                found.append(index + 1)
            at_start = char in b",\n"
        index += 1
    return found, quoted


def blocks(data: bytes, size: int, pieces: list[bytes] | None = None) -> list[bytes]:
    splitter = RecordSplitter(size)
    found: list[bytes] = []
    for piece in pieces or [data]:
        splitter.feed(piece)
        while splitter.ready and (block := splitter.take()) is not None:
            found.append(block)
    splitter.end()
    while splitter.ready:
        block = splitter.take()
        assert block is not None
        found.append(block)
    return found


@given(WILD | sheets().map(lambda s: s.csv), st.integers(1, 40), st.data())
@settings(max_examples=400)
def test_blocks_are_whole_records(data: bytes, size: int, more: st.DataObject) -> None:
    """Together they are the input; each ends where a record ends; and chunks make no difference."""
    whole = blocks(data, size)
    assert b"".join(whole) == data
    assert all(whole)
    record_ends, _ = ends(data)
    position = 0
    for block in whole[:-1]:
        position += len(block)
        assert position in record_ends
    assert blocks(data, size, more.draw(st.composite(split)(data))) == whole


@given(WILD.filter(lambda data: b"\n" in data), st.sampled_from([1, 2, 500]), st.sampled_from([0, 1, 2, 8]))
@settings(max_examples=1500)
def test_the_last_boundary_is_the_last_end_of_a_record(data: bytes, tries: int, looks: int) -> None:
    """Whether or not a quote near the end tells where it lies, and whatever the quotes before it do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "_TRIES", tries)
        patch.setattr(records, "_LOOKS", looks)
        assert records._last_boundary(data) == max(ends(data)[0], default=0)


@pytest.mark.parametrize(
    "unit",
    [b'1,"a, b",x\n', b'1,x,"two\nlines"\n', b'5.5" pipe,6",7\n', b'1,"",\n', b'"","""",","\n', b'"a\n""b""\n",1\n'],
)
def test_quotes_of_all_kinds_where_blocks_end(unit: bytes) -> None:
    """Blocks hold whole units, as far as these are whole records."""
    data = unit * 3000
    for size in (len(unit) * 7 + 3, 10_000):
        whole = blocks(data, size)
        assert b"".join(whole) == data
        assert not any(ends(block)[1] or block[-1:] != b"\n" for block in whole)


@given(WILD)
@settings(max_examples=400)
def test_an_open_quote_is_noticed(data: bytes) -> None:
    assert ends_inside_quotes(data) == ends(data)[1]


@given(WILD)
@settings(max_examples=400)
def test_records_are_counted_as_byte_by_byte(data: bytes) -> None:
    """Also where quotes stand in places where they should not."""
    found, open_quote = ends(data)
    if open_quote:
        return
    assert count_records(data, skip_blank_lines=False) == len(found) + (data[-1:] not in (b"\n", b""))


@given(sheets(), st.integers(1, 60))
@settings(max_examples=300)
def test_rows_of_a_sheet_are_counted(sheet: Sheet, size: int) -> None:
    """Whatever the text in them, and wherever the blocks end."""
    single = len(sheet.schema.columns) == 1
    counted = sum(count_records(block, skip_blank_lines=not single) for block in blocks(sheet.csv, size))
    assert counted == len(sheet.rows)


@pytest.mark.parametrize(
    ("data", "skipping", "counting"),
    [
        (b"", 0, 0),
        (b"\n", 0, 1),
        (b"\r\n", 0, 1),
        (b"a,b\n\n", 1, 2),
        (b"a,b\n\n\n\r\n", 1, 4),
        (b"\n\na,b\nc,d", 2, 4),
        (b'a,"\n\n\n"\n\n', 1, 2),
        (b'5.5" pipe,1\n6" pipe,"x\n\n"\n', 2, 2),
    ],
)
def test_blank_lines(data: bytes, skipping: int, counting: int) -> None:
    """In a table of several columns they are no records; in a table of one column they are nulls."""
    assert count_records(data, skip_blank_lines=True) == skipping
    assert count_records(data, skip_blank_lines=False) == counting


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"1,a\r2,b\r", True),
        (b'"two\nlines","x\r\n""y"\r2', True),
        (b'5.5" pipe,6"\r', True),
        (b"\r1\r", True),
        (b"1,a\n2,b\r", False),
        (b"1,a\r\n2,b\r\n", False),
        (b'"two\rlines",1\n', False),
        (b'"never closed\r', False),
        (b"1,a", False),
        (b"", False),
    ],
)
def test_a_lone_cr_where_the_first_record_may_end(data: bytes, expected: bool) -> None:
    """Inside quotes it is text, and before LF it is the better half of a line end."""
    assert begins_with_cr_record(data) is expected


def test_records_with_lone_crs_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """And it is said why none of them ever ended."""
    monkeypatch.setattr(records, "MAX_RECORD_BYTES", 10_000)
    splitter = RecordSplitter(100)
    splitter.feed(b"1,x\r" * 20_000)
    with pytest.raises(RecordTooLongError, match="longer than 10000 bytes, since it ends with a lone CR"):
        splitter.take()


def test_a_record_may_be_far_longer_than_a_block() -> None:
    """It makes a block of its own."""
    long = b'1,"' + b"x\n" * 2**23 + b'"\n'
    found = blocks(b"0,a\n" + long + b"2,b\n", 1024)
    assert len(found) <= 3
    assert b"".join(found) == b"0,a\n" + long + b"2,b\n"


@pytest.mark.parametrize("field", [b'"\n",', b'"ab\ncd",', b'"a""\n",', b'x,"\n",', b'5",'])
def test_a_record_of_many_fields_of_many_lines_takes_no_longer_than_others(field: bytes) -> None:
    """The time is proportional to the bytes. Looking again at each of these newlines would take minutes."""
    data = b"1,2\n" + field * (2**20 // len(field))

    assert records._last_boundary(data) == 4


def test_a_quote_that_is_never_closed_ends_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory is not filled without bound."""
    monkeypatch.setattr(records, "MAX_RECORD_BYTES", 10_000)
    splitter = RecordSplitter(100)
    splitter.feed(b'1,"' + b"x\n" * 20_000)
    with pytest.raises(RecordTooLongError, match="10000"):
        splitter.take()
