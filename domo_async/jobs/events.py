"""What a pull tells while it works. Each event is a plain value that may be kept or sent on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domo_async.errors import DomoError
    from domo_async.jobs.report import PullReport, Transfer

__all__ = [
    "PullEvent",
    "PullFinished",
    "PullStarted",
    "TransferFailed",
    "TransferFinished",
    "TransferProgress",
    "TransferRetried",
    "TransferStarted",
]


@dataclass(frozen=True, slots=True)
class PullStarted:
    """The job begins.

    Attributes:
        total: How many DataSets were asked for, None when that is known only at the end.
    """

    total: int | None


@dataclass(frozen=True, slots=True)
class TransferStarted:
    """The rows of a DataSet begin to arrive. Comes again for each retry.

    Attributes:
        rows_expected: How many rows there will be, None when Domo does not say.
    """

    dataset_id: str
    name: str | None
    rows_expected: int | None


@dataclass(frozen=True, slots=True)
class TransferProgress:
    """Some more has been written.

    Attributes:
        rows: Rows written by this attempt so far.
        received: Bytes of CSV received by this attempt so far.
    """

    dataset_id: str
    rows: int
    received: int


@dataclass(frozen=True, slots=True)
class TransferRetried:
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
class TransferFinished:
    """A file is complete and in its place."""

    transfer: Transfer


@dataclass(frozen=True, slots=True)
class TransferFailed:
    """A DataSet is given up; ``transfer.error`` says why."""

    transfer: Transfer


@dataclass(frozen=True, slots=True)
class PullFinished:
    """The job is over, also when it was stopped: then the report lists what was done until then."""

    report: PullReport


PullEvent = (
    PullStarted
    | TransferStarted
    | TransferProgress
    | TransferRetried
    | TransferFinished
    | TransferFailed
    | PullFinished
)
"""Any of the events, for ``match``."""
