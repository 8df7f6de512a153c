"""The report of a pull."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from domo_async.errors import ConnectionLostError, PullError
from domo_async.jobs import PullReport, Transfer
from domo_async.jobs.turns import Turns

GOOD = Transfer("1", "Sales", Path("lake/Sales.parquet"), rows=1_234_567, received=2_500_000, file_bytes=999, seconds=3)
BAD = Transfer("2", "Costs", received=77, retries=3, error=ConnectionLostError("reset"))


def test_the_text_says_what_matters() -> None:
    report = PullReport((GOOD, BAD, *[BAD] * 30), seconds=4.25)
    first, second, *_, last = str(report).splitlines()
    assert first == "1 of 32 DataSets in 4.2 s: 1,234,567 rows, 2.5 MB received, 999 B on disk"
    assert second == "  failed: 'Costs' (2): reset"
    assert last == "  … and 11 more"


def test_failed_attempts_count_for_nothing() -> None:
    report = PullReport((GOOD, BAD), seconds=1)
    assert (report.rows, report.received, report.file_bytes) == (1_234_567, 2_500_000, 999)
    assert (report.succeeded, report.failed, report.ok) == ((GOOD,), (BAD,), False)


def test_it_is_json() -> None:
    document = json.loads(json.dumps(PullReport((GOOD, BAD), seconds=1).to_dict()))
    assert document["transfers"][0]["path"] == str(Path("lake/Sales.parquet"))
    assert document["transfers"][1]["error"] == "ConnectionLostError: reset"


def test_failures_are_raised_on_demand() -> None:
    PullReport((GOOD,), seconds=1).raise_for_failures()
    with pytest.raises(PullError, match=r"1 of 2 DataSets did not arrive: 'Costs' \(2\)") as caught:
        PullReport((GOOD, BAD), seconds=1).raise_for_failures()
    assert pickle.loads(pickle.dumps(caught.value)).report.failed[0].dataset_id == "2"


def test_huge_sizes() -> None:
    report = PullReport((Transfer("1", received=5 * 10**12, file_bytes=7 * 10**9),), seconds=1)
    assert "5.0 TB received, 7.0 GB on disk" in str(report)


@pytest.mark.anyio
async def test_turns_pass_in_order() -> None:
    """Passing twice, or before one's turn, does no harm."""
    turns = Turns()
    await turns.wait(0)
    turns.passed(1)
    turns.passed(0)
    turns.passed(0)
    await turns.wait(2)
