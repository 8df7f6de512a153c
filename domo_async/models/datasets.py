# pyright: reportUnknownParameterType=false
# pyarrow ships no annotations.
"""DataSets, their schemas and owners, as the DataSet API writes them."""

from __future__ import annotations

import warnings
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field

from domo_async.models.base import DomoModel, Items, Timestamp, or_default
from domo_async.models.html_view import Column as HtmlColumn
from domo_async.models.html_view import facts_html, model_facts, table_html
from domo_async.models.policies import Policy

if TYPE_CHECKING:
    import pyarrow as pa

    from domo_async.models.arrow_types import DecimalType

__all__ = ["Column", "ColumnType", "DataSet", "DataSetSummary", "Owner", "Schema"]


class ColumnType(StrEnum):
    """The column types that Domo documents."""

    STRING = "STRING"
    DECIMAL = "DECIMAL"
    LONG = "LONG"
    DOUBLE = "DOUBLE"
    DATE = "DATE"
    DATETIME = "DATETIME"


class Column(DomoModel):
    """One column of a DataSet.

    Attributes:
        name: Column name. Domo compares names without regard to case.
        type: A `ColumnType`, or the text of a type that this version does not know.
    """

    name: Annotated[str, or_default("")]
    type: Annotated[ColumnType | str, Field(union_mode="left_to_right"), or_default(ColumnType.STRING)] = (
        ColumnType.STRING
    )


class Schema(DomoModel):
    """The columns of a DataSet in their order, which is the order of the fields in its CSV."""

    columns: Items[Column] = []

    def _repr_html_(self) -> str:
        return _columns_html(self)

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [column.name for column in self.columns]

    @classmethod
    def from_arrow(cls, schema: pa.Schema) -> Self:
        """The columns that take a table of this Arrow schema.

        Integers are LONG, floats DOUBLE, decimals DECIMAL, dates DATE, timestamps DATETIME; text, booleans, times of
        day, nested values (as JSON) and columns without a type are STRING; a dictionary is what its values are.

        Args:
            schema: Any Arrow schema.

        Raises:
            InvalidArgumentError: A column has a type that Domo cannot hold (binary, a duration), a column has no name,
                or two names differ only by case, which Domo accepts and then refuses every upload to.
            MissingExtraError: pyarrow is not installed.

        Example:
            >>> Schema.from_arrow(pa.schema([("Id", pa.int32()), ("Day", pa.date32())])).names
            ['Id', 'Day']
        """
        from domo_async.models.arrow_types import domo_schema

        return cls(columns=domo_schema(schema).columns)

    def to_arrow(self, *, decimal: DecimalType | None = None) -> pa.Schema:
        """The Arrow schema that holds every value of these columns, all of them nullable.

        Args:
            decimal: Precision and scale for DECIMAL columns; None for 38 digits, 18 of them after the point.

        Raises:
            InvalidArgumentError: `decimal` is not a possible precision and scale.
            MissingExtraError: pyarrow is not installed.

        Example:
            >>> Schema(columns=[Column(name="Id", type=ColumnType.LONG)]).to_arrow().field("Id").type
            DataType(int64)
        """
        from domo_async.models.arrow_types import DEFAULT_DECIMAL, arrow_schema

        return arrow_schema(self, decimal=DEFAULT_DECIMAL if decimal is None else decimal)


class Owner(DomoModel):
    """Who owns a DataSet."""

    id: int | str | None = None
    name: str | None = None


with warnings.catch_warnings():
    # `schema` is Domo's word, and the deprecated BaseModel.schema() that it shadows leaves with pydantic 3.
    warnings.filterwarnings("ignore", message='Field name "schema".* shadows an attribute', category=UserWarning)

    class DataSetSummary(DomoModel):
        """A DataSet as listings show it: without schema and policies.

        Attributes:
            id: UUID text.
            name: Name, None when Domo sends none.
            rows: Number of rows; stays 0 until the first import.
            columns: Number of columns; stays 0 until the first import, whatever the schema says.
            data_current_at: When the data was last replaced or appended to.
            deleted: True for the stub that stands for a deleted DataSet.

        Source: DataSet API, ``GET /v1/datasets``.
        """

        id: str
        name: str | None = None
        description: str | None = None
        rows: int | None = None
        columns: int | None = None
        owner: Owner | None = None
        created_at: Timestamp = None
        updated_at: Timestamp = None
        data_current_at: Timestamp = None
        pdp_enabled: bool | None = None
        deleted: bool | None = None

    class DataSet(DataSetSummary):
        """A DataSet in full.

        Attributes:
            schema: The columns, None when Domo sends no schema (stubs of deleted DataSets).
            policies: PDP policies; every DataSet has at least the built-in "All Rows".

        Source: DataSet API, ``GET /v1/datasets/{id}``.
        """

        schema: Schema | None = None  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleMethodOverride]
        policies: Items[Policy] = []

        def _repr_html_(self) -> str:
            facts = {name: value for name, value in model_facts(self).items() if name != "columns"}
            html = facts_html("DataSet", facts)
            return html if self.schema is None else html + _columns_html(self.schema)


def _columns_html(schema: Schema) -> str:
    heads = [HtmlColumn("column"), HtmlColumn("type")]
    rows = ((column.name, str(column.type)) for column in schema.columns)
    return table_html(f"{len(schema.columns)} columns", heads, rows, total=len(schema.columns), of="columns")
