"""Streams: the way in for large data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from pydantic import JsonValue, TypeAdapter

from domo_async.api.arguments import (
    SchemaLike,
    StreamUpdateMethod,
    check_name,
    check_schema,
    check_update_method,
    schema_document,
)
from domo_async.api.execution_operations import GET_STREAM
from domo_async.api.executions import Executions
from domo_async.api.family import check_page_size
from domo_async.errors import CallError, InvalidArgumentError
from domo_async.http.operations import Operation, Safety
from domo_async.http.options import UNSET, Unset
from domo_async.http.paging import Pager
from domo_async.http.retries import cannot_have_acted
from domo_async.models import Stream, UpdateMethod

__all__ = ["StreamField", "Streams"]

StreamField = Literal["id", "dataset", "updateMethod", "createdAt", "modifiedAt"]
"""Fields of a stream that can be asked for one by one."""

StreamFields = Literal["all"] | Sequence[StreamField]

LIST: Final = Operation("streams.list", "GET", "/v1/streams", Safety.SAFE, scope="data")
SEARCH: Final = Operation("streams.search", "GET", "/v1/streams/search", Safety.SAFE, scope="data")
CREATE: Final = Operation("streams.create", "POST", "/v1/streams", Safety.UNSAFE, scope="data")
UPDATE: Final = Operation("streams.update", "PATCH", "/v1/streams/{stream_id}", Safety.IDEMPOTENT, scope="data")
DELETE: Final = Operation("streams.delete", "DELETE", "/v1/streams/{stream_id}", Safety.IDEMPOTENT, scope="data")

_PAGE_SIZE: Final = 500
_STREAM: Final = TypeAdapter(Stream)
_STREAMS: Final = TypeAdapter(list[Stream])


class Streams(Executions):
    """The Stream API. Scope: ``data``.

    A stream belongs to the DataSet that is created with it; DataSets that exist already get none.
    """

    def list(
        self,
        *,
        fields: StreamFields | None = None,
        limit: int | None = None,
        offset: int = 0,
        page_size: int = _PAGE_SIZE,
    ) -> Pager[Stream]:
        """List the streams that the client may see.

        Args:
            fields: ``all``, or names of fields; None for the few that Domo shows by itself, without the name of the
                DataSet and the last execution.
            limit: Streams in all, None for as many as there are.
            offset: Streams to skip.
            page_size: Streams to ask for at once, 1 to 500.

        Raises:
            InvalidArgumentError: A number is out of range.
            CallError: Asking failed (raised when the pager is awaited or iterated over).

        Source: Stream API, ``GET /v1/streams``.
        """
        check_page_size(page_size, _PAGE_SIZE)
        return self._listing(
            LIST,
            _STREAMS,
            page_size=page_size,
            limit=limit,
            offset=offset,
            key=lambda stream: stream.id,
            query={"fields": _names(fields)},
        )

    async def get(self, stream_id: int | str, *, fields: StreamFields | None = "all") -> Stream:
        """One stream. If its DataSet is deleted, most attributes are missing and `deleted` is true.

        Args:
            stream_id: Id of the stream.
            fields: ``all``, or names of fields; None for those that Domo shows by itself.

        Raises:
            NotFoundError: There is no such stream.
            CallError: Anything else that can happen to a call.

        Source: Stream API, ``GET /v1/streams/{id}``.
        """
        return await self._call(GET_STREAM, _STREAM, ids={"stream_id": stream_id}, query={"fields": _names(fields)})

    def search(
        self,
        *,
        dataset_id: str | None = None,
        owner_id: int | str | None = None,
        name: str | None = None,
        fields: StreamFields | None = "all",
    ) -> Pager[Stream]:
        """Find streams by one property of their DataSets.

        Args:
            dataset_id: Id of the DataSet: finds its one stream.
            owner_id: Id of the user who owns the DataSets.
            name: Name of the DataSets. Documented in Domo's SDKs only; what Domo takes for a match is not.
            fields: ``all``, or names of fields; None for those that Domo shows by itself.

        Raises:
            InvalidArgumentError: None of the three was given, or more than one.
            CallError: Asking failed (raised when the pager is awaited or iterated over).

        Example:
            ::

                [stream] = await domo.streams.search(dataset_id=dataset_id)

        Source: Stream API, ``GET /v1/streams/search``.
        """
        given = [
            f"{key}:{value}"
            for key, value in (
                ("dataSource.id", dataset_id),
                ("dataSource.owner.id", owner_id),
                ("dataSource.name", name),
            )
            if value is not None
        ]
        if len(given) != 1 or given[0].endswith(":"):
            raise InvalidArgumentError("search: exactly one of dataset_id, owner_id and name is needed")
        query = {"q": given[0], "fields": _names(fields)}
        return self._whole_list(SEARCH, _STREAMS, query=query)

    async def create(
        self,
        *,
        name: str,
        schema: SchemaLike,
        update_method: StreamUpdateMethod,
        key_columns: Sequence[str] = (),
        description: str | Unset = UNSET,
    ) -> Stream:
        """Create a stream, and the DataSet that belongs to it.

        For upserts name the key columns, and either ``UPSERT`` or ``APPEND``: the specification knows only the latter,
        Domo's SDK for Python sends the former, and what you name is what is sent. The instance must allow upserts.

        If the answer is lost, the stream is not created a second time, and none that exists is taken for it: nothing
        distinguishes it from one that another process has created under the same name. The error says how to look.

        Args:
            name: Name of the DataSet.
            schema: Its columns.
            update_method: What each execution does to the rows that are there.
            key_columns: Columns that make two rows the same.
            description: Description of the DataSet.

        Raises:
            InvalidArgumentError: The schema, the update method or the keys break a rule; see the message.
            CallError: Anything that can happen to a call.

        Example:
            ::

                stream = await domo.streams.create(
                    name="Sales", schema={"customer": "STRING", "amount": "LONG"}, update_method="APPEND"
                )

        Source: Stream API, ``POST /v1/streams``.
        """
        method = check_update_method(update_method)
        schema = check_schema(schema)
        dataset: dict[str, JsonValue] = {"name": check_name("name", name), "schema": schema_document(schema)}
        if not isinstance(description, Unset):
            dataset["description"] = description
        keys = _checked_keys(key_columns, method)
        if unknown := [key for key in keys if key not in schema.names]:
            raise InvalidArgumentError(f"key_columns: {unknown[0]!r} is not a column of the schema")
        try:
            return await self._call(
                CREATE,
                _STREAM,
                fields={
                    "dataSet": dataset,
                    "updateMethod": method.value,
                    "keyColumnNames": [*keys] if keys else UNSET,
                },
            )
        except CallError as error:
            if error.retryable and not cannot_have_acted(error):
                error.hint = "It may have been created all the same: look with streams.search(name=...) first"
            raise

    async def update(
        self, stream_id: int | str, *, update_method: StreamUpdateMethod, key_columns: Sequence[str] = ()
    ) -> Stream:
        """Change what executions from now on do to the rows that are there.

        Args:
            stream_id: Id of the stream.
            update_method: See `create`.
            key_columns: See `create`; left as they are if none is named. The specification does not list them here.

        Raises:
            InvalidArgumentError: Another update method, or keys that do not go with it.
            NotFoundError: There is no such stream.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                await domo.streams.update(stream_id, update_method="UPSERT", key_columns=["sku"])

        Source: Stream API, ``PATCH /v1/streams/{id}``.
        """
        method = check_update_method(update_method)
        keys = _checked_keys(key_columns, method, required=False)
        answered = await self._call_if_answered(
            UPDATE,
            _STREAM,
            ids={"stream_id": stream_id},
            fields={"updateMethod": method.value, "keyColumnNames": [*keys] if keys else UNSET},
        )
        return answered or await self.get(stream_id)

    async def delete(self, stream_id: int | str) -> None:
        """Delete a stream. Its DataSet stays.

        Raises:
            NotFoundError: There is no such stream.
            CallError: Anything else that can happen to a call.

        Source: Stream API, ``DELETE /v1/streams/{id}``.
        """
        # 200 with a stream in the specification, 204 in Domo's SDK for Python.
        await self._delete(DELETE, ids={"stream_id": stream_id})


def _names(fields: StreamFields | None) -> str | None:
    if fields is None or isinstance(fields, str):
        return fields
    return ",".join(fields) or None


def _checked_keys(keys: Sequence[str], method: UpdateMethod, *, required: bool = True) -> Sequence[str]:
    if isinstance(keys, str):
        raise InvalidArgumentError(f"key_columns: {keys!r} is one text, and a list of names is needed")
    if method is UpdateMethod.UPSERT and required and not keys:
        raise InvalidArgumentError("key_columns: UPSERT needs to know which columns make two rows the same")
    if method is UpdateMethod.REPLACE and keys:
        raise InvalidArgumentError("key_columns: REPLACE removes every row, so keys have no meaning")
    return keys
