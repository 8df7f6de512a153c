"""Requests that carry no access token: to an instance, or with a proof of another kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, TypeVar

import anyio
import httpx
from pydantic import SecretStr

from domo_async.errors import CallError, CallTimeoutError, InvalidResponseError
from domo_async.http.answer import Answer
from domo_async.http.request import Request
from domo_async.models.problems import Page, looks_like_html, read_problem
from domo_async.models.refusals import refusal
from domo_async.transport.failures import named_failures

if TYPE_CHECKING:
    from domo_async.http.bodies import Body
    from domo_async.http.operations import Operation
    from domo_async.http.options import CallOptions
    from domo_async.observing.watching import AttemptWatch, Watcher
    from domo_async.transport.connection import ConnectionOptions
    from domo_async.transport.origin import Origin

__all__ = ["PlainExchange"]

T = TypeVar("T")

_MAX_EXPLANATION: Final = 64 * 1024
_LONGEST: Final = 60.0


class PlainExchange:
    """Sends single requests, each on a connection of its own, to any origin, and never an access token.

    Nothing is repeated: who signs in with a wrong password several times may be locked out.

    Args:
        connection: TLS and proxies, the same as for everything else.
        transport: Replaces the network; not closed here.
        watcher: Who wants to know of each request; None for nobody.
    """

    def __init__(
        self,
        connection: ConnectionOptions,
        transport: httpx.AsyncBaseTransport | None = None,
        watcher: Watcher | None = None,
    ) -> None:
        self._connection = connection
        self._transport = transport
        self._watcher = watcher

    async def ask(
        self,
        origin: Origin,
        operation: Operation,
        body: Body,
        parse: Callable[[Answer], T],
        *,
        options: CallOptions,
        headers: Mapping[str, str] | None = None,
        secret_headers: Mapping[str, SecretStr] | None = None,
        secrets: tuple[SecretStr, ...] = (),
    ) -> T:
        """Send a request and read its answer.

        Args:
            origin: Where to send it.
            operation: What is asked.
            body: Its body.
            parse: Reads the answer.
            options: How patient to be.
            headers: Further headers.
            secret_headers: Further headers that nobody should see.
            secrets: What to cut out of Domo's explanation if it refuses, besides the secret headers.

        Raises:
            CallError: Anything that can happen to a call.
        """
        limit = min(options.deadline or _LONGEST, _LONGEST)

        async def exchange(watch: AttemptWatch | None) -> list[T] | CallError:
            with (
                named_failures(operation=operation.name, method=operation.method, path=operation.path),
                anyio.move_on_after(limit),
            ):
                return _parsed(
                    await self._exchange(origin, operation, body, options, headers, secret_headers, secrets, watch),
                    parse,
                )
            return CallTimeoutError(f"No answer within {limit:g} s", phase="deadline")

        call = Request(operation, operation.path).described(origin)
        watch = self._watcher.call(call) if self._watcher is not None else None
        if watch is None:
            outcome = await exchange(None)
        else:
            with watch.until_end() as end, watch.current():
                seen = watch.attempt()
                with seen.until_end() as attempt:
                    outcome = await exchange(seen)
                    end.failure = attempt.failure = outcome if isinstance(outcome, CallError) else None
        if isinstance(outcome, CallError):
            outcome.operation, outcome.method, outcome.path = operation.name, operation.method, operation.path
            raise outcome
        return outcome[0]

    async def _exchange(
        self,
        origin: Origin,
        operation: Operation,
        body: Body,
        options: CallOptions,
        headers: Mapping[str, str] | None,
        secret_headers: Mapping[str, SecretStr] | None,
        secrets: tuple[SecretStr, ...],
        watch: AttemptWatch | None,
    ) -> Answer | CallError:
        """The answer, or what to raise: errors are not raised here, where frames hold the answer with its secrets."""
        hidden = dict(secret_headers or {})
        async with self._client(origin, options) as client:
            request = client.build_request(
                operation.method,
                f"{origin}{operation.path}",
                content=body.content,
                headers={
                    "Accept": operation.accept,
                    "Content-Type": body.media_type,
                    **(headers or {}),
                    **{name: value.get_secret_value() for name, value in hidden.items()},
                },
            )
            if watch is not None:
                # No header is added: this goes to wherever the caller said.
                watch.sent = len(request.content)
            response = await client.send(request, auth=None, follow_redirects=False)
            if watch is not None:
                watch.response = response
        page = read_problem(response.content, content_type="text/html") if looks_like_html(response.content) else None
        if response.is_success and page is None:
            return Answer(response.status_code, dict(response.headers), response.content)
        if response.is_success and page is not None and page.page == Page.OTHER:
            return InvalidResponseError(
                f"Domo answered {response.status_code} with a page for people",
                hint="Check the address of the instance, and whether its users sign in elsewhere",
            )
        problem = read_problem(
            response.content[:_MAX_EXPLANATION],
            content_type=response.headers.get("content-type", ""),
            challenge=response.headers.get("www-authenticate", ""),
        ).without(*(secret.get_secret_value() for secret in (*secrets, *hidden.values())))
        return refusal(
            response.status_code,
            problem,
            http_reason=response.reason_phrase,
            retry_after=response.headers.get("retry-after"),
            refusals=operation.refusals,
        )

    def _client(self, origin: Origin, options: CallOptions) -> httpx.AsyncClient:
        lent = self._transport
        return httpx.AsyncClient(
            verify=self._connection.ssl_context() if origin.scheme == "https" and lent is None else False,
            proxy=self._connection.proxy_for(origin) if lent is None else None,
            transport=None if lent is None else _Unclosed(lent),
            trust_env=False,
            timeout=httpx.Timeout(options.timeout, connect=options.connect_timeout),
        )


def _parsed(outcome: Answer | CallError, parse: Callable[[Answer], T]) -> list[T] | CallError:
    if isinstance(outcome, CallError):
        return outcome
    try:
        return [parse(outcome)]
    except CallError as error:
        return error.with_traceback(None)  # its frames hold the answer


class _Unclosed(httpx.AsyncBaseTransport):
    """Lends a transport to a client that closes what it was given."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._transport.handle_async_request(request)
