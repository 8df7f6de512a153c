"""Spans of a job: one for itself, one for each DataSet that is on its way."""

from __future__ import annotations

import time
from contextvars import Token
from typing import TYPE_CHECKING, Final

from opentelemetry import context, trace
from opentelemetry.trace import SpanKind

from domo_async.integrations.opentelemetry.attributes import CANCELLED, ERROR_TYPE, Attributes, error_type, mark
from domo_async.observing import JobObservation

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, Tracer

    from domo_async.errors import DomoError
    from domo_async.integrations.opentelemetry.instruments import JobInstruments

__all__ = ["DATASET_ID", "DATASET_NAME", "JobSpans"]

DATASET_ID: Final = "domo.dataset.id"
DATASET_NAME: Final = "domo.dataset.name"


class JobSpans(JobObservation):
    """Follows one job.

    The span of a DataSet begins with its first attempt, and goes on through all of them. It is the current one of the
    task that works on the DataSet, so the operations stand below it.

    Args:
        tracer: Makes spans.
        instruments: Takes the numbers.
    """

    def __init__(self, tracer: Tracer, instruments: JobInstruments) -> None:
        self._tracer = tracer
        self._instruments = instruments
        self._kind = instruments.kind
        self._started = time.perf_counter()
        self._span = tracer.start_span(f"domo {self._kind}", kind=SpanKind.INTERNAL)
        self._context = trace.set_span_in_context(self._span)
        self._token: Token[Context] | None = None
        self._datasets: dict[str, tuple[Span, Token[Context]]] = {}

    def entered(self) -> None:
        """The tasks of the job inherit the span."""
        self._token = context.attach(self._context)

    def left(self) -> None:
        """The job has ended."""
        token, self._token = self._token, None
        if token is not None:
            context.detach(token)

    def ended(self, error: BaseException | None) -> None:
        """The job is over."""
        labels: Attributes = {}
        if error is not None:
            labels[ERROR_TYPE] = mark(self._span, error)
        # The tasks of those that are left are gone, and what was current in them.
        for span, _ in self._datasets.values():
            span.set_attribute(ERROR_TYPE, CANCELLED)
            span.end()
            self._instruments.active_datasets.add(-1)
        self._datasets.clear()
        self._instruments.duration.record(time.perf_counter() - self._started, labels, self._context)
        self._span.end()

    def begin(self, key: str, attempt: int, action: str, described: Attributes) -> None:
        """An attempt begins; called in the task that makes it."""
        if key in self._datasets:
            self.note(key, f"domo.{self._kind}.attempt", {f"domo.{self._kind}.attempt": attempt})
            return
        span = self._start({**described, self._label("action"): action})
        self._datasets[key] = span, context.attach(trace.set_span_in_context(span))
        self._instruments.active_datasets.add(1)

    def settle(
        self,
        key: str,
        *,
        action: str | None,
        error: DomoError | None,
        seconds: float,
        arrived: int | None,
        described: Attributes,
        facts: Attributes,
    ) -> None:
        """A DataSet is done; called in the task that has worked on it.

        Args:
            key: What it was begun with.
            action: What was done.
            error: Why it failed.
            seconds: How long it took.
            arrived: How many rows have arrived, None if it was not its turn to get any.
            described: What it is.
            facts: Numbers, by the last part of their names.
        """
        labels: Attributes = {self._label("action"): action} if action is not None else {}
        span, token = self._datasets.pop(key, (None, None))
        if token is not None:
            context.detach(token)
            self._instruments.active_datasets.add(-1)
        if span is None and error is not None:
            # It failed before anything was begun: with the time of its beginning the trace shows that, too.
            span = self._start(described, at=time.time_ns() - int(seconds * 1e9))
        if error is not None:
            labels[ERROR_TYPE] = error_type(error)
        if span is not None:
            if error is not None:
                mark(span, error)
            span.set_attributes({**described, **self._named(facts)})
            span.end()
        self._instruments.dataset_duration.record(seconds, labels, self._context)
        if arrived is not None:
            self._instruments.rows.add(arrived, labels, self._context)

    def retry(self, key: str, error: DomoError, wait: float) -> None:
        """An attempt failed, and another one follows."""
        kind = error_type(error)
        self._instruments.retries.add(1, {ERROR_TYPE: kind}, self._context)
        self.note(key, "domo.retry", {ERROR_TYPE: kind, "domo.retry.delay": wait})

    def note(self, key: str, name: str, attributes: Attributes) -> None:
        """Something happened to a DataSet."""
        if key in self._datasets:
            span, _ = self._datasets[key]
            span.add_event(name, attributes)

    def sum_up(self, facts: Attributes) -> None:
        """What the report says."""
        self._span.set_attributes(self._named(facts))

    def _named(self, facts: Attributes) -> Attributes:
        return {self._label(name): value for name, value in facts.items()}

    def _label(self, name: str) -> str:
        return f"domo.{self._kind}.{name}"

    def _start(self, described: Attributes, *, at: int | None = None) -> Span:
        name = f"domo {self._kind} dataset"
        return self._tracer.start_span(name, self._context, SpanKind.INTERNAL, described, start_time=at)
