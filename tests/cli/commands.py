"""Every command that there is, and the command lines that help and documentation show."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from domo_async.cli.application import app

ROOT: Any = get_command(app)


def every_command() -> Iterator[tuple[tuple[str, ...], Any]]:
    """All commands and families with their names, the whole program first."""
    with ROOT.make_context("domo-async", ["token"]) as context:
        yield from _below((), ROOT, context)


def _below(names: tuple[str, ...], command: Any, context: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield names, command
    if not hasattr(command, "list_commands"):
        return
    for name in command.list_commands(context):
        _, below, _ = command.resolve_command(context, [name])
        yield from _below((*names, name), below, context)


def examples(text: str) -> Iterator[list[str]]:
    """The arguments of each command line in the help of a command."""
    for line in re.findall(r"^Example: (.*)$", text, flags=re.MULTILINE):
        yield from _arguments(line)


def blocks(page: str) -> Iterator[list[str]]:
    """The arguments of each command line in the shell blocks of a page."""
    for block in re.findall(r"^```(?:sh|console)\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            yield from _arguments(line)


def _arguments(line: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|>;")
    lexer.whitespace_split = True
    command: list[str] = []
    for word in [*lexer, "|"]:
        if word not in {"|", ">", ";"}:
            command.append(word)
            continue
        if "domo-async" in command:
            yield command[command.index("domo-async") + 1 :]
        command = []


def parse(arguments: list[str]) -> None:
    """Read a command line as far as its command would begin.

    Raises:
        Exception: It makes no sense.
    """
    context = ROOT.make_context("domo-async", list(arguments))
    command = ROOT
    while hasattr(command, "resolve_command"):
        name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        context = command.make_context(name, rest, parent=context)
