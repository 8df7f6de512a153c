"""Calls that a cancellation must not tear apart, since nobody would know what they had done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio

__all__ = ["undisturbed"]


async def undisturbed(call: Callable[[], Awaitable[None]], *, grace: float) -> None:
    """Await a call to its end, also if this task is cancelled meanwhile; but then for `grace` seconds at most.

    The call keeps its result itself: a caller that is cancelled gets the cancellation, and no result.

    It runs in a task of its own. A shield around an await keeps out the cancellations of anyio and of trio, but not
    ``asyncio.Task.cancel``, and with it neither ``asyncio.timeout`` nor ``asyncio.wait_for``.

    A task that is cancelled already makes the call all the same: cleaning up is done like this.

    Args:
        call: What must not be interrupted.
        grace: Seconds that it goes on for when this task is cancelled.
    """
    failures: list[Exception] = []
    shelter, watch = anyio.CancelScope(shield=True), anyio.CancelScope()

    async def sheltered() -> None:
        with shelter:
            try:
                await call()
            except Exception as error:  # noqa: BLE001 - raised below, where no task group wraps it
                failures.append(error)
        watch.cancel()

    async def wait_for_cancellation() -> None:
        with watch:
            try:
                await anyio.sleep_forever()
            finally:
                shelter.deadline = anyio.current_time() + grace

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(sheltered)
        tasks.start_soon(wait_for_cancellation)
    if failures:
        raise failures[0]
