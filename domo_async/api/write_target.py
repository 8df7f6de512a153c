"""The DataSet that rows go to: found by id or name, or made."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import anyio

from domo_async.api.execution_ending import may_have_acted
from domo_async.errors import AmbiguousNameError, CallError, InvalidArgumentError
from domo_async.http.operations import Safety
from domo_async.http.options import Unset
from domo_async.http.retries import wait_before_retry
from domo_async.models import Schema, Stream, UpdateMethod

if TYPE_CHECKING:
    from domo_async.api.dataset_records import DataSetRecords
    from domo_async.api.streams import Streams

__all__ = ["Target", "Targets"]

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Target:
    """A DataSet, and the way into it.

    Attributes:
        dataset_id: Id of the DataSet.
        name: Its name.
        schema: Its columns.
        stream: Its stream, None if it has none.
        created: Whether it was made just now.
    """

    dataset_id: str
    name: str
    schema: Schema
    stream: Stream | None
    created: bool = False

    def __str__(self) -> str:
        return f"DataSet {self.name!r}" if self.name else f"DataSet {self.dataset_id}"


class Targets:
    """Finds and makes DataSets.

    Args:
        datasets: The DataSet API.
        streams: The Stream API.
        retries: How often a creation is tried again at most.
    """

    def __init__(self, datasets: DataSetRecords, streams: Streams, *, retries: int) -> None:
        self._datasets = datasets
        self._streams = streams
        self._retries = retries

    async def find(self, id_or_name: str) -> Target | None:
        """The DataSet of this id, or of exactly this name; None if there is none of this name.

        Raises:
            AmbiguousNameError: Several have this name.
            NotFoundError: There is none of this id.
            InvalidArgumentError: It is deleted.
        """
        dataset_id = id_or_name if _UUID.fullmatch(id_or_name) else await self._id_of(id_or_name)
        if dataset_id is None:
            return None
        found = await self._datasets.get(dataset_id)
        if found.deleted:
            raise InvalidArgumentError(f"dataset: {dataset_id} is deleted")
        streams = await self._streams.search(dataset_id=found.id).collect()
        stream = next((stream for stream in streams if stream.dataset and stream.dataset.id == found.id), None)
        return Target(found.id, found.name or "", found.schema or Schema(), stream)

    async def _id_of(self, name: str) -> str | None:
        found = [dataset async for dataset in self._datasets.list(name_like=name) if dataset.name == name]
        found.sort(key=lambda dataset: (str(dataset.created_at or ""), dataset.id))
        if len(found) > 1:
            raise AmbiguousNameError(
                f"dataset: {len(found)} DataSets are called {name!r}: {', '.join(one.id for one in found)}",
                ids=tuple(one.id for one in found),
                hint="Name the one you mean by its id",
            )
        return found[0].id if found else None

    async def create(
        self,
        name: str,
        schema: Schema,
        *,
        update_method: UpdateMethod,
        key_columns: Sequence[str],
        description: str | Unset,
    ) -> Target:
        """Make a DataSet and its stream.

        If the answer is lost, the DataSet is looked for, and made again only if it is not there.

        Raises:
            CallError: It was not made, or whether it was is not known.
        """
        if name != name.strip():
            # Domo may trim it, and the next write would not find it and make another.
            raise InvalidArgumentError(f"dataset: {name!r} begins or ends with blanks")
        attempts = 0
        while True:
            attempts += 1
            try:
                stream = await self._streams.create(
                    name=name,
                    schema=schema,
                    update_method=update_method,
                    key_columns=key_columns,
                    description=description,
                )
            except CallError as error:
                wait = wait_before_retry(
                    error, safety=Safety.IDEMPOTENT, attempts=attempts, retries=self._retries, remaining=None
                )
                if not may_have_acted(error):
                    raise
                found = await self._look_again(name, error, wait or 0.0)
                if found is not None:
                    return found
                if wait is None:
                    raise
            else:
                return Target(await self._dataset_id(stream), name, schema, stream, created=True)

    async def _look_again(self, name: str, error: CallError, wait: float) -> Target | None:
        """What was made although nothing but an error came back."""
        await anyio.sleep(wait)
        try:
            found = await self.find(name)
        except CallError:
            raise error from None
        # Without a stream it is not what was asked for: another process has made a DataSet of the same name.
        return None if found is None or found.stream is None else replace(found, created=True)

    async def _dataset_id(self, stream: Stream) -> str:
        dataset = stream.dataset or (await self._streams.get(stream.id)).dataset
        if dataset is None:
            raise InvalidArgumentError(f"dataset: stream {stream.id} does not say which DataSet it belongs to")
        return dataset.id
