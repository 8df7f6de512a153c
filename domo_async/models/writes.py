"""What became of rows that were written."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["UploadedRows", "WriteResult"]


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
