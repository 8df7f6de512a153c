"""DataSets apart from their rows' way out: find them, make them, change them, fill them."""

from __future__ import annotations

from functools import cached_property
from typing import Final, Literal

from pydantic import JsonValue, TypeAdapter

from domo_async.api.arguments import (
    ROWS,
    RowsUpdateMethod,
    SchemaLike,
    check_name,
    check_update_method,
    schema_document,
)
from domo_async.api.family import Family, check_page_size
from domo_async.api.policies import Policies
from domo_async.api.uploads import UploadSource, csv_body
from domo_async.errors import InvalidArgumentError
from domo_async.http.operations import Operation, Safety
from domo_async.http.options import UNSET, Unset
from domo_async.http.paging import Pager
from domo_async.models import DataSet, DataSetSummary, Owner, Schema, UpdateMethod

__all__ = ["DataSetRecords", "DataSetSort"]

DataSetSort = Literal[
    "name",
    "nameDescending",
    "lastTouched",
    "lastTouchedAscending",
    "lastUpdated",
    "lastUpdatedAscending",
    "createdAt",
    "createdAtAscending",
    "cardCount",
    "cardCountAscending",
    "cardViewCount",
    "cardViewCountAscending",
    "errorState",
    "errorStateDescending",
    "dataSourceId",
]
"""Orders of a listing. Bare names ascend, except those that have an ``Ascending`` counterpart."""

LIST: Final = Operation("datasets.list", "GET", "/v1/datasets", Safety.SAFE, scope="data")
GET: Final = Operation("datasets.get", "GET", "/v1/datasets/{dataset_id}", Safety.SAFE, scope="data")
CREATE: Final = Operation("datasets.create", "POST", "/v1/datasets", Safety.UNSAFE, scope="data")
UPDATE: Final = Operation("datasets.update", "PUT", "/v1/datasets/{dataset_id}", Safety.IDEMPOTENT, scope="data")
DELETE: Final = Operation("datasets.delete", "DELETE", "/v1/datasets/{dataset_id}", Safety.IDEMPOTENT, scope="data")
_DATA: Final = "/v1/datasets/{dataset_id}/data"
# The same rows a second time replace the same rows; added a second time they would be there twice.
REPLACE: Final = Operation("datasets.import_csv", "PUT", _DATA, Safety.IDEMPOTENT, scope="data")
APPEND: Final = Operation("datasets.import_csv", "PUT", _DATA, Safety.UNSAFE, scope="data")

_PAGE_SIZE: Final = 50  # documented as the default and the maximum
_LISTING: Final = TypeAdapter(list[DataSetSummary])
_DATASET: Final = TypeAdapter(DataSet)


class DataSetRecords(Family):
    """What the DataSet API knows besides exports and queries."""

    @cached_property
    def policies(self) -> Policies:
        """PDP policies: who sees which rows."""
        return Policies(self._session)

    def list(
        self,
        *,
        name_like: str | None = None,
        sort: DataSetSort | None = None,
        limit: int | None = None,
        offset: int = 0,
        page_size: int = _PAGE_SIZE,
    ) -> Pager[DataSetSummary]:
        """List the DataSets that the client may see.

        Args:
            name_like: Text that the name contains, in upper or lower case. None or nothing for all.
            sort: Order; Domo's own if None.
            limit: DataSets in all, None for as many as there are.
            offset: DataSets to skip.
            page_size: DataSets to ask for at once, 1 to 50.

        Returns:
            A pager: await it for the first page, iterate over it for all DataSets.

        Raises:
            InvalidArgumentError: A number is out of range.
            CallError: Asking failed (raised when the pager is awaited or iterated over).

        Example:
            ::

                async for dataset in domo.datasets.list(name_like="sales", sort="name"):
                    print(dataset.name, dataset.rows)

        Source: DataSet API, ``GET /v1/datasets``.
        """
        check_page_size(page_size, _PAGE_SIZE)
        return self._listing(
            LIST,
            _LISTING,
            page_size=page_size,
            limit=limit,
            offset=offset,
            key=lambda dataset: dataset.id,
            query={"sort": sort, "nameLike": name_like or None},
        )

    async def get(self, dataset_id: str) -> DataSet:
        """One DataSet with its schema and policies.

        Args:
            dataset_id: Id of the DataSet (UUID text).

        Raises:
            NotFoundError: There is no such DataSet.
            PermissionDeniedError: These credentials may not see it.
            CallError: Anything else that can happen to a call.

        Source: DataSet API, ``GET /v1/datasets/{id}``.
        """
        return await self._call(GET, _DATASET, ids={"dataset_id": dataset_id})

    async def find(self, *, name: str) -> DataSetSummary | None:
        """The DataSet of exactly this name, None if there is none.

        Domo lets several have the same name. Of those the one created first is returned, so that the answer is the same
        every time.

        Args:
            name: The name; case counts.

        Raises:
            InvalidArgumentError: The name is empty.
            CallError: Anything that can happen to a call.

        Example:
            ::

                if (dataset := await domo.datasets.find(name="Sales")) is not None:
                    print(dataset.id)
        """
        check_name("name", name)
        found = [dataset async for dataset in self.list(name_like=name) if dataset.name == name]
        return min(found, key=lambda dataset: (str(dataset.created_at or ""), dataset.id), default=None)

    async def schema(self, dataset_id: str) -> Schema:
        """The columns of a DataSet; none for a deleted one.

        Raises:
            NotFoundError: There is no such DataSet.
            CallError: Anything else that can happen to a call.
        """
        return (await self.get(dataset_id)).schema or Schema()

    async def create(self, *, name: str, schema: SchemaLike, description: str | Unset = UNSET) -> DataSet:
        """Create a DataSet without rows.

        For large or growing data create a stream instead, which brings a DataSet of its own: a DataSet that exists
        never gets one.

        Args:
            name: Its name. Domo lets several have the same.
            schema: Its columns in order: a `Schema`, a mapping of names to types, or pairs of both.
            description: Its description.

        Returns:
            The DataSet. Domo counts 0 columns until the first import.

        Raises:
            InvalidArgumentError: No column, an unknown type, or two names that differ only by case.
            CallError: Anything that can happen to a call.

        Example:
            ::

                dataset = await domo.datasets.create(name="Sales", schema={"customer": "STRING", "amount": "LONG"})

        Source: DataSet API, ``POST /v1/datasets``.
        """
        return await self._call(
            CREATE,
            _DATASET,
            fields={
                "name": check_name("name", name),
                "description": description,
                "schema": schema_document(schema),
            },
        )

    async def update(
        self,
        dataset_id: str,
        *,
        name: str | Unset = UNSET,
        description: str | Unset = UNSET,
        pdp_enabled: bool | Unset = UNSET,
        schema: SchemaLike | Unset = UNSET,
        owner: Owner | int | Unset = UNSET,
    ) -> DataSet:
        """Change some attributes of a DataSet. What is left out stays.

        Args:
            dataset_id: Id of the DataSet (UUID text).
            name: New name.
            description: New description.
            pdp_enabled: Whether its PDP policies count.
            schema: New columns, all of them.
            owner: New owner, or his user id. In Domo's guide, but not in the specification.

        Raises:
            InvalidArgumentError: See `create`.
            NotFoundError: There is no such DataSet.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                await domo.datasets.update(dataset_id, description="Orders of this year", pdp_enabled=True)

        Source: DataSet API, ``PUT /v1/datasets/{id}``.
        """
        answered = await self._call_if_answered(
            UPDATE,
            _DATASET,
            ids={"dataset_id": dataset_id},
            fields={
                "name": name if isinstance(name, Unset) else check_name("name", name),
                "description": description,
                "pdpEnabled": pdp_enabled,
                "schema": schema if isinstance(schema, Unset) else schema_document(schema),
                "owner": owner if isinstance(owner, Unset) else _owner_document(owner),
            },
        )
        return answered or await self.get(dataset_id)

    async def rename(self, dataset_id: str, name: str) -> DataSet:
        """Give a DataSet another name.

        Raises:
            InvalidArgumentError: The name is empty.
            NotFoundError: There is no such DataSet.
            CallError: Anything else that can happen to a call.
        """
        return await self.update(dataset_id, name=name)

    async def delete(self, dataset_id: str) -> None:
        """Delete a DataSet and its rows for good. Its stream, if it has one, stays behind.

        Raises:
            NotFoundError: There is no such DataSet.
            CallError: Anything else that can happen to a call.

        Source: DataSet API, ``DELETE /v1/datasets/{id}``.
        """
        await self._delete(DELETE, ids={"dataset_id": dataset_id})

    async def import_csv(
        self, dataset_id: str, source: UploadSource, *, update_method: RowsUpdateMethod = "REPLACE"
    ) -> None:
        r"""Put rows in CSV into a DataSet. Domo needs a moment before queries see them.

        Fields stand in the order of the schema. Unquoted nothing is null, ``""`` is empty text. A first line that
        repeats the column names is taken for a header.

        Args:
            dataset_id: Id of the DataSet (UUID text), which was created with the API.
            source: The CSV: bytes or text, the path of a file as a `pathlib.Path`, or a function that returns a new
                iterator of bytes each time. A bare iterator works too, but cannot be sent again after a failure.
            update_method: ``REPLACE`` removes the rows that are there, ``APPEND`` keeps them. Nothing else is
                sent: Domo would take it for ``REPLACE``. A replacement is repeated after a failure that may pass; rows
                to append only if Domo cannot have seen them.

        Raises:
            InvalidArgumentError: Another update method, or no such file.
            BadRequestError: The CSV does not fit the schema; that holds for replacements too.
            NotFoundError: There is no such DataSet.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                await domo.datasets.import_csv(dataset_id, "Ana,1\nBo,2\n", update_method="APPEND")

        Source: DataSet API, ``PUT /v1/datasets/{id}/data``.
        """
        method = check_update_method(update_method, ROWS)
        await self._do(
            APPEND if method is UpdateMethod.APPEND else REPLACE,
            ids={"dataset_id": dataset_id},
            query={"updateMethod": method.value},
            body=await csv_body(source),
        )


def _owner_document(owner: Owner | int) -> JsonValue:
    if isinstance(owner, Owner):
        if owner.id is None:
            raise InvalidArgumentError("owner: his id is missing")
        return {"id": owner.id, "name": owner.name} if owner.name else {"id": owner.id}
    return {"id": owner}
