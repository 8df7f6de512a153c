"""Processes: one for the server, and a new one for every run of a contender."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.workloads import Workload

__all__ = [
    "CEILINGS",
    "CONTENDERS",
    "FLOOR",
    "Run",
    "installed",
    "interleaved",
    "run_contenders",
    "serving",
    "takes_part",
]

ROOT = Path(__file__).parents[2]

CONTENDERS = {
    "aiohttp": "aiohttp_by_hand",
    "httpx": "httpx_by_hand",
    "pydomo": "pydomo_client",
    "domo_async-aiohttp": "domo_async_client:aiohttp",
    "domo_async-httpx": "domo_async_client:httpx",
    "compressor": "compressor",
}
"""Module of each contender, and its transport if it has a choice."""

CEILINGS = {"compressor": {"upload"}}
"""Contenders that do a part of the work only, to show what is possible, and the functions that they have."""

FLOOR = "aiohttp"
"""The contender that the others are compared with."""

_NEEDS = {
    "aiohttp": ("aiohttp",),
    "httpx": ("httpx",),
    "pydomo": ("pydomo",),
    "domo_async-aiohttp": ("aiohttp",),
    "domo_async-httpx": ("httpx",),
    "compressor": ("isal",),
}
_PATIENCE = 300


@dataclass(slots=True)
class Run:
    """One contender, one workload, once.

    Attributes:
        round: Which round it was, from 0.
        seconds: From before the client is made until it is closed.
        cpu_seconds: User and system time of the process in that time, all threads.
        cpu_ms_per_call: The same for each call.
        peak_mib: The most memory that the process has held, interpreter and modules included.
        server_share: CPU seconds of the server per second. Near 1 it would be the server that is measured.
        extras: What else there is to say.
        skipped: Why it cannot do this.
        error: What went wrong; the numbers do not count then.
    """

    contender: str
    workload: str
    round: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    cpu_ms_per_call: float = 0.0
    peak_mib: float = 0.0
    server_share: float = 0.0
    extras: dict[str, float] = field(default_factory=dict)
    skipped: str = ""
    error: str = ""

    @property
    def counts(self) -> bool:
        """Whether there are numbers."""
        return not self.skipped and not self.error

    def number(self, measure: str) -> float:
        """What the contenders are compared by."""
        return self.extras[measure] if measure in self.extras else float(getattr(self, measure))


def takes_part(contender: str, workload: Workload) -> bool:
    """Whether there is anything for it to do, or to say why not."""
    return contender not in CEILINGS or workload.function in CEILINGS[contender]


def installed(contender: str) -> bool:
    """Whether its packages are there."""
    return all(importlib.util.find_spec(name) is not None for name in _NEEDS[contender])


@contextmanager
def serving() -> Iterator[str]:
    """The server, and its URL."""
    command = [sys.executable, "-m", "tests.benchmarks.server"]
    with subprocess.Popen(command, env=_environment(), cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            if not port:
                raise RuntimeError("the server did not start")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def run_contenders(
    url: str,
    contenders: list[str],
    workloads: list[Workload],
    *,
    quick: bool = False,
    wrong: bool = False,
    chunked: bool = False,
) -> list[Run]:
    """Run workloads in a new process, one contender after the other."""
    command = [sys.executable, "-m", "tests.benchmarks.runner", "--url", url]
    command += [f"--contender={name}" for name in contenders]
    command += [f"--workload={workload.name}" for workload in workloads]
    command += [f"--{name}" for name, on in (("quick", quick), ("wrong", wrong), ("chunked", chunked)) if on]
    all_runs = [(name, workload.name) for name in contenders for workload in workloads if takes_part(name, workload)]
    try:
        done = subprocess.run(
            command, env=_environment(), cwd=ROOT, capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return [Run(*names, error=f"not done after {_PATIENCE} s") for names in all_runs]
    if done.returncode != 0:
        return [Run(*names, error=done.stderr[-2000:]) for names in all_runs]
    return [Run(**run) for run in json.loads(done.stdout.splitlines()[-1])]


def interleaved(
    url: str, contenders: list[str], workloads: list[Workload], rounds: int, *, chunked: bool = False
) -> Iterator[Run]:
    """Round after round: in each, every workload, and in that every contender, so that slow minutes meet all."""
    for number in range(rounds):
        for workload in workloads:
            if number >= workload.most_rounds:
                continue
            for contender in contenders:
                if not takes_part(contender, workload):
                    continue
                (run,) = run_contenders(url, [contender], [workload], chunked=chunked)
                run.round = number
                yield run


def _environment() -> dict[str, str]:
    """Ours, without anybody's credentials and proxies."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("DOMO_") and not name.lower().endswith("_proxy")
    }
    return {**kept, "PYTHONPATH": str(ROOT)}
