"""Spans of a push."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.integrations.opentelemetry.jobs import DATASET_ID, DATASET_NAME, JobSpans
from domo_async.jobs.push_events import (
    PushFinished,
    UploadCommitting,
    UploadFailed,
    UploadFinished,
    UploadRetried,
    UploadSkipped,
    UploadStarted,
)
from domo_async.observing import PushObservation

if TYPE_CHECKING:
    from domo_async.integrations.opentelemetry.attributes import Attributes
    from domo_async.jobs.push_events import PushEvent
    from domo_async.jobs.push_report import Upload

__all__ = ["PushSpans"]


class PushSpans(JobSpans, PushObservation):
    """Follows one push."""

    def event(self, event: PushEvent) -> None:
        """Something happened."""
        match event:
            case UploadStarted():
                self.begin(event.source, event.attempt, event.action, _described(event.name, event.dataset_id))
            case UploadFinished() | UploadFailed() | UploadSkipped():
                self._done(event.upload)
            case UploadRetried():
                self.retry(event.source, event.error, event.wait)
            case UploadCommitting():
                self.note(event.source, "domo.push.committing", {DATASET_ID: event.dataset_id})
            case PushFinished(report=report):
                self.sum_up(
                    {
                        "datasets": len(report.uploads),
                        "unchanged": len(report.unchanged),
                        "failed": len(report.failed),
                        "rows": sum(upload.rows for upload in report.written),
                        "sent": sum(upload.sent for upload in report.written),
                    }
                )
            case _:
                pass

    def _done(self, upload: Upload) -> None:
        self.settle(
            upload.source,
            action=upload.action,
            error=upload.error,
            seconds=upload.seconds,
            arrived=upload.rows if upload.written else None,
            described=_described(upload.name, upload.dataset_id),
            facts={
                "rows": upload.rows,
                "sent": upload.sent,
                "files": len(upload.files),
                "created": upload.created,
                "retries": upload.retries,
            },
        )


def _described(name: str, dataset_id: str | None) -> Attributes:
    return {DATASET_NAME: name} if dataset_id is None else {DATASET_NAME: name, DATASET_ID: dataset_id}
