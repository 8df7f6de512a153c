"""Watching a client at work: for traces, metrics, and logs of your own.

`domo_async.integrations.opentelemetry` is built on this. Whatever an observer raises is logged once and forgotten: it
never disturbs a call.
"""

from domo_async.observing.observer import (
    Attempt,
    AttemptObservation,
    Call,
    CallObservation,
    JobObservation,
    Observer,
    PullObservation,
    PushObservation,
    WaitReason,
)

__all__ = [
    "Attempt",
    "AttemptObservation",
    "Call",
    "CallObservation",
    "JobObservation",
    "Observer",
    "PullObservation",
    "PushObservation",
    "WaitReason",
]
