"""The data source that Spark knows under the name ``domo``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pyspark.sql.datasource import DataSource, DataSourceReader, DataSourceStreamReader, DataSourceWriter
from pyspark.sql.types import StructType

from domo_async.errors import InvalidArgumentError
from domo_async.integrations.spark.catalog import CatalogReader, catalog_schema
from domo_async.integrations.spark.connection import Connection, SecretSource
from domo_async.integrations.spark.options import ReadOptions, WriteOptions, connection_options
from domo_async.integrations.spark.reader import DomoReader, FilteringReader
from domo_async.integrations.spark.reading import common_schema
from domo_async.integrations.spark.spark_types import chosen_columns, spark_schema
from domo_async.integrations.spark.worker import worker_for
from domo_async.integrations.spark.writer import DomoWriter

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from domo_async.models import Schema

__all__ = ["DomoDataSource", "register"]

_PUSHDOWN = "spark.sql.python.filterPushdown.enabled"


class DomoDataSource(DataSource):
    """Rows of DataSets, and lists of what there is, as Spark frames; and frames as rows of DataSets.

    Use `register`, which also takes settings and secrets from Spark's configuration. Registered as it is, with
    ``spark.dataSource.register(DomoDataSource)``, it reads the DOMO_* variables of the driver and of the executors.
    """

    connection: ClassVar[Connection] = Connection()
    filters: ClassVar[bool] = False

    @classmethod
    def name(cls) -> str:
        """What stands in ``format()``."""
        return "domo"

    def schema(self) -> StructType:
        """The columns, as Domo has them."""
        options = ReadOptions.parse(self.options)
        if options.catalog is not None:
            return catalog_schema(options.catalog)
        return spark_schema(self._columns(options), options.columns, options.decimal)

    def reader(self, schema: StructType) -> DataSourceReader:
        """Reads; `schema` may be one that the user gave."""
        options = ReadOptions.parse(self.options)
        if options.catalog is not None:
            worker_for(self._connection())  # credentials that are missing are missed here, and not in a task
            return CatalogReader(self._connection(), options, schema)
        columns = self._columns(options)
        names = chosen_columns(schema, spark_schema(columns, (), options.decimal))
        if options.columns and names != options.columns:
            raise InvalidArgumentError("columns: the option and the schema name different columns")
        make = FilteringReader if self.filters and len(options.datasets) == 1 else DomoReader
        return make(self._connection(), options, columns, names)

    def writer(self, schema: StructType, overwrite: bool) -> DataSourceWriter:
        """Writes; begins an execution, which `DomoWriter` commits or aborts."""
        return DomoWriter.begin(self._connection(), WriteOptions.parse(self.options, overwrite=overwrite), schema)

    def streamReader(self, schema: StructType) -> DataSourceStreamReader:  # noqa: N802 - Spark's name
        """Not supported: Domo does not tell which rows are new."""
        raise InvalidArgumentError(
            "A DataSet cannot be read as a stream: Domo tells that it changed, and not which rows are new",
            hint="Read it as a whole when its data_current_at has changed",
        )

    def _columns(self, options: ReadOptions) -> Schema:
        return worker_for(self._connection()).run(lambda domo: common_schema(domo, options.datasets))

    def _connection(self) -> Connection:
        own = self.connection
        given = connection_options(self.options)
        return Connection(
            api_url=given.get("apiUrl", own.api_url),
            client_id=given.get("clientId", own.client_id),
            client_secret=own.client_secret,
            secrets=own.secrets,
            scopes=given.get("scopes", own.scopes),
        )


def register(spark: SparkSession, *, secrets: SecretSource | None = None) -> None:
    """Make ``format("domo")`` known to a session.

    Settings come from Spark's configuration: ``spark.domo.apiUrl``, ``spark.domo.clientId``,
    ``spark.domo.clientSecret`` and ``spark.domo.scopes``; what is not there is taken from the DOMO_* variables, on the
    driver and on each executor. Spark redacts the secret where it shows its configuration, and it is part of no plan.

    Filters are sent to Domo if ``spark.sql.python.filterPushdown.enabled`` is true at this moment.

    Args:
        spark: The session.
        secrets: A function that returns client id and client secret; called on the driver and once in each Python
            worker, so that no secret is shipped at all. It is pickled.

    Example:
        ::

            register(spark, secrets=lambda: (dbutils.secrets.get("domo", "id"), dbutils.secrets.get("domo", "secret")))
    """
    settings: Mapping[str, object] = {
        "connection": Connection.of(spark, secrets),
        "filters": spark.conf.get(_PUSHDOWN, "false") == "true",
    }
    spark.dataSource.register(type("ConfiguredDomoDataSource", (DomoDataSource,), dict(settings)))
