"""Domo answered with an error status."""

from __future__ import annotations

from domo_async.errors.calls import CallError

__all__ = [
    "AuthenticationError",
    "BadRequestError",
    "BlockedError",
    "ConflictError",
    "InsufficientScopeError",
    "InvalidCredentialsError",
    "InvalidScopeError",
    "MaintenanceError",
    "NotFoundError",
    "PermissionDeniedError",
    "QueryError",
    "RateLimitError",
    "ServerError",
    "StatusError",
]


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
