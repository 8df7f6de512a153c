"""``--report``: what happened in a job, written down however it ends."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import typer

from domo_async.cli.words import printable
from domo_async.errors import DomoError, InvalidArgumentError, TargetError
from domo_async.jobs.chronicle.document import check_path

if TYPE_CHECKING:
    from domo_async.cli.terminal import Terminal
    from domo_async.jobs.chronicle import Chronicle

__all__ = ["Recorder", "checked", "refuse_without_work", "written_down"]


class Recorder(Protocol):
    """Remembers what happens in a job."""

    def chronicle(self, *, error: BaseException | None = None, interrupted: bool = False) -> Chronicle:
        """What happened until now."""
        ...


def refuse_without_work(report: Sequence[str] | None, events: str | None) -> None:
    """Refuse ``--report`` and ``--events`` where nothing is done.

    Raises:
        typer.BadParameter: One of them was given.
    """
    if report or events:
        raise typer.BadParameter("there is nothing to report where nothing is done", param_hint="--report, --events")


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
def written_down(recorder: Recorder, paths: Sequence[Path], terminal: Terminal, *, quiet: bool) -> Generator[None]:
    """Write the files when the block is left, also by an error or by Ctrl-C.

    Args:
        recorder: The recorder of the job.
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
            _write(recorder, paths, terminal, error=None if interrupted else error, quiet=quiet)
        except DomoError as other:
            terminal.say(f"The report could not be written: {printable(str(other))}")
        raise
    _write(recorder, paths, terminal, error=None, quiet=quiet, interrupted=False)


def _write(
    recorder: Recorder,
    paths: Sequence[Path],
    terminal: Terminal,
    *,
    error: BaseException | None,
    quiet: bool,
    interrupted: bool = True,
) -> None:
    if not paths:
        return
    chronicle = recorder.chronicle(error=error, interrupted=interrupted and error is None)
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
