"""One attempt: a request goes out, an answer in good order comes back, or an error with a name."""

from __future__ import annotations

import logging
import platform
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final, NoReturn, Self

import anyio
import httpx

from domo_async.auth.domo_auth import REPLAYABLE
from domo_async.errors import InvalidResponseError, StatusError
from domo_async.http.decoding import ACCEPTED, BrokenEncodingError, Decoder
from domo_async.models.problems import Page, looks_like_html, read_problem
from domo_async.models.refusals import refusal
from domo_async.transport.failures import NETWORK_FAILURES, named_failure
from domo_async.transport.network import ENDS_WHEN_CLOSED

if TYPE_CHECKING:
    from domo_async.http.bodies import Body
    from domo_async.http.operations import Operation
    from domo_async.http.options import CallOptions

__all__ = ["Answer", "Exchange", "OpenAnswer", "Request"]

logger = logging.getLogger(__name__)

_MAX_EXPLANATION: Final = 64 * 1024
_LAST_CHUNK: Final = 5.0
_UNDECIDED_UP_TO: Final = 256
_MARKS: Final = (b"<!doctype html", b"<html", b"<head", b"<!--")  # see looks_like_html


def _is_domos_own(page: bytes) -> bool:
    """Whether a page is one that Domo shows instead of an answer, and not a file that was asked for."""
    problem = read_problem(page, content_type="text/html")
    return problem.page in {Page.MAINTENANCE, Page.BLOCKED} and (problem.message or "").startswith("Domo")


def _may_be_a_cell(answer: OpenAnswer, start: bytes) -> bool:
    """Whether what looks like HTML may be the first cell of a DataSet: a piece of a page, in what calls itself CSV."""
    whole_page = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_MARKS[0])
    return not whole_page and "text/csv" in answer.headers.get("content-type", "")


def _user_agent() -> str:
    try:
        own = version("domo-async")
    except PackageNotFoundError:
        own = "unknown"
    return f"domo-async/{own} httpx/{httpx.__version__} python/{platform.python_version()}"


@dataclass(frozen=True, slots=True)
class Request:
    """What one attempt sends; the next attempt sends the same.

    Attributes:
        operation: What is asked.
        path: Path with its ids filled in.
        query: Encoded query string, without the question mark.
        body: Body, None for none.
    """

    operation: Operation
    path: str
    query: str = ""
    body: Body | None = None


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
    """

    def __init__(self, response: httpx.Response, request: Request, handled: BaseException | None) -> None:
        self.headers = _headers(response)
        self.on_close: Callable[[], None] | None = None
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
            raise _invalid(self._request, str(error)) from None
        except NETWORK_FAILURES as error:
            raise_named(error, self._request, self._handled)
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


class Exchange:
    """Sends requests through one httpx client.

    Args:
        client: The client; ours or the caller's own.
        auth: Adds the access token.
        base_url: Scheme, host and port of the API.
    """

    def __init__(self, client: httpx.AsyncClient, *, auth: httpx.Auth, base_url: str) -> None:
        self._client = client
        self._auth = auth
        self._base_url = base_url
        self._user_agent = _user_agent()

    async def ask(self, request: Request, options: CallOptions) -> Answer:
        """Send a request and read its answer to the end.

        Raises:
            CallError: The attempt failed.
        """
        handled = sys.exc_info()[1]
        response = await self._send(request, options, handled)
        try:
            if not response.is_success:
                await self._refuse(request, response, handled)
            try:
                headers = _headers(response)
                body = await _whole(response, headers.get("content-encoding"))
            except BrokenEncodingError as error:
                raise _invalid(request, str(error)) from None
            except NETWORK_FAILURES as error:
                raise_named(error, request, handled)
        finally:
            await response.aclose()
        if looks_like_html(body):
            raise self._page(request, response, body)
        return Answer(response.status_code, headers, body)

    async def open(self, request: Request, options: CallOptions) -> OpenAnswer:
        """Send a request; the answer is read piece by piece, and has to be closed.

        Raises:
            CallError: The attempt failed before the body began.
        """
        handled = sys.exc_info()[1]
        response = await self._send(request, options, handled)
        if not response.is_success:
            await self._refuse(request, response, handled)
        answer = OpenAnswer(response, request, handled)
        try:
            if await answer.is_page():
                start = await answer.read_up_to(_MAX_EXPLANATION)
                if not (request.operation.any_file or _may_be_a_cell(answer, start)) or _is_domos_own(start):
                    raise self._page(request, response, start)
                answer.unread(start)
        except BaseException:
            await answer.aclose()
            raise
        return answer

    async def _send(self, request: Request, options: CallOptions, handled: BaseException | None) -> httpx.Response:
        upload: _Upload | None = None
        try:
            built = self._build(request, options)
            if request.body is not None and not isinstance(request.body.content, bytes):
                upload = built.stream = _Upload(request.body)
            return await self._client.send(built, auth=self._auth, follow_redirects=False, stream=True)
        except NETWORK_FAILURES as error:
            if upload is not None and upload.failure is not None:
                # What the caller's own iterator raised is his, however the transport wrapped it.
                raise upload.failure from None
            raise_named(error, request, handled)
        finally:
            if upload is not None:
                await upload.aclose()

    def _build(self, request: Request, options: CallOptions) -> httpx.Request:
        headers = {
            "Accept": request.operation.accept,
            "Accept-Encoding": ACCEPTED,
            "User-Agent": self._user_agent,
        }
        body = request.body
        if body is not None:
            headers["Content-Type"] = body.media_type
            if body.encoding is not None:
                headers["Content-Encoding"] = body.encoding
            if body.length is not None:
                headers["Content-Length"] = str(body.length)
        query = f"?{request.query}" if request.query else ""
        return self._client.build_request(
            request.operation.method,
            httpx.URL(f"{self._base_url}{request.path}{query}"),
            headers=headers,
            content=body.content if body is not None else None,
            extensions={
                REPLAYABLE: body is None or body.replayable,
                "timeout": {
                    "connect": options.connect_timeout,
                    "read": options.timeout,
                    "write": options.timeout,
                    "pool": options.timeout,
                },
            },
        )

    async def _refuse(self, request: Request, response: httpx.Response, handled: BaseException | None) -> NoReturn:
        """Raise the error for an answer that is not a success, after reading what it says, within reason."""
        if response.is_stream_consumed:
            raise self._refused(request, response, response.content)
        answer = OpenAnswer(response, request, handled)
        try:
            body = await answer.read_up_to(_MAX_EXPLANATION)
        finally:
            await answer.aclose()
        raise self._refused(request, response, body)

    def _refused(self, request: Request, response: httpx.Response, body: bytes) -> StatusError:
        operation = request.operation
        problem = read_problem(
            body[:_MAX_EXPLANATION],
            content_type=response.headers.get("content-type", ""),
            challenge=response.headers.get("www-authenticate", ""),
        )
        if 300 <= response.status_code < 400:
            # Following it would leave the origin that the token belongs to; Domo's API has no redirects.
            hint = "The API redirects, which Domo's does not: check the API URL and what stands before it"
        else:
            hint = None
        return refusal(
            response.status_code,
            problem,
            http_reason=response.reason_phrase,
            retry_after=response.headers.get("retry-after"),
            required_scope=operation.scope,
            operation=operation.name,
            method=operation.method,
            path=request.path,
            refusals=operation.refusals,
            hint=hint,
        )

    def _page(self, request: Request, response: httpx.Response, body: bytes) -> StatusError | InvalidResponseError:
        """The error for a page in HTML that came with a status of success."""
        problem = read_problem(body, content_type="text/html")
        if problem.page != Page.OTHER:
            return self._refused(request, response, body)
        words = problem.message or "untitled"
        return _invalid(request, f"Domo answered {response.status_code} with a page for people: {words}")


class _Upload(httpx.AsyncByteStream, AsyncIterator[bytes]):
    """A request body that is produced while it is sent.

    The iterators that the caller's body makes are closed when the request is over, also if it broke off half-way.
    """

    def __init__(self, body: Body) -> None:
        self._body = body
        self._iterators: list[AsyncIterator[bytes]] = []
        self._idle: anyio.Event | None = None
        self.failure: Exception | None = None

    def __aiter__(self) -> Self:
        if self._iterators and not self._body.replayable:
            raise httpx.StreamConsumed
        if not isinstance(self._body.content, bytes):
            self._iterators.append(aiter(self._body.content))
        return self

    async def __anext__(self) -> bytes:
        self._idle = idle = anyio.Event()
        try:
            return await anext(self._iterators[-1])
        except StopAsyncIteration:
            raise
        except Exception as error:
            self.failure = error
            raise
        finally:
            idle.set()

    async def aclose(self) -> None:
        if self._idle is not None:
            # aiohttp sends in a task of its own, which it cancels when the connection breaks: that task may still be
            # in the generator, and a generator that runs cannot be closed.
            with anyio.move_on_after(_LAST_CHUNK, shield=True):
                await self._idle.wait()
            if not self._idle.is_set():
                return
        for iterator in self._iterators:
            if isinstance(iterator, AsyncGenerator):
                with anyio.CancelScope(shield=True):
                    await iterator.aclose()


def _headers(response: httpx.Response) -> dict[str, str]:
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


async def _whole(response: httpx.Response, encoding: str | None) -> bytes:
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


def _invalid(request: Request, message: str) -> InvalidResponseError:
    operation = request.operation
    return InvalidResponseError(message, operation=operation.name, method=operation.method, path=request.path)


def raise_named(error: Exception, request: Request, handled: BaseException | None) -> NoReturn:
    """Raise a failure of the network under our name for it, with the call that failed."""
    operation = request.operation
    failure = named_failure(
        error, operation=operation.name, method=operation.method, path=request.path, handled=handled
    )
    if failure is error:
        raise error
    raise failure from error


def _may_be_html(start: bytes) -> bool:
    """Whether it takes more bytes to know if a page for people begins like this."""
    head = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return len(start) < _UNDECIDED_UP_TO and any(mark.startswith(head) for mark in _MARKS)
