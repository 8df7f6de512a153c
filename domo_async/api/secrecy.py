"""Keeping credentials that are part of a request out of everything that may be printed."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager

from pydantic import JsonValue, Secret, SecretStr

from domo_async.errors import DomoError, InvalidArgumentError

__all__ = ["SecretValue", "hidden_from_errors", "reveal", "wrap"]

SecretValue = str | SecretStr | Secret[JsonValue] | int | float | bool | None
_SHORTEST = 4  # shorter values would cut holes into ordinary words
_CUT = "[hidden]"


def wrap(name: str, values: Mapping[str, SecretValue]) -> dict[str, Secret[JsonValue]]:
    """Values that no repr shows.

    Raises:
        InvalidArgumentError: It is no mapping.
    """
    if not isinstance(values, Mapping):
        raise InvalidArgumentError(f"{name}: expected a mapping of names to values")
    return {
        key: Secret[JsonValue](value.get_secret_value() if isinstance(value, SecretStr | Secret) else value)
        for key, value in values.items()
    }


def reveal(values: Mapping[str, Secret[JsonValue]]) -> dict[str, JsonValue]:
    """The values themselves, on their way into a body."""
    return {key: value.get_secret_value() for key, value in values.items()}


@contextmanager
def hidden_from_errors(secrets: Iterable[Secret[JsonValue]]) -> Generator[None]:
    """Cut these values out of the errors that leave the block, in case the server repeats what it was sent."""
    try:
        yield
    except DomoError as error:
        for secret in secrets:
            value = secret.get_secret_value()
            if isinstance(value, str) and len(value) >= _SHORTEST:
                error.message = error.message.replace(value, _CUT)
                error.hint = error.hint.replace(value, _CUT) if error.hint else error.hint
        error.args = (error.message,)
        raise
