"""The ``domo-async`` command."""

from __future__ import annotations

import io
import sys

__all__ = ["main"]

_EXTRA = frozenset({"click", "pyarrow", "rich", "typer"})


def main() -> None:
    """Run the command with the arguments of this process. Ends the process."""
    try:
        from domo_async.cli.application import app
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in _EXTRA:
            raise
        sys.stderr.write(f"domo-async needs {missing}, which is not installed: pip install 'domo-async[cli]'\n")
        sys.exit(2)  # ExitCode.USAGE
    except KeyboardInterrupt:
        sys.exit(130)  # ExitCode.INTERRUPTED
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Letters that the output does not have, such as most of them in pipes on Windows, are written as escapes.
        sys.stdout.reconfigure(errors="backslashreplace")
    app(prog_name="domo-async")
