"""Cards: find them, and draw charts."""

from __future__ import annotations

from typing import Final

from pydantic import TypeAdapter

from domo_async.api.family import Family, check_page_size, json_body
from domo_async.api.values import id_number
from domo_async.errors import InvalidArgumentError
from domo_async.http.bodies import Body
from domo_async.http.operations import Operation, Safety
from domo_async.http.options import UNSET, Unset
from domo_async.http.paging import Pager
from domo_async.models import CardComponent, CardDefinition, CardList, CardSummary, DrillPath, SortOrder

__all__ = ["Cards"]

_CHART_PATH: Final = "/v1/cards/chart/{card_urn}"
# The specification names no scope; a token without this one was seen to be refused.
LIST: Final = Operation("cards.list", "GET", "/v1/cards", Safety.SAFE, scope="dashboard")
GET: Final = Operation("cards.get", "GET", "/v1/cards/{card_urn}", Safety.SAFE, scope="dashboard")
CREATE_CHART: Final = Operation("cards.create_chart", "POST", "/v1/cards/chart", Safety.UNSAFE, scope="dashboard")
GET_CHART: Final = Operation("cards.get_chart", "GET", _CHART_PATH, Safety.SAFE, scope="dashboard")
UPDATE_CHART: Final = Operation("cards.update_chart", "PUT", _CHART_PATH, Safety.IDEMPOTENT, scope="dashboard")
CREATE_DRILL: Final = Operation("cards.create_drill", "POST", f"{_CHART_PATH}/drill", Safety.UNSAFE, scope="dashboard")
DRILL_PATH: Final = Operation("cards.drill_path", "GET", f"{_CHART_PATH}/drillpath", Safety.SAFE, scope="dashboard")

_PAGE_SIZE: Final = 35  # the documented default; no maximum is documented
_LARGEST_PAGE: Final = 1000
_SIZES: Final = (1.0, 6.0)
_TEXT_STYLES: Final = ("BOLD", "ITALIC", "BOLD_ITALIC")
_LIST: Final = TypeAdapter(CardList)
_CARD: Final = TypeAdapter(CardSummary)
_DEFINITION: Final = TypeAdapter(CardDefinition)
_DRILL_PATH: Final = TypeAdapter(DrillPath)


class Cards(Family):
    """The Cards API. Scope: ``dashboard``; charts read their DataSets with ``data``."""

    def list(self, *, limit: int | None = None, offset: int = 0, page_size: int = _PAGE_SIZE) -> Pager[CardSummary]:
        """List the cards that the client may see.

        Args:
            limit: Cards in all, None for as many as there are.
            offset: Cards to skip.
            page_size: Cards to ask for at once.

        Raises:
            InvalidArgumentError: A number is out of range.
            CallError: Asking failed (raised when the pager is awaited or iterated over).

        Source: Cards API, ``GET /v1/cards``.
        """
        check_page_size(page_size, _LARGEST_PAGE)

        async def fetch(start: int, size: int) -> list[CardSummary]:
            cards: list[CardSummary] = []
            while len(cards) < size:
                answer = await self._page(start + len(cards), size - len(cards))
                cards += answer.cards
                # The total shows whether a short page is the last one or was cut off by a limit that Domo keeps to
                # itself.
                if not answer.cards or start + len(cards) >= (answer.total_card_count or 0):
                    break
            return cards

        return Pager(fetch, page_size=page_size, limit=limit, offset=offset, key=_identity)

    async def count(self) -> int | None:
        """How many cards there are, None if Domo does not say.

        Raises:
            CallError: Anything that can happen to a call.

        Example:
            ::

                print(await domo.cards.count())

        Source: Cards API, ``GET /v1/cards``.
        """
        return (await self._page(0, 1)).total_card_count

    async def _page(self, offset: int, limit: int) -> CardList:
        return await self._call(LIST, _LIST, query={"limit": limit, "offset": offset})

    async def get(self, card_urn: int | str) -> CardSummary:
        """One card, with its owner.

        Raises:
            NotFoundError: There is no such card.
            CallError: Anything else that can happen to a call.

        Source: Cards API, ``GET /v1/cards/{urn}``.
        """
        return await self._call(GET, _CARD, ids={"card_urn": card_urn})

    async def create_chart(self, definition: CardDefinition, *, page_id: int | str | Unset = UNSET) -> CardDefinition:
        """Make a card that draws a DataSet.

        Args:
            definition: What to draw. Every key that Domo insists on is sent, whether it is set or not.
            page_id: Page to put it on.

        Returns:
            The definition, with its ``urn``.

        Raises:
            InvalidArgumentError: The definition lacks something, or is out of bounds.
            CallError: Anything else that can happen to a call. Domo answers 500 without a word to what it cannot draw.

        Example:
            ::

                chart = CardDefinition(
                    title="Delay by carrier",
                    dataset_id=dataset_id,
                    chart_type="badge_vert_bar",
                    chart_body=CardComponent(
                        columns=[
                            CardColumn(column="carrier", mapping="ITEM"),
                            CardColumn(column="delay", mapping="VALUE", aggregation="AVG"),
                        ],
                        group_by=[CardColumn(column="carrier")],
                    ),
                )
                card = await domo.cards.create_chart(chart, page_id=page.id)

        Source: Cards API, ``POST /v1/cards/chart``.
        """
        return await self._call(
            CREATE_CHART,
            _DEFINITION,
            query={"pageId": None if isinstance(page_id, Unset) else id_number("page_id", page_id)},
            body=_body(definition),
        )

    async def get_chart(self, card_urn: int | str) -> CardDefinition:
        """What a card draws.

        Raises:
            NotFoundError: There is no such card.
            ConflictError: It is no chart.
            CallError: Anything else that can happen to a call.

        Source: Cards API, ``GET /v1/cards/chart/{urn}``.
        """
        return await self._call(GET_CHART, _DEFINITION, ids={"card_urn": card_urn})

    async def update_chart(self, card_urn: int | str, definition: CardDefinition) -> CardDefinition | None:
        """Let a card draw something else. The definition replaces the old one as a whole.

        Returns:
            The definition, or None should Domo answer without a body.

        Raises:
            NotFoundError: There is no such card.
            InvalidArgumentError: The definition lacks something, or is out of bounds.
            CallError: Anything else that can happen to a call.

        Example:
            ::

                chart = await domo.cards.get_chart(urn)
                await domo.cards.update_chart(urn, chart.model_copy(update={"title": "Delay"}))

        Source: Cards API, ``PUT /v1/cards/chart/{urn}``.
        """
        return await self._call_if_answered(
            UPDATE_CHART, _DEFINITION, ids={"card_urn": card_urn}, body=_body(definition)
        )

    async def create_drill(self, card_urn: int | str, definition: CardDefinition) -> CardDefinition:
        """Give a chart a view that readers get to when they click into it.

        Raises:
            NotFoundError: There is no such card.
            InvalidArgumentError: The definition lacks something, or is out of bounds.
            CallError: Anything else that can happen to a call.

        Source: Cards API, ``POST /v1/cards/chart/{urn}/drill``.
        """
        return await self._call(CREATE_DRILL, _DEFINITION, ids={"card_urn": card_urn}, body=_body(definition))

    async def drill_path(self, card_urn: int | str) -> DrillPath:
        """Which views readers get to, one after the other.

        Raises:
            NotFoundError: There is no such card.
            CallError: Anything else that can happen to a call.

        Source: Cards API, ``GET /v1/cards/chart/{urn}/drillpath``.
        """
        return await self._call(DRILL_PATH, _DRILL_PATH, ids={"card_urn": card_urn})


def _identity(card: CardSummary) -> object:
    return card.urn if card.urn is not None else object()


def _body(definition: CardDefinition) -> Body:
    if not isinstance(definition, CardDefinition):
        raise InvalidArgumentError(f"definition: expected a CardDefinition, not a {type(definition).__name__}")
    for name in ("title", "dataset_id", "chart_type"):
        if not str(getattr(definition, name) or "").strip():
            raise InvalidArgumentError(f"definition: a chart needs a {name}")
    if definition.chart_body is None or not definition.chart_body.columns:
        raise InvalidArgumentError("definition: a chart needs columns in its chart_body")
    for component in (definition.chart_body, definition.summary_number):
        if component is not None:
            _check_component(component)
    for name in ("preferred_full_height", "preferred_full_width"):
        size = getattr(definition, name)
        if size is not None and not _SIZES[0] <= size <= _SIZES[1]:
            raise InvalidArgumentError(f"definition: {name} is {size:g}, and cards are 1 to 6 high and wide")
    for look in definition.conditional_formats:
        style = look.format.text_style if look.format is not None else None
        if style is not None and style not in _TEXT_STYLES:
            raise InvalidArgumentError(f"definition: text_style {style!r} is none of {', '.join(_TEXT_STYLES)}")
    return json_body(definition.to_wire())


def _check_component(component: CardComponent) -> None:
    for column in (*component.columns, *component.group_by, *component.order_by):
        if not (column.column or "").strip():
            raise InvalidArgumentError("definition: a column without a name")
        if column.order is not None and column.order not in list(SortOrder):
            raise InvalidArgumentError(f"definition: order {column.order!r} is none of {', '.join(SortOrder)}")
    if component.date_range_filter is not None and not component.date_range_filter.filter_type:
        raise InvalidArgumentError("definition: a date_range_filter needs a filter_type")
