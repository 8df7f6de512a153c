"""A night's pull on a cluster: every DataSet whose name fits, by all executors, into one lake.

pip install 'domo-async[spark]'
DOMO_CLIENT_ID=... DOMO_CLIENT_SECRET=... python spark_pull.py lake "sales*"

The cluster is two executors on this computer, which have its environment and its folders. For another one, set
SPARK_MASTER, give its executors DOMO_CLIENT_SECRET (or pass secrets=), and pull to a URI such as s3://bucket/lake.
"""

import os
import sys

from pyspark.sql import SparkSession

from domo_async.integrations import spark as domo
from domo_async.jobs import PullEvent, Selection, TransferFailed, TransferFinished, TransferRetried


def tell(event: PullEvent) -> None:
    match event:
        case TransferFinished(transfer):
            print(f"{transfer.name}: {transfer.rows} rows in {transfer.seconds:.1f} s", flush=True)
        case TransferRetried(dataset_id, attempt, error, wait):
            print(f"{dataset_id}: attempt {attempt} failed, again in {wait:.0f} s: {error}", flush=True)
        case TransferFailed(transfer):
            print(f"{transfer.name or transfer.dataset_id}: {transfer.error}", flush=True)
        case _:
            pass


def main(to: str, pattern: str = "*") -> int:
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # executors need the Python that has this package
    master = os.environ.get("SPARK_MASTER", "local-cluster[2,1,1024]")  # two executors, one core and 1 GiB each
    spark = SparkSession.builder.appName("domo pull").master(master).getOrCreate()
    try:
        report = domo.pull(spark, Selection.names(pattern), to=to, concurrency=4, on_event=tell)
    finally:
        spark.stop()
    print(report)
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
