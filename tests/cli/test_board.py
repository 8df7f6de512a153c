"""The board of a pull on a real terminal: what is on the screen while it runs, and what is left of it."""

from __future__ import annotations

import re
import sys

import pytest

from domo_async.cli.exit_codes import ExitCode

if sys.platform == "win32":
    pytest.skip("pseudo terminals are a thing of Unix", allow_module_level=True)

from tests.cli.pseudo_terminal import PseudoTerminal

_SEQUENCE = re.compile(r"\x1b\[(\??[0-9;]*)([A-Za-z])|\r|\n|[^\x1b\r\n]+")


def screen(text: str) -> list[str]:
    """The lines that a terminal shows in the end, for as much of its language as is spoken here."""
    lines, row, column = [""], 0, 0
    for match in _SEQUENCE.finditer(text):
        if match[2] == "A":
            row = max(0, row - int(match[1] or 1))
        elif match[2] == "K":
            lines[row] = ""
        elif match[0] == "\r":
            column = 0
        elif match[0] == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif match[2] is None:
            lines[row] = lines[row][:column].ljust(column) + match[0] + lines[row][column + len(match[0]) :]
            column += len(match[0])
    return lines


@pytest.fixture
def terminal(environment):
    terminals = []

    def start(*arguments, columns=80, **variables):
        terminals.append(PseudoTerminal(*arguments, environment=environment | variables, columns=columns))
        return terminals[-1]

    yield start
    for each in terminals:
        each.close()


@pytest.fixture
def stalled(emulator, tmp_path):
    """The arguments of a pull whose second DataSet never ends."""
    stock, east = emulator.dataset_ids["Stock"], emulator.dataset_ids["Sales East"]
    emulator.faults.add("stall", path=f"/v1/datasets/{east}/data", bytes=1)
    return ["pull", stock, east, "--to", tmp_path / "lake"]


@pytest.mark.parametrize("columns", [40, 120])
def test_ctrl_c_leaves_nothing_of_the_board_behind(terminal, stalled, columns):
    shown = terminal(*stalled, columns=columns, COLUMNS=str(columns))
    shown.wait_for(r"1 of 2 DataSets[^\n]*50%")
    shown.wait_for("Sales East")
    shown.type("\x03")
    assert shown.end() == ExitCode.INTERRUPTED
    assert shown.text.count("\x1b[?25l") == shown.text.count("\x1b[?25h") == 1, "the cursor is there again"
    left = [line for line in screen(shown.text) if line.strip("^C ")]
    assert "Complete in" in left[0]
    assert left[-1] == "Interrupted."
    assert not any("50%" in line or "of 2 DataSets" in line for line in left)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.text)
    board = [line for line in re.split(r"[\r\n]+", plain) if "%" in line or " · " in line]
    assert board
    assert max(map(len, board)) <= columns


def test_no_colour_if_none_is_wanted(terminal, stalled):
    shown = terminal(*stalled, NO_COLOR="1", COLUMNS="80")
    shown.wait_for(r"1 of 2 DataSets")
    shown.type("\x03")
    assert shown.end() == ExitCode.INTERRUPTED
    assert not re.search(r"\x1b\[[0-9;]*(3[0-7]|9[0-7]|38)[0-9;]*m", shown.text)


def test_quiet_shows_no_board(terminal, stalled, tmp_path):
    shown = terminal(*stalled[:2], *stalled[3:], "--quiet", "--report", tmp_path / "r.html")
    assert shown.end() == ExitCode.OK
    assert shown.text == ""
    assert (tmp_path / "r.html").exists()
