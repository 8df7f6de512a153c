# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""Record batches into JSON Lines."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

from domo_async.tabular.extras import require
from domo_async.tabular.text_lines import joined_lines

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

__all__ = ["JsonLinesFile", "json_lines"]

_text = json.JSONEncoder(ensure_ascii=False).encode


class JsonLinesFile:
    """A JSON Lines file in the making, UTF-8, one object per row.

    Args:
        path: Where to write; an existing file is overwritten.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")

    def write(self, batch: pa.RecordBatch) -> int:
        """Add rows.

        Returns:
            How many.
        """
        self._file.write(json_lines(batch))
        return int(batch.num_rows)

    def close(self) -> int:
        """Finish the file.

        Returns:
            0: `write` has counted all rows.
        """
        self._file.close()
        return 0

    def abort(self) -> None:
        """Let go of the file, whatever state it is in."""
        with suppress(OSError):  # what is still to be written does not fit on a full disk either
            self._file.close()


def json_lines(batch: pa.RecordBatch) -> bytes:
    """The rows of a batch as JSON objects, one per line.

    LONG and DECIMAL are numbers with all their digits (a reader that makes doubles of them rounds; that is the
    reader's choice). DATE and DATETIME are ISO 8601 text. JSON has no NaN and no infinity: both become null.

    Args:
        batch: n rows x k >= 1 columns of the types that `arrow_type` answers.
    """
    fields = [_members(_text(name), column) for name, column in zip(batch.schema.names, batch.columns, strict=True)]
    return joined_lines(fields, start="{", end="}\n")


def _members(key: str, column: pa.Array) -> pa.Array:
    """``"key":value`` for each value."""
    compute = require("pyarrow.compute", feature="Writing JSON")
    return compute.binary_join_element_wise(f"{key}:", compute.fill_null(_values(column), "null"), "")


def _values(column: pa.Array) -> pa.Array:
    pa = require("pyarrow", feature="Writing JSON")
    compute = require("pyarrow.compute", feature="Writing JSON")
    if pa.types.is_string(column.type):
        if compute.any(compute.match_substring_regex(column, r'["\\\x00-\x1f]')).as_py():
            return pa.array([None if text is None else _text(text) for text in column.to_pylist()], pa.string())
        return compute.binary_join_element_wise('"', column, '"', "")
    if pa.types.is_floating(column.type):
        return compute.if_else(compute.is_finite(column), column, None).cast(pa.string())
    text = column.cast(pa.string())
    if pa.types.is_decimal(column.type) or pa.types.is_timestamp(column.type):
        # The zeros that fill up the scale say nothing.
        text = compute.replace_substring_regex(text, r"(\.[0-9]*?)0+$", r"\1")
        text = compute.replace_substring_regex(text, r"\.$", "")
    if pa.types.is_temporal(column.type):
        return compute.binary_join_element_wise('"', compute.replace_substring(text, " ", "T"), '"', "")
    return text
