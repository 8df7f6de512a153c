"""What may stand in a job file."""

from __future__ import annotations

import re
from collections import Counter
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from domo_async.jobs.push_options import PushOptions
from domo_async.jobs.recipe import DataSetOptions
from domo_async.jobs.selection import Selection

__all__ = ["JobFile", "PullStep", "PushStep", "Step"]

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Text = Annotated[str, StringConstraints(min_length=1)]
FileFormat = Literal["parquet", "arrow", "csv", "csv.gz", "jsonl"]
Method = Literal["REPLACE", "APPEND", "UPSERT"]


class _Table(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, strict=True)


class _PullOptions(_Table):
    """What is different for some DataSets of a pull."""

    format: FileFormat | None = None
    columns: list[Text] | None = Field(default=None, min_length=1)
    sql: Text | None = None
    include_header: bool | None = None
    rows_per_file: int | None = Field(default=None, ge=1)


class _PushOptions(_Table):
    """What is different for some DataSets of a push."""

    into: Text | None = None
    update_method: Method | None = None
    key_columns: list[Text] | None = None
    columns: dict[str, Literal["STRING", "DECIMAL", "LONG", "DOUBLE", "DATE", "DATETIME"]] | None = None
    evolve: bool | None = None
    missing_columns: Literal["refuse", "null"] | None = None
    description: Text | None = None
    timestamps: Literal["utc", "refuse"] | None = None
    nanoseconds: Literal["refuse", "truncate"] | None = None
    not_finite: Literal["refuse", "null"] | None = None


class _Step(_Table):
    name: Name = Field(description="What the step is called, in reports and in needs.")
    needs: list[Name] = Field(default=[], description="Earlier steps that must have gone well.")
    profile: Name | None = Field(default=None, description="Credentials, by the name that login gave them.")
    concurrency: int | None = Field(default=None, ge=1, le=256, description="DataSets at a time.")
    memory_mib: int | None = Field(default=None, ge=100, description="MiB that rows on their way may take.")
    refresh: bool = Field(default=False, description="Do what has not changed, too.")
    verify: bool = Field(default=False, description="Read all files, whatever their size and time.")
    retries: int = Field(default=3, ge=0, description="Attempts after the first.")
    patience: float = Field(default=600.0, ge=0, description="Seconds to go on trying while Domo is away.")
    max_failures: int | None = Field(default=None, ge=0, description="Stop the step when more DataSets have failed.")


class PullStep(_Step):
    """DataSets into a lake.

    Attributes:
        datasets: Ids, and names with ``*`` and ``?``.
        all: All DataSets that the client may see.
        owners: Of these, only what these users own.
        to: The target. ``${VARIABLES}`` are replaced.
    """

    action: Literal["pull"] = Field(description="What to do.")
    datasets: list[Text] = Field(default=[], description="Ids, and names with * and ?.")
    all: bool = Field(default=False, description="All DataSets that the client may see.")
    owners: list[Text] = Field(default=[], description="Of these, only what these users own: ids or names.")
    to: Text = Field(description="Folder, .duckdb file or URI. ${VARIABLES} are replaced.")
    format: FileFormat = "parquet"
    called_after: Literal["name", "id"] = Field(default="name", description="What files are called after.")
    columns: list[Text] | None = Field(default=None, min_length=1)
    include_header: bool = True
    rows_per_file: int | None = Field(default=None, ge=1)
    prune: bool = Field(default=False, description="Remove files of DataSets that are not meant any more.")
    options: dict[str, _PullOptions] = Field(default={}, description="By id or name, with * and ?.")

    @model_validator(mode="after")
    def _selects_something(self) -> PullStep:
        if self.all == bool(self.datasets):
            raise ValueError("say which DataSets: either datasets = [...] or all = true")
        return self

    @property
    def selection(self) -> Selection:
        """The DataSets."""
        if self.all:
            selection = Selection.everything()
        else:
            ids = [one for one in self.datasets if _UUID.fullmatch(one)]
            names = [one for one in self.datasets if not _UUID.fullmatch(one)]
            parts = [Selection.ids(*ids)] if ids else []
            parts += [Selection.names(*names)] if names else []
            selection = parts[0] if len(parts) == 1 else parts[0] | parts[1]
        return selection & Selection.owned_by(*self.owners) if self.owners else selection

    @property
    def dataset_options(self) -> dict[str, DataSetOptions]:
        """The options, as `pull` takes them."""
        return {key: DataSetOptions(**one.model_dump(exclude_none=True)) for key, one in self.options.items()}


class PushStep(_Step):
    """Files into DataSets.

    Attributes:
        source: Files, folders and patterns. ``${VARIABLES}`` are replaced.
    """

    action: Literal["push"] = Field(description="What to do.")
    source: Text | Annotated[list[Text], Field(min_length=1)] = Field(
        description="Files, folders or patterns. ${VARIABLES} are replaced."
    )
    into: Text | None = Field(default=None, description="The one DataSet for everything, by id or name.")
    called: Text = Field(default="{name}", description="What DataSets are called, with {name} and {folder}.")
    update_method: Method = "REPLACE"
    key_columns: list[Text] = []
    evolve: bool = Field(default=False, description="Give DataSets the columns that they do not have.")
    missing_columns: Literal["refuse", "null"] = "refuse"
    state: Text | None = Field(default=None, description="File that keeps what was pushed. ${VARIABLES} are replaced.")
    options: dict[str, _PushOptions] = Field(default={}, description="By id or name, with * and ?.")

    @property
    def push_options(self) -> dict[str, PushOptions]:
        """The options, as `push` takes them."""
        found: dict[str, PushOptions] = {}
        for key, one in self.options.items():
            given = one.model_dump(exclude_none=True)
            schema = given.pop("columns", None)
            found[key] = PushOptions(schema=schema, **given)
        return found


Step: TypeAlias = Annotated[PullStep | PushStep, Field(discriminator="action")]
"""One thing to do."""


class JobFile(_Table):
    """A job: pulls and pushes, in their order.

    Attributes:
        profile: Credentials for all steps that do not name others.
        steps: What to do (``[[step]]`` in the file).
    """

    profile: Name | None = Field(default=None, description="Credentials, by the name that login gave them.")
    steps: list[Step] = Field(min_length=1, alias="step", description="What to do, in this order.")

    @model_validator(mode="after")
    def _names_are_known(self) -> JobFile:
        names = [step.name for step in self.steps]
        if repeated := [name for name, count in Counter(names).items() if count > 1]:
            raise ValueError(f"two steps are called {repeated[0]!r}")
        for number, step in enumerate(self.steps):
            if unknown := [need for need in step.needs if need not in names[:number]]:
                raise ValueError(f"step {step.name!r} needs {unknown[0]!r}, and no step before it is called that")
        return self
