"""The observer that writes spans and metrics."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextvars import Token
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final

from opentelemetry import context, trace
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from domo_async.auth.attempts import GRANT_OPERATION
from domo_async.errors import StatusError
from domo_async.integrations.opentelemetry.attributes import (
    ERROR_TYPE,
    IO_DIRECTION,
    OPERATION,
    SCHEMA_URL,
    WAIT_REASON,
    Attributes,
    error_type,
    http_method,
    mark,
)
from domo_async.integrations.opentelemetry.instruments import Instruments
from domo_async.integrations.opentelemetry.pulls import PullSpans
from domo_async.integrations.opentelemetry.pushes import PushSpans
from domo_async.observing import Attempt, AttemptObservation, Call, CallObservation, Observer, WaitReason

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import Tracer, TracerProvider

    from domo_async.errors import CallError

__all__ = ["OpenTelemetry"]

_TRACE_CONTEXT: Final = TraceContextTextMapPropagator()


class OpenTelemetry(Observer):
    """Writes spans and metrics of a client. One may serve any number of clients.

    - **A span for each operation**, ``domo datasets.get``, from the call to its result, or to the end of a body that is
      read piece by piece. Failed attempts and waits of a millisecond or more are its events.
    - **A span for each HTTP request** below it, ``GET /v1/datasets/{dataset_id}``, by the conventions for HTTP clients.
      Token requests stand below the operation that made them.
    - **A span for each pull and push**, and one for each DataSet that is on its way, with the operations below it.
    - **Metrics**: durations of operations, requests, waits, jobs and DataSets; retries, token requests, bytes and
      rows; and how many of each are under way.

    Errors are recorded by their kind. No message, query, header, body, token or secret gets into a span or a metric;
    ids and names of DataSets are attributes of spans only.

    Args:
        tracer_provider: Takes the spans. None for the one that the application has set, or will.
        meter_provider: Takes the metrics, likewise.
        propagate: Whether requests carry ``traceparent`` and ``tracestate``, so that whatever stands between here and
            Domo can write to the same trace. They go to the API only. Baggage is never sent.

    Example:
        ::

            async with AsyncDomo(observer=OpenTelemetry()) as domo:
                await domo.datasets.list(limit=1)

    Source: OpenTelemetry, Semantic Conventions for HTTP spans and HTTP metrics.
    """

    def __init__(
        self,
        *,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        propagate: bool = False,
    ) -> None:
        own = _version()
        self._tracer = trace.get_tracer("domo_async", own, tracer_provider, SCHEMA_URL)
        self._instruments = Instruments(meter_provider, own)
        self._propagate = propagate

    def call(self, call: Call) -> CallObservation:
        """A span for an operation."""
        return _CallSpan(call, self._tracer, self._instruments, propagate=self._propagate)

    def pull(self) -> PullSpans:
        """A span for a pull."""
        return PullSpans(self._tracer, self._instruments.pull)

    def push(self) -> PushSpans:
        """A span for a push."""
        return PushSpans(self._tracer, self._instruments.push)

    def __repr__(self) -> str:
        return f"<OpenTelemetry propagate={self._propagate}>"


class _CallSpan(CallObservation):
    __slots__ = ("_call", "_context", "_instruments", "_labels", "_propagate", "_span", "_started", "_token", "_tracer")

    def __init__(self, call: Call, tracer: Tracer, instruments: Instruments, *, propagate: bool) -> None:
        self._call = call
        self._tracer = tracer
        self._instruments = instruments
        self._propagate = propagate
        self._labels: Attributes = {OPERATION: call.operation, "server.address": call.host, "server.port": call.port}
        self._span = tracer.start_span(f"domo {call.operation}", kind=SpanKind.INTERNAL, attributes=self._labels)
        self._context = trace.set_span_in_context(self._span)
        self._token: Token[Context] | None = None
        self._started = time.perf_counter()
        instruments.active_operations.add(1, self._labels)

    def entered(self) -> None:
        self._token = context.attach(self._context)

    def left(self) -> None:
        token, self._token = self._token, None
        if token is not None:
            context.detach(token)

    def waited(self, reason: WaitReason, seconds: float) -> None:
        self._instruments.wait_duration.record(seconds, {WAIT_REASON: reason}, self._context)
        self._span.add_event("domo.wait", {WAIT_REASON: reason, "domo.wait.duration": seconds})

    def attempt(self, number: int) -> AttemptObservation:
        return _AttemptSpan(
            self._call, number, self._tracer, self._instruments, self._context, propagate=self._propagate
        )

    def failed(self, error: CallError, wait: float) -> None:
        kind = error_type(error)
        self._instruments.retries.add(1, {OPERATION: self._call.operation, ERROR_TYPE: kind}, self._context)
        self._span.add_event("domo.retry", {ERROR_TYPE: kind, "domo.retry.delay": wait, **_reference(error)})

    def ended(self, error: BaseException | None) -> None:
        labels = dict(self._labels)
        if error is not None:
            labels[ERROR_TYPE] = mark(self._span, error)
            self._span.set_attributes(_reference(error))
        instruments = self._instruments
        instruments.active_operations.add(-1, self._labels)
        instruments.operation_duration.record(time.perf_counter() - self._started, labels, self._context)
        if self._call.operation == GRANT_OPERATION:
            failed = {ERROR_TYPE: labels[ERROR_TYPE]} if error is not None else None
            instruments.grants.add(1, failed, self._context)
        self._span.end()


class _AttemptSpan(AttemptObservation):
    __slots__ = ("_call", "_context", "_instruments", "_labels", "_propagate", "_span", "_started")

    def __init__(
        self,
        call: Call,
        number: int,
        tracer: Tracer,
        instruments: Instruments,
        parent: Context,
        *,
        propagate: bool,
    ) -> None:
        self._call = call
        self._instruments = instruments
        self._propagate = propagate
        method = http_method(call.method)
        self._labels: Attributes = {
            "http.request.method": method,
            "server.address": call.host,
            "server.port": call.port,
        }
        attributes: Attributes = {**self._labels, "url.full": _url(call)}
        verb = method
        if method != call.method:
            verb, attributes["http.request.method_original"] = "HTTP", call.method
        if call.route is not None:
            attributes["url.template"] = call.route
        if number > 1:
            attributes["http.request.resend_count"] = number - 1
        name = verb if call.route is None else f"{verb} {call.route}"
        self._span = tracer.start_span(name, parent, SpanKind.CLIENT, attributes)
        self._context = trace.set_span_in_context(self._span, parent)
        self._started = time.perf_counter()
        instruments.active_requests.add(1, self._labels)

    def headers(self) -> Mapping[str, str]:
        carrier: dict[str, str] = {}
        if self._propagate:
            _TRACE_CONTEXT.inject(carrier, self._context)
        return carrier

    def ended(self, attempt: Attempt) -> None:
        instruments, labels = self._instruments, dict(self._labels)
        instruments.active_requests.add(-1, self._labels)
        if attempt.status is not None:
            labels["http.response.status_code"] = attempt.status
        if attempt.http_version is not None:
            labels["network.protocol.version"] = attempt.http_version.removeprefix("HTTP/")
        self._span.set_attributes({**labels, "http.response.body.size": attempt.received})
        if attempt.sent:
            self._span.set_attribute("http.request.body.size", attempt.sent)
        if attempt.error is not None:
            labels[ERROR_TYPE] = mark(self._span, attempt.error, http=True)
        instruments.request_duration.record(time.perf_counter() - self._started, labels, self._context)
        operation = self._call.operation
        for direction, size in (("transmit", attempt.sent), ("receive", attempt.received)):
            if size:
                instruments.io.add(size, {OPERATION: operation, IO_DIRECTION: direction}, self._context)
        self._span.end()


def _reference(error: BaseException) -> Attributes:
    """Domo's own number for what went wrong, which their support can look up."""
    return {"domo.toe": error.toe} if isinstance(error, StatusError) and error.toe else {}


def _url(call: Call) -> str:
    host = f"[{call.host}]" if ":" in call.host else call.host
    port = "" if call.port == {"https": 443, "http": 80}.get(call.scheme) else f":{call.port}"
    return f"{call.scheme}://{host}{port}{call.path}"


def _version() -> str:
    try:
        return version("domo-async")
    except PackageNotFoundError:
        return "unknown"
