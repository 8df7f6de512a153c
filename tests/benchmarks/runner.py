"""A process of its own: sets the server up, runs contenders, checks, and prints what it took as JSON."""

from __future__ import annotations

import argparse
import asyncio
import gc
import gzip
import importlib
import json
import logging
import resource
import sys
import tempfile
import time
import traceback
import urllib.request
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.benchmarks.measuring import CONTENDERS, Run, takes_part
from tests.benchmarks.server import Scenario
from tests.benchmarks.workloads import Expected, Outcome, Task, Workload, right_facts, selected

__all__ = ["main"]

_MODULES = {
    "export_parquet": ("tests.benchmarks.parquet_by_hand",),
    "frame": ("pandas", "tests.benchmarks.parquet_by_hand", "tests.benchmarks.rows_by_hand"),
    "upload": ("tests.benchmarks.rows_by_hand",),
}
"""What the work needs, whoever does it. Importing is not measured, for nobody."""

_ROWS = {"pydomo": "frame", "compressor": "csv"}
"""In which form those who do not write the table get the rows of ``upload``."""


def main() -> None:
    """Run the workloads one after the other."""
    arguments = _arguments()
    logging.disable(logging.ERROR)
    runs = []
    for name in arguments.contender:
        module = _contender(name)
        for workload in selected(arguments.workload):
            if takes_part(name, workload):
                size = workload.quick() if arguments.quick else workload
                runs.append(asdict(_run(arguments, name, module, size)))
    print(json.dumps(runs))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--contender", action="append", required=True, choices=CONTENDERS)
    parser.add_argument("--workload", action="append", default=[])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--wrong", action="store_true")
    parser.add_argument("--chunked", action="store_true")
    return parser.parse_args()


def _contender(name: str) -> ModuleType:
    """Its module, with everything imported that it will need."""
    module_name, _, transport = CONTENDERS[name].partition(":")
    if name not in ("aiohttp", "pydomo"):
        # What httpx imports with its first client, and anyio in its first event loop.
        importlib.import_module("httpcore")
        anyio = importlib.import_module("anyio")
        anyio.run(anyio.sleep, 0)
    module = importlib.import_module(f"tests.benchmarks.contenders.{module_name}")
    if transport:
        module.prepare(transport)
    return module


def _run(arguments: argparse.Namespace, name: str, module: ModuleType, workload: Workload) -> Run:
    run = Run(contender=name, workload=workload.name)
    run.skipped = module.NOT_APPLICABLE.get(workload.function, "")
    if run.skipped:
        return run
    scenario = Scenario(
        datasets=workload.datasets,
        csv_bytes=workload.csv_bytes,
        latency=workload.latency,
        grant_latency=workload.grant_latency,
        refused=workload.refused,
        reset=workload.reset,
        wrong=arguments.wrong,
        chunked=arguments.chunked,
    )
    expected = Expected(**_ask(arguments.url, "/_scenario", asdict(scenario)))
    own: dict[str, tuple[str, ...]] = getattr(module, "MODULES", {})
    for needed in (*_MODULES.get(workload.function, ()), *own.get(workload.function, ())):
        importlib.import_module(needed)
    try:
        with tempfile.TemporaryDirectory() as folder:
            task = Task(workload, arguments.url, Path(folder))
            _ = task.ids  # made now: that is not measured
            if workload.function == "upload":
                _ = getattr(task, _ROWS.get(name, "table"))
            outcome = _measure(run, module, task)
            _check(workload, expected, outcome, getattr(module, "FORGETS", set()))
    except Exception as error:  # whatever a contender does wrong is a result
        run.error = f"{type(error).__name__}: {error}"
        traceback.print_exc(file=sys.stderr)
    return run


def _measure(run: Run, module: ModuleType, task: Task) -> Outcome:
    workload = task.workload

    async def timed() -> tuple[float, Outcome]:
        started = time.perf_counter()
        outcome = await getattr(module, workload.function)(task)
        return time.perf_counter() - started, outcome

    gc.collect()
    before, cpu_before = _ask(task.url, "/_stats"), _cpu_seconds()
    run.seconds, outcome = asyncio.run(timed())
    run.cpu_seconds = _cpu_seconds() - cpu_before
    run.peak_mib = _peak_mib()
    after = _ask(task.url, "/_stats")
    run.server_share = (after.pop("cpu_seconds") - before["cpu_seconds"]) / run.seconds
    run.extras = {**outcome.extras, **{name: after[name] - before[name] for name in after}}
    run.cpu_ms_per_call = 1000 * run.cpu_seconds / workload.calls
    return Outcome(_facts(task, outcome), outcome.extras)


def _facts(task: Task, outcome: Outcome) -> dict[str, int]:
    """What can be found out when the clock has stopped."""
    match task.workload.function:
        case "export_parquet":
            from tests.benchmarks.parquet_by_hand import facts_of

            return facts_of(task.parquet_path)
        case "frame":
            from tests.benchmarks.rows_by_hand import facts_of_frame

            return facts_of_frame(outcome.result)
        case "upload" if isinstance(outcome.result, bytes):
            from tests.benchmarks.rows_by_hand import facts_of_csv

            return facts_of_csv(gzip.decompress(outcome.result))
        case "upload":
            facts: dict[str, int] = _ask(task.url, "/_uploaded")
            return facts
        case _:
            return outcome.facts


def _check(workload: Workload, expected: Expected, outcome: Outcome, unknown: set[str]) -> None:
    right = right_facts(workload, expected, outcome.extras)
    known = {name: outcome.facts[name] for name in outcome.facts if name not in unknown}
    if known != {name: number for name, number in right.items() if name not in unknown}:
        raise ValueError(f"expected {right}, got {outcome.facts}")


def _ask(url: str, path: str, document: dict[str, Any] | None = None) -> Any:
    data = None if document is None else json.dumps(document).encode()
    request = urllib.request.Request(url + path, data=data)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=60) as answer:
        return json.load(answer)


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _peak_mib() -> float:
    """The most memory that this process has held. `ru_maxrss` would count what its parent held before the exec."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)  # bytes on macOS
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
