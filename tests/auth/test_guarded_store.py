"""A store that does not work is nobody's problem: said once, waited for briefly, tried again."""

from __future__ import annotations

import errno
import logging
import os

import anyio
import pytest
from pydantic import SecretBytes

from domo_async.auth.guarded_store import GuardedStore
from domo_async.errors import ConfigurationError

pytestmark = pytest.mark.anyio


class Store:
    """A store that fails, or hangs, as long as it is told to."""

    def __init__(self, error=None, *, hangs=False):
        self.error = error
        self.hangs = hangs
        self.steps = 0
        self.released = 0

    async def _step(self, result):
        self.steps += 1
        if self.hangs:
            await anyio.sleep_forever()
        if self.error is not None:
            raise self.error
        return result

    async def load(self, key):
        return await self._step(b"value")

    async def save(self, key, value, *, instead_of, lifetime):
        return await self._step(True)

    async def acquire(self, key, *, wait):
        async def release():
            self.released += 1
            await self._step(None)

        return await self._step(release)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def warnings(caplog):
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


async def use(guard):
    """Every step once; all of them come back."""
    assert await guard.load("key") in (None, SecretBytes(b"value"))
    await guard.save("key", SecretBytes(b"value"), instead_of=None, lifetime=1.0)
    release = await guard.acquire("key", wait=0)
    assert release is not None, "nobody is said to have the lock"
    await release()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "OSError: No space left on device"),
        (OSError(errno.EROFS, os.strerror(errno.EROFS)), "OSError: Read-only file system"),
        (ConnectionError("rediss://user:s3cret@host"), "ConnectionError"),
        (ZeroDivisionError("s3cret"), "ZeroDivisionError"),
        (KeyError("s3cret"), "KeyError"),
    ],
)
async def test_what_goes_wrong_is_said_once_and_without_what_the_error_says(error, words, caplog):
    guard = GuardedStore(Store(error))
    for _ in range(3):
        await use(guard)

    assert warnings(caplog) == [f"The token store Store does not work, so this process gets tokens of its own: {words}"]


async def test_a_store_that_hangs_is_waited_for_once(caplog):
    store = Store(hangs=True)
    guard = GuardedStore(store, patience=0.05)
    with anyio.fail_after(5):
        for _ in range(10):
            await use(guard)

    assert store.steps == 1
    assert "no answer within 0.05 s" in warnings(caplog)[0]


async def test_a_store_is_tried_again_after_half_a_minute_and_its_recovery_is_told(caplog):
    caplog.set_level(logging.INFO)
    clock, store = Clock(), Store(OSError(errno.EIO, "broken"))
    guard = GuardedStore(store, clock=clock)
    await use(guard)
    await use(guard)
    assert store.steps == 1

    clock.now = 31.0
    await use(guard)
    assert (store.steps, len(warnings(caplog))) == (2, 1)

    clock.now, store.error = 62.0, None
    assert await guard.load("key") == SecretBytes(b"value")
    assert "The token store Store works again" in caplog.text


async def test_a_lock_is_given_back_even_if_the_store_failed_meanwhile():
    store = Store()
    guard = GuardedStore(store)
    release = await guard.acquire("key", wait=0)
    store.error = OSError(errno.ENOSPC, "full")
    await guard.save("key", SecretBytes(b"value"), instead_of=None, lifetime=1.0)
    await release()

    assert store.released == 1


async def test_a_lock_is_given_back_by_who_is_cancelled():
    store = Store()
    guard = GuardedStore(store)
    with anyio.CancelScope() as scope:
        release = await guard.acquire("key", wait=0)
        scope.cancel()
        await release()

    assert store.released == 1


async def test_settings_that_can_never_work_are_raised():
    with pytest.raises(ConfigurationError):
        await GuardedStore(Store(ConfigurationError("not on trio"))).load("key")


async def test_being_cancelled_is_no_failure_of_the_store(caplog):
    guard = GuardedStore(Store(hangs=True))
    with anyio.move_on_after(0.01):
        await guard.load("key")

    assert warnings(caplog) == []
