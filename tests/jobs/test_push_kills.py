"""A push that is killed again and again, and an instance that looks as if it had never been."""

from __future__ import annotations

import contextlib
import json
import math
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import anyio
import pyarrow as pa
import pytest
from pyarrow import parquet

from domo_async import AsyncDomo
from domo_async.emulator import Emulator

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks processes to kill")

KILLS = 15
EACH = 3


class Killable:
    """The process that pushes."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            # By its path: the tests of the wheel keep the folder with the sources off the search path.
            [sys.executable, str(Path(__file__).with_name("killable_push.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def push(self, connection: dict[str, str], lake: Path, *, kill_after: tuple[int, float] | None = None) -> int:
        """Push; or be killed so many events and seconds after the beginning. Returns the exit status."""
        self._process.stdin.write(json.dumps([connection, {"source": str(lake), "concurrency": 4}]) + "\n")
        self._process.stdin.flush()
        child = int(self._process.stdout.readline())
        events, seconds = kill_after or (math.inf, 0)
        while (line := self._process.stdout.readline()) == "event\n":
            events -= 1
            if events == 0:
                time.sleep(seconds)  # the moment is what the test is about; there is nothing to wait for
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
        return int(line)

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@pytest.fixture
def killable() -> Iterator[Killable]:
    process = Killable()
    yield process
    process.close()


def rows(number: int, version: int) -> pa.Table:
    count = 5 + number + 3 * version
    text = [None if n % 5 == 0 else f"{n}" for n in range(count)]
    return pa.table({"key": range(count), "version": [version] * count, "text": text})


def change(lake: Path, version: int) -> None:
    """Other rows for what is replaced and upserted, one more file for what is appended to."""
    for number in range(EACH):
        for method in ("replace", "upsert"):
            new = lake / "new.tmp"
            parquet.write_table(rows(number, version), new)
            new.replace(lake / f"{method} {number}.parquet")
        folder = lake / f"append {number}"
        folder.mkdir(exist_ok=True)
        parquet.write_table(rows(number, version), folder / f"{version:03}.parquet")


def in_order(table: pa.Table) -> list[dict[str, object]]:
    return table.sort_by([("version", "ascending"), ("key", "ascending")]).to_pylist()


async def executions(emulator: Emulator) -> list[tuple[str, list[str]]]:
    """For each DataSet its name and the states of its executions."""
    found = []
    async with AsyncDomo(**emulator.connection) as domo:
        async for stream in domo.streams.list(fields="all"):
            states = [str(one.current_state) async for one in domo.streams.list_executions(stream.id)]
            found.append((stream.dataset.name, states))
    return found


def test_kills_leave_what_an_undisturbed_push_leaves(killable: Killable, tmp_path: Path) -> None:
    """Whatever moment it is, rows are appended once, and no execution is left open."""
    chance = random.Random(20261123)
    lake = tmp_path / "lake"
    lake.mkdir()
    with Emulator() as emulator:
        emulator.latency = 0.003
        change(lake, version := 1)
        killed = 0
        while killed < KILLS:
            moment = chance.randrange(2, 30), chance.uniform(0, 0.015)
            if killable.push(emulator.connection, lake, kill_after=moment) == signal.SIGKILL:
                killed += 1
            else:
                change(lake, version := version + 1)
        assert killable.push(emulator.connection, lake) == 0

        names = [f"{method} {number}" for method in ("append", "replace", "upsert") for number in range(EACH)]
        assert sorted(name for name, _ in anyio.run(executions, emulator)) == names
        for number in range(EACH):
            versions = pa.concat_tables(rows(number, one) for one in range(1, version + 1))
            assert in_order(emulator.table(f"append {number}")) == in_order(versions)
            assert in_order(emulator.table(f"replace {number}")) == in_order(rows(number, version))
            assert in_order(emulator.table(f"upsert {number}")) == in_order(rows(number, version))
        states = anyio.run(executions, emulator)
        assert not any("ACTIVE" in one for _, one in states)
        aborted = sum(one.count("ABORTED") + one.count("ERROR") for _, one in states)
        assert aborted > KILLS / 3, "executions were open at many of those moments"
        before = len(emulator.requests)
        assert killable.push(emulator.connection, lake) == 0
        assert {one.method for one in emulator.requests[before:] if one.path != "/oauth/token"} == {"GET"}
    assert sorted(path.name for path in (lake / ".domo-async").iterdir()) == ["push.json", "push.json.lock"]
