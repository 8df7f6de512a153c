"""Domo as a data source of Apache Spark: distributed reads, and writes that are all or nothing.

Needs the extra ``spark`` (pyspark 4) on the driver and on every executor.

Example:
    ::

        from domo_async.integrations import spark as domo

        domo.register(spark)
        flights = spark.read.format("domo").option("partitionColumn", "day").load(dataset_id)
        flights.groupBy("carrier").count().write.format("domo").mode("overwrite").save("Flights by carrier")

        domo.pull(spark, Selection.names("sales*"), to="s3://bucket/lake").raise_for_failures()
"""

from domo_async.errors import MissingExtraError

try:
    from domo_async.integrations.spark.data_source import DomoDataSource, register
    from domo_async.integrations.spark.fleet import pull
except ImportError as _error:  # PySpark is missing, or it is one from before 4
    raise MissingExtraError("The data source for Spark, with PySpark 4,", extra="spark") from _error

__all__ = ["DomoDataSource", "pull", "register"]
