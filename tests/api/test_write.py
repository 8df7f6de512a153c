"""Rows into DataSets: what is found, made and changed for them, and what is refused."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import httpx
import pyarrow as pa
import pytest

from domo_async.errors import (
    AmbiguousNameError,
    BadRequestError,
    CallError,
    CallTimeoutError,
    CommitTooSoonError,
    ExecutionError,
    InvalidArgumentError,
    InvalidDataError,
    NotFoundError,
    SchemaMismatchError,
    StreamBusyError,
    TargetError,
)
from domo_async.models import ColumnType, UpdateMethod
from tests.hooked import hooked

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    """One event loop will do: what differs between them is in test_write_parts and in tests/faults."""
    return "asyncio"


TIDES = pa.table({"gauge": ["north", None, ""], "level": [1, 2, None]})
MORE = pa.table({"level": [7], "gauge": ["east"]})


def in_pieces(table, rows=1):
    """A table of such small batches that each becomes a part, with a part size of one byte."""
    return pa.Table.from_batches(table.to_batches(max_chunksize=rows))


def rows(emulator, name="Tides"):
    return [tuple(row.values()) for row in emulator.table(name).to_pylist()]


def calls(emulator):
    return [f"{record.method} {record.path}" for record in emulator.requests if record.path != "/oauth/token"]


def changes(emulator):
    return [call for call in calls(emulator) if not call.startswith("GET")]


async def setting(domo, dataset_id):
    [stream] = await domo.streams.search(dataset_id=dataset_id)
    return stream.update_method


# What is found and what is made


async def test_a_name_that_is_not_there_becomes_a_dataset(live, emulator):
    done = await live.datasets.write("Tides", TIDES, description="hourly")

    assert rows(emulator) == [("north", 1), (None, 2), ("", None)]
    dataset = await live.datasets.get(done.dataset_id)
    assert (dataset.name, dataset.description, dataset.schema.names) == ("Tides", "hourly", ["gauge", "level"])
    assert [column.type for column in dataset.schema.columns] == [ColumnType.STRING, ColumnType.LONG]
    assert (done.created, done.rows, done.parts, done.execution_id) == (True, 3, 1, 1)
    assert (done.csv_bytes, done.sent_bytes > 0, done.seconds > 0) == (len('"north",1\n,2\n"",\n'), True, True)
    assert (await live.streams.get(done.stream_id)).last_execution.succeeded


@pytest.mark.parametrize("by", ["name", "id"])
async def test_what_is_there_is_written_into(live, emulator, by):
    first = await live.datasets.write("Tides", TIDES)
    again = await live.datasets.write("Tides" if by == "name" else first.dataset_id, MORE)

    assert rows(emulator) == [("east", 7)]
    assert (again.dataset_id, again.stream_id, again.created) == (first.dataset_id, first.stream_id, False)
    assert list(emulator.dataset_ids) == ["Tides"]


async def test_other_names_that_contain_the_name_are_left_alone(live, emulator):
    for name in ("Tides 2", "tides", "All Tides"):
        await live.datasets.write(name, TIDES)
    assert (await live.datasets.write("Tides", MORE)).created
    assert rows(emulator, "tides") == rows(emulator, "Tides 2")


async def test_of_two_datasets_with_the_name_none_is_chosen(live, emulator):
    ids = [(await live.datasets.create(name="Tides", schema={"gauge": "STRING", "level": "LONG"})).id for _ in "ab"]
    emulator.clear_requests()
    with pytest.raises(AmbiguousNameError, match="2 DataSets are called 'Tides'") as caught:
        await live.datasets.write("Tides", TIDES)
    assert set(caught.value.ids) == set(ids)
    assert all(one in str(caught.value) for one in ids)
    assert changes(emulator) == []


async def test_an_id_is_never_a_name_for_something_new(live, emulator):
    with pytest.raises(NotFoundError):
        await live.datasets.write("7c0d2a16-52a4-4f0f-8d7a-8f3f9b1f0c21", TIDES)
    assert changes(emulator) == []


async def test_a_deleted_dataset_is_not_written_into(live):
    done = await live.datasets.write("Tides", TIDES)
    await live.datasets.delete(done.dataset_id)
    with pytest.raises(InvalidArgumentError, match="is deleted"):
        await live.datasets.write(done.dataset_id, TIDES)
    assert (await live.datasets.write("Tides", TIDES)).created


async def test_a_name_with_blanks_around_it_is_not_made(live, emulator):
    """Domo may trim it, and each write would make another one."""
    with pytest.raises(InvalidArgumentError, match="begins or ends with blanks"):
        await live.datasets.write(" Tides", TIDES)
    assert emulator.dataset_ids == {}


# Arguments


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"update_method": "PARTITION"}, "update_method: 'PARTITION' is none of REPLACE, APPEND, UPSERT"),
        ({"update_method": "replace"}, "update_method: 'replace'"),
        ({"key_columns": ["level"]}, "key_columns: REPLACE knows no keys"),
        ({"update_method": "APPEND", "key_columns": ["level"]}, "key_columns: APPEND knows no keys"),
        ({"update_method": "UPSERT", "key_columns": "level"}, "key_columns: 'level' is one text"),
        ({"dataset": " "}, "dataset: ' ' is not a name"),
        ({"schema": {"level": "INT"}}, "schema: "),
        ({"missing_columns": "fill"}, "missing_columns: 'fill' is none of refuse, null"),
        ({"timestamps": "local"}, "timestamps: 'local'"),
        ({"nanoseconds": "round"}, "nanoseconds: 'round'"),
        ({"not_finite": "nan"}, "not_finite: 'nan'"),
        ({"part_size": 0}, "part_size: 0"),
        ({"part_size": "50 MB"}, "part_size: '50 MB'"),
        ({"concurrency": 0}, "concurrency: 0"),
        ({"concurrency": True}, "concurrency: True"),
        ({"wait_timeout": -1}, "wait_timeout: -1"),
        ({"abort_timeout": 0}, "abort_timeout: 0"),
    ],
)
async def test_what_makes_no_sense_is_refused_before_anything_is_sent(wire, domo, arguments, words):
    with pytest.raises(InvalidArgumentError) as caught:
        await domo.datasets.write(**({"dataset": "Tides", "rows": TIDES} | arguments))
    assert words in str(caught.value)
    assert not wire.calls


@pytest.mark.parametrize("source", [pa.table({}), 5, None, "tides.xlsx"])
async def test_what_is_no_table_changes_nothing(live, emulator, source):
    with pytest.raises(InvalidArgumentError):
        await live.datasets.write("Tides", source)
    assert changes(emulator) == []


# Methods


async def test_append_and_replace_leave_the_setting_of_the_stream_alone(live, emulator):
    """Another program may load the same stream, and rely on it."""
    done = await live.datasets.write("Tides", TIDES, update_method="APPEND")
    await live.datasets.write("Tides", MORE)
    assert rows(emulator) == [("east", 7)]
    await live.datasets.write("Tides", MORE, update_method=UpdateMethod.APPEND)
    assert rows(emulator) == [("east", 7), ("east", 7)]
    assert await setting(live, done.dataset_id) == "APPEND"
    assert not any(call.startswith("PATCH") for call in calls(emulator))


def saying(words):
    """Lets executions say that they have another method, or nothing of it."""

    async def after(request, response):
        if request.method == "POST" and request.url.path.endswith("/executions"):
            document = json.loads(response.content)
            del document["updateMethod"]
            return httpx.Response(200, json=document | words)
        return response

    return after


async def test_a_method_that_domo_does_not_confirm_is_set_for_the_stream(emulator, caplog):
    """The specification knows no execution with a method of its own: the rows wait until there is no doubt."""
    async with hooked(emulator, after=saying({})) as domo:
        done = await domo.datasets.write("Tides", TIDES, update_method="REPLACE")
        emulator.clear_requests()
        await domo.datasets.write("Tides", MORE, update_method="APPEND")
        assert await setting(domo, done.dataset_id) == "APPEND"
    assert len(rows(emulator)) == 4
    run = f"/v1/streams/{done.stream_id}/executions"
    assert changes(emulator) == [
        f"POST {run}",
        f"PUT {run}/2/abort",
        f"PATCH /v1/streams/{done.stream_id}",
        f"POST {run}",
        f"PUT {run}/3/part/1",
        f"PUT {run}/3/commit",
    ]
    assert "is set to APPEND for good" in caplog.text


async def test_a_method_that_domo_denies_gets_no_rows(emulator):
    async with hooked(emulator, after=saying({"updateMethod": "REPLACE"})) as domo:
        await domo.datasets.write("Tides", TIDES)
        with pytest.raises(ExecutionError, match="began execution 3 as REPLACE, not as APPEND; it was aborted"):
            await domo.datasets.write("Tides", MORE, update_method="APPEND")
    assert len(rows(emulator)) == 3


async def test_upserts(live, emulator):
    done = await live.datasets.write("Tides", TIDES.slice(0, 1), update_method="UPSERT", key_columns=["gauge"])
    await live.datasets.write("Tides", pa.table({"gauge": ["south", "north"], "level": [5, 6]}), update_method="UPSERT")
    assert sorted(rows(emulator)) == [("north", 6), ("south", 5)]
    assert await setting(live, done.dataset_id) == "UPSERT"

    await live.datasets.write("Tides", MORE)
    assert rows(emulator) == [("east", 7)], "one replacement in between"
    await live.datasets.write(
        "Tides", pa.table({"gauge": ["east"], "level": [8]}), update_method="UPSERT", key_columns=["gauge"]
    )
    assert rows(emulator) == [("east", 8)]


async def test_a_stream_without_keys_is_given_them_for_upserts(live, emulator):
    done = await live.datasets.write("Tides", TIDES.slice(0, 1))
    await live.datasets.write(
        "Tides", pa.table({"gauge": ["north"], "level": [9]}), update_method="UPSERT", key_columns=["gauge"]
    )
    assert rows(emulator) == [("north", 9)]
    assert (await live.streams.get(done.stream_id)).key_column_names == ["gauge"]


async def test_keys_that_are_not_shown_are_believed_of_a_stream_that_upserts(emulator):
    """Whether every version of the API shows them is not known."""

    async def after(request, response):
        if request.method == "GET" and request.url.path.startswith("/v1/streams/"):
            document = json.loads(response.content)
            for stream in document if isinstance(document, list) else [document]:
                stream.pop("keyColumnNames", None)
            return httpx.Response(200, json=document)
        return response

    async with hooked(emulator, after=after) as domo:
        await domo.datasets.write("Tides", TIDES.slice(0, 1))
        for level in (8, 9):
            table = pa.table({"gauge": ["north"], "level": [level]})
            await domo.datasets.write("Tides", table, update_method="UPSERT", key_columns=["gauge"])
    assert rows(emulator) == [("north", 9)]


async def test_a_stream_that_takes_no_keys_gets_no_rows(emulator):
    """A load that appends where it should replace would be worse than none."""

    async def after(request, response):
        if request.method == "GET" and request.url.path.startswith("/v1/streams/1"):
            return httpx.Response(200, json=json.loads(response.content) | {"updateMethod": "REPLACE"})
        return response

    async with hooked(emulator, after=after) as domo:
        await domo.datasets.write("Tides", TIDES)
        with pytest.raises(InvalidArgumentError, match="Domo did not take key columns"):
            await domo.datasets.write("Tides", MORE, update_method="UPSERT", key_columns=["gauge"])
    assert len(rows(emulator)) == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"update_method": "APPEND"}, "takes every APPEND for an UPSERT"),
        ({"update_method": "UPSERT", "key_columns": ["level"]}, "has the keys gauge"),
        ({"update_method": "UPSERT", "key_columns": ["nothing"]}, "key_columns: 'nothing' is not a column"),
    ],
)
async def test_keys_are_not_changed_by_the_way(live, emulator, arguments, words):
    await live.datasets.write("Tides", TIDES, update_method="UPSERT", key_columns=["gauge"])
    before = changes(emulator)
    with pytest.raises(InvalidArgumentError) as caught:
        await live.datasets.write("Tides", MORE, **arguments)
    assert words in str(caught.value)
    assert changes(emulator) == before


async def test_the_first_upsert_needs_keys(live, emulator):
    for _ in range(2):
        with pytest.raises(InvalidArgumentError, match="key_columns: UPSERT needs to know"):
            await live.datasets.write("Tides", TIDES, update_method="UPSERT")
        assert emulator.dataset_ids.keys() <= {"Tides"}
        await live.streams.create(name="Tides", schema={"gauge": "STRING", "level": "LONG"}, update_method="APPEND")


# Columns


async def test_columns_are_matched_by_name_in_any_order_and_case(live, emulator):
    await live.datasets.write("Tides", TIDES)
    await live.datasets.write("Tides", pa.table({"LEVEL": [7], "Gauge": ["east"]}), update_method="APPEND")
    assert rows(emulator)[-1] == ("east", 7)
    assert emulator.table("Tides").column_names == ["gauge", "level"]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (MORE.append_column("wind", pa.array([1.5])), "new: 'wind' (DOUBLE). Let the DataSet have"),
        (MORE.drop_columns("level"), "missing: 'level' (LONG). Write null"),
        (MORE.rename_columns(["height", "gauge"]), "new: 'height' (LONG); missing: 'level' (LONG)"),
    ],
)
async def test_other_columns_are_said_and_refused(live, emulator, table, words):
    await live.datasets.write("Tides", TIDES)
    before = changes(emulator)
    with pytest.raises(SchemaMismatchError, match="do not fit the columns of DataSet 'Tides'") as caught:
        await live.datasets.write("Tides", table)
    assert words in str(caught.value)
    assert caught.value.change is not None
    assert changes(emulator) == before


async def test_new_columns_are_added_when_asked_for(live, emulator):
    await live.datasets.write("Tides", TIDES)
    done = await live.datasets.write(
        "Tides", MORE.append_column("wind", pa.array([1.5])), update_method="APPEND", evolve=True
    )
    assert done.added_columns == ("wind",)
    assert rows(emulator) == [("north", 1, None), (None, 2, None), ("", None, None), ("east", 7, 1.5)]
    schema = (await live.datasets.get(done.dataset_id)).schema
    assert [(column.name, column.type) for column in schema.columns][-1] == ("wind", "DOUBLE")


async def test_missing_columns_become_null_when_asked_for(live, emulator):
    await live.datasets.write("Tides", TIDES)
    await live.datasets.write("Tides", MORE.drop_columns("level"), update_method="APPEND", missing_columns="null")
    assert rows(emulator)[-1] == ("east", None)


async def test_types_are_widened_when_asked_for_but_never_to_text(live, emulator):
    days = pa.array([dt.date(2026, 1, 2)])
    await live.datasets.write("Tides", pa.table({"n": [1], "m": [1], "day": days}))
    done = await live.datasets.write(
        "Tides",
        pa.table({"n": [Decimal("1.25")], "m": ["2"], "day": [dt.datetime(2026, 1, 2, 3)]}),
        update_method="APPEND",
        evolve=True,
    )
    schema = (await live.datasets.get(done.dataset_id)).schema
    assert [column.type for column in schema.columns] == ["DECIMAL", "LONG", "DATETIME"]
    assert rows(emulator)[-1] == (Decimal("1.25"), 2, dt.datetime(2026, 1, 2, 3))


async def test_values_go_into_the_type_that_the_dataset_has_or_not_at_all(live, emulator):
    """Whole floats are integers, which pandas makes floats of; others are refused, in words."""
    await live.datasets.write("Tides", TIDES)
    await live.datasets.write("Tides", pa.table({"gauge": ["a"], "level": [5.0]}), update_method="APPEND")
    assert rows(emulator)[-1] == ("a", 5)
    with pytest.raises(InvalidDataError, match=r"row 2, column 'level': .* 5\.5") as caught:
        await live.datasets.write("Tides", pa.table({"gauge": ["a", "b"], "level": [5.0, 5.5]}))
    assert caught.value.__notes__ == ["The columns of the DataSet: 'level' is LONG and comes as DOUBLE"]
    assert len(rows(emulator)) == 4


async def test_columns_of_nulls_without_a_type_take_that_of_the_dataset(live, emulator):
    await live.datasets.write("Tides", TIDES)
    await live.datasets.write("Tides", pa.table({"gauge": pa.nulls(2), "level": pa.nulls(2)}), evolve=True)
    assert rows(emulator) == [(None, None)] * 2
    assert (await live.datasets.schema(emulator.dataset_ids["Tides"])).columns[1].type == "LONG"


async def test_a_schema_says_what_the_rows_do_not(live, emulator):
    done = await live.datasets.write("Tides", TIDES, schema={"gauge": "STRING", "level": "DECIMAL", "wind": "DOUBLE"})
    schema = (await live.datasets.get(done.dataset_id)).schema
    assert [column.type for column in schema.columns] == ["STRING", "DECIMAL", "DOUBLE"]
    assert rows(emulator)[0] == ("north", Decimal(1), None)
    with pytest.raises(InvalidArgumentError, match="schema: it lacks the column 'gauge'"):
        await live.datasets.write("Tides", TIDES, schema={"level": "LONG"})


# Nothing to write


async def test_a_replacement_by_nothing_empties_the_dataset(live, emulator):
    """With one part that holds nothing, since an execution without parts may be none."""
    await live.datasets.write("Tides", TIDES)
    done = await live.datasets.write("Tides", TIDES.slice(0, 0))
    assert (done.rows, done.parts, done.execution_id) == (0, 0, 2)
    assert rows(emulator) == []
    assert calls(emulator)[-4].endswith("/executions/2/part/1")


@pytest.mark.parametrize("method", ["APPEND", "UPSERT"])
async def test_nothing_to_add_adds_nothing(live, emulator, method):
    keys = ["gauge"] if method == "UPSERT" else []
    await live.datasets.write("Tides", TIDES, update_method=method, key_columns=keys)
    before = changes(emulator)
    done = await live.datasets.write("Tides", TIDES.slice(0, 0), update_method=method, key_columns=keys)
    assert (done.rows, done.execution_id, done.created) == (0, None, False)
    assert len(rows(emulator)) == 3
    assert changes(emulator) == before


async def test_nothing_makes_a_dataset_with_its_columns(live, emulator):
    done = await live.datasets.write("Tides", TIDES.slice(0, 0))
    assert (done.created, done.execution_id) == (True, None)
    assert changes(emulator) == ["POST /v1/streams"]
    assert (await live.datasets.schema(done.dataset_id)).names == ["gauge", "level"]


# The end


async def test_the_end_of_indexing_is_waited_for_unless_not(live, emulator):
    emulator.indexing_time = 0.3
    done = await live.datasets.write("Tides", TIDES, wait=False)
    execution = await live.streams.get_execution(done.stream_id, done.execution_id)
    assert not execution.ended
    await live.streams.wait(done.stream_id, done.execution_id)
    done = await live.datasets.write("Tides", TIDES)
    assert (await live.streams.get_execution(done.stream_id, done.execution_id)).succeeded


async def test_a_wait_that_is_too_long_is_no_abort(live, emulator):
    emulator.indexing_time = 0.5
    with pytest.raises(CallTimeoutError, match=r"has not ended within 0\.05 s"):
        await live.datasets.write("Tides", TIDES, wait_timeout=0.05)
    assert not any(call.endswith("/abort") for call in calls(emulator))
    await live.streams.wait(1, 1)
    assert len(rows(emulator)) == 3


async def test_another_writers_execution_is_left_alone_unless_taken_over(live, emulator):
    done = await live.datasets.write("Tides", TIDES)
    await live.streams.create_execution(done.stream_id)
    before = changes(emulator)
    with pytest.raises(StreamBusyError, match="Execution 2 of DataSet 'Tides' is active") as caught:
        await live.datasets.write("Tides", MORE)
    assert (caught.value.execution.id, caught.value.retryable) == (2, True)
    assert changes(emulator) == before

    done = await live.datasets.write("Tides", MORE, take_over=True)
    assert done.execution_id == 3
    assert (await live.streams.get_execution(done.stream_id, 2)).failed
    assert rows(emulator) == [("east", 7)]


async def test_a_commit_too_soon_after_the_last_leaves_the_rows(live, emulator):
    emulator.commit_interval = 900.0
    await live.datasets.write("Tides", TIDES)
    with pytest.raises(CommitTooSoonError):
        await live.datasets.write("Tides", MORE)
    assert len(rows(emulator)) == 3
    emulator.commit_interval = None
    await live.datasets.write("Tides", MORE)
    assert rows(emulator) == [("east", 7)]


# DataSets without a stream


@pytest.fixture
async def plain(live):
    """A DataSet that was created without a stream, and so never gets one."""
    return await live.datasets.create(name="Tides", schema={"gauge": "STRING", "level": "LONG"})


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("pieces", [3, 1])
async def test_a_dataset_without_a_stream_is_imported_into(live, emulator, plain, temporary, pieces):
    """In one request, whose length is known: through a file, if there is more than one part."""
    done = await live.datasets.write("Tides", in_pieces(TIDES, pieces), part_size=1)
    assert (done.stream_id, done.execution_id, done.rows, done.created) == (None, None, 3, False)
    await live.datasets.write("Tides", MORE, update_method="APPEND")
    assert rows(emulator) == [("north", 1), (None, 2), ("", None), ("east", 7)]
    await live.datasets.write("Tides", TIDES.slice(0, 0))
    assert rows(emulator) == []
    assert changes(emulator) == ["POST /v1/datasets"] + [f"PUT /v1/datasets/{plain.id}/data"] * 3
    assert list(temporary.iterdir()) == []


async def test_an_import_that_fails_leaves_no_file(live, emulator, plain, temporary):
    emulator.faults.add("status", status=400, path="*/data")
    with pytest.raises(BadRequestError):
        await live.datasets.write("Tides", in_pieces(TIDES), part_size=1)
    assert list(temporary.iterdir()) == []


async def test_a_disk_that_takes_no_file_is_an_error_of_ours(live, plain, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nothing"))
    with pytest.raises(TargetError, match="A temporary file for the rows cannot be made: No such file"):
        await live.datasets.write("Tides", in_pieces(TIDES), part_size=1)


async def test_a_row_that_reads_like_the_header_is_a_row(live, emulator):
    await live.datasets.create(name="Words", schema={"a": "STRING", "b": "STRING"})
    await live.datasets.write("Words", pa.table({"a": ["a", "x"], "b": ["b", "y"]}))
    assert rows(emulator, "Words") == [("a", "b"), ("x", "y")]


async def test_rows_are_not_upserted_without_a_stream(live, emulator, plain):
    with pytest.raises(InvalidArgumentError, match="has no stream, and rows are upserted through streams only"):
        await live.datasets.write("Tides", TIDES, update_method="UPSERT", key_columns=["gauge"])
    assert changes(emulator) == ["POST /v1/datasets"]


async def test_an_append_whose_answer_was_lost_says_what_is_not_known(live, emulator, plain):
    emulator.faults.add("lost_answer", path="*/data")
    with pytest.raises(CallError, match="The rows may have been added all the same"):
        await live.datasets.write("Tides", TIDES, update_method="APPEND")
    assert len(rows(emulator)) == 3


# Frames, which come back as they went


async def test_frames_go_up_and_come_back(live):
    pd, pl = pytest.importorskip("pandas"), pytest.importorskip("polars")
    frame = pd.DataFrame({"city": ["Bergen", None, "NA"], "visits": pd.array([3, None, 2], dtype="Int64")})
    done = await live.datasets.write("Visits", frame)
    back = await live.datasets.read_pandas(done.dataset_id)
    pd.testing.assert_frame_equal(back, frame.astype(back.dtypes), check_dtype=False)

    other = pl.DataFrame({"city": ["Oslo"], "visits": [4]})
    await live.datasets.write("Visits", other, update_method="APPEND")
    assert (await live.datasets.read_polars(done.dataset_id)).equals(pl.concat([pl.from_pandas(frame), other]))


async def test_a_file_goes_up_by_its_path(live, emulator, tmp_path):
    import pyarrow.parquet as pq

    pq.write_table(TIDES, tmp_path / "tides.parquet")
    for path in (tmp_path / "tides.parquet", str(tmp_path / "tides.parquet")):
        await live.datasets.write("Tides", path)
        assert len(rows(emulator)) == 3
