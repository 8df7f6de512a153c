"""The stream of a DataSet: takes parts, keeps them, and says afterwards what was in them."""

from __future__ import annotations

import gzip
from typing import Any

from tests.benchmarks.data import COLUMNS, dataset_id

__all__ = ["Uploads"]

_GZIP = b"\x1f\x8b"
_STATE = {"createdAt": "2025-03-02T06:10:00Z", "modifiedAt": "2025-03-02T06:10:00Z"}


class Uploads:
    """Stream 1, which is that of the first DataSet.

    A part costs as little as can be while it comes: looking into it is for when the clock has stopped.

    Args:
        lossy: Forget the last part, to see whether anybody notices.
    """

    def __init__(self, *, lossy: bool = False) -> None:
        self._lossy = lossy
        self._executions = 0
        self._parts: dict[int, bytes | bytearray] = {}
        self._committed = False

    def answer(self, method: bytes, path: list[bytes], body: bytes | bytearray) -> Any:
        """The document to answer with, None where nothing is."""
        match method, path:
            case b"GET", [b"search"]:
                return [self._stream()]
            case b"GET", [b"1"]:
                return self._stream()
            case b"POST", [b"1", b"executions"]:
                self._executions += 1
                self._parts.clear()
                self._committed = False
            case b"GET" | b"PUT", [b"1", b"executions", _]:
                pass
            case b"PUT", [b"1", b"executions", _, b"part", number]:
                self._parts[int(number)] = body
            case b"PUT", [b"1", b"executions", _, b"commit"]:
                self._committed = True
            case _:
                return None
        return self._execution()

    def _stream(self) -> dict[str, Any]:
        return {
            "id": 1,
            "dataSet": {
                "id": dataset_id(0),
                "name": "Harbour Tides 0",
                "schema": {"columns": [{"type": kind, "name": name} for name, kind in COLUMNS]},
            },
            "updateMethod": "REPLACE",
            **_STATE,
        }

    def _execution(self) -> dict[str, Any]:
        state = "SUCCESS" if self._committed else "ACTIVE"
        return {"id": self._executions, "currentState": state, "startedAt": _STATE["createdAt"], **_STATE}

    def facts(self) -> dict[str, int]:
        """Rows, a sum and nulls of what was committed."""
        from tests.benchmarks.rows_by_hand import facts_of_csv

        numbers = sorted(self._parts)
        if not self._committed or numbers != list(range(numbers[0], numbers[0] + len(numbers)) if numbers else []):
            return {"rows": -1}
        if self._lossy:
            numbers.pop()
        parts = (self._parts[number] for number in numbers)
        return facts_of_csv(b"".join(gzip.decompress(part) if part[:2] == _GZIP else part for part in parts))
