"""Bytes that wait for a decoder: in order, in little memory, and gone in the end."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domo_async.errors import ConnectionLostError, InvalidArgumentError, TargetError
from domo_async.jobs.budget import DECODER, DOWNLOAD, Budget
from domo_async.jobs.parts import Parts
from domo_async.jobs.spool import BLOCK, Room, Spool, Spooled
from domo_async.tabular.records import count_records
from tests.tabular.domo_csv import Sheet, sheets

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio


def block(number: int, size: int = BLOCK) -> bytes:
    return bytes([number % 251]) * size


class Body:
    """A download of so many blocks; knows how far it has come."""

    def __init__(self, blocks: int, *, failure: Exception | None = None, size: int = BLOCK) -> None:
        self.blocks = blocks
        self.failure = failure
        self.size = size
        self.sent = 0
        self.open = False

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[AsyncIterator[bytes]]:
        self.open = True
        try:
            yield self._chunks()
        finally:
            self.open = False

    async def _chunks(self) -> AsyncIterator[bytes]:
        for number in range(self.blocks):
            await anyio.lowlevel.checkpoint()
            self.sent += 1
            yield block(number, self.size)
        if self.failure is not None:
            raise self.failure


@pytest.mark.parametrize("size", [1000, BLOCK, 3 * BLOCK])
async def test_a_download_ends_before_anybody_reads_it(tmp_path: Path, size: int) -> None:
    """Its connection is free then; the bytes come in their order, and the file goes."""
    body, room, received = Body(20, size=size), Room(10**9), []
    spool = Spool(tmp_path / "spool", room)
    async with Spooled(body, spool, received.append) as arriving:
        while not spool._ended:
            await anyio.lowlevel.checkpoint()
        assert (body.sent, body.open) == (20, False)
        assert spool._in_memory <= 2 * BLOCK
        spool.connect()
        found = b"".join([part async for part in arriving])
    assert found == b"".join(block(number, size) for number in range(20))
    assert sum(received) == 20 * size
    assert list(tmp_path.iterdir()) == []
    assert room.take(10**9), "all of it was given back"


async def test_a_reader_that_is_there_needs_no_disk(tmp_path: Path) -> None:
    """And a slow one makes the download wait."""
    body = Body(50)
    spool = Spool(tmp_path / "spool", Room(10**9))
    spool.connect()
    async with Spooled(body, spool, lambda _: None) as arriving:
        await anyio.wait_all_tasks_blocked()
        assert body.sent == 5, "four in memory, and one on its way there"
        assert [part[0] async for part in arriving] == list(range(50))
        assert list(tmp_path.iterdir()) == []


async def test_when_the_room_is_used_up_downloads_wait(tmp_path: Path) -> None:
    """For their reader, who never waits for anybody else's bytes."""
    room = Room(5 * BLOCK)
    first, second = Body(30), Body(30)
    spools = [Spool(tmp_path / name, room) for name in "ab"]
    async with (
        Spooled(first, spools[0], lambda _: None) as one,
        Spooled(second, spools[1], lambda _: None) as other,
    ):
        whole = 5 + 2 * (2 + 1)  # on the disk, and of each two in memory and one on its way there
        while first.sent + second.sent < whole:
            await anyio.lowlevel.checkpoint()
        await anyio.wait_all_tasks_blocked()
        assert first.sent + second.sent == whole
        for spool, arriving in ((spools[1], other), (spools[0], one)):
            spool.connect()
            assert [part[0] async for part in arriving] == list(range(30))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("connected", [True, False])
async def test_a_failure_comes_at_once(tmp_path: Path, connected: bool) -> None:
    """Whatever is still to be read is worth nothing."""
    body = Body(30, failure=ConnectionLostError("reset"))
    spool = Spool(tmp_path / "spool", Room(10**9))
    if connected:
        spool.connect()
    with pytest.raises(ConnectionLostError, match="reset"):
        async with Spooled(body, spool, lambda _: None) as arriving:
            if not connected:
                while not spool._ended:
                    await anyio.lowlevel.checkpoint()
                spool.connect()
            async for _ in arriving:
                pass
    assert list(tmp_path.iterdir()) == []


async def test_an_error_of_the_reader_ends_the_download(tmp_path: Path) -> None:
    """It comes out as itself, the connection is closed, and the room is free again."""
    body, room = Body(1000), Room(10**9)
    spool = Spool(tmp_path / "spool", room)
    with pytest.raises(ZeroDivisionError):
        async with Spooled(body, spool, lambda _: None) as arriving:
            await anext(arriving)
            raise ZeroDivisionError
    assert not body.open
    assert list(tmp_path.iterdir()) == []
    assert room.take(10**9)


async def test_cancellation_ends_the_download(tmp_path: Path) -> None:
    """In the middle of writing to the disk, too."""
    body, room = Body(10_000), Room(10**10)
    spool = Spool(tmp_path / "spool", room)
    with anyio.CancelScope() as scope:
        async with Spooled(body, spool, lambda _: None):
            while body.sent < 20:
                await anyio.lowlevel.checkpoint()
            scope.cancel()
            await anyio.sleep_forever()
    assert not body.open
    assert list(tmp_path.iterdir()) == []
    assert room.take(10**10)


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files with setrlimit")
async def test_a_full_disk_is_told_to_the_reader(tmp_path: Path) -> None:
    """As what it is."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3 * BLOCK, hard))
    spool = Spool(tmp_path / "spool", Room(10**9))
    try:
        with pytest.raises(TargetError) as caught:
            async with Spooled(Body(30), spool, lambda _: None) as arriving:
                await anyio.lowlevel.checkpoint()
                while not spool._ended:
                    await anyio.lowlevel.checkpoint()
                async for _ in arriving:
                    pass
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert isinstance(caught.value.__cause__, OSError)
    assert list(tmp_path.iterdir()) == []


@given(sheets(), st.integers(1, 7), st.integers(1, 50))
def test_parts_divide_between_records(sheet: Sheet, rows: int, size: int) -> None:
    """Together they are the export, byte for byte; each but the last has so many rows."""

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(sheet.csv), size):
            yield sheet.csv[start : start + size]

    async def divided() -> list[bytes]:
        parts, found = Parts(chunks(), rows=rows, width=len(sheet.schema.columns)), []
        while await parts.more():
            found.append(b"".join([piece async for piece in parts]))
        return found

    found = anyio.run(divided)
    assert b"".join(found) == sheet.csv
    counts = [count_records(part, skip_blank_lines=len(sheet.schema.columns) > 1) for part in found]
    assert sum(counts) == count_records(sheet.csv, skip_blank_lines=len(sheet.schema.columns) > 1)
    assert all(count == rows for count in counts[:-1])
    assert counts[-1] <= rows


def test_budgets() -> None:
    """However little memory, one DataSet is decoded; however much, no more than are useful."""
    assert Budget.of(16, DOWNLOAD + DECODER) == Budget(downloads=1, decoders=1)
    assert Budget.of(16, 16 * DOWNLOAD + DECODER) == Budget(downloads=16, decoders=1)
    assert Budget.of(1, None) == Budget(downloads=1, decoders=1)
    assert Budget.of(5, 10**12).downloads == 5
    assert Budget.of(1000, None).decoders <= 8
    assert Budget.of(1000, 10**12).decoders >= Budget.of(1000, None).decoders
    with pytest.raises(InvalidArgumentError, match="less than one DataSet takes"):
        Budget.of(16, 10)
