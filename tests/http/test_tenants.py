"""Many credentials over one set of connections: nothing of one tenant reaches another, and none holds up the others."""

import asyncio
import base64
import contextlib
import gc
import json
import threading
import tracemalloc
import weakref

import anyio
import httpx
import pytest
import trio
from anyio import wait_all_tasks_blocked
from anyio.lowlevel import checkpoint

from domo_async import AsyncDomo, ClientCredentials, Tenants, no_credentials
from domo_async.errors import (
    ClientClosedError,
    InvalidArgumentError,
    InvalidCredentialsError,
    MissingCredentialsError,
    RateLimitError,
    ServerError,
)
from domo_async.http.fair_share import FairShare

pytestmark = pytest.mark.anyio

ORIGIN = "https://api.domo.com"


@pytest.fixture
def anyio_backend(request):
    carrier = request.getfixturevalue("carrier") if "carrier" in request.fixturenames else None
    return carrier.backend if carrier is not None else request.param


def pytest_generate_tests(metafunc):
    if "anyio_backend" in metafunc.fixturenames and "carrier" not in metafunc.fixturenames:
        metafunc.parametrize("anyio_backend", ["asyncio", "trio"], indirect=True)


class House:
    """A server that grants each client a token of its own, and remembers whose token came with which call."""

    def __init__(self, wire):
        self.silent = set()  # clients whose token requests are not answered
        self.refused = set()  # bearers that are not accepted any more
        self.held = set()  # clients whose calls are not answered before `answer` says so
        self._gate = threading.Semaphore(0)
        self.arrivals = []
        self.granting = self.most_granting = 0
        self.generations = {}
        self._mutex = threading.Lock()
        self.server = wire.serve(self._script)
        self.server.grants_tokens = False

    @property
    def url(self):
        return self.server.url

    def answer(self, calls=10_000):
        """Let so many of the calls be answered that are held."""
        self._gate.release(calls)

    def _script(self, peer):
        while True:
            request = peer.read_request()
            if request.path.startswith("/oauth/token"):
                self._grant(peer, request)
            else:
                self._answer(peer, request)

    def _grant(self, peer, request):
        client = base64.b64decode(request.headers["authorization"].split()[1]).decode().partition(":")[0]
        with self._mutex:
            self.granting += 1
            self.most_granting = max(self.most_granting, self.granting)
        if client in self.silent:
            peer.wait_until_client_leaves()
        with self._mutex:
            self.granting -= 1
            number = self.generations[client] = self.generations.get(client, 0) + 1
        token = {"access_token": f"{client}.{number}", "expires_in": 3599}
        peer.respond(body=json.dumps(token).encode(), close=True)

    def _answer(self, peer, request):
        bearer = request.headers["authorization"].removeprefix("Bearer ")
        self.arrivals.append((request.path.rpartition("/")[2], bearer, peer.number))
        client = bearer.partition(".")[0]
        if client in self.held:
            self._gate.acquire(timeout=30)
        if bearer in self.refused:
            peer.respond(401, b'{"message": "expired"}')
        elif client.startswith("busy"):
            peer.respond(429, b"{}", headers={"Retry-After": "100"})
        elif client.startswith("broken"):
            peer.respond(500)
        else:
            peer.respond(body=json.dumps({"for": client}).encode())


@pytest.fixture
def house(wire):
    house = House(wire)
    yield house
    house.answer()


def landlord(house, transport="httpx", **options):
    return AsyncDomo(credentials=no_credentials, api_url=house.url, transport=transport, **options)


async def call(client, name):
    """Ask in the name of a client, and see that the answer is for it."""
    answer = await client.request("GET", f"/v1/tenants/{name}")
    assert json.loads(answer.body) == {"for": name}


async def at_once(*calls):
    async with anyio.create_task_group() as tasks:
        for function, *arguments in calls:
            tasks.start_soon(function, *arguments)


class TestApart:
    async def test_no_bearer_ever_travels_with_a_call_of_another_tenant(self, house, carrier):
        async with landlord(house, carrier.transport, concurrency=4) as domo:
            names = [f"tenant-{number}" for number in range(12)]
            tenants = {name: domo.for_client(name, "secret") for name in names}
            for _ in range(3):
                await at_once(*((call, tenants[name], name) for name in names * 5))
                house.refused |= {f"{name}.{generation}" for name, generation in house.generations.items()}

        assert len(house.arrivals) > 12 * 15
        assert [arrival for arrival in house.arrivals if arrival[0] != arrival[1].partition(".")[0]] == []
        assert house.generations == dict.fromkeys(names, 3)
        assert len({connection for *_, connection in house.arrivals}) <= 4, "and all went over the same connections"

    async def test_a_download_and_a_call_of_two_tenants_do_not_mix(self, house, carrier):
        async with landlord(house, carrier.transport, concurrency=2) as domo:
            one, two = domo.for_client("one", "s"), domo.for_client("two", "s")
            async with one.datasets.export("one") as body:
                await call(two, "two")
                assert b"one" in b"".join([chunk async for chunk in body])

        assert [bearer for _, bearer, _ in house.arrivals] == ["one.1", "two.1"]

    async def test_each_has_numbers_of_its_own(self, house):
        async with landlord(house) as domo:
            fine, broken = domo.for_client("fine", "s"), domo.for_client("broken", "s")
            await call(fine, "fine")
            with pytest.raises(ServerError):
                await broken.with_options(retries=1, deadline=5).request("GET", "/v1/x")

            assert (fine.stats.calls, fine.stats.failures, fine.stats.grants) == (1, 0, 1)
            assert (broken.stats.calls, broken.stats.retries, broken.stats.failures) == (1, 1, 1)
            assert (domo.stats.calls, domo.stats.grants) == (0, 0)

    async def test_each_has_a_retry_budget_of_its_own(self, house):
        async with landlord(house) as domo:
            one, two = domo.for_client("one", "s"), domo.for_client("two", "s")
            while one._session.engine.budget.take():
                pass
            assert two._session.engine.budget.take()

    async def test_scopes_and_patience_come_from_the_parent_unless_said_otherwise(self):
        asked = []

        def serve(request):
            if request.url.path == "/oauth/token":
                asked.append(request.url.params.get("scope"))
                return httpx.Response(200, json={"access_token": "t", "expires_in": 60})
            assert request.extensions["timeout"]["read"] == 7
            return httpx.Response(200, json=[])

        async with AsyncDomo("id", "s", scopes=["data"], timeout=7, transport=httpx.MockTransport(serve)) as domo:
            for scopes in ({}, {"scopes": "user"}, {"scopes": ()}):
                await domo.for_client("other", "s", **scopes).datasets.list()
            # A copy with other patience hands it on.
            patient = domo.with_options(timeout=7).for_client("another", "s")
            await patient.datasets.list()

        assert asked == ["data", "user", None, "data"]

    @pytest.mark.parametrize("given", [{}, {"client_id": "id"}, {"client_secret": "s"}, {"client_id": ""}], ids=str)
    async def test_the_environment_is_not_read_for_others(self, monkeypatch, given):
        monkeypatch.setenv("DOMO_CLIENT_ID", "mine")
        monkeypatch.setenv("DOMO_CLIENT_SECRET", "s3cret")
        with pytest.raises(MissingCredentialsError, match="for_client needs"):
            AsyncDomo().for_client(**given)

    async def test_a_client_that_only_lends_its_connections_says_so(self, house):
        async with landlord(house) as domo:
            with pytest.raises(MissingCredentialsError, match="no credentials of its own"):
                await domo.datasets.list()


class TestFairness:
    async def test_a_pause_of_one_tenant_is_none_of_the_others(self, house, carrier):
        async with landlord(house, carrier.transport, concurrency=4) as domo:
            busy = domo.for_client("busy", "s", concurrency=4)
            with pytest.raises(RateLimitError):
                await busy.with_options(retries=0).request("GET", "/v1/x")
            assert busy.stats.paused_for > 90

            async with anyio.create_task_group() as tasks:
                for _ in range(20):
                    tasks.start_soon(busy.with_options(deadline=None).request, "GET", "/v1/x")
                await wait_all_tasks_blocked()
                other = domo.for_client("other", "s")
                with anyio.fail_after(20):
                    await at_once(*((call, other, "other"),) * 20)
                assert other.stats.paused_for == 0
                tasks.cancel_scope.cancel()

    async def test_a_tenant_that_waits_for_its_token_holds_no_connection(self, house, carrier):
        house.silent.add("silent")
        async with landlord(house, carrier.transport, concurrency=4) as domo, anyio.create_task_group() as tasks:
            silent = domo.for_client("silent", "s", concurrency=4)
            for _ in range(20):
                tasks.start_soon(silent.request, "GET", "/v1/x")
            await wait_all_tasks_blocked()
            with anyio.fail_after(20):
                await at_once(*((call, domo.for_client("other", "s"), "other"),) * 20)
            tasks.cancel_scope.cancel()

    async def test_a_flood_of_one_is_served_in_turn_with_the_single_call_of_another(self, house, carrier):
        house.held.add("flood")
        async with landlord(house, carrier.transport, concurrency=4) as domo:
            flood = domo.for_client("flood", "s", concurrency=64)
            single = domo.for_client("single", "s")
            await flood.token()
            await single.token()
            async with anyio.create_task_group() as tasks:
                for _ in range(100):
                    tasks.start_soon(call, flood, "flood")
                while len(house.arrivals) < 4:
                    await anyio.sleep(0.005)
                assert (flood.stats.in_flight, flood.stats.waiting) == (4, 96)
                with anyio.fail_after(20):
                    async with anyio.create_task_group() as waiting:
                        waiting.start_soon(call, single, "single")
                        await wait_all_tasks_blocked()
                        assert single.stats.waiting == 1
                        # One connection for another of the flood, and the next one for who waits alone.
                        house.answer(2)
                assert len(house.arrivals) <= 4 + 2 + 1
                house.answer()

        assert len(house.arrivals) == 101

    async def test_answers_that_take_their_time_leave_connections_for_others(self, house, carrier):
        house.held.add("slow")
        async with landlord(house, carrier.transport, concurrency=8) as domo, anyio.create_task_group() as tasks:
            slow = domo.for_client("slow", "s")
            for _ in range(50):
                tasks.start_soon(slow.request, "GET", "/v1/tenants/slow")
            while len(house.arrivals) < 2:
                await anyio.sleep(0.005)
            with anyio.fail_after(20):
                await at_once(*((call, domo.for_client("other", "s"), "other"),) * 20)
            assert [name for name, *_ in house.arrivals].count("slow") == 2, "a quarter of the connections"
            tasks.cancel_scope.cancel()

    async def test_tenants_that_begin_together_ask_for_tokens_in_turns(self, house):
        async with landlord(house) as domo:
            names = [f"tenant-{number}" for number in range(60)]
            await at_once(*((domo.for_client(name, "s").token,) for name in names))

        assert house.generations == dict.fromkeys(names, 1)
        assert house.most_granting <= 16

    async def test_limits_of_a_tenant_are_its_own(self, house):
        house.held |= {"one", "two"}
        async with landlord(house, concurrency=8) as domo, anyio.create_task_group() as tasks:
            one, two = (domo.for_client(name, "s", concurrency=3) for name in ("one", "two"))
            for client, name in ((one, "one"), (two, "two")):
                for _ in range(10):
                    tasks.start_soon(call, client, name)
            while len(house.arrivals) < 6:
                await anyio.sleep(0.005)
            assert (one.stats.in_flight, one.stats.waiting, one.stats.limit) == (3, 7, 3)
            house.answer()


class TestTurns:
    async def test_turns_go_round(self):
        share, order = FairShare(1), []

        async def work(client, number):
            await share.take(client)
            order.append(f"{client}{number}")
            await checkpoint()
            share.give_back()

        async with anyio.create_task_group() as tasks:
            await share.take("x")
            for client, count in (("a", 4), ("b", 1), ("c", 2)):
                for number in range(count):
                    tasks.start_soon(work, client, number)
                    await wait_all_tasks_blocked()
            assert share.waiting("a") == 4
            share.give_back()

        assert order == ["a0", "b0", "c0", "a1", "c1", "a2", "a3"]
        assert (share.taken, share.waiting("a")) == (0, 0)

    async def test_a_newcomer_does_not_overtake_those_who_wait(self):
        share, order = FairShare(1), []
        await share.take("x")

        async def work(client):
            await share.take(client)
            order.append(client)
            share.give_back()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(work, "waiting")
            await wait_all_tasks_blocked()
            share.give_back()
            await work("newcomer")

        assert order == ["waiting", "newcomer"]

    async def test_turns_survive_cancelling_at_random(self):
        share = FairShare(3)
        most = 0

        async def work(client, scope):
            nonlocal most
            with scope:
                await share.take(client)
                most = max(most, share.taken)
                try:
                    await checkpoint()
                finally:
                    share.give_back()

        for step in range(1, 8):
            scopes = [anyio.CancelScope() for _ in range(60)]
            async with anyio.create_task_group() as tasks:
                for number, scope in enumerate(scopes):
                    tasks.start_soon(work, number % 5, scope)
                for scope in scopes[::step]:
                    await checkpoint()
                    scope.cancel()
            assert share.taken == 0
            assert not share._queues
        assert most == 3

    async def test_a_turn_that_came_with_the_cancelling_goes_to_the_next(self):
        share = FairShare(1)
        await share.take("x")
        got = []

        async def wait(name):
            await share.take(name)
            got.append(name)
            share.give_back()

        with anyio.fail_after(5):
            async with anyio.create_task_group() as tasks, anyio.create_task_group() as doomed:
                doomed.start_soon(wait, "doomed")
                await wait_all_tasks_blocked()
                tasks.start_soon(wait, "next")
                await wait_all_tasks_blocked()
                share.give_back()
                doomed.cancel_scope.cancel()

        assert got[-1] == "next"
        assert share.taken == 0


class TestEnd:
    async def test_closing_a_tenant_ends_its_calls_and_leaves_the_others_alone(self, house, carrier):
        house.held |= {"one", "two"}
        async with landlord(house, carrier.transport, concurrency=8) as domo, anyio.create_task_group() as tasks:
            one, two = domo.for_client("one", "s"), domo.for_client("two", "s")

            async def ended():
                with pytest.raises(ClientClosedError):
                    await one.request("GET", "/v1/tenants/one")

            tasks.start_soon(ended)
            tasks.start_soon(call, two, "two")
            while len(house.arrivals) < 2:
                await anyio.sleep(0.005)
            with anyio.fail_after(5):
                await one.aclose()
                await one.aclose()
            with pytest.raises(ClientClosedError):
                await one.datasets.list()
            assert "closed" in repr(one)
            house.answer()
            await call(two, "two")
            await call(domo.for_client("one", "s"), "one")

    async def test_closing_the_parent_ends_the_calls_of_all(self, house, carrier):
        house.held |= {"one", "two"}
        house.silent.add("silent")
        ended = []
        async with anyio.create_task_group() as tasks:
            domo = landlord(house, carrier.transport, concurrency=8)
            clients = {name: domo.for_client(name, "s") for name in ("one", "two", "silent")}

            async def call_in_vain(client, name):
                with pytest.raises(ClientClosedError):
                    await client.request("GET", f"/v1/tenants/{name}")
                ended.append(name)

            for name, client in clients.items():
                tasks.start_soon(call_in_vain, client, name)
            while len(house.arrivals) < 2 or not house.granting:
                await anyio.sleep(0.005)
            with anyio.fail_after(5):
                await domo.aclose()

        assert sorted(ended) == ["one", "silent", "two"]
        house.answer()
        assert house.server.wait_for_open(0)
        for client in (*clients.values(), domo.for_client("new", "s")):
            with pytest.raises(ClientClosedError):
                await client.datasets.list()

    async def test_a_tenant_of_a_tenant_belongs_to_the_first(self, house):
        async with landlord(house, concurrency=8) as domo:
            child = domo.for_client("child", "s", concurrency=1)
            grandchild = child.for_client("grandchild", "s")
            await child.aclose()
            await call(grandchild, "grandchild")
            assert grandchild.stats.limit == 2

    def test_a_tenant_runs_in_one_loop_after_the_other(self, house):
        domo = landlord(house)
        tenant = domo.for_client("one", "s")

        async def use():
            await call(tenant, "one")
            await domo._session.engine.lane().aclose()

        for run in (asyncio.run, lambda work: trio.run(lambda: work), asyncio.run):
            run(use())
        assert house.generations == {"one": 1}
        assert len(tenant._session.engine._lanes) <= 2


class TestWeight:
    async def test_a_tenant_that_nobody_uses_any_more_is_gone(self, house):
        async with landlord(house) as domo:
            tenant = domo.for_client("one", "s")
            await call(tenant, "one")
            traces = [weakref.ref(part) for part in (tenant, tenant.auth, tenant._session.engine)]
            lane = weakref.ref(tenant._session.engine.lane())
            del tenant
            gc.collect()

            assert [trace() for trace in (*traces, lane)] == [None] * 4
            assert len(domo._session.engine.lane().guests) == 0

    async def test_a_tenant_in_the_middle_of_a_call_stays(self, house):
        house.held.add("one")
        async with landlord(house) as domo, anyio.create_task_group() as tasks:
            tasks.start_soon(call, domo.for_client("one", "s"), "one")
            while not house.arrivals:
                await anyio.sleep(0.005)
            gc.collect()
            house.answer()

    async def test_a_thousand_tenants_take_some_megabytes(self):
        def serve(request):
            if request.url.path == "/oauth/token":
                return httpx.Response(200, json={"access_token": "t" * 1_000, "expires_in": 3600})
            return httpx.Response(200, json=[])

        async with AsyncDomo(credentials=no_credentials, transport=httpx.MockTransport(serve)) as domo:
            tenants = []

            async def add(count):
                for number in range(count):
                    tenant = domo.for_client(f"{number:036}", "s" * 64)
                    await tenant.request("GET", "/v1/x")
                    tenants.append(tenant)

            await add(20)
            gc.collect()
            tracemalloc.start()
            await add(200)
            gc.collect()
            used = tracemalloc.get_traced_memory()[0]
            tracemalloc.stop()

        assert used / 200 < 16_384, f"{used / 200:.0f} bytes each, token and lane included"


class TestRegistry:
    async def test_a_tenant_keeps_its_client_and_is_looked_up_when_it_calls(self, house):
        looked_up = []

        async def look_up(name):
            looked_up.append(name)
            return ClientCredentials(name, "s")

        async with landlord(house) as domo:
            tenants = Tenants(domo, look_up)
            assert tenants["one"] is tenants["one"]
            assert looked_up == []
            for name in ("one", "two", "one"):
                await call(tenants[name], name)

            assert looked_up == ["one", "two"]
            assert house.generations == {"one": 1, "two": 1}
            assert ("one" in tenants, "three" in tenants, len(tenants)) == (True, False, 2)

    async def test_the_one_that_was_not_needed_for_longest_is_forgotten(self, house):
        async def look_up(name):
            return ClientCredentials(name, "s")

        async with landlord(house) as domo:
            tenants = Tenants(domo, look_up, most=2)
            first, second = tenants["one"], weakref.ref(tenants["two"])
            assert tenants["one"] is first
            assert "three" not in tenants
            assert tenants["three"] is tenants["three"]
            gc.collect()
            assert ("one" in tenants, "two" in tenants, second()) == (True, False, None)

            tenants.forget("one")
            tenants.forget("nobody")
            assert tenants["one"] is not first
            await call(first, "one")

    async def test_a_secret_that_was_changed_is_looked_up_again(self):
        secrets = {"one": "old"}

        def serve(request):
            if request.url.path == "/oauth/token":
                given = base64.b64decode(request.headers["authorization"].split()[1]).decode()
                if not given.endswith(":new"):
                    return httpx.Response(401, json={"error": "invalid_client"})
                return httpx.Response(200, json={"access_token": "t", "expires_in": 3600})
            return httpx.Response(200, json=[])

        async def look_up(name):
            return ClientCredentials(name, secrets[name])

        async with AsyncDomo(credentials=no_credentials, transport=httpx.MockTransport(serve)) as domo:
            tenants = Tenants(domo, look_up)
            with pytest.raises(InvalidCredentialsError):
                await tenants["one"].datasets.list()
            secrets["one"] = "new"
            tenants.forget("one")
            await tenants["one"].datasets.list()

    async def test_an_unknown_tenant_is_an_error_of_its_calls(self, house):
        async def look_up(name):
            raise KeyError(name)

        async with landlord(house) as domo:
            with pytest.raises(MissingCredentialsError, match="KeyError"):
                await Tenants(domo, look_up)["nobody"].datasets.list()

    @pytest.mark.parametrize("most", [0, -1, True, 1.5])
    async def test_a_number_of_tenants_that_makes_no_sense_is_refused(self, most):
        with pytest.raises(InvalidArgumentError, match="most"):
            Tenants(AsyncDomo("id", "s"), None, most=most)

    async def test_threads_get_the_same_client(self, house):
        async def look_up(name):
            return ClientCredentials(name, "s")

        domo = landlord(house)
        tenants = Tenants(domo, look_up)
        found = []
        threads = [threading.Thread(target=lambda: found.append(tenants["one"])) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({id(client) for client in found}) == 1
        with contextlib.suppress(ClientClosedError):
            await domo.aclose()
