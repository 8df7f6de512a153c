"""What has to be pushed: the files as they are now, against what is written down of the last time."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from domo_async.errors import InvalidDataError
from domo_async.jobs.push_state import PushedFile
from domo_async.models import UpdateMethod

if TYPE_CHECKING:
    from domo_async.jobs.push_options import Writing
    from domo_async.jobs.push_state import PushRecord

__all__ = ["Decision", "PushAction", "check_as_seen", "decide", "look_at"]

PushAction = Literal["create", "new", "changed", "resume", "repair", "settled", "unchanged"]
"""What is done for a DataSet.

- ``create``: there is none of this name, so it is made.
- ``new``: it is there, and was never pushed from here.
- ``changed``: the files or the options are other than the last time.
- ``resume``: the last push did not finish it, and its rows did not go in.
- ``repair``: the files are the same, and somebody else has written to the DataSet since.
- ``settled``: the last push was cut off, and Domo says that its rows went in all the same.
- ``unchanged``: nothing.
"""


@dataclass(frozen=True, slots=True)
class Decision:
    """What has to be done, and why.

    Attributes:
        action: What to do.
        reason: Why, as a clause.
        files: The files that are to be written, none if nothing is to be done.
    """

    action: PushAction
    reason: str
    files: tuple[PushedFile, ...] = ()


def look_at(
    paths: Sequence[Path], base: Path, record: PushRecord | None, *, verify: bool = False
) -> tuple[PushedFile, ...]:
    """Describe files. What has the size and the time of the last time is taken to be the same, and is not read.

    Args:
        paths: The files.
        base: Folder that their names begin at.
        record: What was written down of the last time.
        verify: Whether to read all of them.

    Raises:
        InvalidDataError: One cannot be read.
    """
    known = {file.name: file for file in record.files} if record is not None else {}
    found: list[PushedFile] = []
    for path in paths:
        name = _name(path, base)
        try:
            facts = path.stat()
            before = known.get(name)
            same = before is not None and (before.bytes, before.modified) == (facts.st_size, facts.st_mtime_ns)
            if before is not None and same and not verify:
                found.append(before)
                continue
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise InvalidDataError(f"the file cannot be read: {error.strerror or error}", source=str(path)) from error
        found.append(PushedFile(name=name, bytes=facts.st_size, sha256=digest, modified=facts.st_mtime_ns))
    return tuple(found)


def check_as_seen(paths: Sequence[Path], seen: Sequence[PushedFile]) -> None:
    """Make sure that files have not been changed since they were looked at.

    Raises:
        InvalidDataError: One has.
    """
    for path, file in zip(paths, seen, strict=True):
        try:
            facts = path.stat()
            same = (facts.st_size, facts.st_mtime_ns) == (file.bytes, file.modified)
        except OSError:
            same = False
        if not same:
            raise InvalidDataError(
                "the file was changed while it was pushed", source=str(path), hint="Push it again when it is complete"
            )


def decide(
    files: Sequence[PushedFile], record: PushRecord | None, writing: Writing, *, exists: bool, refresh: bool
) -> Decision:
    """Compare files with what is written down of the last time.

    Rows that are to be appended are appended once: a file that is known by its name is left out, and it is an error if
    its content is another one now, since the rows that it had are in the DataSet.

    Args:
        files: The files as they are.
        record: What is written down; without a pending write.
        writing: How they are to be written.
        exists: Whether there is a DataSet.
        refresh: Whether to write them in any case.

    Raises:
        InvalidDataError: A file whose rows were appended has changed.
    """
    known = {file.name: file.sha256 for file in record.files} if record is not None else {}
    changed = [file for file in files if known.get(file.name, file.sha256) != file.sha256]
    new = [file for file in files if file.name not in known]
    if record is None or record.update_method is None:
        first = "it is not there yet" if not exists else "it was never pushed from here"
        was_begun = record is not None
        action: PushAction = "resume" if was_begun else "new" if exists else "create"
        return Decision(action, "the last push did not finish it" if was_begun else first, tuple(files))
    if writing.update_method is UpdateMethod.APPEND:
        return _appended(new, changed, resumed=record.error is not None)
    if record.error is not None:
        return Decision("resume", f"the last push did not finish it ({record.error})", tuple(files))
    if refresh:
        return Decision("changed", "everything is to be pushed again", tuple(files))
    if record.options != writing.to_dict():
        return Decision("changed", "the options are other ones", tuple(files))
    if difference := _difference(files, known, changed, new):
        return Decision("changed", difference, tuple(files))
    return Decision("unchanged", "it has not changed")


def _appended(new: Sequence[PushedFile], changed: Sequence[PushedFile], *, resumed: bool) -> Decision:
    if changed:
        raise InvalidDataError(
            "its rows are in the DataSet already, and the file is another one now",
            source=changed[0].name,
            hint="Put new rows into new files, or replace the DataSet with update_method='REPLACE'",
        )
    if not new:
        return Decision("unchanged", "all its files were appended")
    action: PushAction = "resume" if resumed else "changed"
    return Decision(action, f"{new[0].name} is new" if len(new) == 1 else f"{len(new)} files are new", tuple(new))


def _difference(
    files: Sequence[PushedFile], known: dict[str, str], changed: Sequence[PushedFile], new: Sequence[PushedFile]
) -> str | None:
    if changed:
        return f"{changed[0].name} has changed"
    if new:
        return f"{new[0].name} is new"
    if gone := set(known) - {file.name for file in files}:
        return f"{min(gone)} is gone"
    return None if [file.name for file in files] == list(known) else "the files come in another order"


def _name(path: Path, base: Path) -> str:
    try:
        return Path(os.path.relpath(path, base)).as_posix()
    except ValueError:  # another drive
        return path.absolute().as_posix()
