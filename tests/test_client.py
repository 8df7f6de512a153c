"""The facade: one client for an application, copies with other patience, a clean end, a light start."""

import copy
import json
import pickle
import subprocess
import sys
from datetime import timedelta

import anyio
import httpx
import pytest

import domo_async
from domo_async import AsyncDomo, ClientCredentials, DomoAuth
from domo_async.errors import (
    CallTimeoutError,
    ClientClosedError,
    ConfigurationError,
    DomoError,
    InvalidArgumentError,
    InvalidCredentialsError,
    ServerError,
)

TOKEN = {"access_token": "the-token", "expires_in": 3599, "scope": "data"}
HEAVY = ("aiohttp", "duckdb", "isal", "numpy", "pandas", "polars", "pyarrow", "starlette", "trio", "typer", "uvicorn")


class Served(httpx.AsyncBaseTransport):
    """A transport of the user's own: answers every call, and knows whether it was closed."""

    def __init__(self, answer=lambda request: httpx.Response(200, json=[])):
        self.answer = answer
        self.grants = 0
        self.calls = []
        self.closed = False

    async def handle_async_request(self, request):
        if request.url.path == "/oauth/token":
            self.grants += 1
            return httpx.Response(200, json=TOKEN)
        self.calls.append(request)
        return self.answer(request)

    async def aclose(self):
        self.closed = True


@pytest.fixture
def served():
    return Served()


@pytest.mark.anyio
class TestCopies:
    async def test_a_copy_shares_token_limits_and_connections(self, served):
        async with AsyncDomo("id", "secret", transport=served) as domo:
            patient = domo.with_options(deadline=None, timeout=timedelta(minutes=5))
            await domo.datasets.list()
            await patient.datasets.list()
            await patient.with_options(retries=0).datasets.list()

            assert served.grants == 1
            assert domo.auth is patient.auth
            assert domo.stats == patient.stats
            assert domo.stats.calls == 3

    async def test_a_copy_has_patience_of_its_own_and_the_original_keeps_its(self, served):
        async with AsyncDomo("id", "secret", transport=served, timeout=60, connect_timeout=7) as domo:
            await domo.with_options(timeout=5).datasets.list()
            await domo.datasets.list()

        timeouts = [call.extensions["timeout"] for call in served.calls]
        assert [(timeout["read"], timeout["connect"]) for timeout in timeouts] == [(5, 7), (60, 7)]

    async def test_copies_keep_what_was_not_changed(self, served):
        served.answer = lambda request: httpx.Response(500)
        async with AsyncDomo("id", "secret", transport=served, retries=0) as domo:
            with pytest.raises(ServerError) as caught:
                await domo.with_options(timeout=5).with_options(deadline=9).datasets.list()

        assert caught.value.attempts == 1
        assert served.calls[0].extensions["timeout"]["read"] == 5

    async def test_closing_a_copy_closes_nothing(self, served):
        async with AsyncDomo("id", "secret", transport=served) as domo:
            twin = domo.with_options(timeout=5)
            async with twin:
                await twin.datasets.list()
            await twin.aclose()
            await twin.datasets.list()
            await domo.datasets.list()

        with pytest.raises(ClientClosedError):
            await twin.datasets.list()

    @pytest.mark.parametrize(
        "options",
        [
            {"timeout": 0},
            {"timeout": "5"},
            {"timeout": 10**400},
            {"timeout": 1e300},
            {"deadline": -1},
            {"retries": -1},
            {"retries": 1.5},
        ],
        ids=str,
    )
    async def test_patience_that_makes_no_sense_is_refused(self, served, options):
        with pytest.raises(InvalidArgumentError, match=next(iter(options))):
            AsyncDomo("id", "secret").with_options(**options)
        with pytest.raises(InvalidArgumentError, match=next(iter(options))):
            AsyncDomo("id", "secret", **options)


@pytest.mark.anyio
class TestLife:
    async def test_it_works_without_async_with(self, served):
        domo = AsyncDomo("id", "secret", transport=served)
        await domo.datasets.list()
        await domo.aclose()

        assert served.grants == 1

    async def test_it_may_be_closed_twice_and_unused(self, served):
        domo = AsyncDomo("id", "secret")
        await domo.aclose()
        await domo.aclose()

        with pytest.raises(ClientClosedError, match="async with AsyncDomo"):
            await domo.datasets.list()
        with pytest.raises(ClientClosedError):
            await domo.token()
        with pytest.raises(ClientClosedError):
            await domo.request("GET", "/v1/datasets")

    async def test_what_the_caller_lent_is_not_closed(self, served):
        async with AsyncDomo("id", "secret", transport=served) as domo:
            await domo.datasets.list()
        assert not served.closed

        async with httpx.AsyncClient(transport=served) as client:
            async with AsyncDomo("id", "secret", transport=served, http_client=client) as domo:
                await domo.datasets.list()
            assert not client.is_closed

    async def test_the_callers_own_client_carries_the_calls(self, served):
        grants = Served()
        async with (
            httpx.AsyncClient(transport=served, headers={"X-Mine": "1"}) as client,
            AsyncDomo("id", "secret", transport=grants, http_client=client) as domo,
        ):
            await domo.datasets.list()

        assert (grants.grants, grants.calls) == (1, [])
        assert served.calls[0].headers["x-mine"] == "1"
        assert served.calls[0].headers["authorization"] == "Bearer the-token"

    async def test_the_token_and_the_auth_are_there_to_be_used(self, served):
        async with AsyncDomo("id", "secret", transport=served) as domo:
            assert (await domo.token()).has_scope("data")
            assert isinstance(domo.auth, DomoAuth)
            async with httpx.AsyncClient(auth=domo.auth, transport=served) as client:
                await client.get("https://api.domo.com/v1/anything")

        assert served.grants == 1
        assert served.calls[0].headers["authorization"] == "Bearer the-token"

    async def test_it_shows_where_it_is_and_no_secret(self, served):
        domo = AsyncDomo("the-id", "s3cr3t", transport=served)
        assert repr(domo) == "<AsyncDomo https://api.domo.com>"
        await domo.aclose()
        assert repr(domo) == "<AsyncDomo https://api.domo.com closed>"
        assert repr(domo.with_options(timeout=1)) == "<AsyncDomo https://api.domo.com closed>"

    async def test_a_live_client_is_not_copied_or_pickled(self):
        domo = AsyncDomo("id", "secret")
        for copier in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="ship its settings and build one in each process"):
                copier(domo)

    async def test_a_grant_that_hangs_ends_with_the_call(self):
        class Silent(httpx.AsyncBaseTransport):
            async def handle_async_request(self, request):
                await anyio.sleep_forever()

        async with AsyncDomo("id", "secret", transport=Silent(), deadline=0.1) as domo:
            with (
                anyio.fail_after(5),
                pytest.raises(CallTimeoutError, match=r"datasets\.list: GET /v1/datasets: No answer"),
            ):
                await domo.datasets.list()

    async def test_a_secret_that_rotates_in_the_environment_is_seen_without_a_restart(self, monkeypatch):
        secrets = []
        dead = set()

        class Domo(httpx.AsyncBaseTransport):
            async def handle_async_request(self, request):
                if request.url.path == "/oauth/token":
                    secrets.append(request.headers["authorization"])
                    if len(secrets) == 2:
                        return httpx.Response(401, json={"error": "invalid_client"})
                    return httpx.Response(200, json={"access_token": f"token-{len(secrets)}", "expires_in": 60})
                refused = request.headers["authorization"] in dead
                return httpx.Response(401) if refused else httpx.Response(200, json=[])

        monkeypatch.setenv("DOMO_CLIENT_ID", "id")
        monkeypatch.setenv("DOMO_CLIENT_SECRET", "old")
        async with AsyncDomo(transport=Domo()) as domo:
            await domo.datasets.list()
            monkeypatch.setenv("DOMO_CLIENT_SECRET", "new")
            dead.add("Bearer token-1")
            await domo.datasets.list()

        assert secrets[0] == secrets[1] != secrets[2]

    async def test_credentials_that_are_refused_say_where_to_look(self):
        def serve(request):
            return httpx.Response(401, json={"status": 401, "message": "Bad credentials", "toe": "T-1"})

        async with AsyncDomo("id", "secret", transport=httpx.MockTransport(serve)) as domo:
            with pytest.raises(InvalidCredentialsError, match="Check DOMO_CLIENT_ID and DOMO_CLIENT_SECRET") as caught:
                await domo.datasets.list()

        assert (caught.value.operation, caught.value.toe, caught.value.attempts) == ("oauth.token", "T-1", 1)


def test_a_provider_takes_the_place_of_both_credentials():
    async def vault():
        return ClientCredentials("id", "secret")

    assert repr(AsyncDomo(credentials=vault)) == "<AsyncDomo https://api.domo.com>"
    with pytest.raises(ConfigurationError, match="together"):
        AsyncDomo("id", credentials=vault)


@pytest.mark.parametrize("deadline", [0, -1, float("nan"), True, "30", 10**400])
def test_the_grant_deadline_is_a_length_of_time(deadline):
    with pytest.raises(InvalidArgumentError, match="grant_deadline"):
        AsyncDomo("id", "secret", grant_deadline=deadline)


@pytest.mark.parametrize("options", [{"api_url": 5}, {"scopes": 5}, {"requests_per_second": "4"}], ids=str)
def test_settings_of_another_type_are_refused_by_name(options):
    with pytest.raises(DomoError, match=r"API URL|scopes|requests_per_second"):
        AsyncDomo("id", "secret", **options)


@pytest.mark.anyio
async def test_the_grant_deadline_may_be_a_timedelta(served):
    async with AsyncDomo("id", "secret", transport=served, grant_deadline=timedelta(seconds=30)) as domo:
        assert (await domo.token()).scopes == {"data"}


# Importing


def loaded_by(program):
    """Modules that are loaded after `program` ran in an interpreter of its own."""
    report = "\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program + report], check=True, capture_output=True, text=True)
    return set(json.loads(done.stdout))


def heavy(modules):
    return {name for name in modules if name.partition(".")[0] in HEAVY}


def test_importing_loads_nothing_heavy_and_no_family():
    loaded = loaded_by("import domo_async")

    assert not heavy(loaded)
    assert not {
        name for name in loaded if name.startswith(("domo_async.api.", "domo_async.jobs", "domo_async.tabular"))
    }


def test_using_every_public_name_loads_nothing_heavy_and_no_family():
    names = ", ".join(domo_async.__all__)
    loaded = loaded_by(f"from domo_async import {names}\nAsyncDomo('id', 'secret')")

    assert not heavy(loaded) - loaded_by("import httpcore"), "httpcore loads trio where it is installed"
    assert not {name for name in loaded if name.startswith(("domo_async.api.", "domo_async.jobs"))}


def test_rich_is_there_only_if_httpx_brought_it():
    brought = {name for name in loaded_by("import httpx") if name.partition(".")[0] in {"rich", "click"}}
    loaded = {
        name for name in loaded_by("from domo_async import AsyncDomo") if name.partition(".")[0] in {"rich", "click"}
    }

    assert loaded == brought


def test_a_family_is_loaded_when_it_is_asked_for():
    before = loaded_by("from domo_async import AsyncDomo\ndomo = AsyncDomo('id', 'secret')")
    after = loaded_by("from domo_async import AsyncDomo\ndomo = AsyncDomo('id', 'secret')\ndomo.datasets")

    assert "domo_async.api.datasets" in after - before
    assert not heavy(after - before)


def test_the_clock_of_importtime_says_the_same():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import domo_async"], check=True, capture_output=True, text=True
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "|" in line}

    assert "domo_async" in imported
    assert not heavy(imported)


def test_everything_exported_is_there_and_sorted():
    assert list(domo_async.__all__) == sorted(domo_async.__all__)
    for name in domo_async.__all__:
        assert getattr(domo_async, name)
