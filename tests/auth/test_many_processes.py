"""Real processes that share a token: one grant for all, one more when it is refused, and nobody waits for the dead."""

from __future__ import annotations

import os
import signal
import time

import anyio
import pytest

from domo_async import FileTokenStore
from domo_async.auth.credentials import ClientCredentials
from domo_async.auth.stored_token import token_key
from domo_async.emulator import Emulator

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="workers are forked")


@pytest.fixture
def emulator():
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(params=["file-asyncio", "file-trio", "redis-asyncio"])
def place(request, tmp_path):
    """A store and the event loop to use it from."""
    kind, _, backend = request.param.partition("-")
    if kind == "file":
        return str(tmp_path / "tokens"), backend
    return request.getfixturevalue("redis_server").url, backend


def tokens(answers):
    return {answer["token"] for answer in answers}


def troubles(answers):
    return [answer["error"] for answer in answers if answer["error"]]


def test_eight_workers_need_one_grant_for_each_token_and_no_call_fails(emulator, herd, place):
    store, backend = place
    workers = herd(emulator, store, workers=8, backend=backend)

    def at_once(order):
        answers = workers.tell(order)
        assert troubles(answers) == []
        return answers

    cold = at_once("call")
    assert {answer["status"] for answer in cold} == {200}
    assert (emulator.grant_requests, len(tokens(cold))) == (1, 1)

    emulator.revoke_tokens()
    refused = at_once("call")
    assert {answer["status"] for answer in refused} == {200}
    assert (emulator.grant_requests, len(tokens(refused))) == (2, 1)
    assert tokens(refused) != tokens(cold)

    at_once("age")
    ahead = at_once("call")
    assert {answer["status"] for answer in ahead} == {200}
    assert emulator.grant_requests == 3
    assert len(tokens(ahead) - tokens(refused)) == 1, "the rest may go on with the old one"
    assert sum(answer["grants"] for answer in ahead) == 3


def test_a_worker_that_is_killed_while_it_asks_blocks_nobody(emulator, herd, tmp_path):
    workers = herd(emulator, str(tmp_path / "tokens"), workers=4)
    stall = emulator.faults.add("stall", path="/oauth/token", times=1)
    workers.send("call", workers=[0])
    wait_until_struck(stall)
    workers.send("call", workers=[1, 2, 3])
    workers.signal(0, signal.SIGKILL)

    answers = [workers.hear() for _ in range(3)]
    assert troubles(answers) == []
    assert {answer["status"] for answer in answers} == {200}
    assert max(answer["seconds"] for answer in answers) < 8, "not until the wait for the lock was over"
    assert (len(tokens(answers)), sum(answer["grants"] for answer in answers)) == (1, 1)


def test_a_worker_that_hangs_is_waited_for_half_of_the_time_and_not_for_ever(emulator, herd, tmp_path):
    workers = herd(emulator, str(tmp_path / "tokens"), workers=2, deadline=4.0)
    stall = emulator.faults.add("stall", path="/oauth/token", times=1)
    workers.send("call", workers=[0])
    wait_until_struck(stall)
    workers.signal(0, signal.SIGSTOP)

    (answer,) = workers.tell("call", workers=[1])
    assert (answer["error"], answer["status"]) == (None, 200)
    assert answer["seconds"] > 1.9


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_process_that_is_forked_while_the_lock_is_held_does_not_hold_it(tmp_path):
    store = FileTokenStore(tmp_path)
    key = token_key("https://api.domo.com", (), ClientCredentials("id", "secret"))

    async def fork_while_holding():
        release = await store.acquire(key, wait=0)
        gate, latch = os.pipe()
        child = os.fork()
        if child == 0:
            os.read(gate, 1)
            os._exit(0)
        try:
            assert await store.acquire(key, wait=0) is None
            await release()
            again = await store.acquire(key, wait=10)
            assert again is not None, "the child still holds it"
            await again()
        finally:
            os.write(latch, b"!")
            os.waitpid(child, 0)  # noqa: ASYNC222 - it ends at once

    anyio.run(fork_while_holding)


def wait_until_struck(fault, timeout=20.0):
    deadline = time.monotonic() + timeout
    while not fault.hits:
        assert time.monotonic() < deadline
        time.sleep(0.005)  # nobody says when it does
