"""Spans of a pull: one for the job, one for each DataSet that it fetches."""

from __future__ import annotations

import time
from contextvars import Token
from typing import TYPE_CHECKING

from opentelemetry import context, trace
from opentelemetry.trace import SpanKind

from domo_async.integrations.opentelemetry.attributes import (
    CANCELLED,
    ERROR_TYPE,
    PULL_ACTION,
    Attributes,
    error_type,
    mark,
)
from domo_async.jobs.events import (
    PullFinished,
    TransferFailed,
    TransferFinished,
    TransferReceived,
    TransferReceiving,
    TransferRetried,
    TransferSkipped,
    TransferStarted,
    TransferWriting,
)
from domo_async.observing import PullObservation

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, Tracer

    from domo_async.integrations.opentelemetry.instruments import Instruments
    from domo_async.jobs.events import PullEvent
    from domo_async.jobs.report import PullReport, Transfer

__all__ = ["PullSpans"]


class PullSpans(PullObservation):
    """Follows one pull.

    The span of a DataSet begins when its rows are asked for first, and goes on through all attempts until its files are
    in their place. It is the current one of the task that does so, so the operations stand below it.

    Args:
        tracer: Makes spans.
        instruments: Takes the numbers.
    """

    def __init__(self, tracer: Tracer, instruments: Instruments) -> None:
        self._tracer = tracer
        self._instruments = instruments
        self._started = time.perf_counter()
        self._span = tracer.start_span("domo pull", kind=SpanKind.INTERNAL)
        self._context = trace.set_span_in_context(self._span)
        self._token: Token[Context] | None = None
        self._datasets: dict[str, _DataSetSpan] = {}

    def entered(self) -> None:
        """The tasks of the job inherit the span."""
        self._token = context.attach(self._context)

    def left(self) -> None:
        """The job has ended."""
        if self._token is not None:
            context.detach(self._token)

    def event(self, event: PullEvent) -> None:
        """Something happened."""
        match event:
            case TransferStarted():
                self._begin(event)
            case TransferFinished() | TransferFailed() | TransferSkipped():
                self._settle(event.transfer)
            case TransferRetried():
                self._retry(event)
            case TransferReceiving():
                self._note(event.dataset_id, "domo.pull.first_byte", {})
            case TransferReceived():
                self._note(event.dataset_id, "domo.pull.last_byte", {"domo.pull.received": event.received})
            case TransferWriting():
                self._note(event.dataset_id, "domo.pull.writing", {"domo.pull.waited": event.waited})
            case PullFinished():
                self._sum_up(event.report)
            case _:
                pass

    def ended(self, error: BaseException | None) -> None:
        """The job is over."""
        labels: Attributes = {}
        if error is not None:
            labels[ERROR_TYPE] = mark(self._span, error)
        for unfinished in list(self._datasets):
            self._datasets.pop(unfinished).give_up()
            self._instruments.active_datasets.add(-1)
        self._instruments.pull_duration.record(time.perf_counter() - self._started, labels, self._context)
        self._span.end()

    def _begin(self, event: TransferStarted) -> None:
        if event.dataset_id in self._datasets:
            self._note(event.dataset_id, "domo.pull.attempt", {"domo.pull.attempt": event.attempt})
            return
        span = self._start(event.dataset_id, event.name)
        span.set_attribute(PULL_ACTION, event.action)
        self._datasets[event.dataset_id] = _DataSetSpan(span)
        self._instruments.active_datasets.add(1)

    def _settle(self, transfer: Transfer) -> None:
        labels: Attributes = {PULL_ACTION: transfer.action} if transfer.action is not None else {}
        begun = self._datasets.pop(transfer.dataset_id, None)
        if begun is not None:
            self._instruments.active_datasets.add(-1)
            begun.leave()
        span = begun.span if begun is not None else None
        if span is None and transfer.error is not None:
            # It failed before its rows were asked for: with the time of its beginning the trace shows that, too.
            span = self._start(transfer.dataset_id, transfer.name, at=time.time_ns() - int(transfer.seconds * 1e9))
        if transfer.error is not None:
            labels[ERROR_TYPE] = error_type(transfer.error)
        if span is not None:
            self._finish(span, transfer)
        self._instruments.dataset_duration.record(transfer.seconds, labels, self._context)
        if transfer.fetched:
            self._instruments.pulled_rows.add(transfer.rows, labels, self._context)

    def _finish(self, span: Span, transfer: Transfer) -> None:
        if transfer.error is not None:
            mark(span, transfer.error)
        span.set_attributes(
            {
                "domo.pull.rows": transfer.rows,
                "domo.pull.received": transfer.received,
                "domo.pull.file_size": transfer.file_bytes,
                "domo.pull.files": len(transfer.files),
                "domo.pull.retries": transfer.retries,
            }
        )
        span.end()

    def _retry(self, event: TransferRetried) -> None:
        kind = error_type(event.error)
        self._instruments.dataset_retries.add(1, {ERROR_TYPE: kind}, self._context)
        self._note(event.dataset_id, "domo.retry", {ERROR_TYPE: kind, "domo.retry.delay": event.wait})

    def _note(self, dataset_id: str, name: str, attributes: Attributes) -> None:
        begun = self._datasets.get(dataset_id)
        if begun is not None:
            begun.span.add_event(name, attributes)

    def _sum_up(self, report: PullReport) -> None:
        self._span.set_attributes(
            {
                "domo.pull.datasets": len(report.transfers),
                "domo.pull.unchanged": len(report.unchanged),
                "domo.pull.failed": len(report.failed),
                "domo.pull.rows": report.rows,
                "domo.pull.received": report.received,
                "domo.pull.file_size": report.file_bytes,
            }
        )

    def _start(self, dataset_id: str, name: str | None, *, at: int | None = None) -> Span:
        attributes: Attributes = {"domo.dataset.id": dataset_id}
        if name is not None:
            attributes["domo.dataset.name"] = name
        return self._tracer.start_span("domo pull dataset", self._context, SpanKind.INTERNAL, attributes, start_time=at)


class _DataSetSpan:
    """The span of a DataSet, current in the task that fetches it."""

    __slots__ = ("_token", "span")

    def __init__(self, span: Span) -> None:
        self.span = span
        self._token = context.attach(trace.set_span_in_context(span))

    def leave(self) -> None:
        """The task goes on with another DataSet."""
        context.detach(self._token)

    def give_up(self) -> None:
        """The job was stopped. The task is gone, and what was current in it."""
        self.span.set_attribute(ERROR_TYPE, CANCELLED)
        self.span.end()
