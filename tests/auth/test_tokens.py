"""The life of a token: grants are few, shared, ahead of time, and survive what happens to tasks and loops."""

import asyncio
import base64
import gc
import json
import pickle
import threading
import time
import traceback
from typing import Any

import anyio
import pytest
import trio
from anyio.lowlevel import checkpoint, current_token

from domo_async.auth.lifetime import DEFAULT_LIFETIME, Token
from domo_async.auth.tokens import TokenManager, _Flight
from domo_async.errors import (
    CallTimeoutError,
    ConnectionFailedError,
    DomoError,
    InvalidCredentialsError,
    NotFoundError,
    RateLimitError,
)
from domo_async.models import AccessToken


class Clock:
    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


class Endpoint:
    """A token endpoint that answers when it is told to."""

    def __init__(self, clock=None, lifetime=3600.0, **extra):
        self.requests = 0
        self.clock = clock
        self.lifetime = lifetime
        self.extra = extra
        self.failures = []
        self.gate: Any = None
        self.entered: Any = None

    def hold(self):
        self.gate, self.entered = anyio.Event(), anyio.Event()

    async def __call__(self):
        self.requests += 1
        number = self.requests
        if self.gate is not None:
            self.entered.set()
            await self.gate.wait()
        else:
            await checkpoint()
        if self.failures:
            failure = self.failures.pop(0) if len(self.failures) > 1 else self.failures[0]
            if failure is not None:
                raise failure
        facts = {"access_token": f"token-{number}", "scope": "data", **self.extra}
        if self.lifetime is not None:
            facts["expires_in"] = self.lifetime
        return AccessToken.model_validate(facts)


def refused():
    return InvalidCredentialsError("Bad credentials", status=401)


def unreachable():
    return ConnectionFailedError("nobody home")


async def no_sleep(seconds):
    await checkpoint()


def manager(endpoint, clock=None, **options):
    options.setdefault("sleep", no_sleep)
    options.setdefault("spread", lambda: 1.0)
    return TokenManager(endpoint, clock=clock or Clock(), **options)


def value(token):
    return token.granted.access_token.get_secret_value()


pytestmark = pytest.mark.anyio


async def test_a_thousand_cold_callers_make_one_grant():
    endpoint = Endpoint()
    tokens = manager(endpoint)
    got = []

    async def call():
        got.append(await tokens.get())

    async with anyio.create_task_group() as tasks:
        for _ in range(1_000):
            tasks.start_soon(call)

    assert endpoint.requests == 1
    assert {id(token) for token in got} == {id(got[0])}
    assert len(got) == 1_000


async def test_a_failure_is_shared_and_each_waiter_raises_its_own_instance():
    endpoint = Endpoint()
    endpoint.failures = [refused()]
    tokens = manager(endpoint)
    errors = []

    async def call():
        try:
            await tokens.get()
        except InvalidCredentialsError as error:
            errors.append(error)

    async with anyio.create_task_group() as tasks:
        for _ in range(1_000):
            tasks.start_soon(call)

    assert endpoint.requests == 1
    assert len(errors) == 1_000
    assert len({id(error) for error in errors}) == 1_000
    assert max(len(traceback.extract_tb(error.__traceback__)) for error in errors) < 10


async def test_a_refusal_is_remembered_for_a_few_seconds_and_then_forgotten():
    clock = Clock()
    endpoint = Endpoint()
    endpoint.failures = [refused(), None]
    tokens = manager(endpoint, clock)

    for _ in range(3):
        with pytest.raises(InvalidCredentialsError):
            await tokens.get()
    assert endpoint.requests == 1

    clock.now += 6
    assert value(await tokens.get()) == "token-2"


async def test_transient_failures_are_retried_within_the_flight():
    endpoint = Endpoint()
    endpoint.failures = [unreachable(), unreachable(), None]

    assert value(await manager(endpoint).get()) == "token-3"


async def test_the_flight_gives_up_at_its_deadline_with_the_last_real_error():
    clock = Clock()
    endpoint = Endpoint()
    endpoint.failures = [unreachable()]

    async def sleep(seconds):
        clock.now += seconds

    with pytest.raises(ConnectionFailedError) as caught:
        await manager(endpoint, clock, deadline=30.0, sleep=sleep).get()

    assert caught.value.attempts == endpoint.requests > 3
    assert 20 < caught.value.elapsed <= 30


async def test_retry_after_of_the_endpoint_is_obeyed_and_a_long_one_is_remembered():
    clock = Clock()
    endpoint = Endpoint()
    endpoint.failures = [RateLimitError("slow down", status=429, retry_after=50.0), None]
    tokens = manager(endpoint, clock, deadline=30.0)

    for _ in range(2):
        with pytest.raises(RateLimitError):
            await tokens.get()
    assert endpoint.requests == 1

    clock.now += 51
    assert value(await tokens.get()) == "token-2"


async def test_a_cancelled_leader_hands_over_and_leaves_at_once():
    endpoint = Endpoint()
    endpoint.hold()
    tokens = manager(endpoint)
    got = []
    leader = anyio.CancelScope()

    async def lead():
        with leader:
            await tokens.get()

    async def follow():
        got.append(await tokens.get())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lead)
        await endpoint.entered.wait()
        for _ in range(100):
            tasks.start_soon(follow)
        await anyio.wait_all_tasks_blocked()
        first_gate = endpoint.gate
        endpoint.gate = None
        leader.cancel()
        await anyio.wait_all_tasks_blocked()
        assert not first_gate.is_set()

    assert leader.cancelled_caught
    assert endpoint.requests == 2
    assert {value(token) for token in got} == {"token-2"}
    assert len(got) == 100


async def test_cancelled_waiters_disturb_nobody():
    endpoint = Endpoint()
    endpoint.hold()
    tokens = manager(endpoint)
    got = []

    async def wait_in_vain():
        await tokens.get()
        raise AssertionError("was to be cancelled")

    async def wait():
        got.append(await tokens.get())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        await endpoint.entered.wait()
        for _ in range(50):
            tasks.start_soon(wait)
        async with anyio.create_task_group() as others:
            for _ in range(50):
                others.start_soon(wait_in_vain)
            await anyio.wait_all_tasks_blocked()
            others.cancel_scope.cancel()
        endpoint.gate.set()

    assert endpoint.requests == 1
    assert len(got) == 51


async def test_ahead_of_the_end_one_caller_refreshes_and_nobody_waits():
    clock = Clock()
    endpoint = Endpoint()
    tokens = manager(endpoint, clock)
    first = await tokens.get()
    clock.now = first.stale_at + 1
    endpoint.hold()
    leader = []

    async def lead():
        leader.append(await tokens.get())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lead)
        await endpoint.entered.wait()
        with anyio.fail_after(1):
            meanwhile = [await tokens.get() for _ in range(100)]
        assert not leader
        endpoint.gate.set()

    assert {value(token) for token in meanwhile} == {"token-1"}
    assert value(leader[0]) == "token-2"
    assert endpoint.requests == 2


async def test_an_endpoint_that_is_down_goes_unnoticed_until_the_token_ends():
    clock = Clock()
    endpoint = Endpoint()
    tokens = manager(endpoint, clock, deadline=1.0)
    first = await tokens.get()
    endpoint.failures = [unreachable()]

    clock.now = first.stale_at + 1
    for _ in range(50):
        assert value(await tokens.get()) == "token-1"
    assert endpoint.requests == 2

    clock.now += 6
    assert value(await tokens.get()) == "token-1"
    assert endpoint.requests == 3

    clock.now = first.expires_at
    with pytest.raises(ConnectionFailedError):
        await tokens.get()


async def test_a_refresh_ahead_that_fails_after_the_token_ended_is_an_error():
    clock = Clock()
    endpoint = Endpoint()
    tokens = manager(endpoint, clock)
    first = await tokens.get()
    clock.now = first.stale_at + 1
    endpoint.failures = [refused()]
    endpoint.hold()

    async with anyio.create_task_group() as tasks:

        async def lead():
            with pytest.raises(InvalidCredentialsError):
                await tokens.get()

        tasks.start_soon(lead)
        await endpoint.entered.wait()
        clock.now = first.expires_at + 1
        endpoint.gate.set()


async def test_a_refresh_ahead_that_breaks_down_after_the_token_ended_begins_again_with_all_its_retries():
    clock = Clock()
    endpoint = Endpoint()
    tokens = manager(endpoint, clock)
    first = await tokens.get()
    clock.now = first.stale_at + 1
    endpoint.failures = [unreachable(), unreachable(), None]
    endpoint.hold()
    got = []

    async def call():
        got.append(value(await tokens.get()))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call)
        await endpoint.entered.wait()
        clock.now = first.expires_at + 1
        for _ in range(10):
            tasks.start_soon(call)
        await anyio.wait_all_tasks_blocked()
        endpoint.gate.set()

    assert got == ["token-4"] * 11


async def test_the_deadline_of_a_flight_ends_an_attempt_that_is_under_way():
    endpoint = Endpoint()
    endpoint.hold()
    tokens = manager(endpoint, deadline=0.05)

    with anyio.fail_after(5), pytest.raises(CallTimeoutError, match=r"did not answer within 0\.05 s") as caught:
        await tokens.get()

    assert (caught.value.operation, caught.value.phase, caught.value.attempts) == ("oauth.token", "deadline", 1)


async def test_the_last_real_error_surfaces_when_the_deadline_ends_a_later_attempt():
    endpoint = Endpoint()
    endpoint.failures = [unreachable()]

    async def hang_next_time(seconds):
        endpoint.hold()

    with anyio.fail_after(5), pytest.raises(ConnectionFailedError) as caught:
        await manager(endpoint, deadline=0.05, sleep=hang_next_time, spread=lambda: 0.0).get()

    assert caught.value.attempts == 2


async def test_the_end_of_a_jwt_counts_only_where_expires_in_is_missing():
    payload = base64.urlsafe_b64encode(json.dumps({"exp": time.time() + 1_000}).encode()).decode().rstrip("=")
    clock = Clock()
    by_claims = await manager(Endpoint(lifetime=None, access_token=f"e30.{payload}.sig"), clock).get()
    by_answer = await manager(Endpoint(lifetime=50.0, access_token=f"e30.{payload}.sig"), clock).get()

    assert by_claims.expires_at == pytest.approx(clock.now + 990, abs=5)
    assert by_answer.expires_at == pytest.approx(clock.now + 45)


@pytest.mark.parametrize("exp", [0, -1, True, "soon", None, 1e400])
async def test_an_end_that_makes_no_sense_is_no_end(exp):
    payload = base64.urlsafe_b64encode(json.dumps({"exp": exp}).encode()).decode().rstrip("=")
    clock = Clock()
    token = await manager(Endpoint(lifetime=None, access_token=f"e30.{payload}.sig"), clock).get()

    assert token.expires_at == pytest.approx(clock.now + DEFAULT_LIFETIME - 10)


async def test_what_will_not_pass_is_remembered_whatever_it_is():
    clock = Clock()
    endpoint = Endpoint()
    endpoint.failures = [NotFoundError("no such path", status=404), None]
    tokens = manager(endpoint, clock)

    for _ in range(3):
        with pytest.raises(NotFoundError):
            await tokens.get()

    assert endpoint.requests == 1


async def test_two_hundred_refusals_of_one_token_make_one_grant():
    clock = Clock()
    endpoint = Endpoint()
    tokens = manager(endpoint, clock)
    used = await tokens.get()
    tokens.accept(used)
    got = []

    async def refused_call():
        assert tokens.refuse(used)
        got.append(await tokens.get())

    async with anyio.create_task_group() as tasks:
        for _ in range(200):
            tasks.start_soon(refused_call)

    assert endpoint.requests == 2
    assert {token.generation for token in got} == {2}
    assert tokens.refuse(used), "a late refusal of the old token asks for a replay"
    assert (await tokens.get()).generation == 2, "and leaves the new one alone"


async def test_a_token_revoked_before_its_first_use_is_replaced_once():
    clock = Clock()
    endpoint = Endpoint()
    tokens = manager(endpoint, clock)
    first = await tokens.get()

    assert tokens.refuse(first), "it may have been revoked on its way"
    second = await tokens.get()
    assert second.generation == 2
    assert not tokens.refuse(second), "two in a row mean something else"
    assert (await tokens.get()) is second
    tokens.accept(second)
    assert tokens.refuse(second)


async def test_two_tokens_that_were_refused_at_once_are_not_remembered_for_ever():
    clock = Clock()
    endpoint = Endpoint()
    tokens = manager(endpoint, clock)
    tokens.refuse(await tokens.get())
    second = await tokens.get()
    assert not tokens.refuse(second)

    clock.now += 61
    assert tokens.refuse(second)
    assert (await tokens.get()).generation == 3


async def test_a_token_that_is_over_does_not_put_its_successor_on_trial():
    clock = Clock()
    endpoint = Endpoint(lifetime=3.0)
    tokens = manager(endpoint, clock)
    late = await tokens.get()
    clock.now += 3.0

    assert tokens.refuse(late)  # never accepted, and not refused either
    successor = await tokens.get()
    tokens.accept(successor)
    clock.now += 3.0
    assert tokens.refuse(successor)
    third = await tokens.get()

    assert tokens.refuse(third)  # revoked before its first use: replaced once, as if nothing had been late
    assert endpoint.requests == 3


@pytest.mark.parametrize(
    ("lifetime", "ahead"),
    [(3600.0, 300.0), (400.0, 100.0), (2.0, 0.5), (60.0, 15.0)],
)
async def test_the_refresh_window_is_a_quarter_of_the_life_and_at_most_five_minutes(lifetime, ahead):
    clock = Clock()
    token = await manager(Endpoint(lifetime=lifetime), clock).get()

    assert token.stale_at == pytest.approx(clock.now + lifetime - ahead)
    assert token.stale_at < token.expires_at < clock.now + lifetime


async def test_the_lifetime_counts_from_before_the_request():
    clock = Clock()
    endpoint = Endpoint(lifetime=100.0)
    endpoint.hold()
    tokens = manager(endpoint, clock)
    got = []

    async with anyio.create_task_group() as tasks:

        async def call():
            got.append(await tokens.get())

        tasks.start_soon(call)
        await endpoint.entered.wait()
        clock.now += 40
        endpoint.gate.set()

    assert got[0].expires_at <= clock.now - 40 + 100


async def test_without_expires_in_the_documented_lifetime_holds():
    clock = Clock()
    token = await manager(Endpoint(lifetime=None), clock).get()

    assert token.expires_at == pytest.approx(clock.now + DEFAULT_LIFETIME - 10)


async def test_work_that_cannot_be_interrupted_gets_a_token_with_life_left():
    clock = Clock()
    endpoint = Endpoint(lifetime=1000.0)
    tokens = manager(endpoint, clock)
    first = await tokens.get()
    clock.now += 600

    assert (await tokens.get()) is first
    assert (await tokens.get(min_remaining=450)).generation == 2
    assert (await tokens.get(min_remaining=1e9)).generation == 2, "no more than half a life can be asked for"


async def test_a_defect_in_the_grant_is_shared_like_a_failure():
    endpoint = Endpoint()
    endpoint.failures = [ZeroDivisionError()]
    endpoint.hold()
    tokens = manager(endpoint)
    seen = []

    async def call():
        try:
            await tokens.get()
        except (ZeroDivisionError, DomoError) as error:
            seen.append(type(error))

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(call)
        await endpoint.entered.wait()
        await anyio.wait_all_tasks_blocked()
        endpoint.gate.set()

    assert endpoint.requests == 1
    assert sorted(kind.__name__ for kind in seen) == ["DomoError"] * 9 + ["ZeroDivisionError"]


async def test_a_flight_of_another_loop_is_nobody_to_wait_for():
    endpoint = Endpoint()
    tokens = manager(endpoint)
    tokens._flights[object()] = _Flight(started_at=1_000.0)

    with anyio.fail_after(1):
        assert value(await tokens.get()) == "token-1"


async def test_cancelling_at_random_never_hangs_and_leaves_nothing_behind():
    endpoint = Endpoint()
    clock = Clock()
    tokens = manager(endpoint, clock)
    for round_number in range(30):
        endpoint.hold()
        clock.now += 10_000
        scopes = [anyio.CancelScope() for _ in range(40)]
        survivors: list[Token] = []

        async def call(scope, survivors=survivors):
            with scope:
                survivors.append(await tokens.get())

        async with anyio.create_task_group() as tasks:
            for scope in scopes:
                tasks.start_soon(call, scope)
            await anyio.wait_all_tasks_blocked()
            for scope in scopes[round_number % 7 :: 3]:
                scope.cancel()
            await anyio.wait_all_tasks_blocked()
            endpoint.gate.set()
        assert len(survivors) == len(scopes) - len(scopes[round_number % 7 :: 3])
        assert not tokens._flights


def test_the_token_survives_the_loop_it_was_granted_in():
    endpoint = Endpoint()
    tokens = manager(endpoint)

    assert value(asyncio.run(tokens.get())) == "token-1"
    assert value(trio.run(tokens.get)) == "token-1"
    assert endpoint.requests == 1


def test_a_loop_that_dies_in_mid_flight_strands_nobody():
    endpoint = Endpoint()
    tokens = manager(endpoint)

    async def abandon():
        endpoint.hold()
        task = asyncio.get_running_loop().create_task(tokens.get())
        await endpoint.entered.wait()
        return task

    loop = asyncio.new_event_loop()
    task = loop.run_until_complete(abandon())
    loop.close()
    endpoint.gate = None
    try:
        assert value(asyncio.run(asyncio.wait_for(tokens.get(), 5))) == "token-2"
        assert value(trio.run(tokens.get)) == "token-2"
    finally:
        task._log_destroy_pending = False
        del task
        gc.collect()


def test_threads_with_loops_of_their_own_share_the_token():
    endpoint = Endpoint()
    tokens = manager(endpoint)
    asyncio.run(tokens.get())
    got = []
    threads = [threading.Thread(target=lambda: got.append(asyncio.run(tokens.get()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {value(token) for token in got} == {"token-1"}
    assert endpoint.requests == 1


async def test_live_tokens_do_not_pickle_and_do_not_show():
    tokens = manager(Endpoint())
    token = await tokens.get()

    for secret in (tokens, token, token.granted):
        with pytest.raises(TypeError, match="pickle"):
            pickle.dumps(secret)
        assert "token-1" not in repr(secret)
    assert isinstance(token, Token)
    assert current_token() not in tokens._flights


async def test_a_timeout_of_the_endpoint_is_transient():
    endpoint = Endpoint()
    endpoint.failures = [CallTimeoutError("silence", phase="deadline"), None]

    assert value(await manager(endpoint).get()) == "token-2"
