"""How patient a call is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, Self

from domo_async.errors import InvalidArgumentError

__all__ = ["UNSET", "CallOptions", "Seconds", "Unset", "seconds"]

Seconds = float | int | timedelta
"""A length of time: a number of seconds, or a timedelta."""


class Unset:
    """The type of `UNSET`."""

    def __repr__(self) -> str:
        return "UNSET"


_LONGEST: Final = 1e9

UNSET: Final = Unset()
"""Stands for an argument that was not passed, where None means something."""


def seconds(name: str, value: Seconds) -> float:
    """Read a length of time.

    Raises:
        InvalidArgumentError: It is not positive, or decades, which event loops cannot count.
    """
    length = value.total_seconds() if isinstance(value, timedelta) else value
    if isinstance(length, bool) or not isinstance(length, int | float) or not 0 < length <= _LONGEST:
        raise InvalidArgumentError(f"{name}: {value!r} is not a positive number of seconds")
    return float(length)


@dataclass(frozen=True, slots=True)
class CallOptions:
    """How patient a call is.

    Attributes:
        timeout: Seconds that the server may stay silent while it is asked or read from.
        connect_timeout: Seconds for opening a connection, TLS included.
        deadline: Seconds for a whole call with all attempts and waits, None for no limit. For a download it counts
            until its first bytes are there; after that `timeout` watches.
        retries: How often a failed attempt is repeated at most.
        retry_unsafe: Also repeat operations that would happen twice if the first attempt had got through.
    """

    timeout: float = 60.0
    connect_timeout: float = 10.0
    deadline: float | None = 300.0
    retries: int = 6
    retry_unsafe: bool = False

    def but(
        self,
        *,
        timeout: Seconds | Unset = UNSET,
        connect_timeout: Seconds | Unset = UNSET,
        deadline: Seconds | Unset | None = UNSET,
        retries: int | Unset = UNSET,
        retry_unsafe: bool | Unset = UNSET,
    ) -> Self:
        """A copy with some settings changed.

        Raises:
            InvalidArgumentError: A number makes no sense.
        """
        limit = self.deadline if isinstance(deadline, Unset) else deadline
        count = self.retries if isinstance(retries, Unset) else retries
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise InvalidArgumentError(f"retries: {count!r} is not a number of repetitions")
        return replace(
            self,
            timeout=self.timeout if isinstance(timeout, Unset) else seconds("timeout", timeout),
            connect_timeout=self.connect_timeout
            if isinstance(connect_timeout, Unset)
            else seconds("connect_timeout", connect_timeout),
            deadline=None if limit is None else seconds("deadline", limit),
            retries=count,
            retry_unsafe=self.retry_unsafe if isinstance(retry_unsafe, Unset) else retry_unsafe,
        )
