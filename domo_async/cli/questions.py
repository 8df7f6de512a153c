"""Questions to the person in front of the terminal. They are no part of the result, so standard error shows them."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING

import typer

from domo_async.cli.exit_codes import ExitCode
from domo_async.cli.misuse import Misuse
from domo_async.cli.words import printable

if TYPE_CHECKING:
    from domo_async.cli.terminal import Terminal

__all__ = ["ask_secret", "confirm", "person_present", "require_person"]


def person_present(terminal: Terminal) -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty() and terminal.err.is_terminal


def require_person(terminal: Terminal) -> None:
    """Refuse to go on without a yes where nobody can be asked for one.

    Raises:
        Misuse: Nobody can be asked.
    """
    if not person_present(terminal):
        raise Misuse("nobody can be asked here whether this is meant: add --yes if it is")


def confirm(terminal: Terminal, question: str) -> None:
    """Ask whether something is meant; nothing but a clear yes counts.

    Raises:
        typer.Exit: It is not.
    """
    require_person(terminal)
    sys.stderr.write(f"{printable(question)} [y/N] ")
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        sys.stderr.write("\n")  # Ctrl-D
    if answer.strip().casefold() not in {"y", "yes"}:
        terminal.say("Nothing was changed.")
        raise typer.Exit(ExitCode.FAILURE)


def ask_secret(name: str) -> str:
    """Ask for something that is not shown while it is typed.

    Raises:
        Misuse: The answer was the end of input.
    """
    try:
        return getpass.getpass(f"{printable(name)}: ")
    except EOFError:
        raise Misuse(f"{name} was not entered") from None
