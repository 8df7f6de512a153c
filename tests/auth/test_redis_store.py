"""Tokens in Redis: one step at a time, nobody's lock but one's own, and life goes on without it."""

from __future__ import annotations

import logging
import pickle
import sys
from functools import partial

import anyio
import pytest
import trio

from domo_async import AsyncDomo, DomoAuth, RedisTokenStore
from domo_async.emulator import Emulator
from domo_async.errors import ConfigurationError, MissingExtraError

redis = pytest.importorskip("redis.asyncio")

KEY = "ab" * 32


@pytest.fixture
def emulator():
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def store(redis_server):
    return RedisTokenStore(redis_server.url)


def run(function, *arguments):
    """On asyncio, where redis-py lives."""
    return anyio.run(function, *arguments)


def warnings(caplog):
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_what_is_saved_is_found_until_it_ends_and_replaced_only_by_who_saw_it(store, redis_server):
    async def use():
        assert await store.load(KEY) is None
        assert await store.save(KEY, b"\xffone", instead_of=None, lifetime=60)
        assert not await store.save(KEY, b"two", instead_of=None, lifetime=60)
        assert not await store.save(KEY, b"two", instead_of=b"zero", lifetime=60)
        assert await store.load(KEY) == b"\xffone"
        assert await store.save(KEY, b"two", instead_of=b"\xffone", lifetime=60)
        async with redis.Redis.from_url(redis_server.url) as client:
            assert 59_000 < await client.pttl(f"domo_async:{KEY}") <= 60_000
            await client.delete(f"domo_async:{KEY}")
        assert await store.save(KEY, b"three", instead_of=b"two", lifetime=60), "what has ended is in nobody's way"

    run(use)


def test_one_process_has_the_lock_and_the_next_one_gets_it(store):
    async def use():
        release = await store.acquire(KEY, wait=0)
        assert await store.acquire(KEY, wait=0) is None
        assert await store.acquire(KEY, wait=0.05) is None
        async with anyio.create_task_group() as tasks:
            got = []

            async def wait():
                got.append(await store.acquire(KEY, wait=10))

            tasks.start_soon(wait)
            await anyio.wait_all_tasks_blocked()
            await release()
        assert got[0] is not None
        await release()
        assert await store.acquire(KEY, wait=0) is None, "what was given back once is not ours any more"

    run(use)


def test_a_lock_ends_by_itself(store, redis_server):
    async def use():
        await store.acquire(KEY, wait=0)
        async with redis.Redis.from_url(redis_server.url) as client:
            assert 0 < await client.pttl(f"domo_async:{KEY}:lock") <= 20_000

    run(use)


def test_cancelling_at_any_moment_leaves_the_lock_free(store):
    async def use():
        for number in range(20):
            with anyio.move_on_after(number * 0.0005):
                release = await store.acquire(KEY, wait=5)
                with anyio.CancelScope(shield=True):
                    await release()
        assert await store.acquire(KEY, wait=0) is not None

    run(use)


def test_a_client_of_the_callers_own_is_used_and_not_closed(redis_server):
    async def use():
        async with redis.Redis.from_url(redis_server.url, decode_responses=True) as client:
            store = RedisTokenStore(client, prefix="mine:")
            assert await store.save(KEY, b"one", instead_of=None, lifetime=60)
            assert await store.load(KEY) == b"one"
            release = await store.acquire(KEY, wait=0)
            await release()
            assert await client.keys("*") == [f"mine:{KEY}"]

    run(use)


def test_one_store_serves_several_event_loops(store):
    async def save():
        await store.save(KEY, b"one", instead_of=None, lifetime=60)

    run(save)
    assert run(partial(store.load, KEY)) == b"one"


def test_while_redis_is_down_calls_go_on_and_when_it_is_back_tokens_are_shared(emulator, redis_server, caplog):
    caplog.set_level(logging.INFO, "domo_async")

    async def use():
        redis_server.stop()
        with anyio.fail_after(20):
            async with AsyncDomo(**emulator.connection, token_store=redis_server.url) as domo:
                await domo.datasets.list()
                assert len(warnings(caplog)) == 1
                redis_server.start()
                guard = domo.auth._store
                guard._away_until = 0.0  # half a minute later
                emulator.revoke_tokens()
                await domo.datasets.list()
            async with AsyncDomo(**emulator.connection, token_store=redis_server.url) as second:
                await second.datasets.list()
                assert second.stats.grants == 0
        assert emulator.grants == 2
        assert "RedisTokenStore works again" in caplog.text

    run(use)


def test_a_redis_that_does_not_answer_is_not_waited_for_long(emulator, caplog):
    async def use():
        async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener:
            port = listener.extra(anyio.abc.SocketAttribute.local_port)
            with anyio.fail_after(10):
                async with AsyncDomo(**emulator.connection, token_store=f"redis://127.0.0.1:{port}") as domo:
                    await domo.datasets.list()
        assert len(warnings(caplog)) == 1

    run(use)


def test_trio_is_told_that_redis_runs_on_asyncio_only(redis_server):
    async def use():
        with pytest.raises(ConfigurationError, match=r"asyncio only, not on trio\. Use FileTokenStore"):
            await DomoAuth("id", "secret", token_store=redis_server.url).token()

    trio.run(use)


@pytest.mark.parametrize("url", ["http://h/", "redis+tls://u:s3cret@h", "rediss://u:s3cret@h:port/0", ""])
def test_an_address_that_is_none_is_refused_without_repeating_it(url):
    with pytest.raises(ConfigurationError) as caught:
        RedisTokenStore(url)

    assert "s3cret" not in str(caught.value)


def test_an_address_shows_no_password_and_says_when_tokens_travel_in_clear_text(caplog):
    store = RedisTokenStore("redis://user:s3cret@cache.example:6379/0")

    assert repr(store) == "<RedisTokenStore redis://cache.example>"
    assert warnings(caplog) == ["Tokens travel to Redis on cache.example in clear text: use rediss"]
    with pytest.raises(TypeError, match="ship its URL"):
        pickle.dumps(store)
    caplog.clear()
    for url in ("rediss://cache.example", "redis://localhost", "redis://127.0.0.1:1/0", "redis://[::1]", "unix:///x"):
        RedisTokenStore(url)
    assert warnings(caplog) == []


def test_without_its_package_the_extra_is_named(monkeypatch):
    for name in ("redis", "redis.asyncio"):
        monkeypatch.setitem(sys.modules, name, None)

    with pytest.raises(MissingExtraError, match=r"pip install 'domo-async\[redis\]'"):
        DomoAuth("id", "secret", token_store="redis://localhost")
