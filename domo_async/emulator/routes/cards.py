"""Cards and charts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from uuid import uuid4

from pydantic import ValidationError
from starlette.responses import Response

from domo_async.emulator.entities.audit import note
from domo_async.emulator.entities.fields import Fields, bad_request
from domo_async.emulator.operations import Call, Operation, answer
from domo_async.emulator.refusals import RefusedError
from domo_async.models import CardDefinition, SortOrder

if TYPE_CHECKING:
    from domo_async.emulator.entities.shelf import Document

__all__ = ["OPERATIONS"]

_PAGE, _MOST = 35, 500
_COMPONENTS = ("chartBody", "summaryNumber")
_LISTS = ("columns", "groupBy", "orderBy", "filters")
_KEYS = (*_LISTS, "distinct", "fiscal", "projection", "limit", "offset")
_REFUSED_TYPES = {"badge_line"}


async def list_cards(call: Call) -> Response:
    """One page of all cards, and how many there are."""
    offset, limit = call.number("offset", default=0), call.number("limit", default=_PAGE, maximum=_MOST)
    cards = [card for card in call.instance.cards.all() if card["parent"] is None]
    page = [_summary(call, card) for card in cards[offset : offset + limit]]
    return answer({"cards": page, "totalCardCount": len(cards)})


async def get_card(call: Call) -> Response:
    """One card with its owner."""
    card = _existing(call)
    return answer({**_summary(call, card), "ownerId": card["ownerId"], "ownerName": card["ownerName"]})


async def create_chart(call: Call) -> Response:
    """A new chart, on a page if one is named."""
    definition = _definition(call, await call.json_object())
    page = None
    if page_id := call.number("pageId", default=0):
        page = call.instance.pages.pages.get(page_id)
        if page is None:
            raise RefusedError.gateway(404)
    card = _add(call, definition, parent=None)
    if page is not None:
        page["cardIds"].append(int(card["definition"]["urn"]))
    note(call, "CREATED", "CARD", card["definition"]["urn"], definition["title"])
    return answer(card["definition"])


async def get_chart(call: Call) -> Response:
    """The definition of a chart."""
    return answer(_existing(call)["definition"])


async def update_chart(call: Call) -> Response:
    """Replace the definition of a chart."""
    card = _existing(call)
    definition = _definition(call, await call.json_object())
    card["definition"] = {**definition, "urn": card["definition"]["urn"]}
    card["lastModified"] = _now()
    note(call, "UPDATED", "CARD", card["definition"]["urn"], definition["title"])
    return answer(card["definition"])


async def create_drill(call: Call) -> Response:
    """A view below a chart; listings do not show it."""
    card = _existing(call)
    drill = _add(call, _definition(call, await call.json_object()), parent=card["definition"]["urn"])
    card["drills"].append(drill["definition"]["urn"])
    note(call, "UPDATED", "CARD", card["definition"]["urn"], card["definition"]["title"])
    return answer(drill["definition"])


async def drill_path(call: Call) -> Response:
    """The views below a chart in their order."""
    return answer({"allowTableDrill": True, "drillOrder": _existing(call)["drills"]})


def _existing(call: Call) -> Document:
    card = call.instance.cards.get(call.path["card_urn"])
    if card is None:
        raise RefusedError.gateway(404)
    return card


def _add(call: Call, definition: Document, *, parent: str | None) -> Document:
    number = call.instance.cards.number()
    card: Document = {
        "definition": {**definition, "urn": str(number)},
        "ownerId": call.client.user_id,
        "ownerName": call.client.name,
        "lastModified": _now(),
        "parent": parent,
        "drills": [],
    }
    return call.instance.cards.put(number, card)


def _summary(call: Call, card: Document) -> Document:
    definition = card["definition"]
    return {
        "cardTitle": definition["title"],
        "cardUrn": definition["urn"],
        "lastModified": card["lastModified"],
        "pages": call.instance.pages.on_pages(int(definition["urn"])),
        "type": "chart",
    }


def _definition(call: Call, body: Document) -> Document:
    """Accept a definition, with what Domo adds to it.

    Raises:
        RefusedError: 500 without a word if a key of a component is missing, as was seen; 400 or 404 for the rest.
    """
    for name in _COMPONENTS:
        component = body.get(name)
        if not isinstance(component, dict) or any(key not in component for key in _KEYS):
            raise RefusedError(500)
    _check_types(body)
    fields = Fields(body)
    fields.required("title")
    kind = fields.required("chartType")
    if not kind.startswith("badge_") or kind in _REFUSED_TYPES:
        raise bad_request(f"Unknown chart type: {kind}")
    for name in ("preferredFullHeight", "preferredFullWidth"):
        size = body.get(name)
        if size is not None and not 1 <= size <= 6:
            raise bad_request(f"{name} must be between 1 and 6")
    _check_columns(call, fields)
    for name in _COMPONENTS:
        body[name]["filters"] = [{"filterType": "LEGACY", **each} for each in body[name]["filters"] or []]
    for field in body.get("calculatedFields") or []:
        field["id"] = field.get("id") or f"calculation_{uuid4()}"
    return body


def _check_types(body: Document) -> None:
    """Refuse values of the wrong type: what is taken is answered as it is, by listings too."""
    try:
        definition = CardDefinition.model_validate(body, strict=True)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"])
        raise bad_request(f"{where}: {problem['msg']}") from error
    for component in (definition.chart_body, definition.summary_number):
        if component is None:
            continue
        lists = (component.columns, component.group_by, component.order_by)
        if any(column.order not in (None, *SortOrder) for columns in lists for column in columns):
            raise bad_request("order: ASCENDING or DESCENDING")
        if component.date_range_filter is not None and component.date_range_filter.filter_type is None:
            raise bad_request("filterType is required")


def _check_columns(call: Call, fields: Fields) -> None:
    dataset = call.instance.datasets.get(fields.required("dataSetId"))
    if dataset is None or dataset.deleted:
        raise RefusedError.gateway(404)
    known = {column.name for column in dataset.columns}
    known |= {field.required("name") for field in fields.objects("calculatedFields") or []}
    for name in _COMPONENTS:
        component = fields.child(name)
        wanted = [column for key in _LISTS for column in (component.objects(key) if component else None) or []]
        if missing := sorted({column.required("column") for column in wanted} - known):
            words = ", ".join(missing)
            raise bad_request(f"The following column(s) are missing from the datasource schema: {words}")


def _now() -> int:
    return int(time.time() * 1_000)


_CHART = "/v1/cards/chart/{card_urn}"
OPERATIONS = [
    Operation("GET", "/v1/cards", list_cards, scope="dashboard"),
    Operation("POST", "/v1/cards/chart", create_chart, scope="dashboard"),
    Operation("GET", _CHART, get_chart, scope="dashboard"),
    Operation("PUT", _CHART, update_chart, scope="dashboard"),
    Operation("POST", f"{_CHART}/drill", create_drill, scope="dashboard"),
    Operation("GET", f"{_CHART}/drillpath", drill_path, scope="dashboard"),
    Operation("GET", "/v1/cards/{card_urn}", get_card, scope="dashboard"),
]
