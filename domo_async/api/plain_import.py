"""Rows for a DataSet that has no stream: all of them in one import, which Domo takes as a whole or not at all."""

from __future__ import annotations

import os
import tempfile
import zlib
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Self

import anyio

from domo_async.api.execution_ending import may_have_acted
from domo_async.errors import CallError, TargetError
from domo_async.models import UpdateMethod, UploadedRows
from domo_async.tabular.computing import compute

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domo_async.api.arguments import RowsUpdateMethod
    from domo_async.api.dataset_records import DataSetRecords
    from domo_async.api.started_parts import StartedParts
    from domo_async.tabular.parts import Part

__all__ = ["import_parts"]

_GZIP_WINDOW: Final = 31


async def import_parts(
    datasets: DataSetRecords, dataset_id: str, names: Sequence[str], parts: StartedParts, update_method: UpdateMethod
) -> UploadedRows:
    """Import rows.

    The request has a length that is known beforehand, and can be sent again: what does not fit into one part goes
    through a temporary file. It is not compressed, since nothing says that Domo reads gzip here.

    Args:
        datasets: The DataSet API.
        dataset_id: Id of the DataSet.
        names: Names of its columns.
        parts: The rows.
        update_method: REPLACE or APPEND.

    Raises:
        TargetError: The temporary file cannot be written.
        CallError: What can happen to a call. Rows to append are not sent again unless Domo cannot have seen them.
    """
    method: RowsUpdateMethod = "APPEND" if update_method is UpdateMethod.APPEND else "REPLACE"
    first = await parts.look(2)
    try:
        if len(first) < 2:
            texts = [await compute(partial(_plain, part, names)) for part in first]
            await datasets.import_csv(dataset_id, b"".join(texts), update_method=method)
            return _total(first)
        async with _TemporaryCsv() as file:
            total = UploadedRows()
            async for part in parts:
                await file.write(part, names if not total.parts else ())
                total = _total([part], total)
            await file.finish()
            await datasets.import_csv(dataset_id, file.path, update_method=method)
            return total
    except CallError as error:
        if update_method is UpdateMethod.APPEND and may_have_acted(error):
            error.hint = "The rows may have been added all the same: look before you add them again"
        raise


def _plain(part: Part, names: Sequence[str] = ()) -> bytes:
    """The CSV of a part.

    Args:
        part: The part.
        names: Names of the columns if it is the first one: a row that reads like them would be taken for a header and
            left out, so it gets a header in front.
    """
    text = zlib.decompress(part.content, _GZIP_WINDOW)
    header = ",".join('"' + name.replace('"', '""') + '"' for name in names).encode() + b"\n"
    return header + text if names and text.startswith(header) else text


def _total(parts: Sequence[Part], before: UploadedRows = UploadedRows()) -> UploadedRows:  # noqa: B008 - it is frozen
    size = before.csv_bytes + sum(part.csv_bytes for part in parts)
    return UploadedRows(before.rows + sum(part.rows for part in parts), 1, size, size)


class _TemporaryCsv:
    """A file that is there as long as its block."""

    def __init__(self) -> None:
        self.path = Path()
        self._file: BinaryIO | None = None

    async def __aenter__(self) -> Self:
        await compute(self._open)
        return self

    async def __aexit__(self, *failure: object) -> None:
        with anyio.CancelScope(shield=True):
            await compute(self._remove)

    async def write(self, part: Part, names: Sequence[str]) -> None:
        """Add the rows of a part."""
        await compute(lambda: self._write(_plain(part, names)))

    async def finish(self) -> None:
        """Write no more."""
        await compute(self._close)

    def _open(self) -> None:
        try:
            handle, name = tempfile.mkstemp(prefix="domo-async-", suffix=".csv")
        except OSError as error:
            raise TargetError(f"A temporary file for the rows cannot be made: {error.strerror or error}") from error
        self.path = Path(name)
        self._file = os.fdopen(handle, "wb")

    def _write(self, text: bytes) -> None:
        if self._file is not None:
            try:
                self._file.write(text)
            except OSError as error:
                raise TargetError(f"{self.path} cannot be written: {error.strerror or error}") from error

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError as error:
                raise TargetError(f"{self.path} cannot be written: {error.strerror or error}") from error

    def _remove(self) -> None:
        with suppress(OSError, TargetError):
            self._close()
        with suppress(OSError):
            self.path.unlink()
