"""Why something failed, and what helps."""

from __future__ import annotations

from domo_async.errors import (
    AuthenticationError,
    BlockedError,
    CallError,
    CallTimeoutError,
    ConfigurationError,
    ConnectionFailedError,
    ConnectionLostError,
    DomoError,
    IncompleteDataError,
    InsufficientScopeError,
    InvalidResponseError,
    MaintenanceError,
    NotFoundError,
    PermissionDeniedError,
    PullError,
    QueryError,
    RateLimitError,
    ServerError,
    StatusError,
    TargetError,
    UnreadableRowError,
)
from domo_async.jobs.chronicle.parts import Failure

__all__ = ["failure_of"]

_LONGEST = 2_000
"""Letters of a message: a server may say a whole page."""


def failure_of(error: BaseException) -> Failure:
    """An error as a part of the report. An error that is not of this library shows its class only."""
    if not isinstance(error, DomoError):
        name = type(error).__name__
        return Failure(type=name, message=name, text=name)
    because = _because(error.__cause__)
    return Failure(
        type=type(error).__name__,
        message=_cut(error.message),
        text=_cut(str(error)),
        cure=error.hint or _cure(error),
        retryable=error.retryable,
        operation=error.operation if isinstance(error, CallError) else None,
        status=error.status if isinstance(error, StatusError) else None,
        reference=error.toe if isinstance(error, StatusError) else None,
        because=None if because is None else _cut(because),
    )


def _because(cause: BaseException | None) -> str | None:
    match cause:
        case DomoError():
            return f"{type(cause).__name__}: {cause}"
        case OSError(strerror=str(words)):
            return f"{type(cause).__name__}: {words}"  # its whole text may hold the address of a store, with its key
        case _:
            return None


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _cure(error: DomoError) -> str | None:  # noqa: C901 - a table
    match error:
        case NotFoundError():
            return (
                "It was deleted, or the user behind these credentials may not see it. Share it with that user, or take "
                "its id out of the job."
            )
        case InsufficientScopeError(required_scope=scope):
            return f"Give the API client the scope {scope or 'that the operation needs'} at developer.domo.com."
        case BlockedError():
            return "Let an administrator add this network to Domo's allow-list."
        case PermissionDeniedError():
            return "Share the DataSet with the user behind these credentials."
        case AuthenticationError():
            return "Check the client id and the secret, and whether the client still exists at developer.domo.com."
        case RateLimitError():
            return "Fewer DataSets at a time (concurrency) make fewer requests; or run the job at another hour."
        case MaintenanceError():
            return "Run the same job again when the maintenance is over; more patience lets it wait for that."
        case ServerError():
            return "Run the same job again. If it fails each time, Domo's support can look up the reference."
        case ConnectionFailedError():
            return "Check the network, the proxy and DOMO_API_URL; then run the same job again."
        case ConnectionLostError():
            return "Run the same job again. If it breaks each time, look for a proxy that cuts long downloads."
        case CallTimeoutError():
            return "Run the same job again; a longer timeout helps where Domo takes long to begin."
        case QueryError():
            return "Correct the query in the options of this DataSet."
        case IncompleteDataError():
            return "It was most likely changed while it was exported. Run the same job again."
        case UnreadableRowError():
            return "The rows are not what the schema says. Correct the DataSet in Domo, or pull it as csv."
        case InvalidResponseError():
            return "Run the same job again; something between here and Domo sent another page than was asked for."
        case PullError():
            return "Cure the failures below, or allow more of them; then run the same job again."
        case TargetError():
            return "Make room, or allow this user to write there; then run the same job again."
        case ConfigurationError():
            return "Correct the setting; then run the same job again."
        case _:
            return "Run the same job again." if error.retryable else None
