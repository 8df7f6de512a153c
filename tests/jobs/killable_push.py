"""Pushes in processes that can be killed. One process imports everything once, and forks another for each push.

Reads one JSON line per push: the arguments of `AsyncDomo` and of `push`. Answers with the number of the process when it
begins, with the word ``event`` for each event that is no decision, and with its exit status when it is over.
"""

from __future__ import annotations

import importlib
import json
import os
import sys

import anyio

from domo_async import AsyncDomo
from domo_async.jobs import PushOptions, UploadSkipped

for module in (
    "domo_async.api.datasets",
    "domo_async.api.row_write",
    "domo_async.jobs.push",
    "domo_async.jobs.push_rows",
    "domo_async.transport.aiohttp_bridge",
    "pyarrow.compute",
    "pyarrow.csv",
    "pyarrow.parquet",
):
    importlib.import_module(module)

OPTIONS = {
    "append *": PushOptions(update_method="APPEND"),
    "upsert *": PushOptions(update_method="UPSERT", key_columns=["key"]),
}


async def _push(connection: dict[str, str], arguments: dict[str, object]) -> None:
    async with AsyncDomo(**connection) as domo:
        report = await domo.push(options=OPTIONS, on_event=_tell, part_size=40, **arguments)
        report.raise_for_failures()


def _tell(event: object) -> None:
    if not isinstance(event, UploadSkipped):
        os.write(1, b"event\n")


def main() -> None:
    for line in sys.stdin:
        connection, arguments = json.loads(line)
        child = os.fork()
        if child == 0:
            try:
                anyio.run(_push, connection, arguments)
            except BaseException:
                sys.excepthook(*sys.exc_info())
                os._exit(1)
            os._exit(0)
        print(child, flush=True)
        print(os.waitpid(child, 0)[1], flush=True)


if __name__ == "__main__":
    main()
