"""One task of Spark at a time for each caller, from within an event loop."""

from __future__ import annotations

import math
import pickle
import re
import secrets
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

import anyio
import anyio.to_thread
from pyspark.sql import functions
from pyspark.sql.types import BinaryType

from domo_async.errors import ClientClosedError, DomoError, ExecutorError
from domo_async.integrations.spark.fleet.carrying import Carried, carry_out
from domo_async.integrations.spark.session import context_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from pyspark.sql import SparkSession

    from domo_async.integrations.spark.fleet.carrying import Order

__all__ = ["Tasks"]

T = TypeVar("T")

_BETWEEN_INTERRUPTS: Final = 0.5
_LONGEST_WORDS: Final = 300
_REASON: Final = re.compile(
    r"most recent failure: (.+)|^(?:[\w.]+\.)?(\w+(?:Error|Exception|Interrupt): .+)$", re.MULTILINE
)
_STOPPED: Final = re.compile(
    r"stopped SparkContext|SparkContext was shut down|SESSION_OR_CONTEXT_NOT_EXISTS|SESSION_CLOSED|SESSION_NOT_FOUND"
    r"|closed channel"
)


class Tasks:
    """Sends orders to executors.

    Each is a job of Spark's with a single task, so each ends by itself and is known of at once. Frames of one row make
    it, and not RDDs: they work in a session of Spark Connect as well. A caller that is cancelled cancels its job, and
    waits for its end.

    Args:
        spark: The session.
    """

    def __init__(self, spark: SparkSession) -> None:
        self._spark = spark
        self._context = context_of(spark)
        # As many as there are callers: each of them does nothing but wait for Spark.
        self._threads = anyio.CapacityLimiter(math.inf)

    async def run(self, order: Order) -> Carried:
        """Let an executor carry out an order.

        Raises:
            ExecutorError: Spark gave up.
            ClientClosedError: The session was stopped.
        """
        tag = f"domo-async-{secrets.token_hex(8)}"
        over = anyio.Event()
        answers: list[Carried | Exception] = []

        async def wait_for_spark() -> None:
            with anyio.CancelScope(shield=True):
                try:
                    answers.append(await self._in_thread(partial(self._collect, order, tag)))
                except Exception as error:  # noqa: BLE001 - raised below, outside of the group
                    answers.append(error)
                over.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait_for_spark)
            try:
                await over.wait()
            finally:
                with anyio.CancelScope(shield=True):
                    while not over.is_set():  # the job may not have begun when it is interrupted for the first time
                        await self._in_thread(partial(self._interrupt, tag))
                        with anyio.move_on_after(_BETWEEN_INTERRUPTS):
                            await over.wait()
        [answer] = answers
        if isinstance(answer, Exception):
            raise _told(answer) from answer
        return answer

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(work, limiter=self._threads)

    def _collect(self, order: Order, tag: str) -> Carried:
        def carry(_: int) -> bytes:
            return carry_out(order)

        # Not deterministic, lest Spark thinks that it may as well do it twice.
        task = self._functions().udf(carry, BinaryType(), useArrow=False).asNondeterministic()
        self._tag(tag)
        try:
            [row] = self._spark.range(0, 1, 1, 1).select(task("id")).collect()
        finally:
            self._untag(tag)
        answer = pickle.loads(bytes(row[0]))  # noqa: S301 - from our own executor, by way of Spark, which pickles too
        if not isinstance(answer, Carried):
            raise TypeError("an executor answered something else than what it was asked for")
        return answer

    def _functions(self) -> ModuleType:
        # Those of pyspark.sql go by the process, which may have sessions of both kinds.
        if self._context is not None:
            return functions
        from pyspark.sql.connect import functions as remote

        return remote

    # The tags of a classic session reach no job that Python starts (seen with 4.3), those of its context do; a session
    # of Spark Connect has no context.

    def _tag(self, tag: str) -> None:
        if self._context is None:
            self._spark.addTag(tag)
        else:
            self._context.addJobTag(tag)

    def _untag(self, tag: str) -> None:
        if self._context is None:
            self._spark.removeTag(tag)
        else:
            self._context.removeJobTag(tag)

    def _interrupt(self, tag: str) -> None:
        if self._context is None:
            self._spark.interruptTag(tag)
        else:
            self._context.cancelJobsWithTag(tag)


def _told(error: Exception) -> DomoError:
    """What Spark has to say at such length, in a sentence."""
    words = str(error)
    if _STOPPED.search(words):
        return ClientClosedError("The Spark session was stopped")
    found = [next(filter(None, match)) for match in _REASON.findall(words)]
    reason = found[-1] if found else next(iter(words.splitlines()), type(error).__name__)
    return ExecutorError(f"Spark gave up a task: {reason[:_LONGEST_WORDS]}")
