"""DataSets, their schemas and owners, as the DataSet API writes them."""

from __future__ import annotations

import warnings
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domo_async.models.base import DomoModel, Items, Timestamp, or_default
from domo_async.models.policies import Policy

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

    name: str
    type: Annotated[ColumnType | str, Field(union_mode="left_to_right"), or_default(ColumnType.STRING)] = (
        ColumnType.STRING
    )


class Schema(DomoModel):
    """The columns of a DataSet in their order, which is the order of the fields in its CSV."""

    columns: Items[Column] = []

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [column.name for column in self.columns]


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
