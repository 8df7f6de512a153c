"""What happened in a job, as a JSON document with a version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from domo_async.errors import InvalidArgumentError, TargetError

if TYPE_CHECKING:
    import os

__all__ = [
    "CHRONICLE_VERSION",
    "SUFFIXES",
    "Chronicle",
    "Failure",
    "Fate",
    "Life",
    "Pause",
    "Phase",
    "Retry",
    "Totals",
    "Traffic",
    "read_chronicle",
]

CHRONICLE_VERSION: Final = 1
"""Version of the document. It grows when a reader of the last one would be misled, and not for additional fields."""

SUFFIXES: Final = (".html", ".json")
"""What a chronicle is saved as, by the suffix of the file."""

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
    """

    dataset_id: str
    name: str | None = None
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
        grants: Access tokens that were granted, None if it was not watched.
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


class Chronicle(_Part):
    """What happened in a job, and when. All moments are seconds from its beginning.

    Attributes:
        chronicle: Says what this document is.
        version: Version of its form; `read_chronicle` refuses a higher one.
        job: What kind of job it was: ``pull``.
        outcome: How it ended.
        began: When it began.
        seconds: How long it took.
        target: Where the files went.
        software: Versions of this library and of Python, and the system.
        settings: What the job was told.
        totals: The sums.
        lives: What happened to each DataSet, those that had not changed included, in the order in which the job came
            across them.
        traffic: What came over time.
        grants: When access tokens were granted, to the second.
        pauses: When Domo had asked everybody to wait, to the second.
        stopped_by: What stopped the job before its end.
        removed: Files that were removed.
        warnings: What was odd, as sentences.
    """

    chronicle: Literal["domo-async"] = "domo-async"
    version: int = CHRONICLE_VERSION
    job: str = "pull"
    outcome: Outcome = "complete"
    began: AwareDatetime
    seconds: float
    target: str = ""
    software: str = ""
    settings: dict[str, str | int | float | bool | None] = {}
    totals: Totals = Field(default_factory=Totals)
    lives: list[Life] = []
    traffic: Traffic = Field(default_factory=lambda: Traffic(step=1.0))
    grants: list[float] = []
    pauses: list[Pause] = []
    stopped_by: Failure | None = None
    removed: list[str] = []
    warnings: list[str] = []

    def to_json(self) -> bytes:
        """The document as JSON in UTF-8."""
        # Not by pydantic: the name of a file may hold what UTF-8 cannot, and becomes readable with question marks.
        text = json.dumps(self.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":"))
        return text.encode(errors="replace") + b"\n"

    def to_html(self) -> str:
        """One HTML page, which needs nothing but itself."""
        from domo_async.jobs.chronicle.page import page_of

        return page_of(self)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write a file, as a whole or not at all.

        Args:
            path: Where to. ``.html`` makes a page, ``.json`` a document for `read_chronicle`. The folder must exist.

        Returns:
            The path.

        Raises:
            InvalidArgumentError: Another suffix.
            TargetError: The disk is full or refuses.
        """
        path = check_path(path)
        document = self.to_json() if path.suffix.lower() == ".json" else self.to_html().encode(errors="replace")
        from domo_async.jobs.chronicle.saving import save

        save(path, document)
        return path


def check_path(path: str | os.PathLike[str]) -> Path:
    """The path of a file that a chronicle can be saved to.

    Raises:
        InvalidArgumentError: Another suffix than `SUFFIXES`.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise InvalidArgumentError(f"{path.name!r} says not what to write", hint="Let it end in .html or .json")
    return path


def read_chronicle(path: str | os.PathLike[str]) -> Chronicle:
    """Read what `Chronicle.save` wrote as JSON; of an older version, too.

    Args:
        path: The ``.json`` file.

    Raises:
        TargetError: It cannot be read, is something else, or a newer version of this library wrote it.

    Example:
        ::

            read_chronicle("night.json").save("night.html")
    """
    path = Path(path)
    try:
        document = path.read_bytes()
    except OSError as error:
        raise TargetError(f"{path} cannot be read: {error.strerror or error}") from error
    try:
        version = _Header.model_validate_json(document).version
        if version > CHRONICLE_VERSION:
            raise TargetError(
                f"{path} has version {version}, and this version of domo_async reads up to {CHRONICLE_VERSION}",
                hint="Upgrade domo_async",
            )
        return Chronicle.model_validate_json(document)
    except ValidationError as error:
        raise TargetError(f"{path} is no report of a job") from error


class _Header(BaseModel):
    chronicle: Literal["domo-async"]
    version: int
