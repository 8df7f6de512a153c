"""Executions of streams, one operation at a time."""

from __future__ import annotations

from typing import Final

from pydantic import TypeAdapter

from domo_async.api.arguments import ROWS, RowsUpdateMethod, check_update_method
from domo_async.api.dataset_records import GET as GET_DATASET
from domo_async.api.family import Family, Ids, check_page_size
from domo_async.api.part_numbers import check_part_number
from domo_async.api.uploads import UploadSource, csv_body
from domo_async.http.operations import Operation, Safety
from domo_async.http.options import UNSET, Unset
from domo_async.http.paging import Pager
from domo_async.models import DataSet, Execution, Schema, Stream

__all__ = ["GET", "GET_STREAM", "ExecutionOperations", "execution_ids"]

GET_STREAM: Final = Operation("streams.get", "GET", "/v1/streams/{stream_id}", Safety.SAFE, scope="data")
_PATH: Final = "/v1/streams/{stream_id}/executions"
# A second one would abort the first, and whichever another process has begun meanwhile.
CREATE: Final = Operation("streams.create_execution", "POST", _PATH, Safety.UNSAFE, scope="data")
LIST: Final = Operation("streams.list_executions", "GET", _PATH, Safety.SAFE, scope="data")
GET: Final = Operation("streams.get_execution", "GET", _PATH + "/{execution_id}", Safety.SAFE, scope="data")
# The same part number again replaces what was there.
UPLOAD: Final = Operation(
    "streams.upload_part", "PUT", _PATH + "/{execution_id}/part/{part}", Safety.IDEMPOTENT, scope="data"
)
ABORT: Final = Operation("streams.abort", "PUT", _PATH + "/{execution_id}/abort", Safety.IDEMPOTENT, scope="data")
# Only in the text of the specification, and in two SDKs that Domo publishes.
ABORT_CURRENT: Final = Operation("streams.abort_current", "PUT", _PATH + "/abort", Safety.IDEMPOTENT, scope="data")

_PAGE_SIZE: Final = 500
_EXECUTION: Final = TypeAdapter(Execution)
_EXECUTIONS: Final = TypeAdapter(list[Execution])
_STREAM: Final = TypeAdapter(Stream)
_DATASET: Final = TypeAdapter(DataSet)


class ExecutionOperations(Family):
    """What can be asked of executions, except committing them."""

    async def create_execution(
        self, stream_id: int | str, *, update_method: RowsUpdateMethod | Unset = UNSET
    ) -> Execution:
        """Begin an execution. One that is still open is aborted by Domo.

        `execution` does this, and the commit or the abort at the end.

        Args:
            stream_id: Id of the stream.
            update_method: ``REPLACE`` or ``APPEND`` for this execution only.

        Raises:
            NotFoundError: There is no such stream.
            InvalidArgumentError: Another update method.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                execution = await domo.streams.create_execution(stream_id)

        Source: Stream API, ``POST /v1/streams/{id}/executions``.
        """
        fields = None
        if not isinstance(update_method, Unset):
            fields = {"updateMethod": check_update_method(update_method, ROWS).value}
        return await self._call(CREATE, _EXECUTION, ids={"stream_id": stream_id}, fields=fields)

    def list_executions(
        self, stream_id: int | str, *, limit: int | None = None, offset: int = 0, page_size: int = _PAGE_SIZE
    ) -> Pager[Execution]:
        """List the executions of a stream.

        Args:
            stream_id: Id of the stream.
            limit: Executions in all, None for as many as there are.
            offset: Executions to skip.
            page_size: Executions to ask for at once, 1 to 500.

        Raises:
            InvalidArgumentError: A number is out of range.
            CallError: Asking failed (raised when the pager is awaited or iterated over).

        Source: Stream API, ``GET /v1/streams/{id}/executions``.
        """
        check_page_size(page_size, _PAGE_SIZE)
        return self._listing(
            LIST,
            _EXECUTIONS,
            page_size=page_size,
            limit=limit,
            offset=offset,
            key=lambda execution: execution.id,
            ids={"stream_id": stream_id},
        )

    async def get_execution(self, stream_id: int | str, execution_id: int | str) -> Execution:
        """How an execution is doing.

        Raises:
            NotFoundError: There is no such execution.
            CallError: Anything else that can happen to a call.

        Source: Stream API, ``GET /v1/streams/{id}/executions/{id}``.
        """
        return await self._call(GET, _EXECUTION, ids=execution_ids(stream_id, execution_id))

    async def schema(self, stream_id: int | str) -> Schema:
        """The columns of the DataSet that a stream leads to; none for a deleted one.

        Raises:
            NotFoundError: There is no such stream.
            CallError: Anything else that can happen to a call.
        """
        dataset = (await self._stream(stream_id)).dataset
        if dataset is None:
            return Schema()
        return (await self._call(GET_DATASET, _DATASET, ids={"dataset_id": dataset.id})).schema or Schema()

    async def _stream(self, stream_id: int | str) -> Stream:
        """The stream of an execution, in full."""
        return await self._call(GET_STREAM, _STREAM, ids={"stream_id": stream_id}, query={"fields": "all"})

    async def upload_part(
        self,
        stream_id: int | str,
        execution_id: int | str,
        part: int,
        data: UploadSource,
        *,
        compress: bool = False,
    ) -> Execution | None:
        """Upload a part of an execution. Parts may come in any order and at the same time.

        Args:
            stream_id: Id of the stream.
            execution_id: Id of the execution.
            part: Number of the part. Numbers go from 1 (or 0) without a gap, and say in which order the rows stand;
                the same number again replaces the part.
            data: CSV without a header, fields in the order of the schema: bytes, text, the path of a file, or a
                function that returns a new iterator of bytes. Domo advises 50 MB or more for large loads.
            compress: Whether to send it as gzip. What is gzip already is recognised.

        Returns:
            The execution, or None where Domo answers without a body.

        Raises:
            BadRequestError: The CSV does not fit the schema.
            ConflictError: The execution has ended.
            InvalidArgumentError: The number is none, or there is no such file.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                await domo.streams.upload_part(stream_id, execution.id, 1, Path("january.csv"), compress=True)

        Source: Stream API, ``PUT /v1/streams/{id}/executions/{id}/part/{n}``.
        """
        check_part_number(part)
        # The specification speaks of the type application/gzip; Domo's own SDK for Python sends text/csv with this
        # encoding, and is known to work.
        body = await csv_body(data, compress=compress)
        return await self._call_if_answered(
            UPLOAD, _EXECUTION, ids={**execution_ids(stream_id, execution_id), "part": part}, body=body
        )

    async def abort(self, stream_id: int | str, execution_id: int | str) -> Execution | None:
        """End an execution without its rows.

        Returns:
            The execution, or None where Domo answers without a body.

        Raises:
            NotFoundError: There is no such execution.
            ConflictError: It is committed.
            CallError: Anything else that can happen to a call.

        Source: Stream API, ``PUT /v1/streams/{id}/executions/{id}/abort``.
        """
        return await self._call_if_answered(ABORT, _EXECUTION, ids=execution_ids(stream_id, execution_id))

    async def abort_current(self, stream_id: int | str) -> None:
        """End whichever execution of a stream is open.

        Raises:
            NotFoundError: There is no such stream.
            CallError: Anything else that can happen to a call.

        Source: Stream API, and Domo's SDK for Python: ``PUT /v1/streams/{id}/executions/abort``.
        """
        await self._do(ABORT_CURRENT, ids={"stream_id": stream_id})


def execution_ids(stream_id: int | str, execution_id: int | str) -> Ids:
    """What stands in the paths of an execution."""
    return {"stream_id": stream_id, "execution_id": execution_id}
