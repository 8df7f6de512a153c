"""Rows were sent, and are not in their DataSet, or nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.errors.base import DomoError

if TYPE_CHECKING:
    from datetime import datetime

    from domo_async.models.streams import Execution

__all__ = [
    "CommitTooSoonError",
    "ExecutionError",
    "ExecutionTakenOverError",
    "StreamBusyError",
    "UnsettledWriteError",
]


class UnsettledWriteError(DomoError):
    """Whether rows were added to a DataSet is not known, and Domo has no way to tell. They were not added again."""


class ExecutionError(DomoError):
    """A stream execution ended, and its rows are not in the DataSet. `execution` is what Domo says of it."""

    def __init__(self, message: str, *, execution: Execution, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.execution = execution


class StreamBusyError(ExecutionError):
    """An execution of the stream is active: another writer's, a dead one's, or one that Domo still indexes.

    A stream has one at a time, and beginning another aborts it. So none was begun; `execution` is the active one.
    """

    retryable = True


class ExecutionTakenOverError(ExecutionError):
    """Another writer began an execution of the same stream, upon which Domo aborted this one.

    Attributes:
        successor: The other execution.
    """

    retryable = True

    def __init__(
        self, message: str, *, execution: Execution, successor: Execution | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, execution=execution, hint=hint)
        self.successor = successor


class CommitTooSoonError(ExecutionError):
    """Domo turned a commit away so short a time after the last one that this must be why. The DataSet is as it was.

    By default Domo takes one commit per stream every 15 minutes; its support can change that.

    Attributes:
        last_commit: When the last execution succeeded, None if that is not known.
    """

    retryable = True

    def __init__(
        self, message: str, *, execution: Execution, last_commit: datetime | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, execution=execution, hint=hint)
        self.last_commit = last_commit
