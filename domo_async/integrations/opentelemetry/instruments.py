"""What is counted and measured."""

from __future__ import annotations

from typing import Final

from opentelemetry.metrics import Counter, Histogram, Meter, MeterProvider, UpDownCounter, get_meter

from domo_async.integrations.opentelemetry.attributes import SCHEMA_URL

__all__ = ["Instruments", "JobInstruments"]

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
_LONG: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200)


class Instruments:
    """All instruments of one observer.

    Args:
        provider: Who makes them, None for the one that the application has set.
        version: Version of this library.
    """

    def __init__(self, provider: MeterProvider | None, version: str) -> None:
        meter = get_meter("domo_async", version, provider, SCHEMA_URL)
        self.operation_duration: Histogram = meter.create_histogram(
            "domo.client.operation.duration",
            "s",
            "Duration of operations, with all attempts and waits",
            explicit_bucket_boundaries_advisory=(*_SECONDS, 30, 60, 120, 300),
        )
        self.active_operations: UpDownCounter = meter.create_up_down_counter(
            "domo.client.active_operations", "{operation}", "Operations under way, those that wait included"
        )
        self.retries: Counter = meter.create_counter("domo.client.retries", "{retry}", "Attempts beyond the first")
        self.grants: Counter = meter.create_counter("domo.client.grants", "{grant}", "Requests for access tokens")
        self.wait_duration: Histogram = meter.create_histogram(
            "domo.client.wait.duration",
            "s",
            "Time in which operations could not go on; waits below a millisecond do not count",
            explicit_bucket_boundaries_advisory=(*_SECONDS, 30, 60, 120, 300),
        )
        self.io: Counter = meter.create_counter("domo.client.io", "By", "Bytes of bodies, as they were on the wire")
        self.request_duration: Histogram = meter.create_histogram(
            "http.client.request.duration",
            "s",
            "Duration of HTTP client requests.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self.active_requests: UpDownCounter = meter.create_up_down_counter(
            "http.client.active_requests", "{request}", "Number of active HTTP requests."
        )
        self.pull: JobInstruments = JobInstruments(meter, "pull")
        self.push: JobInstruments = JobInstruments(meter, "push")


class JobInstruments:
    """What is counted and measured of one kind of jobs.

    Args:
        meter: Makes the instruments.
        kind: ``pull`` or ``push``.
    """

    def __init__(self, meter: Meter, kind: str) -> None:
        self.kind: str = kind
        self.duration: Histogram = meter.create_histogram(
            f"domo.{kind}.duration", "s", "Duration of jobs", explicit_bucket_boundaries_advisory=_LONG
        )
        self.dataset_duration: Histogram = meter.create_histogram(
            f"domo.{kind}.dataset.duration",
            "s",
            "Time from the first look at a DataSet until it is done",
            explicit_bucket_boundaries_advisory=_LONG,
        )
        self.active_datasets: UpDownCounter = meter.create_up_down_counter(
            f"domo.{kind}.active_datasets", "{dataset}", "DataSets on their way"
        )
        self.rows: Counter = meter.create_counter(f"domo.{kind}.rows", "{row}", "Rows that have arrived")
        self.retries: Counter = meter.create_counter(
            f"domo.{kind}.retries", "{retry}", "DataSets that were begun again"
        )
