"""One attempt: a request goes out, an answer in good order comes back, or an error with a name."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final, NoReturn

import httpx

from domo_async.errors import InvalidResponseError, StatusError
from domo_async.http.answer import Answer, OpenAnswer, headers_of, whole_body
from domo_async.http.decoding import BrokenEncodingError
from domo_async.http.upload_stream import UploadStream
from domo_async.models.problems import Page, looks_like_html, read_problem
from domo_async.models.refusals import refusal
from domo_async.transport.failures import NETWORK_FAILURES

if TYPE_CHECKING:
    from domo_async.http.options import CallOptions
    from domo_async.http.request import Request, RequestBuilder
    from domo_async.observing.watching import AttemptWatch

__all__ = ["Exchange"]

_MAX_EXPLANATION: Final = 64 * 1024
_DOCTYPE: Final = b"<!doctype html"


class Exchange:
    """Sends requests through one httpx client.

    Args:
        client: The client; ours or the caller's own.
        auth: Adds the access token.
        builder: Makes the requests.
    """

    def __init__(self, client: httpx.AsyncClient, *, auth: httpx.Auth, builder: RequestBuilder) -> None:
        self._client = client
        self._auth = auth
        self._builder = builder

    async def ask(self, request: Request, options: CallOptions, watch: AttemptWatch | None = None) -> Answer:
        """Send a request and read its answer to the end.

        Args:
            request: What to ask.
            options: How patient to be.
            watch: Who wants to know how it goes.

        Raises:
            CallError: The attempt failed.
        """
        handled = sys.exc_info()[1]
        response = await self._send(request, options, handled, watch)
        try:
            if not response.is_success:
                await self._refuse(request, response, handled)
            try:
                headers = headers_of(response)
                body = await whole_body(response, headers.get("content-encoding"))
            except BrokenEncodingError as error:
                raise request.invalid_answer(str(error)) from None
            except NETWORK_FAILURES as error:
                request.raise_named(error, handled)
        finally:
            await response.aclose()
            # httpx's stream refers to its response. Left so, both would wait for the garbage collector, and with them
            # the request and its body: a part of an upload has many megabytes.
            response.stream = httpx.ByteStream(b"")
        if looks_like_html(body):
            raise self._page(request, response, body)
        return Answer(response.status_code, headers, body)

    async def open(self, request: Request, options: CallOptions, watch: AttemptWatch | None = None) -> OpenAnswer:
        """Send a request; the answer is read piece by piece, and has to be closed.

        Args:
            request: What to ask.
            options: How patient to be.
            watch: Who wants to know how it goes.

        Raises:
            CallError: The attempt failed before the body began.
        """
        handled = sys.exc_info()[1]
        response = await self._send(request, options, handled, watch)
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

    async def _send(
        self, request: Request, options: CallOptions, handled: BaseException | None, watch: AttemptWatch | None
    ) -> httpx.Response:
        upload: UploadStream | None = None
        try:
            built = self._builder.build(request, options)
            if request.body is not None and not isinstance(request.body.content, bytes):
                upload = built.stream = UploadStream(request.body)
            if watch is not None:
                watch.upload, watch.sent = upload, len(built.content) if upload is None else 0
                built.headers.update(watch.headers())
            response = await self._client.send(built, auth=self._auth, follow_redirects=False, stream=True)
            if watch is not None:
                watch.response = response
            return response
        except NETWORK_FAILURES as error:
            if upload is not None and upload.failure is not None:
                # What the caller's own iterator raised is his, however the transport wrapped it.
                raise upload.failure from None
            request.raise_named(error, handled)
        finally:
            if upload is not None:
                await upload.aclose()

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
        return request.invalid_answer(f"Domo answered {response.status_code} with a page for people: {words}")


def _is_domos_own(page: bytes) -> bool:
    """Whether a page is one that Domo shows instead of an answer, and not a file that was asked for."""
    problem = read_problem(page, content_type="text/html")
    return problem.page in {Page.MAINTENANCE, Page.BLOCKED} and (problem.message or "").startswith("Domo")


def _may_be_a_cell(answer: OpenAnswer, start: bytes) -> bool:
    """Whether what looks like HTML may be the first cell of a DataSet: a piece of a page, in what calls itself CSV."""
    whole_page = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_DOCTYPE)
    return not whole_page and "text/csv" in answer.headers.get("content-type", "")
