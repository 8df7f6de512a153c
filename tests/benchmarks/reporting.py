"""Runs into numbers to compare, and those into a page, a chart and JSON."""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.measuring import CEILINGS, CONTENDERS, FLOOR, ROOT, Run, takes_part
from tests.benchmarks.workloads import WORKLOADS, Workload

__all__ = ["PAGE", "Report", "chart", "page", "summary", "write_docs"]

PAGE = ROOT / "docs" / "pages" / "benchmarks.md"
CHART = ROOT / "docs" / "pages" / "assets" / "benchmarks.svg"

_TITLES = {
    "aiohttp": "aiohttp by hand",
    "httpx": "httpx by hand",
    "pydomo": "pydomo",
    "domo_async-aiohttp": "domo_async, aiohttp",
    "domo_async-httpx": "domo_async, httpx",
    "compressor": "the compressor alone",
}
_RIVALS = [name for name in CONTENDERS if name not in CEILINGS]
_BUSY = 0.7


@dataclass(frozen=True, slots=True)
class Spread:
    """Least, median and most of some numbers."""

    least: float
    middle: float
    most: float

    @classmethod
    def of(cls, numbers: Sequence[float]) -> Spread:
        """The spread of at least one number."""
        return cls(min(numbers), median(numbers), max(numbers))


class Report:
    """All runs of a session, and the machine they ran on."""

    def __init__(self, runs: Iterable[Run], machine: dict[str, str] | None = None) -> None:
        self.runs = list(runs)
        self.machine = machine if machine is not None else _machine()

    @classmethod
    def load(cls, text: str) -> Report:
        """What `dump` wrote."""
        document: dict[str, Any] = json.loads(text)
        return cls((Run(**run) for run in document["runs"]), document["machine"])

    def dump(self) -> str:
        """As JSON."""
        return json.dumps({"machine": self.machine, "runs": [asdict(run) for run in self.runs]}, indent=1) + "\n"

    @property
    def workloads(self) -> list[Workload]:
        """Those that were run, in their order."""
        names = {run.workload for run in self.runs}
        return [workload for workload in WORKLOADS if workload.name in names]

    @property
    def rounds(self) -> int:
        """How often the most frequent workload was run."""
        return max((run.round for run in self.runs), default=-1) + 1

    @property
    def errors(self) -> list[Run]:
        """Runs that did not end, or not with what they should have got."""
        return [run for run in self.runs if run.error]

    def of(self, workload: Workload, contender: str) -> list[Run]:
        """The runs of a contender that count."""
        return [run for run in self.runs if (run.workload, run.contender) == (workload.name, contender) and run.counts]

    def skipped(self, workload: Workload, contender: str) -> str:
        """Why a contender did not run, if it did not."""
        reasons = [
            run.skipped or ("failed" if run.error else "")
            for run in self.runs
            if (run.workload, run.contender) == (workload.name, contender)
        ]
        return reasons[0] if reasons else "not run"

    def ratios(self, workload: Workload, contender: str, measure: str = "") -> Spread | None:
        """Its number over that of the floor, round by round; the p99 ratios themselves where those are the number."""
        measure = measure or workload.measure
        if measure == "p99_ratio":
            own = [run.number(measure) for run in self.of(workload, contender)]
            return Spread.of(own) if own else None
        floor = {run.round: run.number(measure) for run in self.of(workload, FLOOR)}
        pairs = [(run.number(measure), floor.get(run.round, 0.0)) for run in self.of(workload, contender)]
        ratios = [number / base for number, base in pairs if base > 0]
        return Spread.of(ratios) if ratios else None


def summary(report: Report) -> str:
    """The tables, in Markdown."""
    return "\n\n".join([_overview(report), *(_details(report, workload) for workload in report.workloads)]) + "\n"


def write_docs(report: Report) -> list[Path]:
    """Write the page and its chart."""
    CHART.parent.mkdir(parents=True, exist_ok=True)
    CHART.write_text(chart(report), encoding="utf-8")
    PAGE.write_text(page(report), encoding="utf-8")
    return [PAGE, CHART]


def _overview(report: Report) -> str:
    rows = [
        [workload.name, *(_times(report.ratios(workload, name), spread=True) for name in _RIVALS)]
        for workload in report.workloads
    ]
    return _table(["Workload", *(_TITLES[name] for name in _RIVALS)], rows)


def _details(report: Report, workload: Workload) -> str:
    paced = workload.measure == "p99_ratio"
    heads = ["", "seconds", "times the floor", "CPU seconds", "times the floor", "peak MiB", "further"]
    if paced:
        heads = ["", "p99, tokens of an hour", "p99, tokens of 2 s", "ratio", "CPU seconds", "peak MiB", "further"]
    elif workload.measure == "cpu_ms_per_call":
        heads[1] = "CPU ms per call"
    rows = []
    for name, title in _TITLES.items():
        runs = report.of(workload, name)
        if not runs and not takes_part(name, workload):
            continue
        if not runs:
            rows.append([title, f"n/a: {report.skipped(workload, name)}", *[""] * (len(heads) - 2)])
            continue
        cpu, peak = _middle(runs, "cpu_seconds"), f"{max(run.peak_mib for run in runs):.0f}"
        if paced:
            times = [f"{_middle(runs, 'p99_long_ms'):.1f} ms", f"{_middle(runs, 'p99_short_ms'):.1f} ms"]
            numbers = [*times, _times(report.ratios(workload, name), spread=True), f"{cpu:.2f}"]
        else:
            numbers = [
                f"{_middle(runs, workload.measure):.3f}",
                _times(report.ratios(workload, name), spread=True),
                f"{cpu:.2f}",
                _times(report.ratios(workload, name, "cpu_seconds")),
            ]
        rows.append([title, *numbers, peak, _further(workload, runs)])
    return f"### {workload.name}\n\n{workload.summary}. {workload.shows}.\n\n{_table(heads, rows)}"


def _further(workload: Workload, runs: list[Run]) -> str:
    words = []
    if workload.function in {"short_tokens", "faults"}:
        words.append(f"{_middle(runs, 'failed'):.0f} failed calls")
    if workload.function == "short_tokens":
        words.append(f"{_middle(runs, 'grants'):.0f} grants")
    if workload.csv_bytes:
        rate = workload.calls * workload.csv_bytes / 1e6 / _middle(runs, "seconds")
        words.append(f"{rate:,.0f} MB/s")
    elif workload.measure == "seconds":
        words.append(f"{workload.calls / _middle(runs, 'seconds'):,.0f} calls/s")
    if any(run.server_share >= _BUSY for run in runs):
        words.append("the server was busy, this is a lower bound")
    return ", ".join(words)


def _middle(runs: list[Run], name: str) -> float:
    return median(run.number(name) for run in runs)


def _times(times: Spread | None, *, spread: bool = False) -> str:
    if times is None:
        return "n/a"
    if spread:
        return f"{times.middle:.2f} ({times.least:.2f} to {times.most:.2f})"
    return f"{times.middle:.2f}"


def _table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] + ["---:"] * (len(heads) - 2) + ["---" if heads[-1] == "further" else "---:"], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _machine() -> dict[str, str]:
    machine = {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }
    for name in (
        "domo-async", "pydomo", "httpx", "httpcore", "aiohttp", "pyarrow", "pandas", "pydantic", "isal"
    ):  # fmt: skip
        try:
            machine[name] = version(name)
        except PackageNotFoundError:
            continue
    return machine


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


_PAGE_TEXT = """\
# Benchmarks

How much does it cost to let domo_async do the work? Each task below was done in five ways: by hand on
[aiohttp](https://docs.aiohttp.org), by hand on [httpx](https://www.python-httpx.org), with
[pydomo](https://pypi.org/project/pydomo/), which is Domo's own SDK, and with domo_async on both of its transports.
A script on aiohttp that does one thing is the floor; all numbers are multiples of it, so 1 is as good as it gets, and
less is better. What stands in parentheses is the smallest and the largest multiple of {rounds}.

![Multiples of the time that a hand-written aiohttp script takes](assets/benchmarks.svg)

{overview}

For `short-tokens` the number is something else: the p99 latency with tokens that live two seconds over that of the same
calls with tokens that live an hour. Whoever never makes anybody wait for a token gets 1.

## What is compared

- **The same work for all.** Everybody parses the JSON, and everybody's result is checked: the number of DataSets
  and the sum of their rows, the bytes of an export, the rows, a sum and the nulls of a Parquet file, of a frame and
  of what was uploaded, every single answer of a single call. A run with a wrong result does not count. Only of pydomo
  nobody asks which texts were null and which were empty: it cannot tell. domo_async also validates every answer
  against its models, keeps a checksum of what it downloads so that it can go on after a broken connection, asks for
  the schema, names the row, column and value where something does not fit, and counts the rows; the scripts do none
  of that.
- **As much help as the scripts could use.** They know their task: one session, a semaphore, a token fetched once,
  pages fetched eight at a time until one is short, the columns and their types, threads for what computes. Where
  tokens die they renew them, and where the server fails they try again, since a script that gives up has not done the
  work. pydomo gets a pool of threads, and frames as pandas makes them.
- **Interleaved.** Each run is a new process, and in each round everybody has a turn, so that a slow minute of the
  machine meets all of them. Multiples are taken within a round. Importing is not measured; making the client is. Peak
  memory is that of the process, with the interpreter, its modules, and the rows to upload.
- **A server that is not the bottleneck.** It answers from memory, in a process of its own, on uvloop. Its share of
  a core was {server} at most; runs with a share of {busy:.0%} or more are marked.
- No TLS, and the loopback interface. A real network makes all multiples smaller, since everybody waits for it.

## In detail

{details}

## Where it ran

{machine}

To run it yourself, in a checkout:

```bash
uv pip install -e ".[fast,pandas]" pydomo uvloop
python -m tests.benchmarks --rounds 5 --write-docs
```
"""


def page(report: Report) -> str:
    """The page of the documentation."""
    busiest = max((run.server_share for run in report.runs if run.counts), default=0.0)
    rounds = f"{report.rounds} rounds" if report.rounds != 1 else "one round"
    return _PAGE_TEXT.format(
        rounds=rounds,
        overview=_overview(report),
        details="\n\n".join(_details(report, workload) for workload in report.workloads),
        server=f"{busiest:.0%}",
        busy=_BUSY,
        machine="\n".join(f"- {name}: {text}" for name, text in report.machine.items()),
    )


_COLOURS = {
    "httpx": "#9aa0a6",
    "pydomo": "#c58f3d",
    "domo_async-aiohttp": "#1f78b4",
    "domo_async-httpx": "#7fb8de",
}
_WIDTH, _LEFT, _RIGHT, _BAR, _GAP, _TOP = 860, 130, 60, 12, 14, 64
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#333}.t{font-weight:600}.g{stroke:#8884}.f{stroke:#d33;stroke-width:1.5}"
    ".w{stroke:#444}@media(prefers-color-scheme:dark){text{fill:#ddd}.w{stroke:#ccc}}"
)


def chart(report: Report) -> str:
    """Bars on a logarithmic scale, with whiskers from the least to the most."""
    bars = [(workload, name, report.ratios(workload, name)) for workload in report.workloads for name in _COLOURS]
    most = max([spread.most for _, _, spread in bars if spread], default=1.0)
    least = min([spread.least for _, _, spread in bars if spread] + [0.8])
    low, high = math.log(least), math.log(max(most, 2.0))

    def x(ratio: float) -> float:
        return _LEFT + (math.log(ratio) - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)

    group = len(_COLOURS) * _BAR + _GAP
    height = _TOP + len(report.workloads) * group + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="Benchmarks">',
        f"<style>{_STYLE}</style>",
        f'<text class="t" x="{_LEFT}" y="18">Times a hand-written aiohttp script (less is better, log scale)</text>',
    ]
    for place, (name, colour) in enumerate(_COLOURS.items()):
        left = _LEFT + place * 165
        parts.append(f'<rect x="{left}" y="30" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{left + 17}" y="40">{_TITLES[name]}</text>')
    for tick in (0.25, 0.5, 1, 2, 5, 10, 20, 50, 100):
        if least <= tick <= most:
            line = "f" if tick == 1 else "g"
            at = f"{x(tick):.1f}"
            parts.append(f'<line class="{line}" x1="{at}" x2="{at}" y1="{_TOP - 8}" y2="{height - 24}"/>')
            parts.append(f'<text x="{at}" y="{height - 8}" text-anchor="middle">{tick:g}x</text>')
    for place, workload in enumerate(report.workloads):
        top = _TOP + place * group
        parts.append(f'<text x="{_LEFT - 8}" y="{top + group / 2 - 2:.0f}" text-anchor="end">{workload.name}</text>')
        for row, name in enumerate(_COLOURS):
            parts += _bar(report.ratios(workload, name), x, top + row * _BAR, _COLOURS[name])
    return "\n".join([*parts, "</svg>"]) + "\n"


def _bar(spread: Spread | None, x: Any, top: float, colour: str) -> list[str]:
    if spread is None:
        return [f'<text x="{x(1) + 4:.1f}" y="{top + _BAR - 2}" font-size="10" opacity=".6">n/a</text>']
    left, right = sorted((x(1), x(spread.middle)))
    middle = top + _BAR / 2 - 0.5
    return [
        f'<rect x="{left:.1f}" y="{top}" width="{max(1.0, right - left):.1f}" height="{_BAR - 1}" fill="{colour}"/>',
        f'<line class="w" x1="{x(spread.least):.1f}" x2="{x(spread.most):.1f}" y1="{middle}" y2="{middle}"/>',
        f'<text x="{max(x(spread.most), x(1)) + 5:.1f}" y="{top + _BAR - 2}" font-size="10">{spread.middle:.2f}</text>',
    ]
