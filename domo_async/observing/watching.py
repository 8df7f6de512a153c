"""Between the client and an observer: measures, and keeps what the observer raises away from the calls."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from domo_async.errors import StatusError
from domo_async.observing.observer import Attempt, Call, Observer

if TYPE_CHECKING:
    from domo_async.errors import CallError
    from domo_async.jobs.events import PullEvent
    from domo_async.jobs.push_events import PushEvent
    from domo_async.observing.observer import (
        AttemptObservation,
        CallObservation,
        JobObservation,
        WaitReason,
    )

__all__ = ["AttemptWatch", "CallWatch", "Received", "Sent", "Watcher"]

logger: logging.Logger = logging.getLogger(__name__)

T = TypeVar("T")
EventT = TypeVar("EventT")
_SHORTEST_WAIT: Final = 0.001
_NO_HEADERS: Final[Mapping[str, str]] = {}


class Received(Protocol):
    """What is asked of an answer."""

    @property
    def status_code(self) -> int:
        """HTTP status."""
        ...

    @property
    def http_version(self) -> str:
        """Such as ``HTTP/1.1``."""
        ...

    @property
    def num_bytes_downloaded(self) -> int:
        """Bytes of the body so far, as they came."""
        ...


class Sent(Protocol):
    """What is asked of a body that is made while it is sent."""

    sent: int


class End:
    """How something ended. An error that is handed on without being raised is put here."""

    __slots__ = ("failure",)

    def __init__(self) -> None:
        self.failure: BaseException | None = None


class Watcher:
    """Asks an observer, and bears with it.

    Args:
        observer: The observer.
    """

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._complained = False

    @classmethod
    def of(cls, observer: Observer | None) -> Watcher | None:
        """None for none: what is not observed costs no more than the question."""
        return None if observer is None else cls(observer)

    def call(self, call: Call) -> CallWatch | None:
        """The watch over a call, None if nobody wants to know."""
        observation = self.tried(lambda: self._observer.call(call), None)
        return None if observation is None else CallWatch(self, observation)

    @contextmanager
    def pull(self, listener: Callable[[PullEvent], None] | None) -> Generator[Callable[[PullEvent], None] | None]:
        """Watch over a pull.

        Args:
            listener: The caller's own listener.

        Yields:
            The listener for the job.
        """
        observation = self.tried(self._observer.pull, None)
        if observation is None:
            yield listener
            return
        with self._until_end(observation):
            yield self._both(observation.event, listener)

    @contextmanager
    def push(self, listener: Callable[[PushEvent], None] | None) -> Generator[Callable[[PushEvent], None] | None]:
        """Watch over a push; see `pull`."""
        observation = self.tried(self._observer.push, None)
        if observation is None:
            yield listener
            return
        with self._until_end(observation):
            yield self._both(observation.event, listener)

    def _both(
        self, observer: Callable[[EventT], None], listener: Callable[[EventT], None] | None
    ) -> Callable[[EventT], None]:
        def tell(event: EventT) -> None:
            self.tried(lambda: observer(event), None)
            if listener is not None:
                listener(event)

        return tell

    @contextmanager
    def _until_end(self, job: JobObservation) -> Generator[None]:
        failure: BaseException | None = None
        self.tried(job.entered, None)
        try:
            yield
        except BaseException as error:
            failure = error
            raise
        finally:
            self.tried(job.left, None)
            self.tried(lambda: job.ended(failure), None)

    def tried(self, work: Callable[[], T], otherwise: T) -> T:
        """What the observer says, or something else if it raises."""
        try:
            return work()
        except Exception:
            if not self._complained:
                self._complained = True
                logger.exception(
                    "The observer %s failed; this is said once, and calls go on", type(self._observer).__name__
                )
            return otherwise


class CallWatch:
    """One call that is observed."""

    __slots__ = ("_attempts", "_observation", "_since", "_watcher")

    def __init__(self, watcher: Watcher, observation: CallObservation) -> None:
        self._watcher = watcher
        self._observation = observation
        self._attempts = 0
        self._since = 0.0

    @contextmanager
    def current(self) -> Generator[None]:
        """The task works for this call inside the block."""
        self._watcher.tried(self._observation.entered, None)
        try:
            yield
        finally:
            self._watcher.tried(self._observation.left, None)

    @contextmanager
    def until_end(self, counts: type[Exception] = Exception) -> Generator[End]:
        """The call ends with the block, and with what the block raises or says.

        Args:
            counts: Which errors say that it failed. What is no `Exception`, such as cancellation, ends it in any case.
        """
        end = End()
        try:
            yield end
        except BaseException as error:
            if isinstance(error, counts) or not isinstance(error, Exception):
                end.failure = error
            raise
        finally:
            self._watcher.tried(lambda: self._observation.ended(end.failure), None)

    def waiting(self) -> None:
        """The call may have to wait from here on."""
        self._since = time.perf_counter()

    def waited(self, reason: WaitReason) -> None:
        """What it may have waited for is there."""
        now = time.perf_counter()
        seconds, self._since = now - self._since, now
        if seconds >= _SHORTEST_WAIT:
            self._watcher.tried(lambda: self._observation.waited(reason, seconds), None)

    def failed(self, error: CallError, wait: float) -> None:
        """Another attempt follows."""
        self._watcher.tried(lambda: self._observation.failed(error, wait), None)

    def attempt(self) -> AttemptWatch:
        """An attempt begins."""
        self._attempts += 1
        number = self._attempts
        return AttemptWatch(self._watcher, self._watcher.tried(lambda: self._observation.attempt(number), None))


class AttemptWatch:
    """One attempt that is observed. Whoever sends it notes what there is to be known of it.

    Attributes:
        response: The answer, once it begins.
        upload: The body that is made while it is sent.
        sent: Bytes of a body that was there before.
    """

    __slots__ = ("_observation", "_watcher", "response", "sent", "upload")

    def __init__(self, watcher: Watcher, observation: AttemptObservation | None) -> None:
        self._watcher = watcher
        self._observation = observation
        self.response: Received | None = None
        self.upload: Sent | None = None
        self.sent: int = 0

    def headers(self) -> Mapping[str, str]:
        """Headers to add."""
        if self._observation is None:
            return _NO_HEADERS
        return self._watcher.tried(self._observation.headers, _NO_HEADERS)

    def ended(self, error: BaseException | None) -> None:
        """It is over."""
        observation, self._observation = self._observation, None
        if observation is None:
            return
        response = self.response
        status = response.status_code if response is not None else None
        if status is None and isinstance(error, StatusError):
            status = error.status
        end = Attempt(
            status=status,
            http_version=response.http_version if response is not None else None,
            sent=self.sent if self.upload is None else self.upload.sent,
            received=response.num_bytes_downloaded if response is not None else 0,
            error=error,
        )
        self._watcher.tried(lambda: observation.ended(end), None)

    @contextmanager
    def until_end(self) -> Generator[End]:
        """The attempt ends with the block, and with what the block raises or says."""
        end = End()
        try:
            yield end
        except BaseException as error:
            end.failure = error
            raise
        finally:
            self.ended(end.failure)
