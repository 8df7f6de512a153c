"""Many DataSets at once."""

from domo_async.jobs.changes import (
    DataSetChange,
    DataSetChanged,
    DataSetCreated,
    DataSetGone,
    SeenDataSet,
    WatchState,
)
from domo_async.jobs.chronicle import Chronicle, Chronicler, read_chronicle
from domo_async.jobs.decision import Action
from domo_async.jobs.events import (
    FilesRemoved,
    PullEvent,
    PullFinished,
    PullStarted,
    SelectionRead,
    Setting,
    StatsRead,
    TransferFailed,
    TransferFinished,
    TransferProgress,
    TransferQueued,
    TransferReceived,
    TransferReceiving,
    TransferRetried,
    TransferSkipped,
    TransferStarted,
    TransferWriting,
)
from domo_async.jobs.manifest import DataSetRecord, FileRecord, Manifest, RunRecord, read_manifest
from domo_async.jobs.plan import PlannedTransfer, PullPlan
from domo_async.jobs.pull import plan_pull, pull
from domo_async.jobs.push import plan_push, push
from domo_async.jobs.push_decision import PushAction
from domo_async.jobs.push_events import (
    PushEvent,
    PushFinished,
    PushStarted,
    UploadCommitting,
    UploadFailed,
    UploadFinished,
    UploadProgress,
    UploadRetried,
    UploadSkipped,
    UploadStarted,
)
from domo_async.jobs.push_options import PushOptions
from domo_async.jobs.push_plan import PlannedUpload, PushPlan
from domo_async.jobs.push_report import PushReport, Upload
from domo_async.jobs.push_state import PendingWrite, PushedFile, PushRecord, PushState
from domo_async.jobs.recipe import DataSetOptions
from domo_async.jobs.report import PullReport, Transfer
from domo_async.jobs.selection import Selection
from domo_async.jobs.source import DatasetSource
from domo_async.jobs.targets import Contents, StagedFile, Target
from domo_async.jobs.watch import DataSetWatch

__all__ = [
    "Action",
    "Chronicle",
    "Chronicler",
    "Contents",
    "DataSetChange",
    "DataSetChanged",
    "DataSetCreated",
    "DataSetGone",
    "DataSetOptions",
    "DataSetRecord",
    "DataSetWatch",
    "DatasetSource",
    "FileRecord",
    "FilesRemoved",
    "Manifest",
    "PendingWrite",
    "PlannedTransfer",
    "PlannedUpload",
    "PullEvent",
    "PullFinished",
    "PullPlan",
    "PullReport",
    "PullStarted",
    "PushAction",
    "PushEvent",
    "PushFinished",
    "PushOptions",
    "PushPlan",
    "PushRecord",
    "PushReport",
    "PushStarted",
    "PushState",
    "PushedFile",
    "RunRecord",
    "SeenDataSet",
    "Selection",
    "SelectionRead",
    "Setting",
    "StagedFile",
    "StatsRead",
    "Target",
    "Transfer",
    "TransferFailed",
    "TransferFinished",
    "TransferProgress",
    "TransferQueued",
    "TransferReceived",
    "TransferReceiving",
    "TransferRetried",
    "TransferSkipped",
    "TransferStarted",
    "TransferWriting",
    "Upload",
    "UploadCommitting",
    "UploadFailed",
    "UploadFinished",
    "UploadProgress",
    "UploadRetried",
    "UploadSkipped",
    "UploadStarted",
    "WatchState",
    "plan_pull",
    "plan_push",
    "pull",
    "push",
    "read_chronicle",
    "read_manifest",
]
