"""From the bytes of an answer to a model, in one step."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from pydantic import TypeAdapter, ValidationError

from domo_async.errors import InvalidResponseError

if TYPE_CHECKING:
    from domo_async.http.answer import Answer

__all__ = ["parser"]

T = TypeVar("T")
_SHOWN = 3


def parser(adapter: TypeAdapter[T] | Callable[[bytes], T]) -> Callable[[Answer], T]:
    """A function that reads answers as what `adapter` describes.

    The function raises `InvalidResponseError` with the places that do not fit, never with the values there.

    Args:
        adapter: What an answer should be, or a function that reads it and raises pydantic's `ValidationError`.
    """
    read = adapter.validate_json if isinstance(adapter, TypeAdapter) else adapter

    def parse(answer: Answer) -> T:
        try:
            return read(answer.body)
        except ValidationError as error:
            complaint = _complaint(error)
        # Raised out here, so that the error does not carry the one that holds the answer as its context.
        raise InvalidResponseError(f"Domo answered {answer.status} with something unexpected: {complaint}")

    return parse


def _complaint(error: ValidationError) -> str:
    parts = error.errors(include_input=False, include_url=False)
    places = [f"{'.'.join(map(str, part['loc'])) or 'body'}: {part['msg']}" for part in parts[:_SHOWN]]
    more = len(parts) - len(places)
    return "; ".join(places) + (f"; and {more} more" if more > 0 else "")
