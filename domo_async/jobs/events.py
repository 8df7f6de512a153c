"""What a pull tells while it works. Each event is a plain value that may be kept or sent on.

The life of a DataSet: `TransferSkipped`, or `TransferQueued`, then for each attempt `TransferStarted`,
`TransferReceiving` (the first bytes), `TransferWriting` (its turn to be decoded), `TransferProgress` again and again,
`TransferReceived` (the last bytes), and `TransferRetried` if another attempt follows; at the end `TransferFinished`,
`TransferFailed` or `TransferSkipped`. `StatsRead` comes every second between them. A job that is stopped leaves lives
unfinished; `PullFinished` comes in any case.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from domo_async.errors import DomoError
    from domo_async.http.stats import Stats
    from domo_async.jobs.decision import Action
    from domo_async.jobs.report import PullReport, Transfer

__all__ = [
    "FilesRemoved",
    "PullEvent",
    "PullFinished",
    "PullStarted",
    "SelectionRead",
    "Setting",
    "StatsRead",
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
]


Setting = str | int | float | bool | None
"""The value of a setting, as JSON has it."""


@dataclass(frozen=True, slots=True)
class _Event:
    """Something happened.

    Attributes:
        at: When, in seconds since 1970. Two events are equal if they say the same, whenever that was.
    """

    at: float = field(default_factory=time.time, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class PullStarted(_Event):
    """The job begins: the target is open.

    Attributes:
        total: How many DataSets were asked for, None when only the listing will tell.
        target: Where they go.
        warnings: What was odd about the target, as sentences.
        settings: What the job was told, for people: names and values. There are no secrets among them.
    """

    total: int | None
    target: str = ""
    warnings: tuple[str, ...] = ()
    settings: Mapping[str, Setting] = field(default_factory=dict[str, "Setting"], compare=False)


@dataclass(frozen=True, slots=True)
class SelectionRead(_Event):
    """It is known how many DataSets there are. Transfers may have begun before.

    Attributes:
        total: How many DataSets the job is about.
        skipped: How many of them were seen to be unchanged, so far.
        rows: Rows of all others, by Domo's count, as far as that is known.
    """

    total: int
    skipped: int
    rows: int


@dataclass(frozen=True, slots=True)
class TransferQueued(_Event):
    """A DataSet waits for its turn.

    Attributes:
        name: Its name, None while that is not known.
        action: What is to be done, None when its metadata must be seen first.
        reason: Why, as a clause.
        rows_expected: How many rows it has, None when that is not known.
    """

    dataset_id: str
    name: str | None
    action: Action | None
    reason: str
    rows_expected: int | None


@dataclass(frozen=True, slots=True)
class TransferStarted(_Event):
    """The rows of a DataSet are asked for. Comes again for each attempt.

    Attributes:
        rows_expected: How many rows there will be, None when Domo does not say.
        attempt: Number of the attempt, from 1.
        action: What is being done.
    """

    dataset_id: str
    name: str | None
    rows_expected: int | None
    attempt: int = 1
    action: Action = "new"


@dataclass(frozen=True, slots=True)
class TransferReceiving(_Event):
    """The first bytes have come."""

    dataset_id: str


@dataclass(frozen=True, slots=True)
class TransferReceived(_Event):
    """The last bytes have come. What is left is to write them, or to wait for a turn to do so.

    Attributes:
        received: Bytes of CSV received by this attempt.
    """

    dataset_id: str
    received: int


@dataclass(frozen=True, slots=True)
class TransferWriting(_Event):
    """Its turn has come: rows are decoded and written from now on.

    Attributes:
        waited: Seconds that it waited for that since it was started.
    """

    dataset_id: str
    waited: float


@dataclass(frozen=True, slots=True)
class TransferProgress(_Event):
    """Some more has come, or has been written.

    Attributes:
        rows: Rows written by this attempt so far.
        received: Bytes of CSV received by this attempt so far.
    """

    dataset_id: str
    rows: int
    received: int


@dataclass(frozen=True, slots=True)
class TransferRetried(_Event):
    """An attempt failed, and another one follows.

    Attributes:
        attempt: The number of the attempt that failed, from 1.
        wait: Seconds until the next one.
    """

    dataset_id: str
    attempt: int
    error: DomoError
    wait: float


@dataclass(frozen=True, slots=True)
class TransferFinished(_Event):
    """The files of a DataSet are complete, in their place, and in the manifest."""

    transfer: Transfer


@dataclass(frozen=True, slots=True)
class TransferSkipped(_Event):
    """A DataSet has not changed since it was pulled, and its files are there."""

    transfer: Transfer


@dataclass(frozen=True, slots=True)
class TransferFailed(_Event):
    """A DataSet is given up; ``transfer.error`` says why."""

    transfer: Transfer


@dataclass(frozen=True, slots=True)
class FilesRemoved(_Event):
    """Files are gone.

    Attributes:
        files: Their names in the target.
        reason: Why, as a clause.
    """

    files: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class StatsRead(_Event):
    """The numbers of the client, read every second; only of jobs that were started by a client.

    They tell what no single DataSet knows: tokens, retries below the transfers, and that Domo asked everybody to wait.

    Attributes:
        stats: The numbers.
    """

    stats: Stats


@dataclass(frozen=True, slots=True)
class PullFinished(_Event):
    """The job is over, also when it was stopped: then the report lists what was done until then."""

    report: PullReport


PullEvent = (
    PullStarted
    | SelectionRead
    | TransferQueued
    | TransferStarted
    | TransferReceiving
    | TransferReceived
    | TransferWriting
    | TransferProgress
    | TransferRetried
    | TransferFinished
    | TransferSkipped
    | TransferFailed
    | FilesRemoved
    | StatsRead
    | PullFinished
)
"""Any of the events, for ``match``."""
