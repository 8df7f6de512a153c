from __future__ import annotations

import datetime as dt
import gzip
import math
import threading
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domo_async.emulator import Emulator
from domo_async.errors import InvalidArgumentError


def moment(*parts):
    """A DATETIME, which has no zone."""
    return dt.datetime(*parts, tzinfo=dt.UTC).replace(tzinfo=None)


def put(client, path, text, **parameters):
    content = text if isinstance(text, bytes) else text.encode()
    return client.put(f"{path}/data", content=content, params=parameters, headers={"content-type": "text/csv"})


def rows(emulator, path):
    return emulator.table(path.rsplit("/", 1)[1]).to_pylist()


@pytest.fixture(scope="module")
def two_texts(shared_client, create):
    return create(shared_client, ("STRING", "a"), ("STRING", "b"), name="Two texts")


@pytest.fixture(scope="module")
def one_text(shared_client, create):
    return create(shared_client, ("STRING", "a"), name="One text")


def test_null_and_empty_text_are_different(shared_emulator, shared_client, two_texts):
    """`,,` and an unquoted \\N are null; `""` is empty text, and a quoted \\N is text."""
    assert put(shared_client, two_texts, 'x,\n,""\n\\N,"\\N"\n').status_code == 204
    assert rows(shared_emulator, two_texts) == [
        {"a": "x", "b": None},
        {"a": None, "b": ""},
        {"a": None, "b": "\\N"},
    ]
    assert shared_client.get(f"{two_texts}/data").text == 'x,\n,""\n,"\\N"\n'


def test_export_quotes_only_what_needs_it(shared_client, two_texts):
    """Plain text is bare; commas, quotes and line breaks are quoted; lines end with LF, the last one too."""
    text = 'plain,"with, comma"\n"a ""quote""","two\nlines"\n spaced ,"cr\rlf\r\n"\n'
    put(shared_client, two_texts, text)
    assert shared_client.get(f"{two_texts}/data").text == text


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "end", "two"])
def test_line_ends(shared_emulator, shared_client, two_texts, ending, last):
    """LF and CRLF both end records; the last one may go without, and blank lines at the very end are nothing."""
    text = ending.join(["1,2", "3,4"]) + ending * {"": 0, "end": 1, "two": 2}[last]
    assert put(shared_client, two_texts, text).status_code == 204
    assert [row["a"] for row in rows(shared_emulator, two_texts)] == ["1", "3"]


def test_empty_body_empties_the_dataset(shared_emulator, shared_client, two_texts):
    """REPLACE with nothing leaves nothing; APPEND with nothing changes nothing."""
    put(shared_client, two_texts, "1,2\n")
    assert put(shared_client, two_texts, "", updateMethod="APPEND").status_code == 204
    assert len(rows(shared_emulator, two_texts)) == 1
    assert put(shared_client, two_texts, "").status_code == 204
    assert rows(shared_emulator, two_texts) == []
    assert shared_client.get(f"{two_texts}/data?includeHeader=true").text == "a,b\n"


@pytest.mark.parametrize(
    ("method", "expected"),
    [({}, ["2"]), ("REPLACE", ["2"]), ("APPEND", ["1", "2"]), ("append", ["2"]), ("UPSERT", ["2"]), ("", ["2"])],
)
def test_update_method(shared_emulator, shared_client, two_texts, method, expected):
    """Only the exact word APPEND appends; everything else silently replaces, as Domo documents."""
    put(shared_client, two_texts, "1,1\n")
    parameters = {"updateMethod": method} if isinstance(method, str) else {}
    assert put(shared_client, two_texts, "2,2\n", **parameters).status_code == 204
    assert [row["a"] for row in rows(shared_emulator, two_texts)] == expected


@pytest.mark.parametrize("header", ["a,b\n", '"a","b"\r\n', "\ufeffa,b\n"])
def test_first_record_that_repeats_the_names_is_a_header(shared_emulator, shared_client, two_texts, header):
    """A header is recognised by its content, nothing else says whether there is one."""
    put(shared_client, two_texts, header + "1,2\n")
    assert len(rows(shared_emulator, two_texts)) == 1
    for data in ("a,c\n1,2\n", "b,a\n1,2\n"):
        put(shared_client, two_texts, data)
        assert len(rows(shared_emulator, two_texts)) == 2
    put(shared_client, two_texts, "a,b")
    assert rows(shared_emulator, two_texts) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2,3\n", "There are too many columns. Expected 2. Row 1, column 3."),
        ("1,2\n3,4\n5,6,7,8\n", "There are too many columns. Expected 2. Row 3, column 3."),
        ("1,2\n3\n", "There are too few columns. Expected 2. Row 2, column 1."),
        ("1,2\n\n3,4\n", "There is a blank line. Row 2."),
        ("\n1,2\n", "There is a blank line. Row 1."),
        ('a"",b\n', "A quote stands where none may stand."),
        ('"a"a",b\n', "A quoted field is not closed."),
        ('"a"a"",b\n', "A quote stands where none may stand."),
        ('"a,b\n', "A quoted field is not closed."),
    ],
)
def test_broken_csv_is_refused_and_changes_nothing(shared_emulator, shared_client, two_texts, text, message):
    """What breaks the grammar is a 400 with the reason, and the old rows stay."""
    put(shared_client, two_texts, "old,rows\n")
    response = put(shared_client, two_texts, text)
    assert response.status_code == 400
    assert response.json()["message"] == f"Invalid CSV provided during upload. msg={message}"
    assert rows(shared_emulator, two_texts) == [{"a": "old", "b": "rows"}]


def test_quoted_blank_lines_are_data(shared_emulator, shared_client, two_texts):
    """A blank line inside quotes is part of the text."""
    put(shared_client, two_texts, '"x\n\n\ny",1\n2,"\n\n"\n')
    assert [tuple(row.values()) for row in rows(shared_emulator, two_texts)] == [("x\n\n\ny", "1"), ("2", "\n\n")]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("LONG", "x"),
        ("LONG", "1.5"),
        ("LONG", "9223372036854775808"),
        ("LONG", '""'),
        ("DOUBLE", "x"),
        ("DECIMAL", "1e5"),
        ("DECIMAL", "1,5".replace(",", " ")),
        ("DECIMAL", "1" * 39),
        ("DECIMAL", "0." + "1" * 39),
        ("DATE", "2020-02-30"),
        ("DATE", "2020-01-01T10:00:00"),
        ("DATETIME", "noon"),
        ("STRING", b"\xff\xfe"),
    ],
)
def test_value_of_another_type_is_refused(shared_client, create, kind, text):
    """A value that does not fit its column is Domo's 400; a further field says which."""
    path = create(shared_client, (kind, "value"))
    response = put(shared_client, path, text)
    assert response.status_code == 400
    assert response.json()["message"] == f"Data import failed for dataset {path.rsplit('/', 1)[1]}."
    assert response.json()["detail"]


@pytest.mark.parametrize(
    ("kind", "text", "value", "written"),
    [
        ("LONG", "9007199254740993", 2**53 + 1, "9007199254740993"),
        ("LONG", "-9223372036854775808", -(2**63), "-9223372036854775808"),
        ("LONG", "1.0", 1, "1"),
        ("DOUBLE", "0.1", 0.1, "0.1"),
        ("DOUBLE", "1e-7", 1e-7, "1e-7"),
        ("DOUBLE", "5e-324", 5e-324, "5e-324"),
        (
            "DECIMAL",
            "12345678901234567890.123456789012345678",
            Decimal("12345678901234567890.123456789012345678"),
            None,
        ),
        ("DECIMAL", "-0.10", Decimal("-0.10"), "-0.10"),
        ("DECIMAL", "7", Decimal(7), "7"),
        ("DATE", "2020-02-29", dt.date(2020, 2, 29), "2020-02-29"),
        ("DATE", "2020-02-29 00:00:00", dt.date(2020, 2, 29), "2020-02-29"),
        ("DATE", "0001-01-01", dt.date(1, 1, 1), "0001-01-01"),
        ("DATETIME", "2020-02-29T12:34:56", moment(2020, 2, 29, 12, 34, 56), "2020-02-29T12:34:56"),
        ("DATETIME", "2020-02-29 12:34:56", moment(2020, 2, 29, 12, 34, 56), "2020-02-29T12:34:56"),
        ("DATETIME", "2020-02-29", moment(2020, 2, 29), "2020-02-29T00:00:00"),
        ("DATETIME", "2020-02-29 12:34:56.12", moment(2020, 2, 29, 12, 34, 56, 120000), "2020-02-29T12:34:56.12"),
        ("DATETIME", "2020-02-29T12:34:56Z", moment(2020, 2, 29, 12, 34, 56), "2020-02-29T12:34:56"),
        ("DATETIME", "2020-02-29T12:34:56+02:00", moment(2020, 2, 29, 10, 34, 56), "2020-02-29T10:34:56"),
        ("DATETIME", "2020-02-29T12:34:56.123456789", moment(2020, 2, 29, 12, 34, 56, 123456), None),
    ],
)
def test_values_are_exact(shared_emulator, shared_client, create, kind, text, value, written):
    """Each type keeps its value, and comes back in one form."""
    path = create(shared_client, (kind, "x"), ("STRING", "y"))
    response = put(shared_client, path, f"{text},\n")
    assert response.status_code == 204, response.text
    assert rows(shared_emulator, path)[0]["x"] == value
    if written is not None:
        assert shared_client.get(f"{path}/data").text == f"{written},\n"


def test_decimals_take_the_largest_scale(shared_emulator, shared_client, create):
    """The scale of a DECIMAL grows with what is appended, and no digit is ever lost."""
    path = create(shared_client, ("DECIMAL", "x"))
    put(shared_client, path, "1.5\n10\n")
    put(shared_client, path, "2.125\n", updateMethod="APPEND")
    put(shared_client, path, "3\n", updateMethod="APPEND")
    assert [row["x"] for row in rows(shared_emulator, path)] == [Decimal(t) for t in ("1.5", "10", "2.125", "3")]
    assert shared_client.get(f"{path}/data").text == "1.500\n10.000\n2.125\n3.000\n"


def test_decimal_that_fits_no_common_scale_is_refused(shared_emulator, shared_client, create):
    """38 digits is all there is; an append that would need more changes nothing."""
    path = create(shared_client, ("DECIMAL", "x"))
    put(shared_client, path, "9" * 38)
    response = put(shared_client, path, "0.5", updateMethod="APPEND")
    assert response.status_code == 400
    assert rows(shared_emulator, path) == [{"x": Decimal("9" * 38)}]


def test_compressed_import(shared_emulator, shared_client, two_texts):
    """A body that begins like gzip is decompressed, whatever the headers say."""
    assert put(shared_client, two_texts, gzip.compress(b"1,2\n")).status_code == 204
    assert len(rows(shared_emulator, two_texts)) == 1
    assert put(shared_client, two_texts, gzip.compress(b"1,2\n")[:-6]).status_code == 400


@pytest.mark.parametrize("word", ["True", "true", "TRUE"])
def test_header_on_demand(shared_client, create, word):
    """`includeHeader` is true in any case, and names are quoted like text."""
    path = create(shared_client, ("STRING", "plain"), ("STRING", 'with, "both"'))
    put(shared_client, path, "1,2\n")
    assert shared_client.get(f"{path}/data", params={"includeHeader": word}).text == 'plain,"with, ""both"""\n1,2\n'
    assert shared_client.get(f"{path}/data", params={"includeHeader": "False"}).text == "1,2\n"


def test_file_name_becomes_content_disposition(client, flights):
    """`fileName` names the download, and cannot smuggle anything into the headers."""
    response = client.get(f"{flights}/data", params={"fileName": "out.csv"})
    assert response.headers["content-disposition"] == "attachment; filename=out.csv"
    assert response.headers["content-type"].startswith("text/csv")
    evil = client.get(f"{flights}/data", params={"fileName": 'a\r\nSet-Cookie: x="y'})
    assert evil.status_code == 200
    assert "set-cookie" not in evil.headers
    assert "content-disposition" not in client.get(f"{flights}/data").headers


def test_formulas_can_be_disarmed(shared_client, create):
    """`disableFormulaInterpretation` puts an apostrophe before text that a spreadsheet would run."""
    path = create(shared_client, ("STRING", "t"), ("LONG", "n"))
    put(shared_client, path, "=1+1,-1\n-x,2\n@a,3\nplain,4\n,5\n")
    assert shared_client.get(f"{path}/data?disableFormulaInterpretation=true").text == (
        "'=1+1,-1\n'-x,2\n'@a,3\nplain,4\n,5\n"
    )
    assert shared_client.get(f"{path}/data").text.startswith("=1+1,-1\n")


def test_export_keeps_the_order_of_insertion(client, create):
    """Rows come back in the order in which they came, over many batches and several appends."""
    path = create(client, ("LONG", "n"))
    for start in range(0, 300_000, 100_000):
        lines = "".join(f"{n}\n" for n in range(start, start + 100_000))
        assert put(client, path, lines, updateMethod="APPEND").status_code == 204
    assert [int(n) for n in client.get(f"{path}/data").text.split()] == list(range(300_000))


def test_export_keeps_its_rows_while_they_are_replaced(client, create):
    """An export shows the rows that it began with, all of them."""
    path = create(client, ("STRING", "t"))
    old = ("x" * 99 + "\n") * 200_000
    put(client, path, old)
    with client.stream("GET", f"{path}/data") as response:
        chunks = response.iter_bytes()
        size = len(next(chunks))
        assert put(client, path, "new\n").status_code == 204
        assert size + sum(map(len, chunks)) == len(old)
    assert client.get(f"{path}/data").text == "new\n"


def test_readers_never_meet_a_writer(emulator, open_client, create, query):
    """While rows are replaced over and over, every export and every query sees one whole version."""
    with open_client(emulator) as client:
        path = create(client, ("LONG", "n"))
        put(client, path, "0\n" * 1000)
        done = threading.Event()
        seen = []

        def read():
            with open_client(emulator) as reader:
                while not done.is_set():
                    seen.append(set(reader.get(f"{path}/data").text.split()))
                    seen.append(set(map(str, query(reader, path, "SELECT DISTINCT n FROM table").json()["rows"])))

        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for number in range(40):
            assert put(client, path, f"{number}\n" * 1000).status_code == 204
        done.set()
        for thread in threads:
            thread.join()
    assert {len(versions) for versions in seen} == {1}


def test_client_that_leaves_an_export_disturbs_nobody(emulator, client, create):
    """A half-read export ends with its connection."""
    path = create(client, ("STRING", "t"))
    put(client, path, ("x" * 99 + "\n") * 200_000)
    for _ in range(3):
        with client.stream("GET", f"{path}/data") as response:
            next(response.iter_bytes())
    assert client.get(path).status_code == 200


TEXT = (
    st.none()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    | st.sampled_from(["", '"', '""', ",", "\n", "\r\n", "\r", "\\N", "NA", "null", "ünï", "𝄞", "'", " x "])
)


def encode(record):
    """CSV with every text quoted, every null bare."""
    return ",".join("" if cell is None else '"' + cell.replace('"', '""') + '"' for cell in record) + "\n"


def parse(text):
    """Independent reader of exports: nulls bare, everything else text."""
    records, record, position = [], [], 0
    while position < len(text):
        if text[position] == '"':
            cell, position = "", position + 1
            while True:
                end = text.index('"', position)
                cell += text[position:end]
                position = end + 1
                if text[position] != '"':
                    break
                cell += '"'
                position += 1
        else:
            end = min(e for e in (text.find(",", position), text.find("\n", position)) if e >= 0)
            cell, position = text[position:end] or None, end
        record.append(cell)
        if text[position] == "\n":
            records.append(tuple(record))
            record = []
        elif text[position + 1] == "\n":
            record.append(None)
            records.append(tuple(record))
            record, position = [], position + 1
        position += 1
    return records


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=12))
def test_any_text_survives_the_round_trip(shared_emulator, shared_client, three_texts, records):
    """Null, empty text, quotes, line breaks and all of Unicode go in and come out the same."""
    body = "x,y,z\n" + "".join(map(encode, records))
    assert put(shared_client, three_texts, body).status_code == 204
    assert [tuple(row.values()) for row in rows(shared_emulator, three_texts)] == records
    exported = shared_client.get(f"{three_texts}/data").content.decode()
    assert parse(exported) == records
    assert put(shared_client, three_texts, "x,y,z\n" + exported).status_code == 204
    assert [tuple(row.values()) for row in rows(shared_emulator, three_texts)] == records


@pytest.fixture(scope="module")
def three_texts(shared_client, create):
    return create(shared_client, ("STRING", "x"), ("STRING", "y"), ("STRING", "z"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(TEXT, max_size=8))
def test_one_column_survives_too(shared_emulator, shared_client, one_text, texts):
    """With a single column a null is a blank line."""
    put(shared_client, one_text, "a\n" + "".join(encode([text]) for text in texts))
    assert [row["a"] for row in rows(shared_emulator, one_text)] == texts
    exported = shared_client.get(f"{one_text}/data").content.decode()
    put(shared_client, one_text, "a\n" + exported)
    assert [row["a"] for row in rows(shared_emulator, one_text)] == texts


NUMBERS = st.tuples(
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.floats(allow_nan=False),
    st.none() | st.decimals(places=6, min_value=-(10**20), max_value=10**20),
    st.none() | st.dates(),
    st.none() | st.datetimes(),
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=st.lists(NUMBERS, max_size=10))
def test_every_type_survives_the_round_trip(shared_emulator, shared_client, typed, records):
    """What an export writes, an import reads as the same values."""
    columns = [list(column) for column in zip(*records, strict=True)] or [[] for _ in range(5)]
    text = "\n".join(
        ",".join("" if c is None else c.isoformat() if isinstance(c, dt.date) else str(c) for c in record)
        for record in records
    )
    assert put(shared_client, typed, text).status_code == 204
    exported = shared_client.get(f"{typed}/data").content
    assert put(shared_client, typed, exported).status_code == 204
    table = shared_emulator.table(typed.rsplit("/", 1)[1])
    assert [column.to_pylist() for column in table.columns] == columns


@pytest.fixture(scope="module")
def typed(shared_client, create):
    kinds = ("LONG", "DOUBLE", "DECIMAL", "DATE", "DATETIME")
    return create(shared_client, *((kind, f"c_{kind}") for kind in kinds))


def test_arrow_types_become_domo_types(emulator, client):
    """Every flat Arrow type has a Domo type; booleans become text, zones UTC, nanoseconds microseconds."""
    moment = dt.datetime(2020, 6, 1, 12, tzinfo=dt.UTC)
    table = pa.table(
        {
            "small": pa.array([1, None], pa.int8()),
            "unsigned": pa.array([2**63 - 1, 0], pa.uint64()),
            "half": pa.array([0.5, None], pa.float32()),
            "flag": pa.array([True, False]),
            "word": pa.array(["a", "b"]).dictionary_encode(),
            "large": pa.array(["a", ""], pa.large_string()),
            "view": pa.array(["a", None], pa.string_view()),
            "money": pa.array([Decimal("1.20"), None], pa.decimal128(9, 2)),
            "day": pa.array([dt.date(2020, 1, 1), None], pa.date64()),
            "zoned": pa.array([moment, None], pa.timestamp("ms", tz="America/Denver")),
            "nanos": pa.array([1_590_000_000_123_456_789, None], pa.timestamp("ns")),
            "nothing": pa.nulls(2),
        }
    )
    emulator.add_dataset("All", table)
    [first, second] = emulator.table("All").to_pylist()
    assert first["flag"] == "true"
    assert second["flag"] == "false"
    assert first["zoned"] == moment.replace(tzinfo=None)
    assert first["nanos"].microsecond == 123456
    assert (first["money"], first["word"], first["large"], second["large"]) == (Decimal("1.20"), "a", "a", "")
    schema = client.get(f"/v1/datasets/{emulator.dataset_ids['All']}").json()["schema"]["columns"]
    assert [column["type"] for column in schema] == [
        "LONG", "LONG", "DOUBLE", "STRING", "STRING", "STRING", "STRING", "DECIMAL", "DATE", "DATETIME", "DATETIME",
        "STRING",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "column",
    [pa.array([[1]]), pa.array([{"a": 1}]), pa.array([b"x"]), pa.array([dt.time(1)]), pa.array([dt.timedelta(1)])],
)
def test_columns_that_domo_cannot_hold_are_refused(emulator, column):
    """Nested, binary and time columns are refused by name."""
    with pytest.raises(InvalidArgumentError, match="'odd'"):
        emulator.add_dataset("Odd", pa.table({"odd": column}))
    assert "Odd" not in emulator.dataset_ids


def test_readers_and_frames_are_taken_too(emulator):
    """A DataSet may come as a stream of batches."""
    table = pa.table({"n": list(range(1000))})
    emulator.add_dataset("Streamed", table.to_reader(max_chunksize=10))
    assert emulator.table("Streamed").equals(table)


def test_folder_becomes_datasets(tmp_path):
    """Each data file of a folder is a DataSet named after its stem."""
    import zipfile

    import pyarrow.parquet as pq

    (tmp_path / "plain.csv").write_text('name,n,day\nA,1,2020-01-01\n"",NA,\n')
    (tmp_path / "packed.csv.gz").write_bytes(gzip.compress(b"x\n1.5\n"))
    with zipfile.ZipFile(tmp_path / "zipped.csv.zip", "w") as archive:
        archive.writestr("inside.csv", "x\ntrue\n")
    pq.write_table(pa.table({"x": [1, 2]}), tmp_path / "square.parquet")
    (tmp_path / "notes.txt").write_text("no data")
    with Emulator(data=tmp_path) as emulator:
        assert set(emulator.dataset_ids) == {"plain", "packed", "zipped", "square"}
        assert emulator.table("plain").to_pylist() == [
            {"name": "A", "n": 1, "day": dt.date(2020, 1, 1)},
            {"name": "", "n": None, "day": None},
        ]
        assert emulator.table("zipped").to_pylist() == [{"x": "true"}]
        assert emulator.table("square").num_rows == 2


def test_folder_that_is_none_is_refused(tmp_path):
    """A wrong path and an unreadable file are named."""
    with pytest.raises(InvalidArgumentError, match="is no folder"):
        Emulator(data=tmp_path / "none")
    (tmp_path / "bad.parquet").write_bytes(b"not parquet")
    with pytest.raises(InvalidArgumentError, match=r"bad\.parquet"):
        Emulator(data=tmp_path)


def test_infinite_doubles_are_written_as_words(emulator, client):
    """CSV has words for what is no finite number."""
    emulator.add_dataset("Odd", pa.table({"x": [math.inf, -math.inf, 1.0]}))
    assert client.get(f"/v1/datasets/{emulator.dataset_ids['Odd']}/data").text == "inf\n-inf\n1\n"
