"""Cards and charts, as any client sees them."""

from __future__ import annotations

import copy

import pytest

COMPONENT = {
    "columns": [{"column": "tail"}],
    "groupBy": [],
    "orderBy": [],
    "filters": [],
    "distinct": False,
    "fiscal": False,
    "projection": False,
    "limit": None,
    "offset": None,
}


@pytest.fixture
def body(flights):
    return {
        "title": "Tails",
        "dataSetId": flights.rsplit("/", 1)[1],
        "chartType": "badge_table",
        "chartBody": copy.deepcopy(COMPONENT),
        "summaryNumber": copy.deepcopy(COMPONENT),
    }


def test_a_chart(client, body):
    """It gets an id, and shows in the listing with the total."""
    chart = client.post("/v1/cards/chart", json=body).json()
    assert chart == {**body, "urn": chart["urn"]}
    listing = client.get("/v1/cards").json()
    assert listing["totalCardCount"] == 1
    assert set(listing["cards"][0]) == {"cardTitle", "cardUrn", "lastModified", "pages", "type"}
    assert set(client.get(f"/v1/cards/{chart['urn']}").json()) - set(listing["cards"][0]) == {"ownerId", "ownerName"}
    assert client.get(f"/v1/cards/chart/{chart['urn']}").json() == chart


@pytest.mark.parametrize("component", ["chartBody", "summaryNumber"])
@pytest.mark.parametrize("key", COMPONENT)
def test_a_missing_key_is_a_bare_500(client, body, component, key):
    """As was seen: nothing says what is missing."""
    del body[component][key]
    response = client.post("/v1/cards/chart", json=body)
    assert (response.status_code, response.content) == (500, b"")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"chartType": "badge_line"}, "badge_line"),
        ({"chartType": "pie"}, "pie"),
        ({"preferredFullHeight": 7}, "preferredFullHeight"),
        ({"preferredFullWidth": 0}, "preferredFullWidth"),
        ({"title": ""}, "Bad Request"),
        (
            {"chartBody": {**COMPONENT, "columns": [{"column": "nowhere"}]}},
            "missing from the datasource schema: nowhere",
        ),
        ({"chartBody": {**COMPONENT, "filters": "all"}}, "chartBody.filters"),
        ({"chartBody": {**COMPONENT, "filters": [{"column": 1}]}}, "chartBody.filters.0.column"),
        ({"chartBody": {**COMPONENT, "distinct": "no"}}, "chartBody.distinct"),
        ({"chartBody": {**COMPONENT, "columns": [{"column": "tail", "order": "up"}]}}, "order"),
        ({"summaryNumber": {**COMPONENT, "dateRangeFilter": {"from": 1}}}, "filterType"),
        ({"calculatedFields": ["x"]}, "calculatedFields"),
        ({"calculatedFields": [{"name": 1}]}, "calculatedFields.0.name"),
        ({"goal": "much"}, "goal"),
        ({"goal": True}, "goal"),
        ({"metadataOverrides": [1]}, "metadataOverrides"),
        ({"preferredFullHeight": True}, "preferredFullHeight"),
    ],
)
def test_what_cannot_be_drawn_is_refused(client, body, change, message):
    response = client.post("/v1/cards/chart", json={**body, **change})
    assert response.status_code == 400
    assert message in response.json()["message"]


def test_what_is_added(client, body):
    """A kind for filters, an id for calculated fields, which charts name by their names."""
    body["calculatedFields"] = [{"name": "twice", "formula": "`delay` * 2"}]
    body["chartBody"]["columns"].append({"column": "twice"})
    body["chartBody"]["filters"] = [{"column": "delay", "operand": "IN", "values": ["1"]}]
    chart = client.post("/v1/cards/chart", json=body).json()
    assert chart["calculatedFields"][0]["id"].startswith("calculation_")
    assert chart["chartBody"]["filters"][0]["filterType"] == "LEGACY"


def test_pages_and_drills(client, body):
    page = client.post("/v1/pages", json={"name": "Tides"}).json()
    urn = client.post(f"/v1/cards/chart?pageId={page['id']}", json=body).json()["urn"]
    drill = client.post(f"/v1/cards/chart/{urn}/drill", json=body).json()["urn"]
    assert client.get(f"/v1/cards/chart/{urn}/drillpath").json() == {"allowTableDrill": True, "drillOrder": [drill]}
    assert client.get("/v1/cards").json()["totalCardCount"] == 1
    assert client.get(f"/v1/cards/{urn}").json()["pages"] == [page["id"]]
    assert client.get(f"/v1/pages/{page['id']}").json()["cardIds"] == [int(urn)]
    assert client.post("/v1/cards/chart?pageId=5", json=body).status_code == 404


def test_pages_of_cards(client, body):
    for _ in range(40):
        client.post("/v1/cards/chart", json=body)
    assert len(client.get("/v1/cards").json()["cards"]) == 35
    assert len(client.get("/v1/cards?limit=20&offset=30").json()["cards"]) == 10
    assert client.put("/v1/cards/chart/999", json=body).status_code == 404
