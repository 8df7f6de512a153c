"""The page on the command line: complete, and every line of it makes sense."""

from __future__ import annotations

import re
from pathlib import Path

from domo_async.cli.exit_codes import ExitCode
from tests.cli.commands import blocks, every_command, parse

PAGE = (Path(__file__).parents[2] / "docs" / "pages" / "reference" / "command-line.md").read_text(encoding="utf-8")


def test_every_command_line_can_be_read():
    lines = list(blocks(PAGE))
    assert len(lines) > 25
    for line in lines:
        parse(line)


def test_every_command_is_in_the_table():
    listed = {}
    for row in re.findall(r"^\| `([a-z ]+)` \| (.*) \|$|^\| `([a-z]+)` \| \|$", PAGE, flags=re.MULTILINE):
        name, below, alone = row
        listed[tuple((name or alone).split())] = re.findall(r"`(\w+)`", below)
    there = {}
    for names, command in every_command():
        if names and hasattr(command, "list_commands"):
            commands = command.commands
            there[names] = [name for name in commands if not hasattr(commands[name], "list_commands")]
        elif len(names) == 1:
            there[names] = []
    assert listed == there


def test_every_exit_code_is_in_the_table():
    assert re.findall(r"^\| (\d+) \| ", PAGE, flags=re.MULTILINE) == [str(code.value) for code in ExitCode]
