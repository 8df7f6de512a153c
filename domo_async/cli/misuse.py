"""What is wrong with a command line beyond a single value."""

from __future__ import annotations

import typer

__all__ = ["Misuse"]


class Misuse(typer.BadParameter):
    """The command line makes no sense. Shown with the usage of the command, as what it says and no more."""

    def format_message(self) -> str:
        """What is wrong."""
        return self.message
