"""Exports to S3, which are only pretended: nothing leaves this machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from domo_async.emulator.catalog import iso_milliseconds

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["S3ExportEntry"]


@dataclass(slots=True)
class S3ExportEntry:
    """One export.

    Attributes:
        bucket: Where the file would be.
        folder: Folder in the bucket.
        rows: Rows of the DataSet when it began.
        version: What the data was when it began; the same data is not exported twice.
        duration: Seconds until it is a success.
    """

    bucket: str
    folder: str
    rows: int
    version: tuple[str, int]
    duration: float
    id: str = field(default_factory=lambda: str(uuid4()))
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def running(self) -> bool:
        """Whether it is under way."""
        return datetime.now(UTC) < self.started_at + timedelta(seconds=self.duration)

    def saved(self) -> list[object]:
        """All that it consists of."""
        return [
            *(self.bucket, self.folder, self.rows, list(self.version), self.duration),
            *(self.id, self.started_at.isoformat()),
        ]

    @classmethod
    def restored(cls, document: Sequence[Any]) -> S3ExportEntry:
        """The export that `saved` described."""
        bucket, folder, rows, version, duration, export_id, started_at = document
        return cls(bucket, folder, rows, tuple(version), duration, export_id, datetime.fromisoformat(started_at))

    def document(self) -> dict[str, object]:
        """Itself as Domo writes it."""
        running = self.running
        document: dict[str, object] = {
            "exportId": self.id,
            "exportStatus": "exporting" if running else "success",
            "errorCode": None,
            "message": None,
            "started": iso_milliseconds(self.started_at),
            "compression": "gzip",
            "bucket": self.bucket,
            "exportFormat": "csv",
        }
        if not running:
            document["finished"] = iso_milliseconds(self.started_at + timedelta(seconds=self.duration))
            url = f"s3://{self.bucket}/{self.folder}/{self.id}/export/data.csv.gz"
            document["urlRowCountMap"] = {url: self.rows}
        return document
