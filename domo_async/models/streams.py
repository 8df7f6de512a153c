"""Streams and their executions: the way in for large data."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from domo_async.models.base import DomoModel, Items, Timestamp
from domo_async.models.datasets import DataSetSummary

__all__ = ["Execution", "ExecutionState", "Stream", "UpdateMethod"]


class UpdateMethod(StrEnum):
    """What new data does to the rows that are there.

    A closed enum: Domo takes a word that it does not know for ``REPLACE``, and deletes every row.
    """

    REPLACE = "REPLACE"
    """All previous rows are removed."""

    APPEND = "APPEND"
    """The new rows are added at the end."""

    UPSERT = "UPSERT"
    """Rows with the same key are replaced, others added. Streams with key columns only."""


class ExecutionState(StrEnum):
    """How an execution is doing."""

    ACTIVE = "ACTIVE"
    """It takes parts, or it is committed and its rows are being indexed: Domo has one word for both."""

    SUCCESS = "SUCCESS"
    ERROR = "ERROR"
    ABORTED = "ABORTED"
    INVALID = "INVALID"


_FAILED: Final = frozenset({ExecutionState.ERROR, ExecutionState.ABORTED, ExecutionState.INVALID})


class Execution(DomoModel):
    """One load of data through a stream.

    Attributes:
        id: Number, from 1 in each stream.
        ended_at: When it ended, None while it takes parts or is being indexed.
        current_state: An `ExecutionState`, or the text of one that this version does not know.
        update_method: What its data does to the rows that are there; None where Domo does not say.
        rows: Rows received.
        bytes: Bytes received.

    Source: Stream API, ``GET /v1/streams/{id}/executions/{id}``.
    """

    id: int | str
    started_at: Timestamp = None
    ended_at: Timestamp = None
    current_state: Annotated[ExecutionState | str | None, Field(union_mode="left_to_right")] = None
    created_at: Timestamp = None
    modified_at: Timestamp = None
    update_method: Annotated[UpdateMethod | str | None, Field(union_mode="left_to_right")] = None
    rows: int | None = None
    bytes: int | None = None

    @property
    def succeeded(self) -> bool:
        """Whether its rows are in the DataSet."""
        return self.current_state == ExecutionState.SUCCESS

    @property
    def failed(self) -> bool:
        """Whether it ended without its rows."""
        return self.current_state in _FAILED

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.ended_at is not None or self.succeeded or self.failed


class Stream(DomoModel):
    """A stream, the way into the one DataSet that was created with it.

    Listings show ``id``, ``dataset`` (with its id only), ``update_method`` and two times, unless all fields are asked
    for.

    Attributes:
        dataset: Its DataSet (``dataSet`` on the wire), without schema.
        update_method: What new data does to the rows that are there.
        key_column_names: Columns that make two rows the same, for upserts.
        last_execution: The newest execution.
        last_successful_execution: The newest one whose rows are in the DataSet.
        deleted: True if the DataSet is deleted; most attributes are missing then.

    Source: Stream API, ``GET /v1/streams/{id}``.
    """

    id: int | str
    dataset: DataSetSummary | None = Field(default=None, validation_alias="dataSet", serialization_alias="dataSet")
    update_method: Annotated[UpdateMethod | str | None, Field(union_mode="left_to_right")] = None
    key_column_names: Items[str] = []
    last_execution: Execution | None = None
    last_successful_execution: Execution | None = None
    created_at: Timestamp = None
    modified_at: Timestamp = None
    deleted: bool | None = None
