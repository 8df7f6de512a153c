"""Cards, and the definitions of charts.

The classes of a definition are read and written: nothing is required when Domo answers, and a definition that is sent
names every key of its components, since Domo answers 500 without a word if one is missing.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field, JsonValue

from domo_async.models.base import DomoModel, Items, Timestamp, or_default

__all__ = [
    "CalculatedField",
    "CardColumn",
    "CardComponent",
    "CardDefinition",
    "CardFilter",
    "CardList",
    "CardSummary",
    "ColumnFormat",
    "ConditionalFormat",
    "DateGrain",
    "DateRangeFilter",
    "DrillPath",
    "QuickFilter",
    "SortOrder",
    "TableColumnFormat",
    "TextFormat",
]

Values = Items[str | int | float | bool | None]


class SortOrder(StrEnum):
    """Which way a column is sorted."""

    ASCENDING = "ASCENDING"
    DESCENDING = "DESCENDING"


class CardSummary(DomoModel):
    """What a listing says of a card, and a little more where one card is asked for.

    Attributes:
        urn: Id of the card, digits as text (``cardUrn`` on the wire).
        title: Its title (``cardTitle`` on the wire).
        last_modified: When it was changed last.
        pages: Ids of the pages that show it.
        owner_id: Who owns it; not in listings.

    Source: Cards API, ``GET /v1/cards``.
    """

    urn: str | None = Field(default=None, alias="cardUrn")
    title: str | None = Field(default=None, alias="cardTitle")
    type: str | None = None
    last_modified: Timestamp = None
    pages: Items[int] = []
    owner_id: int | str | None = None
    owner_name: str | None = None


class CardList(DomoModel):
    """One page of a listing of cards, and how many there are in all."""

    cards: Items[CardSummary] = []
    total_card_count: int | None = None


class TableColumnFormat(DomoModel):
    """How a table shows a column."""

    aggregation: str | None = None
    hide_subtotal: bool | None = None
    hide_total: bool | None = None
    percent_of_total: bool | None = None
    width: int | None = None


class ColumnFormat(DomoModel):
    """How the values of a column are written."""

    alignment: str | None = None
    commas: bool | None = None
    currency: str | None = None
    date_format: str | None = None
    format: str | None = None
    percent: bool | None = None
    percent_multiplied: bool | None = None
    precision: int | None = None
    style: str | None = None
    table_column: TableColumnFormat | None = None
    type: str | None = None


class CardColumn(DomoModel):
    """A column of the DataSet as a chart uses it.

    Attributes:
        column: Its name in the DataSet, or the name of a calculated field.
        alias: Its name in the chart.
        aggregation: ``SUM``, ``COUNT``, ``AVG``, ``MIN``, ``MAX``; None for none.
        mapping: What it is in the chart, such as ``ITEM``, ``VALUE`` or ``SERIES``.
    """

    column: str | None = None
    alias: str | None = None
    aggregation: str | None = None
    mapping: str | None = None
    calendar: bool | None = None
    order: Annotated[SortOrder | str | None, Field(union_mode="left_to_right")] = None
    format: ColumnFormat | None = None


class CardFilter(DomoModel):
    """A condition on the rows of a chart. Quick filters say ``operator`` where these say ``operand``."""

    column: str | None = None
    operand: str | None = None
    values: Values = []


class QuickFilter(DomoModel):
    """A filter that readers of a card may set."""

    column: str | None = None
    name: str | None = None
    operator: str | None = None
    type: str | None = None
    values: Values = []


class DateGrain(DomoModel):
    """What a time column is rounded to, such as ``DAY`` or ``MONTH``."""

    column: str | None = None
    date_time_element: str | None = None


class DateRangeFilter(DomoModel):
    """A condition on a time column.

    Attributes:
        start: Epoch milliseconds (``from`` on the wire).
        end: Epoch milliseconds (``to`` on the wire).
        negated: Whether the condition is turned round (``not`` on the wire).
    """

    filter_type: str | None = None
    field: str | None = None
    start: int | None = Field(default=None, alias="from")
    end: int | None = Field(default=None, alias="to")
    negated: bool | None = Field(default=None, alias="not")


class CardComponent(DomoModel):
    """A query over the DataSet: the body of a chart, or its summary number.

    Attributes:
        columns: What is shown.
        group_by: What is grouped by.
        order_by: What is sorted by. Domo was seen to draw charts wrongly that sort here; sort by `CardColumn.order`.
        filters: Which rows count.
    """

    columns: Items[CardColumn] = []
    group_by: Items[CardColumn] = []
    order_by: Items[CardColumn] = []
    filters: Items[CardFilter] = []
    date_grain: DateGrain | None = None
    date_range_filter: DateRangeFilter | None = None
    distinct: Annotated[bool, or_default(False)] = False
    fiscal: Annotated[bool, or_default(False)] = False
    projection: Annotated[bool, or_default(False)] = False
    limit: int | None = None
    offset: int | None = None


class TextFormat(DomoModel):
    """How values look that meet a condition. `text_style` is ``BOLD``, ``ITALIC`` or ``BOLD_ITALIC``."""

    apply_to_row: bool | None = None
    color: str | None = None
    text_color: str | None = None
    text_style: str | None = None


class ConditionalFormat(DomoModel):
    """A look for values that meet a condition."""

    condition: CardFilter | None = None
    format: TextFormat | None = None
    saved_to_dataset: bool | None = Field(default=None, alias="savedToDataSet")


class CalculatedField(DomoModel):
    """A column made by a formula. Charts name it by its name; Domo gives it the id."""

    id: str | None = None
    name: str | None = None
    formula: str | None = None
    save_to_dataset: bool | None = Field(default=None, alias="saveToDataSet")


class CardDefinition(DomoModel):
    """A chart.

    To change a card, read its definition, ``model_copy(update={...})`` it, and hand it to `Cards.update_chart`: fields
    that this version does not know travel back unchanged.

    Attributes:
        urn: Id of the card; Domo gives it.
        dataset_id: DataSet that is drawn (``dataSetId`` on the wire).
        chart_type: Such as ``badge_vert_bar``, ``badge_table`` or ``badge_donut``.
        chart_body: What is drawn.
        summary_number: The number above the chart.
        preferred_full_height: 1 to 6.
        preferred_full_width: 1 to 6.

    Source: Cards API, ``POST /v1/cards/chart``.
    """

    urn: str | None = None
    title: str | None = None
    description: str | None = None
    dataset_id: str | None = Field(default=None, alias="dataSetId")
    chart_type: str | None = None
    chart_version: str | None = None
    chart_body: CardComponent | None = None
    summary_number: CardComponent | None = None
    calculated_fields: Items[CalculatedField] = []
    conditional_formats: Items[ConditionalFormat] = []
    quick_filters: Items[QuickFilter] = []
    goal: float | None = None
    metadata_overrides: Annotated[
        dict[str, str | None], BeforeValidator(lambda value: {} if value is None else value)
    ] = {}
    preferred_full_height: float | None = None
    preferred_full_width: float | None = None

    def to_wire(self) -> dict[str, JsonValue]:
        """The definition as Domo wants it: every key, also of the components."""
        complete = self.model_copy(
            update={
                "chart_body": self.chart_body or CardComponent(),
                "summary_number": self.summary_number or CardComponent(),
            }
        )
        return complete.model_dump(mode="json", by_alias=True)


class DrillPath(DomoModel):
    """What readers get to see when they click into a chart.

    Attributes:
        allow_table_drill: Whether the last step is a table of the rows.
        drill_order: Ids of the drill views in their order.
    """

    allow_table_drill: bool | None = None
    drill_order: Items[str] = []
