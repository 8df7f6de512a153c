"""Documented answers always parse; whatever else comes, nothing but our own errors comes out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from domo_async.errors import DomoError
from domo_async.http.answer import Answer
from domo_async.http.parsing import parser
from domo_async.models import (
    Account,
    AccountType,
    ActivityEntry,
    ApiClient,
    Attachment,
    CardDefinition,
    CardList,
    CardSummary,
    Collection,
    DrillPath,
    EmbedToken,
    Group,
    InstanceSession,
    ListType,
    Page,
    PageNode,
    PageTree,
    Project,
    ProjectList,
    Task,
    User,
)
from domo_async.models.embed import EmbedAnswer

USER = {
    "id": 412200871,
    "title": "Tide Analyst",
    "email": "ines@birchworks.example",
    "alternateEmail": "ines.o@mail.example",
    "role": "Privileged",
    "roleId": 2,
    "phone": "555-0100",
    "name": "Ines Okafor",
    "location": "Bergen",
    "timezone": "Europe/Oslo",
    "locale": "en-GB",
    "employeeNumber": 117,
    "employeeId": "BW-117",
    "createdAt": "017-06-12T20:23:57Z",
    "updatedAt": "2025-02-11T10:20:30Z",
    "deleted": False,
    "image": "https://birchworks.domo.com/avatar/thumb/domo/412200871",
    "groups": [{"id": 1324037000, "name": "Default"}],
}
PAGE = {
    "id": 640011223,
    "parentId": 640011000,
    "name": "Tides",
    "locked": False,
    "owners": [{"id": 412200871, "type": "USER", "displayName": "Ines Okafor"}],
    "collectionIds": [77001],
    "cardIds": [880001, 880002],
    "visibility": {"userIds": [412200871], "groupIds": [90210]},
}
OLD_PAGE = {"id": 3, "ownerId": 27, "name": "Old", "locked": False, "collectionIds": [], "cardIds": []}
NODE = {"id": 1, "name": "Operations", "children": [{"id": 2, "name": "Tides", "children": [{"id": 3, "name": "x"}]}]}
TYPE = {
    "id": "acme-db",
    "name": "Acme DB",
    "_templates": {
        "default": {
            "title": "Create Acme DB Account",
            "contentType": "application/json",
            "method": "post",
            "key": "default",
            "properties": [
                {"name": "username", "prompt": "Username", "required": True, "readyOnly": True},
                {"name": "mode", "prompt": "Mode", "regex": "{}", "required": False, "value": 3},
            ],
        }
    },
    "_links": {"self": {"href": "https://api.domo.com/v1/account-types/acme-db"}},
}
ENTRY = {
    "userName": "Ines Okafor",
    "userId": "412200871",
    "userType": "USER",
    "actorId": 0,
    "actorName": "",
    "actorType": "USER",
    "objectName": "Tides",
    "objectId": "640011223",
    "objectType": "PAGE",
    "additionalComment": "Ines Okafor viewed page Tides.",
    "time": "2025-03-02 08:15:09 AM",
    "eventText": "Viewed page",
    "actionType": "VIEWED",
    "device": "desktop",
    "browserDetails": "Mozilla/5.0",
    "ipAddress": "192.0.2.10",
}
CARD = {
    "cardTitle": "Tide by gauge",
    "cardUrn": "880001",
    "lastModified": 1740902409000,
    "ownerId": 412200871,
    "ownerName": "Ines Okafor",
    "pages": [640011223],
    "type": "chart",
}
CHART: dict[str, Any] = {
    "urn": "880001",
    "title": "Tide by gauge",
    "description": "",
    "dataSetId": "7c0d2a16-52a4-4f0f-8d7a-8f3f9b1f0c21",
    "chartType": "badge_vert_bar",
    "chartVersion": "11",
    "goal": None,
    "metadataOverrides": {"a": "b"},
    "preferredFullHeight": 3,
    "preferredFullWidth": 4,
    "calculatedFields": [{"id": "calculation_0c0b", "name": "d", "formula": "`level_m` * 2", "saveToDataSet": False}],
    "conditionalFormats": [
        {
            "condition": {"column": "level_m", "operand": "GREATER_THAN", "values": ["3"]},
            "format": {"applyToRow": False, "color": "#ff0000", "textColor": "#ffffff", "textStyle": "BOLD"},
            "savedToDataSet": False,
        }
    ],
    "quickFilters": [{"column": "gauge", "name": "Gauge", "operator": "IN", "type": "STRING", "values": ["north"]}],
    "chartBody": {
        "columns": [
            {
                "column": "gauge",
                "alias": "Gauge",
                "aggregation": None,
                "mapping": "ITEM",
                "calendar": False,
                "order": "ASCENDING",
                "format": {"commas": True, "precision": 1, "type": "number", "tableColumn": {"width": 30}},
            },
            {"column": "level_m", "aggregation": "AVG", "mapping": "VALUE"},
        ],
        "groupBy": [{"column": "gauge"}],
        "orderBy": [],
        "filters": [{"column": "gauge", "operand": "IN", "values": ["north"], "filterType": "LEGACY"}],
        "dateGrain": {"column": "taken", "dateTimeElement": "DAY"},
        "dateRangeFilter": {"filterType": "RANGE", "field": "taken", "from": 1, "to": 2, "not": False},
        "distinct": False,
        "fiscal": False,
        "projection": False,
        "limit": 100,
        "offset": 0,
    },
    "summaryNumber": {"columns": [{"column": "level_m", "aggregation": "MAX"}], "limit": 1, "offset": 0},
}
PROJECT = {
    "id": "21",
    "name": "Gauge refit",
    "description": "",
    "public": False,
    "members": [412200871],
    "createdBy": 412200871,
    "createdDate": "2025-01-10T09:00:00Z",
    "dueDate": "2025-06-01T00:00:00Z",
}
TASK = {
    "id": "404",
    "projectId": "21",
    "projectListId": "61",
    "taskName": "Order parts",
    "description": "",
    "createdDate": "2025-01-11T09:00:00Z",
    "updatedDate": "2025-01-12T09:00:00Z",
    "dueDate": "2025-02-01T00:00:00Z",
    "priority": 1,
    "createdBy": 412200871,
    "ownedBy": 412200872,
    "contributors": [412200871],
    "attachmentCount": 1,
    "tags": ["hardware"],
    "archived": False,
}
ATTACHMENT = {
    "id": 5,
    "taskId": 404,
    "createdDate": "2025-01-12T10:00:00Z",
    "createdBy": 412200871,
    "fileName": "quote.pdf",
    "mimeType": "application/pdf",
}
SESSION = {
    "userId": 412200871,
    "success": True,
    "sessionToken": "the-session-token",
    "twoFactorInfo": {"token": None, "key": None, "status": "VALID", "phoneMask": None},
    "userRole": "Admin",
}
CLIENT = {
    "name": "nightly-sync",
    "description": "",
    "scope": ["data", "user"],
    "user": 412200871,
    "role": "Anonymous",
    "client_id": "0d1f3c2a-7b1e-4a4f-9a9e-2f1f3d7c9b10",
    "client_secret": "the-client-secret",
    "authorized_grant_types": ["client_credentials"],
}
EXAMPLES = [
    (User, USER),
    (Group, {"id": 90210, "name": "Harbour crew", "active": True, "creatorId": "412200871", "default": False}),
    (Group, {"id": 90210, "name": "Harbour crew", "active": True, "memberCount": 3, "creatorId": 412200871}),
    (list[int], [412200871, 412200872]),
    (Page, PAGE),
    (Page, OLD_PAGE),
    (PageNode, NODE),
    (Collection, {"id": 77001, "title": "Daily", "description": "look here first", "cardIds": [880001]}),
    (Account, {"id": "513", "name": "Warehouse login", "valid": True, "type": {"id": "acme-db", "properties": {}}}),
    (AccountType, TYPE),
    (AccountType, {"id": "acme-db", "name": "Acme DB"}),
    (ActivityEntry, ENTRY),
    (CardList, {"cards": [CARD], "totalCardCount": 1}),
    (CardSummary, CARD),
    (CardDefinition, CHART),
    (DrillPath, {"allowTableDrill": True, "drillOrder": ["880002"]}),
    (EmbedAnswer, {"authentication": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MTIiLCJlbWIiOltdfQ.c2ln"}),
    (Project, PROJECT),
    (ProjectList, {"id": "61", "name": "To Do", "type": "TODO", "index": 1}),
    (Task, TASK),
    (Attachment, ATTACHMENT),
    (InstanceSession, SESSION),
    (ApiClient, CLIENT),
]


def parse(model, document):
    return parser(TypeAdapter(model))(Answer(200, {}, json.dumps(document).encode()))


def use(found):
    """Touch what is computed from the fields."""
    match found:
        case Page():
            assert isinstance(found.owner_ids, tuple)
            assert isinstance(found.is_top_level, bool)
        case PageNode():
            tree = PageTree((found,))
            assert len(list(tree.walk())) == len(list(found.walk()))
            assert tree.path(found.id) == (found,)
        case AccountType():
            assert isinstance(found.properties, list)
        case CardDefinition():
            json.dumps(found.to_wire())
        case EmbedAnswer() if found.authentication is not None:
            token = EmbedToken(authentication=found.authentication)
            assert token.shows_anything in (True, False, None)
            assert token.expires_at is None or token.expires_at.tzinfo is not None
    repr(found)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda children: st.lists(children, max_size=2) | st.dictionaries(st.text(max_size=6), children, max_size=2),
    max_leaves=4,
)


@st.composite
def changed(draw, document):
    """The document with fields nulled, dropped, added or replaced, at any depth."""
    match document:
        case dict():
            result = {}
            for key, value in document.items():
                match draw(st.sampled_from(["keep", "keep", "keep", "deeper", "null", "drop", "other"])):
                    case "keep":
                        result[key] = value
                    case "deeper":
                        result[key] = draw(changed(value))
                    case "null":
                        result[key] = None
                    case "other":
                        result[key] = draw(ANYTHING)
            if draw(st.booleans()):
                result[draw(st.text(min_size=1, max_size=6))] = draw(ANYTHING)
            return result
        case list():
            return [draw(changed(item)) for item in document] + draw(st.lists(ANYTHING, max_size=1))
        case str():
            return draw(st.sampled_from([document, "SOMETHING_NEW", "", 7]))
        case _:
            return draw(st.sampled_from([document, None, "text"]))


@pytest.mark.parametrize(("model", "document"), EXAMPLES, ids=lambda value: getattr(value, "__name__", ""))
def test_documented_answers_parse(model, document):
    """What Domo documents is understood."""
    use(parse(model, document))


@pytest.mark.parametrize(("model", "document"), EXAMPLES, ids=lambda value: getattr(value, "__name__", ""))
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_nothing_but_our_errors_comes_out(model, document, data):
    """Nulls, gaps, new fields, new words and wrong types are read or refused by name."""
    mutated = data.draw(changed(document))

    try:
        found = parse(model, mutated)
    except DomoError:
        return

    use(found)


@pytest.mark.parametrize(("model", "document"), EXAMPLES, ids=lambda value: getattr(value, "__name__", ""))
def test_every_optional_field_may_be_null_or_missing(model, document):
    """Only what names a thing has to be there."""
    if not isinstance(document, dict):
        return
    needed = {"id", "client_id", "client_secret"}

    parse(model, {key: value for key, value in document.items() if key in needed})
    parse(model, {key: value if key in needed else None for key, value in document.items()})
    parse(model, {**document, "somethingNew": {"deeply": ["nested"]}})


def test_enumerations_are_open():
    """A word that this version does not know is no reason to fail."""
    assert parse(ProjectList, {"id": 1, "type": "BLOCKED"}).type == "BLOCKED"
    assert parse(ProjectList, {"id": 1, "type": "TODO"}).type is ListType.TODO
    assert parse(Page, {"id": 1, "owners": [{"id": 2, "type": "ROBOT"}]}).owners[0].type == "ROBOT"


@pytest.mark.parametrize(
    "time", ["2025-03-02 08:15:09 PM", "2025-03-02T20:15:09Z", 1740946509000, "2025-03-02T21:15:09+01:00"]
)
def test_the_log_writes_times_in_three_ways(time):
    """All of them mean the same moment, in UTC."""
    assert str(parse(ActivityEntry, {**ENTRY, "time": time}).time) == "2025-03-02 20:15:09+00:00"


def test_owners_come_in_two_forms():
    """Today's list, or one id."""
    assert parse(Page, PAGE).owner_ids == (412200871,)
    assert parse(Page, OLD_PAGE).owner_ids == (27,)
    assert parse(Page, {"id": 1}).owner_ids == ()


def test_a_tree_knows_its_paths():
    """`find` and `path` go through the whole tree."""
    tree = PageTree((parse(PageNode, NODE), parse(PageNode, {"id": 9, "name": "Other"})))
    assert [node.id for node in tree.walk()] == [1, 2, 3, 9]
    assert [node.name for node in tree.path("3")] == ["Operations", "Tides", "x"]
    assert tree.find(9) is tree.roots[1]
    assert tree.find(77) is None
    assert tree.path(77) == ()


def test_a_chart_travels_back_with_what_nobody_here_knows():
    """Fields that Domo added come through a change unharmed, and every key of a component is there."""
    wire = parse(CardDefinition, {**CHART, "novelty": 1}).model_copy(update={"title": "New"}).to_wire()
    assert wire["title"] == "New"
    assert wire["novelty"] == 1
    assert wire["chartBody"]["filters"][0]["filterType"] == "LEGACY"
    assert wire["chartBody"]["dateRangeFilter"] == CHART["chartBody"]["dateRangeFilter"]
    for component in (wire["chartBody"], wire["summaryNumber"]):
        assert {"columns", "groupBy", "orderBy", "filters", "dateGrain", "dateRangeFilter"} <= component.keys()
        assert {"distinct", "fiscal", "projection", "limit", "offset"} <= component.keys()


@pytest.mark.parametrize(
    ("model", "document", "secret"),
    [
        (ApiClient, CLIENT, "the-client-secret"),
        (InstanceSession, SESSION, "the-session-token"),
        (EmbedAnswer, {"authentication": "a.b.c-secret"}, "a.b.c-secret"),
        (Account, {"id": 1, "type": {"id": "x", "properties": {"password": "hunter22"}}}, "hunter22"),
        (Account, {"id": 1, "type": {"id": "x", "properties": {"key": {"deep": "hunter22"}}}}, "hunter22"),
    ],
)
def test_secrets_do_not_show(model, document, secret):
    """No repr of an answer holds what it proves."""
    found = parse(model, document)
    assert secret not in f"{found!r} {found}"
