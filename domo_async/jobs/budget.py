# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""How much at once: arithmetic of a job's memory."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from domo_async.errors import InvalidArgumentError

__all__ = ["Budget", "release_unused_memory"]

_MIB = 2**20
DOWNLOAD = 2 * _MIB
"""Bytes that a download holds: its blocks in the spool, and the buffers of its connection."""

DECODER = 48 * _MIB
"""Bytes that a DataSet takes while it is decoded and written: blocks of CSV, a row group, and its encoded form."""

_ENOUGH = 8
"""DataSets decoded at once, unless somebody gives more memory: a large machine has other work, too."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What runs at a time.

    Attributes:
        downloads: DataSets on their way.
        decoders: Those among them that are decoded and written; the others go to the disk meanwhile.
    """

    downloads: int
    decoders: int

    @classmethod
    def of(cls, concurrency: int, memory: int | None) -> Budget:
        """Divide some memory.

        Decoding is work for processors, and one DataSet can keep several of them busy: more DataSets at once than
        there are processors finish no sooner.

        Args:
            concurrency: DataSets on their way at most.
            memory: Bytes that rows may take, None for as many as `concurrency` and up to 8 processors can use.

        Raises:
            InvalidArgumentError: That does not suffice for a single DataSet.
        """
        useful = min(concurrency, os.cpu_count() or 1)
        if memory is None:
            return cls(concurrency, min(useful, _ENOUGH))
        if memory < DOWNLOAD + DECODER:
            raise InvalidArgumentError(f"memory={memory} is less than one DataSet takes ({DOWNLOAD + DECODER} bytes)")
        downloads = min(concurrency, (memory - DECODER) // DOWNLOAD)
        return cls(downloads, max(1, min(useful, (memory - downloads * DOWNLOAD) // DECODER)))


def release_unused_memory() -> None:
    """Give back to the system what Arrow has freed and keeps for later."""
    arrow = sys.modules.get("pyarrow")
    if arrow is not None:
        arrow.default_memory_pool().release_unused()
