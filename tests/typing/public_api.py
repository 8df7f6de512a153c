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
    RateLimitError,
    StatusError,
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
