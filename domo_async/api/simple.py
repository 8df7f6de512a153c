"""The Simple API: DataSets out of JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import JsonValue, TypeAdapter

from domo_async.api.arguments import ROWS, RowsUpdateMethod, check_name, check_update_method
from domo_async.api.family import Family, json_body
from domo_async.errors import InvalidArgumentError
from domo_async.http.operations import Operation, Safety
from domo_async.http.options import UNSET, Unset
from domo_async.models import DataSet, UpdateMethod

__all__ = ["Simple"]

_DATA: Final = "/v1/json/{dataset_id}/data"
CREATE: Final = Operation("simple.create", "POST", "/v1/json", Safety.UNSAFE, scope="data")
# The same rows a second time replace the same rows; added a second time they would be there twice.
REPLACE: Final = Operation("simple.import_rows", "PUT", _DATA, Safety.IDEMPOTENT, scope="data")
APPEND: Final = Operation("simple.import_rows", "PUT", _DATA, Safety.UNSAFE, scope="data")

_DATASET: Final = TypeAdapter(DataSet)


class Simple(Family):
    """The Simple API, for a few rows in JSON. Scope: ``data``."""

    async def create(self, *, name: str, description: str | Unset = UNSET) -> DataSet:
        """Create a DataSet without columns; the first import brings them.

        Args:
            name: Its name.
            description: Its description.

        Raises:
            InvalidArgumentError: The name is empty.
            CallError: Anything that can happen to a call.

        Source: Simple API, ``POST /v1/json``.
        """
        return await self._call(CREATE, _DATASET, fields={"name": check_name("name", name), "description": description})

    async def import_rows(
        self,
        dataset_id: str,
        rows: Sequence[Mapping[str, JsonValue]],
        *,
        update_method: RowsUpdateMethod = "REPLACE",
    ) -> None:
        """Put rows into a DataSet that was created with `create`.

        Args:
            dataset_id: Id of the DataSet (UUID text).
            rows: One flat mapping of column names to values per row, at least one. For ``APPEND`` all must have the
                same keys, those of the DataSet; None or ``""`` leaves a field empty. For ``REPLACE`` keys may be
                missing.
            update_method: ``REPLACE`` removes the rows that are there, ``APPEND`` keeps them.

        Raises:
            InvalidArgumentError: Another update method, no rows, a list or a mapping as a value (Domo keeps nothing of
                a list but the word "List"), or different keys in rows to append.
            BadRequestError: The keys are not the columns of the DataSet.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                dataset = await domo.simple.create(name="Guests")
                await domo.simple.import_rows(dataset.id, [{"name": "Ana", "seats": 2}, {"name": "Bo", "seats": 1}])

        Source: Simple API, ``PUT /v1/json/{id}/data``.
        """
        method = check_update_method(update_method, ROWS)
        documents = [_checked(row, number) for number, row in enumerate(rows, start=1)]
        if not documents:
            raise InvalidArgumentError("rows: there is none, and the columns are read from them")
        if method is UpdateMethod.APPEND:
            _check_same_keys(documents)
        await self._do(
            APPEND if method is UpdateMethod.APPEND else REPLACE,
            ids={"dataset_id": dataset_id},
            query={"updateMethod": method.value},
            body=json_body([*documents]),
        )


def _checked(row: object, number: int) -> dict[str, JsonValue]:
    if not isinstance(row, Mapping):
        raise InvalidArgumentError(f"rows: row {number} is a {type(row).__name__}, not a mapping of names to values")
    document: dict[str, JsonValue] = {}
    for name, value in row.items():
        if not isinstance(name, str) or not (value is None or isinstance(value, str | int | float | bool)):
            raise InvalidArgumentError(
                f"rows: row {number} holds {name!r} of type {type(value).__name__}",
                hint="Values are text, numbers, booleans and None; Domo keeps nothing of a list but the word 'List'",
            )
        document[name] = value
    return document


def _check_same_keys(documents: Sequence[Mapping[str, JsonValue]]) -> None:
    keys = documents[0].keys()
    for number, document in enumerate(documents, start=1):
        if document.keys() != keys:
            raise InvalidArgumentError(
                f"rows: row {number} has other keys than row 1", hint="Leave a field empty with None when appending"
            )
