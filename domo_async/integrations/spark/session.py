"""Two kinds of sessions: one that has the driver in this process, and one of Spark Connect, which talks to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.errors import PySparkException

if TYPE_CHECKING:
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

__all__ = ["context_of", "is_on_this_computer"]


def context_of(spark: SparkSession) -> SparkContext | None:
    """The context of a classic session; a session of Spark Connect has none."""
    try:
        return spark.sparkContext
    except (PySparkException, AttributeError):
        return None


def is_on_this_computer(spark: SparkSession) -> bool:
    """Whether all executors are certain to run here. The master of Spark Connect speaks for the computer it is on."""
    context = context_of(spark)
    return context is not None and str(context.master).startswith("local")
