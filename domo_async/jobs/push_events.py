"""What a push tells while it works. Each event is a plain value that may be kept or sent on.

The life of a DataSet: `UploadSkipped`, or `UploadStarted` for each attempt, `UploadProgress` again and again,
`UploadCommitting`, and `UploadRetried` if another attempt follows; at the end `UploadFinished`, `UploadFailed` or
`UploadSkipped`. Each carries the ``source`` that the DataSet is pushed from, which is no other's. A push that is
stopped leaves lives unfinished; `PushFinished` comes in any case.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domo_async.errors import DomoError
    from domo_async.jobs.push_decision import PushAction
    from domo_async.jobs.push_report import PushReport, Upload

__all__ = [
    "PushEvent",
    "PushFinished",
    "PushStarted",
    "UploadCommitting",
    "UploadFailed",
    "UploadFinished",
    "UploadProgress",
    "UploadRetried",
    "UploadSkipped",
    "UploadStarted",
]


@dataclass(frozen=True, slots=True)
class _Event:
    """Something happened.

    Attributes:
        at: When, in seconds since 1970. Two events are equal if they say the same, whenever that was.
    """

    at: float = field(default_factory=time.time, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class PushStarted(_Event):
    """The push begins: its state is locked, and all DataSets are found.

    Attributes:
        total: How many DataSets there are.
        target: URL of the API.
        warnings: What is odd, as sentences.
    """

    total: int
    target: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UploadStarted(_Event):
    """The rows of a DataSet are read and sent. Comes again for each attempt.

    Attributes:
        source: File or folder.
        name: Name of the DataSet.
        dataset_id: Its id, None if it is still to be made.
        attempt: Number of the attempt, from 1.
        action: What is being done.
        file_bytes: Size of the files.
    """

    source: str
    name: str
    dataset_id: str | None
    attempt: int
    action: PushAction
    file_bytes: int


@dataclass(frozen=True, slots=True)
class UploadProgress(_Event):
    """One more part has arrived.

    Attributes:
        rows: Rows that have arrived in this attempt so far.
        sent: Bytes that were sent for them.
    """

    source: str
    rows: int
    sent: int


@dataclass(frozen=True, slots=True)
class UploadCommitting(_Event):
    """All rows have arrived, and are about to be committed."""

    source: str
    dataset_id: str


@dataclass(frozen=True, slots=True)
class UploadRetried(_Event):
    """An attempt failed, and another one follows.

    Attributes:
        attempt: The number of the attempt that failed, from 1.
        wait: Seconds until the next one.
    """

    source: str
    attempt: int
    error: DomoError
    wait: float


@dataclass(frozen=True, slots=True)
class UploadFinished(_Event):
    """The rows are in their DataSet, and that is written down."""

    upload: Upload


@dataclass(frozen=True, slots=True)
class UploadSkipped(_Event):
    """The rows were there already."""

    upload: Upload


@dataclass(frozen=True, slots=True)
class UploadFailed(_Event):
    """A DataSet is given up; ``upload.error`` says why."""

    upload: Upload


@dataclass(frozen=True, slots=True)
class PushFinished(_Event):
    """The push is over, also when it was stopped: then the report lists what was done until then."""

    report: PushReport


PushEvent = (
    PushStarted
    | UploadStarted
    | UploadProgress
    | UploadCommitting
    | UploadRetried
    | UploadFinished
    | UploadSkipped
    | UploadFailed
    | PushFinished
)
"""Any of the events, for ``match``."""
