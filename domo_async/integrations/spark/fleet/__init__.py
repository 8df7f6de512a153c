"""Many DataSets at once, by many computers."""

from domo_async.integrations.spark.fleet.place import FileSystemSource
from domo_async.integrations.spark.fleet.pull import pull

__all__ = ["FileSystemSource", "pull"]
