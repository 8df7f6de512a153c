"""Spans of a pull."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.integrations.opentelemetry.jobs import DATASET_ID, DATASET_NAME, JobSpans
from domo_async.jobs.events import (
    PullFinished,
    TransferFailed,
    TransferFinished,
    TransferReceived,
    TransferReceiving,
    TransferRetried,
    TransferSkipped,
    TransferStarted,
    TransferWriting,
)
from domo_async.observing import PullObservation

if TYPE_CHECKING:
    from domo_async.integrations.opentelemetry.attributes import Attributes
    from domo_async.jobs.events import PullEvent
    from domo_async.jobs.report import Transfer

__all__ = ["PullSpans"]


class PullSpans(JobSpans, PullObservation):
    """Follows one pull."""

    def event(self, event: PullEvent) -> None:
        """Something happened."""
        match event:
            case TransferStarted():
                self.begin(event.dataset_id, event.attempt, event.action, _described(event.dataset_id, event.name))
            case TransferFinished() | TransferFailed() | TransferSkipped():
                self._done(event.transfer)
            case TransferRetried():
                self.retry(event.dataset_id, event.error, event.wait)
            case TransferReceiving():
                self.note(event.dataset_id, "domo.pull.first_byte", {})
            case TransferReceived():
                self.note(event.dataset_id, "domo.pull.last_byte", {"domo.pull.received": event.received})
            case TransferWriting():
                self.note(event.dataset_id, "domo.pull.writing", {"domo.pull.waited": event.waited})
            case PullFinished(report=report):
                self.sum_up(
                    {
                        "datasets": len(report.transfers),
                        "unchanged": len(report.unchanged),
                        "failed": len(report.failed),
                        "rows": report.rows,
                        "received": report.received,
                        "file_size": report.file_bytes,
                    }
                )
            case _:
                pass

    def _done(self, transfer: Transfer) -> None:
        self.settle(
            transfer.dataset_id,
            action=transfer.action,
            error=transfer.error,
            seconds=transfer.seconds,
            arrived=transfer.rows if transfer.fetched else None,
            described=_described(transfer.dataset_id, transfer.name),
            facts={
                "rows": transfer.rows,
                "received": transfer.received,
                "file_size": transfer.file_bytes,
                "files": len(transfer.files),
                "retries": transfer.retries,
            },
        )


def _described(dataset_id: str, name: str | None) -> Attributes:
    return {DATASET_ID: dataset_id} if name is None else {DATASET_ID: dataset_id, DATASET_NAME: name}
