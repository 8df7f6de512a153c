# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""Columns of text put together as lines, a whole batch at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domo_async.tabular.extras import require

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

__all__ = ["joined_lines"]


def joined_lines(columns: Sequence[pa.Array], *, start: str = "", between: str = ",", end: str = "\n") -> bytes:
    """The bytes of one line per row.

    Args:
        columns: At least one column of n texts without nulls; what is in them stands in the lines as it is.
        start: What each line begins with.
        between: What stands between two columns.
        end: What each line ends with.
    """
    pa = require("pyarrow", feature="Writing lines of text")
    compute = require("pyarrow.compute", feature="Writing lines of text")
    rows = compute.binary_join_element_wise(*columns, between) if len(columns) > 1 else columns[0]
    lines = compute.binary_join_element_wise(start, rows, end, "")
    if not len(lines):
        return b""
    # An Arrow array of text is the texts one after the other, and where each of them begins. The former is wanted.
    _, offsets, text = lines.buffers()
    begins = pa.Array.from_buffers(pa.int32(), len(lines) + 1, [None, offsets], offset=lines.offset)
    return bytes(memoryview(text)[begins[0].as_py() : begins[len(lines)].as_py()])
