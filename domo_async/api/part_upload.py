"""Parts on their way, several at once, while the next ones are still being cut."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable
from typing import TYPE_CHECKING

import anyio

from domo_async.errors import InvalidArgumentError
from domo_async.models import UploadedRows

if TYPE_CHECKING:
    from domo_async.tabular.parts import Part

__all__ = ["UploadProgressCallback", "check_concurrency", "upload_parts"]

UploadProgressCallback = Callable[[int, int], None]
"""Takes the rows and the bytes, as they were sent, that have arrived since the last call."""


def check_concurrency(concurrency: int) -> int:
    """Refuse what is no number of things at once.

    Raises:
        InvalidArgumentError: It is no whole number of at least 1.
    """
    if isinstance(concurrency, bool) or not isinstance(concurrency, int) or concurrency < 1:
        raise InvalidArgumentError(f"concurrency: {concurrency!r} is not a positive number")
    return concurrency


async def upload_parts(
    parts: AsyncIterable[Part],
    send: Callable[[int, Part], Awaitable[None]],
    *,
    number: Callable[[], int],
    concurrency: int,
    on_progress: UploadProgressCallback | None = None,
) -> UploadedRows:
    """Send parts, `concurrency` at a time. One more is held ready, so memory is that of so many parts.

    The first error, of a part or of where the parts come from, ends all the rest and is raised as it is.

    Args:
        parts: The parts.
        send: Sends one under a number.
        number: Gives the next part its number, in the order of the parts.
        concurrency: How many at once.
        on_progress: Called after each part that has arrived.
    """
    slots = anyio.Semaphore(concurrency)
    failures: list[Exception] = []
    arrived = UploadedRows()

    async with anyio.create_task_group() as tasks:

        def fail(error: Exception) -> None:
            failures.append(error)
            tasks.cancel_scope.cancel()

        async def send_one(own_number: int, part: Part) -> None:
            nonlocal arrived
            size = len(part.content)
            try:
                await send(own_number, part)
                arrived = UploadedRows(
                    arrived.rows + part.rows,
                    arrived.parts + 1,
                    arrived.csv_bytes + part.csv_bytes,
                    arrived.sent_bytes + size,
                )
                if on_progress is not None:
                    on_progress(part.rows, size)
            except Exception as error:  # noqa: BLE001 - raised below, where no task group wraps it
                fail(error)
            finally:
                slots.release()

        try:
            async for part in parts:
                await slots.acquire()
                tasks.start_soon(send_one, number(), part)
        except Exception as error:  # noqa: BLE001 - the same
            fail(error)
    if failures:
        raise failures[0]
    return arrived
