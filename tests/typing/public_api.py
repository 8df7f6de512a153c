# pyright: strict, reportUnnecessaryTypeIgnoreComment=true
"""Usages that must type-check, for mypy and pyright in strict mode. Never run.

``assert_type`` holds what a reader of the documentation expects an expression to be.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import assert_type

import httpx
from pydantic import SecretStr

from domo_async import (
    AccessToken,
    AsyncDomo,
    ClientCredentials,
    DomoAuth,
    DomoError,
    FileTokenStore,
    Page,
    Pager,
    RedisTokenStore,
    Tenants,
    TokenStore,
    no_credentials,
)
from domo_async.errors import (
    AuthenticationError,
    CallError,
    CallTimeoutError,
    InsufficientScopeError,
    MissingExtraError,
    PullError,
    PushError,
    RateLimitError,
    StatusError,
)
from domo_async.integrations.opentelemetry import OpenTelemetry
from domo_async.jobs import (
    Action,
    Chronicle,
    DataSetChange,
    DataSetChanged,
    DataSetOptions,
    DataSetWatch,
    PlannedTransfer,
    PlannedUpload,
    PullEvent,
    PullPlan,
    PullReport,
    PushEvent,
    PushOptions,
    PushPlan,
    PushReport,
    Selection,
    Transfer,
    TransferFailed,
    TransferFinished,
    Upload,
    UploadFailed,
    UploadFinished,
    WatchState,
)
from domo_async.models import (
    Column,
    ColumnType,
    DataSet,
    DataSetSummary,
    Owner,
    Policy,
    Schema,
    UpdateMethod,
    UploadedRows,
    WriteResult,
)
from domo_async.observing import (
    Attempt,
    AttemptObservation,
    Call,
    CallObservation,
    Observer,
    PullObservation,
    PushObservation,
    WaitReason,
)


async def vault() -> ClientCredentials:
    return ClientCredentials("id", SecretStr("secret"))


def construction(transport: httpx.AsyncBaseTransport, client: httpx.AsyncClient) -> None:
    AsyncDomo()
    AsyncDomo("id", "secret")
    AsyncDomo(client_id="id", client_secret=SecretStr("secret"), scopes=["data", "user"])
    AsyncDomo(credentials=vault, scopes="data user", api_url="https://api.domo.com")
    AsyncDomo(timeout=5, connect_timeout=timedelta(seconds=3), deadline=None, retries=0, concurrency=(4, 64))
    AsyncDomo(transport="auto")
    AsyncDomo(transport="httpx", verify=False, proxy="http://proxy:3128", trust_env=False)
    AsyncDomo(transport=transport, grant_method="POST", grant_deadline=timedelta(minutes=1))
    AsyncDomo(http_client=client)
    DomoAuth()
    DomoAuth("id", "secret", scopes=("data",), timeout=5, deadline=10.0, transport=transport)
    DomoAuth(credentials=vault, grant_method="POST")
    ClientCredentials("id", "secret")
    ClientCredentials(client_id="id", client_secret="secret")


async def vault_of(name: str) -> ClientCredentials:
    return ClientCredentials(name, "secret")


class Store:
    async def load(self, key: str) -> bytes | None: ...

    async def save(self, key: str, value: bytes, *, instead_of: bytes | None, lifetime: float) -> bool:
        return True

    async def acquire(self, key: str, *, wait: float) -> Callable[[], Awaitable[None]] | None: ...


def shared() -> None:
    AsyncDomo(token_store="folder")
    AsyncDomo(token_store=Path("folder"))
    AsyncDomo(token_store=None)
    AsyncDomo(profile="work", token_store=FileTokenStore("folder"))
    DomoAuth(token_store=RedisTokenStore("rediss://host", prefix="mine:"))
    store: TokenStore = Store()
    AsyncDomo(token_store=store)
    assert_type(FileTokenStore(Path("folder")).path, Path)


def tenants(domo: AsyncDomo) -> None:
    assert_type(domo.for_client("id", "secret"), AsyncDomo)
    domo.for_client(credentials=vault, scopes=["data"], concurrency=(1, 4), requests_per_second=2.5)
    registry = Tenants(AsyncDomo(credentials=no_credentials), vault_of, most=10, scopes="data", concurrency=2)
    assert_type(registry["acme"], AsyncDomo)
    assert_type(len(registry), int)
    registry.forget("acme")
    assert_type(domo.auth.for_client("id", SecretStr("secret")), DomoAuth)


async def auth_alone() -> None:
    auth = DomoAuth(client_id="id", client_secret="secret")
    async with httpx.AsyncClient(auth=auth, base_url="https://api.domo.com") as client:
        await client.get("/v1/datasets", auth=auth)
    token = assert_type(await auth.token(), AccessToken)
    assert_type(token.access_token, SecretStr)
    assert_type(token.expires_in, float | None)
    assert_type(token.scopes, frozenset[str])
    assert_type(token.has_scope("data"), bool)
    assert_type(token.claims, dict[str, object] | None)
    assert_type(auth.grants, int)


async def calls() -> None:
    async with AsyncDomo() as domo:
        assert_type(domo, AsyncDomo)
        assert_type(domo.with_options(timeout=5, retries=0), AsyncDomo)
        assert_type(await domo.token(), AccessToken)
        assert_type(domo.auth, DomoAuth)
        assert_type(domo.api_url, str)
        assert_type(domo.stats.in_flight, int)
        answer = await domo.request("GET", "/v1/datasets", query={"limit": 1, "nameLike": None, "flag": True})
        assert_type(answer.status, int)
        assert_type(answer.headers, dict[str, str])
        assert_type(answer.body, bytes)
        await domo.request("POST", "/v1/new", json={"a": [1, None, "x"]})
        await domo.request("PUT", "/v1/new", content=b"", content_type="text/csv")


async def listings(domo: AsyncDomo) -> None:
    pager = assert_type(domo.datasets.list(name_like="sales", sort="name", limit=10), Pager[DataSetSummary])
    assert_type(await pager, Page[DataSetSummary])
    assert_type(await pager.collect(), list[DataSetSummary])
    pages: AsyncIterator[Page[DataSetSummary]] = pager.pages()
    assert_type(await anext(pages), Page[DataSetSummary])
    async for dataset in pager:
        assert_type(dataset, DataSetSummary)
        assert_type(dataset.id, str)
        assert_type(dataset.name, str | None)
        assert_type(dataset.owner, Owner | None)
    async for page in pager.pages():
        assert_type(page.next_offset, int)
        assert_type(page[0], DataSetSummary)
        assert_type(page[:2], Sequence[DataSetSummary])


async def members(domo: AsyncDomo, user_ids: list[str]) -> None:
    assert_type(domo.groups.list_members(1), Pager[int])
    assert_type(await domo.projects.list_members("2"), Page[int])
    await domo.groups.set_members("1", user_ids)
    await domo.projects.set_members(2, [27])


async def datasets(domo: AsyncDomo) -> None:
    dataset = assert_type(await domo.datasets.get("7"), DataSet)
    assert_type(dataset.schema, Schema | None)
    assert_type(dataset.updated_at, datetime | None)
    assert_type(dataset.policies, list[Policy])
    if dataset.schema is not None:
        assert_type(dataset.schema.columns, list[Column])
        assert_type(dataset.schema.columns[0].type, ColumnType | str)
        assert_type(dataset.schema.names, list[str])
    async with domo.datasets.export("7", include_header=True) as body:
        async for chunk in body:
            assert_type(chunk, bytes)
        assert_type(body.received, int)


class Frame:
    """Whatever speaks Arrow's C interface."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return requested_schema


async def writes(domo: AsyncDomo, path: Path) -> None:
    done = assert_type(await domo.datasets.write("Sales", Frame(), update_method="APPEND"), WriteResult)
    assert_type(done.rows, int)
    assert_type(done.stream_id, int | str | None)
    await domo.datasets.write("Sales", "sales.parquet", schema={"n": "LONG"}, evolve=True, description="ours")
    await domo.datasets.write("Sales", path, update_method=UpdateMethod.UPSERT, key_columns=["n"])
    await domo.datasets.write("Sales", path, wait_timeout=timedelta(minutes=5), on_progress=lambda rows, size: None)
    async with domo.streams.execution(7) as execution:
        assert_type(await execution.upload(path), UploadedRows)
    assert_type(await domo.streams.schema(7), Schema)
    await domo.datasets.write("Sales", path, update_method="append")  # type: ignore[arg-type]
    await domo.datasets.write("Sales", 5)  # type: ignore[arg-type]


def on_pull(event: PullEvent) -> None:
    match event:
        case TransferFinished(transfer=transfer):
            assert_type(transfer, Transfer)
        case TransferFailed(transfer=transfer):
            assert_type(transfer.error, DomoError | None)
        case _:
            assert_type(event.at, float)


def on_push(event: PushEvent) -> None:
    match event:
        case UploadFinished(upload=upload):
            assert_type(upload, Upload)
        case UploadFailed(upload=upload):
            assert_type(upload.error, DomoError | None)
        case _:
            assert_type(event.at, float)


async def pulls(domo: AsyncDomo, path: Path) -> None:
    selection = (Selection.names("sales*") | Selection.ids("7")) & Selection.owned_by("Ana", "27")
    plan = assert_type(await domo.plan_pull(selection, to=path), PullPlan)
    assert_type(plan.transfers, tuple[PlannedTransfer, ...])
    assert_type(plan.transfers[0].action, Action | None)
    report = assert_type(await domo.pull(selection, to="lake", on_event=on_pull), PullReport)
    assert_type(report.ok, bool)
    assert_type(report.failed, tuple[Transfer, ...])
    assert_type(report.transfers[0].path, Path | None)
    assert_type(report.chronicle, Chronicle | None)
    assert_type(report.save("report.html"), Path)
    report.raise_for_failures()
    options = {"Flights": DataSetOptions(range_column="minutes", ranges=8), "7": DataSetOptions(format="csv")}
    await domo.pull(["7", "8"], to=path, format="csv.gz", names="id", decimal=(38, 9), options=options, memory=2**28)
    await domo.pull(domo.datasets.list(name_like="sales"), to="s3://bucket/lake", patience=0, max_failures=3)
    try:
        await domo.pull(["7"], to=path, fail_fast=True)
    except PullError as error:
        assert_type(error.report, PullReport)
    await domo.pull(["7"], to=path, format="xlsx")  # type: ignore[arg-type]
    await domo.pull(["7"], to=path, on_event=on_push)  # type: ignore[arg-type]


async def pushes(domo: AsyncDomo, path: Path) -> None:
    plan = assert_type(await domo.plan_push("lake/*.parquet", update_method="APPEND"), PushPlan)
    assert_type(plan.uploads, tuple[PlannedUpload, ...])
    report = assert_type(await domo.push(path, on_event=on_push), PushReport)
    assert_type(report.uploads, tuple[Upload, ...])
    assert_type(report.uploads[0].dataset_id, str | None)
    report.raise_for_failures()
    options = {"Cities": PushOptions(update_method="UPSERT", key_columns=["city"], schema={"n": "LONG"})}
    await domo.push([path, "more"], into="Sales", options=options, state=path / "push.json", unsettled="done")
    await domo.push(path, update_method=UpdateMethod.UPSERT, key_columns=["n"], missing_columns="null", evolve=True)
    try:
        await domo.push(path, max_failures=0)
    except PushError as error:
        assert_type(error.report, PushReport)
    await domo.push(path, unsettled="maybe")  # type: ignore[arg-type]
    await domo.push(path, on_event=on_pull)  # type: ignore[arg-type]


async def watches(domo: AsyncDomo) -> None:
    watch = assert_type(domo.watch(Selection.names("sales*"), every=300), DataSetWatch)
    async with watch as changes:
        async for change in changes:
            assert_type(change, DataSetChange)
            assert_type(change.dataset_id, str)
            if isinstance(change, DataSetChanged):
                assert_type(change.dataset, DataSetSummary)
    state = assert_type(watch.state, WatchState)
    domo.watch(["7"], since=state)


class Waits(CallObservation):
    def waited(self, reason: WaitReason, seconds: float) -> None:
        assert_type(reason, WaitReason)

    def attempt(self, number: int) -> AttemptObservation | None:
        return Answers()

    def failed(self, error: CallError, wait: float) -> None:
        assert_type(error.attempts, int)


class Answers(AttemptObservation):
    def headers(self) -> dict[str, str]:
        return {"traceparent": "00-1-2-01"}

    def ended(self, attempt: Attempt) -> None:
        assert_type(attempt.status, int | None)
        assert_type(attempt.error, BaseException | None)


class Pulls(PullObservation):
    def event(self, event: PullEvent) -> None:
        on_pull(event)


class Pushes(PushObservation):
    def event(self, event: PushEvent) -> None:
        on_push(event)


class Watching(Observer):
    def call(self, call: Call) -> CallObservation | None:
        assert_type(call.route, str | None)
        return Waits()

    def pull(self) -> PullObservation | None:
        return Pulls()

    def push(self) -> PushObservation | None:
        return Pushes()


def observed() -> None:
    AsyncDomo(observer=Watching())
    AsyncDomo(observer=OpenTelemetry())
    DomoAuth("id", "secret", observer=Watching())
    AsyncDomo(observer=print)  # type: ignore[arg-type]


async def failures(domo: AsyncDomo) -> None:
    try:
        await domo.datasets.get("7")
    except RateLimitError as error:
        assert_type(error.retry_after, float | None)
    except InsufficientScopeError as error:
        assert_type(error.required_scope, str | None)
    except AuthenticationError as error:
        assert_type(error.status, int)
    except StatusError as error:
        assert_type(error.toe, str | None)
        assert_type(error.fresh(), StatusError)
    except CallTimeoutError as error:
        assert_type(error.phase, str)
    except CallError as error:
        assert_type(error.operation, str | None)
        assert_type(error.attempts, int)
    except MissingExtraError as error:
        assert_type(error.extra, str)
    except DomoError as error:
        assert_type(error.retryable, bool)
        assert_type(error.hint, str | None)


def misuse() -> None:
    # Each line must be refused: both checkers report an ignore that is not needed.
    AsyncDomo(clientid="id")  # type: ignore[call-arg]
    AsyncDomo(transport="requests")  # type: ignore[arg-type]
    AsyncDomo(grant_method="PUT")  # type: ignore[arg-type]
    AsyncDomo().datasets.list(sort="size")  # type: ignore[arg-type]
    DomoAuth(credentials=lambda: ClientCredentials("id", "s"))  # type: ignore[arg-type, return-value]
