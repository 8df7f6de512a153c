"""Rows per second from one DataSet into Parquet: by Spark with more and more executors, and by one machine.

    python -m tests.benchmarks.spark_scaling --rows 2000000 --executors 1,2,4 --repeats 2

The server is the emulator, in a process of its own on the same machine, so it takes a share of the processors. Each
contender runs once unmeasured, while everything starts, and then as often as told: first the single machine, then the
clusters one after the other. The table has the median, and the best in brackets.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

import anyio
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from domo_async import AsyncDomo
from domo_async.emulator import Connection, Emulator
from domo_async.integrations import spark as domo_spark

_NAME = "Scaling"


def _table(rows: int) -> pa.Table:
    numbers = range(rows)
    return pa.table(
        {
            "n": pa.array(numbers, pa.int64()),
            "amount": pa.array([number * 0.25 for number in numbers], pa.float64()),
            "text": pa.array([f"row {number % 1000}" for number in numbers], pa.string()),
            "day": pa.array([number % 20_000 for number in numbers], pa.int32()).cast(pa.date32()),
        }
    )


def _serve(rows: int, pipe: Pipe) -> None:
    with Emulator(datasets={_NAME: _table(rows)}) as emulator:
        pipe.send((emulator.connection, emulator.dataset_ids[_NAME]))
        pipe.recv()


def _session(executors: int, connection: Connection, home: Path) -> SparkSession:
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["SPARK_WORKER_DIR"] = str(home / "work")
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.local.dir": str(home / "local"),
        "spark.sql.session.timeZone": "UTC",
        "spark.executorEnv.PYTHONPATH": str(Path(__file__).parents[2]),
        "spark.domo.apiUrl": connection["api_url"],
        "spark.domo.clientId": connection["client_id"],
        "spark.domo.clientSecret": connection["client_secret"],
    }
    builder = SparkSession.builder.master(f"local-cluster[{executors},1,1024]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    domo_spark.register(spark)
    spark.range(0, executors, 1, executors).foreach(lambda _: None)  # executors start with their first task
    return spark


def _by_spark(spark: SparkSession, dataset_id: str, options: dict[str, str], folder: Path) -> None:
    spark.read.format("domo").options(**options).load(dataset_id).write.mode("overwrite").parquet(str(folder))


async def _by_one_machine(connection: Connection, dataset_id: str, folder: Path) -> None:
    async with AsyncDomo(**connection) as domo:
        await domo.datasets.export_to(dataset_id, folder / "rows.parquet")


def _timed(work: Callable[[Path], None], home: Path, rows: int) -> float:
    folder = home / "rows"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    began = time.perf_counter()
    work(folder)
    seconds = time.perf_counter() - began
    found = sum(pq.read_metadata(path).num_rows for path in folder.glob("*.parquet"))
    if found != rows:
        sys.exit(f"{found} rows arrived, and there are {rows}")
    return seconds


def _measure(
    rows: int, executors: list[int], repeats: int, connection: Connection, dataset_id: str, home: Path
) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {}

    def note(name: str, work: Callable[[Path], None]) -> None:
        seconds = _timed(work, home, rows)
        times.setdefault(name, []).append(seconds)
        print(f"{name}: {seconds:.1f} s", file=sys.stderr)

    def alone(folder: Path) -> None:
        anyio.run(_by_one_machine, connection, dataset_id, folder)

    _timed(alone, home, rows)
    for _ in range(repeats):
        note("`export_to`, one machine", alone)
    for count in executors:
        spark = _session(count, connection, home)
        ranges = {"partitionColumn": "n", "numPartitions": str(count), "maxConcurrentCalls": str(count)}
        readers = {f"Spark, by ranges, executors: {count}": ranges}
        if count == executors[0]:
            readers = {"Spark, the export, one task": {}, **readers}
        for number in range(repeats + 1):
            for name, options in readers.items():
                work = partial(_by_spark, spark, dataset_id, options)
                if number == 0:  # the first time, everything starts
                    _timed(work, home, rows)
                else:
                    note(name, work)
        spark.stop()
    return times


def main() -> None:
    """Measure, and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--executors", default="1,2,4", help="numbers of executors of one core each")
    parser.add_argument("--repeats", type=int, default=2)
    given = parser.parse_args()
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(given.rows, there))
    server.start()
    connection, dataset_id = here.recv()
    with tempfile.TemporaryDirectory(prefix="spark-scaling-") as home:
        executors = [int(text) for text in given.executors.split(",")]
        times = _measure(given.rows, executors, given.repeats, connection, dataset_id, Path(home))
    here.send("over")
    server.join()
    print(f"| {given.rows:,} rows, {os.cpu_count()} cores | rows/s | seconds |\n|---|---:|---:|")
    for name, seconds in times.items():
        middle, best = statistics.median(seconds), min(seconds)
        print(f"| {name} | {given.rows / middle:,.0f} | {middle:.1f} ({best:.1f}) |")


if __name__ == "__main__":
    main()
