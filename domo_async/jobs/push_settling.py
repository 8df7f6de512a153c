"""What became of a write that was cut off: asked of Domo, and never guessed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import anyio

from domo_async.errors import ConflictError, ExecutionError, NotFoundError, UnsettledWriteError
from domo_async.models import Execution, UpdateMethod

if TYPE_CHECKING:
    from domo_async.api.streams import Streams
    from domo_async.jobs.push_state import PendingWrite

__all__ = ["settle"]

logger: logging.Logger = logging.getLogger(__name__)

_WHICH_WAY = (
    "Look at the DataSet; then say unsettled='done' if the rows are there, and unsettled='again' if they are not"
)


async def settle(streams: Streams, pending: PendingWrite, *, name: str, timeout: float) -> Execution | None:
    """Find out whether the rows of a write went in. If they did not, nothing of it is left open.

    An execution of which no commit was sent is aborted. One that may have been committed is aborted too, as long as
    Domo lets it: a refusal says that the commit has arrived.

    Args:
        streams: The Stream API.
        pending: What is written down of the write.
        name: How messages call the DataSet.
        timeout: Seconds to wait for rows that are being indexed.

    Returns:
        The execution if its rows are in the DataSet, None if they are not.

    Raises:
        UnsettledWriteError: The rows were to be added, and Domo has no way to tell whether they were.
        CallError: Domo does not answer, or is still indexing.
    """
    if pending.stage == "import" or pending.stream_id is None:
        _must_be_told(pending, name, "they went in without an execution, whose state could be asked for")
        return None
    if pending.execution_id is None:
        await _end_orphan(streams, pending)
        return None
    stream_id, execution_id = pending.stream_id, pending.execution_id
    try:
        found = await streams.get_execution(stream_id, execution_id)
        if not found.ended:
            found = await _end(streams, found, stream_id, timeout)
    except NotFoundError:
        _must_be_told(pending, name, f"execution {execution_id} of stream {stream_id} is gone")
        return None
    except ExecutionError as error:
        found = error.execution
    logger.info("Execution %s of stream %s, cut off before, ended as %s", execution_id, stream_id, found.current_state)
    if found.succeeded:
        return found
    if not found.failed:
        _must_be_told(pending, name, f"execution {execution_id} ended as {found.current_state}")
    return None


async def _end(streams: Streams, found: Execution, stream_id: int | str, timeout: float) -> Execution:
    """Abort it, or wait for what is committed."""
    try:
        await streams.abort(stream_id, found.id)
    except ConflictError:
        logger.info("Execution %s of stream %s is committed", found.id, stream_id)
        return await streams.wait(stream_id, found.id, timeout=timeout)
    pause = 0.05
    # The abort went through, and maybe so did the commit before it.
    with anyio.move_on_after(timeout):
        while not (found := await streams.get_execution(stream_id, found.id)).ended:
            await anyio.sleep(pause)
            pause = min(2 * pause, 5.0)
    return found


async def _end_orphan(streams: Streams, pending: PendingWrite) -> None:
    """Abort the execution that was begun, if there is one, though nobody heard its number.

    It has no rows: its number is written down before the first part is sent. An active one that has some is another
    writer's.
    """
    if pending.stream_id is None:
        return
    try:
        last = (await streams.get(pending.stream_id)).last_execution
    except NotFoundError:
        return
    if last is None or last.ended or last.id == pending.newest or last.rows or last.bytes:
        return
    logger.info("Execution %s of stream %s was begun and not heard of: aborted", last.id, pending.stream_id)
    await streams.abort(pending.stream_id, last.id)


def _must_be_told(pending: PendingWrite, name: str, why: str) -> None:
    """Do nothing where writing again is safe.

    Raises:
        UnsettledWriteError: It is not.
    """
    if pending.update_method == UpdateMethod.APPEND:
        raise UnsettledWriteError(f"Whether rows were appended to {name!r} is not known: {why}", hint=_WHICH_WAY)
