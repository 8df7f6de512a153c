"""A pull that is killed again and again, and a reader that never notices."""

from __future__ import annotations

import contextlib
import gzip
import json
import math
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Self

import anyio
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from domo_async import AsyncDomo
from domo_async.emulator import Emulator
from domo_async.jobs import read_manifest
from domo_async.tabular.csv_files import csv_record

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks processes to kill")

KILLS = 30
DATASETS = 60


def table(number: int, version: int) -> pa.Table:
    rows = 20 + number + 7 * version
    return pa.table(
        {
            "number": [number] * rows,
            "version": [version] * rows,
            "text": [None if row % 5 == 0 else f"row {row}, version {version}" for row in range(rows)],
        }
    )


def name_of(number: int) -> str:
    match number % 10:
        case 7:
            return f"csv {number}"
        case 8:
            return f"parts {number}"
        case 9:
            return "the same name"
        case _:
            return f"DataSet {number}"


class Reader:
    """Reads every data file that is new or other than before, again and again, and remembers what was wrong."""

    def __init__(self, lake: Path) -> None:
        self.lake = lake
        self.wrong: list[str] = []
        self.looks = self.read = 0
        self._seen: dict[str, tuple[int, int, int]] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self.look()

    def _run(self) -> None:
        while not self._over.wait(0.01):
            self.look()

    def look(self) -> None:
        self.looks += 1
        for path in data_files(self.lake):
            try:
                facts = path.stat()
                key = (facts.st_ino, facts.st_size, facts.st_mtime_ns)
                if self._seen.get(str(path)) != key:
                    self._seen[str(path)] = key
                    self._read(path)
            except FileNotFoundError:
                continue
            except Exception as error:
                self.wrong.append(f"{path.name}: {error!r}")

    def _read(self, path: Path) -> None:
        self.read += 1
        if path.suffix == ".gz":
            lines = gzip.decompress(path.read_bytes()).decode().splitlines()[1:]
            numbers, versions = ({int(line.split(",")[place]) for line in lines} for place in (0, 1))
            rows = len(lines)
        else:
            found = pq.read_table(pa.BufferReader(path.read_bytes()))
            numbers, versions = set(found["number"].to_pylist()), set(found["version"].to_pylist())
            rows = found.num_rows
        [number], [version] = numbers, versions
        whole = table(number, version).num_rows
        # A DataSet in parts has 40 rows in each but the last.
        assert rows == whole or (path.parent != self.lake and rows in (40, whole % 40)), f"{rows} of {whole} rows"


def data_files(lake: Path) -> list[Path]:
    found: list[Path] = []
    for path in lake.iterdir():
        if path.is_file():
            found.append(path)
        elif path.name != ".domo-async":
            with contextlib.suppress(FileNotFoundError):  # it went away meanwhile
                found.extend(path.iterdir())
    return found


def tree(lake: Path) -> dict[str, bytes]:
    return {path.relative_to(lake).as_posix(): path.read_bytes() for path in data_files(lake)}


def manifest(lake: Path):
    document = read_manifest((lake / ".domo-async" / "manifest.json").read_bytes(), place="here")
    assert document is not None
    return document.without_run()


class Killable:
    """The process that pulls."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            # By its path: the tests of the wheel keep the folder with the sources off the search path.
            [sys.executable, str(Path(__file__).with_name("killable.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def pull(self, connection: dict[str, str], lake: Path, *, kill_after: tuple[int, float] | None = None) -> int:
        """Pull; or be killed so many events and seconds after the beginning. Returns the exit status."""
        line = json.dumps([connection, {"to": str(lake), "concurrency": 4}])
        self._process.stdin.write(f"{line}\n")
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
def killable():
    process = Killable()
    yield process
    process.close()


async def change(emulator: Emulator, version: int) -> None:
    """Replace the rows of two DataSets of three."""
    async with AsyncDomo(**emulator.connection) as domo:

        async def replace(dataset_id: str, number: int) -> None:
            rows = table(number, version).to_pylist()
            lines = (csv_record([None if value is None else str(value) for value in row.values()]) for row in rows)
            await domo.datasets.import_csv(dataset_id, "".join(lines))

        async with anyio.create_task_group() as tasks:
            async for dataset in domo.datasets.list():
                number = emulator.table(dataset.id)["number"][0].as_py()
                if number % 3:
                    tasks.start_soon(replace, dataset.id, number)


def test_thirty_kills_leave_the_tree_of_an_undisturbed_run(killable: Killable, tmp_path: Path) -> None:
    """Whatever moment it is, a reader sees whole files only, and what is left in the end is the same to the byte."""
    chance = random.Random(20260708)
    lake, calm = tmp_path / "lake", tmp_path / "calm"
    with Emulator() as emulator:
        for number in range(DATASETS):
            emulator.add_dataset(name_of(number), table(number, 1))
        assert killable.pull(emulator.connection, lake) == 0
        assert killable.pull(emulator.connection, calm) == 0
        anyio.run(change, emulator, 2)
        emulator.latency = 0.004
        killed = surprised = 0
        with Reader(lake) as reader:
            while killed < KILLS:
                moment = chance.randrange(1, 30), chance.uniform(0, 0.02)
                killed += killable.pull(emulator.connection, lake, kill_after=moment) == signal.SIGKILL
                surprised += any((lake / ".domo-async" / "staging").glob("*/*"))
            assert killable.pull(emulator.connection, lake) == 0
        assert killable.pull(emulator.connection, calm) == 0
    assert surprised > KILLS / 3, "files were being written at many of those moments"
    assert reader.wrong == []
    assert reader.read > DATASETS
    assert reader.looks > KILLS
    assert tree(lake) == tree(calm)
    assert manifest(lake) == manifest(calm)
    assert sorted(path.name for path in (lake / ".domo-async").iterdir()) == ["lock", "manifest.json"]
