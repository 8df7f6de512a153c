"""Compares domo_async with what one would write or use instead: ``python -m tests.benchmarks --help``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.measuring import (
    CONTENDERS,
    FLOOR,
    Run,
    installed,
    interleaved,
    run_contenders,
    serving,
)
from tests.benchmarks.reporting import Report, summary, write_docs
from tests.benchmarks.workloads import WORKLOADS, selected


def main() -> int:
    """Run, report; 1 if anybody failed."""
    arguments = _arguments()
    if arguments.from_json:
        report = Report.load(arguments.from_json.read_text(encoding="utf-8"))
    else:
        report = Report(_watched(_runs(arguments)))
    if arguments.json:
        arguments.json.write_text(report.dump(), encoding="utf-8")
    if arguments.write_docs:
        for path in write_docs(report):
            print(f"wrote {path}", file=sys.stderr)
    print(summary(report))
    return 1 if report.errors else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    names = sorted({"in-flight", *(workload.name for workload in WORKLOADS)})
    parser.add_argument("--rounds", type=int, default=5, help="how often everybody has a turn; default 5")
    parser.add_argument("--workload", action="append", default=[], choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument(
        "--contender", action="append", default=[], choices=CONTENDERS, metavar="NAME", help=", ".join(CONTENDERS)
    )
    parser.add_argument("--quick", action="store_true", help="sizes that only show whether everything works")
    parser.add_argument("--wrong", action="store_true", help="let the server answer falsely: every run has to fail")
    parser.add_argument("--chunked", action="store_true", help="let the server send exports without a length")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all runs to this file")
    parser.add_argument("--from-json", type=Path, metavar="FILE", help="measure nothing, report what this file holds")
    parser.add_argument("--write-docs", action="store_true", help="write docs/pages/benchmarks.md and its chart")
    return parser.parse_args()


def _runs(arguments: argparse.Namespace) -> Iterator[Run]:
    workloads = selected(arguments.workload)
    contenders = [name for name in CONTENDERS if name in arguments.contender or not arguments.contender]
    for name in contenders:
        if not installed(name):
            print(f"{name} is not installed and left out", file=sys.stderr)
    contenders = [name for name in contenders if installed(name)]
    if not arguments.quick and FLOOR not in contenders:
        print(f"without {FLOOR} there is nothing to compare with", file=sys.stderr)
    with serving() as url:
        if not arguments.quick and not arguments.wrong:
            yield from interleaved(url, contenders, workloads, arguments.rounds, chunked=arguments.chunked)
            return
        # One process does everything: importing would take longer than the work.
        options = {"quick": True, "wrong": arguments.wrong, "chunked": arguments.chunked}
        yield from run_contenders(url, contenders, workloads, **options)


def _watched(runs: Iterator[Run]) -> Iterator[Run]:
    for run in runs:
        words = run.error.strip().rpartition("\n")[2] or run.skipped or f"{run.seconds:.3f} s"
        print(f"round {run.round + 1}  {run.workload:16} {run.contender:20} {words}", file=sys.stderr, flush=True)
        yield run


if __name__ == "__main__":
    sys.exit(main())
