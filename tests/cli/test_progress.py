"""What a pull shows on its way, from events alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from domo_async.cli.progress import shown
from domo_async.cli.terminal import Terminal
from domo_async.errors import ServerError
from domo_async.jobs import (
    PullFinished,
    PullReport,
    PullStarted,
    Transfer,
    TransferFailed,
    TransferFinished,
    TransferProgress,
    TransferRetried,
    TransferStarted,
)

BUSY = ServerError("busy\x1b[2J", status=503)
SALES = Transfer("1", "Sales", Path("Sales.parquet"), rows=7, received=70, retries=1)
STOCK = Transfer("2", "Stock", error=BUSY)
EVENTS = [
    PullStarted(2),
    TransferStarted("1", "Sales", 7),
    TransferProgress("1", 5, 50),
    TransferRetried("1", 1, BUSY, 0.5),
    TransferStarted("1", "Sales", 7),
    TransferProgress("1", 7, 70),
    TransferFinished(SALES),
    TransferFailed(STOCK),
    PullFinished(PullReport((SALES, STOCK), 1.0)),
]


@pytest.fixture(params=["quiet", "lines", "bars"])
def style(request, monkeypatch):
    if request.param == "bars":
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm")
    return request.param


def test_every_style_counts_the_same(style):
    with shown(Terminal(), quiet=style == "quiet") as tally:
        for event in EVENTS:
            tally(event)
    assert (tally.total, tally.finished, tally.failed, tally.retries) == (2, 1, 1, 1)
    assert (tally.rows, tally.received) == (7, 70), "an attempt that failed counts nothing"


def test_each_style_shows_what_failed(style, capsys):
    with shown(Terminal(), quiet=style == "quiet") as tally:
        for event in EVENTS:
            tally(event)
    shown_text = capsys.readouterr().err
    assert ("Stock" in shown_text) == (style != "quiet")
    assert "\x1b[2J" not in shown_text, "a message of the server cannot steer the terminal"


def test_lines(capsys):
    with shown(Terminal()) as tally:
        for event in EVENTS:
            tally(event)
    assert capsys.readouterr().err.splitlines() == [
        "Pulling 2 DataSets",
        "Sales: attempt 1 failed, next in 0.5 s: ServerError: busy\\x1b[2J (503)",
        "[1/2] Sales: 7 rows, 70 B in 0.0 s",
        "[2/2] Stock: failed: busy\\x1b[2J (503)",
    ]


def test_a_long_silence_in_a_log_is_broken(capsys):
    now = 0.0
    with shown(Terminal(), clock=lambda: now) as tally:
        tally(PullStarted(1))
        for rows in range(1, 100):
            now = float(rows)
            tally(TransferProgress("1", rows, 1000 * rows))
    assert capsys.readouterr().err.splitlines()[1:] == [
        "[0/1] 30 rows, 30.0 kB so far",
        "[0/1] 60 rows, 60.0 kB so far",
        "[0/1] 90 rows, 90.0 kB so far",
    ]


def test_the_number_of_datasets_need_not_be_known(style):
    with shown(Terminal(), quiet=style == "quiet") as tally:
        tally(PullStarted(None))
        tally(TransferFinished(SALES))
    assert (tally.total, tally.finished) == (None, 1)
