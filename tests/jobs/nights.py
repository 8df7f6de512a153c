"""Jobs that were never run: their events, made up, for tests of what is remembered and shown of them."""

from __future__ import annotations

from domo_async.errors import ConnectionLostError, NotFoundError
from domo_async.http.stats import Stats
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
    TransferReceived,
    TransferReceiving,
    TransferRetried,
    TransferSkipped,
    TransferStarted,
    TransferWriting,
)

BEGAN = 1_790_000_000.0
HOSTILE = (
    "</script><script>document.title = 'broken'</script>",
    "<img src=x onerror=\"document.title = 'broken'\">",
    "\u202eright to left שלום",
    "🎉 emoji 日本語",
    "N" * 500,
    "line\nbreak\x00\x1b[2J",
    "&lt;b&gt; &amp;",
    " ",
)


def stats(*, grants: int = 1, paused_for: float = 0.0, retries: int = 0) -> Stats:
    return Stats(10, retries, 0, grants, 1, 0, 8, paused_for)


class Night:
    """A job whose clock is turned by hand."""

    def __init__(self) -> None:
        self.now = BEGAN
        self.chronicler = Chronicler(clock=lambda: self.now)

    def tell(self, kind, *arguments, after: float = 0.0, **more) -> None:
        self.now += after
        self.chronicler(kind(*arguments, at=self.now, **more))


def night(count: int, *, names: tuple[str, ...] = (), failing: int = 2) -> Night:
    """A job of so many DataSets, eight at a time; some fail, one is tried again, one had not changed."""
    told = Night()
    tell = told.tell
    tell(PullStarted, None, "lake", settings={"concurrency": 8, "writers": 2, "format": "parquet"})
    tell(StatsRead, stats(), after=0.1)
    ids = [f"id-{number:04}" for number in range(count)]
    called = {one: names[number] if number < len(names) else f"Sales {number}" for number, one in enumerate(ids)}
    for one in ids:
        tell(TransferQueued, one, called[one], "new", "it is not there yet", 1_000)
    tell(TransferSkipped, Transfer("same", "Unchanged", action="unchanged", rows=5))
    tell(SelectionRead, count + 1, 1, 1_000 * count)
    for start in range(0, count, 8):
        group = ids[start : start + 8]
        for one in group:
            tell(TransferStarted, one, called[one], 1_000, after=0.05)
        if start == 8:
            tell(StatsRead, stats(grants=2, paused_for=3.0), after=1.0)
            tell(StatsRead, stats(grants=2), after=3.0)
        for one in group[1:]:
            tell(TransferReceiving, one, after=0.3)
            tell(TransferProgress, one, 0, 40_000, after=0.2)
            tell(TransferReceived, one, 50_000, after=0.2)
            tell(TransferWriting, one, 0.4, after=0.3)
            tell(TransferProgress, one, 1_000, 50_000, after=0.4)
            done = Transfer(one, called[one], rows=1_000, received=50_000, file_bytes=9_000, seconds=3.0, action="new")
            tell(TransferFinished, done, after=0.1)
        lost = ConnectionLostError("The connection broke", operation="datasets.export")
        if start // 8 < failing:
            error = NotFoundError("Nothing is there", status=404, operation="datasets.get", toe="ABC")
            tell(TransferFailed, Transfer(group[0], called[group[0]], error=error, seconds=1.0))
        else:
            tell(TransferRetried, group[0], 1, lost, 2.0, after=0.5)
            tell(TransferStarted, group[0], called[group[0]], 1_000, 2, after=2.5)
            done = Transfer(
                group[0], called[group[0]], rows=9, received=70, file_bytes=5, seconds=9.0, retries=1, action="new"
            )
            tell(TransferFinished, done, after=0.5)
    tell(PullFinished, PullReport((), seconds=told.now - BEGAN))
    return told
