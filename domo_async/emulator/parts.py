"""The parts of an execution that has not been committed yet."""

# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyarrow ships no annotations, and makes its functions at run time.

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from domo_async.emulator.rows.types import StoredColumn

if TYPE_CHECKING:
    from domo_async.emulator.entities.shelf import Document

__all__ = ["Part"]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One part of an execution, parsed. It never changes, and is equal to itself only.

    Attributes:
        columns: The columns with the scale that its decimals need.
        rows: Table of shape (n, k).
        size: Bytes of the text, decompressed.
    """

    columns: list[StoredColumn]
    rows: pa.Table
    size: int

    def saved(self) -> dict[str, object]:
        """All that is known of it, but the rows."""
        return {"columns": [column.saved() for column in self.columns], "size": self.size}

    def packed(self) -> bytes:
        """The rows as an Arrow stream."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self.rows.schema) as writer:
            writer.write_table(self.rows)
        octets: bytes = sink.getvalue().to_pybytes()
        return octets

    @classmethod
    def restored(cls, document: Document, packed: bytes) -> Part:
        """The part that `saved` and `packed` described."""
        rows = pa.ipc.open_stream(packed).read_all()
        return cls([StoredColumn.restored(column) for column in document["columns"]], rows, document["size"])
