"""Everything that can go wrong, as one tree.

::

    DomoError
    ├── ConfigurationError             a setting is missing or makes no sense; nothing was sent
    │   ├── MissingCredentialsError    no client id or secret was found
    │   └── MissingExtraError          an optional package is not installed (also an ImportError)
    ├── InvalidArgumentError           an argument breaks a rule; nothing was sent (also a ValueError)
    │   ├── ForeignOriginError         a URL outside the configured API: the token goes nowhere else
    │   ├── InvalidDataError           rows to be written hold something that Domo cannot take; names row and column
    │   ├── AmbiguousNameError         a name stands for several DataSets; carries their ids
    │   ├── JobFileError               a job file makes no sense; says with line and key all that is wrong
    │   └── SchemaMismatchError        rows do not have the columns of their DataSet; carries the difference
    ├── ClientClosedError              the client was closed before or during the call
    ├── TargetError                    the place that data should go to refuses it: a folder, a disk, a permission
    ├── ExecutorError                  Spark gave up a task: its executor died, or the task broke there
    ├── PullError                      some DataSets of a pull did not arrive; carries the report
    ├── PushError                      some DataSets of a push did not arrive; carries the report
    ├── UnsettledWriteError            whether rows were added is not known, and adding them again may double them
    ├── ExecutionError                 a stream execution ended without its rows in the DataSet; carries the execution
    │   ├── StreamBusyError            none was begun, since another one is active
    │   ├── ExecutionTakenOverError    another one was begun meanwhile, so Domo aborted it
    │   └── CommitTooSoonError         the last commit of the stream was too short a time ago
    └── CallError                      one operation failed; names it, with attempts and elapsed seconds
        ├── TransportError             no complete answer came
        │   ├── ConnectionFailedError  the server was never reached, so it cannot have acted
        │   ├── ConnectionLostError    the connection broke after the request may have been read
        │   └── CallTimeoutError       the answer did not come in time (also a TimeoutError)
        ├── ResponseError              an answer came, and it is not what the operation promises
        │   ├── InvalidResponseError   HTML, half a JSON document, fields of the wrong type
        │   │   └── UnreadableRowError  a row of an export is not what the schema says; names row, column and value
        │   └── IncompleteDataError    fewer or other rows than the DataSet has
        └── StatusError                Domo answered with an error status
            ├── BadRequestError        400 and other 4xx: the request itself is wrong
            │   └── QueryError         the SQL was refused
            ├── AuthenticationError    401 (and 406 for CSV): the token was refused
            │   ├── InvalidCredentialsError  the token endpoint refused the client id or secret
            │   └── InvalidScopeError        the token endpoint refused the scopes asked for
            ├── PermissionDeniedError  403: the user behind the client may not do this
            │   ├── InsufficientScopeError   the token lacks the scope of this operation
            │   └── BlockedError             the network allow-list turned this address away
            ├── NotFoundError          404
            ├── ConflictError          409
            ├── RateLimitError         429; `retry_after` says how long to wait
            └── ServerError            5xx: not the caller's fault
                └── MaintenanceError   Domo shows its maintenance page

What a name says is what failed; `retryable` says whether waiting can cure it. Every error pickles, and none of them
ever holds a token, a secret, a query string or a request body.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from domo_async.jobs.push_report import PushReport
    from domo_async.jobs.report import PullReport
    from domo_async.models.streams import Execution
    from domo_async.tabular.schema_change import SchemaChange

__all__ = [
    "AmbiguousNameError",
    "AuthenticationError",
    "BadRequestError",
    "BlockedError",
    "CallError",
    "CallTimeoutError",
    "ClientClosedError",
    "CommitTooSoonError",
    "ConfigurationError",
    "ConflictError",
    "ConnectionFailedError",
    "ConnectionLostError",
    "DomoError",
    "ExecutionError",
    "ExecutionTakenOverError",
    "ExecutorError",
    "ForeignOriginError",
    "IncompleteDataError",
    "InsufficientScopeError",
    "InvalidArgumentError",
    "InvalidCredentialsError",
    "InvalidDataError",
    "InvalidResponseError",
    "InvalidScopeError",
    "JobFileError",
    "MaintenanceError",
    "MissingCredentialsError",
    "MissingExtraError",
    "NotFoundError",
    "PermissionDeniedError",
    "PullError",
    "PushError",
    "QueryError",
    "RateLimitError",
    "ResponseError",
    "SchemaMismatchError",
    "ServerError",
    "StatusError",
    "StreamBusyError",
    "TargetError",
    "TransportError",
    "UnreadableRowError",
    "UnsettledWriteError",
]


class DomoError(Exception):
    """Base of everything this library raises on purpose.

    Attributes:
        message: What happened, as one sentence without the facts that have attributes of their own.
        hint: What to do about it, or None.
    """

    retryable: bool = False
    """Whether the same call may succeed later without a change by the caller."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}. {self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[Callable[..., DomoError], tuple[object, ...]]:
        # Subclasses take keyword arguments, which the default protocol would lose.
        state = self.__dict__.copy()
        if isinstance(notes := state.get("__notes__"), list):
            state["__notes__"] = list(notes)  # a note on the copy is none on the original
        return _restore, (type(self), self.args, state)

    def fresh(self) -> Self:
        """A copy to raise in another task, with the same cause.

        One instance raised from many tasks would collect all their traceback frames and mix up their contexts. The
        original is not the cause of the copy: its traceback leads through the caller that happened to be first, and
        what that one was doing is nobody else's business.
        """
        twin = copy.copy(self)
        twin.__cause__ = self.__cause__
        return twin


def _restore(cls: type[DomoError], args: tuple[object, ...], state: dict[str, object]) -> DomoError:
    error = cls.__new__(cls, *args)
    error.args = args  # which an OSError, and with it a TimeoutError, takes from __init__ only
    if isinstance(error, ImportError):
        error.msg = str(args[0]) if args else ""  # an attribute of its own, for the same reason
    error.__dict__.update(state)
    return error


class ConfigurationError(DomoError):
    """A setting is missing or makes no sense. Nothing was sent."""


class MissingCredentialsError(ConfigurationError):
    """No client id or client secret was given, and none was found in the environment."""


class MissingExtraError(ConfigurationError, ImportError):
    """An optional dependency is not installed; the message names the extra that brings it."""

    def __init__(self, feature: str, *, extra: str) -> None:
        super().__init__(
            f"{feature} needs a package that is not installed",
            hint=f"Install it with: pip install 'domo-async[{extra}]'",
        )
        self.extra = extra


class InvalidArgumentError(DomoError, ValueError):
    """An argument breaks a rule of Domo or of this library. Nothing was sent."""


class ForeignOriginError(InvalidArgumentError):
    """A URL points outside the configured API; the access token is never sent there."""


class InvalidDataError(InvalidArgumentError):
    """Rows to be written hold something that Domo cannot take, or not without loss. Nothing of them was committed.

    Attributes:
        source: What the rows come from: the path of a file, or the kind of frame.
        row: Number of the row, from 1, the line of names not counted; None when it is not one row.
        column: Name of the column, None when it is not one column.
        value: The value as text, cut to a readable length; None when it is not one value.
    """

    def __init__(
        self,
        problem: str,
        *,
        source: str = "",
        row: int | None = None,
        column: str | None = None,
        value: str | None = None,
        hint: str | None = None,
    ) -> None:
        place = [source] if source else []
        if row is not None:
            place.append(f"row {row}")
        if column is not None:
            place.append(f"column {column!r}")
        text = f"{problem}: {value}" if value is not None else problem
        super().__init__(f"{', '.join(place)}: {text}" if place else text, hint=hint)
        self.source = source
        self.row = row
        self.column = column
        self.value = value


class AmbiguousNameError(InvalidArgumentError):
    """A name stands for several DataSets, so that nothing was changed.

    Attributes:
        ids: Their ids, the oldest first. Say which one you mean by its id.
    """

    def __init__(self, message: str, *, ids: tuple[str, ...] = (), hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.ids = ids


class JobFileError(InvalidArgumentError):
    """A job file cannot be read, or makes no sense. Nothing of it was done.

    Attributes:
        problems: All that is wrong, each with file, line and key.
    """

    def __init__(self, message: str, *, problems: tuple[str, ...] = (), hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.problems: tuple[str, ...] = problems or (message,)

    @classmethod
    def of(cls, problems: list[str]) -> JobFileError:
        """The error for some problems."""
        return cls("\n".join(problems), problems=tuple(problems))


class SchemaMismatchError(InvalidArgumentError):
    """The rows do not have the columns of the DataSet, and making them fit would lose something. Nothing was changed.

    Attributes:
        change: What differs, None where that is not known.
    """

    def __init__(self, message: str, *, change: SchemaChange | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.change = change


class ClientClosedError(DomoError):
    """The client was closed before or during the call."""


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


class CallError(DomoError):
    """One operation failed.

    Attributes:
        operation: Dotted name of the method that was called, such as ``datasets.get``.
        method: HTTP method.
        path: Path of the URL, without its query.
        attempts: How many requests were made before giving up.
        elapsed: Seconds from the first attempt to this error, waits included.
    """

    def __init__(
        self,
        message: str,
        *,
        operation: str | None = None,
        method: str | None = None,
        path: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.operation = operation
        self.method = method
        self.path = path
        self.attempts = 1
        self.elapsed: float = 0.0

    def __str__(self) -> str:
        call = " ".join(part for part in (self.method, self.path) if part)
        subject = ": ".join(part for part in (self.operation, call) if part)
        facts = "; ".join(self._facts())
        text = f"{subject}: {self.message}" if subject else self.message
        text = f"{text} ({facts})" if facts else text
        return f"{text}. {self.hint}" if self.hint else text

    def _facts(self) -> list[str]:
        return [f"{self.attempts} attempts in {self.elapsed:.1f} s"] if self.attempts > 1 else []


class TransportError(CallError):
    """No complete answer came."""

    retryable = True


class ConnectionFailedError(TransportError):
    """The server was never reached, so it cannot have acted on the request."""


class ConnectionLostError(TransportError):
    """The connection broke after the server may have read the request."""


class CallTimeoutError(TransportError, TimeoutError):
    """The answer did not come in time.

    Attributes:
        phase: ``connect``, ``read``, ``write``, ``pool`` or ``deadline``.
    """

    def __init__(
        self,
        message: str,
        *,
        phase: str,
        operation: str | None = None,
        method: str | None = None,
        path: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, operation=operation, method=method, path=path, hint=hint)
        self.phase = phase


class ResponseError(CallError):
    """An answer came, and it is not what the operation promises."""


class InvalidResponseError(ResponseError):
    """The body is HTML, half a document, or has fields of the wrong type."""

    retryable = True


class UnreadableRowError(InvalidResponseError):
    """A row of an export is not what the schema of its DataSet says.

    Attributes:
        dataset: Name or id of the DataSet.
        row: Number of the row in the export, from 1, a line of names not counted.
        column: Name of the column, None when it is not one column: the row has too many fields, or too few.
        value: The field, or the whole row, as text in quotes and cut to a readable length; None where it has no end.
    """

    def __init__(
        self,
        problem: str,
        *,
        dataset: str = "",
        row: int = 1,
        column: str | None = None,
        value: str | None = None,
        hint: str | None = None,
    ) -> None:
        place = [f"DataSet {dataset!r}"] if dataset else []
        place.append(f"row {row}")
        if column is not None:
            place.append(f"column {column!r}")
        text = f"{problem}: {value}" if value is not None else problem
        super().__init__(f"{', '.join(place)}: {text}", hint=hint)
        self.dataset = dataset
        self.row = row
        self.column = column
        self.value = value


class IncompleteDataError(ResponseError):
    """Fewer or other rows arrived than the DataSet has."""

    retryable = True


class StatusError(CallError):
    """Domo answered with an error status.

    Attributes:
        status: HTTP status code.
        reason: Domo's ``statusReason`` or the HTTP reason phrase.
        message: Domo's own words, or a fallback when it sent none.
        toe: Domo's reference for this failure ("thread of execution"); Domo support asks for it.
        code: OAuth error code such as ``invalid_token`` when the answer had one.
        retry_after: Seconds Domo asked to wait, or None.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        reason: str | None = None,
        toe: str | None = None,
        code: str | None = None,
        retry_after: float | None = None,
        operation: str | None = None,
        method: str | None = None,
        path: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, operation=operation, method=method, path=path, hint=hint)
        self.status = status
        self.reason = reason
        self.toe = toe
        self.code = code
        self.retry_after = retry_after

    def _facts(self) -> list[str]:
        facts = [f"{self.status} {self.reason}" if self.reason else str(self.status)]
        if self.toe:
            facts.append(f"toe {self.toe}")
        if self.retry_after is not None:
            facts.append(f"retry after {self.retry_after:g} s")
        return [*facts, *super()._facts()]


class BadRequestError(StatusError):
    """400 and other 4xx: the request itself is wrong."""


class QueryError(BadRequestError):
    """Domo refused to run the SQL; `message` holds its explanation."""


class AuthenticationError(StatusError):
    """The access token was refused, also after one refresh."""


class InvalidCredentialsError(AuthenticationError):
    """The token endpoint refused the client id or the client secret."""


class InvalidScopeError(AuthenticationError):
    """The token endpoint refused the scopes that were asked for."""


class PermissionDeniedError(StatusError):
    """The user behind the client may not do this."""


class InsufficientScopeError(PermissionDeniedError):
    """The token lacks the scope of this operation.

    Attributes:
        required_scope: The scope that the operation needs, such as ``data``.
    """

    required_scope: str | None = None


class BlockedError(PermissionDeniedError):
    """Domo's page "Blocked": the network allow-list turned this address away."""


class NotFoundError(StatusError):
    """No such thing, or none that these credentials may see."""


class ConflictError(StatusError):
    """The request collides with the state on the server."""


class RateLimitError(StatusError):
    """Too many requests; `retry_after` says how long to wait."""

    retryable = True


class ServerError(StatusError):
    """Something failed on Domo's side."""

    retryable = True


class MaintenanceError(ServerError):
    """Domo shows its maintenance page."""
