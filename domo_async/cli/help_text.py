"""Help as plain text, for pipes, for narrow terminals, and for dumb ones."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["plain_help"]

_WIDEST = 100
_NARROWEST = 20
_ROOM_FOR_TWO_COLUMNS = 60
_FIRST_COLUMN = 28
_INDENT = 2


# Where the types of commands and contexts come from depends on the version of Typer: from click, or from its own copy.
def plain_help(command: Any, context: Any, *, width: int) -> str:  # noqa: ANN401
    """The help of a command: usage, description, arguments, options, commands.

    Args:
        command: The command.
        context: Its context.
        width: Columns of the terminal. Lines are no longer, unless a single word is.
    """
    width = max(_NARROWEST, min(width, _WIDEST))
    usage = " ".join(["Usage:", context.command_path, *command.collect_usage_pieces(context)])
    parts = [_filled(usage, width, hanging=" " * 7), *_paragraphs(command.help or "", width)]
    sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": [], "Commands": []}
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is None:
            continue
        if parameter.param_type_name == "argument":
            sections["Arguments"].append((parameter.metavar or parameter.name.upper(), record[1]))
        else:
            sections["Options"].append(record)
    sections["Commands"].extend(_commands(command, context))
    parts.extend(
        "\n".join([f"{title}:", *_definitions(entries, width)]) for title, entries in sections.items() if entries
    )
    return "\n\n".join(parts) + "\n"


def _commands(command: Any, context: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    if not hasattr(command, "list_commands"):
        return
    for name in command.list_commands(context):
        entry = command.get_command(context, name)
        if entry is not None and not entry.hidden:
            yield name, inspect.cleandoc(entry.help or "").split("\n\n")[0]


def _paragraphs(text: str, width: int) -> list[str]:
    return [_filled(paragraph, width) for paragraph in inspect.cleandoc(text).split("\n\n") if paragraph]


def _definitions(entries: Iterable[tuple[str, str]], width: int) -> Iterator[str]:
    """Names and what they mean: side by side, or below each other where there is no room."""
    entries = list(entries)
    indent = " " * _INDENT
    column = min(_FIRST_COLUMN, max(len(name) for name, _ in entries)) + 2 * _INDENT
    for name, meaning in entries:
        words = " ".join(meaning.split())
        if width >= _ROOM_FOR_TWO_COLUMNS and len(name) + 2 * _INDENT <= column:
            yield _filled(words, width, first=f"{indent}{name}".ljust(column), hanging=" " * column)
            continue
        yield _filled(name, width, first=indent, hanging=indent * 2)
        if words:
            deeper = " " * column if width >= _ROOM_FOR_TWO_COLUMNS else indent * 3
            yield _filled(words, width, first=deeper, hanging=deeper)


def _filled(text: str, width: int, *, first: str = "", hanging: str = "") -> str:
    # What can be copied stays whole: options and ids are not broken at their hyphens.
    return textwrap.fill(
        " ".join(text.split()) if not first.strip() else text,
        width,
        initial_indent=first,
        subsequent_indent=hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
