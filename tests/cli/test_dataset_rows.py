"""`domo-async datasets export` and `import`: rows out, rows in."""

from __future__ import annotations

import gzip
import os
import threading

import pytest
from pyarrow import parquet

from domo_async.cli.exit_codes import ExitCode

DATASET = "4405ff58-1957-45f0-82bd-914d989a3ea3"


@pytest.fixture
def west(emulator):
    return emulator.dataset_ids["Sales [red]West[/red]"]


@pytest.fixture
def sales(json_of):
    return json_of("datasets", "create", "--name", "Sales", "--schema", "customer:STRING,amount:LONG")["id"]


def test_standard_output_gets_the_csv_of_domo(domo_async, west):
    outcome = domo_async("datasets", "export", west)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == 'customer,amount\nAna,1\n,2\n"",\nNA,4\n'
    assert domo_async("datasets", "export", west, "--no-header").out.startswith("Ana,1\n")


def test_a_file_gets_the_format_of_its_name(domo_async, json_of, west, tmp_path):
    outcome = domo_async("datasets", "export", west, "--to", tmp_path / "west.parquet", "--column", "customer")
    assert (outcome.code, outcome.out) == (0, "")
    assert "Wrote 4 rows" in outcome.err
    table = parquet.read_table(tmp_path / "west.parquet")
    assert table.to_pydict() == {"customer": ["Ana", None, "", "NA"]}
    facts = json_of("datasets", "export", west, "--to", tmp_path / "west", "--format", "csv.gz")
    assert (facts["rows"], facts["format"], facts["path"]) == (4, "csv.gz", str(tmp_path / "west"))
    assert gzip.decompress((tmp_path / "west").read_bytes()).count(b"\n") == 5


@pytest.mark.parametrize("option", [["--format", "csv"], ["--column", "customer"], ["--json"]])
def test_what_belongs_to_a_file_needs_one(offline, option):
    outcome = offline("datasets", "export", DATASET, *option)
    assert (outcome.code, outcome.out) == (ExitCode.USAGE, "")
    assert "--to FILE" in outcome.err


def test_a_failed_export_leaves_no_file(domo_async, emulator, west, tmp_path):
    emulator.faults.add("status", path=f"/v1/datasets/{west}/data", status=403)
    outcome = domo_async("datasets", "export", west, "--to", tmp_path / "west.csv")
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (ExitCode.DENIED, "", 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [["--to", "west.xls"], ["--to", "west", "--format", "xls"]])
def test_an_unknown_format_never_reaches_domo(offline, options):
    outcome = offline("datasets", "export", DATASET, *options)
    assert (outcome.code, outcome.err.count("\n")) == (ExitCode.USAGE, 1)
    assert "parquet" in outcome.err


def test_rows_are_appended_or_replaced(domo_async, json_of, emulator, sales, tmp_path):
    (tmp_path / "rows.csv").write_text('customer,amount\nAna,1\n"",\n')
    outcome = domo_async("datasets", "import", sales, tmp_path / "rows.csv", "--append")
    assert (outcome.code, outcome.out) == (0, "")
    done = json_of("datasets", "import", sales, "-", "--append", stdin="Bo,2\n")
    assert done == {"dataset_id": sales, "update_method": "APPEND", "bytes": 5}
    assert emulator.table(sales)["customer"].to_pylist() == ["Ana", "", "Bo"]
    json_of("datasets", "import", sales, "-", "--replace", stdin=gzip.compress(b"Cy,3\n"))
    assert emulator.table(sales).to_pydict() == {"customer": ["Cy"], "amount": [3]}


@pytest.mark.parametrize("flags", [[], ["--append", "--replace"]])
def test_what_happens_to_the_rows_that_are_there_is_said(offline, flags):
    outcome = offline("datasets", "import", DATASET, "-", *flags, stdin="Ana,1\n")
    assert outcome.code == ExitCode.USAGE
    assert "--append or --replace" in outcome.err


def test_a_pipe_that_broke_further_up_does_not_empty_a_dataset(domo_async, emulator, west):
    outcome = domo_async("datasets", "import", west, "-", "--replace", stdin="")
    assert (outcome.code, outcome.err.count("\n")) == (ExitCode.USAGE, 1)
    assert "--allow-empty" in outcome.err
    assert emulator.table(west).num_rows == 4
    assert domo_async("datasets", "import", west, "-", "--replace", "--allow-empty", stdin="").code == 0
    assert emulator.table(west).num_rows == 0


def test_what_came_through_a_pipe_can_be_sent_again(domo_async, emulator, sales):
    emulator.faults.add("reset", path=f"/v1/datasets/{sales}/data", times=1)
    assert domo_async("datasets", "import", sales, "-", "--replace", stdin="Ana,1\n").code == 0
    assert emulator.table(sales).num_rows == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are a thing of Unix")
def test_a_named_pipe_is_no_empty_file(domo_async, emulator, sales, tmp_path):
    """As a shell makes one of <(...)."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=["Ana,1\n"])
    writer.start()
    assert domo_async("datasets", "import", sales, pipe, "--append").code == 0
    writer.join()
    assert emulator.table(sales).num_rows == 1


@pytest.mark.parametrize("what", ["missing", "folder"])
def test_a_file_that_cannot_be_read_is_one_sentence(domo_async, sales, tmp_path, what):
    path = tmp_path if what == "folder" else tmp_path / "missing.csv"
    outcome = domo_async("datasets", "import", sales, path, "--append")
    assert (outcome.code, outcome.err.count("\n")) == (ExitCode.USAGE, 1)
    assert str(path) in outcome.err


def test_sql_from_standard_input(json_of, west):
    assert json_of("datasets", "query", west, "-", stdin="SELECT COUNT(*) AS n FROM table")["rows"] == [[4]]


def test_exports_and_imports_are_each_others_reverse(domo_async, emulator, west, sales):
    exported = domo_async("datasets", "export", west).out
    assert domo_async("datasets", "import", sales, "-", "--replace", stdin=exported).code == 0
    assert emulator.table(sales).equals(emulator.table(west))
