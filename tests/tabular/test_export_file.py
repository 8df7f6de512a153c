"""Exports as files: whole, counted, or not there."""

from __future__ import annotations

import gzip
import json
import os
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

from domo_async.errors import (
    ConnectionLostError,
    IncompleteDataError,
    InvalidArgumentError,
    InvalidResponseError,
    MissingExtraError,
    TargetError,
)
from domo_async.models import Column, ColumnType, DataSet, Schema
from domo_async.tabular import FILE_FORMATS, FileFormat, format_of, write_export
from domo_async.tabular.csv_files import csv_record, csv_records
from domo_async.tabular.json_lines import json_lines
from domo_async.tabular.replacement import Replacement
from domo_async.tabular.types import arrow_schema
from tests.tabular.domo_csv import Sheet, sheets

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SCHEMA = Schema(
    columns=[
        Column(name="Id", type=ColumnType.LONG),
        Column(name='Te"xt'),
        Column(name="Price", type=ColumnType.DECIMAL),
        Column(name="At", type=ColumnType.DATETIME),
    ]
)
DATASET = DataSet(
    id="1234-abcd", name="Sales", schema=SCHEMA, rows=3, data_current_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
)
CSV = b'1,"two\nlines, ""quoted""",1.50,2024-01-02T03:04:05\n2,"",,2024-01-02 03:04:05.25\n9223372036854775807,,0.1,\n'
ROWS: dict[str, list[object]] = {
    "Id": [1, 2, 2**63 - 1],
    'Te"xt': ['two\nlines, "quoted"', "", None],
    "Price": [Decimal("1.5"), None, Decimal("0.1")],
    "At": [datetime(2024, 1, 2, 3, 4, 5), datetime(2024, 1, 2, 3, 4, 5, 250_000), None],
}


async def body(data: bytes = CSV, size: int = 7, *, then: Exception | None = None) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        await anyio.lowlevel.checkpoint()
        yield data[start : start + size]
    if then:
        raise then


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.anyio
@pytest.mark.parametrize("kind", FILE_FORMATS)
async def test_each_format_holds_every_row(tmp_path: Path, kind: FileFormat) -> None:
    """Numbers, progress and content agree."""
    steps: list[tuple[int, int]] = []
    target = tmp_path / f"sales.{kind}"
    target.write_text("old")
    written = await write_export(
        body(), target, dataset=DATASET, expected_rows=3, on_progress=lambda rows, size: steps.append((rows, size))
    )
    assert (written.path, written.format, written.rows) == (target, kind, 3)
    assert written.received == len(CSV)
    assert written.bytes == target.stat().st_size
    assert (sum(rows for rows, _ in steps), sum(size for _, size in steps)) == (3, len(CSV))
    assert files(tmp_path) == [target.name]
    header = b'Id,"Te""xt",Price,At\n'
    match kind:
        case "parquet":
            assert pq.read_table(target).to_pydict() == ROWS
        case "arrow":
            assert pa.ipc.open_file(str(target)).read_all().to_pydict() == ROWS
        case "csv":
            assert target.read_bytes() == header + CSV
        case "csv.gz":
            assert gzip.decompress(target.read_bytes()) == header + CSV
        case "jsonl":
            lines = [json.loads(line, parse_float=Decimal) for line in target.read_text().splitlines()]
            times = ["2024-01-02T03:04:05", "2024-01-02T03:04:05.25", None]
            assert lines == [
                dict(zip(ROWS, row, strict=True))
                for row in zip(ROWS["Id"], ROWS['Te"xt'], ROWS["Price"], times, strict=True)
            ]


@pytest.mark.anyio
@pytest.mark.parametrize("kind", FILE_FORMATS)
async def test_the_same_bytes_make_the_same_file(tmp_path: Path, kind: FileFormat) -> None:
    """However they were divided on their way."""
    data = CSV * 20_000
    for size in (999, 65_536, 10**9):
        await write_export(body(data, size), tmp_path / f"{size}.{kind}", dataset=DATASET)
    first, *others = [path.read_bytes() for path in sorted(tmp_path.iterdir())]
    assert all(other == first for other in others)


@pytest.mark.anyio
async def test_parquet_says_where_it_comes_from(tmp_path: Path) -> None:
    await write_export(body(), tmp_path / "a.parquet", dataset=DATASET)
    facts = pq.read_schema(tmp_path / "a.parquet").metadata
    assert facts[b"domo.dataset.id"] == b"1234-abcd"
    assert facts[b"domo.dataset.name"] == b"Sales"
    assert Schema.model_validate_json(facts[b"domo.dataset.schema"]) == SCHEMA
    assert facts[b"domo.dataset.data_current_at"] == b"2026-01-02T03:04:05+00:00"
    assert pq.ParquetFile(tmp_path / "a.parquet").metadata.row_group(0).column(0).compression == "ZSTD"


@pytest.mark.anyio
async def test_parquet_has_a_dictionary_where_values_repeat(tmp_path: Path) -> None:
    """And none where trying would only cost time; row groups are bounded, and progress does not wait for them."""
    schema = Schema(columns=[Column(name="a.b", type=ColumnType.LONG), Column(name="Kind"), Column(name="Note")])
    rows = b"".join(b"%d,kind %d,\n" % (number, number % 3) for number in range(900_000))
    steps: list[int] = []
    written = await write_export(
        body(rows, 100_000),
        tmp_path / "a.parquet",
        dataset=DataSet(id="1", schema=schema, rows=900_000),
        expected_rows=900_000,
        on_progress=lambda rows, _size: steps.append(rows),
    )
    facts = pq.ParquetFile(written.path).metadata
    encoded = [facts.row_group(0).column(index).has_dictionary_page for index in range(3)]
    assert encoded[:2] == [False, True]
    assert facts.num_row_groups >= 2
    assert len([rows for rows in steps if rows]) > 2 * facts.num_row_groups
    table = pq.read_table(written.path)
    assert table["a.b"].to_pylist() == list(range(900_000))
    assert table["Note"].null_count == 900_000


@pytest.mark.anyio
@pytest.mark.parametrize("kind", FILE_FORMATS)
async def test_no_rows_make_a_file(tmp_path: Path, kind: FileFormat) -> None:
    """With its columns, where the format has any."""
    written = await write_export(body(b""), tmp_path / f"a.{kind}", dataset=DATASET, expected_rows=0)
    assert written.rows == 0
    if kind == "parquet":
        assert pq.read_table(written.path).schema.names == SCHEMA.names


@pytest.mark.anyio
@pytest.mark.parametrize("kind", FILE_FORMATS)
async def test_some_columns_in_another_order(tmp_path: Path, kind: FileFormat) -> None:
    written = await write_export(
        body(), tmp_path / f"a.{kind}", dataset=DATASET, columns=["Price", 'Te"xt'], expected_rows=3
    )
    expected = b'Price,"Te""xt"\n1.50,"two\nlines, ""quoted"""\n,""\n0.1,\n'
    match kind:
        case "csv":
            assert written.path.read_bytes() == expected
        case "csv.gz":
            assert gzip.decompress(written.path.read_bytes()) == expected
        case "parquet":
            assert pq.read_table(written.path).to_pydict() == {name: ROWS[name] for name in ("Price", 'Te"xt')}


@pytest.mark.anyio
async def test_a_header_is_a_choice(tmp_path: Path) -> None:
    """Without one, not even a schema is needed."""
    await write_export(body(), tmp_path / "a.csv", dataset=DataSet(id="1"), include_header=False, expected_rows=3)
    assert (tmp_path / "a.csv").read_bytes() == CSV
    for kind in FILE_FORMATS:
        with pytest.raises(InvalidArgumentError, match="no columns"):
            await write_export(body(), tmp_path / "a.bin", dataset=DataSet(id="1"), format=kind)


@pytest.mark.anyio
@pytest.mark.parametrize("kind", FILE_FORMATS)
@pytest.mark.parametrize(
    ("data", "then", "error"),
    [
        (CSV * 1000, ConnectionLostError("reset"), ConnectionLostError),
        (b"<html><title>Domo Maintenance</title>", None, InvalidResponseError),
        (CSV * 1000 + b'1,"open', None, InvalidResponseError),
        (CSV, None, IncompleteDataError),
    ],
)
async def test_what_fails_leaves_the_old_file(
    tmp_path: Path, kind: FileFormat, data: bytes, then: Exception | None, error: type[Exception]
) -> None:
    """And no temporary one."""
    target = tmp_path / f"a.{kind}"
    target.write_text("old")
    with pytest.raises(error):
        await write_export(body(data, 5000, then=then), target, dataset=DATASET, expected_rows=4)
    assert files(tmp_path) == [target.name]
    assert target.read_text() == "old"


@pytest.mark.anyio
@pytest.mark.parametrize("kind", FILE_FORMATS)
async def test_the_first_cell_may_be_a_piece_of_html(tmp_path: Path, kind: FileFormat) -> None:
    """It is a page only if it looks like one of Domo's, or like a whole one."""
    cell = b"<html><body>hello</body>\n"
    dataset = DataSet(id="1", schema=Schema(columns=[Column(name="Page")]))
    written = await write_export(body(cell), tmp_path / f"a.{kind}", dataset=dataset, expected_rows=1)
    if kind == "csv":
        assert written.path.read_bytes() == b"Page\n" + cell


@pytest.mark.anyio
@pytest.mark.parametrize("kind", FILE_FORMATS)
async def test_a_byte_order_mark_is_left_out(tmp_path: Path, kind: FileFormat) -> None:
    """Below the line of names it would be a character of the first value."""
    written = await write_export(body(b"\xef\xbb\xbf" + CSV), tmp_path / f"a.{kind}", dataset=DATASET, expected_rows=3)
    if kind == "csv":
        assert written.path.read_bytes() == b'Id,"Te""xt",Price,At\n' + CSV
    elif kind == "parquet":
        assert pq.read_table(written.path).to_pydict() == ROWS


@pytest.mark.anyio
async def test_a_new_count_decides(tmp_path: Path) -> None:
    """It is asked for once, and only when the rows differ."""
    asked = 0

    async def recount() -> int | None:
        nonlocal asked
        asked += 1
        await anyio.lowlevel.checkpoint()
        return {1: 3, 2: 5, 3: None}[asked]

    await write_export(body(), tmp_path / "a.csv", dataset=DATASET, expected_rows=3, recount=recount)
    assert asked == 0
    await write_export(body(), tmp_path / "a.csv", dataset=DATASET, expected_rows=4, recount=recount)
    with pytest.raises(IncompleteDataError, match="3 rows arrived, and it has 5"):
        await write_export(body(), tmp_path / "a.csv", dataset=DATASET, expected_rows=4, recount=recount)
    with pytest.raises(IncompleteDataError, match="3 rows arrived, and it has 4"):
        await write_export(body(), tmp_path / "a.csv", dataset=DATASET, expected_rows=4, recount=recount)


CR_ROWS = CSV.replace(b"\n", b"\r").replace(b"two\r", b"two\n")


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["csv", "csv.gz"])
async def test_rows_that_end_with_a_lone_cr_are_named_as_the_reason(tmp_path: Path, kind: FileFormat) -> None:
    """Domo never sends them, but whoever does shall not look for rows that are not missing. Trying again is no cure."""
    with pytest.raises(IncompleteDataError, match="1 rows arrived, and it has 3: rows end with a lone CR") as caught:
        await write_export(body(CR_ROWS), tmp_path / f"a.{kind}", dataset=DATASET, expected_rows=3)
    assert caught.value.hint
    assert not caught.value.retryable
    assert files(tmp_path) == []


@pytest.mark.anyio
async def test_what_the_hint_says_about_lone_crs_helps(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    await write_export(body(CR_ROWS), target, dataset=DATASET, expected_rows=3, columns=SCHEMA.names)
    assert target.read_bytes() == b'Id,"Te""xt",Price,At\n' + CSV
    written = await write_export(body(CR_ROWS), tmp_path / "a.parquet", dataset=DATASET, expected_rows=3)
    assert pq.read_table(written.path).to_pydict() == ROWS


@pytest.mark.anyio
@pytest.mark.parametrize("data", [CSV.replace(b"two\n", b"two\r"), CSV.replace(b"\n", b"\r\n"), b"1,a,,\n2,b\rc,,\n"])
async def test_other_crs_are_no_reason_for_missing_rows(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(IncompleteDataError) as caught:
        await write_export(body(data), tmp_path / "a.csv", dataset=DATASET, expected_rows=9)
    assert "CR" not in str(caught.value)
    assert caught.value.retryable


@pytest.mark.anyio
@pytest.mark.parametrize("kind", FILE_FORMATS)
async def test_cancellation_leaves_nothing(tmp_path: Path, kind: FileFormat) -> None:
    waiting = anyio.Event()

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield CSV * 10_000
        waiting.set()
        await anyio.sleep_forever()

    async with anyio.create_task_group() as tasks:

        async def write() -> None:
            await write_export(endless(), tmp_path / f"a.{kind}", dataset=DATASET)

        tasks.start_soon(write)
        await waiting.wait()
        assert len(files(tmp_path)) == 1
        assert files(tmp_path)[0].startswith(f".a.{kind}.part-")
        tasks.cancel_scope.cancel()
    assert files(tmp_path) == []


@pytest.mark.anyio
@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files with setrlimit")
@pytest.mark.parametrize("kind", FILE_FORMATS)
async def test_a_full_disk(tmp_path: Path, kind: FileFormat) -> None:
    """The error names the file that was asked for, and carries the cause."""
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))
    numbers = b"".join(b"%d,%d,%d.%d,\n" % (i, i * i, i * 7, i) for i in range(60_000))
    try:
        with pytest.raises(TargetError, match=rf"a\.{kind} cannot be written") as caught:
            await write_export(body(numbers, 50_000), tmp_path / f"a.{kind}", dataset=DATASET)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert isinstance(caught.value.__cause__, OSError)
    assert files(tmp_path) == []


@pytest.mark.anyio
async def test_places_that_refuse(tmp_path: Path) -> None:
    """No folder, a file for a folder, a folder for a file."""
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.csv").mkdir()
    for target in ("missing/a.csv", "file/a.csv", "folder.csv"):
        with pytest.raises(TargetError, match=target):
            await write_export(body(), tmp_path / target, dataset=DATASET)
    with pytest.raises(InvalidArgumentError, match="says no file format"):
        await write_export(body(), tmp_path / "a.xlsx", dataset=DATASET)


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["a\0b.csv", "\ud800.csv"], ids=ascii)
async def test_names_that_no_file_can_have(tmp_path: Path, name: str) -> None:
    with pytest.raises(TargetError, match="no file can have that name"):
        await write_export(body(), tmp_path / name, dataset=DATASET)
    assert files(tmp_path) == []


@pytest.mark.anyio
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
async def test_a_device_or_pipe_is_not_replaced(tmp_path: Path) -> None:
    """``/dev/null`` would be gone for the whole machine, where the program may do it."""
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(TargetError, match="a device or a pipe has that name"):
        await write_export(body(), tmp_path / "pipe.csv", dataset=DATASET)
    assert (tmp_path / "pipe.csv").is_fifo()


@pytest.mark.anyio
async def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain CSV needs none."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError):
        await write_export(body(), tmp_path / "a.parquet", dataset=DATASET)
    await write_export(body(), tmp_path / "a.csv", dataset=DATASET, expected_rows=3)
    assert files(tmp_path) == ["a.csv"]


@pytest.mark.anyio
async def test_gzip_without_isal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "isal", None)
    await write_export(body(), tmp_path / "a.csv.gz", dataset=DATASET, include_header=False)
    assert gzip.decompress((tmp_path / "a.csv.gz").read_bytes()) == CSV


def test_names_of_temporary_files_are_short_enough() -> None:
    """Also when every character of the name takes four bytes."""
    longest = Replacement(Path("\U0001d4b3" * 60 + ".parquet"))
    assert len(longest.path.name.encode()) <= 255


@given(sheets())
@settings(max_examples=150, deadline=None)
def test_csv_that_is_written_anew_is_the_same_text(sheet: Sheet) -> None:
    """Batch-wise and record by record, the two encoders agree, and quotes stand only where they must."""
    rows = [[None if value is None else str(value) for value in row] for row in sheet.rows]
    columns = [pa.array([row[index] for row in rows], pa.string()) for index in range(len(sheet.schema.columns))]
    batch = pa.RecordBatch.from_arrays(columns, names=[str(index) for index in range(len(columns))])
    assert csv_records(batch).decode() == "".join(map(csv_record, rows))
    assert csv_records(batch[2:5]).decode() == "".join(map(csv_record, rows[2:5]))


@given(sheets())
@settings(max_examples=150, deadline=None)
def test_json_lines_lose_nothing(sheet: Sheet) -> None:
    """All digits of every number; only infinity has no JSON."""
    schema = arrow_schema(sheet.schema)
    batch = pa.RecordBatch.from_arrays(
        [pa.array([row[i] for row in sheet.rows], field.type) for i, field in enumerate(schema)], schema=schema
    )
    lines = json_lines(batch).decode().split("\n")
    assert lines.pop() == ""
    for line, row in zip(lines, sheet.rows, strict=True):
        for (name, value), original in zip(json.loads(line, parse_float=Decimal).items(), row, strict=True):
            kind = name.partition(" ")[0]
            if isinstance(original, float):
                assert value is None if original in (float("inf"), -float("inf")) else float(value) == original
            elif kind == "DATETIME" and original is not None:
                assert datetime.fromisoformat(value) == original
            elif kind == "DATE" and original is not None:
                assert value == str(original)
            else:
                assert value == original


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.parquet", "parquet"), ("b.CSV", "csv"), ("c.csv.GZ", "csv.gz"), ("d.x.arrow", "arrow"), ("e.jsonl", "jsonl")],
)
def test_suffixes(name: str, kind: str) -> None:
    assert format_of(Path(name)) == kind


@pytest.mark.parametrize("name", ["a", "csv", "a.gz", "a.xlsx", ""])
def test_suffixes_that_say_nothing(name: str) -> None:
    with pytest.raises(InvalidArgumentError):
        format_of(Path(name))
