"""Tokens in files: for one user, whole or not at all, and no harm in whatever else is found there."""

from __future__ import annotations

import errno
import logging
import os
import pickle
import stat
import time

import anyio
import httpx
import pytest

from domo_async import AsyncDomo, DomoAuth, FileTokenStore
from domo_async.auth.private_folder import FolderNotPrivateError, PrivateFolder
from domo_async.emulator import Emulator
from domo_async.errors import ConfigurationError

pytestmark = pytest.mark.anyio

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
as_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs to be root")

KEY = "ab" * 32


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache" / "tokens"


@pytest.fixture
def store(folder):
    return FileTokenStore(folder)


@pytest.fixture
def emulator():
    with Emulator() as emulator:
        yield emulator


def serve(request):
    if request.url.path == "/oauth/token":
        return httpx.Response(200, json={"access_token": "the-token", "expires_in": 3600})
    return httpx.Response(200, json=[])


def auth(place):
    return DomoAuth("id", "secret", token_store=place, transport=httpx.MockTransport(serve))


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def warnings(caplog):
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


async def test_there_is_nothing_before_something_is_saved(store, folder):
    assert await store.load(KEY) is None
    assert not folder.exists()


async def test_what_is_saved_is_found_and_replaced_only_by_who_saw_it(store):
    assert await store.save(KEY, b"one", instead_of=None, lifetime=60)
    assert await store.load(KEY) == b"one"
    assert not await store.save(KEY, b"two", instead_of=None, lifetime=60)
    assert not await store.save(KEY, b"two", instead_of=b"zero", lifetime=60)
    assert await store.save(KEY, b"two", instead_of=b"one", lifetime=60)
    assert await store.load(KEY) == b"two"


@posix
async def test_nobody_else_can_read_it_whatever_the_umask(store, folder):
    before = os.umask(0)
    try:
        await store.save(KEY, b"one", instead_of=None, lifetime=60)
        release = await store.acquire(KEY, wait=0)
        await release()
    finally:
        os.umask(before)

    assert mode(folder) == 0o700
    assert {mode(file) for file in folder.iterdir()} == {0o600}


async def test_one_process_has_the_lock_and_the_next_one_gets_it(store):
    release = await store.acquire(KEY, wait=0)
    assert await store.acquire(KEY, wait=0) is None
    assert await store.acquire("cd" * 32, wait=0) is not None, "another client's lock is another lock"
    got = anyio.Event()

    async def wait():
        again = await store.acquire(KEY, wait=10)
        assert again is not None
        got.set()
        await again()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        assert not got.is_set()
        await release()
    assert got.is_set()


async def test_waiting_for_the_lock_blocks_neither_the_loop_nor_its_cancelling(store):
    release = await store.acquire(KEY, wait=0)
    ticks = 0

    async def wait():
        await store.acquire(KEY, wait=60)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        for _ in range(20):
            await anyio.sleep(0.001)
            ticks += 1
        tasks.cancel_scope.cancel()
    assert ticks == 20

    await release()
    assert await store.acquire(KEY, wait=0) is not None, "who was cancelled left nothing behind"


async def test_cancelling_at_any_moment_leaves_the_lock_free(store):
    for number in range(30):
        with anyio.move_on_after(number * 0.0002):
            release = await store.acquire(KEY, wait=5)
            await release()

    with anyio.fail_after(5):  # a thread that nobody waits for may still be letting go of it
        assert await store.acquire(KEY, wait=5) is not None


async def test_a_reader_finds_the_old_one_or_the_new_one_and_never_a_part(store):
    sizes = (10, 50_000)
    await store.save(KEY, b"0" * sizes[0], instead_of=None, lifetime=60)
    over = False

    async def write():
        nonlocal over
        for number in range(1, 60):
            value = str(number % 10).encode() * sizes[number % 2]
            assert await store.save(KEY, value, instead_of=await store.load(KEY), lifetime=60)
        over = True

    async def read():
        while not over:
            found = await store.load(KEY)
            assert found is not None
            assert len(found) in sizes
            assert len(set(found)) == 1

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(write)
        for _ in range(3):
            tasks.start_soon(read)


def plant_link(file, elsewhere):
    elsewhere.write_bytes(b"somebody's")
    elsewhere.chmod(0o600)
    file.symlink_to(elsewhere)


def plant_open(file, elsewhere):
    file.write_bytes(b"somebody's")
    file.chmod(0o644)


def plant_pipe(file, elsewhere):
    os.mkfifo(file, 0o600)


def plant_foreign(file, elsewhere):
    file.write_bytes(b"somebody's")
    file.chmod(0o600)
    os.chown(file, 12345, 12345)


@posix
@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (plant_link, "is a link"),
        (plant_open, "other users may read or change"),
        (plant_pipe, "is no file"),
        pytest.param(plant_foreign, "belongs to another user", marks=as_root),
    ],
)
async def test_what_others_may_have_put_there_is_not_used_and_replaced(store, folder, tmp_path, caplog, plant, words):
    folder.mkdir(parents=True, mode=0o700)
    plant(folder / f"{KEY}.token", tmp_path / "elsewhere")
    with anyio.fail_after(5):
        assert await store.load(KEY) is None
        assert await store.load(KEY) is None
        assert await store.save(KEY, b"mine", instead_of=None, lifetime=60)

    assert await store.load(KEY) == b"mine"
    assert mode(folder / f"{KEY}.token") == 0o600
    assert len(warnings(caplog)) == 1
    assert words in warnings(caplog)[0]
    if plant is plant_link:
        assert (tmp_path / "elsewhere").read_bytes() == b"somebody's", "what the link led to was not touched"


def open_to_a_group(folder):
    folder.mkdir(parents=True)
    folder.chmod(0o770)


def of_somebody_else(folder):
    folder.mkdir(parents=True, mode=0o700)
    os.chown(folder, 12345, 12345)


def a_file(folder):
    folder.parent.mkdir()
    folder.write_text("no folder")


def below_a_file(folder):
    folder.parent.write_text("no folder")


@posix
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (open_to_a_group, "other users may write to"),
        pytest.param(of_somebody_else, "belongs to another user", marks=as_root),
        (a_file, "Error: "),
        (below_a_file, "Error: "),
    ],
)
async def test_a_folder_that_cannot_be_used_costs_grants_and_one_line(folder, caplog, spoil, words):
    spoil(folder)
    for _ in range(2):
        caplog.clear()
        alone = auth(folder)
        assert (await alone.token()).access_token.get_secret_value() == "the-token"
        assert alone.grants == 1
        (line,) = warnings(caplog)
        assert "gets tokens of its own" in line
        assert words in line


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
async def test_a_folder_that_is_read_only_still_gives_what_it_has(folder):
    assert (await auth(folder).token()) is not None
    folder.chmod(0o500)
    try:
        second = auth(folder)
        await second.token()
        assert second.grants == 0
    finally:
        folder.chmod(0o700)


async def test_a_value_beyond_all_measure_is_not_read(store, folder, caplog):
    await store.save(KEY, b"x", instead_of=None, lifetime=60)
    (folder / f"{KEY}.token").write_bytes(b"x" * 100_000)

    with pytest.raises(OSError) as caught:  # noqa: PT011 - there is no class for it
        await store.load(KEY)
    assert caught.value.errno == errno.EFBIG


async def test_a_replacement_that_fails_leaves_nothing_behind(folder):
    (folder / "name").mkdir(parents=True)
    folder.chmod(0o700)
    with pytest.raises(OSError):  # noqa: PT011 - which one depends on the system
        PrivateFolder(folder).replace("name", b"content")

    assert [entry.name for entry in folder.iterdir()] == ["name"]


async def test_what_a_killed_process_left_behind_is_removed_after_a_while(store, folder):
    await store.save(KEY, b"one", instead_of=None, lifetime=60)
    old, young, other = (folder / f"{name}.new" for name in (f"{KEY}.token.1", f"{KEY}.token.2", "mine.token.3"))
    for file in (old, young, other):
        file.write_bytes(b"half")
    os.utime(old, (time.time() - 120, time.time() - 120))
    os.utime(other, (time.time() - 120, time.time() - 120))
    await store.save(KEY, b"two", instead_of=b"one", lifetime=60)

    assert [file.exists() for file in (old, young, other)] == [False, True, True]


@posix
async def test_a_folder_that_changes_hands_is_not_entered(folder):
    private = PrivateFolder(folder)
    private.replace("name", b"content")
    folder.chmod(0o777)

    for step in (lambda: private.read("name"), lambda: private.replace("name", b"x"), lambda: private.open("lock")):
        with pytest.raises(FolderNotPrivateError):
            step()


async def test_the_folder_may_be_named_from_home_and_does_not_move_with_the_program(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert FileTokenStore("~/tokens").path == tmp_path / "tokens"

    relative = FileTokenStore("tokens")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert relative.path == tmp_path / "tokens"
    with pytest.raises(ConfigurationError):
        FileTokenStore("")


async def test_a_store_does_not_pickle_and_says_where_it_is(store, folder):
    assert str(folder) in repr(store)
    with pytest.raises(TypeError, match="ship its path"):
        pickle.dumps(store)


async def test_clients_share_by_argument_and_by_variable(emulator, tmp_path, monkeypatch):
    place = tmp_path / "tokens"
    async with AsyncDomo(**emulator.connection, token_store=place) as first:
        await first.datasets.list()
    monkeypatch.setenv("DOMO_TOKEN_STORE", str(place))
    async with AsyncDomo(**emulator.connection) as second:
        await second.datasets.list()
        assert second.stats.grants == 0
    async with AsyncDomo(**emulator.connection, token_store=None) as alone:
        await alone.datasets.list()
        assert alone.stats.grants == 1

    assert emulator.grants == 2
    names = "".join(file.name + file.read_text() for file in place.iterdir())
    assert emulator.connection["client_secret"] not in names


async def test_a_token_that_expires_while_several_clients_work_is_renewed_once_for_all(emulator, tmp_path):
    emulator.token_lifetime = 2
    statuses = []

    async def work(client):
        while emulator.grants < 3:
            statuses.append((await client.request("GET", "/v1/datasets")).status)
            await anyio.sleep(0.02)

    clients = [AsyncDomo(**emulator.connection, token_store=tmp_path / "tokens") for _ in range(3)]
    async with anyio.create_task_group() as tasks:
        for client in clients:
            tasks.start_soon(work, client)
    for client in clients:
        await client.aclose()

    assert set(statuses) == {200}
    assert emulator.grant_requests == 3
