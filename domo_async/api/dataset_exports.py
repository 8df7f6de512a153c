"""Rows out of DataSets as they come: as bytes, and as files."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from domo_async.api.dataset_writes import DataSetWrites
from domo_async.errors import AuthenticationError, IncompleteDataError, UnreadableRowError
from domo_async.http.download import Download
from domo_async.http.operations import Operation, Safety, encode_query
from domo_async.http.request import Request
from domo_async.models import DataSet
from domo_async.tabular.export_file import WrittenFile, write_export
from domo_async.tabular.file_format import FileFormat
from domo_async.tabular.row_count import expected_rows
from domo_async.tabular.types import DEFAULT_DECIMAL, DecimalType

if TYPE_CHECKING:
    from domo_async.tabular.export_file import ProgressCallback

__all__ = ["DataSetExports"]

ResultT = TypeVar("ResultT")

EXPORT: Final = Operation(
    "datasets.export",
    "GET",
    "/v1/datasets/{dataset_id}/data",
    Safety.SAFE,
    scope="data",
    accept="text/csv",
    refusals={406: AuthenticationError},  # Domo's word for a refused token where CSV was asked for
)

_RESTARTS: Final = 2


class DataSetExports(DataSetWrites):
    """The DataSet API, and the ways of rows out of DataSets unread."""

    @asynccontextmanager
    async def export(
        self,
        dataset_id: str,
        *,
        include_header: bool = False,
        file_name: str | None = None,
        disable_formula_interpretation: bool | None = None,
        resumable: bool = True,
    ) -> AsyncGenerator[Download]:
        """Stream the rows of a DataSet as CSV, in constant memory.

        Unquoted nothing between two commas is null, ``""`` is empty text. Rows end with a line feed.

        Args:
            dataset_id: Id of the DataSet (UUID text).
            include_header: Begin with a row of column names.
            file_name: Name that Domo puts into Content-Disposition.
            disable_formula_interpretation: Passed on when set; influences how Domo escapes text that a spreadsheet
                would take for a formula.
            resumable: Go on after a broken connection by asking again and skipping what was delivered.

        Yields:
            A `Download`, an asynchronous iterator of bytes.

        Raises:
            NotFoundError: There is no such DataSet.
            IncompleteDataError: The connection broke, and the DataSet changed before the export could go on.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                async with domo.datasets.export(dataset_id, include_header=True) as body:
                    async for chunk in body:
                        file.write(chunk)

        Source: DataSet API, ``GET /v1/datasets/{id}/data``.
        """
        request = Request(
            EXPORT,
            EXPORT.fill({"dataset_id": dataset_id}),
            encode_query(
                {
                    "includeHeader": include_header,
                    "fileName": file_name,
                    "disableFormulaInterpretation": disable_formula_interpretation,
                }
            ),
        )
        async with self._session.download(request, resumable=resumable) as body:
            yield body

    async def export_to(
        self,
        dataset_id: str,
        target: str | os.PathLike[str],
        *,
        format: FileFormat | None = None,
        columns: Sequence[str] | None = None,
        include_header: bool = True,
        decimal: DecimalType = DEFAULT_DECIMAL,
        on_progress: ProgressCallback | None = None,
    ) -> WrittenFile:
        """Bring the rows of a DataSet into a file, in constant memory.

        The file appears under its name when it is complete and its rows are counted; until then, and after an error or
        cancellation, whatever was there before stays. When the DataSet changes on the way, its rows or its columns, the
        transfer starts over, twice at most.

        Args:
            dataset_id: Id of the DataSet (UUID text).
            target: Path of the file, in a folder that exists.
            format: ``parquet``, ``arrow``, ``csv``, ``csv.gz`` or ``jsonl``; None reads it from the suffix.
            columns: Names of the columns to keep, in this order; None for all.
            include_header: Whether a CSV file begins with a row of column names.
            decimal: Precision and scale for DECIMAL columns.
            on_progress: Called with the rows written and the bytes received since the last call.

        Returns:
            Path, format, rows, and sizes.

        Raises:
            TargetError: The folder is missing, the disk is full, or writing is not permitted.
            IncompleteDataError: Other rows arrived than the DataSet has.
            UnreadableRowError: A row is not what the DataSet's schema says; names row, column and value.
            InvalidArgumentError: No format, or an unknown column.
            MissingExtraError: The format needs pyarrow, and it is not installed.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                written = await domo.datasets.export_to(dataset_id, "sales.parquet")
                print(written.rows, written.bytes)
        """

        async def bring(dataset: DataSet) -> WrittenFile:
            async with self.export(dataset_id) as body:
                return await write_export(
                    body,
                    target,
                    dataset=dataset,
                    format=format,
                    expected_rows=expected_rows(dataset),
                    recount=partial(self._count, dataset_id),
                    include_header=include_header,
                    columns=columns,
                    decimal=decimal,
                    on_progress=on_progress,
                )

        return await self._while_unchanged(dataset_id, bring)

    async def _while_unchanged(self, dataset_id: str, work: Callable[[DataSet], Awaitable[ResultT]]) -> ResultT:
        """Do it again with a new description when the rows were not those of the old one."""
        restarts = 0
        while True:
            dataset = await self.get(dataset_id)
            try:
                return await work(dataset)
            except (IncompleteDataError, UnreadableRowError) as error:
                if restarts == _RESTARTS:
                    raise
                if isinstance(error, UnreadableRowError) and (await self.get(dataset_id)).schema == dataset.schema:
                    raise
            restarts += 1

    async def _count(self, dataset_id: str) -> int | None:
        return (await self.get(dataset_id)).rows
