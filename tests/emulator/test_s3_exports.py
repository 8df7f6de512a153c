"""Exports to S3 that go nowhere."""

from __future__ import annotations

import pytest


@pytest.fixture
def path(emulator):
    emulator.indexing_time = 0.0
    return f"/api/query/v1/export/{emulator.dataset_ids['Flights']}"


@pytest.fixture
def start(client, path):
    def start(**body):
        response = client.post(path, json=body)
        assert response.status_code == 200
        return response.json()

    return start


def test_an_export_says_where_its_file_would_be(start, client, path):
    assert client.get(path).json() == []
    export_id = start(bucket="birch", path="/tides/", awsAccessKey="x")["exportId"]
    [export] = client.get(path).json()
    assert export["exportStatus"] == "success"
    assert export["urlRowCountMap"] == {f"s3://birch/tides/{export_id}/export/data.csv.gz": 4}
    assert (export["compression"], export["exportFormat"], export["bucket"]) == ("gzip", "csv", "birch")
    assert export["finished"] == export["started"]


def test_one_at_a_time(start, client, path, emulator, flights):
    """What is under way is returned, also when the data has changed meanwhile."""
    emulator.indexing_time = 3600.0
    first = start()
    assert first["exportStatus"] == "exporting"
    assert "urlRowCountMap" not in first
    client.put(f"{flights}/data", content="x,1\n")
    assert start() == first


def test_only_changed_data_is_exported_again(start, client, path, flights):
    first = start()["exportId"]
    assert start()["exportId"] == first
    client.put(f"{flights}/data?updateMethod=APPEND", content="x,1\n")
    second = start()["exportId"]
    client.put(f"{flights}/data", content="x,1\n")
    third = start()["exportId"]
    assert [export["exportId"] for export in client.get(path).json()] == [third, second, first]


def test_what_makes_no_sense_is_refused(client, path):
    assert client.post(path, json={"bucket": 5}).status_code == 400
    assert client.post(path, content=b"").status_code == 200
    assert client.get("/api/query/v1/export/nothing").status_code == 404
    assert client.post("/api/query/v1/export/nothing", json={}).status_code == 404
