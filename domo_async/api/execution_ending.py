"""The end of an execution whose load failed: abort it, make sure of it, and say what happened."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import anyio

from domo_async.errors import (
    CallError,
    CommitTooSoonError,
    ConflictError,
    DomoError,
    ExecutionError,
    ExecutionTakenOverError,
    StatusError,
)
from domo_async.http.options import Unset
from domo_async.http.retries import cannot_have_acted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from domo_async.api.executions import Executions
    from domo_async.api.open_execution import OpenExecution
    from domo_async.models import Execution, Stream

__all__ = ["Ending", "end_unknown", "ended_without_rows", "may_have_acted"]

logger: logging.Logger = logging.getLogger(__name__)

_COMMIT_INTERVAL: Final = timedelta(minutes=15)
_SECONDS_APART: Final = timedelta(seconds=5)
# Reasons for refusing a commit that have nothing to do with time.
_OTHER_REASONS: Final = re.compile(r"part id|csv|import failed|schema|column", re.IGNORECASE)


class Ending:
    """Ends one execution.

    Whether its rows got into the DataSet is asked of Domo, and not concluded from the error: a commit may have been
    carried out though nothing but errors came back, and an abort that is refused is a sign of just that.

    Args:
        executions: The family that the execution belongs to.
        execution: The execution.
        error: What ended the load.
        stream: Asks for its stream.

    Attributes:
        committed: The execution, if its rows are in the DataSet or on their way there.
        error: What to raise: the error that ended the load, or one that says more.
    """

    def __init__(
        self,
        executions: Executions,
        execution: OpenExecution,
        error: BaseException,
        stream: Callable[[], Awaitable[Stream]],
    ) -> None:
        self.committed: Execution | None = None
        self.error: BaseException = error
        self._executions = executions
        self._execution = execution
        self._cause = error
        self._stream = stream
        self._doubt = ""

    async def run(self, limit: float) -> None:
        """End it, within `limit` seconds."""
        self._doubt = f"no answer within {limit:g} s"
        with anyio.move_on_after(limit):
            refused = isinstance(self._cause, StatusError) and not self._cause.retryable
            found = await self._look() if refused else None
            if found is not None and found.ended:
                self._settle(found)
            else:
                await self._abort()
            if found is not None and self.committed is None:
                await self._explain(found)
        if self._doubt:
            note = f"{self._name()} could not be aborted and may still be open: {self._doubt}"
            logger.warning("%s", note)
            self.error.add_note(note)

    async def _abort(self) -> None:
        execution = self._execution
        try:
            await self._executions.abort(execution.stream_id, execution.id)
        except DomoError as refusal:
            self._doubt = str(refusal)
            found = await self._look()
            if found is None:
                return
            if found.ended:
                self._settle(found)
            elif execution.committing and isinstance(refusal, ConflictError):
                self._settle(found, committed=True)  # what cannot be aborted though it is ACTIVE is being indexed
        else:
            self._doubt = ""
            if execution.committing:
                await self._make_sure()

    async def _make_sure(self) -> None:
        """The abort went through, and maybe so did the commit before it."""
        pause = 0.05
        self._doubt = "whether it was committed is not known"
        while (found := await self._look()) is not None:
            if found.ended:
                self._settle(found)
                return
            await anyio.sleep(pause)
            pause *= 2

    def _settle(self, found: Execution, *, committed: bool = False) -> None:
        self._doubt = ""
        if committed or found.succeeded:
            self.committed = found
        elif isinstance(self._cause, CallError) and self._cause.retryable and self._execution.committing:
            self._cause.hint = "The execution has ended without its rows, and the DataSet is as it was"

    async def _look(self) -> Execution | None:
        try:
            return await self._executions.get_execution(self._execution.stream_id, self._execution.id)
        except DomoError:
            return None

    async def _explain(self, found: Execution) -> None:
        """Find out why Domo refused a part or the commit of an execution that was in this state."""
        if not found.failed and not self._execution.committing:
            return  # it took parts, but not this one: the error says why
        try:
            stream = await self._stream()
        except DomoError:
            return
        error = ended_without_rows(found, stream) if found.failed else self._too_soon(found, stream)
        if error is not None:
            error.__cause__ = self._cause
            self.error = error

    def _too_soon(self, found: Execution, stream: Stream) -> ExecutionError | None:
        last = stream.last_successful_execution
        then = None if last is None else last.ended_at or last.modified_at
        now = found.modified_at or found.started_at
        words = str(getattr(self._cause, "message", ""))
        if then is None or now is None or now - then >= _COMMIT_INTERVAL or _OTHER_REASONS.search(words):
            return None
        return CommitTooSoonError(
            f"Domo refused to commit execution {found.id} of stream {stream.id}, and the last success was at "
            f"{then:%H:%M:%S} UTC: {words}",
            execution=found,
            last_commit=then,
            hint=f"By default it takes one commit per stream every 15 minutes: load again after "
            f"{then + _COMMIT_INTERVAL:%H:%M} UTC",
        )

    def _name(self) -> str:
        return f"Execution {self._execution.id} of stream {self._execution.stream_id}"


def may_have_acted(error: BaseException) -> bool:
    """Whether a call that ended like this may have been carried out all the same, by its last attempt or before."""
    if not isinstance(error, CallError):
        return not isinstance(error, DomoError)  # a cancellation; not a client that was closed
    return error.attempts > 1 or (error.retryable and not cannot_have_acted(error))


async def end_unknown(
    executions: Executions,
    stream: Callable[[], Awaitable[Stream]],
    newest: Execution | Unset | None,
    error: BaseException,
    limit: float,
) -> None:
    """Abort the execution that was begun although nothing but an error came back, if there is one.

    Args:
        executions: The family that it would belong to.
        stream: Asks for its stream.
        newest: The newest execution before that, UNSET if it is not known which that was.
        error: What came back, which takes a note if an execution may be left.
        limit: Seconds to spend.
    """
    doubt = f"no answer within {limit:g} s"
    with anyio.move_on_after(limit):
        try:
            found = await stream()
            last = found.last_execution
            if last is None or last.ended:
                return
            if isinstance(newest, Unset):
                doubt = f"execution {last.id} is active, and it may be another writer's"
            else:
                if newest is None or newest.id != last.id:
                    await executions.abort(found.id, last.id)
                return
        except DomoError as refusal:
            doubt = str(refusal)
    note = f"An execution may have been begun all the same: {doubt}"
    logger.warning("%s", note)
    error.add_note(note)


def ended_without_rows(execution: Execution, stream: Stream) -> ExecutionError:
    """The error for an execution of a stream that ended without success."""
    what = f"Execution {execution.id} of stream {stream.id} ended as {execution.current_state}"
    successor = stream.last_execution
    if successor is None or successor.id == execution.id or _began_later(successor, execution):
        return ExecutionError(what, execution=execution)
    return ExecutionTakenOverError(
        f"{what} when execution {successor.id} was begun",
        execution=execution,
        successor=successor,
        hint="Another writer loads the same DataSet, and a stream has one execution at a time",
    )


def _began_later(successor: Execution, execution: Execution) -> bool:
    """Whether an execution was begun so long after the end of another that it cannot be why that one ended."""
    begun, ended = successor.started_at, execution.ended_at
    return begun is not None and ended is not None and begun - ended > _SECONDS_APART
