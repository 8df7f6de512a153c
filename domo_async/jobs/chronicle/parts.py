"""The parts of the document about a job."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

__all__ = ["Failure", "Fate", "JobStep", "Life", "Outcome", "Pause", "Phase", "Retry", "Totals", "Traffic"]

Outcome = Literal["complete", "failures", "stopped", "interrupted"]
"""How a job ended: all is well; all was tried, and some failed; an error stopped it; somebody stopped it."""

Fate = Literal["fetched", "unchanged", "failed", "unfinished"]
"""What became of a DataSet. Those that are unfinished when a job ends were given up with it."""


class _Part(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="allow")


class Failure(_Part):
    """Why something failed, and what to do about it. Holds no secret: no error of this library does.

    Attributes:
        type: Class of the error.
        message: What happened, without the facts that have fields of their own.
        text: The whole error as one sentence.
        cure: What to do about it, as a sentence.
        retryable: Whether waiting can cure it.
        operation: The operation that failed, such as ``datasets.get``.
        status: HTTP status of Domo's answer.
        reference: Domo's reference for the failure; its support asks for it.
        because: The error below it, if there is one.
    """

    type: str
    message: str
    text: str
    cure: str | None = None
    retryable: bool = False
    operation: str | None = None
    status: int | None = None
    reference: str | None = None
    because: str | None = None


class Phase(_Part):
    """What a DataSet was doing for a while.

    Attributes:
        phase: ``queued``; ``asking`` for its metadata; ``waiting`` for the first byte of its rows; ``downloading`` to
            the disk; ``streaming``, which is to be downloaded and written at once; ``waiting_for_writer`` with all
            bytes on this computer; ``writing``; ``retrying``, which is to wait for the next attempt.
        at: Seconds from the beginning of the job to its beginning.
        seconds: How long it lasted.
    """

    phase: str
    at: float
    seconds: float


class Retry(_Part):
    """An attempt that failed, with another one to follow.

    Attributes:
        at: Seconds from the beginning of the job.
        attempt: Number of the attempt that failed, from 1.
        wait: Seconds that were waited before the next one.
        error: Why it failed.
    """

    at: float
    attempt: int
    wait: float
    error: str


class Life(_Part):
    """What happened to one DataSet.

    Attributes:
        dataset_id: Its id.
        name: Its name, None when it has none or that is not known.
        fate: What became of it.
        action: What was done for it, such as ``new`` or ``changed``; None when it never came to that.
        rows: Rows in its files.
        rows_expected: Rows that it has by Domo's count.
        received: Bytes that the last attempt received.
        file_bytes: Size of its files.
        seconds: From the first call for it to its end, waits included.
        attempts: How often it was tried.
        files: Names of its files, the first ones if there are many.
        phases: What it was doing, in order, without gaps. Empty for those that had not changed.
        retries: The attempts that failed and were followed by another; the first ones and the last ones if there are
            many.
        failure: Why it failed.
        step: Step of a job file that it belongs to; None in a job that is no job file.
    """

    dataset_id: str
    name: str | None = None
    step: str | None = None
    fate: Fate = "unfinished"
    action: str | None = None
    rows: int = 0
    rows_expected: int | None = None
    received: int = 0
    file_bytes: int = 0
    seconds: float = 0.0
    attempts: int = 1
    files: list[str] = []
    phases: list[Phase] = []
    retries: list[Retry] = []
    failure: Failure | None = None


class Totals(_Part):
    """The sums of a job.

    Attributes:
        datasets: DataSets that the job was about, as far as it came to know of them.
        fetched: Those whose rows were fetched.
        unchanged: Those that were there already.
        failed: Those that were given up.
        unfinished: Those that the end of the job left undone.
        rows: Rows that were fetched.
        received: Bytes that came from Domo, those of failed attempts included.
        file_bytes: Size of the files that were fetched.
        attempts_again: Transfers that were begun again.
        calls: Operations of the client, None if it was not watched.
        call_retries: Requests that were sent again, below the transfers; None if it was not watched.
        grants: Access tokens that were granted since the job began, None if it was not watched.
        paused: Seconds for which all held still because Domo asked for it.
    """

    datasets: int = 0
    fetched: int = 0
    unchanged: int = 0
    failed: int = 0
    unfinished: int = 0
    rows: int = 0
    received: int = 0
    file_bytes: int = 0
    attempts_again: int = 0
    calls: int | None = None
    call_retries: int | None = None
    grants: int | None = None
    paused: float = 0.0


class Traffic(_Part):
    """What came and what was written over time, in steps of equal length from the beginning of the job.

    Attributes:
        step: Seconds of a step.
        received: Bytes received in each step.
        rows: Rows written in each step.
    """

    step: float
    received: list[int] = []
    rows: list[int] = []


class Pause(_Part):
    """A time in which Domo had asked everybody to wait.

    Attributes:
        at: Seconds from the beginning of the job.
        seconds: How long it lasted.
    """

    at: float
    seconds: float


class JobStep(_Part):
    """What became of one step of a job file.

    Attributes:
        name: Its name.
        job: What kind of job it was: ``pull`` or ``push``.
        outcome: How it ended; None if it was left out.
        left_out: Why it was left out.
        at: Seconds from the beginning of the job file.
        seconds: How long it took.
        target: Where the data went.
        stopped_by: What stopped it before its end.
    """

    name: str
    job: str
    outcome: Outcome | None = None
    left_out: str | None = None
    at: float = 0.0
    seconds: float = 0.0
    target: str = ""
    stopped_by: Failure | None = None
