"""Functions that are sent to executors."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Generic, TypeVar

from pyspark import cloudpickle

from domo_async.errors import InvalidArgumentError

__all__ = ["Shipped"]

T = TypeVar("T")


class Shipped(Generic[T]):
    """A function of the user's that runs on the driver and on executors.

    A function is another one each time it arrives. This one equals all that were made of the same code and the same
    values, so that what was made with it (a client, a file system) serves the next task as well.

    Args:
        function: The function.
        name: How the user knows it.

    Raises:
        InvalidArgumentError: It is none, or does not pickle.
    """

    __slots__ = ("_function", "_key")

    def __init__(self, function: Callable[[], T], *, name: str) -> None:
        if not callable(function):
            raise InvalidArgumentError(f"{name}: expected a function, which makes the thing where it is needed")
        try:
            document = cloudpickle.dumps(function)  # type: ignore[no-untyped-call]
        except Exception as error:  # noqa: BLE001 - whatever the things raise that it refers to
            # What it holds may be secret, so the words of the error are left out.
            raise InvalidArgumentError(
                f"{name}: the function cannot be sent to executors: {type(error).__name__}",
                hint="Let it make what it needs itself, and refer to nothing that does not pickle",
            ) from None
        self._function = function
        self._key = hashlib.sha256(document).hexdigest()

    def __call__(self) -> T:
        """Call the function."""
        return self._function()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Shipped) and other._key == self._key

    def __hash__(self) -> int:
        return hash(self._key)
