"""The harness works, and notices wrong results. Nothing is timed here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow")
pytest.importorskip("aiohttp")
pytest.importorskip("uvloop")

from tests.benchmarks.measuring import Run
from tests.benchmarks.reporting import Report, chart, page

ROOT = Path(__file__).parents[2]
CONTENDERS = ("aiohttp", "httpx", "pydomo", "domo_async-aiohttp", "domo_async-httpx")
WORKLOADS = {
    "list", "pull", "export", "export-parquet", "frame", "upload", "cold", "queries", "short-tokens", "faults",
    "in-flight-100", "in-flight-1000", "in-flight-10000",
}  # fmt: skip


def benchmarks(folder: Path, *options: str) -> tuple[int, list[dict[str, Any]]]:
    """Run the command; its exit status, and the runs it reports."""
    results = folder / "runs.json"
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", "--quick", f"--json={results}", *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert results.exists(), done.stderr
    return done.returncode, json.loads(results.read_text())["runs"]


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, list[dict[str, Any]]]:
    """All contenders with all workloads."""
    return benchmarks(tmp_path_factory.mktemp("benchmarks"))


@pytest.mark.parametrize("contender", CONTENDERS)
def test_everybody_can_do_everything(contender: str, everything: tuple[int, list[dict[str, Any]]]) -> None:
    pytest.importorskip(contender.partition("-")[0])
    runs = [run for run in everything[1] if run["contender"] == contender]

    assert [run["error"] for run in runs if run["error"]] == []
    assert {run["workload"] for run in runs} == WORKLOADS
    done = [run for run in runs if not run["skipped"]]
    assert len(done) >= 10
    assert all(run["seconds"] > 0 and run["cpu_seconds"] >= 0 and run["extras"]["grants"] >= 1 for run in done)


def test_a_ceiling_is_measured_where_there_is_one(everything: tuple[int, list[dict[str, Any]]]) -> None:
    pytest.importorskip("isal")
    runs = [run for run in everything[1] if run["contender"] == "compressor"]

    assert [(run["workload"], run["error"]) for run in runs] == [("upload", "")]


def test_the_page_explains_every_workload(everything: tuple[int, list[dict[str, Any]]]) -> None:
    report = Report(Run(**run) for run in everything[1])
    text = page(report)

    for workload in WORKLOADS:
        assert f"### {workload}\n" in text
        assert f"| {workload} |" in text
    assert text.count("| the compressor alone |") == 1
    assert chart(report).startswith("<svg ")


def test_success_is_the_exit_status(everything: tuple[int, list[dict[str, Any]]]) -> None:
    assert everything[0] == 0


def test_a_wrong_result_does_not_count(tmp_path: Path) -> None:
    status, runs = benchmarks(tmp_path, "--wrong", "--contender=aiohttp", "--contender=domo_async-httpx")

    assert status == 1
    assert len(runs) == 2 * len(WORKLOADS)
    assert [run["workload"] for run in runs if not run["error"]] == []


def test_bodies_without_a_length_are_read_to_their_end(tmp_path: Path) -> None:
    workloads = ["--workload=pull", "--workload=export-parquet"]

    status, runs = benchmarks(tmp_path, "--chunked", "--contender=domo_async-httpx", *workloads)

    assert [run["error"] for run in runs] == ["", ""]
    assert status == 0
