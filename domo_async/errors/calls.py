"""One operation failed without an answer, or with one that is not what it promises."""

from __future__ import annotations

from domo_async.errors.base import DomoError

__all__ = [
    "CallError",
    "CallTimeoutError",
    "ConnectionFailedError",
    "ConnectionLostError",
    "IncompleteDataError",
    "InvalidResponseError",
    "ResponseError",
    "TransportError",
    "UnreadableRowError",
]


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
