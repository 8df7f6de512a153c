"""Cards: what goes over the wire, and what a chart has to have."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from domo_async.errors import BadRequestError, InvalidArgumentError, NotFoundError, ServerError
from domo_async.models import (
    CalculatedField,
    CardColumn,
    CardComponent,
    CardDefinition,
    CardFilter,
    ConditionalFormat,
    DateRangeFilter,
    TextFormat,
)

pytestmark = pytest.mark.anyio

KEYS = {
    *("columns", "groupBy", "orderBy", "filters", "dateGrain", "dateRangeFilter"),
    *("distinct", "fiscal", "projection", "limit", "offset"),
}


def chart(dataset_id="ds", **changes):
    body = CardComponent(columns=[CardColumn(column="gauge", mapping="ITEM")])
    return CardDefinition(
        **{"title": "Tides", "dataset_id": dataset_id, "chart_type": "badge_table", "chart_body": body, **changes}
    )


def component(**changes):
    return CardComponent(**{"columns": [CardColumn(column="gauge")], **changes})


@pytest.mark.parametrize(
    ("call", "method", "path", "query"),
    [
        (lambda c: c.create_chart(chart()), "POST", "/v1/cards/chart", b""),
        (lambda c: c.create_chart(chart(), page_id="5"), "POST", "/v1/cards/chart", b"pageId=5"),
        (lambda c: c.update_chart("88", chart()), "PUT", "/v1/cards/chart/88", b""),
        (lambda c: c.create_drill(88, chart()), "POST", "/v1/cards/chart/88/drill", b""),
    ],
)
async def test_a_definition_is_sent_whole(wire, domo, sent, call, method, path, query):
    """Every key of both components is there, since Domo answers 500 without a word if one is missing."""
    wire.route(method=method, path=path).respond(json={"urn": "88", "title": "Tides"})

    assert (await call(domo.cards)).urn == "88"

    assert (sent().method, sent().url.path, sent().url.query) == (method, path, query)
    body = json.loads(sent().content)
    assert body["dataSetId"] == "ds"
    assert body["chartBody"].keys() >= KEYS
    assert body["summaryNumber"].keys() >= KEYS
    assert body["chartBody"]["columns"][0]["column"] == "gauge"


async def test_the_reading_operations(wire, domo):
    wire.get("/v1/cards/88").respond(json={"cardUrn": "88", "ownerId": 7})
    wire.get("/v1/cards/chart/88").respond(json={"urn": 88, "chartBody": None})
    wire.get("/v1/cards/chart/88/drillpath").respond(json={"allowTableDrill": True, "drillOrder": [89]})
    wire.get("/v1/cards").respond(json={"cards": [], "totalCardCount": 12})
    assert (await domo.cards.get(88)).owner_id == 7
    assert (await domo.cards.get_chart("88")).urn == "88"
    assert (await domo.cards.drill_path("88")).drill_order == ["89"]
    assert await domo.cards.count() == 12


@pytest.mark.parametrize(
    "changes",
    [
        {"title": " "},
        {"dataset_id": None},
        {"chart_type": None},
        {"chart_body": None},
        {"chart_body": CardComponent()},
        {"chart_body": component(order_by=[CardColumn()])},
        {"summary_number": component(columns=[CardColumn(column="a", order="UPWARDS")])},
        {"chart_body": component(date_range_filter=DateRangeFilter(field="a"))},
        {"preferred_full_height": 0},
        {"preferred_full_width": 6.5},
        {"conditional_formats": [ConditionalFormat(format=TextFormat(text_style="LOUD"))]},
    ],
)
async def test_nonsense_is_not_sent(wire, domo, changes):
    """A definition that Domo could not draw stays here."""
    with pytest.raises(InvalidArgumentError, match=r"^definition: "):
        await domo.cards.create_chart(chart(**changes))
    assert not wire.calls


async def test_something_else_is_no_definition(wire, domo):
    with pytest.raises(InvalidArgumentError, match="CardDefinition"):
        await domo.cards.update_chart(1, {"title": "x"})
    with pytest.raises(InvalidArgumentError, match="page_id"):
        await domo.cards.create_chart(chart(), page_id="top")
    assert not wire.calls


@pytest.mark.parametrize("cap", [35, 10])
async def test_all_cards_are_listed_though_domo_caps_pages(wire, domo, cap):
    """The total tells a short page that is the last one from a page that was cut off."""

    def page(request):
        import httpx

        offset, limit = (int(request.url.params[name]) for name in ("offset", "limit"))
        cards = [{"cardUrn": str(number)} for number in range(83)][offset : offset + min(limit, cap)]
        return httpx.Response(200, json={"cards": cards, "totalCardCount": 83})

    wire.get("/v1/cards").mock(side_effect=page)

    assert [int(card.urn) async for card in domo.cards.list(page_size=60)] == list(range(83))
    assert len(await domo.cards.list(limit=40).collect()) == 40


@pytest.fixture
def dataset_id(emulator):
    return emulator.add_dataset("Tides", pa.table({"gauge": ["north"], "level": [2.5]}))


async def test_the_life_of_a_chart(live, dataset_id):
    """Drawn on a page, changed without loss, drilled into."""
    page = await live.pages.create(name="Tides")
    definition = chart(
        dataset_id,
        chart_body=CardComponent(
            columns=[CardColumn(column="gauge"), CardColumn(column="double", aggregation="AVG")],
            group_by=[CardColumn(column="gauge")],
            filters=[CardFilter(column="level", operand="GREATER_THAN", values=["1"])],
        ),
        calculated_fields=[CalculatedField(name="double", formula="`level` * 2", save_to_dataset=False)],
        preferred_full_height=3,
    )

    made = await live.cards.create_chart(definition, page_id=page.id)

    assert made.calculated_fields[0].id.startswith("calculation_")
    assert (await live.pages.get(page.id)).card_ids == [int(made.urn)]
    summary = await live.cards.get(made.urn)
    assert (summary.title, summary.pages, summary.owner_name) == ("Tides", [page.id], "DomoSupport")

    await live.cards.update_chart(made.urn, made.model_copy(update={"title": "Level"}))
    again = await live.cards.get_chart(made.urn)
    assert again.title == "Level"
    assert again.chart_body.filters[0].model_extra == {"filterType": "LEGACY"}

    drill = await live.cards.create_drill(made.urn, chart(dataset_id))
    assert (await live.cards.drill_path(made.urn)).drill_order == [drill.urn]
    assert [card.urn async for card in live.cards.list()] == [made.urn]
    assert await live.cards.count() == 1


async def test_what_domo_refuses(live, dataset_id):
    """Unknown columns are named, unknown types and DataSets refused."""
    with pytest.raises(BadRequestError, match="missing from the datasource schema: nowhere"):
        await live.cards.create_chart(chart(dataset_id, chart_body=component(columns=[CardColumn(column="nowhere")])))
    with pytest.raises(BadRequestError, match="badge_line"):
        await live.cards.create_chart(chart(dataset_id, chart_type="badge_line"))
    with pytest.raises(NotFoundError):
        await live.cards.create_chart(chart("no-such-dataset"))
    with pytest.raises(NotFoundError):
        await live.cards.get_chart(12)


async def test_a_partial_body_is_a_500_that_is_not_repeated(live, emulator):
    """Creating is unsafe, so an answer of 500 is the end of it."""
    with pytest.raises(ServerError):
        await live.request("POST", "/v1/cards/chart", json={"title": "x", "chartBody": {"columns": []}})
    assert sum(request.path == "/v1/cards/chart" for request in emulator.requests) == 1
