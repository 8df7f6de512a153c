"""The call loop: attempts, waits, deadlines, and the error that is left at the end."""

from __future__ import annotations

import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import anyio

from domo_async.auth.tokens import GRANT_OPERATION
from domo_async.errors import CallError, DomoError, NotFoundError, RateLimitError
from domo_async.http.answer import Answer, OpenAnswer
from domo_async.http.download import Download
from domo_async.http.engine import Engine
from domo_async.http.lane import Lane, closed_error
from domo_async.http.options import CallOptions
from domo_async.http.request import Request
from domo_async.http.retries import asks_for_calm, cannot_have_acted, requested_wait, wait_before_retry
from domo_async.http.too_late import too_late

if TYPE_CHECKING:
    from domo_async.observing.watching import CallWatch

__all__ = ["Session"]

logger: logging.Logger = logging.getLogger(__name__)

T = TypeVar("T")
_BUDGET_POLL = 0.25


@dataclass(slots=True)
class _Admission:
    """What an attempt has to wait for before it may begin.

    Attributes:
        until: The latest moment at which it may, None for none.
        in_line: Whether it waits for a slot.
    """

    until: float | None = None
    in_line: bool = False


class Session:
    """Makes calls with one set of options; all sessions of a client share its engine.

    One loop serves every operation. It is above the HTTP client, because only there it sees failures while the body is
    read, and it knows the operation, so that it can tell what may be repeated. A slot is held for an attempt and given
    back while the call waits to try again.

    Args:
        engine: What all calls share.
        options: How patient calls are.
    """

    def __init__(self, engine: Engine, options: CallOptions) -> None:
        self.engine = engine
        self.options = options

    async def call(self, request: Request, parse: Callable[[Answer], T]) -> T:
        """Carry out an operation whose answer fits into memory.

        Args:
            request: What to ask.
            parse: Reads the answer. An answer that it refuses with a `CallError` counts as a failed attempt.

        Raises:
            CallError: The last real error, with the number of attempts and the seconds they took.
            ClientClosedError: The client was closed before or meanwhile.
        """
        watch = self._watch(request)

        async def attempt(lane: Lane, admission: _Admission) -> T:
            await self._admitted(lane, admission, watch)
            try:
                if watch is None:
                    return parse(await lane.exchange.ask(request, self.options))
                seen = watch.attempt()
                with seen.until_end():
                    return parse(await lane.exchange.ask(request, self.options, seen))
            finally:
                lane.release()

        def gone() -> T:
            return parse(Answer(204, {}, b""))

        vanished = gone if request.operation.method == "DELETE" else None
        if watch is None:
            return await self._until_done(request, attempt, vanished)
        with watch.until_end(), watch.current():
            return await self._until_done(request, attempt, vanished, watch=watch)

    @asynccontextmanager
    async def download(self, request: Request, *, resumable: bool = True) -> AsyncGenerator[Download]:
        """Carry out an operation whose answer is read piece by piece.

        Args:
            request: What to ask.
            resumable: Go on after a break by asking again and skipping what was delivered; see `Download`.

        Raises:
            CallError: The answer did not begin. What breaks later is raised by the reading.
            ClientClosedError: The client was closed before or meanwhile.
        """
        watch = self._watch(request)
        download = Download(lambda failure: self._open(request, failure, watch), resumable=resumable)
        # What the reader himself raises is no failure of the download.
        with nullcontext() if watch is None else watch.until_end(DomoError):
            try:
                await download.start()
                yield download
            finally:
                await download.aclose()

    async def _open(
        self, request: Request, failure: CallError | None, watch: CallWatch | None
    ) -> tuple[OpenAnswer, Lane]:
        async def attempt(lane: Lane, admission: _Admission) -> tuple[OpenAnswer, Lane]:
            await self._admitted(lane, admission, watch)
            seen = watch.attempt() if watch is not None else None
            try:
                answer = await lane.exchange.open(request, self.options, seen)
            except BaseException as error:
                lane.release()
                if seen is not None:
                    seen.ended(error)
                raise

            def close() -> None:
                lane.release()
                if seen is not None:
                    seen.ended(answer.failure)

            answer.on_close = close
            return answer, lane

        with nullcontext() if watch is None else watch.current():
            return await self._until_done(request, attempt, failure=failure, watch=watch)

    def _watch(self, request: Request) -> CallWatch | None:
        """Who wants to know of this call; nobody, as a rule."""
        watcher = self.engine.watcher
        return None if watcher is None else watcher.call(request.described(self.engine.origin))

    async def _until_done(
        self,
        request: Request,
        attempt: Callable[[Lane, _Admission], Awaitable[T]],
        vanished: Callable[[], T] | None = None,
        *,
        failure: CallError | None = None,
        watch: CallWatch | None = None,
    ) -> T:
        """Make attempts until one succeeds, or there is a reason not to make another.

        Args:
            request: What is asked.
            attempt: Makes one attempt, once it is admitted.
            vanished: The result of a deletion that finds nothing to delete, after an attempt whose answer was lost: it
                was that attempt which deleted it.
            failure: How an earlier attempt ended.
            watch: Who wants to know of it.
        """
        engine, options = self.engine, self.options
        lane = engine.lane()
        engine.counters.calls += failure is None
        started = engine.clock()
        scope, admission = anyio.CancelScope(), _Admission()
        if options.deadline is not None:
            scope.deadline, admission.until = anyio.current_time() + options.deadline, started + options.deadline
        last = failure
        attempts = failure.attempts if failure is not None else 0
        doubtful = False
        try:
            with lane.cancellable(scope):
                while True:
                    if last is not None:
                        await self._wait_to_retry(request, last, started, watch)
                    attempts += 1
                    try:
                        result = await attempt(lane, admission)
                    except CallError as error:
                        _name(error, request)
                        if doubtful and vanished is not None and isinstance(error, NotFoundError):
                            return vanished()
                        error.attempts, error.elapsed = attempts, engine.clock() - started
                        last = error
                        doubtful = doubtful or not cannot_have_acted(error)
                        self._learn_from(error, lane)
                        if engine.closed:
                            raise closed_error() from error
                    else:
                        lane.limit.succeeded()
                        engine.budget.succeeded()
                        return result
            # Somebody cancelled the scope: the deadline, or the closing of the client.
            if lane.closed:
                raise closed_error() from last
            late = too_late(options.deadline, last, lane.limit if admission.in_line else None)
            if late is not last:
                _name(late, request)
                late.attempts = attempts or 1
            late.elapsed = engine.clock() - started
            raise late
        except DomoError:
            engine.counters.failures += 1
            raise

    async def _admitted(self, lane: Lane, admission: _Admission, watch: CallWatch | None) -> None:
        """Take a slot, and hold still for as long as Domo asked everybody to; not if that is beyond the deadline.

        A connection is not asked for before that, nor before there is a token: other clients, who need not wait for
        either, may use the same ones.
        """
        if watch is not None:
            watch.waiting()
        admission.in_line = True
        await lane.limit.acquire()
        admission.in_line = False
        try:
            if watch is not None:
                watch.waited("slot")
            while (rest := self.engine.pause.remaining()) > 0:
                if admission.until is not None and self.engine.clock() + rest > admission.until:
                    raise RateLimitError("Domo asked these credentials to wait", status=429, retry_after=rest)
                await anyio.sleep(rest + random.random() * min(1.0, 0.1 + 0.1 * rest))  # noqa: S311 - not a secret
                if watch is not None:
                    watch.waited("pause")
            if self.engine.rate is not None:
                wait = self.engine.rate.reserve()
                if wait > 0:
                    await anyio.sleep(wait)
                    if watch is not None:
                        watch.waited("rate")
            await self.engine.auth.tokens.get()
            if watch is not None:
                watch.waited("token")
            await lane.share.take(lane)
            if watch is not None:
                watch.waited("connection")
        except BaseException:
            lane.limit.release()
            raise

    def _learn_from(self, error: CallError, lane: Lane) -> None:
        if asks_for_calm(error) and error.operation != GRANT_OPERATION:
            lane.limit.overloaded()
            asked = requested_wait(error)
            if asked:
                self.engine.pause.hold(asked)

    async def _wait_to_retry(self, request: Request, error: CallError, started: float, watch: CallWatch | None) -> None:
        """Wait until the next attempt is due, or raise the error if there is none."""
        engine, options = self.engine, self.options
        body = request.body
        remaining = None if options.deadline is None else options.deadline - (engine.clock() - started)
        wait = wait_before_retry(
            error,
            safety=request.operation.safety,
            attempts=error.attempts,
            retries=options.retries if body is None or body.replayable else 0,
            remaining=remaining,
            retry_unsafe=options.retry_unsafe,
        )
        if wait is None:
            raise error
        logger.info("%s: attempt %d failed, next in %.2f s: %s", request.operation.name, error.attempts, wait, error)
        engine.counters.retries += 1
        if watch is not None:
            watch.failed(error, wait)
            watch.waiting()
        await anyio.sleep(wait)
        while not engine.budget.take():  # noqa: ASYNC110 - what fills the purse is mostly time
            await anyio.sleep(_BUDGET_POLL * (0.5 + random.random()))  # noqa: S311 - not a secret
        if watch is not None:
            watch.waited("retry")


def _name(error: CallError, request: Request) -> None:
    """Say which call failed, where the error was raised without knowing."""
    if error.operation is None:
        error.operation = request.operation.name
        error.method = request.operation.method
        error.path = request.path
