"""Keeping credentials that are part of a request out of everything that may be printed."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping
from typing import Final, TypeVar

from pydantic import JsonValue, Secret, SecretStr

from domo_async.errors import DomoError, InvalidArgumentError

__all__ = ["SecretValue", "concealing", "reveal", "wrap"]

SecretValue = str | SecretStr | Secret[JsonValue] | int | float | bool | None
T = TypeVar("T")

_SHORTEST: Final = 4  # shorter values would cut holes into ordinary words
_CUT: Final = "[hidden]"


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


async def concealing(secrets: Iterable[Secret[JsonValue]], call: Awaitable[T]) -> T:
    """Wait for a call whose request holds secrets, and keep them out of its error.

    The server may repeat what it was sent. So the values are cut out of the message, and the error leaves behind the
    frames that hold the answer.
    """
    try:
        return await call
    except DomoError as error:
        failure = _cut(error.fresh(), secrets)
    raise failure


def _cut(error: DomoError, secrets: Iterable[Secret[JsonValue]]) -> DomoError:
    for secret in secrets:
        value = secret.get_secret_value()
        if isinstance(value, str) and len(value) >= _SHORTEST:
            error.message = error.message.replace(value, _CUT)
    error.args = (error.message,)
    return error
