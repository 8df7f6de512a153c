"""What is to be pushed: files and folders, and the DataSets that they are meant for."""

from __future__ import annotations

import glob
import os
import re
import string
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from domo_async.errors import InvalidArgumentError
from domo_async.jobs.manifest import HOME, read_manifest
from domo_async.jobs.targets.folder import FolderTarget

if TYPE_CHECKING:
    from domo_async.jobs.manifest import DataSetRecord

__all__ = ["NameTemplate", "PushItem", "PushSource", "base_of", "find_items"]

PushSource: TypeAlias = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
"""A file, a folder, a pattern such as ``lake/*.parquet``, or several of them."""

SUFFIXES: Final = (".parquet", ".arrow", ".feather", ".ipc", ".csv", ".csv.gz", ".jsonl", ".ndjson")
_PART: Final = re.compile(r"part[-_.]?\d+", re.IGNORECASE)
_HIDDEN: Final = (".", "_")


@dataclass(frozen=True, slots=True)
class PushItem:
    """Files that become one DataSet.

    Attributes:
        source: The file, or the folder that holds the files, as the caller would find it.
        name: Name of the DataSet.
        files: The files, in the order of their rows.
        dataset_id: Id of the DataSet, None to find it by its name.
        remembered: Whether the id comes from a manifest. Then a DataSet of this name will do if there is none of this
            id: the files may have come from another instance.
        is_parted: Whether the files are parts in a folder of their own.
    """

    source: str
    name: str
    files: tuple[Path, ...]
    dataset_id: str | None = None
    remembered: bool = False
    is_parted: bool = False

    @property
    def bytes(self) -> int:
        """Size of the files, as far as they can be seen."""
        total = 0
        for path in self.files:
            try:
                total += path.stat().st_size
            except OSError:
                continue
        return total


class NameTemplate:
    """What DataSets are called after.

    Args:
        text: A text with ``{name}``, the name of the file without its suffix, of the folder, or the name in a
            manifest; and with ``{folder}``, the name of the folder that it is in.

    Raises:
        InvalidArgumentError: It has other fields, or does not tell one file from another.
    """

    def __init__(self, text: str) -> None:
        try:
            fields = {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}
        except ValueError as error:
            raise InvalidArgumentError(f"name: {text!r} is no template: {error}") from None
        if strangers := sorted(fields - {"name", "folder"}):
            raise InvalidArgumentError(
                f"name: {text!r} has the field {strangers[0]!r}", hint="There are name and folder"
            )
        if "name" not in fields:
            raise InvalidArgumentError(
                f"name: {text!r} gives every file the same name",
                hint="Put {name} into it, or use into= for one DataSet",
            )
        self._text = text

    def of(self, name: str, folder: str) -> str:
        """The name of one DataSet."""
        return self._text.format(name=name, folder=folder).strip()


def find_items(sources: PushSource, template: NameTemplate, into: str | None) -> list[PushItem]:
    """Find out what there is to push.

    A file is a DataSet. A folder with the manifest of a pull is what that pull made. In any other folder, each file is
    a DataSet, and so is each folder in it, with all its files; but files that are all called ``part-1`` and the like
    are one DataSet, called like the folder.

    Args:
        sources: Where to look.
        template: What DataSets are called after.
        into: Name or id of the one DataSet that everything goes into, None for one for each.

    Raises:
        InvalidArgumentError: There is nothing, or not what was said; or two sources would become one DataSet.
    """
    found: list[PushItem] = []
    for source in _each(sources):
        found += _find(source, template)
    if into is not None:
        files = tuple(dict.fromkeys(path for item in found for path in item.files))
        _check_kinds(into, files)
        return [PushItem(", ".join(map(str, _each(sources))), into, files, is_parted=len(files) > 1)]
    unique = list({item.files: item for item in found}.values())
    _refuse_rivals(unique)
    return unique


def base_of(sources: PushSource) -> Path:
    """The folder that all of it is in: files are called by their paths from there.

    Raises:
        InvalidArgumentError: There is more than one.
    """
    bases = list(dict.fromkeys(_base(source) for source in _each(sources)))
    if len(bases) > 1:
        raise InvalidArgumentError(
            f"state: {len(bases)} folders are pushed from ({bases[0]}, {bases[1]}), and one of them would have to keep "
            "what was done",
            hint="Say with state= which file is to keep it, and use the same one each time",
        )
    return bases[0]


def _base(source: str) -> Path:
    path = Path(source)
    if path.is_dir():
        return path
    steps = path.parts[:-1]
    fixed = next((number for number, step in enumerate(steps) if glob.has_magic(step)), len(steps))
    fixed_steps: tuple[str, ...] = steps[:fixed]
    return Path(*fixed_steps)


def _each(sources: PushSource) -> list[str]:
    many: Iterable[object] = [sources] if isinstance(sources, str | os.PathLike) else sources
    found: list[str] = []
    for one in many:
        text = os.fspath(one) if isinstance(one, str | os.PathLike) else None
        if not isinstance(text, str) or not text:
            raise InvalidArgumentError(f"source: {one!r} is no path")
        found.append(text)
    if not found:
        raise InvalidArgumentError("source: nothing to push was named")
    return found


def _find(source: str, template: NameTemplate) -> list[PushItem]:
    path = Path(source)
    if path.is_dir():
        found = _in_folder(path, template)
    elif path.exists():
        if _suffix(path) is None:
            raise InvalidArgumentError(
                f"source: the name {path.name!r} says no file format", hint=f"End it with one of {', '.join(SUFFIXES)}"
            )
        found = [_of_file(path, template)]
    elif glob.has_magic(source):
        paths = [Path(one) for one in sorted(glob.glob(source, recursive=True))]  # noqa: PTH207 - it takes any path
        found = [_of_file(one, template) for one in paths if one.is_file() and _is_data(one)]
        found += [_of_folder(one, template) for one in paths if one.is_dir() and "**" not in source and _parts_in(one)]
    else:
        raise InvalidArgumentError(f"source: there is no {source}")
    if not found:
        raise InvalidArgumentError(f"source: {source} has no data files", hint=f"They end with {', '.join(SUFFIXES)}")
    return found


def _in_folder(folder: Path, template: NameTemplate) -> list[PushItem]:
    if (folder / HOME / "manifest.json").exists() or (folder / HOME / "journal.jsonl").exists():
        return _pulled(folder, template)
    entries = sorted(folder.iterdir())
    files = [entry for entry in entries if entry.is_file() and _is_data(entry)]
    if files and all(_PART.match(path.name) for path in files):
        return [_of_folder(folder, template)]
    folders = [one for one in entries if one.is_dir() and not one.name.startswith(_HIDDEN) and _parts_in(one)]
    return [*(_of_file(path, template) for path in files), *(_of_folder(one, template) for one in folders)]


def _pulled(folder: Path, template: NameTemplate) -> list[PushItem]:
    """What a pull has put there."""
    document = folder / HOME / "manifest.json"
    if document.exists() and read_manifest(document.read_bytes(), place=str(document)) is None:
        raise InvalidArgumentError(
            f"source: {document} is no manifest", hint="Pull again, or push its files by a pattern"
        )
    records = FolderTarget(folder).peek().records
    return [
        _of_record(folder, dataset_id, record, template)
        for dataset_id, record in sorted(records.items())
        if record.files
    ]


def _of_record(folder: Path, dataset_id: str, record: DataSetRecord, template: NameTemplate) -> PushItem:
    files = tuple(folder / file.name for file in record.files)
    first = files[0]
    name = template.of(record.name or first.name.split(".")[0], folder.absolute().name)
    is_parted = len(files) > 1
    return PushItem(str(first.parent if is_parted else first), name, files, dataset_id, True, is_parted)


def _of_file(path: Path, template: NameTemplate) -> PushItem:
    stem = path.name[: -len(_suffix(path) or "")]
    return PushItem(str(path), template.of(stem, path.absolute().parent.name), (path,))


def _of_folder(folder: Path, template: NameTemplate) -> PushItem:
    files = tuple(_parts_in(folder))
    if strange := next(
        (path for path in files if any("=" in step for step in path.relative_to(folder).parts[:-1])), None
    ):
        raise InvalidArgumentError(
            f"source: {strange} is in a folder that holds the value of a column, which would be lost",
            hint="Read it as a data set of pyarrow or duckdb, and write that with datasets.write",
        )
    whole = folder.absolute()
    name = template.of(whole.name, whole.parent.name)
    _check_kinds(name, files)
    return PushItem(str(folder), name, files, is_parted=True)


def _parts_in(folder: Path) -> list[Path]:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and _is_data(path))
    return [path for path in found if not any(step.startswith(_HIDDEN) for step in path.relative_to(folder).parts)]


def _is_data(path: Path) -> bool:
    return not path.name.startswith(_HIDDEN) and _suffix(path) is not None


def _suffix(path: Path) -> str | None:
    name = path.name.lower()
    return next((suffix for suffix in sorted(SUFFIXES, key=len, reverse=True) if name.endswith(suffix)), None)


def _check_kinds(name: str, files: Sequence[Path]) -> None:
    kinds = {(_suffix(path) or "").removesuffix(".gz") for path in files}
    if len(kinds) > 1:
        raise InvalidArgumentError(f"source: the files for {name!r} are of several kinds: {', '.join(sorted(kinds))}")


def _refuse_rivals(items: Sequence[PushItem]) -> None:
    """Two sources for one DataSet would overwrite each other, in an order that nobody knows."""
    by_name: dict[str, list[PushItem]] = defaultdict(list)
    for item in items:
        by_name[item.dataset_id or item.name].append(item)
    for name, rivals in by_name.items():
        if len(rivals) > 1:
            raise InvalidArgumentError(
                f"source: {rivals[0].source} and {rivals[1].source} would both become {name!r}",
                hint="Tell them apart with a name template such as '{folder} {name}', or give them ids with options",
            )
