"""A DataSet on its way through a service, from Domo to an HTTP client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

import anyio
from starlette.background import BackgroundTask
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from domo_async.client import AsyncDomo
from domo_async.errors import InvalidArgumentError
from domo_async.http.options import Seconds, seconds

__all__ = ["ExportResponse", "stream_csv"]

_MEDIA_TYPE: Final = "text/csv; charset=utf-8; header={}"


def stream_csv(
    domo: AsyncDomo,
    dataset_id: str,
    *,
    include_header: bool = True,
    filename: str | None = None,
    slow_client: Seconds = 60.0,
    headers: Mapping[str, str] | None = None,
) -> ExportResponse:
    """A response that sends the rows of a DataSet as CSV while they arrive.

    Nothing is asked for until the framework sends the response, so one that is thrown away costs nothing. Then:

    - **Memory** is constant. The next piece is read from Domo when the client has taken the last one.
    - **What fails before the first byte** is raised like any error of an endpoint, for `install_error_handlers`.
    - **What fails later** ends the connection: the client sees that the body is not complete. Breaks that a second
      request to Domo can cure are cured before, without the client noticing.
    - **A client that leaves** ends the call to Domo at once, also while it waits for its turn. So does one that does
      not take anything for `slow_client` seconds: it has one of the places of ``concurrency=``.

    Args:
        domo: The client.
        dataset_id: Id of the DataSet (UUID text).
        include_header: Begin with a row of column names.
        filename: Name to save it under, in any script; None takes the id.
        slow_client: Seconds in which the client has to take each piece.
        headers: Further headers; they replace those of the same name.

    Raises:
        InvalidArgumentError: `slow_client` is no number of seconds.

    Example:
        ::

            @app.get("/datasets/{dataset_id}.csv")
            async def export(domo: DomoDep, dataset_id: str):
                return stream_csv(domo, dataset_id)

    Source: RFC 4180 (media type), RFC 6266 (file name).
    """
    name = quote(filename if filename is not None else f"{dataset_id}.csv", safe="")
    standard = {
        "content-disposition": f"attachment; filename*=utf-8''{name}",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return ExportResponse(
        domo,
        dataset_id,
        include_header=include_header,
        slow_client=seconds("slow_client", slow_client),
        headers=standard | {key.lower(): value for key, value in (headers or {}).items()},
    )


class ExportResponse(StreamingResponse):
    """The response of `stream_csv`.

    Args:
        domo: The client.
        dataset_id: Id of the DataSet.
        include_header: Begin with a row of column names.
        slow_client: Seconds in which the client has to take each piece.
        headers: Headers of the response.
        background: Runs after the end of a body that was sent completely.
    """

    def __init__(
        self,
        domo: AsyncDomo,
        dataset_id: str,
        *,
        include_header: bool,
        slow_client: float,
        headers: Mapping[str, str],
        background: BackgroundTask | None = None,
    ) -> None:
        if not dataset_id:
            raise InvalidArgumentError("The id of the DataSet is empty")
        media_type = _MEDIA_TYPE.format("present" if include_header else "absent")
        super().__init__((), headers=headers, media_type=media_type, background=background)
        self._domo = domo
        self._dataset_id = dataset_id
        self._include_header = include_header
        self._slow_client = slow_client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, unless the client leaves before."""
        failure: Exception | None = None
        complete = False
        # Both kinds of servers are covered: those that only tell, and those that raise OSError from send().
        async with anyio.create_task_group() as group:

            async def watch() -> None:
                await self.listen_for_disconnect(receive)
                group.cancel_scope.cancel()

            group.start_soon(watch)
            try:
                await self._deliver(send, head_only=scope["method"] == "HEAD")
                complete = True
            except _ClientLeftError:
                pass
            except Exception as error:  # noqa: BLE001 - raised again outside, or the group would wrap it
                failure = error
            group.cancel_scope.cancel()
        if failure is not None:
            raise failure
        if complete and self.background is not None:
            await self.background()

    async def _deliver(self, send: Send, *, head_only: bool) -> None:
        exports = self._domo.datasets
        async with exports.export(self._dataset_id, include_header=self._include_header) as body:
            # Until here the answer may still become another one.
            first = None if head_only else await anext(body, None)
            await self._send(send, {"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            if first is not None:
                await self._send(send, {"type": "http.response.body", "body": first, "more_body": True})
                async for chunk in body:
                    await self._send(send, {"type": "http.response.body", "body": chunk, "more_body": True})
        await self._send(send, {"type": "http.response.body", "body": b"", "more_body": False})

    async def _send(self, send: Send, message: Message) -> None:
        with anyio.move_on_after(self._slow_client) as patience:
            try:
                await send(message)
            except OSError as error:  # from the server's side only: Domo's are read elsewhere
                raise _ClientLeftError from error
        if patience.cancelled_caught:
            raise SlowClientError(f"The client took nothing for {self._slow_client:g} s, so the export ended")


class _ClientLeftError(Exception):
    pass


class SlowClientError(Exception):
    """An HTTP client holds up an export. Raised to the server, which then cuts the connection."""
