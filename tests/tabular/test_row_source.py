"""Every kind of source gives its rows, or an error that says where in it something is wrong."""

from __future__ import annotations

import datetime as dt
import gzip
import threading
from decimal import Decimal
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as parquet
import pytest

from domo_async.errors import InvalidArgumentError, InvalidDataError
from domo_async.models import Column, ColumnType, Schema
from domo_async.tabular.computing import computing_limiter
from domo_async.tabular.row_source import open_rows

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

TABLE = pa.table({"n": pa.array([1, None, 3]), "text": ["a", "", None]})


async def read(source: object, schema: Schema | None = None) -> pa.Table:
    async with await open_rows(source, schema=schema) as rows:
        batches = [batch async for batch in rows.batches()]
    assert computing_limiter().borrowed_tokens == 0
    return pa.Table.from_batches(batches, schema=rows.schema)


async def problem(source: object, schema: Schema | None = None) -> InvalidDataError:
    with pytest.raises(InvalidDataError) as caught:
        await read(source, schema)
    return caught.value


def kinds(table: pa.Table) -> dict[str, str]:
    return {column.name: str(column.type) for column in Schema.from_arrow(table.schema).columns}


async def batches_of_table() -> AsyncIterator[pa.RecordBatch | pa.Table]:
    yield TABLE.slice(0, 1).to_batches()[0]
    yield TABLE.slice(1)


@pytest.mark.parametrize(
    ("make", "replayable"),
    [
        (lambda: TABLE, True),
        (lambda: TABLE.combine_chunks().to_batches()[0], True),
        (TABLE.to_reader, False),
        (lambda: [TABLE.slice(0, 1), TABLE.slice(1).to_batches()[0]], True),
        (lambda: iter([TABLE]), False),
        (batches_of_table, False),
    ],
)
async def test_arrow(make: Callable[[], object], replayable: bool) -> None:
    assert (await read(make())).equals(TABLE)
    async with await open_rows(make()) as rows:
        assert rows.replayable is replayable
        assert rows.name == ""


async def test_duckdb() -> None:
    duckdb = pytest.importorskip("duckdb")
    relation = duckdb.sql("SELECT 1::BIGINT AS n, 'a' AS text UNION ALL SELECT NULL, ''")
    assert (await read(relation)).sort_by([("n", "ascending")]).to_pylist() == TABLE.slice(0, 2).to_pylist()


async def test_polars() -> None:
    polars = pytest.importorskip("polars")
    frame = polars.from_arrow(TABLE)
    for source in (
        frame,
        [frame.head(1), frame.slice(1)],
        frame.lazy(),
        frame.lazy().filter(polars.col("n").is_null() | (polars.col("n") > 0)),
    ):
        assert (await read(source)).cast(TABLE.schema).equals(TABLE)


async def test_what_polars_cannot_compute() -> None:
    polars = pytest.importorskip("polars")
    frame = polars.LazyFrame({"text": ["x"]}).select(polars.col("text").cast(polars.Int64))
    assert "LazyFrame: polars cannot compute the rows" in str(await problem(frame))
    assert (await problem(polars.scan_parquet("missing.parquet"))).source == "LazyFrame"


async def test_pandas() -> None:
    """NaN is null, the index is left out, and a column of objects has the type of its values."""
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "number": [1.5, None],
            "text": ["a", None],
            "kind": pandas.Categorical(["x", "y"]),
            "day": [dt.date(2024, 1, 1), None],
            "exact": [Decimal("1.50"), Decimal(100)],
            "nothing": [None, None],
            7: [1, 2],
        },
        index=["first", "second"],
    )
    table = await read(frame)
    assert list(kinds(table).values()) == ["DOUBLE", "STRING", "STRING", "DATE", "DECIMAL", "STRING", "LONG"]
    assert table.column_names[-1] == "7"
    assert table.to_pylist()[1] == {
        "number": None,
        "text": None,
        "kind": "y",
        "day": None,
        "exact": Decimal("100.00"),
        "nothing": None,
        "7": 2,
    }


@pytest.mark.parametrize(
    ("values", "row"),
    [
        ([1, None, "x", 4], 3),
        ([1, 2**70], 2),
        (["a", 1], 2),
        ([True, 1], 2),
        ([dt.date(2024, 1, 1), dt.datetime(2024, 1, 1, 3)], 2),
        ([dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 1, tzinfo=dt.UTC)], 2),
        (["a", "\ud800"], 2),
        ([object()], 1),
        ([[1], ["x"]], 2),
        (["a"] * 70_000 + [1], 70_001),
    ],
)
async def test_objects_of_several_types(values: list[object], row: int) -> None:
    """None of them is converted in silence: not even a moment among days, whose time Arrow would drop."""
    pandas = pytest.importorskip("pandas")
    error = await problem(pandas.DataFrame({"good": range(len(values)), "mixed": pandas.Series(values, dtype=object)}))
    assert (error.source, error.row, error.column) == ("DataFrame", row, "mixed")
    assert error.value is not None


async def test_a_large_frame_comes_in_pieces() -> None:
    pandas = pytest.importorskip("pandas")
    async with await open_rows(pandas.DataFrame({"n": range(200_000)})) as rows:
        sizes = [batch.num_rows async for batch in rows.batches()]
    assert sum(sizes) == 200_000
    assert len(sizes) > 2


async def test_files_of_arrow(tmp_path: Path) -> None:
    parquet.write_table(TABLE, tmp_path / "t.parquet")
    feather.write_feather(TABLE, tmp_path / "t.feather", compression="zstd")
    with pa.ipc.new_stream(str(tmp_path / "stream.arrow"), TABLE.schema) as writer:
        writer.write(TABLE)
    for name in ("t.parquet", "t.feather", "stream.arrow"):
        assert (await read(tmp_path / name)).equals(TABLE)
        async with await open_rows(str(tmp_path / name)) as rows:
            assert rows.name == str(tmp_path / name)
            assert rows.replayable


async def test_a_parquet_file_of_long_rows_comes_in_small_batches(tmp_path: Path) -> None:
    table = pa.table({"text": [f"{index}" * 20_000 for index in range(1000, 2000)]})
    parquet.write_table(table, tmp_path / "long.parquet", use_dictionary=False)
    async with await open_rows(tmp_path / "long.parquet") as rows:
        sizes = [batch.nbytes async for batch in rows.batches()]
    assert max(sizes) < 2**24
    assert len(sizes) > 10


@pytest.mark.parametrize("name", ["bad.parquet", "bad.arrow"])
async def test_files_that_are_something_else(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("not what the name says")
    assert "the file cannot be read" in str(await problem(tmp_path / name))


async def test_a_parquet_file_that_is_damaged_in_the_middle(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    parquet.write_table(pa.table({"n": range(100_000)}), path, compression="snappy")
    data = bytearray(path.read_bytes())
    data[50_000:50_400] = bytes(400)
    path.write_bytes(data)
    assert (await problem(path)).source == str(path)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("missing.csv", "missing.csv cannot be read: No such file"),
        ("a\0b.csv", "cannot be the name of a file"),
        ("a\0b.parquet", "cannot be the name of a file"),
        ("\ud800.csv", "cannot be the name of a file"),
        ("missing.parquet", "missing.parquet cannot be read"),
        ("table.xlsx", "says no file format"),
        (5, "int is no source of rows"),
        (b"a,b\n", "bytes is no source of rows"),
        ({"a": [1]}, "dict is no source of rows"),
        ([1], "int came where a record batch or a table was expected"),
        ([{"a": 1}], "dict came where a record batch or a table was expected. pyarrow.Table.from_pylist"),
        ([], "not one batch came"),
        (pa.table({}), "no columns"),
    ],
)
async def test_what_is_no_source(source: object, message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        await read(source)


async def test_no_batches_of_known_columns() -> None:
    schema = Schema(columns=[Column(name="n", type=ColumnType.LONG)])

    async def nothing() -> AsyncIterator[pa.RecordBatch]:
        for batch in ():
            yield batch

    for source in ([], nothing()):
        table = await read(source, schema)
        assert table.num_rows == 0
        assert kinds(table) == {"n": "LONG"}
    with pytest.raises(InvalidArgumentError, match="not one batch came"):
        await read(nothing())


CSV = (
    "id,zip,price,float,long number,account,day,at,text,empty\n"
    '1,00501,1.50,0.30000000000000004,12345678901234567.5,12345678901234567890,2024-02-29,2024-02-29T01:02:03Z,"",\n'
    "-2,,1e3,-1.7976931348623157e+308,0,,2024-01-01,2024-01-01 00:00:00.25,NA,\n"
)


async def test_csv_of_unknown_columns(tmp_path: Path) -> None:
    """A type is one that every value has exactly; leading zeros and too many digits are kept."""
    (tmp_path / "new.csv").write_text("\ufeff" + CSV, encoding="utf-8", newline="")
    table = await read(tmp_path / "new.csv")
    assert kinds(table) == {
        "id": "LONG",
        "zip": "STRING",
        "price": "DOUBLE",
        "float": "DOUBLE",
        "long number": "DECIMAL",
        "account": "DECIMAL",
        "day": "DATE",
        "at": "DATETIME",
        "text": "STRING",
        "empty": "STRING",
    }
    assert [str(value) for value in table["account"].to_pylist()] == ["12345678901234567890.000000000000000000", "None"]
    assert table["text"].to_pylist() == ["", "NA"]


@pytest.mark.parametrize(
    "odd",
    ["x", "007", "+1", "1.", ".5", "0x1F", "1_000", "nan", "1,5", "2024-02-30", "9" * 40, "1e999", "1e-999", "", " 1"],
)
async def test_one_odd_value_at_the_end_makes_text_of_a_column(tmp_path: Path, odd: str) -> None:
    path = tmp_path / "odd.csv"
    path.write_text(f'n,m\n1,2\n"{odd}",3\n')
    table = await read(path)
    assert kinds(table) == {"n": "STRING", "m": "LONG"}
    assert table["n"].to_pylist() == ["1", odd]


async def test_all_of_a_file_is_looked_at(tmp_path: Path) -> None:
    """And not only its first block."""
    path = tmp_path / "odd.csv"
    path.write_text("n,m,k\n" + "1,2,3\n" * 300_000 + "x,-0,3\n")
    assert kinds(await read(path)) == {"n": "STRING", "m": "DOUBLE", "k": "LONG"}


async def test_csv_of_known_columns(tmp_path: Path) -> None:
    """By name, in the order of the file; a column that is not known gets the type of its values."""
    (tmp_path / "some.csv").write_text("New,ID,Zip\n1,7,501\n")
    schema = Schema(columns=[Column(name="zip"), Column(name="id", type="DOUBLE"), Column(name="absent")])
    table = await read(tmp_path / "some.csv", schema)
    assert kinds(table) == {"New": "LONG", "ID": "DOUBLE", "Zip": "STRING"}


async def test_compressed_csv(tmp_path: Path) -> None:
    packed = gzip.compress(b'n,text\r\n1,"a\r\nb"\r\n') + gzip.compress(b"2,c")
    (tmp_path / "two members.csv.gz").write_bytes(packed)
    (tmp_path / "without suffix.csv").write_bytes(packed)
    for name in ("two members.csv.gz", "without suffix.csv"):
        assert (await read(tmp_path / name)).to_pydict() == {"n": [1, 2], "text": ["a\r\nb", "c"]}


@pytest.mark.parametrize(
    ("data", "facts"),
    [
        (b"n,text\n1,a\n2,b,c\n", (2, None, "'2,b,c'")),
        (b"n,text\n1,a\n2\n", (2, None, "'2'")),
        (b"n,text\n1,a\nx,b\n", (2, "n", "'x'")),
        (b"n,text\n1,\xe9t\xe9\n", (1, "text", "'\\\\xe9t\\\\xe9'")),
        (b'n,text\n1,a\n2,"b', (None, None, None)),
        (b"n;text\n1;a\n", (None, None, None)),
        (b"n,N\n1,2\n", (None, "N", None)),
        (b"n,\n1,2\n", (None, None, None)),
        (b"n,\xe9\n1,2\n", (None, None, None)),
        (b"\xff\xfen\0,\0", (None, None, None)),
        (b"\n\n", (None, None, None)),
        (b"", (None, None, None)),
    ],
)
async def test_csv_that_cannot_be_read(tmp_path: Path, data: bytes, facts: tuple[object, ...]) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(data)
    error = await problem(path, Schema(columns=[Column(name="n", type="LONG"), Column(name="text")]))
    assert (error.row, error.column, error.value) == facts
    assert error.source == str(path)


async def test_rows_are_counted_over_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("n,text\n" + "1,some text\n" * 300_000 + "x,\n")
    assert (await problem(path, Schema(columns=[Column(name="n", type="LONG"), Column(name="text")]))).row == 300_001


@pytest.mark.parametrize("name", ["plain.csv.gz", "PLAIN.CSV.GZ"])
@pytest.mark.parametrize("data", [b"n,text\n1,a\n", b"\x1f", b"PK\x03\x04", b"\xff\xfen\0"])
async def test_a_name_that_promises_gzip(tmp_path: Path, name: str, data: bytes) -> None:
    """What was never compressed, or not with gzip, or is half of something, is not taken for CSV."""
    path = tmp_path / name
    path.write_bytes(data)
    error = await problem(path)
    assert error.message == f"{path}: the file is called .gz, and its bytes are not gzip"
    assert "Take .gz off its name" in str(error)
    assert error.source == str(path)


async def test_an_empty_file_is_empty_under_any_name(tmp_path: Path) -> None:
    (tmp_path / "none.csv.gz").touch()
    assert "there is no line of names" in str(await problem(tmp_path / "none.csv.gz"))


async def test_a_truncated_file(tmp_path: Path) -> None:
    path = tmp_path / "half.csv.gz"
    path.write_bytes(gzip.compress(CSV.encode() * 10)[:-20])
    assert "the file cannot be read" in str(await problem(path))


async def test_a_file_with_names_only(tmp_path: Path) -> None:
    (tmp_path / "none.csv").write_text("n,text\n")
    table = await read(tmp_path / "none.csv")
    assert table.num_rows == 0
    assert kinds(table) == {"n": "STRING", "text": "STRING"}


async def test_json_lines(tmp_path: Path) -> None:
    """Numbers keep their digits, and a key that is missing is null."""
    path = tmp_path / "t.jsonl"
    path.write_text(
        '\ufeff{"n": 9223372036854775807, "d": 0.30000000000000004, "x": 12345678901234567.25, "mixed": 1, '
        '"e": {"a": [1.50, null]}}\n'
        '\n{"later": true, "n": -1, "mixed": "a", "big": 1e400, "half": "\\u00e9"}',
        encoding="utf-8",
    )
    table = await read(path)
    assert kinds(table) == {
        "n": "LONG",
        "d": "DOUBLE",
        "x": "DECIMAL",
        "mixed": "STRING",
        "e": "STRING",
        "later": "STRING",
        "big": "STRING",
        "half": "STRING",
    }
    first, second = table.to_pylist()
    assert (first["n"], first["x"], first["mixed"]) == (2**63 - 1, Decimal("12345678901234567.25"), "1")
    assert (first["e"], second["later"], second["big"]) == ('{"a":[1.50,null]}', "true", "1E+400")
    assert second["half"] == "é"


async def test_json_lines_of_known_columns(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"day": "2024-01-01", "n": 1}\n{"day": null, "n": 2.0}\n')
    schema = Schema(columns=[Column(name="Day", type="DATE"), Column(name="n", type="LONG")])
    assert (await read(path, schema)).to_pydict() == {"day": [dt.date(2024, 1, 1), None], "n": [1, 2]}


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("[1]", None),
        ('{"n": NaN}', None),
        ('{"n": 1', None),
        ("\xff", None),
        ('{"n": "x"}', "n"),
        ('{"n": " "}', "n"),
        ('{"n": 1.5}', "n"),
        ('{"n": true}', "n"),
        ('{"text": "\\ud800"}', "text"),
    ],
)
async def test_json_lines_that_cannot_be_read(tmp_path: Path, line: str, column: str | None) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(b'{"n": 1, "text": "%s"}\n' % (b"a" * 2000) * 600 + line.encode("latin-1") + b"\n")
    error = await problem(path, Schema(columns=[Column(name="n", type="LONG"), Column(name="text")]))
    assert (error.source, error.row, error.column) == (str(path), 601, column)


async def test_rows_are_taken_once() -> None:
    rows = await open_rows(TABLE)
    with pytest.raises(InvalidArgumentError, match="not open"):
        rows.batches()
    async with rows:
        rows.batches()
        with pytest.raises(InvalidArgumentError, match="read already"):
            rows.batches()


async def test_plain_iterables_run_in_threads_and_async_ones_in_the_event_loop() -> None:
    threads: list[int] = []

    def plain() -> Iterator[pa.Table]:
        threads.append(threading.get_ident())
        yield TABLE

    async def from_loop() -> AsyncIterator[pa.Table]:
        threads.append(threading.get_ident())
        yield TABLE

    await read(plain())
    await read(from_loop())
    assert threads[0] != threading.get_ident() == threads[1]


async def test_an_error_of_an_iterable_comes_out_as_itself() -> None:
    def broken() -> Iterator[pa.Table]:
        yield TABLE
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await read(broken())


class Source:
    """An async iterable that hangs after some batches, and knows whether it was closed."""

    def __init__(self, batches: int) -> None:
        self.batches = batches
        self.hangs = anyio.Event()
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[pa.Table]:
        try:
            for _ in range(self.batches):
                yield TABLE
            self.hangs.set()
            await anyio.sleep_forever()
        finally:
            self.closed = True


@pytest.mark.parametrize("batches", [0, 1])
async def test_cancelled_while_the_source_hangs(batches: int) -> None:
    source = Source(batches)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read, source)
        await source.hangs.wait()
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    assert source.closed


async def test_leaving_early_closes_the_source(tmp_path: Path) -> None:
    source = Source(1)
    async with await open_rows(source) as rows:
        async for _ in rows.batches():
            break
    assert source.closed
    # On Windows a file that is open cannot be removed, here it would be a ResourceWarning.
    path = tmp_path / "t.csv"
    path.write_text("text\n" + f"{'a' * 2**20}\n" * 8)
    async with await open_rows(path) as rows:
        async for _ in rows.batches():
            break
    path.unlink()
