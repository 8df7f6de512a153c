"""In pipes and files: plain text, whole, quiet when nobody reads any more, clear when nothing can be written."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from domo_async.cli import main
from domo_async.cli.exit_codes import ExitCode
from domo_async.cli.json_output import JsonArray, dumped
from domo_async.cli.sheets import Heading, Sheet
from domo_async.cli.tables import facts
from domo_async.cli.terminal import Terminal


@pytest.mark.parametrize("items", [[], [1], [{"a": [1, {}]}, "ä\n", None]])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_an_array_is_the_same_in_pieces_and_at_once(capsys, items, ascii_only):
    array = JsonArray(sys.stdout, ascii_only=ascii_only)
    for item in items:
        array.add(item)
    array.end()
    assert capsys.readouterr().out == dumped(items, ascii_only=ascii_only) + "\n"


def test_an_array_that_fails_half_way_is_no_json(domo_async, emulator):
    for number in range(60):
        emulator.add_dataset(f"Copy {number}", emulator.table("Stock"))
    emulator.faults.add("status", path="/v1/datasets", status=403, after=1)
    outcome = domo_async("datasets", "list", "--json")
    assert outcome.code == ExitCode.DENIED
    with pytest.raises(json.JSONDecodeError):
        json.loads(outcome.out)


def test_text_is_aligned_by_what_it_takes_on_the_screen():
    rows = [("王", 1, None), ("a\x1b[2J", 1000, 2.5)]
    sheet = Sheet([Heading("Name"), Heading("Rows", "count"), Heading("x", "number")], rows)
    assert list(sheet.lines()) == ["Name       Rows     x", "王            1  null", "a\\x1b[2J  1,000   2.5"]


def test_escapes_have_their_room_in_a_column():
    sheet = Sheet([Heading("Name"), Heading("Rows", "count")], [("Größe", 1), ("x", 2)])
    assert list(sheet.lines(encoding="ascii")) == ["Name         Rows", "Gr\\xf6\\xdfe     1", "x               2"]


@pytest.mark.parametrize("columns", ["1", "20", "40", "47", "55", "80", "200"])
def test_an_id_is_whole_in_any_width(monkeypatch, capsys, columns):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", columns)
    identity = "4405ff58-1957-45f0-82bd-914d989a3ea3"
    headings = [Heading("Name"), Heading("Id", "id"), Heading("Rows", "count"), Heading("Updated", "day", room=60)]
    sheet = Sheet(headings, [("A rather long name of a DataSet", identity, 123_456_789, None)] * 2)
    Terminal().show(sheet)
    shown = capsys.readouterr().out
    assert shown.count(identity) == 2
    assert shown.count("123,456,789") == 2
    assert shown.count("rather") == 2
    Terminal().show(facts([("Name", "x"), ("Id", identity)]))
    assert identity in capsys.readouterr().out


@pytest.mark.parametrize(("rows", "drawn"), [(10, True), (5_001, False)])
def test_a_long_table_is_not_drawn(monkeypatch, capsys, rows, drawn):
    """Rich would take seconds."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    Terminal().show(Sheet([Heading("Number", "number")], [(number,) for number in range(rows)]))
    out = capsys.readouterr().out
    assert ("─" in out) is drawn
    assert out.count("\n") == rows + 1 + drawn


def test_a_pipe_gets_neither_colours_nor_lines(domo_async, emulator, tmp_path):
    dataset_id = emulator.dataset_ids["Stock"]
    for arguments in (["list"], ["show", dataset_id], ["query", dataset_id, "SELECT * FROM table"], ["--help"]):
        outcome = domo_async("datasets", *arguments)
        assert outcome.out.isascii(), "no boxes"
        assert "\x1b" not in outcome.out
        assert not any(line.endswith(" ") for line in outcome.out.splitlines())
    report = domo_async("pull", "--all", "--to", tmp_path / "lake")
    assert report.out.isascii()


def test_the_log_is_lines_of_text(domo_async):
    outcome = domo_async("-vv", "datasets", "list")
    granted = [line for line in outcome.err.splitlines() if "Token granted" in line]
    assert len(granted) == 1
    assert len(granted[0]) < 200


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells writers something else")
@pytest.mark.parametrize("arguments", [["datasets", "list", "--json"], ["--help"]])
def test_a_reader_that_stops_reading_ends_it_quietly(environment, arguments):
    end, begin = os.pipe()
    os.close(end)
    command = [sys.executable, "-m", "domo_async.cli", *arguments]
    done = subprocess.run(
        command, stdout=begin, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment}, check=False
    )
    os.close(begin)
    assert (done.returncode, done.stderr) == (ExitCode.BROKEN_PIPE, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk at hand")
def test_a_full_disk_is_one_sentence():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "domo_async.cli", "--help"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == ExitCode.FAILURE
    assert done.stderr == "Error: The output cannot be written: No space left on device\n"


def test_letters_that_the_output_does_not_have_are_escaped(environment, emulator, monkeypatch):
    emulator.add_dataset("Größe 王", emulator.table("Stock"))
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    monkeypatch.setattr(sys, "argv", ["domo-async", "datasets", "list"])
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # Typer sets its own
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 0
    assert b"Gr\\xf6\\xdfe \\u738b" in written.getvalue()


def test_an_argument_that_is_no_text_is_one_sentence(domo_async, emulator):
    outcome = domo_async("datasets", "list", "--name-like", "\udcff")
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (ExitCode.USAGE, "", 1)
    assert not [request for request in emulator.requests if request.path != "/oauth/token"]
