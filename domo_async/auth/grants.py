"""The OAuth 2.0 client credentials grant: one request to the token endpoint, one parsed answer."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import quote, urlencode

import anyio
import httpx
from pydantic import ValidationError

from domo_async.auth.attempts import GRANT_OPERATION
from domo_async.auth.credentials import ClientCredentials, CredentialsSource
from domo_async.errors import (
    CallError,
    CallTimeoutError,
    InvalidArgumentError,
    InvalidCredentialsError,
    InvalidResponseError,
    InvalidScopeError,
    StatusError,
)
from domo_async.models import AccessToken
from domo_async.models.problems import Page, looks_like_html, read_problem
from domo_async.models.refusals import refusal
from domo_async.observing.observer import Call
from domo_async.transport.choice import default_transport
from domo_async.transport.failures import named_failures

if TYPE_CHECKING:
    from domo_async.auth.grant_turns import GrantTurns
    from domo_async.observing.watching import AttemptWatch, Watcher
    from domo_async.transport.connection import ConnectionOptions
    from domo_async.transport.origin import Origin

__all__ = ["GrantMethod", "TokenEndpoint", "normalize_scopes"]

GrantMethod = Literal["GET", "POST"]
TOKEN_PATH: Final = "/oauth/token"  # noqa: S105 - a path
_MAX_BODY: Final = 1 << 20
_SCOPE: Final = re.compile(r"[!#-+\--\[\]-~]+")  # RFC 6749 section 3.3, without the comma, which separates for Domo


def normalize_scopes(scopes: str | Iterable[str] | None) -> tuple[str, ...]:
    """Scopes in the order given, without repeats.

    Args:
        scopes: Names such as ``["data", "user"]``, or one string separated by spaces or commas. None or nothing means
            all scopes that the client was created with.

    Raises:
        InvalidArgumentError: A scope is not a word.
    """
    if scopes is None:
        return ()
    if not isinstance(scopes, Iterable):
        raise InvalidArgumentError(f"scopes: {scopes!r} are no scopes", hint="Domo knows words such as data or user")
    names = scopes.replace(",", " ").split() if isinstance(scopes, str) else list(scopes)
    for name in names:
        if not isinstance(name, str) or not _SCOPE.fullmatch(name):
            raise InvalidArgumentError(f"scopes: {name!r} is not a scope", hint="Domo knows words such as data or user")
    return tuple(dict.fromkeys(names))


class TokenEndpoint:
    """Sends token requests, each on a connection of its own.

    A grant happens about once an hour, so a fresh connection costs nothing that matters. It buys independence: from
    the pool of the calls that wait for the token, from their limits, and from the event loop it was last used in.

    Args:
        origin: Where the API is.
        credentials: Who is asking.
        scopes: Scopes to ask for; empty for all that the client has.
        method: GET with a query string, as Domo's page on authentication shows, or POST with a form.
        connection: TLS and proxies.
        timeout: Seconds for each phase and for the whole request.
        transport: Replaces the network, for tests.
        turns: Where to wait for a turn, shared by endpoints that ask for different credentials; None to ask at once.
        watcher: Who wants to know of each request; None for nobody.

    Source: API Authentication, "Obtaining an access token"; RFC 6749 sections 2.3.1 and 4.4.
    """

    def __init__(
        self,
        *,
        origin: Origin,
        credentials: CredentialsSource,
        scopes: tuple[str, ...],
        method: GrantMethod,
        connection: ConnectionOptions,
        timeout: float,
        transport: httpx.AsyncBaseTransport | None = None,
        turns: GrantTurns | None = None,
        watcher: Watcher | None = None,
    ) -> None:
        if method not in {"GET", "POST"}:
            raise InvalidArgumentError(f"grant_method: {method!r} is neither GET nor POST")
        self._origin = origin
        self._credentials = credentials
        self._scopes = scopes
        self._method = method
        self._connection = connection
        self._timeout = timeout
        self._transport = transport
        self._turns = turns
        self._watcher = watcher

    async def grant(self) -> AccessToken:
        """Ask for a token; once more if the secret was refused and the provider knows a newer one.

        Raises:
            InvalidCredentialsError: Client id or secret are wrong.
            InvalidScopeError: The client does not have one of the scopes.
            CallError: Anything else that can happen to a call.
        """
        return await self._credentials.use(self.ask)

    async def ask(self, credentials: ClientCredentials) -> AccessToken:
        """Ask for a token with these credentials, once.

        Raises:
            CallError: As above.
        """
        with named_failures(operation=GRANT_OPERATION, method=self._method, path=TOKEN_PATH):
            async with self._turns.here() if self._turns is not None else nullcontext():
                outcome = await self._watched(credentials)
        if isinstance(outcome, AccessToken):
            return outcome
        raise outcome

    async def _watched(self, credentials: ClientCredentials) -> AccessToken | CallError:
        origin = self._origin
        request = Call(GRANT_OPERATION, self._method, TOKEN_PATH, TOKEN_PATH, origin.scheme, origin.host, origin.port)
        watch = self._watcher.call(request) if self._watcher is not None else None
        if watch is None:
            return await self._exchange(credentials)
        with watch.until_end() as call, watch.current():
            seen = watch.attempt()
            with seen.until_end() as attempt:
                # Nobody who watches gets to see an exception with the request in it.
                with named_failures(operation=GRANT_OPERATION, method=self._method, path=TOKEN_PATH):
                    outcome = await self._exchange(credentials, seen)
                call.failure = attempt.failure = outcome if isinstance(outcome, CallError) else None
        return outcome

    async def _exchange(
        self, credentials: ClientCredentials, watch: AttemptWatch | None = None
    ) -> AccessToken | CallError:
        """One request and what came of it.

        Errors are returned and not raised, so that no traceback leads into frames that hold the answer, and no
        exception with the answer in it hangs on as the context.
        """
        form = {"grant_type": "client_credentials"}
        if self._scopes:
            form["scope"] = " ".join(self._scopes)
        with anyio.move_on_after(self._timeout):
            async with self._client() as client:
                # Domo's page writes the space between scopes as %20; httpx would write a plus.
                query = f"?{urlencode(form, quote_via=quote)}" if self._method == "GET" else ""
                request = client.build_request(
                    self._method,
                    f"{self._origin}{TOKEN_PATH}{query}",
                    data=form if self._method == "POST" else None,
                    headers={"Accept": "application/json", "Authorization": _basic(credentials)},
                )
                if watch is not None:
                    watch.sent = len(request.content)
                    request.headers.update(watch.headers())
                response = await client.send(request, auth=None, follow_redirects=False, stream=True)
                if watch is not None:
                    watch.response = response
                try:
                    return self._judge(response, await _read(response), credentials)
                finally:
                    await response.aclose()
        return CallTimeoutError(
            f"The token endpoint did not answer within {self._timeout:g} s",
            phase="deadline",
            operation=GRANT_OPERATION,
            method=self._method,
            path=TOKEN_PATH,
        )

    def _judge(
        self, response: httpx.Response, body: bytes | None, credentials: ClientCredentials
    ) -> AccessToken | CallError:
        """A token if the answer holds one, else what to raise."""
        if body is None:
            return self._no_token(response, f"more than {_MAX_BODY:,} bytes")
        if not response.is_success:
            return self._refusal(response, body, credentials)
        if looks_like_html(body):
            problem = read_problem(body, content_type="text/html")
            if problem.page != Page.OTHER:
                return self._refusal(response, body, credentials)
            return self._no_token(
                response,
                f"a page for people: {problem.message or 'untitled'}",
                hint="Check the API URL, and whether a proxy or a sign-in page stands before it",
            )
        try:
            return AccessToken.model_validate_json(body)
        except ValidationError as error:
            # Only where and why: the input may hold a token.
            reasons = "; ".join(
                f"{'.'.join(map(str, part['loc'])) or 'body'}: {part['type']}"
                for part in error.errors(include_input=False, include_url=False, include_context=False)
            )
        return self._no_token(response, f"something that is no token: {reasons}")

    def _no_token(self, response: httpx.Response, what: str, *, hint: str | None = None) -> InvalidResponseError:
        return InvalidResponseError(
            f"The token endpoint answered {response.status_code} with {what}",
            operation=GRANT_OPERATION,
            method=self._method,
            path=TOKEN_PATH,
            hint=hint,
        )

    def _client(self) -> httpx.AsyncClient:
        transport: httpx.AsyncBaseTransport
        if self._transport is None:
            transport = default_transport(slots=1, origin=self._origin, connection=self._connection)
        else:
            transport = _Unclosed(self._transport)
        return httpx.AsyncClient(transport=transport, trust_env=False, timeout=self._timeout)

    def _refusal(self, response: httpx.Response, body: bytes, credentials: ClientCredentials) -> StatusError:
        problem = read_problem(
            body,
            content_type=response.headers.get("content-type", ""),
            challenge=response.headers.get("www-authenticate", ""),
        )
        problem = problem.without(credentials.client_secret.get_secret_value(), _basic(credentials).split()[1])
        kind: type[StatusError] | None = None
        hint: str | None = None
        if problem.code == "invalid_scope":
            asked = ", ".join(self._scopes) or "all"
            kind, hint = (
                InvalidScopeError,
                f"Asked for: {asked}. Only scopes that the client was created with are granted",
            )
        elif problem.code == "invalid_client" or response.status_code == 401:
            kind = InvalidCredentialsError
            hint = "Check DOMO_CLIENT_ID and DOMO_CLIENT_SECRET at https://developer.domo.com/manage-clients"
        elif response.is_redirect or response.status_code in {404, 405}:
            hint = f"The token endpoint is not at {self._origin}{TOKEN_PATH}: check the API URL"
        return refusal(
            response.status_code,
            problem,
            http_reason=response.reason_phrase,
            retry_after=response.headers.get("retry-after"),
            operation=GRANT_OPERATION,
            method=self._method,
            path=TOKEN_PATH,
            kind=kind,
            hint=hint,
        )


class _Unclosed(httpx.AsyncBaseTransport):
    """Lends a transport to a client that closes what it was given."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._transport.handle_async_request(request)


def _basic(credentials: ClientCredentials) -> str:
    pair = f"{credentials.client_id}:{credentials.client_secret.get_secret_value()}"
    return "Basic " + base64.b64encode(pair.encode()).decode("ascii")


async def _read(response: httpx.Response) -> bytes | None:
    """The body, or None if it is far longer than any token answer.

    What is too long is still read to its end, or until the time is up, but not kept: a generator of httpx that is left
    half way cannot be closed from here, and trio complains about it.
    """
    body = bytearray()
    length = 0
    async for chunk in response.aiter_bytes():
        length += len(chunk)
        if length <= _MAX_BODY:
            body += chunk
    return bytes(body) if length <= _MAX_BODY else None
