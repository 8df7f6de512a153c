"""Many DataSets at once."""

from domo_async.jobs.events import (
    PullEvent,
    PullFinished,
    PullStarted,
    TransferFailed,
    TransferFinished,
    TransferProgress,
    TransferRetried,
    TransferStarted,
)
from domo_async.jobs.pull import pull
from domo_async.jobs.report import PullReport, Transfer
from domo_async.jobs.source import DatasetSource

__all__ = [
    "DatasetSource",
    "PullEvent",
    "PullFinished",
    "PullReport",
    "PullStarted",
    "Transfer",
    "TransferFailed",
    "TransferFinished",
    "TransferProgress",
    "TransferRetried",
    "TransferStarted",
    "pull",
]
