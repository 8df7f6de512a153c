"""What became of rows that were written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["UploadedRows", "WriteResult", "WriteStep"]


@dataclass(frozen=True, slots=True)
class UploadedRows:
    """Rows that Domo has received, as parts of an execution.

    Attributes:
        rows: How many.
        parts: In how many parts.
        csv_bytes: Their size as CSV.
        sent_bytes: What went over the wire for it, compressed; parts that were sent again count once.
    """

    rows: int = 0
    parts: int = 0
    csv_bytes: int = 0
    sent_bytes: int = 0


@dataclass(frozen=True, slots=True)
class WriteResult:
    """Rows that are in their DataSet.

    Attributes:
        dataset_id: Id of the DataSet.
        stream_id: Id of its stream, None if it has none and the rows went in by an import.
        execution_id: Number of the execution, None if there was none.
        created: Whether the DataSet was made for them.
        added_columns: Names of the columns that the DataSet was given for them.
        rows: How many rows.
        parts: In how many parts they were sent.
        csv_bytes: Their size as CSV.
        sent_bytes: What went over the wire for it; parts that were sent again count once.
        seconds: From the call to the end.
    """

    dataset_id: str
    stream_id: int | str | None
    execution_id: int | str | None
    created: bool
    added_columns: tuple[str, ...]
    rows: int
    parts: int
    csv_bytes: int
    sent_bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class WriteStep:
    """A step of a write. Whoever keeps these can tell after a crash what became of the rows.

    Attributes:
        kind: ``begin``: an execution is about to be begun. ``begun``: it is there, and empty. ``commit``: its rows have
            arrived, and it is about to be committed. ``import``: the DataSet has no stream, and all rows are about to
            be imported in one piece.
        dataset_id: Id of the DataSet.
        stream_id: Id of its stream, None if it has none.
        execution_id: Number of the execution, None before there is one.
        newest: Number of the newest execution before this one, None if there was none.
    """

    kind: Literal["begin", "begun", "commit", "import"]
    dataset_id: str
    stream_id: int | str | None = None
    execution_id: int | str | None = None
    newest: int | str | None = None
