"""What a pull shows on its way, from events alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from domo_async.cli.board import Board
from domo_async.cli.estimate import roughly
from domo_async.cli.progress import shown, shown_job
from domo_async.cli.tally import Tally
from domo_async.cli.terminal import Terminal
from domo_async.errors import ServerError
from domo_async.jobs import (
    Chronicler,
    PullFinished,
    PullReport,
    PullStarted,
    SelectionRead,
    StatsRead,
    Transfer,
    TransferFailed,
    TransferFinished,
    TransferProgress,
    TransferQueued,
    TransferReceiving,
    TransferRetried,
    TransferStarted,
    TransferWriting,
)
from domo_async.jobs.chronicle.of_push import PushListener
from domo_async.jobs.push_events import PushStarted, UploadFinished, UploadStarted
from domo_async.jobs.push_report import Upload
from tests.jobs.nights import stats

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


class Job:
    """A job that is looked at while a clock is turned by hand."""

    def __init__(self, total: int, *, on_their_way: int) -> None:
        self.now = 1_000.0
        self.chronicler = Chronicler(clock=lambda: self.now)
        self.board = Board(Tally(self.chronicler))
        self.tell(PullStarted, None)
        for number in range(total):
            self.tell(TransferQueued, str(number), f"Sales {number} 日本語 \x1b[2J", "new", "", 1_000)
        self.tell(SelectionRead, total, 0, 1_000 * total)
        for number in range(on_their_way):
            self.tell(TransferStarted, str(number), None, 1_000, after=1.0)

    def tell(self, kind, *arguments, after=0.0):
        self.now += after
        self.chronicler(kind(*arguments, at=self.now))

    def lines(self, width=80, room=16, *, plain=False):
        return [line.plain for line in self.board.lines(width, room, plain=plain)]


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("width", [8, 20, 40, 60, 80, 200])
@pytest.mark.parametrize("room", [1, 2, 3, 5, 16])
def test_a_board_never_leaves_its_frame(width, room, plain):
    job = Job(40, on_their_way=20)
    for number in range(4):
        job.tell(TransferReceiving, str(number))
        job.tell(TransferWriting, str(number), 0.0)
        job.tell(TransferProgress, str(number), 500, 50_000)
    job.tell(TransferRetried, "5", 1, BUSY, 12.0)
    job.tell(StatsRead, stats(paused_for=12.0, retries=3))
    job.tell(TransferFailed, Transfer("6", "Lost", error=BUSY))
    lines = job.board.lines(width, room, plain=plain)
    assert len(lines) <= room
    assert max(line.cell_len for line in lines) <= width
    assert all("\x1b" not in line.plain for line in lines)
    assert not plain or not set("━─…·") & set("".join(line.plain for line in lines))


def test_a_board_shows_the_most_telling_ones_and_counts_the_others():
    job = Job(40, on_their_way=20)
    job.tell(TransferRetried, "19", 1, BUSY, 12.0)
    job.tell(StatsRead, stats(paused_for=12.0))
    lines = job.lines(room=8)
    assert "0 of 40 DataSets" in lines[0]
    assert "Domo asks everybody to wait: 12 s" in lines[2]
    names = [re.search(r"Sales (\d+)", line) for line in lines]
    assert [name[1] for name in names if name] == ["0", "1", "2", "19"], "tried again, or longest on their way"
    assert any("again in 12 s (2)" in line for line in lines)
    assert "16 waiting for Domo" in lines[-1]
    assert "20 queued" in lines[-1]
    again = job.lines(room=8)
    assert again == lines, "two looks at the same moment are the same"


def test_nothing_is_said_of_what_is_not_known():
    """No estimate before there is a pace, nor while Domo makes everybody wait, nor when nothing moves any more."""
    job = Job(10, on_their_way=1)
    assert "left" not in job.lines()[1]
    for number in range(5):
        job.tell(TransferStarted, str(number), None, 1_000)
        job.tell(TransferFinished, Transfer(str(number), rows=1_000, seconds=10.0), after=10.0)
        line = job.lines()[1]
    assert "about a minute left" in line
    job.tell(StatsRead, stats(paused_for=30.0))
    assert "left" not in job.lines()[1]
    job.tell(StatsRead, stats())
    for _ in range(90):
        job.now += 1.0
        line = job.lines()[1]
    assert "left" not in line


def test_no_estimate_without_a_total():
    job = Job(0, on_their_way=0)
    job.chronicler.all_known, job.chronicler.total = False, None
    for number in range(5):
        job.tell(TransferStarted, str(number), None, None)
        job.tell(TransferFinished, Transfer(str(number), rows=1_000, seconds=10.0), after=10.0)
        assert "left" not in job.lines()[1]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (8, "a few seconds"),
        (50, "a minute"),
        (200, "3 min"),
        (3570, "1 h"),
        (5_000, "1 h 25 min"),
        (1e5, "more than a day"),
    ],
)
def test_what_is_to_come_is_told_roughly(seconds, words):
    assert roughly(seconds) == words


def test_a_log_tells_of_domo_and_of_what_takes_long(capsys):
    now = 0.0
    with shown(Terminal(), clock=lambda: now) as tally:
        tally(PullStarted(1))
        tally(TransferStarted("1", "Sales", 7))
        tally(StatsRead(stats(paused_for=20.0)))
        tally(StatsRead(stats(paused_for=19.0)))
        now = 40.0
        tally(StatsRead(stats()))
    assert capsys.readouterr().err.splitlines() == [
        "Pulling 1 DataSet",
        "Domo asks everybody to wait 20 s",
        "[0/1] 0 rows, 0 B so far; 1 on their way, the longest Sales",
    ]


def test_another_job_is_shown_as_well(capsys):
    chronicler = Chronicler("push")
    with shown_job(Terminal(), chronicler, PushListener(chronicler)) as progress:
        progress(PushStarted(1))
        progress(UploadStarted("a.csv", "A", None, 1, "new", 10))
        progress(UploadFinished(Upload("a.csv", "A", rows=3, action="new", seconds=1.0)))
    assert capsys.readouterr().err.splitlines() == ["Pushing 1 DataSet", "[1/1] A: 3 rows, 0 B in 1.0 s"]
