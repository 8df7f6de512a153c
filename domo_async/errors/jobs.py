"""A job over many DataSets did not do all that it was meant to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.errors.base import DomoError

if TYPE_CHECKING:
    from domo_async.jobs.push_report import PushReport
    from domo_async.jobs.report import PullReport

__all__ = [
    "ExecutorError",
    "PullError",
    "PushError",
    "TargetError",
]


class TargetError(DomoError):
    """The place that data should go to refuses it: not a folder, no space, no permission."""


class ExecutorError(DomoError):
    """Spark gave up a task: its executor died as often as Spark tries, or the task broke in a way nobody foresaw."""

    retryable = True


class PullError(DomoError):
    """Some DataSets of a pull did not arrive. `report` says which, and why."""

    def __init__(self, message: str, *, report: PullReport, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.report = report


class PushError(DomoError):
    """Some DataSets of a push did not arrive. `report` says which, and why."""

    def __init__(self, message: str, *, report: PushReport, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.report = report
