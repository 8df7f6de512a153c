"""The recorder of a job: events in, a document out."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from domo_async.jobs.chronicle.client_numbers import ClientNumbers
from domo_async.jobs.chronicle.document import Chronicle
from domo_async.jobs.chronicle.failures import failure_of
from domo_async.jobs.chronicle.parts import Failure, Fate, Outcome, Totals, Traffic
from domo_async.jobs.chronicle.recording import Recording
from domo_async.jobs.chronicle.software import software
from domo_async.jobs.chronicle.traffic import Amounts
from domo_async.jobs.events import (
    FilesRemoved,
    PullFinished,
    PullStarted,
    SelectionRead,
    StatsRead,
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

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from domo_async.http.stats import Stats
    from domo_async.jobs.events import PullEvent, Setting
    from domo_async.jobs.report import Transfer

__all__ = ["Chronicler"]

_MOST_NAMES = 1_000


class Chronicler:
    """Remembers what happens in a job. Call it with each event; ask it for the `chronicle` at any time.

    What it remembers is bounded: some kilobytes for a DataSet that was transferred, however long that took and however
    often it was tried, and some hundred bytes for one that had not changed.

    `domo.pull` has one of its own, whose document is ``report.chronicle``. Make one for a job of another kind, whose
    events it does not know: its methods say the same without events. For each DataSet, in this order, `queue`,
    `start`, `arriving`, `writing`, `progress`, `arrived`, `retry` as it happens, and `end`. A job with phases of its
    own says `enter` instead of some of them. Moments are seconds since 1970, as the events have them.

    Attributes:
        job: What kind of job it is.
        target: Where the data goes.
        settings: What the job was told.
        warnings: What was odd, as sentences.
        total: How many DataSets there are, None while that is not known.
        all_known: Whether all of them were queued, so that none will come as a surprise.
        active: The DataSets on their way, in the order in which they began.
        counts: How many DataSets are over, by their fate.
        last: The DataSet that ended or has to be tried again last.

    Args:
        job: What kind of job it is.
        target: Where the data goes.
        settings: What the job was told, for people.
        clock: Seconds since 1970.

    Example:
        ::

            chronicler = Chronicler("push", target="Domo", settings={"concurrency": 8})
            chronicler.start(path, name="Sales", rows_expected=1_000)
            chronicler.end(path, "fetched", seconds=2.5, rows=1_000)
            chronicler.chronicle().save("push.html")
    """

    def __init__(
        self,
        job: str = "pull",
        *,
        target: str = "",
        settings: Mapping[str, Setting] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.job = job
        self._clock = clock
        self._began = clock()
        self._last = 0.0
        self._recordings: dict[str, Recording] = {}
        self._amounts = Amounts()
        self._lost = 0
        self._retries = 0
        self._client = ClientNumbers()
        self._removed: list[str] = []
        self._started = 0.0
        self._seconds: float | None = None
        self.target: str = target
        self.settings: dict[str, Setting] = dict(settings or {})
        self.warnings: list[str] = []
        self.total: int | None = None
        self.all_known: bool = False
        self.active: dict[str, Recording] = {}
        self.counts: Counter[Fate] = Counter()
        self.last: Recording | None = None

    def __call__(self, event: PullEvent) -> None:  # noqa: C901 - one line for each kind of event
        """Take the next event."""
        at = event.at
        match event:
            case TransferProgress():
                self.progress(event.dataset_id, event.rows, event.received, at=at)
            case TransferReceiving():
                self._of(event.dataset_id).arriving(self._moment(at))
            case TransferReceived():
                self.arrived(event.dataset_id, event.received, at=at)
            case TransferWriting():
                self._of(event.dataset_id).writing(self._moment(at))
            case TransferQueued():
                self.queue(event.dataset_id, event.name, action=event.action, rows_expected=event.rows_expected, at=at)
            case TransferStarted():
                self.start(event.dataset_id, event.name, action=event.action, rows_expected=event.rows_expected, at=at)
            case TransferRetried():
                self.retry(event.dataset_id, event.attempt, event.wait, event.error, at=at)
            case TransferFinished(transfer=transfer):
                self._take(transfer, "fetched", at)
            case TransferSkipped(transfer=transfer):
                self._take(transfer, "unchanged", at)
            case TransferFailed(transfer=transfer):
                self._take(transfer, "failed", at)
            case StatsRead():
                self._client.read(event.stats, self._moment(at))
            case PullStarted():
                self.started(at=at)
                self.total = event.total
                self.target = event.target
                self.settings |= event.settings
                self.warnings += event.warnings
            case SelectionRead():
                self.total = event.total
                self.all_known = True
            case FilesRemoved():
                self._removed += event.files[: max(0, _MOST_NAMES - len(self._removed))]
            case PullFinished():
                self.finished(event.report.seconds, event.report.warnings)

    def queue(
        self,
        dataset_id: str,
        name: str | None = None,
        *,
        action: str | None = None,
        rows_expected: int | None = None,
        at: float | None = None,
    ) -> None:
        """A DataSet waits for its turn."""
        one = self._of(dataset_id)
        one.name, one.action, one.rows_expected = name, action, rows_expected
        one.enter("queued", self._moment(at))

    def start(
        self,
        dataset_id: str,
        name: str | None = None,
        *,
        action: str | None = None,
        rows_expected: int | None = None,
        at: float | None = None,
    ) -> None:
        """The data of a DataSet is asked for, or sent; again for each attempt."""
        one = self._of(dataset_id)
        one.name, one.action = name or one.name, action or one.action
        one.rows_expected = rows_expected
        self._lost += one.received
        one.start(self._moment(at))
        self.active[dataset_id] = one

    def name(self, dataset_id: str, name: str | None, *, action: str | None = None) -> None:
        """What a DataSet is called, and what is done for it."""
        one = self._of(dataset_id)
        one.name, one.action = name or one.name, action or one.action

    def started(self, *, at: float | None = None) -> None:
        """The job begins. What was before, such as the look for a token, counts as well."""
        self._started = self._moment(at)

    def finished(self, seconds: float, warnings: Iterable[str] = ()) -> None:
        """The job is over, so many seconds after it was started, by a clock that does not jump."""
        self._seconds = self._started + seconds
        self.warnings = list(dict.fromkeys((*self.warnings, *warnings)))

    def enter(self, dataset_id: str, phase: str, *, at: float | None = None) -> None:
        """A DataSet begins with something else; see `Phase`. A phase of another name is shown under that."""
        one = self.active[dataset_id] = self._of(dataset_id)
        one.enter(phase, self._moment(at))

    def arriving(self, dataset_id: str, *, at: float | None = None) -> None:
        """The first bytes are here."""
        self._of(dataset_id).arriving(self._moment(at))

    def writing(self, dataset_id: str, *, at: float | None = None) -> None:
        """Its rows are written from now on."""
        self._of(dataset_id).writing(self._moment(at))

    def arrived(self, dataset_id: str, received: int, *, at: float | None = None) -> None:
        """The last bytes are here, so many of them."""
        one = self._of(dataset_id)
        self.progress(dataset_id, one.rows, received, at=at)
        one.arrived(self._moment(at))

    def progress(self, dataset_id: str, rows: int, received: int, *, at: float | None = None) -> None:
        """So many rows and bytes by this attempt so far."""
        one = self._of(dataset_id)
        self._amounts.add(self._moment(at), max(0, received - one.received), max(0, rows - one.rows))
        one.rows, one.received = rows, received

    def retry(
        self, dataset_id: str, attempt: int, wait: float, error: BaseException, *, at: float | None = None
    ) -> None:
        """An attempt failed, and the next one follows after `wait` seconds."""
        self._retries += 1
        one = self.active[dataset_id] = self.last = self._of(dataset_id)
        one.retry(self._moment(at), attempt, wait, f"{type(error).__name__}: {error}")

    def end(
        self,
        dataset_id: str,
        fate: Literal["fetched", "unchanged", "failed"],
        *,
        seconds: float,
        rows: int = 0,
        file_bytes: int = 0,
        error: BaseException | None = None,
        at: float | None = None,
    ) -> None:
        """A DataSet is over.

        Args:
            dataset_id: Its id, or what else tells it from all others.
            fate: What became of it: its data was transferred, or did not have to be, or it failed.
            seconds: How long it took, waits included.
            rows: Rows that are there now.
            file_bytes: Size of its files.
            error: Why it failed.
            at: When, None for now.
        """
        one = self._of(dataset_id)
        moment = self._moment(at)
        if fate == "fetched":
            self._amounts.add(moment, 0, max(0, rows - one.rows))
        one.rows, one.file_bytes = rows, file_bytes
        one.failure = None if error is None else failure_of(error)
        one.end(moment, fate, seconds)
        self.counts[fate] += 1
        self.last = one
        self.active.pop(dataset_id, None)

    @property
    def recordings(self) -> Mapping[str, Recording]:
        """The DataSets by id, as they are now."""
        return self._recordings

    @property
    def stats(self) -> Stats | None:
        """The numbers of the client when they were last read."""
        return self._client.last

    @property
    def received(self) -> int:
        """Bytes that have come so far, those of failed attempts included."""
        return self._lost + sum(one.received for one in self._recordings.values())

    @property
    def retries(self) -> int:
        """How many transfers were begun again so far."""
        return self._retries

    @property
    def done(self) -> int:
        """How many DataSets are over."""
        return self.counts.total()

    @property
    def queued(self) -> int:
        """How many DataSets wait for their turn."""
        return len(self._recordings) - self.done - len(self.active)

    def now(self) -> float:
        """Seconds since the beginning of the job."""
        return self._moment(None)

    def chronicle(self, *, error: BaseException | None = None, interrupted: bool = False) -> Chronicle:
        """What happened until now.

        Args:
            error: What stopped the job, if anything did.
            interrupted: Whether somebody stopped it.
        """
        seconds = self._seconds if self._seconds is not None else self.now()
        lives = [one.life(max(seconds, self._last)) for one in self._recordings.values()]
        totals = self._totals()
        outcome: Outcome = "failures" if totals.failed else "complete"
        stopped_by: Failure | None = None
        if error is not None:
            outcome, stopped_by = "stopped", failure_of(error)
        elif interrupted:
            outcome = "interrupted"
        return Chronicle(
            job=self.job,
            outcome=outcome,
            began=datetime.fromtimestamp(self._began, UTC),
            seconds=round(seconds, 3),
            target=self.target,
            software=software(),
            settings=self.settings,
            totals=totals,
            lives=lives,
            traffic=Traffic(step=self._amounts.step, received=self._amounts.received, rows=self._amounts.rows),
            grants=self._client.grants,
            pauses=self._client.pauses,
            stopped_by=stopped_by,
            removed=self._removed,
            warnings=self.warnings,
        )

    def _totals(self) -> Totals:
        everything = self._recordings.values()
        fetched = [one for one in everything if one.fate == "fetched"]
        fates = [one.fate for one in everything]
        client = self._client
        return Totals(
            datasets=len(fates),
            fetched=len(fetched),
            unchanged=fates.count("unchanged"),
            failed=fates.count("failed"),
            unfinished=fates.count("unfinished"),
            rows=sum(one.rows for one in fetched),
            received=self.received,
            file_bytes=sum(one.file_bytes for one in fetched),
            attempts_again=self._retries,
            calls=client.calls,
            call_retries=client.retries,
            grants=client.granted,
            paused=round(sum(pause.seconds for pause in client.pauses), 3),
        )

    def _take(self, transfer: Transfer, fate: Literal["fetched", "unchanged", "failed"], at: float) -> None:
        self.name(transfer.dataset_id, transfer.name, action=transfer.action)
        one = self._of(transfer.dataset_id)
        one.files = transfer.files if fate == "fetched" else ()
        if fate == "fetched" and transfer.received > one.received:
            self.progress(transfer.dataset_id, one.rows, transfer.received, at=at)
        self.end(
            transfer.dataset_id,
            fate,
            seconds=transfer.seconds,
            rows=transfer.rows,
            file_bytes=transfer.file_bytes,
            error=transfer.error,
            at=at,
        )

    def _of(self, dataset_id: str) -> Recording:
        one = self._recordings.get(dataset_id)
        if one is None:
            one = self._recordings[dataset_id] = Recording(dataset_id)
        return one

    def _moment(self, at: float | None) -> float:
        """Seconds since the beginning. The clock of a computer may be set back; time in a job never runs backwards."""
        self._last = max(self._last, (self._clock() if at is None else at) - self._began)
        return self._last
