"""Calls that are due at given moments, and how long they took. Part of the measurement, the same for everybody."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from tests.benchmarks.workloads import Workload

__all__ = ["compared", "paced", "percentile"]


async def paced(
    call: Callable[[int], Awaitable[None]], workload: Workload, failure: type[Exception]
) -> tuple[list[float], int]:
    """Make the calls of a workload evenly over its time.

    A call's time counts from when it was due: whoever makes later calls wait pays for it.

    Args:
        call: Makes the call with this number.
        workload: How many calls, over how long, how many at once.
        failure: What a call that failed raises; anything else ends the run.

    Returns:
        Seconds of each call that worked, and the number of those that did not.
    """
    latencies: list[float] = []
    failed = 0
    started = time.perf_counter() + 0.1
    interval = workload.seconds / workload.calls

    async def worker(first: int) -> None:
        nonlocal failed
        for index in range(first, workload.calls, workload.at_once):
            due = started + index * interval
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            try:
                await call(index)
            except failure:
                failed += 1
            else:
                latencies.append(time.perf_counter() - due)

    await asyncio.gather(*(worker(first) for first in range(workload.at_once)))
    return latencies, failed


def percentile(numbers: list[float], share: float) -> float:
    """The number that this share of the numbers does not exceed; 0 if there are none."""
    ordered = sorted(numbers)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def compared(long: tuple[list[float], int], short: tuple[list[float], int]) -> tuple[dict[str, int], dict[str, float]]:
    """Facts and further numbers of a phase with long-lived and one with short-lived tokens."""
    (long_times, long_failed), (short_times, short_failed) = long, short
    p99_long, p99_short = percentile(long_times, 0.99), percentile(short_times, 0.99)
    extras = {
        "p99_ratio": p99_short / p99_long if p99_long else 0.0,
        "p99_long_ms": 1000 * p99_long,
        "p99_short_ms": 1000 * p99_short,
        "worst_short_ms": 1000 * max(short_times, default=0.0),
        "failed": float(long_failed + short_failed),
    }
    return {"calls": len(long_times) + len(short_times)}, extras
