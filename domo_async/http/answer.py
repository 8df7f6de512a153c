"""What comes back of one attempt: a whole answer, or one that is still on its way."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx

from domo_async.http.decoding import BrokenEncodingError, Decoder
from domo_async.models.problems import looks_like_html
from domo_async.transport.failures import NETWORK_FAILURES
from domo_async.transport.network import ENDS_WHEN_CLOSED

if TYPE_CHECKING:
    from domo_async.errors import CallError
    from domo_async.http.request import Request

__all__ = ["Answer", "OpenAnswer", "headers_of", "whole_body"]

logger: logging.Logger = logging.getLogger(__name__)

_UNDECIDED_UP_TO: Final = 256
_MARKS: Final = (b"<!doctype html", b"<html", b"<head", b"<!--")  # see looks_like_html


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer with a 2xx status.

    Attributes:
        status: HTTP status code.
        headers: Headers, with names in lower case; of repeated ones the values are joined by commas.
        body: The body, empty where Domo sends none.
    """

    status: int
    headers: dict[str, str]
    body: bytes


class OpenAnswer:
    """An answer whose body is still on its way. It holds a connection until it is closed.

    Args:
        response: The answer.
        request: What was asked.
        handled: The exception that the caller was handling meanwhile, if any.

    Attributes:
        headers: Headers, with names in lower case.
        on_close: Called once when it is closed.
        failure: Why it could not be read to its end, as its reader sees it.
    """

    def __init__(self, response: httpx.Response, request: Request, handled: BaseException | None) -> None:
        self.headers: dict[str, str] = headers_of(response)
        self.on_close: Callable[[], None] | None = None
        self.failure: CallError | None = None
        self._response = response
        self._chunks = response.aiter_raw()
        self._decoder: Decoder | None = None
        self._waiting: list[bytes] = []
        self._request = request
        self._handled = handled

    def unread(self, rest: bytes) -> None:
        """Put bytes back in front of those that are still to come."""
        if rest:
            self._waiting.append(rest)

    async def read(self) -> bytes | None:
        """The next bytes, None at the end.

        Raises:
            TransportError: The connection broke, or nothing came for too long.
        """
        if self._waiting:
            return self._waiting.pop()
        try:
            if self._decoder is None:
                self._decoder = Decoder(self.headers.get("content-encoding", ""))
            while (chunk := await anext(self._chunks, None)) is not None:
                if unpacked := self._decoder.feed(chunk):
                    return unpacked
            self._decoder.finish()
        except BrokenEncodingError as error:
            raise self._request.invalid_answer(str(error)) from None
        except NETWORK_FAILURES as error:
            self._request.raise_named(error, self._handled)
        return None

    async def read_up_to(self, size: int) -> bytes:
        """The next bytes, up to the first piece that makes them `size` or more, or to the end."""
        pieces: list[bytes] = []
        length = 0
        while length < size and (chunk := await self.read()) is not None:
            pieces.append(chunk)
            length += len(chunk)
        return b"".join(pieces)

    async def is_page(self) -> bool:
        """Whether the body is a page for people; reads as much of it as it takes to know."""
        if "text/html" in self.headers.get("content-type", ""):
            return True
        start = b""
        while _may_be_html(start) and (chunk := await self.read()) is not None:
            start += chunk
        self.unread(start)
        return looks_like_html(start)

    async def aclose(self) -> None:
        """Give the connection back, or close it if the body was not read to its end."""
        on_close, self.on_close = self.on_close, None
        try:
            await self._response.aclose()
            await self._end()
        except NETWORK_FAILURES as error:
            logger.debug("Closing an answer failed: %s", type(error).__name__)
        finally:
            if on_close is not None:
                on_close()

    async def _end(self) -> None:
        """Bring httpx's generators to their end, which does not happen by itself if the body was not read to its own.

        Trio complains of generators that are left to the garbage collector. The bodies of our transports end when they
        are closed, and the generators around them with it.
        """
        if self._response.extensions.get(ENDS_WHEN_CLOSED):
            async for _ in self._chunks:
                pass
        elif isinstance(self._chunks, AsyncGenerator):
            await self._chunks.aclose()


def headers_of(response: httpx.Response) -> dict[str, str]:
    """Headers by their names in lower case. Each look-up in those of httpx goes through all of them."""
    found: dict[str, str] = {}
    for raw_name, raw_value in response.headers.raw:
        name = raw_name.decode("latin-1").lower()
        try:
            value = raw_value.decode()
        except UnicodeDecodeError:
            value = raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


async def whole_body(response: httpx.Response, encoding: str | None) -> bytes:
    """The body of an answer, unpacked."""
    if response.is_stream_consumed:
        return response.content  # a hook of the caller's client has read it
    # Unpacked at the end: an error in between would leave a generator half-way.
    body = b"".join([chunk async for chunk in response.aiter_raw()])
    if encoding:
        decoder = Decoder(encoding)
        body = decoder.feed(body)
        decoder.finish()
    return body


def _may_be_html(start: bytes) -> bool:
    """Whether it takes more bytes to know if a page for people begins like this."""
    head = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return len(start) < _UNDECIDED_UP_TO and any(mark.startswith(head) for mark in _MARKS)
