"""Pulls in processes that can be killed. One process imports everything once, and forks another for each pull.

Reads one JSON line per pull: the arguments of `AsyncDomo` and of `pull`. Answers with the number of the process when
it begins, with the word ``event`` for each event that is no decision, and with its exit status when it is over.
"""

from __future__ import annotations

import importlib
import json
import os
import sys

import anyio

from domo_async import AsyncDomo
from domo_async.jobs import DataSetOptions, Selection, TransferQueued, TransferSkipped

for module in (
    "domo_async.api.datasets",
    "domo_async.transport.aiohttp_bridge",
    "pyarrow.compute",
    "pyarrow.csv",
    "pyarrow.parquet",
):
    importlib.import_module(module)


async def _pull(connection: dict[str, str], arguments: dict[str, object]) -> None:
    async with AsyncDomo(**connection) as domo:
        options = {"*csv*": DataSetOptions(format="csv.gz"), "*parts*": DataSetOptions(rows_per_file=40)}
        report = await domo.pull(Selection.everything(), options=options, on_event=_tell, **arguments)
        report.raise_for_failures()


def _tell(event: object) -> None:
    if not isinstance(event, TransferQueued | TransferSkipped):
        os.write(1, b"event\n")


def main() -> None:
    for line in sys.stdin:
        connection, arguments = json.loads(line)
        child = os.fork()
        if child == 0:
            try:
                anyio.run(_pull, connection, arguments)
            except BaseException:
                sys.excepthook(*sys.exc_info())
                os._exit(1)
            os._exit(0)
        print(child, flush=True)
        print(os.waitpid(child, 0)[1], flush=True)


if __name__ == "__main__":
    main()
