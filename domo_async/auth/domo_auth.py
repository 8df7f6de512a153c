"""`DomoAuth`: the token policy as an authentication class for any httpx client."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from typing import Final, Never

import httpx
from pydantic import SecretStr

from domo_async.auth.credentials import (
    ClientCredentials,
    CredentialsProvider,
    CredentialsSource,
    environment_credentials,
)
from domo_async.auth.grant_turns import GrantTurns
from domo_async.auth.grants import GrantMethod, TokenEndpoint, normalize_scopes
from domo_async.auth.shared_grant import SharedGrant
from domo_async.auth.store_choice import TokenStoreChoice, open_store
from domo_async.auth.tokens import TokenManager
from domo_async.errors import ConfigurationError, ForeignOriginError, MissingCredentialsError
from domo_async.models import AccessToken
from domo_async.models.problems import Page, read_problem
from domo_async.observing.observer import Observer
from domo_async.observing.watching import Watcher
from domo_async.transport.connection import ConnectionOptions
from domo_async.transport.origin import DEFAULT_API_URL, Origin

__all__ = ["REPLAYABLE", "DomoAuth"]

REPLAYABLE = "domo_async.replayable"
"""Key in ``request.extensions`` that says whether a streamed body can be produced a second time."""

_MOST_REPLAYS: Final = 3
_LONGEST: Final = 1e9  # seconds; event loops cannot count further


class DomoAuth(httpx.Auth):
    """Authenticates the requests of an `httpx.AsyncClient` with Domo access tokens.

    Gets a token when the first request needs one, shares it among all tasks, refreshes it ahead of its end, and
    replays a request once if the API refuses the token that it carried. It holds no connection and needs no closing,
    and it can be used from several event loops and threads.

    Args:
        client_id: Client id; None reads DOMO_CLIENT_ID.
        client_secret: Client secret; None reads DOMO_CLIENT_SECRET.
        credentials: An async function that returns `ClientCredentials`, instead of the two above. Asked again after
            Domo refused what it returned last: secrets rotate without a restart.
        scopes: Scopes to ask for, such as ``["data", "user"]``. None asks for all that the client has.
        api_url: Scheme, host and port of the API; None reads DOMO_API_URL, and takes ``https://api.domo.com`` if it is
            not set. Requests to other places are refused, so that no token leaves.
        token_store: Where to share the token with other processes: a folder, a URL of Redis, or a `TokenStore`. None
            keeps it in this process.
        grant_method: How to ask for the token. Domo documents GET and accepts POST too.
        timeout: Seconds for one token request.
        deadline: Seconds for all attempts to get a token that calls wait for.
        connection: TLS and proxies for the token requests.
        transport: Replaces the network for token requests, for tests.
        observer: Is told of each token request.
        clock: Monotonic seconds.

    Raises:
        ConfigurationError: A setting makes no sense.

    Example:
        ::

            auth = DomoAuth(client_id="...", client_secret="...", scopes=["data"])
            async with httpx.AsyncClient(auth=auth, base_url=auth.api_url) as client:
                response = await client.get("/v1/datasets")

    Source: API Authentication; RFC 6749 section 4.4; RFC 6750 section 2.1.
    """

    requires_request_body = False
    requires_response_body = False

    def __init__(
        self,
        client_id: str | None = None,
        client_secret: str | SecretStr | None = None,
        *,
        credentials: CredentialsProvider | None = None,
        scopes: str | Iterable[str] | None = None,
        api_url: str | None = None,
        token_store: TokenStoreChoice | None = None,
        grant_method: GrantMethod = "GET",
        timeout: float = 15.0,
        deadline: float = 30.0,
        connection: ConnectionOptions | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        observer: Observer | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if isinstance(client_secret, str):
            client_secret = SecretStr(client_secret)  # a traceback with local variables must not show it
        for name, seconds in (("timeout", timeout), ("deadline", deadline)):
            _check_seconds(name, seconds)
        self._origin = Origin.parse(api_url or os.environ.get("DOMO_API_URL") or DEFAULT_API_URL)
        self._store = open_store(token_store) if token_store is not None else None
        self._turns: GrantTurns | None = None
        self._scopes = normalize_scopes(scopes)
        self._grant_method: GrantMethod = grant_method
        self._timeout = timeout
        self._deadline = deadline
        self._connection = connection or ConnectionOptions()
        self._transport = transport
        self._watcher = Watcher.of(observer)
        self._clock = clock
        self.tokens: TokenManager = self._tokens_of(_provider(client_id, client_secret, credentials))

    def _tokens_of(self, provider: ClientCredentials | CredentialsProvider) -> TokenManager:
        source = CredentialsSource(provider)
        endpoint = TokenEndpoint(
            origin=self._origin,
            credentials=source,
            scopes=self._scopes,
            method=self._grant_method,
            connection=self._connection,
            timeout=self._timeout,
            transport=self._transport,
            turns=self._turns,
            watcher=self._watcher,
        )
        shared: SharedGrant | None = None
        if self._store is not None:
            shared = SharedGrant(
                self._store,
                source=source,
                ask=endpoint.ask,
                origin=str(self._origin),
                scopes=self._scopes,
                deadline=self._deadline,
                clock=self._clock,
            )
        return TokenManager(endpoint.grant, shared=shared, deadline=self._deadline, clock=self._clock)

    def for_client(
        self,
        client_id: str | None = None,
        client_secret: str | SecretStr | None = None,
        *,
        credentials: CredentialsProvider | None = None,
        scopes: str | Iterable[str] | None = None,
    ) -> DomoAuth:
        """An authentication for another client of the same API, with a token of its own.

        TLS, proxies, time-outs and the token store are the same. Of the token requests of all that come from here 16
        are on their way at once; the others wait for their turn.

        Args:
            client_id: Client id.
            client_secret: Client secret.
            credentials: An async function that returns both, instead of the two above.
            scopes: Scopes to ask for. Default the same as here; ``()`` asks for all that the client has.

        Raises:
            MissingCredentialsError: Neither both nor a function were given; the environment is not read.
            ConfigurationError: They cannot be sent.
        """
        if isinstance(client_secret, str):
            client_secret = SecretStr(client_secret)
        if credentials is None and not (client_id and client_secret):
            raise MissingCredentialsError(
                "for_client needs a client_id and a client_secret, or credentials",
                hint="Those of another client do not come from the environment",
            )
        provider = _provider(client_id, client_secret, credentials)
        if self._turns is None:
            self._turns = GrantTurns()
        twin = object.__new__(type(self))
        vars(twin).update(vars(self))
        if scopes is not None:
            twin._scopes = normalize_scopes(scopes)
        twin.tokens = twin._tokens_of(provider)
        return twin

    @property
    def api_url(self) -> str:
        """Scheme, host and port of the API."""
        return str(self._origin)

    @property
    def grants(self) -> int:
        """How many tokens were granted so far."""
        return self.tokens.grants

    async def token(self) -> AccessToken:
        """The token in use, granted now if there is none."""
        return (await self.tokens.get()).granted

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Attach the token, and replay the request if it was refused. Called by httpx.

        Once; a few times if the token ended on the way, or was another process's.
        """
        if not self._owns(request.url):
            raise ForeignOriginError(
                f"The request goes to {request.url.scheme}://{request.url.host}, the token belongs to {self._origin}",
                hint="Use a client without DomoAuth for other places",
            )
        replays = refusals = 0
        while True:
            token = await self.tokens.get()
            request.headers["Authorization"] = token.authorization
            # Our request, also the second time: response.request may be one that httpx redirected.
            response = yield request
            # After a redirect the answer may come from elsewhere: what that place says of the token does not count.
            if not self._owns(response.request.url):
                return
            if not await self._refused(request, response):
                if response.is_success and not token.accepted:
                    self.tokens.accept(token)
                return
            # A process that is starved of time can carry one token after another to the server too late.
            # And what another process was granted may have been refused everywhere.
            says_nothing = token.adopted or self.tokens.has_expired(token)
            refusals += not says_nothing
            if replays == _MOST_REPLAYS or refusals > 1:
                return
            if not self.tokens.refuse(token) or not _can_be_sent_again(request):
                return
            replays += 1

    async def _refused(self, request: httpx.Request, response: httpx.Response) -> bool:
        """Whether the answer says that the token is not valid (any more).

        Domo says so with 401, with 406 where CSV was asked for, and sometimes with a page in HTML. Such an answer is
        read to its end here: until then it occupies its connection, and a pool full of refusals would wait for ever
        for the refresh that waits for the pool.
        """
        status = response.status_code
        if status == 403:
            return False  # known and not allowed: another token would be the same
        html = status >= 400 and "text/html" in response.headers.get("content-type", "").lower()
        csv_refused = status == 406 and "text/csv" in request.headers.get("accept", "").lower()
        if status != 401 and not csv_refused and not html:
            return False
        body = await response.aread()
        problem = read_problem(
            body,
            content_type=response.headers.get("content-type", ""),
            challenge=response.headers.get("www-authenticate", ""),
        )
        if problem.code == "insufficient_scope":
            return False  # the token is fine and may simply not do this; a new one would not either
        return status == 401 or csv_refused or problem.page == Page.UNAUTHENTICATED

    def _owns(self, url: httpx.URL) -> bool:
        return self._origin.covers(url.scheme, url.host, url.port)

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Not supported: the shared token needs an event loop."""
        raise ConfigurationError("DomoAuth works with httpx.AsyncClient only", hint="Use async with httpx.AsyncClient")

    def __repr__(self) -> str:
        if not hasattr(self, "tokens"):
            return "<DomoAuth>"  # half built: error reporters show local variables, this one included
        return f"<DomoAuth {self._origin} grants={self.grants}>"

    def __reduce__(self) -> Never:
        raise TypeError("DomoAuth holds live tokens and does not pickle; ship settings and build one per process")


def _provider(
    client_id: str | None, client_secret: SecretStr | None, credentials: CredentialsProvider | None
) -> ClientCredentials | CredentialsProvider:
    if credentials is not None:
        if client_id is not None or client_secret is not None:
            raise ConfigurationError("credentials= was given together with client_id= or client_secret=")
        if not callable(credentials):
            raise ConfigurationError("credentials= is no function", hint="Pass an async function, not its result")
        return credentials
    if client_id is None and client_secret is None:
        return environment_credentials
    return ClientCredentials(client_id or "", client_secret if client_secret is not None else SecretStr(""))


def _check_seconds(name: str, value: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _LONGEST:
        raise ConfigurationError(f"{name}: {value!r} is not a positive number of seconds")


def _can_be_sent_again(request: httpx.Request) -> bool:
    promised = request.extensions.get(REPLAYABLE)
    if promised is not None:
        return bool(promised)
    return isinstance(request.stream, httpx.ByteStream)
