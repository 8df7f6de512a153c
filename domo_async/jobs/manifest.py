"""What a target holds: the record of every DataSet that was pulled there, as a JSON document."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, ClassVar, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, ValidationError

from domo_async.errors import TargetError
from domo_async.models import DataSet, DataSetSummary

__all__ = ["HOME", "DataSetRecord", "FileRecord", "Manifest", "RunRecord", "read_manifest", "schema_digest"]

HOME: Final = ".domo-async"
"""Folder in a target for whatever is not data. Its dot hides it from the readers of a lake."""

_VERSION: Final = 1
_STEP: Final = re.compile(r"[/\\]")


def _inside(name: str) -> str:
    """Refuse names that lead out of the target, or into `HOME`: files are deleted by these names."""
    steps = _STEP.split(name)
    if any(step in ("", ".", "..") for step in steps) or steps[0] == HOME or ":" in steps[0] or "\0" in name:
        raise ValueError("no name of a data file")
    return name


class _Record(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="allow")


class FileRecord(_Record):
    """One file.

    Attributes:
        name: Its path within the target, with ``/`` between folders; in a database, the name of the table.
        rows: Rows in it.
        bytes: Its size. For a table: that of the Parquet file which it was loaded from.
        sha256: SHA-256 of its bytes, in hexadecimal digits. For a table: that of the same Parquet file.
    """

    name: Annotated[str, AfterValidator(_inside)]
    rows: int
    bytes: int
    sha256: str


class RunRecord(_Record):
    """What depends on the moment and not on the data: the only part in which two manifests of the same data differ.

    Attributes:
        at: When this record was made.
        modified: For each file its time of modification in nanoseconds, as the file system says it.
        error: Why the last attempt failed, None when it did not.
    """

    at: datetime | None = None
    modified: dict[str, int] = {}
    error: str | None = None


class DataSetRecord(_Record):
    """One DataSet.

    Attributes:
        state: ``complete``, or ``unfinished`` when the last run did not bring it to an end; then the files, if any,
            are those of an earlier run, and whole.
        name: Its name at Domo.
        dataset_rows: Rows that it had by Domo's count, before they were fetched.
        updated_at: When it was last changed, by Domo's word, before its rows were fetched.
        data_current_at: When its rows were last changed, likewise.
        pdp_enabled: Whether row policies were switched on.
        schema_digest: SHA-256 of its columns.
        options: What the files were made by.
        files: The files, in the order of the rows.
        run: What depends on the moment.
    """

    state: Literal["complete", "unfinished"] = "complete"
    name: str | None = None
    dataset_rows: int | None = None
    updated_at: AwareDatetime | None = None
    data_current_at: AwareDatetime | None = None
    pdp_enabled: bool | None = None
    schema_digest: str | None = None
    options: dict[str, JsonValue] = {}
    files: list[FileRecord] = []
    run: RunRecord = RunRecord()

    @property
    def rows(self) -> int:
        """Rows in all files."""
        return sum(file.rows for file in self.files)

    @property
    def bytes(self) -> int:
        """Size of all files."""
        return sum(file.bytes for file in self.files)


class Manifest(_Record):
    """What a target holds.

    Attributes:
        manifest: Says what this document is.
        version: Version of its form. Readers refuse a higher one.
        datasets: The records by DataSet id, in the order of the ids.
    """

    manifest: Literal["domo-async"] = "domo-async"
    version: int = _VERSION
    datasets: dict[str, DataSetRecord] = Field(default_factory=dict)

    @classmethod
    def of(cls, records: Mapping[str, DataSetRecord]) -> Manifest:
        """The manifest of some records."""
        return cls(datasets=dict(sorted(records.items())))

    def to_bytes(self) -> bytes:
        """As JSON. The same records make the same bytes."""
        return self.model_dump_json(indent=1).encode() + b"\n"

    def without_run(self) -> Manifest:
        """The same without what depends on the moment: equal for equal data, however many runs it took."""
        empty = RunRecord()
        return Manifest.of({key: record.model_copy(update={"run": empty}) for key, record in self.datasets.items()})


def read_manifest(document: bytes, *, place: str) -> Manifest | None:
    """Read a manifest.

    Args:
        document: Its bytes.
        place: Where it stands, for the message.

    Returns:
        The manifest, or None when this is none: half a document, or something else altogether.

    Raises:
        TargetError: A newer version of this library wrote it.
    """
    version = _version_of(document)
    if version > _VERSION:
        raise TargetError(
            f"{place} has version {version}, and this version of domo_async reads up to {_VERSION}",
            hint="Upgrade domo_async, or choose another target",
        )
    try:
        return Manifest.model_validate_json(document) if version else None
    except ValidationError:
        return None


class _Header(BaseModel):
    manifest: Literal["domo-async"]
    version: int


def _version_of(document: bytes) -> int:
    try:
        return _Header.model_validate_json(document).version
    except ValidationError:
        return 0


def schema_digest(dataset: DataSetSummary) -> str | None:
    """SHA-256 of the names and types of the columns, None when they are not known."""
    if not isinstance(dataset, DataSet) or dataset.schema is None:
        return None
    text = "\n".join(f"{column.type}\t{column.name}" for column in dataset.schema.columns)
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()
