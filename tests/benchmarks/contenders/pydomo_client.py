"""Domo's own SDK, in threads where work can be done at once. It opens a connection for each call."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from tests.benchmarks.contenders.pacing import compared
from tests.benchmarks.data import check_dataset
from tests.benchmarks.workloads import Outcome, Task

pydomo = importlib.import_module("pydomo")  # not installed with the tests

FORGETS = {"nulls"}
"""What it cannot know: an empty text and a null are the same for it."""

NOT_APPLICABLE = {"in_flight": "a thread and a connection for each call: it has no calls in flight to speak of"}


def _domo(task: Task, client_id: str | None = None) -> Any:
    host = urlsplit(task.url).netloc
    return pydomo.Domo(client_id or task.client_id, task.client_secret, api_host=host, use_https=False, scope=["data"])


def _in_threads(task: Task, work: Callable[[int], int], items: Iterable[int] | None = None) -> list[int]:
    with ThreadPoolExecutor(task.workload.at_once) as threads:
        return list(threads.map(work, range(task.workload.calls) if items is None else items))


def _get(domo: Any, task: Task, index: int) -> int:
    dataset = domo.datasets.get(task.ids[index])
    return check_dataset(index % task.workload.datasets, dataset["id"], dataset["rows"])


async def list_datasets(task: Task) -> Outcome:
    """Its generator, which asks for one page after the other."""
    found = list(_domo(task).datasets.list())
    return Outcome({"datasets": len({one["id"] for one in found}), "rows": sum(one["rows"] for one in found)})


async def pull(task: Task) -> Outcome:
    """Exports into memory, as text."""
    domo, ids = _domo(task), task.ids
    sizes = _in_threads(task, lambda index: len(domo.datasets.data_export(ids[index], False).encode()))
    return Outcome({"bytes": sum(sizes)})


async def export(task: Task) -> Outcome:
    """To a file, since it has no other way that does not hold all of it in memory."""
    path = task.folder / "export.csv"
    with _domo(task).datasets.data_export_to_file(task.ids[0], path, False):
        return Outcome({"bytes": path.stat().st_size})


async def export_parquet(task: Task) -> Outcome:
    """To a file, and from there by hand."""
    from tests.benchmarks.parquet_by_hand import write_parquet

    path = task.folder / "export.csv"
    _domo(task).datasets.data_export_to_file(task.ids[0], path, False).close()
    with path.open("rb") as csv:
        write_parquet(csv, task.parquet_path)
    return Outcome({})


async def frame(task: Task) -> Outcome:
    """Its way to a frame, which holds the export three times and cannot tell null from empty text."""
    return Outcome({}, result=_domo(task).ds_get(task.ids[0]))


async def upload(task: Task) -> Outcome:
    """Its way from a frame: part after part, uncompressed."""
    _domo(task).ds_update(task.ids[0], task.frame)
    return Outcome({})


async def cold(task: Task) -> Outcome:
    """As many threads as the others have connections."""
    domo = _domo(task)
    return Outcome({"calls": sum(_in_threads(task, lambda index: _get(domo, task, index)))})


async def queries(task: Task) -> Outcome:
    """All queries, some at once."""
    domo, ids = _domo(task), task.ids
    sql = "SELECT channel, SUM(units) AS units, AVG(share) AS share FROM table GROUP BY channel"
    sums = _in_threads(task, lambda index: sum(row[1] for row in domo.datasets.query(ids[index], sql)["rows"]))
    return Outcome({"calls": len(sums), "sum": sum(sums)})


async def short_tokens(task: Task) -> Outcome:
    """The same calls with tokens that live long, and with tokens that do not."""
    workload = task.workload

    def phase(client_id: str) -> tuple[list[float], int]:
        domo = _domo(task, client_id)
        latencies: list[float] = []
        started = time.perf_counter() + 0.1

        def worker(first: int) -> int:
            failed = 0
            for index in range(first, workload.calls, workload.at_once):
                due = started + index * workload.seconds / workload.calls
                time.sleep(max(0.0, due - time.perf_counter()))
                try:
                    _get(domo, task, index)
                except ValueError:
                    raise
                except Exception:
                    failed += 1
                else:
                    latencies.append(time.perf_counter() - due)
            return failed

        failed = sum(_in_threads(task, worker, range(workload.at_once)))
        return latencies, failed

    return Outcome(*compared(phase(task.client_id), phase(task.short_lived_client_id)))


async def faults(task: Task) -> Outcome:
    """It does not try again: what fails has failed."""
    domo = _domo(task)

    def one(index: int) -> int:
        try:
            return _get(domo, task, index)
        except ValueError:
            raise
        except Exception:
            return 0

    answered = sum(_in_threads(task, one))
    return Outcome({"calls": answered}, {"failed": task.workload.calls - answered})
