"""`AsyncDomo`: the facade over the whole API. It wires, and does nothing itself."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from functools import cached_property, partial
from types import TracebackType
from typing import TYPE_CHECKING, Never, Self
from urllib.parse import urlsplit

import anyio
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
from domo_async.models import AccessToken
from domo_async.observing.observer import Observer
from domo_async.observing.watching import Watcher
from domo_async.settings import DomoSettings
from domo_async.transport.choice import TransportChoice
from domo_async.transport.connection import ClientCertificate, ConnectionOptions, Verify
from domo_async.transport.origin import Origin

if TYPE_CHECKING:
    from domo_async.api.account_types import AccountTypes
    from domo_async.api.accounts import Accounts
    from domo_async.api.activity_log import ActivityLog
    from domo_async.api.arguments import StreamUpdateMethod
    from domo_async.api.cards import Cards
    from domo_async.api.clients import Clients
    from domo_async.api.datasets import DataSets
    from domo_async.api.embed import Embed
    from domo_async.api.groups import Groups
    from domo_async.api.pages import Pages
    from domo_async.api.projects import Projects
    from domo_async.api.row_fitting import MissingColumns
    from domo_async.api.s3_exports import S3Exports
    from domo_async.api.simple import Simple
    from domo_async.api.streams import Streams
    from domo_async.api.users import Users
    from domo_async.jobs.changes import WatchState
    from domo_async.jobs.events import PullEvent
    from domo_async.jobs.listing import Selectable
    from domo_async.jobs.plan import PullPlan
    from domo_async.jobs.push_events import PushEvent
    from domo_async.jobs.push_options import PushOptions, Unsettled
    from domo_async.jobs.push_plan import PushPlan
    from domo_async.jobs.push_report import PushReport
    from domo_async.jobs.push_sources import PushSource
    from domo_async.jobs.recipe import DataSetOptions
    from domo_async.jobs.report import PullReport
    from domo_async.jobs.selection import Selection
    from domo_async.jobs.settings import CalledAfter
    from domo_async.jobs.targets import Target
    from domo_async.jobs.watch import DataSetWatch
    from domo_async.models import DataSetSummary
    from domo_async.tabular.file_format import FileFormat
    from domo_async.tabular.types import DecimalType

__all__ = ["AsyncDomo"]


class AsyncDomo:
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

    @cached_property
    def datasets(self) -> DataSets:
        """DataSets."""
        from domo_async.api.datasets import DataSets

        return DataSets(self._session)

    @cached_property
    def users(self) -> Users:
        """Users."""
        from domo_async.api.users import Users

        return Users(self._session)

    @cached_property
    def groups(self) -> Groups:
        """Groups and their members."""
        from domo_async.api.groups import Groups

        return Groups(self._session)

    @cached_property
    def accounts(self) -> Accounts:
        """Stored credentials of connectors."""
        from domo_async.api.accounts import Accounts

        return Accounts(self._session)

    @cached_property
    def account_types(self) -> AccountTypes:
        """Types of accounts."""
        from domo_async.api.account_types import AccountTypes

        return AccountTypes(self._session)

    @cached_property
    def activity_log(self) -> ActivityLog:
        """The activity log."""
        from domo_async.api.activity_log import ActivityLog

        return ActivityLog(self._session)

    @cached_property
    def cards(self) -> Cards:
        """Cards and charts."""
        from domo_async.api.cards import Cards

        return Cards(self._session)

    @cached_property
    def embed(self) -> Embed:
        """Tokens for embedded cards and pages."""
        from domo_async.api.embed import Embed

        return Embed(self._session)

    @cached_property
    def pages(self) -> Pages:
        """Pages and their collections of cards."""
        from domo_async.api.pages import Pages

        return Pages(self._session)

    @cached_property
    def projects(self) -> Projects:
        """Projects and tasks."""
        from domo_async.api.projects import Projects

        return Projects(self._session)

    @cached_property
    def clients(self) -> Clients:
        """API clients."""
        from domo_async.api.clients import Clients

        return Clients(self._session, self._plain)

    @cached_property
    def streams(self) -> Streams:
        """Streams and their executions: the way in for large data."""
        from domo_async.api.streams import Streams

        return Streams(self._session)

    @cached_property
    def simple(self) -> Simple:
        """DataSets out of JSON."""
        from domo_async.api.simple import Simple

        return Simple(self._session)

    @cached_property
    def s3_exports(self) -> S3Exports:
        """Exports to Amazon S3."""
        from domo_async.api.s3_exports import S3Exports

        return S3Exports(self._session)

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

    async def pull(
        self,
        selection: Selectable,
        *,
        to: str | os.PathLike[str] | Target,
        filesystem: object = None,
        format: FileFormat = "parquet",
        names: CalledAfter = "name",
        columns: Sequence[str] | None = None,
        include_header: bool = True,
        decimal: DecimalType | None = None,
        rows_per_file: int | None = None,
        options: Mapping[str, DataSetOptions] | None = None,
        concurrency: int = 16,
        memory: int | None = None,
        scratch: str | os.PathLike[str] | None = None,
        refresh: bool = False,
        verify: bool = False,
        prune: bool = False,
        retries: int = 3,
        patience: float = 600.0,
        max_failures: int | None = None,
        fail_fast: bool = False,
        on_event: Callable[[PullEvent], None] | None = None,
    ) -> PullReport:
        """Bring DataSets into a lake, many at a time, and only what has changed since the last time.

        The target keeps a manifest: what has not changed is skipped, what a killed job had finished is not fetched
        again, and the same call again goes on from wherever it ended. Under a final name there is never half a file.

        Args:
            selection: A `domo_async.jobs.Selection`, or ids, or DataSets of a listing;
                ``domo.datasets.list(...)`` may be passed as it is.
            to: A folder, created when missing; a file that ends in ``.duckdb``, for one table per DataSet; or a URI
                such as ``s3://bucket/lake``, for whatever pyarrow or fsspec know.
            filesystem: A file system of pyarrow or fsspec, in which `to` is a path.
            format: ``parquet``, ``arrow``, ``csv``, ``csv.gz`` or ``jsonl``.
            names: What the files are called after: the DataSet's ``name``, or its ``id``.
            columns: Names of the columns to keep, None for all.
            include_header: Whether CSV files begin with a line of names.
            decimal: Precision and scale for DECIMAL columns.
            rows_per_file: Most rows in one file. With it, each DataSet gets a folder of files.
            options: What is different for some DataSets, by id or by name; names may have ``*`` and ``?``.
            concurrency: How many DataSets are on their way at a time.
            memory: Bytes that rows on their way may take in memory, None for some 50 MiB for each processor, of up to
                8, and 2 MiB for each DataSet on its way.
            scratch: Folder for files that are to be uploaded, None for the system's temporary one.
            refresh: Fetch what has not changed, too.
            verify: Read the files that are there, and fetch those anew whose bytes are not as they were left.
            prune: Remove the files of DataSets that do not belong to the selection any more.
            retries: How often a transfer is begun again after any error that waiting can cure.
            patience: Seconds for which it is begun again beyond that, while Domo is not there, 0 for none.
            max_failures: DataSets that may fail before the job is stopped, None for any number.
            fail_fast: Stop with the first failure.
            on_event: Called with each event of the job; must not block.

        Returns:
            What became of each DataSet. One that failed does not stop the others.

        Raises:
            TargetError: The target refuses: no space, no permission, or another job at work.
            PullError: More DataSets failed than may.
            AuthenticationError: The credentials were refused.
            InvalidArgumentError: An argument makes no sense; nothing was sent.

        Example:
            ::

                report = await domo.pull(Selection.names("sales*"), to="lake")
                report.raise_for_failures()
        """
        from domo_async.jobs.pull import pull

        watcher = self._session.engine.watcher
        with nullcontext(on_event) if watcher is None else watcher.pull(on_event) as listener:
            return await pull(
                self.datasets,
                selection,
                to=to,
                filesystem=filesystem,
                format=format,
                names=names,
                columns=columns,
                include_header=include_header,
                decimal=decimal,
                rows_per_file=rows_per_file,
                options=options,
                concurrency=concurrency,
                memory=memory,
                scratch=scratch,
                refresh=refresh,
                verify=verify,
                prune=prune,
                retries=retries,
                patience=patience,
                max_failures=max_failures,
                fail_fast=fail_fast,
                on_event=listener,
                stats=self._session.engine.stats,
            )

    async def plan_pull(
        self,
        selection: Selectable,
        *,
        to: str | os.PathLike[str] | Target,
        filesystem: object = None,
        format: FileFormat = "parquet",
        names: CalledAfter = "name",
        columns: Sequence[str] | None = None,
        include_header: bool = True,
        decimal: DecimalType | None = None,
        rows_per_file: int | None = None,
        options: Mapping[str, DataSetOptions] | None = None,
        concurrency: int = 16,
        refresh: bool = False,
        verify: bool = False,
        prune: bool = False,
    ) -> PullPlan:
        """Say what `pull` with the same arguments would do, and do nothing.

        Returns:
            For each DataSet what would be done and why; which files would be removed.

        Raises:
            TargetError: The target cannot be read.
            InvalidArgumentError: An argument makes no sense.
            CallError: The listing failed.

        Example:
            ::

                print(await domo.plan_pull(Selection.names("sales*"), to="lake"))
        """
        from domo_async.jobs.pull import plan_pull

        return await plan_pull(
            self.datasets,
            selection,
            to=to,
            filesystem=filesystem,
            format=format,
            names=names,
            columns=columns,
            include_header=include_header,
            decimal=decimal,
            rows_per_file=rows_per_file,
            options=options,
            concurrency=concurrency,
            refresh=refresh,
            verify=verify,
            prune=prune,
        )

    def watch(
        self,
        items: Selection | Iterable[str | DataSetSummary],
        *,
        every: float = 60.0,
        since: WatchState | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> DataSetWatch:
        """Wait for DataSets to change: an asynchronous iterator of events, for whoever keeps a copy of them.

        It looks every so many seconds, and only while somebody waits for the next event. Nothing that changes between
        two looks, or while the caller is at work, is lost; several changes of one DataSet become one event. Outages
        of Domo are logged and waited for.

        Args:
            items: A `domo_async.jobs.Selection`, or ids, or DataSets of a listing.
            every: Seconds between two looks, give or take a tenth.
            since: The `state` of an earlier watch; what has changed since then comes at once. None begins with what
                is there at the first look, which ``async with`` makes before its block.
            clock: Monotonic seconds, for tests.
            sleep: Waits some seconds, for tests: ``ManualClock.sleep``.

        Returns:
            An iterator of `DataSetCreated`, `DataSetChanged` and `DataSetGone`, which ends when it is closed.

        Raises:
            InvalidArgumentError: An argument makes no sense.

        Example:
            ::

                async with domo.watch([dataset_id], every=300) as changes:
                    table = await domo.datasets.read(dataset_id)
                    async for change in changes:
                        table = await domo.datasets.read(change.dataset_id)
        """
        from domo_async.jobs.watch import DataSetWatch

        return DataSetWatch(self.datasets, items, every=every, since=since, clock=clock, sleep=sleep)

    async def push(
        self,
        source: PushSource,
        *,
        into: str | None = None,
        name: str = "{name}",
        update_method: StreamUpdateMethod = "REPLACE",
        key_columns: Sequence[str] = (),
        evolve: bool = False,
        missing_columns: MissingColumns = "refuse",
        options: Mapping[str, PushOptions] | None = None,
        state: str | os.PathLike[str] | None = None,
        concurrency: int = 8,
        memory: int | None = None,
        part_size: int = 16 * 2**20,
        refresh: bool = False,
        verify: bool = False,
        unsettled: Unsettled = "refuse",
        retries: int = 3,
        patience: float = 600.0,
        max_failures: int | None = None,
        fail_fast: bool = False,
        on_event: Callable[[PushEvent], None] | None = None,
    ) -> PushReport:
        """Write files into DataSets, many at a time, and only what has changed since the last time.

        A file is a DataSet, and so is a folder of part files in the folder that is pushed. The folder that a pull made
        goes back into the DataSets that its manifest names. A name that there is not yet becomes a DataSet.

        What was pushed is written down, each step before it is taken. The same call again skips what has not changed,
        and asks Domo what became of a write that was cut off: rows are never appended twice, and no execution is left
        open. With ``APPEND``, each file is appended once, and the next call appends the files that are new.

        Args:
            source: A file, a folder, a pattern such as ``lake/*.parquet``, or several of them.
            into: Id or exact name of the one DataSet that everything goes into, None for one DataSet for each.
            name: What DataSets are called, with ``{name}``, the name of the file or in the manifest, and ``{folder}``.
            update_method: ``REPLACE``, ``APPEND`` or ``UPSERT``.
            key_columns: Columns that make two rows the same, for ``UPSERT``.
            evolve: Give DataSets columns that they do not have, and widen types where nothing is lost.
            missing_columns: ``refuse`` or ``null``: what to do about columns that do not come.
            options: What is different for some DataSets, by id or by name; names may have ``*`` and ``?``.
            state: File that keeps what was pushed. None for ``.domo-async/push.json`` in the folder of the files.
            concurrency: How many DataSets are on their way at a time.
            memory: Bytes that rows on their way may take; with little, fewer DataSets at a time. None for no bound
                but `concurrency`.
            part_size: Bytes of CSV per part, before compression.
            refresh: Write what has not changed, too; not with ``APPEND``.
            verify: Read all files although size and time are those of the last time, and replace what others have
                written to since.
            unsettled: What to do if Domo cannot tell whether rows were appended: ``refuse``, or what you have found
                out: ``done`` or ``again``.
            retries: How often a DataSet is begun again after any error that waiting can cure.
            patience: Seconds for which it is begun again beyond that, while Domo is not there, 0 for none.
            max_failures: DataSets that may fail before the push is stopped, None for any number.
            fail_fast: Stop with the first failure.
            on_event: Called with each event; must not block.

        Returns:
            What became of each DataSet. One that failed does not stop the others.

        Raises:
            TargetError: What was pushed cannot be written down or read, or another push is at work.
            PushError: More DataSets failed than may.
            AuthenticationError: The credentials were refused.
            InvalidArgumentError: An argument makes no sense, or two files are meant for one DataSet; nothing was sent.
            CallError: The listing failed.

        Example:
            ::

                report = await domo.push("lake/*.parquet", update_method="REPLACE")
                report.raise_for_failures()
        """
        from domo_async.jobs.push import push
        from domo_async.jobs.push_options import PushOptions

        watcher = self._session.engine.watcher
        with nullcontext(on_event) if watcher is None else watcher.push(on_event) as listener:
            return await push(
                self.datasets,
                self.streams,
                source,
                api_url=self.api_url,
                into=into,
                name=name,
                common=PushOptions(
                    update_method=update_method,
                    key_columns=key_columns,
                    evolve=evolve,
                    missing_columns=missing_columns,
                ),
                options=options,
                state=state,
                concurrency=concurrency,
                memory=memory,
                part_size=part_size,
                refresh=refresh,
                verify=verify,
                unsettled=unsettled,
                retries=retries,
                patience=patience,
                max_failures=max_failures,
                fail_fast=fail_fast,
                on_event=listener,
            )

    async def plan_push(
        self,
        source: PushSource,
        *,
        into: str | None = None,
        name: str = "{name}",
        update_method: StreamUpdateMethod = "REPLACE",
        key_columns: Sequence[str] = (),
        evolve: bool = False,
        missing_columns: MissingColumns = "refuse",
        options: Mapping[str, PushOptions] | None = None,
        state: str | os.PathLike[str] | None = None,
        refresh: bool = False,
        verify: bool = False,
    ) -> PushPlan:
        """Say what `push` with the same arguments would do, and do nothing.

        Whether a write that was cut off went in is not asked, and columns are not compared.

        Returns:
            For each DataSet what would be done and why.

        Raises:
            TargetError: What was pushed cannot be read.
            InvalidArgumentError: An argument makes no sense.
            CallError: The listing failed.

        Example:
            ::

                print(await domo.plan_push("lake"))
        """
        from domo_async.jobs.push import plan_push
        from domo_async.jobs.push_options import PushOptions

        return await plan_push(
            self.datasets,
            source,
            api_url=self.api_url,
            into=into,
            name=name,
            common=PushOptions(
                update_method=update_method,
                key_columns=key_columns,
                evolve=evolve,
                missing_columns=missing_columns,
            ),
            options=options,
            state=state,
            refresh=refresh,
            verify=verify,
        )

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
