"""What a job needs of the place that it pulls to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from domo_async.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from domo_async.jobs.manifest import DataSetRecord
    from domo_async.jobs.recipe import Recipe

__all__ = ["Contents", "NameRefusedError", "StagedFile", "Target"]


class NameRefusedError(TargetError):
    """One name cannot be used. Others can, so the job goes on without this DataSet."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a target holds when a job begins.

    Attributes:
        records: The manifest, with what a job that was killed had added to it.
        leftovers: What that job had begun to write, gone by now if the target is open.
        warnings: What was odd, as sentences.
    """

    records: Mapping[str, DataSetRecord]
    leftovers: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A file that is complete, counted and hashed, and not yet in its place.

    Attributes:
        path: Where it is.
        name: What it is to be called in the target.
        rows: Rows in it.
        bytes: Its size.
        sha256: SHA-256 of its bytes.
    """

    path: Path
    name: str
    rows: int
    bytes: int
    sha256: str


class Target(Protocol):
    """A place for DataSets: a folder, an object store, a database.

    A target is *closed*, then *open* between `open` and `close`: open, it belongs to one job alone, and the manifest is
    in its keeping. All methods block and are called in worker threads; `commit`, `note` and `check` by several at once.
    Whatever `commit` and `note` have returned from is not lost when the process is killed.

    Every method raises `TargetError` where the place refuses.
    """

    @property
    def place(self) -> str:
        """Where it is, for people."""
        ...

    @property
    def renew_every(self) -> float | None:
        """Seconds after which `renew` wants to be called again, None for never."""
        ...

    def file_names(self, stem: str, recipe: Recipe, count: int) -> list[str]:
        """What the files of a DataSet are called that is called `stem`."""
        ...

    def stem(self, file_name: str) -> str:
        """What a DataSet is called whose first file has this name."""
        ...

    def peek(self) -> Contents:
        """Look at the contents, and change nothing. The target may belong to somebody else at this time."""
        ...

    def open(self) -> Contents:
        """Take possession, and clear away what a killed job left behind."""
        ...

    def staging(self) -> Path:
        """An empty folder of this computer for one transfer to work in. Whoever asked for it removes it."""
        ...

    def check(self, record: DataSetRecord, *, verify: bool) -> DataSetRecord | str:
        """Whether the files of a record are there as they were left.

        Args:
            record: A record that is complete.
            verify: Read them, and compare their hashes.

        Returns:
            The record, maybe with newer facts on the files; or as a clause what is wrong with one of them.
        """
        ...

    def commit(
        self, dataset_id: str, record: DataSetRecord, files: Sequence[StagedFile], obsolete: Sequence[str]
    ) -> DataSetRecord:
        """Put files in their place, remove others, and put the record into the manifest.

        Args:
            dataset_id: Whose files they are.
            record: What is known of the DataSet, without its files.
            files: The files.
            obsolete: Names of files that the DataSet had before and has no more.

        Returns:
            The record as it stands in the manifest.
        """
        ...

    def note(self, dataset_id: str, record: DataSetRecord) -> None:
        """Put a record into the manifest, whose files have not changed."""
        ...

    def forget(self, dataset_id: str) -> tuple[str, ...]:
        """Remove a DataSet with its files, and return their names."""
        ...

    def renew(self) -> None:
        """Say that the job is still alive."""
        ...

    def close(self) -> None:
        """Complete the manifest, and let go of the target. Must be called once after `open`, also if `open` failed."""
        ...
