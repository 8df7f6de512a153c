"""What happened in a job, as a JSON document with a version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from domo_async.errors import InvalidArgumentError, TargetError
from domo_async.jobs.chronicle.parts import Failure, JobStep, Life, Outcome, Pause, Totals, Traffic

if TYPE_CHECKING:
    import os

__all__ = ["CHRONICLE_VERSION", "SUFFIXES", "Chronicle", "check_path", "read_chronicle"]

CHRONICLE_VERSION: Final = 1
"""Version of the document. It grows when a reader of the last one would be misled, and not for additional fields."""

SUFFIXES: Final = (".html", ".json")
"""What a chronicle is saved as, by the suffix of the file."""


class Chronicle(BaseModel):
    """What happened in a job, and when. All moments are seconds from its beginning.

    Attributes:
        chronicle: Says what this document is.
        version: Version of its form; `read_chronicle` refuses a higher one.
        job: What kind of job it was: ``pull``, ``push``, or ``run`` for the steps of a job file.
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
        grants: When access tokens were granted, one for each, to the second; the first ones if there are many.
        pauses: When Domo had asked everybody to wait, to the second.
        stopped_by: What stopped the job before its end.
        removed: Files that were removed.
        warnings: What was odd, as sentences.
        steps: The steps of a job file.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="allow")

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
    steps: list[JobStep] = []

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
