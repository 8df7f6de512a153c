"""What all errors have in common."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "DomoError",
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
