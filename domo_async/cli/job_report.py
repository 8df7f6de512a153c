"""``--report``: what happened in a job, written down however it ends."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from domo_async.cli.words import printable
from domo_async.errors import DomoError, InvalidArgumentError, TargetError
from domo_async.jobs.chronicle.document import check_path

if TYPE_CHECKING:
    from domo_async.cli.terminal import Terminal
    from domo_async.jobs.chronicle import Chronicler

__all__ = ["checked", "written_down"]


def checked(paths: Sequence[str]) -> list[Path]:
    """The files of ``--report``, as far as they can be checked before there is anything to write.

    Raises:
        typer.BadParameter: A suffix that is not known, or a folder that is not there: after a night of work it would
            be too late to learn that.
    """
    found: list[Path] = []
    for path in paths:
        try:
            file = check_path(path)
        except InvalidArgumentError as error:
            raise typer.BadParameter(str(error), param_hint="--report") from None
        if not file.absolute().parent.is_dir():
            raise typer.BadParameter(f"{path!r}: there is no such folder", param_hint="--report")
        if file.is_dir():
            raise typer.BadParameter(f"{path!r} is a folder", param_hint="--report")
        found.append(file)
    return found


@contextmanager
def written_down(chronicler: Chronicler, paths: Sequence[Path], terminal: Terminal, *, quiet: bool) -> Generator[None]:
    """Write the files when the block is left, also by an error or by Ctrl-C.

    Args:
        chronicler: The recorder of the job.
        paths: The files.
        terminal: Where to say what was written.
        quiet: Say nothing about files that were written.

    Raises:
        TargetError: A file cannot be written. If the block ended with an error, that one is raised, and this one is
            only told.
    """
    try:
        yield
    except BaseException as error:
        interrupted = not isinstance(error, Exception)
        try:
            _write(chronicler, paths, terminal, error=None if interrupted else error, quiet=quiet)
        except DomoError as other:
            terminal.say(f"The report could not be written: {printable(str(other))}")
        raise
    _write(chronicler, paths, terminal, error=None, quiet=quiet, interrupted=False)


def _write(
    chronicler: Chronicler,
    paths: Sequence[Path],
    terminal: Terminal,
    *,
    error: BaseException | None,
    quiet: bool,
    interrupted: bool = True,
) -> None:
    if not paths:
        return
    chronicle = chronicler.chronicle(error=error, interrupted=interrupted and error is None)
    failures: list[TargetError] = []
    for path in paths:
        try:
            chronicle.save(path)
        except TargetError as failure:
            failures.append(failure)
        else:
            if not quiet:
                terminal.say(f"Report: {printable(str(path))}")
    if failures:
        raise failures[0]
