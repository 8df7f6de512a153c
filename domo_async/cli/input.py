"""What commands read: files and standard input, as text and as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Never

from domo_async.errors import InvalidArgumentError

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["STDIN", "called", "read_json", "read_text"]

STDIN = "-"


def read_text(source: str) -> str:
    """Read all of a file.

    Args:
        source: Its path; ``-`` is standard input.

    Raises:
        InvalidArgumentError: It cannot be read, or is no UTF-8.
    """
    try:
        if source != STDIN:
            content = Path(source).read_bytes()
        else:
            if sys.stdin.isatty():
                sys.stderr.write("Reading from the terminal, up to a line with Ctrl-D (on Windows Ctrl-Z).\n")
            content = sys.stdin.buffer.read()
        return content.decode("utf-8-sig")  # PowerShell begins files with a byte order mark
    except UnicodeDecodeError:
        problem = "it is not UTF-8"
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or str(error)
    # Out here, so that the contents do not hang on to the error as its context: they may be secret.
    raise InvalidArgumentError(f"{called(source)} cannot be read: {problem}")


def read_json(source: str) -> JsonValue:
    """Read a JSON document.

    Args:
        source: Path of the file; ``-`` is standard input.

    Raises:
        InvalidArgumentError: It cannot be read, is no JSON, or has a name twice in one object.
    """
    text = read_text(source)
    try:
        document: JsonValue = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
        return document
    except json.JSONDecodeError as error:
        problem = f"line {error.lineno}, column {error.colno}: {error.msg}"
    except RecursionError:
        problem = "it is nested too deeply"
    except ValueError as error:
        problem = str(error)
    raise InvalidArgumentError(f"{called(source)} is no JSON: {problem}")


def called(source: str) -> str:
    """What a source is called in a sentence."""
    return "standard input" if source == STDIN else source


def _unique(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} is there twice")
    return found


def _no_constant(text: str) -> Never:
    raise ValueError(f"{text} is no value")
