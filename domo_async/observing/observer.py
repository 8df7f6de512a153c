"""What an observer may take part in. Every method does nothing until it is overridden, so that more may follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from domo_async.errors import CallError
    from domo_async.jobs.events import PullEvent
    from domo_async.jobs.push_events import PushEvent

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

WaitReason = Literal["slot", "pause", "rate", "token", "connection", "retry"]
"""What a call waited for: a place among ``concurrency=``, the end of a pause that Domo asked for, its turn under
``requests_per_second=``, an access token, a connection that other clients share, or the next attempt."""

_NO_HEADERS: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Call:
    """An operation that begins.

    Attributes:
        operation: Dotted name, such as ``datasets.get``. There are few, and no ids among them. A request for an access
            token is ``oauth.token``, and whatever `AsyncDomo.request` asks for is ``request``.
        method: HTTP method.
        route: Path with placeholders for ids; None where only the path is known.
        path: Path with its ids, without the query.
        scheme: ``https``, or ``http`` for this machine.
        host: Host of the API.
        port: Its port.
    """

    operation: str
    method: str
    route: str | None
    path: str
    scheme: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one attempt ended.

    Attributes:
        status: HTTP status, None if no answer came.
        http_version: Such as ``HTTP/1.1``; None if no answer came.
        sent: Bytes of the body that were sent.
        received: Bytes of the body that came, before they were unpacked.
        error: Why it failed, None if it did not.
    """

    status: int | None
    http_version: str | None
    sent: int
    received: int
    error: BaseException | None


class AttemptObservation:
    """Is told of one attempt: one HTTP request and its answer."""

    def headers(self) -> Mapping[str, str]:
        """Headers to add to the request. It goes to the API and nowhere else."""
        return _NO_HEADERS

    def ended(self, attempt: Attempt) -> None:
        """The answer was read, or its reader left, or the attempt failed."""


class CallObservation:
    """Is told of one call, in the task that makes it.

    The order is: `entered`, any of the others, `left`, `ended`. A body that is read piece by piece begins and ends like
    this as well, but with `left` as soon as its first bytes are there: the time until its end belongs to its reader. If
    it breaks, `entered` and `left` come again.
    """

    def entered(self) -> None:
        """From here on the task works for this call: whatever is set in its context is seen by what it does."""

    def left(self) -> None:
        """The task goes on with something else. Called in the same task as `entered`."""

    def waited(self, reason: WaitReason, seconds: float) -> None:
        """The call could not go on for a millisecond or more.

        Args:
            reason: What it waited for.
            seconds: How long.
        """

    def attempt(self, number: int) -> AttemptObservation | None:
        """An attempt begins.

        Args:
            number: From 1.

        Returns:
            What is told how it goes; None if nobody wants to know.
        """
        return None

    def failed(self, error: CallError, wait: float) -> None:
        """An attempt failed, and another one follows.

        Args:
            error: Why.
            wait: Seconds until then.
        """

    def ended(self, error: BaseException | None) -> None:
        """The call is over. For a body that is read piece by piece that is when it was read, or given up.

        Args:
            error: What it ended with, cancellation included; None if nothing went wrong.
        """


class JobObservation:
    """Is told of one job."""

    def entered(self) -> None:
        """The job begins; its tasks inherit the context."""

    def left(self) -> None:
        """The job has ended. Called in the same task as `entered`."""

    def ended(self, error: BaseException | None) -> None:
        """The job is over.

        Args:
            error: What stopped it, cancellation included; None if nothing did.
        """


class PullObservation(JobObservation):
    """Is told of one pull. What concerns one DataSet, from its `TransferStarted` on, happens in one task."""

    def event(self, event: PullEvent) -> None:
        """Something happened; see `domo_async.jobs.events`."""


class PushObservation(JobObservation):
    """Is told of one push. What concerns one DataSet, from its `UploadStarted` on, happens in one task."""

    def event(self, event: PushEvent) -> None:
        """Something happened; see `domo_async.jobs.push_events`."""


class Observer:
    """Is asked at the beginning of everything whether it wants to know how it goes on.

    All methods, also those of what it returns, are called in the event loop and must not block. One observer may serve
    several clients, event loops and threads.

    Example:
        ::

            class SlowCalls(Observer):
                def call(self, call: Call) -> CallObservation:
                    return Stopwatch(call)

            domo = AsyncDomo(observer=SlowCalls())
    """

    def call(self, call: Call) -> CallObservation | None:
        """An operation begins.

        Returns:
            What is told how it goes on; None if nobody wants to know.
        """
        return None

    def pull(self) -> PullObservation | None:
        """A pull begins.

        Returns:
            What is told how it goes on; None if nobody wants to know.
        """
        return None

    def push(self) -> PushObservation | None:
        """A push begins.

        Returns:
            What is told how it goes on; None if nobody wants to know.
        """
        return None
