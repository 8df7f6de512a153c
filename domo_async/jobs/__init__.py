"""Many DataSets at once."""

from domo_async.jobs.decision import Action
from domo_async.jobs.events import (
    FilesRemoved,
    PullEvent,
    PullFinished,
    PullStarted,
    SelectionRead,
    TransferFailed,
    TransferFinished,
    TransferProgress,
    TransferQueued,
    TransferReceiving,
    TransferRetried,
    TransferSkipped,
    TransferStarted,
    TransferWriting,
)
from domo_async.jobs.manifest import DataSetRecord, FileRecord, Manifest, RunRecord, read_manifest
from domo_async.jobs.plan import PlannedTransfer, PullPlan
from domo_async.jobs.pull import plan_pull, pull
from domo_async.jobs.recipe import DataSetOptions
from domo_async.jobs.report import PullReport, Transfer
from domo_async.jobs.selection import Selection
from domo_async.jobs.source import DatasetSource
from domo_async.jobs.targets import Contents, StagedFile, Target

__all__ = [
    "Action",
    "Contents",
    "DataSetOptions",
    "DataSetRecord",
    "DatasetSource",
    "FileRecord",
    "FilesRemoved",
    "Manifest",
    "PlannedTransfer",
    "PullEvent",
    "PullFinished",
    "PullPlan",
    "PullReport",
    "PullStarted",
    "RunRecord",
    "Selection",
    "SelectionRead",
    "StagedFile",
    "Target",
    "Transfer",
    "TransferFailed",
    "TransferFinished",
    "TransferProgress",
    "TransferQueued",
    "TransferReceiving",
    "TransferRetried",
    "TransferSkipped",
    "TransferStarted",
    "TransferWriting",
    "plan_pull",
    "pull",
    "read_manifest",
]
