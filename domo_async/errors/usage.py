"""The caller's side is wrong, so that nothing was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.errors.base import DomoError

if TYPE_CHECKING:
    from domo_async.tabular.schema_change import SchemaChange

__all__ = [
    "AmbiguousNameError",
    "ClientClosedError",
    "ConfigurationError",
    "ForeignOriginError",
    "InvalidArgumentError",
    "InvalidDataError",
    "JobFileError",
    "MissingCredentialsError",
    "MissingExtraError",
    "SchemaMismatchError",
]


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
