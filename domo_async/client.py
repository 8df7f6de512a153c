"""`AsyncDomo`: the facade over the whole API. It wires, and does nothing itself."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from functools import partial
from types import TracebackType
from typing import Never, Self
from urllib.parse import urlsplit

import httpx
from pydantic import JsonValue, SecretStr

from domo_async.auth.credentials import CredentialsProvider
from domo_async.auth.domo_auth import DomoAuth
from domo_async.auth.grants import GrantMethod
from domo_async.auth.store_choice import TokenStoreChoice
from domo_async.errors import ConfigurationError, ForeignOriginError, InvalidArgumentError
from domo_async.http.answer import Answer
from domo_async.http.bodies import BodySource, request_body
from domo_async.http.engine import Engine
from domo_async.http.limits import Bounds
from domo_async.http.operations import Operation, QueryValue, Safety, encode_query
from domo_async.http.options import UNSET, CallOptions, Seconds, Unset, seconds
from domo_async.http.plain import PlainExchange
from domo_async.http.request import RAW, Request
from domo_async.http.session import Session
from domo_async.http.stats import Stats
from domo_async.job_verbs import JobVerbs
from domo_async.models import AccessToken
from domo_async.observing.observer import Observer
from domo_async.observing.watching import Watcher
from domo_async.settings import DomoSettings
from domo_async.transport.choice import TransportChoice
from domo_async.transport.connection import ClientCertificate, ConnectionOptions, Verify
from domo_async.transport.origin import Origin

__all__ = ["AsyncDomo"]


class AsyncDomo(JobVerbs):
    """The Domo API, for asyncio and trio.

    Make one per application and share it among all tasks: it owns the connections, and the one token that all calls
    use. It can be used as a plain attribute, without ``async with``, if `aclose` is called at the end.

    Args:
        client_id: Client id from https://developer.domo.com/manage-clients. Default DOMO_CLIENT_ID.
        client_secret: Client secret. Default DOMO_CLIENT_SECRET.
        credentials: An async function that looks both up, instead of the two above; asked again after Domo refused
            what it returned, so that secrets rotate without a restart.
        profile: Name under which ``domo-async login`` keeps both, instead of them. Default DOMO_PROFILE, if no variable
            says client id or secret.
        scopes: Scopes to ask for. Default DOMO_SCOPES, else those of the profile, else all that the client has.
        api_url: Where the API is. Default DOMO_API_URL, else ``https://api.domo.com``.
        timeout: Seconds that the server may stay silent within one attempt.
        connect_timeout: Seconds for opening a connection.
        deadline: Seconds for a whole call with its retries and waits; None for no limit.
        retries: How often a failed attempt is repeated, as far as repeating is safe.
        concurrency: Most requests at once, or a pair (fewest, most) between which the limit adapts. Per event loop.
        requests_per_second: Rate limit, None for none.
        verify: Whom to trust: True for the usual authorities, a file or folder, or an `ssl.SSLContext`.
        cert: Client certificate.
        proxy: Proxy URL. Default HTTPS_PROXY and its like, if `trust_env`.
        trust_env: Whether the environment may say which proxies and certificates to use.
        transport: ``auto`` (aiohttp under asyncio if the extra ``fast`` is installed, else httpx), ``httpx``,
            ``aiohttp``, or an httpx transport of your own, which is not closed here.
        http_client: A whole httpx client of your own, which is not closed here. TLS, proxy and transport above then
            apply to the token requests only.
        token_store: Where to share the token with other processes: a folder, a URL of Redis, or a `TokenStore`. None
            keeps it in this process. Default DOMO_TOKEN_STORE, else None.
        grant_method: How to ask for tokens: GET as documented, or POST.
        grant_deadline: Seconds for all attempts to get a token.
        observer: Is told of each call, pull and push, for traces, metrics and logs; see `domo_async.observing`.
        clock: Monotonic seconds, for tests.

    Raises:
        MissingCredentialsError: No client id or no client secret, and which variable to set.
        ConfigurationError: Another setting makes no sense.

    Example:
        ::

            async with AsyncDomo(scopes=["data"]) as domo:
                async for dataset in domo.datasets.list(name_like="sales"):
                    print(dataset.id, dataset.name, dataset.rows)
    """

    def __init__(
        self,
        client_id: str | None = None,
        client_secret: str | SecretStr | None = None,
        *,
        credentials: CredentialsProvider | None = None,
        profile: str | None = None,
        scopes: str | Iterable[str] | None = None,
        api_url: str | None = None,
        timeout: Seconds = 60.0,
        connect_timeout: Seconds = 10.0,
        deadline: Seconds | None = 300.0,
        retries: int = 6,
        concurrency: Bounds = 32,
        requests_per_second: float | None = None,
        verify: Verify = True,
        cert: ClientCertificate | None = None,
        proxy: str | None = None,
        trust_env: bool = True,
        transport: TransportChoice = "auto",
        http_client: httpx.AsyncClient | None = None,
        token_store: TokenStoreChoice | Unset | None = UNSET,
        grant_method: GrantMethod = "GET",
        grant_deadline: Seconds = 30.0,
        observer: Observer | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if isinstance(client_secret, str):
            client_secret = SecretStr(client_secret)  # a traceback with local variables must not show it
        options = CallOptions().but(
            timeout=timeout, connect_timeout=connect_timeout, deadline=deadline, retries=retries
        )
        given = (client_id, client_secret, credentials) != (None, None, None)
        if given and profile is not None:
            raise ConfigurationError("profile= was given together with credentials, which it stands for")
        settings = DomoSettings.load() if given else DomoSettings.of(profile, api_url=api_url)
        if credentials is None:
            if client_id is None and client_secret is None:
                settings.credentials  # noqa: B018 - complain now, not at the first call
                credentials = partial(DomoSettings.current_credentials, profile)
            else:
                client_id = client_id if client_id is not None else settings.client_id or ""
                client_secret = client_secret if client_secret is not None else settings.client_secret or ""
        origin = Origin.parse(api_url if api_url is not None else settings.api_url)
        connection = ConnectionOptions(verify=verify, cert=cert, proxy=proxy, trust_env=trust_env)
        lent = transport if isinstance(transport, httpx.AsyncBaseTransport) else None
        auth = DomoAuth(
            client_id,
            client_secret,
            credentials=credentials,
            scopes=scopes if scopes is not None else settings.scopes,
            api_url=str(origin),
            token_store=settings.shared_tokens if isinstance(token_store, Unset) else token_store,
            grant_method=grant_method,
            timeout=min(options.timeout, 15.0),
            deadline=seconds("grant_deadline", grant_deadline),
            connection=connection,
            transport=lent,
            observer=observer,
            clock=clock,
        )
        watcher = Watcher.of(observer)
        engine = Engine(
            origin=origin,
            auth=auth,
            connection=connection,
            transport=transport,
            http_client=http_client,
            concurrency=concurrency,
            requests_per_second=requests_per_second,
            clock=clock,
            watcher=watcher,
        )
        self._session = Session(engine, options)
        self._plain = PlainExchange(connection, lent, watcher)
        self._is_derived = False

    def with_options(
        self,
        *,
        timeout: Seconds | Unset = UNSET,
        connect_timeout: Seconds | Unset = UNSET,
        deadline: Seconds | Unset | None = UNSET,
        retries: int | Unset = UNSET,
        retry_unsafe: bool | Unset = UNSET,
    ) -> AsyncDomo:
        """The same client with other patience: connections, token and limits are shared.

        Closing the copy does nothing.

        Args:
            timeout: Seconds that the server may stay silent within one attempt.
            connect_timeout: Seconds for opening a connection.
            deadline: Seconds for a whole call, None for no limit.
            retries: How often a failed attempt is repeated.
            retry_unsafe: Repeat also what would happen twice if the first attempt got through.

        Example:
            ::

                await domo.with_options(timeout=5, retries=0).datasets.get(dataset_id)
        """
        twin = object.__new__(type(self))
        options = self._session.options.but(
            timeout=timeout,
            connect_timeout=connect_timeout,
            deadline=deadline,
            retries=retries,
            retry_unsafe=retry_unsafe,
        )
        twin._session = Session(self._session.engine, options)
        twin._plain = self._plain
        twin._is_derived = True
        return twin

    def for_client(
        self,
        client_id: str | None = None,
        client_secret: str | SecretStr | None = None,
        *,
        credentials: CredentialsProvider | None = None,
        scopes: str | Iterable[str] | None = None,
        concurrency: Bounds | None = None,
        requests_per_second: float | None = None,
    ) -> AsyncDomo:
        """A client for other credentials over the same connections.

        It has its own token, limits, pause after a 429, retry budget and numbers; patience, connections and token
        store are those of this client. Where many ask at once, the connections serve them in rotation.

        Closing it ends its own calls, and leaves the connections to the others; it need not be closed. Closing this
        client ends the calls of all.

        Args:
            client_id: Client id. The environment is not read.
            client_secret: Client secret.
            credentials: An async function that looks both up, instead of the two above.
            scopes: Scopes to ask for. Default the same as this client; ``()`` asks for all that the other one has.
            concurrency: Most requests at once, or a pair (fewest, most). Default: up to a quarter of the connections.
            requests_per_second: Rate limit, None for none.

        Raises:
            MissingCredentialsError: Neither both nor a function were given.

        Example:
            ::

                acme = domo.for_client(acme_id, acme_secret)
                print(await acme.datasets.list(limit=1))
        """
        auth = self.auth.for_client(client_id, client_secret, credentials=credentials, scopes=scopes)
        other = object.__new__(type(self))
        engine = self._session.engine.for_client(auth, concurrency=concurrency, requests_per_second=requests_per_second)
        other._session = Session(engine, self._session.options)
        other._plain = self._plain
        other._is_derived = False
        return other

    @property
    def auth(self) -> DomoAuth:
        """The authentication, for use with another httpx client."""
        return self._session.engine.auth

    @property
    def api_url(self) -> str:
        """Scheme, host and port of the API."""
        return str(self._session.engine.origin)

    @property
    def stats(self) -> Stats:
        """Numbers of this moment."""
        return self._session.engine.stats()

    async def token(self) -> AccessToken:
        """The access token in use, granted now if there is none.

        Raises:
            AuthenticationError: The token endpoint refused the credentials or scopes.
            CallError: The token endpoint could not be reached.
        """
        self._session.engine.lane()
        return await self.auth.token()

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, QueryValue] | None = None,
        json: JsonValue = None,
        content: BodySource | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        safety: Safety | None = None,
    ) -> Answer:
        """Ask for anything that has no method of its own yet.

        Args:
            method: HTTP method.
            path: Path such as ``/v1/datasets``; or a whole URL of this API.
            query: Query parameters; None values are left out.
            json: Body as JSON.
            content: Body as it is, instead of `json`.
            content_type: Media type of `content`.
            accept: Media type to ask for.
            safety: What happens if it is carried out twice. Default: GET and HEAD only read, all else is unsafe.

        Returns:
            Status, headers and body.

        Raises:
            ForeignOriginError: The URL belongs to another place.
            CallError: Anything that can happen to a call.

        Example:
            ::

                answer = await domo.request("GET", "/v1/datasets", query={"limit": 1})
        """
        method = method.upper()
        if json is not None and content is not None:
            raise InvalidArgumentError("json and content are two bodies, and a request has one")
        if safety is None:
            safety = Safety.SAFE if method in {"GET", "HEAD"} else Safety.UNSAFE
        path, own_query = self._local(path)
        body = None
        if json is not None:
            body = request_body(_dump(json), media_type="application/json")
        elif content is not None:
            body = request_body(content, media_type=content_type)
        queries = "&".join(part for part in (own_query, encode_query(query)) if part)
        operation = Operation(RAW, method, path, safety, accept=accept)
        return await self._session.call(Request(operation, path, queries, body), lambda answer: answer)

    def _local(self, path: str) -> tuple[str, str]:
        """Path and query of a URL, if it belongs here."""
        try:
            parts = urlsplit(path)
            port = parts.port
        except ValueError:
            raise InvalidArgumentError("path: neither a path nor a URL") from None
        origin = self._session.engine.origin
        if (parts.scheme or parts.netloc) and not origin.covers(parts.scheme, parts.hostname or "", port):
            raise ForeignOriginError(f"The URL belongs to {parts.hostname or 'nowhere'}, and the token to {origin}")
        if not parts.path.startswith("/"):
            raise InvalidArgumentError(f"path: {parts.path!r} does not begin with a slash")
        return parts.path, parts.query

    async def aclose(self) -> None:
        """Close the connections. Calls on their way end with `ClientClosedError`; closing twice is fine."""
        if not self._is_derived:
            await self._session.engine.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        session: Session | None = getattr(self, "_session", None)
        if session is None:
            return "<AsyncDomo>"  # half built: error reporters show local variables, this one included
        state = " closed" if session.engine.closed else ""
        return f"<AsyncDomo {self.api_url}{state}>"

    def __reduce__(self) -> Never:
        raise TypeError("a live client does not pickle; ship its settings and build one in each process")


def _dump(document: JsonValue) -> bytes:
    try:
        return json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise InvalidArgumentError(f"json: {error}") from None
