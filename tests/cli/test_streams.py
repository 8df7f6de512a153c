"""`domo-async streams`: streams, loads through them, and their executions."""

from __future__ import annotations

import gzip

import pytest

from domo_async.cli.exit_codes import ExitCode


@pytest.fixture
def stream(json_of):
    return json_of(
        "streams", "create", "--name", "Sales", "--schema", "customer:STRING,amount:LONG", "--method", "append"
    )


@pytest.fixture
def parts(tmp_path):
    (tmp_path / "one.csv").write_text("Ana,1\nBo,2\n")
    (tmp_path / "two.csv.gz").write_bytes(gzip.compress(b"Cy,3\n"))
    return [tmp_path / "one.csv", tmp_path / "two.csv.gz"]


def test_a_stream_from_its_beginning_to_its_end(domo_async, json_of, stream):
    assert (stream["dataset"]["name"], stream["update_method"]) == ("Sales", "APPEND")
    changed = json_of("streams", "update", stream["id"], "--method", "upsert", "--key", "customer")
    assert (changed["update_method"], changed["key_column_names"]) == ("UPSERT", ["customer"])
    assert "UPSERT" in domo_async("streams", "show", stream["id"]).out
    assert json_of("streams", "delete", stream["id"], "--yes")["deleted"]
    assert domo_async("streams", "show", stream["id"]).code == ExitCode.FAILURE


def test_streams_are_found_by_their_dataset(domo_async, json_of, stream):
    json_of("streams", "create", "--name", "Other", "--schema", "a:LONG", "--method", "REPLACE")
    assert len(json_of("streams", "list")) == 2
    [found] = json_of("streams", "list", "--dataset", stream["dataset"]["id"])
    assert found["id"] == stream["id"]
    assert len(json_of("streams", "list", "--owner", 27)) == 2
    assert domo_async("streams", "list", "--owner", 27, "--name", "Sales").code == ExitCode.USAGE


def test_an_unknown_update_method_never_reaches_domo(domo_async, emulator):
    """Domo takes a word that it does not know for REPLACE, and deletes every row."""
    outcome = domo_async("streams", "create", "--name", "S", "--schema", "a:LONG", "--method", "MERGE")
    assert outcome.code == ExitCode.USAGE
    document = '{"name": "S", "schema": {"a": "LONG"}, "updateMethod": "MERGE"}'
    from_file = domo_async("streams", "create", "--from-json", "-", stdin=document)
    assert from_file.code == ExitCode.USAGE
    assert "updateMethod" in from_file.err
    assert not emulator.requests


def test_a_method_that_is_missing_is_named_as_the_option(domo_async):
    outcome = domo_async("streams", "create", "--name", "S", "--schema", "a:LONG")
    assert outcome.code == ExitCode.USAGE
    assert "--method is missing" in outcome.err


def test_files_are_loaded_in_order(json_of, emulator, stream, parts):
    done = json_of("streams", "run", stream["id"], *parts)
    assert (done["current_state"], done["rows"]) == ("SUCCESS", 3)
    assert emulator.table("Sales")["customer"].to_pylist() == ["Ana", "Bo", "Cy"]
    json_of("streams", "run", stream["id"], parts[0], "--replace", "--no-wait")
    assert emulator.table("Sales").num_rows == 2
    listing = json_of("streams", "executions", "list", stream["id"])
    assert [execution["update_method"] for execution in listing] == ["APPEND", "REPLACE"]
    assert json_of("streams", "executions", "show", stream["id"], 1) == listing[0]


def test_one_bad_file_leaves_the_dataset_as_it_was(domo_async, json_of, emulator, stream, parts, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("Di,many\n")
    outcome = domo_async("streams", "run", stream["id"], *parts, bad)
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (ExitCode.FAILURE, "", 1)
    assert emulator.table("Sales").num_rows == 0
    [execution] = json_of("streams", "executions", "list", stream["id"])
    assert execution["current_state"] != "ACTIVE", "it is aborted, so that the next load does not wait for it"


def test_a_header_would_be_a_row(domo_async, json_of, stream, tmp_path):
    (tmp_path / "head.csv").write_text("﻿Customer,AMOUNT\nAna,1\n", encoding="utf-8")
    outcome = domo_async("streams", "run", stream["id"], tmp_path / "head.csv")
    assert outcome.code == ExitCode.USAGE
    assert "names of the columns" in outcome.err
    assert json_of("streams", "executions", "list", stream["id"]) == []


def test_a_file_that_is_missing_begins_no_execution(domo_async, emulator, stream, parts, tmp_path):
    emulator.clear_requests()
    outcome = domo_async("streams", "run", stream["id"], parts[0], tmp_path / "gone.csv")
    assert (outcome.code, outcome.err.count("\n")) == (ExitCode.USAGE, 1)
    assert "gone.csv" in outcome.err
    assert [request for request in emulator.requests if "streams" in request.path] == []


def test_executions_can_be_aborted(domo_async, json_of, emulator, stream, parts):
    stream_id = stream["id"]
    assert json_of("streams", "executions", "abort", stream_id) == {"aborted": True, "stream_id": stream_id}
    json_of("streams", "run", stream_id, *parts)
    outcome = domo_async("streams", "executions", "abort", stream_id, 1)
    assert outcome.code == ExitCode.FAILURE
    assert "409" in outcome.err
