"""The activity log, as any client sees it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

START = datetime(2026, 1, 31, 12, 0, 5, tzinfo=UTC)
MS = 1769860805000


@pytest.fixture
def log(emulator):
    for second in range(120):
        emulator.audit.record(
            "VIEWED", "PAGE", second, "Tides", user_id=second % 2, moment=START + timedelta(0, second)
        )
    return emulator


def ids(client, **query):
    response = client.get("/v1/audit", params=query)
    assert response.status_code == 200
    return [int(entry["objectId"]) for entry in response.json()]


def test_newest_first_with_both_ends(log, client):
    """`start` and `end` belong to what is shown; the default page has 50 entries, the largest 1000."""
    assert ids(client, start=MS) == list(range(119, 69, -1))
    assert ids(client, start=MS, limit=5000) == list(range(119, -1, -1))
    assert ids(client, start=MS + 2000, end=MS + 4000) == [4, 3, 2]
    assert ids(client, start=MS, limit=3, offset=2) == [117, 116, 115]
    assert ids(client, start=MS, user=1, limit=2) == [119, 117]
    assert len(ids(client)) == 50  # the guide's own sample leaves the start out


def test_an_entry(log, client):
    """All documented fields, with the time in the documented form."""
    assert client.get("/v1/audit", params={"start": MS, "end": MS}).json() == [
        {
            "userName": "DomoSupport",
            "userId": "0",
            "userType": "USER",
            "actorId": 0,
            "actorName": "",
            "actorType": "USER",
            "objectName": "Tides",
            "objectId": "0",
            "objectType": "PAGE",
            "additionalComment": "DomoSupport viewed page Tides.",
            "time": "2026-01-31 12:00:05 PM",
            "eventText": "Viewed page",
            "actionType": "VIEWED",
            "device": "desktop",
            "browserDetails": "",
            "ipAddress": "",
        }
    ]


@pytest.mark.parametrize(
    ("form", "time"), [("12h", "2026-01-31 12:00:05 PM"), ("iso", "2026-01-31T12:00:05.000Z"), ("epoch", MS)]
)
def test_the_forms_of_time(log, client, form, time):
    log.audit.time_form = form
    assert client.get("/v1/audit", params={"start": MS, "end": MS}).json()[0]["time"] == time


def test_midnight_is_twelve(emulator, client):
    emulator.audit.record("VIEWED", "PAGE", 1, "x", moment=datetime(2026, 1, 31, 0, 0, 9, tzinfo=UTC))
    assert client.get("/v1/audit").json()[0]["time"] == "2026-01-31 12:00:09 AM"


def test_it_holds_what_happened(client, flights):
    """Who changed what, of all families, and nothing of what failed."""
    client.put(flights, json={"description": "d"})
    page = client.post("/v1/pages", json={"name": "Tides"}).json()
    client.post("/v1/pages", json={})
    client.get("/v1/pages")
    client.post("/v1/groups", json={"name": "Crew"})
    client.delete(flights)
    seen = [(entry["actionType"], entry["objectType"]) for entry in client.get("/v1/audit").json()]
    assert seen == [("DELETED", "DATA_SOURCE"), ("CREATED", "GROUP"), ("CREATED", "PAGE"), ("UPDATED", "DATA_SOURCE")]
    entry = client.get("/v1/audit").json()[2]
    assert (entry["objectId"], entry["userName"]) == (str(page["id"]), "DomoSupport")
    assert entry["browserDetails"].startswith("python-httpx")
    assert entry["ipAddress"] == "127.0.0.1"


@pytest.mark.parametrize("query", [{"start": "yesterday"}, {"end": "-1"}, {"user": "ada"}, {"limit": "x"}])
def test_nonsense_is_refused(client, query):
    assert client.get("/v1/audit", params=query).status_code == 400
