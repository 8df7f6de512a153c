"""One load through a stream: begin an execution, commit it, or end it and know how it ended."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

from anyio.lowlevel import checkpoint_if_cancelled

from domo_async.api.execution_ending import Ending, end_unknown, may_have_acted
from domo_async.api.execution_operations import ExecutionOperations
from domo_async.api.open_execution import OpenExecution
from domo_async.api.undisturbed import undisturbed
from domo_async.errors import CallError
from domo_async.http.options import UNSET, Unset
from domo_async.http.session import Session

if TYPE_CHECKING:
    from domo_async.api.arguments import RowsUpdateMethod
    from domo_async.api.executions import Executions
    from domo_async.models import Execution, Stream

__all__ = ["load"]

_SPARE: Final = 5.0  # what is limited by itself needs a moment more to say how it ended


@asynccontextmanager
async def load(
    executions: Executions,
    session: Session,
    stream_id: int | str,
    stream: Callable[[], Awaitable[Stream]],
    *,
    update_method: RowsUpdateMethod | Unset,
    limit: float,
    newest: Execution | Unset | None = UNSET,
) -> AsyncGenerator[OpenExecution]:
    """Begin an execution, and commit it at the end of the block; abort it if anything fails or is cancelled.

    Args:
        executions: The family that it belongs to.
        session: Makes its calls.
        stream_id: Id of the stream.
        stream: Asks for the stream.
        update_method: What it does to the rows that are there, if not what the stream says.
        limit: Seconds to spend on aborting.
        newest: The newest execution so far, None for none, UNSET if that is not known.
    """
    # If the answer is lost, another execution is begun, and with that Domo aborts the one that nobody knows of.
    patient = ExecutionOperations(Session(session.engine, session.options.but(retry_unsafe=True)))
    begun: list[OpenExecution] = []

    async def begin() -> None:
        execution = await patient.create_execution(stream_id, update_method=update_method)
        begun.append(OpenExecution(executions, stream_id, execution, grace=limit))

    await checkpoint_if_cancelled()
    try:
        # Cancelled half-way, it would leave an execution of which nobody knows the number.
        await undisturbed(begin, grace=limit)
        yield begun[0]
        await begun[0].commit()
    except BaseException as error:
        if not begun:
            if may_have_acted(error):
                await undisturbed(partial(end_unknown, executions, stream, newest, error, limit), grace=limit + _SPARE)
            raise
        [execution] = begun
        if execution.committed:
            raise
        ending = Ending(executions, execution, error, stream)
        await undisturbed(partial(ending.run, limit), grace=limit + _SPARE)
        if ending.committed is not None:
            execution.note_committed(ending.committed)
            if isinstance(error, CallError) and execution.committing:
                return  # the commit had gone through, and all that came back was an error
        if ending.error is not error:
            raise ending.error from error
        raise
