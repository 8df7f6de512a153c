"""Request bodies that can be produced a second time, and those that cannot."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable
from dataclasses import dataclass, field

from domo_async.errors import InvalidArgumentError

__all__ = ["Body", "BodySource", "Content", "request_body"]

Content = AsyncIterable[bytes]
BodySource = bytes | bytearray | memoryview | str | Callable[[], Content] | Content
"""Bytes; text, sent as UTF-8; a function that returns a new iterator of bytes each time; or a single iterator."""


@dataclass(frozen=True, slots=True)
class Body:
    """What to send, and whether it can be sent again.

    Attributes:
        content: Bytes, or an iterable that yields them.
        replayable: Whether a second attempt can send the same. A generator cannot: it is spent.
        media_type: Content-Type.
        encoding: Content-Encoding, None for none.
        length: Content-Length of content that is not bytes; None sends it in chunks of unknown number.
    """

    content: bytes | Content = field(repr=False)  # it may hold credentials
    replayable: bool
    media_type: str
    encoding: str | None = None
    length: int | None = None


class _Restarting:
    """Starts anew whenever it is iterated over."""

    def __init__(self, factory: Callable[[], Content]) -> None:
        self._factory = factory

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._factory())


def request_body(source: BodySource, *, media_type: str, encoding: str | None = None) -> Body:
    """Make a body of any of the accepted sources.

    Raises:
        InvalidArgumentError: It is none of them.
    """
    match source:
        case bytes():
            return Body(source, replayable=True, media_type=media_type, encoding=encoding)
        case bytearray() | memoryview():
            return Body(bytes(source), replayable=True, media_type=media_type, encoding=encoding)
        case str():
            return Body(source.encode(), replayable=True, media_type=media_type, encoding=encoding)
        case AsyncIterable():
            return Body(source, replayable=False, media_type=media_type, encoding=encoding)
        case _ if callable(source):
            return Body(_Restarting(source), replayable=True, media_type=media_type, encoding=encoding)
        case _:
            raise InvalidArgumentError(f"A {type(source).__name__} cannot be sent as the body of a request")
