"""In front of a terminal: colours, questions, secrets, Ctrl-C."""

from __future__ import annotations

import re
import sys

import pyarrow as pa
import pytest

from domo_async.cli.exit_codes import ExitCode

if sys.platform == "win32":
    pytest.skip("pseudo terminals are a thing of Unix", allow_module_level=True)

from tests.cli.pseudo_terminal import PseudoTerminal


@pytest.fixture
def terminal(environment):
    terminals = []

    def start(*arguments, columns=80, **variables):
        terminals.append(PseudoTerminal(*arguments, environment=environment | variables, columns=columns))
        return terminals[-1]

    yield start
    for each in terminals:
        each.close()


def test_a_narrow_terminal_gets_records_and_no_colours_if_it_wants_none(terminal, emulator):
    shown = terminal("datasets", "list", "--name-like", "stock", columns=40, NO_COLOR="1")
    assert shown.end() == 0
    assert "\x1b[3" not in shown.text
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown.text)
    assert plain == f"Name Stock\r\nId {emulator.dataset_ids['Stock']}\r\nRows 1\r\n"


def test_a_cell_cannot_steer_the_terminal(terminal, emulator):
    dataset_id = emulator.add_dataset("Evil", pa.table({"x": ["a\x1b[2Jb", "c"]}))
    shown = terminal("datasets", "export", dataset_id)
    assert shown.end() == 0
    assert shown.text == "x\r\na\\x1b[2Jb\r\nc\r\n"


def test_a_wide_terminal_gets_help_in_boxes(terminal):
    shown = terminal("datasets", "--help", columns=100)
    assert shown.end() == 0
    assert "╭─" in shown.text
    assert "\x1b[" in shown.text


def test_help_in_boxes_shows_no_type_where_no_value_follows(terminal):
    for words in (["--help"], ["datasets", "list", "--help"]):
        shown = terminal(*words, columns=100)
        assert shown.end() == 0
        assert "--json" in re.sub(r"\x1b\[[0-9;]*m", "", shown.text) or words == ["--help"]
        assert not re.search("bool|int>", shown.text)


def test_the_report_of_a_pull_has_fewer_columns_where_there_is_little_room(terminal, tmp_path):
    shown = terminal("pull", "--name", "stock", "--to", tmp_path / "lake", columns=40, NO_COLOR="1")
    assert shown.end() == 0
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.text)
    assert re.search(r"DataSet +Rows +Seconds\s+─+\s+Stock +1 ", plain)


def test_deleting_asks_with_the_name(terminal, emulator):
    shown = terminal("datasets", "delete", emulator.dataset_ids["Stock"])
    shown.wait_for(r"Delete DataSet 'Stock' \(.*\) for good\? \[y/N\] ")
    shown.type("y\n")
    assert shown.end() == ExitCode.OK
    assert "Deleted DataSet 'Stock'" in shown.text
    assert "Stock" not in emulator.dataset_ids


def test_ctrl_c_at_a_question_changes_nothing(terminal, emulator):
    shown = terminal("datasets", "delete", emulator.dataset_ids["Stock"])
    shown.wait_for("y/N")
    shown.type("\x03")
    assert shown.end() == ExitCode.INTERRUPTED
    assert "Interrupted." in shown.text
    assert "Traceback" not in shown.text
    assert "Stock" in emulator.dataset_ids


def test_credentials_are_asked_for_and_not_shown(terminal, emulator):
    shown = terminal("accounts", "create", "--name", "Warehouse", "--type", "acme-db")
    for prompt, answer in (
        ("Username: ", "svc"),
        ("Password: ", "correct horse"),
        (r"URL \(may be left empty\): ", ""),
    ):
        shown.wait_for(prompt)
        shown.type(f"{answer}\n")
    assert shown.end() == 0
    assert "correct horse" not in shown.text
    assert "svc" not in shown.text
    assert emulator.accounts.properties(1) == {"username": "svc", "password": "correct horse"}


def test_ctrl_c_while_domo_is_silent(terminal, emulator):
    emulator.faults.add("stall", path="/v1/datasets*", bytes=0)
    shown = terminal("-vv", "datasets", "list")
    shown.wait_for("Token granted")
    shown.type("\x03")
    assert shown.end() == ExitCode.INTERRUPTED
    assert "Traceback" not in shown.text
