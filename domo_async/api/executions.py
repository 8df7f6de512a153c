"""Executions of streams from beginning to end: commit them, wait for them, abort what failed."""

from __future__ import annotations

import logging
import math
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import anyio
from pydantic import TypeAdapter

from domo_async.api.arguments import RowsUpdateMethod
from domo_async.api.execution_ending import ended_without_rows
from domo_async.api.execution_operations import GET, ExecutionOperations, execution_ids
from domo_async.api.loading import load
from domo_async.api.open_execution import OpenExecution
from domo_async.errors import CallError, CallTimeoutError, ConflictError, ExecutionError
from domo_async.http.operations import Operation, Safety
from domo_async.http.options import UNSET, Seconds, Unset, seconds
from domo_async.http.retries import cannot_have_acted
from domo_async.models import Execution, ExecutionState, Stream

__all__ = ["Executions"]

logger: logging.Logger = logging.getLogger(__name__)

COMMIT: Final = Operation(
    "streams.commit", "PUT", "/v1/streams/{stream_id}/executions/{execution_id}/commit", Safety.UNSAFE, scope="data"
)

_SHORTEST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 10.0
_PATIENCE: Final = 60.0
# The states are an open set: a word that nobody knows, on an execution that has ended, is no success.
_NO_FAILURE: Final = (ExecutionState.SUCCESS, ExecutionState.ACTIVE, None)
_EXECUTION: Final = TypeAdapter(Execution)


class Executions(ExecutionOperations):
    """The executions of streams: loads from beginning to end."""

    @asynccontextmanager
    async def execution(
        self,
        stream_id: int | str,
        *,
        update_method: RowsUpdateMethod | Unset = UNSET,
        abort_timeout: Seconds = 15.0,
    ) -> AsyncGenerator[OpenExecution]:
        r"""Load data through a stream: everything, or nothing.

        At the end of the block the execution is committed. If the block, or the commit, fails or is cancelled, the
        execution is aborted, and the DataSet stays as it was. Parts may be uploaded in any order and at the same time.

        A stream has one execution at a time: beginning one aborts another that is still open. By default Domo takes
        one commit per stream every 15 minutes.

        Args:
            stream_id: Id of the stream.
            update_method: What this execution does to the rows that are there, if not what the stream says.
            abort_timeout: Seconds to spend on aborting, which also happens while this task is being cancelled.

        Yields:
            The execution. After the block, `OpenExecution.wait` waits until its rows are there.

        Raises:
            NotFoundError: There is no such stream.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                async with domo.streams.execution(stream_id) as execution:
                    await execution.upload_part(1, "Ana,1\nBo,2\n")
                await execution.wait()

        Source: Stream API.
        """
        limit = seconds("abort_timeout", abort_timeout)
        stream = partial(self._stream, stream_id)
        async with load(self, self._session, stream_id, stream, update_method=update_method, limit=limit) as execution:
            yield execution

    async def commit(self, stream_id: int | str, execution_id: int | str) -> Execution:
        """Make the parts of an execution the rows of the DataSet.

        Domo says ``ACTIVE`` at first and indexes the rows a little later; `wait` waits for that.

        If the answer is lost, the commit is not sent again: the state of the execution is looked at, for up to a
        minute and within the deadline of the call, and one that ends with success is returned as if nothing had
        happened.

        Raises:
            BadRequestError: Part numbers have a gap, or the last commit of this stream was too short a time ago.
            ConflictError: The execution has ended.
            CallError: Anything else that can happen to a call. If its answer was lost and the execution goes on to be
                ``ACTIVE``, it is open whether the commit arrived.

        Source: Stream API, ``PUT /v1/streams/{id}/executions/{id}/commit``.
        """
        try:
            answered = await self._call_if_answered(COMMIT, _EXECUTION, ids=execution_ids(stream_id, execution_id))
        except CallError as error:
            committed = await self._committed_all_the_same(stream_id, execution_id, error)
            if committed is None:
                raise
            return committed
        return answered or await self.get_execution(stream_id, execution_id)

    async def wait(self, stream_id: int | str, execution_id: int | str, *, timeout: Seconds | None = None) -> Execution:
        """Wait until a committed execution has ended and its rows are in the DataSet.

        Args:
            stream_id: Id of the stream.
            execution_id: Id of the execution.
            timeout: Seconds to wait at most, None for as long as it takes.

        Raises:
            ExecutionTakenOverError: It ended without its rows, when another one was begun.
            ExecutionError: It ended without its rows.
            CallTimeoutError: The time is up. The execution goes on.
            CallError: Anything else that can happen to a call.
        """
        limit = None if timeout is None else seconds("timeout", timeout)
        execution = await self._watch(stream_id, execution_id, limit)
        if execution.ended and execution.current_state not in _NO_FAILURE:
            raise await self._failure(stream_id, execution)
        if not execution.ended:
            raise CallTimeoutError(
                f"Execution {execution.id} has not ended within {limit:g} s",
                phase="deadline",
                operation=GET.name,
                method=GET.method,
                path=GET.fill(execution_ids(stream_id, execution_id)),
            )
        return execution

    async def _failure(self, stream_id: int | str, execution: Execution) -> ExecutionError:
        """The error for an execution that ended without its rows."""
        try:
            return ended_without_rows(execution, await self._stream(stream_id))
        except CallError:
            return ended_without_rows(execution, Stream(id=stream_id))

    async def _watch(self, stream_id: int | str, execution_id: int | str, limit: float | None) -> Execution:
        """What Domo says of an execution when it has ended, or when the time is up."""
        end = math.inf if limit is None else anyio.current_time() + limit
        pause = _SHORTEST_PAUSE
        while True:
            execution = await self.get_execution(stream_id, execution_id)
            rest = end - anyio.current_time()
            if execution.ended or rest <= 0:
                return execution
            await anyio.sleep(min(pause, rest))
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    async def _committed_all_the_same(
        self, stream_id: int | str, execution_id: int | str, error: CallError
    ) -> Execution | None:
        """The execution, if it turns out to be committed though the commit failed."""
        # 409: the answer to an earlier attempt was lost on the way, and what was repeated (by a proxy, say) is refused.
        unclear = isinstance(error, ConflictError) or (error.retryable and not cannot_have_acted(error))
        if not unclear and error.attempts == 1:
            return None
        logger.info("streams.commit: the answer was lost, looking at execution %s: %s", execution_id, error)
        try:
            # ACTIVE says nothing: an execution is ACTIVE before its commit, and after it until it is indexed.
            execution = await self._watch(stream_id, execution_id, self._patience(error) if unclear else 0.0)
        except CallError:
            execution = None
        if execution is not None and execution.succeeded:
            return execution
        if unclear and (execution is None or not execution.ended):
            error.hint = "It may be committed all the same: look at the execution before you load the data again"
        return None

    def _patience(self, error: CallError) -> float:
        """Seconds to look for the outcome of a commit that ended with an error."""
        deadline = self._session.options.deadline
        return _PATIENCE if deadline is None else max(0.0, min(_PATIENCE, deadline - error.elapsed))
