"""One attempt: a request goes out, an answer in good order comes back, or an error with a name."""

from __future__ import annotations

import platform
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final

import httpx

from domo_async.auth.domo_auth import REPLAYABLE
from domo_async.errors import InvalidResponseError, StatusError
from domo_async.models.problems import Page, looks_like_html, read_problem
from domo_async.models.refusals import refusal
from domo_async.transport.failures import named_failures

if TYPE_CHECKING:
    from domo_async.http.bodies import Body
    from domo_async.http.operations import Operation
    from domo_async.http.options import CallOptions

__all__ = ["Answer", "Exchange", "OpenAnswer", "Request"]

_MAX_EXPLANATION: Final = 64 * 1024


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
    """An answer whose body is still on its way."""

    def __init__(self, response: httpx.Response, chunks: AsyncIterator[bytes], first: bytes, request: Request) -> None:
        self.headers = dict(response.headers)
        self._chunks = chunks
        self._first = first
        self._request = request

    def unread(self, rest: bytes) -> None:
        """Put bytes back in front of those that are still to come."""
        self._first = rest

    async def read(self) -> bytes | None:
        """The next bytes, None at the end.

        Raises:
            TransportError: The connection broke, or nothing came for too long.
        """
        first, self._first = self._first, b""
        if first:
            return first
        operation = self._request.operation
        with named_failures(operation=operation.name, method=operation.method, path=self._request.path):
            return await anext(self._chunks, None)


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
        async with self._sent(request, options) as response:
            body = await response.aread()
        answer = Answer(response.status_code, dict(response.headers), body)
        if looks_like_html(body):
            raise self._page(request, response, body)
        return answer

    @asynccontextmanager
    async def open(self, request: Request, options: CallOptions) -> AsyncGenerator[OpenAnswer]:
        """Send a request and read its answer piece by piece.

        Raises:
            CallError: The attempt failed before the body began.
        """
        async with self._sent(request, options) as response:
            chunks = response.aiter_bytes()
            first = await anext(chunks, b"")
            if looks_like_html(first):
                rest = [first] + [chunk async for chunk in chunks]
                raise self._page(request, response, b"".join(rest)[:_MAX_EXPLANATION])
            yield OpenAnswer(response, chunks, first, request)

    @asynccontextmanager
    async def _sent(self, request: Request, options: CallOptions) -> AsyncGenerator[httpx.Response]:
        operation = request.operation
        with named_failures(operation=operation.name, method=operation.method, path=request.path):
            response = await self._client.send(
                self._build(request, options), auth=self._auth, follow_redirects=False, stream=True
            )
            try:
                if not response.is_success:
                    raise self._refused(request, response, await response.aread())
                yield response
            finally:
                await response.aclose()

    def _build(self, request: Request, options: CallOptions) -> httpx.Request:
        headers = {"Accept": request.operation.accept, "User-Agent": self._user_agent}
        body = request.body
        if body is not None:
            headers["Content-Type"] = body.media_type
            if body.encoding is not None:
                headers["Content-Encoding"] = body.encoding
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
        operation = request.operation
        return InvalidResponseError(
            f"Domo answered {response.status_code} with a page for people: {problem.message or 'untitled'}",
            operation=operation.name,
            method=operation.method,
            path=request.path,
        )
