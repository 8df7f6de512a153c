"""Help: for every command, with an example that works, in any width, in no time, and with a way back from a slip."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.commands import every_command, examples, parse

COMMANDS = dict(every_command())
LEAVES = {names: command for names, command in COMMANDS.items() if not hasattr(command, "list_commands")}
FAMILIES = [names for names in COMMANDS if names and names not in LEAVES]


def first_paragraph(command):
    return " ".join(inspect.cleandoc(command.help).split("\n\n")[0].split())


def named(names):
    return " ".join(names) or "domo-async"


@pytest.mark.parametrize("names", LEAVES, ids=named)
def test_every_command_has_an_example_that_makes_sense(names):
    Path("tables").mkdir()  # an example says so
    found = list(examples(LEAVES[names].help))
    assert any(tuple(example[: len(names)]) == names for example in found)
    for example in found:
        parse(example)


@pytest.mark.parametrize("names", LEAVES, ids=named)
def test_every_option_says_what_it_is_for(names):
    for parameter in LEAVES[names].params:
        assert parameter.help, parameter.name


@pytest.mark.parametrize("names", [names for names in LEAVES if len(names) > 1], ids=named)
def test_every_command_of_a_family_writes_json_on_request(names):
    assert any("--json" in parameter.opts for parameter in LEAVES[names].params)


@pytest.mark.parametrize("names", [names for names in LEAVES if names[-1] == "delete"], ids=named)
def test_every_deletion_can_be_meant_beforehand(names):
    assert any("--yes" in parameter.opts for parameter in LEAVES[names].params)


@pytest.mark.parametrize("name", [names[0] for names in COMMANDS if len(names) == 1])
def test_the_list_of_commands_says_what_their_own_help_says(name):
    assert COMMANDS[()].homes[name].help == first_paragraph(COMMANDS[name,])


@pytest.mark.parametrize("columns", [20, 40, 79, 200])
def test_no_line_is_wider_than_the_terminal(offline, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    for names in [(), ("datasets",), ("datasets", "create"), ("policies", "create"), ("groups", "members", "set")]:
        outcome = offline(*names, "--help")
        assert outcome.code == 0
        for line in outcome.out.splitlines():
            assert len(line) <= max(columns, 20) or len(line.split()) == 1, f"only a long word may stand out: {line}"
        assert "─" not in outcome.out, "a pipe gets no boxes"


def test_help_names_arguments_options_and_commands(offline):
    words = offline("datasets", "rename", "-h").out
    for part in (
        "Usage: domo-async datasets rename",
        "Arguments:\n  DATASET",
        "  NAME",
        "Options:\n  --json",
        "  -h, --help",
    ):
        assert part in words
    assert "Commands:\n  list" in offline("groups", "members", "-h").out


@pytest.mark.parametrize(
    ("arguments", "suggestion"),
    [
        (["datsets", "list"], "datasets"),
        (["grups"], "groups"),
        (["datasets", "lst"], "list"),
        (["groups", "members", "ad"], "add"),
        (["datasets", "list", "--name-lke", "x"], "--name-like"),
    ],
)
def test_a_slip_gets_a_suggestion(offline, arguments, suggestion):
    outcome = offline(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert suggestion in outcome.err.splitlines()[-1]


@pytest.mark.parametrize("command", [["datasets", "list"], ["users"], ["groups", "members", "list", "1"], ["token"]])
@pytest.mark.parametrize("option", ["--api-url", "--timeout", "-v"])
def test_an_option_of_the_program_after_the_command_is_explained(offline, command, option):
    outcome = offline(*command, option)
    assert outcome.code == 2
    assert f"{option} stands before the command: domo-async {option} ... {command[0]}" in outcome.err


@pytest.mark.parametrize("names", COMMANDS, ids=named)
def test_usage_says_once_what_may_be_left_out_or_repeated(offline, names):
    usage = offline(*names, "--help").out.partition("\n\n")[0]
    assert "[[" not in usage
    assert not re.search(r"\.\.\.\W*\.\.\.", usage)


def test_no_arguments_show_the_help(offline):
    for names in [(), *FAMILIES]:
        outcome = offline(*names)
        assert outcome.code == 2
        assert "Usage: domo-async" in outcome.err


_LOADED = """
import sys
from domo_async.cli import main
for words in {lines!r}:
    sys.argv[1:] = words
    try:
        main()
    except SystemExit as end:
        assert not end.code, words
print(*sys.modules, file=sys.stderr)
"""


def test_help_loads_nothing_that_only_work_needs():
    """Not the network, not the models, and neither Arrow nor the emulator, so that it is there at once."""
    families = [[*names, "--help"] for names in COMMANDS if "domo_async.cli.families" in home_of(names)]
    assert len(families) > 40
    program = _LOADED.format(lines=[["--help"], ["--version"], *families])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert {"typer", "rich"} <= loaded
    # pydantic is not among them: newer versions of Typer are built on it.
    heavy = {
        *("aiohttp", "duckdb", "httpcore", "httpx", "numpy", "pandas", "polars", "pyarrow", "pyspark", "sqlglot"),
        *("starlette", "trio", "uvicorn", "domo_async.api", "domo_async.client", "domo_async.models"),
    }
    assert sorted(loaded & heavy) == []


def home_of(names):
    return COMMANDS[()].homes[names[0]].module if names else ""


@pytest.fixture
def completed(offline, monkeypatch):
    """What bash is told when somebody presses Tab at the end of these words."""

    def complete(*words):
        monkeypatch.setenv("_DOMO_ASYNC_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", " ".join(["domo-async", *words]))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        return offline().out.split()

    return complete


def test_the_shell_completes_commands_options_and_values(completed):
    assert completed("po") == ["policies"]
    assert completed("groups", "members", "s") == ["set"]
    assert completed("datasets", "list", "--na") == ["--name-like"]
    assert completed("datasets", "list", "--sort", "card") == [
        *("cardCount", "cardCountAscending", "cardViewCount", "cardViewCountAscending")
    ]
