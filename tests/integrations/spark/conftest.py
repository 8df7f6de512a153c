"""A real cluster of two executors on this machine, and an emulator for it."""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

import anyio
import pytest

from domo_async import AsyncDomo
from domo_async.emulator import Emulator
from tests.integrations.spark.data import SECRET, table

# The session `spark` of nox installs it.
collect_ignore_glob = [] if importlib.util.find_spec("pyspark") else ["test_*.py"]
collect_ignore = [] if importlib.util.find_spec("grpc") else ["test_connect.py"]

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def emulator():
    tables = {"Everything": table(6_000), "North": table(50), "South": table(70), "Nothing": table(0)}
    with Emulator(datasets=tables, client_secret=SECRET) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def event_log(tmp_path_factory):
    return tmp_path_factory.mktemp("events")


@pytest.fixture(scope="session")
def spark(emulator, event_log, tmp_path_factory):
    if shutil.which("java") is None:
        pytest.skip("no Java on this machine")
    from pyspark.sql import SparkSession

    from domo_async.integrations import spark as domo_spark

    home = tmp_path_factory.mktemp("spark")
    os.environ["PYSPARK_PYTHON"] = sys.executable  # executors would take the first python3 of PATH
    os.environ["SPARK_WORKER_DIR"] = str(home / "work")
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    connection = emulator.connection
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.warehouse.dir": str(home / "warehouse"),
        "spark.local.dir": str(home / "local"),
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.python.filterPushdown.enabled": "true",
        "spark.executorEnv.PYTHONPATH": str(ROOT),
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",
        "spark.eventLog.dir": event_log.as_uri(),
        "spark.domo.apiUrl": connection["api_url"],
        "spark.domo.clientId": connection["client_id"],
        "spark.domo.clientSecret": connection["client_secret"],
        "spark.executorEnv.DOMO_CLIENT_SECRET": connection["client_secret"],
        "spark.plugins": "org.apache.spark.sql.connect.SparkConnectPlugin",
        "spark.connect.grpc.binding.port": "0",
    }
    builder = SparkSession.builder.master(os.environ.get("SPARK_TEST_MASTER", "local-cluster[2,1,1024]"))
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    domo_spark.register(spark)
    yield spark
    spark.stop()


@pytest.fixture(scope="session")
def asked(emulator):
    """Runs an async function with a client and returns what it returns."""

    def ask(work):
        async def run():
            async with AsyncDomo(**emulator.connection) as domo:
                return await work(domo)

        return anyio.run(run)

    return ask
